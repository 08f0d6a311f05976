"""`Money`: a whole number of minor units of one currency."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import total_ordering
from typing import Self

from milletpay.money.currency import Currency
from milletpay.money.rounding import Rounding, divide

AMOUNT_MAX = 2**63 - 1
"""The greatest magnitude of an amount in minor units: what the book can hold."""


class MixedCurrencies(ValueError):
    """Two currencies in one sum or comparison."""


class AmountTooLarge(ValueError):
    """An amount beyond `AMOUNT_MAX` minor units, in either direction."""


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency: `Money(1250, Currency.CNY)` is twelve yuan and fifty fen.

    It may be negative. It adds, subtracts, negates and compares within its currency, and multiplies by whole
    numbers; `times` applies a rate with a named rounding, `share` divides it among several. There is no
    division and no way in or out for a float.

    :raises TypeError: when `minor` is not exactly an `int` (a bool and a float are not) or `currency` no
        `Currency`
    :raises AmountTooLarge: beyond `AMOUNT_MAX` in magnitude
    """

    minor: int
    """Minor units: fen for CNY, yen for JPY, fils for KWD."""
    currency: Currency

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            kind = type(self.minor).__name__
            raise TypeError(f"an amount is a whole number of minor units; {self.minor!r} is of type {kind}")
        if not isinstance(self.currency, Currency):
            raise TypeError(
                f"the currency of an amount is a Currency; {self.currency!r} is not: use Currency.of(code)"
            )
        if not -AMOUNT_MAX <= self.minor <= AMOUNT_MAX:
            bits = self.minor.bit_length()
            shown = f"{self.minor}" if bits <= 128 else f"A number of {bits} bits of"
            raise AmountTooLarge(
                f"{shown} minor units of {self.currency}: the book holds {AMOUNT_MAX} at most"
            )

    @classmethod
    def zero(cls, currency: Currency) -> Self:
        """Nothing, in this currency."""
        return cls(0, currency)

    @property
    def is_zero(self) -> bool:
        """Exactly nothing."""
        return self.minor == 0

    @property
    def is_positive(self) -> bool:
        """More than nothing."""
        return self.minor > 0

    @property
    def is_negative(self) -> bool:
        """Less than nothing."""
        return self.minor < 0

    @property
    def decimal(self) -> str:
        """The amount in units as a plain decimal with all its places: `-1234.50`, for JPY `1234`."""
        digits = str(abs(self.minor)).rjust(self.currency.exponent + 1, "0")
        point = len(digits) - self.currency.exponent
        sign = "-" if self.minor < 0 else ""
        return f"{sign}{digits[:point]}.{digits[point:]}" if self.currency.exponent else sign + digits

    def __str__(self) -> str:
        """Code and plain decimal, for logs and errors: `CNY 1234.50`. For people there is `format_money`."""
        return f"{self.currency.code} {self.decimal}"

    def __add__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        self._same_currency(other, "add")
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        self._same_currency(other, "subtract")
        return Money(self.minor - other.minor, self.currency)

    def __mul__(self, count: int) -> "Money":
        if type(count) is not int:
            return NotImplemented
        return Money(self.minor * count, self.currency)

    __rmul__ = __mul__

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __abs__(self) -> "Money":
        return Money(abs(self.minor), self.currency)

    def __lt__(self, other: "Money") -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        self._same_currency(other, "compare")
        return self.minor < other.minor

    def times(self, rate: Fraction | int, *, rounding: Rounding) -> "Money":
        """This amount times an exact rate, rounded once to a whole minor unit as named.

        :param rate: a `Fraction` such as `basis_points(38)`, `rate("0.0038")` or `Fraction(1, 3)`, or an
            `int`
        :raises TypeError: for a float, a bool, or any other kind of number
        """
        if type(rate) is not Fraction and type(rate) is not int:
            raise TypeError(
                f'a rate is exact: a Fraction, an int, basis_points(38) or rate("0.0038"); '
                f"{rate!r} is of type {type(rate).__name__}"
            )
        exact = self.minor * rate.numerator
        return Money(divide(exact, by=rate.denominator, rounding=rounding), self.currency)

    def _same_currency(self, other: "Money", verb: str) -> None:
        if self.currency is not other.currency:
            raise MixedCurrencies(
                f"cannot {verb} {self} and {other}: {self.currency} is not {other.currency}"
            )


def total(amounts: Iterable[Money], *, currency: Currency) -> Money:
    """The sum of amounts that are all of this currency; zero of it when there are none.

    Only the sum has to be within `AMOUNT_MAX`, not every partial one on the way.

    :raises MixedCurrencies: with the first amount of another currency
    """
    minor = 0
    for amount in amounts:
        if amount.currency is not currency:
            raise MixedCurrencies(
                f"cannot add {amount} to a total in {currency}: {amount.currency} is not {currency}"
            )
        minor += amount.minor
    return Money(minor, currency)
