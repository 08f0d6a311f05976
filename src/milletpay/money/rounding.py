"""Division that says how it rounds, and exact rates.

A quotient of integers is rounded here and nowhere else. A rate is an integer or a `Fraction`, so that nothing
is lost before the one division: 0.38 % is `basis_points(38)` or `rate("0.0038")`, a third is `Fraction(1,
3)`.
"""

import re
from enum import Enum
from fractions import Fraction


class Rounding(Enum):
    """Which whole number an exact quotient becomes. The names are those of the `decimal` module.

    Examples are given for 2.5, 2.4 and -2.5.
    """

    HALF_EVEN = "half_even"
    """To the nearest; a tie to the even neighbor: 2, 2, -2. Without drift over many: the choice for
    interest.
    """
    HALF_UP = "half_up"
    """To the nearest; a tie away from zero: 3, 2, -3. What people learn at school: the choice for fees."""
    HALF_DOWN = "half_down"
    """To the nearest; a tie toward zero: 2, 2, -2."""
    UP = "up"
    """Away from zero: 3, 3, -3."""
    DOWN = "down"
    """Toward zero: 2, 2, -2. Truncation: the choice for income that is paid out."""
    CEILING = "ceiling"
    """Toward positive infinity: 3, 3, -2."""
    FLOOR = "floor"
    """Toward negative infinity: 2, 2, -3."""


class NotARate(ValueError):
    """A text that is not a plain decimal number."""


_PLAIN_DECIMAL = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?", re.ASCII)


def divide(numerator: int, *, by: int, rounding: Rounding) -> int:
    """The whole number that `numerator / by` rounds to. The exact quotient is never held as a float.

    :param by: greater than zero
    :raises TypeError: when one of them is not exactly an `int`
    """
    if type(numerator) is not int or type(by) is not int:
        raise TypeError(f"only whole numbers are divided here, not {numerator!r} by {by!r}")
    if by <= 0:
        raise ValueError(f"cannot divide by {by}: the denominator of a rate is greater than zero")
    quotient, remainder = divmod(abs(numerator), by)
    past_half = 2 * remainder - by
    if remainder and _grows(rounding, numerator=numerator, past_half=past_half, quotient=quotient):
        quotient += 1
    return -quotient if numerator < 0 else quotient


def _grows(rounding: Rounding, *, numerator: int, past_half: int, quotient: int) -> bool:
    """Whether a magnitude that is not whole is rounded up. `past_half` is its rest less a half, in sign."""
    match rounding:
        case Rounding.HALF_EVEN:
            return past_half > 0 or (past_half == 0 and quotient % 2 == 1)
        case Rounding.HALF_UP:
            return past_half >= 0
        case Rounding.HALF_DOWN:
            return past_half > 0
        case Rounding.UP:
            return True
        case Rounding.DOWN:
            return False
        case Rounding.CEILING:
            return numerator > 0
        case Rounding.FLOOR:
            return numerator < 0


def rate(text: str) -> Fraction:
    """The exact rate of a plain decimal: `rate("0.0038")`. No exponent, no percent sign, no spaces.

    :raises NotARate: with the text
    """
    if not isinstance(text, str):
        raise TypeError(f'a rate is written as text to be exact, such as "0.0038"; {text!r} is {_kind(text)}')
    if not _PLAIN_DECIMAL.fullmatch(text):
        raise NotARate(f"{text[:80]!r} is not a rate; write a plain decimal such as 0.0038")
    return Fraction(text)


def basis_points(count: int) -> Fraction:
    """The exact rate of a count of hundredths of a percent: `basis_points(38)` is 0.38 %."""
    if type(count) is not int:
        raise TypeError(
            f"basis points are a whole number; {count!r} is {_kind(count)}; use rate() for a decimal"
        )
    return Fraction(count, 10_000)


def _kind(value: object) -> str:
    return f"of type {type(value).__name__}"
