"""What people write and see: one line a text, and the amount or the reason at its end."""

from typing import Any

import pytest

from milletpay.money import (
    AMOUNT_MAX,
    AmountRefusal,
    Currency,
    Language,
    Money,
    NotAnAmount,
    Style,
    format_money,
    parse_money,
    read_minor_units,
)

CNY, JPY, KWD, USD = Currency.CNY, Currency.JPY, Currency.KWD, Currency.USD

# text | the currency expected, or - | the amount understood
UNDERSTOOD = """
    1,234.56       | CNY | CNY 1234.56
    1234.5         | CNY | CNY 1234.50
    0              | CNY | CNY 0.00
    007            | CNY | CNY 7.00
    ¥1,234.56      | -   | CNY 1234.56
    ￥1,234.56     | -   | CNY 1234.56
    ¥ 12           | -   | CNY 12.00
    1234.5 CNY     | -   | CNY 1234.50
    cny 5          | -   | CNY 5.00
    12.5元         | -   | CNY 12.50
    人民币12.5     | -   | CNY 12.50
    ¥12.50 CNY     | -   | CNY 12.50
    １，２３４．５６ | CNY | CNY 1234.56
    １２．５　元   | -   | CNY 12.50
    -5             | CNY | CNY -5.00
    −5             | CNY | CNY -5.00
    －５           | CNY | CNY -5.00
    -¥5            | -   | CNY -5.00
    ¥-5            | -   | CNY -5.00
    -CNY 5         | -   | CNY -5.00
    $5             | -   | USD 5.00
    US$5           | -   | USD 5.00
    $5             | HKD | HKD 5.00
    ¥500           | JPY | JPY 500
    ¥500 JPY       | -   | JPY 500
    JP¥500         | -   | JPY 500
    1.234          | KWD | KWD 1.234
    1,234,567.891 KWD | - | KWD 1234567.891
    92233720368547758.07 | CNY | CNY 92233720368547758.07
    -92233720368547758.07 | CNY | CNY -92233720368547758.07
"""

# text | the currency expected, or - | why not
REFUSED = """
                   | CNY | empty
    12.50          | -   | currency_missing
    1e3            | CNY | exponent_notation
    1.5E-3         | CNY | exponent_notation
    １ｅ３         | CNY | exponent_notation
    abc            | CNY | not_a_number
    -              | CNY | not_a_number
    .              | CNY | not_a_number
    5.             | CNY | not_a_number
    .5             | CNY | not_a_number
    1.2.3          | CNY | not_a_number
    5 5            | CNY | not_a_number
    1 234          | CNY | not_a_number
    --5            | CNY | not_a_number
    -¥-5           | CNY | not_a_number
    (5)            | CNY | unknown_currency
    ①              | CNY | not_a_number
    ٥              | CNY | not_a_number
    五             | CNY | not_a_number
    0x10           | CNY | not_a_number
    1_000          | CNY | not_a_number
    ∞              | CNY | not_a_number
    NaN            | CNY | not_a_number
    1,23           | CNY | misplaced_comma
    1,2345         | CNY | misplaced_comma
    12,34,567      | CNY | misplaced_comma
    ,123           | CNY | misplaced_comma
    0,123          | CNY | misplaced_comma
    1.234,56       | CNY | misplaced_comma
    1,234.5,6      | CNY | misplaced_comma
    5²             | CNY | unknown_currency
    5万            | CNY | unknown_currency
    +5             | CNY | unknown_currency
    XAU 5          | -   | unknown_currency
    5 kr           | -   | unknown_currency
    $5             | CNY | other_currency
    5 USD          | CNY | other_currency
    ¥5 USD         | -   | other_currency
    12.345         | CNY | too_many_decimals
    12.300         | CNY | too_many_decimals
    12.0           | JPY | too_many_decimals
    92233720368547758.08 | CNY | too_large
    -92233720368547758.08 | CNY | too_large
"""


def rows(table: str) -> list[list[str]]:
    return [
        [cell.strip(" ") for cell in line.split("|")]
        for line in table.strip("\n").splitlines()
        if line.strip()
    ]


def expected(code: str) -> Currency | None:
    return None if code == "-" else Currency.of(code)


@pytest.mark.parametrize(("text", "code", "amount"), rows(UNDERSTOOD))
def test_understood(text: str, code: str, amount: str) -> None:
    assert str(parse_money(text, currency=expected(code))) == amount


@pytest.mark.parametrize(("text", "code", "reason"), rows(REFUSED))
def test_refused(text: str, code: str, reason: str) -> None:
    with pytest.raises(NotAnAmount) as refusal:
        parse_money(text, currency=expected(code))
    assert refusal.value.reason is AmountRefusal(reason), refusal.value
    assert not text or text in str(refusal.value) or reason == "too_large"


def test_every_reason_has_its_text() -> None:
    shown = {reason for _, _, reason in rows(REFUSED)}
    assert shown | {"not_a_whole_number", "too_long"} == {reason.value for reason in AmountRefusal}


def test_a_long_text_is_not_even_read() -> None:
    with pytest.raises(NotAnAmount, match="at most 64 characters; this has 5000") as refusal:
        parse_money("9" * 5000, currency=CNY)
    assert refusal.value.reason is AmountRefusal.TOO_LONG


@pytest.mark.parametrize("text", [12.5, 12, True, None, b"12"])
def test_a_text_is_a_text(text: Any) -> None:
    with pytest.raises(TypeError):
        parse_money(text, currency=CNY)


@pytest.mark.parametrize("amount", [12.5, 12.0, True, "1250", None, [1], {}])
def test_an_api_amount_is_an_integer(amount: object) -> None:
    with pytest.raises(NotAnAmount, match=r"whole number of minor units: 1250 is CNY 12\.50") as refusal:
        read_minor_units(amount=amount, currency="CNY")
    assert refusal.value.reason is AmountRefusal.NOT_A_WHOLE_NUMBER


@pytest.mark.parametrize("currency", ["cny", "XAU", "CLF", "", None, 156, ["CNY"]])
def test_an_api_currency_is_a_code(currency: object) -> None:
    with pytest.raises(NotAnAmount) as refusal:
        read_minor_units(amount=1, currency=currency)
    assert refusal.value.reason is AmountRefusal.UNKNOWN_CURRENCY


def test_an_api_amount_fits_the_book() -> None:
    assert read_minor_units(amount=AMOUNT_MAX, currency="JPY") == Money(AMOUNT_MAX, JPY)
    assert read_minor_units(amount=-1, currency="KWD") == Money(-1, KWD)
    with pytest.raises(NotAnAmount) as refusal:
        read_minor_units(amount=AMOUNT_MAX + 1, currency="CNY")
    assert refusal.value.reason is AmountRefusal.TOO_LARGE


ZH, EN = Language.ZH, Language.EN


@pytest.mark.parametrize(
    ("amount", "language", "style", "text"),
    [
        (Money(123456, CNY), ZH, Style.SYMBOL, "¥1,234.56"),
        (Money(123456, CNY), EN, Style.SYMBOL, "¥1,234.56"),
        (Money(-123456, CNY), ZH, Style.SYMBOL, "-¥1,234.56"),
        (Money(-123456, CNY), EN, Style.CODE, "-CNY 1,234.56"),
        (Money(-123456, CNY), ZH, Style.CODE, "-1,234.56 CNY"),
        (Money(-123456, CNY), ZH, Style.NUMBER, "-1,234.56"),
        (Money(5, CNY), ZH, Style.SYMBOL, "¥0.05"),
        (Money(100_000, USD), ZH, Style.SYMBOL, "US$1,000.00"),
        (Money(100_000, USD), EN, Style.SYMBOL, "$1,000.00"),
        (Money(1_000_000, JPY), EN, Style.SYMBOL, "JP¥1,000,000"),
        (Money(1_000, KWD), EN, Style.SYMBOL, "KWD 1.000"),
        (Money(-1, KWD), ZH, Style.SYMBOL, "-KWD 0.001"),
        (Money(AMOUNT_MAX, CNY), EN, Style.SYMBOL, "¥92,233,720,368,547,758.07"),
    ],
)
def test_shown(amount: Money, language: Language, style: Style, text: str) -> None:
    assert format_money(amount, language=language, style=style) == text
