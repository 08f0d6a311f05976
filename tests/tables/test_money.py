"""Money by example: what it does, and what it refuses with which words."""

import operator
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from milletpay import ledger
from milletpay.money import (
    AMOUNT_MAX,
    AmountTooLarge,
    Currency,
    MixedCurrencies,
    Money,
    NotARate,
    NotShareable,
    Remainder,
    Rounding,
    basis_points,
    divide,
    rate,
    share,
    total,
)

CNY, JPY, KWD, USD = Currency.CNY, Currency.JPY, Currency.KWD, Currency.USD


def yuan(minor: int) -> Money:
    return Money(minor, CNY)


def test_adds_subtracts_negates_and_counts() -> None:
    assert yuan(1250) + yuan(50) == yuan(1300)
    assert yuan(50) - yuan(1250) == yuan(-1200)
    assert -yuan(5) == yuan(-5)
    assert abs(yuan(-5)) == yuan(5)
    assert 3 * yuan(5) == yuan(5) * 3 == yuan(15)


def test_compares_within_a_currency() -> None:
    assert yuan(1) < yuan(2) <= yuan(2)
    assert yuan(2) > yuan(1) >= yuan(1)
    assert yuan(1) != Money(1, USD)
    assert max(yuan(1), yuan(3), yuan(2)) == yuan(3)
    assert {yuan(1), yuan(1), Money(1, USD)} == {yuan(1), Money(1, USD)}


@pytest.mark.parametrize(
    "operation",
    [operator.add, operator.sub, operator.lt, operator.le, operator.gt, operator.ge],
)
def test_two_currencies_never_meet(operation: Callable[[Money, Money], object]) -> None:
    with pytest.raises(MixedCurrencies, match=r"CNY 1\.00 and USD 2\.00: CNY is not USD"):
        operation(yuan(100), Money(200, USD))


@pytest.mark.parametrize("minor", [1.0, True, False, "1", Decimal(1), Fraction(1), None])
def test_only_an_int_is_an_amount(minor: Any) -> None:
    with pytest.raises(TypeError, match="whole number of minor units"):
        Money(minor, CNY)


def test_only_a_currency_is_a_currency() -> None:
    wrong: Any = "CNY"
    with pytest.raises(TypeError, match=r"'CNY' is not: use Currency\.of"):
        Money(1, wrong)


@pytest.mark.parametrize(
    ("operation", "other"),
    [
        (operator.add, 1),
        (operator.add, 0.5),
        (operator.sub, 1),
        (operator.mul, 0.5),
        (operator.mul, True),
        (operator.mul, Decimal("0.5")),
        (operator.mul, Fraction(1, 2)),
        (operator.truediv, 2),
        (operator.floordiv, 2),
        (operator.mod, 2),
        (operator.lt, 1),
        (operator.ge, 0.5),
    ],
)
def test_there_is_no_arithmetic_with_plain_numbers_but_counting(
    operation: Callable[[Any, Any], object], other: object
) -> None:
    with pytest.raises(TypeError):
        operation(yuan(100), other)


@pytest.mark.parametrize("convert", [float, int, operator.index, round])
def test_there_is_no_way_out_to_a_number(convert: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError):
        convert(yuan(100))


def test_it_does_not_change() -> None:
    amount: Any = yuan(1)
    with pytest.raises(AttributeError):
        amount.minor = 2


def test_it_is_bounded_as_the_book_is() -> None:
    assert yuan(AMOUNT_MAX) + yuan(0) == yuan(AMOUNT_MAX)
    assert -yuan(AMOUNT_MAX) == yuan(-AMOUNT_MAX)
    with pytest.raises(AmountTooLarge, match=f"^{AMOUNT_MAX + 1} minor units of CNY"):
        yuan(AMOUNT_MAX) + yuan(1)
    with pytest.raises(AmountTooLarge, match=f"^-{AMOUNT_MAX + 1} minor units"):
        yuan(-AMOUNT_MAX) - yuan(1)
    with pytest.raises(AmountTooLarge, match="A number of 33220 bits"):
        yuan(10**10_000)


def test_the_bound_is_the_book_s_own() -> None:
    assert ledger.AMOUNT_MAX == AMOUNT_MAX


def test_total_of_none_is_zero_and_only_the_sum_is_bounded() -> None:
    assert total([], currency=JPY) == Money.zero(JPY)
    assert total([yuan(AMOUNT_MAX), yuan(1), yuan(-1)], currency=CNY) == yuan(AMOUNT_MAX)
    with pytest.raises(MixedCurrencies, match=r"cannot add USD 0\.01 to a total in CNY"):
        total([yuan(1), Money(1, USD)], currency=CNY)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (yuan(0), "CNY 0.00"),
        (yuan(5), "CNY 0.05"),
        (yuan(-5), "CNY -0.05"),
        (yuan(123456), "CNY 1234.56"),
        (Money(-1234, JPY), "JPY -1234"),
        (Money(0, JPY), "JPY 0"),
        (Money(1, KWD), "KWD 0.001"),
    ],
)
def test_its_plain_form(amount: Money, text: str) -> None:
    assert str(amount) == text


# The exact number in halves and tenths, and what each mode makes of it.
ROUNDED = """
    exact  half_even half_up half_down  up  down ceiling floor
     2.5       2        3        2       3    2     3      2
    -2.5      -2       -3       -2      -3   -2    -2     -3
     3.5       4        4        3       4    3     4      3
    -3.5      -4       -4       -3      -4   -3    -3     -4
     2.4       2        2        2       3    2     3      2
    -2.4      -2       -2       -2      -3   -2    -2     -3
     2.6       3        3        3       3    2     3      2
    -2.6      -3       -3       -3      -3   -2    -2     -3
     0.5       0        1        0       1    0     1      0
    -0.5       0       -1        0      -1    0     0     -1
     7.0       7        7        7       7    7     7      7
    -7.0      -7       -7       -7      -7   -7    -7     -7
     0.0       0        0        0       0    0     0      0
"""


@pytest.mark.parametrize("line", ROUNDED.strip().splitlines()[1:])
def test_rounding_modes(line: str) -> None:
    modes = ROUNDED.split()[1:8]
    exact, *expected = line.split()
    tenths = int(Decimal(exact) * 10)
    got = [str(divide(tenths, by=10, rounding=Rounding(mode))) for mode in modes]
    assert got == expected
    assert set(modes) == {mode.value for mode in Rounding}


@pytest.mark.parametrize(
    ("minor", "factor", "rounding", "expected"),
    [
        (10_000, basis_points(38), Rounding.HALF_UP, 38),
        (10_000, rate("0.0038"), Rounding.HALF_UP, 38),
        (1_250, basis_points(60), Rounding.HALF_UP, 8),
        (1_250, basis_points(60), Rounding.DOWN, 7),
        (-1_250, basis_points(60), Rounding.DOWN, -7),
        (-1_250, basis_points(60), Rounding.FLOOR, -8),
        (100, Fraction(1, 3), Rounding.CEILING, 34),
        (100, -2, Rounding.HALF_EVEN, -200),
        (25, rate("-0.1"), Rounding.HALF_EVEN, -2),
    ],
)
def test_times_a_rate(minor: int, factor: Fraction | int, rounding: Rounding, expected: int) -> None:
    assert yuan(minor).times(factor, rounding=rounding) == yuan(expected)


@pytest.mark.parametrize("factor", [0.0038, True, Decimal("0.0038"), "0.0038", None])
def test_a_rate_is_exact(factor: Any) -> None:
    with pytest.raises(TypeError, match="a rate is exact"):
        yuan(1).times(factor, rounding=Rounding.HALF_UP)


@pytest.mark.parametrize(
    "text", ["", "1e-3", "0.38%", " 1", "1.", ".5", "1/3", "+1", "nan", "inf", "1_0", "١", "1\n"]
)
def test_a_rate_is_written_plainly(text: str) -> None:
    with pytest.raises(NotARate, match="plain decimal"):
        rate(text)


def test_rates_and_divisions_take_no_floats() -> None:
    number: Any
    for number in (0.0038, True):
        with pytest.raises(TypeError):
            rate(number)
        with pytest.raises(TypeError):
            basis_points(number)
        with pytest.raises(TypeError):
            divide(number, by=2, rounding=Rounding.UP)
        with pytest.raises(TypeError):
            divide(2, by=number, rounding=Rounding.UP)
    for denominator in (0, -1):
        with pytest.raises(ValueError, match="greater than zero"):
            divide(1, by=denominator, rounding=Rounding.UP)


LARGEST, FIRST = Remainder.LARGEST_REMAINDER, Remainder.FIRST_IN_ORDER


@pytest.mark.parametrize(
    ("minor", "weights", "remainder", "expected"),
    [
        (100, [1, 1, 1], LARGEST, [34, 33, 33]),
        (100, [1, 1, 1], FIRST, [34, 33, 33]),
        (101, [1, 1, 1], FIRST, [34, 34, 33]),
        (-100, [1, 1, 1], FIRST, [-34, -33, -33]),
        (10, [1, 2, 4], LARGEST, [1, 3, 6]),  # exact: 1.43, 2.86, 5.71
        (10, [1, 2, 4], FIRST, [2, 3, 5]),
        (5, [2, 3, 5], LARGEST, [1, 2, 2]),  # exact: 1, 1.5, 2.5: a whole share stays, the first tie wins
        (5, [2, 3, 5], FIRST, [1, 2, 2]),
        (1, [0, 1, 1], FIRST, [0, 1, 0]),
        (1, [0, 1, 1], LARGEST, [0, 1, 0]),
        (7, [0, 3, 0], FIRST, [0, 7, 0]),
        (0, [1, 2], LARGEST, [0, 0]),
        (AMOUNT_MAX, [AMOUNT_MAX, AMOUNT_MAX], FIRST, [2**62, 2**62 - 1]),
    ],
)
def test_sharing(minor: int, weights: list[int], remainder: Remainder, expected: list[int]) -> None:
    assert [part.minor for part in share(yuan(minor), weights=weights, remainder=remainder)] == expected


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [1, -1], [-1]])
def test_sharing_needs_somebody(weights: list[int]) -> None:
    with pytest.raises(NotShareable):
        share(yuan(1), weights=weights, remainder=LARGEST)


@pytest.mark.parametrize("weight", [0.5, True, "1", Fraction(1)])
def test_weights_are_whole_numbers(weight: Any) -> None:
    with pytest.raises(TypeError, match="weight 1 is"):
        share(yuan(1), weights=[1, weight], remainder=LARGEST)
