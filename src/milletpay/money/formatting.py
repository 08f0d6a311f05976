"""Amounts as people see them, in Chinese and in English.

A symbol that is written here belongs to one currency in both languages, so that what is shown can be read
back and a bilingual page does not change its meaning with the language: `¥` is the yuan, the yen is `JP¥`. A
currency without a symbol is shown by its code. Grouping is by thousands, the decimal point is a point, and
the minus sign comes first and is the ordinary hyphen-minus, so that an amount copied into a spreadsheet stays
a number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from milletpay.money.amount import Money
from milletpay.money.currency import Currency


class Language(Enum):
    """The languages that people are addressed in; the values are BCP 47 tags."""

    ZH = "zh"
    """Chinese, simplified."""
    EN = "en"
    """English."""


class Style(Enum):
    """How much of an amount is shown. The examples are of 1234.5 yuan."""

    SYMBOL = "symbol"
    """The ordinary form: `¥1,234.50`."""
    CODE = "code"
    """For statements with several currencies: `CNY 1,234.50` in English, `1,234.50 CNY` in Chinese."""
    NUMBER = "number"
    """For a column whose head names the currency: `1,234.50`."""


@dataclass(frozen=True, slots=True)
class Symbols:
    """What one currency is called beside its code: as written in each language, and as also understood."""

    zh: str
    en: str
    also: tuple[str, ...] = ()
    """Understood in a text; where two currencies share one, only when the currency is already known."""


SYMBOLS: Mapping[Currency, Symbols] = {
    Currency.CNY: Symbols("¥", "¥", ("CN¥", "元", "人民币", "RMB")),
    Currency.USD: Symbols("US$", "$", ("美元",)),
    Currency.EUR: Symbols("€", "€", ("欧元",)),
    Currency.GBP: Symbols("£", "£", ("英镑",)),
    Currency.JPY: Symbols("JP¥", "JP¥", ("¥", "円", "日元")),
    Currency.HKD: Symbols("HK$", "HK$", ("$", "港元", "港币")),
    Currency.MOP: Symbols("MOP$", "MOP$", ("$", "澳门元", "澳门币")),
    Currency.TWD: Symbols("NT$", "NT$", ("$", "新台币")),
    Currency.SGD: Symbols("S$", "S$", ("$", "新加坡元", "新币")),
    Currency.AUD: Symbols("A$", "A$", ("AU$", "$", "澳元")),
    Currency.CAD: Symbols("C$", "C$", ("CA$", "$", "加元")),
    Currency.NZD: Symbols("NZ$", "NZ$", ("$", "新西兰元")),
    Currency.BRL: Symbols("R$", "R$"),
    Currency.MXN: Symbols("MX$", "MX$", ("$",)),
    Currency.KRW: Symbols("₩", "₩", ("韩元",)),
    Currency.INR: Symbols("₹", "₹"),
    Currency.VND: Symbols("₫", "₫"),
    Currency.THB: Symbols("฿", "฿", ("泰铢",)),
    Currency.PHP: Symbols("₱", "₱"),
    Currency.RUB: Symbols("₽", "₽", ("卢布",)),
    Currency.TRY: Symbols("₺", "₺"),
    Currency.UAH: Symbols("₴", "₴"),
    Currency.ILS: Symbols("₪", "₪"),
    Currency.KZT: Symbols("₸", "₸"),
    Currency.MNT: Symbols("₮", "₮"),
    Currency.NGN: Symbols("₦", "₦"),
}
"""The currencies that have a symbol people know; every other one is written with its code."""


def format_money(amount: Money, *, language: Language, style: Style = Style.SYMBOL) -> str:
    """An amount as text for people, with all the decimal places of its currency: `-¥1,234.50`."""
    sign = "-" if amount.is_negative else ""
    units, point, places = abs(amount).decimal.partition(".")
    number = f"{int(units):,}{point}{places}"
    code = amount.currency.code
    match style:
        case Style.NUMBER:
            return sign + number
        case Style.CODE if language is Language.ZH:
            return f"{sign}{number} {code}"
        case Style.CODE:
            return f"{sign}{code} {number}"
        case Style.SYMBOL:
            symbol = symbol_of(amount.currency, language=language)
            gap = " " if symbol == code else ""
            return f"{sign}{symbol}{gap}{number}"


def symbol_of(currency: Currency, *, language: Language) -> str:
    """The symbol that a currency is written with in a language, or its code."""
    symbols = SYMBOLS.get(currency)
    if symbols is None:
        return currency.code
    return symbols.zh if language is Language.ZH else symbols.en
