"""Money against an independent reckoning with `Fraction` and `decimal`, on amounts nobody would think of."""

import decimal
import math
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from milletpay.money import (
    AMOUNT_MAX,
    Currency,
    Language,
    Money,
    NotAnAmount,
    Remainder,
    Rounding,
    Style,
    divide,
    format_money,
    parse_money,
    rate,
    share,
    total,
)
from milletpay.money.formatting import SYMBOLS

CNY = Currency.CNY
EXACT = decimal.Context(prec=400)

currencies = st.sampled_from(Currency)
minors = st.integers(-AMOUNT_MAX, AMOUNT_MAX) | st.integers(-1000, 1000)
small_minors = st.integers(-(2**61), 2**61)
amounts = st.builds(Money, minors, currencies)
weights = st.lists(st.integers(0, 5) | st.integers(0, AMOUNT_MAX), min_size=1, max_size=12).filter(any)
rules = st.sampled_from(Remainder)


@given(small_minors, small_minors, small_minors)
def test_addition_is_that_of_integers(a: int, b: int, c: int) -> None:
    x, y, z = (Money(minor, CNY) for minor in (a, b, c))
    assert (x + y).minor == a + b
    assert (x - y).minor == a - b
    assert x - y == -(y - x)
    assert total([x, y, z], currency=CNY) == x + y + z == z + (y + x)
    assert (x < y, x <= y, x > y, x >= y, x == y) == (a < b, a <= b, a > b, a >= b, a == b)


@given(st.integers(-(10**40), 10**40) | st.integers(-99, 99), st.integers(1, 10**6) | st.integers(1, 10))
def test_division_rounds_as_its_mode_says(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    sign = -1 if exact < 0 else 1
    half = Fraction(1, 2)
    by_mode = {
        Rounding.HALF_EVEN: round(exact),
        Rounding.HALF_UP: sign * math.floor(abs(exact) + half),
        Rounding.HALF_DOWN: sign * math.ceil(abs(exact) - half),
        Rounding.UP: sign * math.ceil(abs(exact)),
        Rounding.DOWN: math.trunc(exact),
        Rounding.CEILING: math.ceil(exact),
        Rounding.FLOOR: math.floor(exact),
    }
    assert by_mode == {mode: divide(numerator, by=denominator, rounding=mode) for mode in Rounding}


@given(st.decimals(-(10**12), 10**12, places=6), st.sampled_from(Rounding), minors)
def test_times_a_decimal_rate_is_what_decimal_says(factor: Decimal, rounding: Rounding, minor: int) -> None:
    exact = EXACT.multiply(factor, Decimal(minor))
    expected = int(exact.quantize(Decimal(1), rounding=f"ROUND_{rounding.name}", context=EXACT))
    if abs(expected) <= AMOUNT_MAX:
        assert Money(minor, CNY).times(rate(f"{factor:f}"), rounding=rounding) == Money(expected, CNY)


@given(amounts, weights, rules)
def test_shares_add_up_and_stay_within_a_unit(
    amount: Money, weights: list[int], remainder: Remainder
) -> None:
    shares = share(amount, weights=weights, remainder=remainder)
    assert len(shares) == len(weights)
    assert total(shares, currency=amount.currency) == amount
    for part, weight in zip(shares, weights, strict=True):
        exact = Fraction(amount.minor * weight, sum(weights))
        assert abs(part.minor - exact) < 1
        assert weight or part.is_zero


@given(amounts, weights, rules)
def test_sharing_is_mirrored_and_repeats(amount: Money, weights: list[int], remainder: Remainder) -> None:
    shares = share(amount, weights=weights, remainder=remainder)
    assert share(-amount, weights=weights, remainder=remainder) == [-part for part in shares]
    assert share(amount, weights=[3 * weight for weight in weights], remainder=remainder) == shares


@given(st.integers(0, AMOUNT_MAX), weights)
def test_the_largest_remainders_are_served_first(minor: int, weights: list[int]) -> None:
    shares = share(Money(minor, CNY), weights=weights, remainder=Remainder.LARGEST_REMAINDER)
    exact = [Fraction(minor * weight, sum(weights)) for weight in weights]
    served = [place for place, part in enumerate(shares) if part.minor > exact[place]]
    passed_over = [place for place, part in enumerate(shares) if part.minor < exact[place]]
    for lucky in served:
        for unlucky in passed_over:
            assert (-(exact[lucky] % 1), lucky) < (-(exact[unlucky] % 1), unlucky)


@given(st.integers(0, AMOUNT_MAX), weights)
def test_the_first_in_order_are_served_first(minor: int, weights: list[int]) -> None:
    shares = share(Money(minor, CNY), weights=weights, remainder=Remainder.FIRST_IN_ORDER)
    exact = [Fraction(minor * weight, sum(weights)) for weight in weights]
    in_order = [part.minor > whole for part, whole in zip(shares, exact, strict=True) if whole % 1]
    assert all(earlier >= later for earlier, later in pairwise(in_order))


@given(amounts, st.sampled_from(Language), st.sampled_from([Style.SYMBOL, Style.CODE]))
def test_what_is_shown_is_read_back(amount: Money, language: Language, style: Style) -> None:
    text = format_money(amount, language=language, style=style)
    assert parse_money(text) == amount
    assert parse_money(text, currency=amount.currency) == amount
    wide = text.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})
    assert parse_money(wide) == amount


@given(amounts, st.sampled_from(Language))
def test_a_bare_number_is_read_back_in_its_currency(amount: Money, language: Language) -> None:
    text = format_money(amount, language=language, style=Style.NUMBER)
    assert parse_money(text, currency=amount.currency) == amount
    assert parse_money(amount.decimal, currency=amount.currency) == amount
    assert Decimal(amount.decimal).scaleb(amount.currency.exponent, EXACT) == amount.minor


@given(st.text(max_size=80) | st.text("0123456789.,-¥$元CNYe +", max_size=20), st.none() | currencies)
def test_any_text_is_an_amount_or_refused(text: str, currency: Currency | None) -> None:
    try:
        amount = parse_money(text, currency=currency)
    except NotAnAmount as refusal:
        assert str(refusal)  # noqa: PT017 - both outcomes are right, and each is checked
    else:
        assert currency in {None, amount.currency}
        shown = format_money(amount, language=Language.EN, style=Style.CODE)
        assert parse_money(shown, currency=currency) == amount


def test_a_symbol_that_is_shown_belongs_to_one_currency() -> None:
    shown: dict[str, Currency] = {}
    for currency, symbols in SYMBOLS.items():
        for symbol in {symbols.zh, symbols.en}:
            assert shown.setdefault(symbol, currency) is currency
            assert symbol not in Currency.__members__
