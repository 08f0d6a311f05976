"""The table of currencies against the published standard: as a whole, and by known members."""

import pytest

from milletpay.money import Currency, UnknownCurrency
from milletpay.money.currency import CODES_WITHOUT_MINOR_UNIT, FUNDS_CODES

# From list one of ISO 4217 as published on 2026-01-01: everything that has not two places.
NO_PLACES = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
THREE_PLACES = "BHD IQD JOD KWD LYD OMR TND"
FOUR_PLACES = "UYW"


def test_the_table_as_a_whole() -> None:
    assert len(Currency) == 157
    assert len({currency.number for currency in Currency}) == 157
    assert all(1 <= currency.number <= 999 for currency in Currency)
    assert all(len(currency.code) == 3 and currency.code.isupper() for currency in Currency)
    assert [currency.code for currency in Currency] == sorted(currency.code for currency in Currency)
    assert len(FUNDS_CODES | CODES_WITHOUT_MINOR_UNIT) == 178 - 157
    assert not (FUNDS_CODES | CODES_WITHOUT_MINOR_UNIT) & set(Currency.__members__)


def test_exponents() -> None:
    by_exponent: dict[int, set[str]] = {}
    for currency in Currency:
        by_exponent.setdefault(currency.exponent, set()).add(currency.code)
    assert set(by_exponent) == {0, 2, 3, 4}
    assert by_exponent[0] == set(NO_PLACES.split())
    assert by_exponent[3] == set(THREE_PLACES.split())
    assert by_exponent[4] == set(FOUR_PLACES.split())


@pytest.mark.parametrize(
    ("code", "number", "exponent", "title"),
    [
        ("CNY", 156, 2, "Yuan Renminbi"),
        ("HKD", 344, 2, "Hong Kong Dollar"),
        ("USD", 840, 2, "US Dollar"),
        ("EUR", 978, 2, "Euro"),
        ("JPY", 392, 0, "Yen"),
        ("KWD", 414, 3, "Kuwaiti Dinar"),
        ("ALL", 8, 2, "Lek"),
        ("XCG", 532, 2, "Caribbean Guilder"),
        ("ZWG", 924, 2, "Zimbabwe Gold"),
    ],
)
def test_known_members(code: str, number: int, exponent: int, title: str) -> None:
    currency = Currency.of(code)
    assert (currency.code, currency.number, currency.exponent, currency.title) == (
        code,
        number,
        exponent,
        title,
    )
    assert Currency.numbered(number) is currency


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("CLF", "funds code"),
        ("XAU", "no minor unit"),
        ("XXX", "no minor unit"),
        ("BGN", "not a currency of ISO 4217"),  # withdrawn when Bulgaria took the euro, 2026-01-01
        ("cny", "three capital letters"),
        ("", "not a currency"),
        ("CNY ", "not a currency"),
    ],
)
def test_refused_codes(code: str, why: str) -> None:
    with pytest.raises(UnknownCurrency, match=why):
        Currency.of(code)


@pytest.mark.parametrize("number", [0, -156, 999, 959, 990, 1156])
def test_refused_numbers(number: int) -> None:
    with pytest.raises(UnknownCurrency, match=str(number)):
        Currency.numbered(number)
