"""Amounts from outside: what a person typed, and the integers of an API.

What cannot mean exactly one amount is refused, with a reason that is an enum (for whoever shows it in the
person's language) and a message that says what was wrong and what to write instead. Nothing is rounded and
nothing is guessed.
"""

import re
from enum import Enum

from milletpay.money.amount import AMOUNT_MAX, Money
from milletpay.money.currency import Currency, UnknownCurrency
from milletpay.money.formatting import SYMBOLS

TEXT_MAX = 64
"""The longest text that is read as an amount, in characters."""


class AmountRefusal(Enum):
    """Why something from outside is not an amount. In order: the first that applies is given."""

    NOT_A_WHOLE_NUMBER = "not_a_whole_number"
    """An API amount that is not an integer of minor units: 12.5, "1250", true."""
    EMPTY = "empty"
    """A text without anything in it."""
    TOO_LONG = "too_long"
    """A text of more than `TEXT_MAX` characters."""
    EXPONENT_NOTATION = "exponent_notation"
    """Digits with an exponent: 1e3."""
    NOT_A_NUMBER = "not_a_number"
    """No number, several, or one written in a way that is not understood."""
    MISPLACED_COMMA = "misplaced_comma"
    """Commas that do not group the digits before the point by threes."""
    UNKNOWN_CURRENCY = "unknown_currency"
    """A word or sign beside the number that names no currency, or more than one."""
    OTHER_CURRENCY = "other_currency"
    """A currency beside the number that is not the one expected, or two that contradict each other."""
    CURRENCY_MISSING = "currency_missing"
    """A number alone where no currency was expected."""
    TOO_MANY_DECIMALS = "too_many_decimals"
    """More decimal places than the currency has."""
    TOO_LARGE = "too_large"
    """Beyond what the book can hold."""


class NotAnAmount(ValueError):
    """Something from outside that does not say exactly one amount; `reason` and message say why."""

    def __init__(self, reason: AmountRefusal, message: str) -> None:
        super().__init__(message)
        self.reason = reason


_WIDE = "".join(map(chr, range(0xFF01, 0xFF5F)))
_PLAIN = str.maketrans(_WIDE + "￥\u3000\u00a0\u202f\u2212", "".join(map(chr, range(0x21, 0x7F))) + "¥   -")
"""Full-width forms to ordinary ones, other spaces to the space, the minus sign to the hyphen. Nothing
else: a general normalization would make digits out of superscripts and circled numbers."""

_SHAPE = re.compile(
    r"(?P<sign>-?) *(?P<before>[^0-9., -]*) *(?P<inner_sign>-?)(?P<number>[0-9,.]+) *(?P<after>[^0-9., -]*)"
)
_EXPONENT = re.compile(r"[0-9.][eE][+-]?[0-9]")
_DECIMAL = re.compile(r"([0-9]+)(?:\.([0-9]+))?")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(,[0-9]{3})+")


def parse_money(text: str, *, currency: Currency | None = None) -> Money:
    """The amount that a person wrote: `1,234.56`, `¥1,234.56`, `1234.5 CNY`, `１２．５元`, `-US$3`.

    :param currency: the one expected; needed when the text has none, and then also settles what a shared sign
        means: `$5` is a Hong Kong amount where HKD is expected. Without it `¥` is the yuan and `$` the US
        dollar.
    :raises NotAnAmount: with the reason and what to write instead
    """
    if not isinstance(text, str):
        raise TypeError(f"an amount is read from text; {text!r} is of type {type(text).__name__}")
    plain = text.translate(_PLAIN).strip()
    if not plain:
        raise NotAnAmount(AmountRefusal.EMPTY, "there is no amount; write one such as 12.50")
    if len(plain) > TEXT_MAX:
        shown = f"an amount has at most {TEXT_MAX} characters; this has {len(plain)}: {plain[:20]!r}..."
        raise NotAnAmount(AmountRefusal.TOO_LONG, shown)
    if _EXPONENT.search(plain):
        raise NotAnAmount(
            AmountRefusal.EXPONENT_NOTATION, f"write {text!r} without an exponent, such as 1200"
        )
    found = _SHAPE.fullmatch(plain)
    if found is None or (found["sign"] and found["inner_sign"]):
        raise NotAnAmount(AmountRefusal.NOT_A_NUMBER, f"{text!r} is not an amount; write it such as 1,234.56")
    units, places = _digits(found["number"], text)
    meant = _currency(found["before"], found["after"], currency, text)
    size = _minor_units(units, places, meant, text)
    return Money(-size if found["sign"] or found["inner_sign"] else size, meant)


def read_minor_units(*, amount: object, currency: object) -> Money:
    """The amount of an API request: an integer of minor units and a currency code, as decoded from JSON.

    :raises NotAnAmount: when the amount is not an integer, is too large, or the code names no currency
    """
    if type(currency) is not str:
        message = f'the currency is {currency!r:.40}; give its code as text, such as "CNY"'
        raise NotAnAmount(AmountRefusal.UNKNOWN_CURRENCY, message)
    try:
        meant = Currency.of(currency)
    except UnknownCurrency as unknown:
        raise NotAnAmount(AmountRefusal.UNKNOWN_CURRENCY, str(unknown)) from None
    if type(amount) is not int:
        example = 125 * 10**meant.exponent // 10
        hint = f"give a whole number of minor units: {example} is {Money(example, meant)}"
        message = f"the amount is {amount!r:.40}; {hint}"
        raise NotAnAmount(AmountRefusal.NOT_A_WHOLE_NUMBER, message)
    return _within_book(amount, meant)


def _digits(number: str, text: str) -> tuple[str, str]:
    """The digits before and after the point."""
    whole, point, rest = number.partition(".")
    if "," in number:
        if "," in rest or not _GROUPED.fullmatch(whole):
            message = f"the commas in {text!r} do not group thousands; write 1,234.56 with a decimal point"
            raise NotAnAmount(AmountRefusal.MISPLACED_COMMA, message)
        whole = whole.replace(",", "")
    found = _DECIMAL.fullmatch(f"{whole}{point}{rest}")
    if found is None:
        message = f"{text!r} is not an amount; write digits, and at most one point between two of them"
        raise NotAnAmount(AmountRefusal.NOT_A_NUMBER, message)
    return found[1], found[2] or ""


def _currency(before: str, after: str, expected: Currency | None, text: str) -> Currency:
    marks = [mark for mark in (before, after) if mark]
    settled = expected or next(filter(None, map(_coded, marks)), None)
    named = [_named(mark, settled, text) for mark in marks]
    known = [expected, *named] if expected else named
    if not known:
        message = f"{text!r} does not say which currency; write it such as {text.strip()} CNY"
        raise NotAnAmount(AmountRefusal.CURRENCY_MISSING, message)
    for other in known[1:]:
        if other is not known[0]:
            message = f"{text!r} is in {other}; give an amount in {known[0]}"
            raise NotAnAmount(AmountRefusal.OTHER_CURRENCY, message)
    return known[0]


def _coded(mark: str) -> Currency | None:
    return Currency.__members__.get(mark.upper()) if mark.isascii() else None


def _named(mark: str, expected: Currency | None, text: str) -> Currency:
    """The currency that a mark means: a code; else the expected one; else the one written so, or so known."""
    by_code = _coded(mark)
    if by_code is not None:
        return by_code
    if expected and expected in SYMBOLS and mark in _written(expected) + SYMBOLS[expected].also:
        return expected
    written = [currency for currency in SYMBOLS if mark in _written(currency)]
    understood = written or [currency for currency in SYMBOLS if mark in SYMBOLS[currency].also]
    if len(understood) == 1:
        return understood[0]
    raise NotAnAmount(
        AmountRefusal.UNKNOWN_CURRENCY, f"{mark!r} in {text!r} is not a currency; use a code such as CNY"
    )


def _written(currency: Currency) -> tuple[str, ...]:
    return (SYMBOLS[currency].zh, SYMBOLS[currency].en)


def _minor_units(units: str, places: str, currency: Currency, text: str) -> int:
    if len(places) > currency.exponent:
        allowed = f"{currency} has {currency.exponent}" if currency.exponent else f"{currency} has none"
        message = f"{text!r} has {len(places)} decimal places; {allowed}"
        raise NotAnAmount(AmountRefusal.TOO_MANY_DECIMALS, message)
    return _within_book(int(units + places.ljust(currency.exponent, "0")), currency).minor


def _within_book(minor: int, currency: Currency) -> Money:
    if not -AMOUNT_MAX <= minor <= AMOUNT_MAX:
        greatest = Money(AMOUNT_MAX, currency)
        raise NotAnAmount(
            AmountRefusal.TOO_LARGE, f"the amount is too large; the greatest possible is {greatest}"
        )
    return Money(minor, currency)
