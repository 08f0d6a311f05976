"""Receipts and reports as text for a printer of 58 mm (32 columns) or 80 mm (48 columns). Pure.

Chinese signs take two columns, as printers have it. A receipt that is printed again says that it is a copy.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, unique
from typing import Final

from milletpay.money import Currency, Language, Money, Style, format_money
from milletpay.plumbing.dates import day_of, format_day
from milletpay.terminals.counter_model import Line, Receipt, ReceiptKind, Report

DAY_NS: Final = 24 * 3600 * 10**9
EIGHT_HOURS: Final = 8 * 3600 * 10**9
"""Shops' clocks show the time of Shanghai."""


@unique
class Width(Enum):
    """How wide the paper is, in columns of the usual font."""

    MM58 = 32
    MM80 = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What stands at the top, in the language of the slip."""

    merchant: str
    store: str
    till: int
    tid: str


WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "sale": "SALE",
        "refund": "REFUND",
        "reversal": "VOID",
        "payment_code": "Wallet, code shown",
        "merchant_code": "Wallet, code scanned",
        "plate": "Wallet, code plate",
        "agreement": "Wallet, agreement",
        "card": "Wallet, bank card",
        "cash": "Cash",
        "copy": "COPY",
        "receipt": "Receipt",
        "till": "Till",
        "time": "Time",
        "total": "Total",
        "payment": "Payment",
        "x": "X REPORT",
        "z": "Z REPORT",
        "cashier": "Cashier",
        "opened": "Opened",
        "closed": "Closed",
        "float": "Opening float",
        "sales": "Sales",
        "refunds": "Refunds",
        "reversals": "Voids",
        "net": "Net",
        "expected": "Cash expected",
        "counted": "Cash counted",
        "difference": "Difference",
        "receipts": "Receipts",
    },
    "zh": {
        "sale": "消费",
        "refund": "退款",
        "reversal": "撤销",
        "payment_code": "钱包·付款码",
        "merchant_code": "钱包·扫商户码",
        "plate": "钱包·码牌",
        "agreement": "钱包·代扣",
        "card": "钱包·银行卡",
        "cash": "现金",
        "copy": "重印",
        "receipt": "小票号",
        "till": "收银台",
        "time": "时间",
        "total": "合计",
        "payment": "支付单号",
        "x": "X 报表",
        "z": "Z 报表",
        "cashier": "收银员",
        "opened": "开班",
        "closed": "交班",
        "float": "备用金",
        "sales": "销售",
        "refunds": "退款",
        "reversals": "撤销",
        "net": "净额",
        "expected": "应有现金",
        "counted": "实点现金",
        "difference": "长短款",
        "receipts": "小票",
    },
}
"""In each language the same keys."""


def receipt_slip(
    receipt: Receipt, *, heading: Heading, payment: str | None, language: Language, width: Width
) -> str:
    """A receipt. It is a copy from its second print on."""
    words, columns = WORDS[language.value], width.value
    rows = [
        *_top(heading, words, columns),
        *([_center(f"*** {words['copy']} ***", columns)] if receipt.prints > 1 else []),
        _center(words[receipt.kind], columns),
        "-" * columns,
        _row(words["receipt"], f"{receipt.number:06d}", columns),
        _row(words["time"], _moment(receipt.at), columns),
        _row(words[receipt.tender], "", columns),
        _row(words["total"], _signed(receipt), columns),
    ]
    if payment is not None:
        rows += [words["payment"], payment]
    return "\n".join([*rows, "-" * columns, ""])


def report_slip(report: Report, *, heading: Heading, language: Language, width: Width) -> str:
    """An X report, or the Z report of a shift that is closed."""
    words, columns, shift = WORDS[language.value], width.value, report.shift
    title = f"{words['z' if shift.closed_at else 'x']} {shift.number:05d}"
    rows = [
        *_top(heading, words, columns),
        _center(title, columns),
        "-" * columns,
        _row(words["cashier"], report.cashier.number, columns),
        _row(words["opened"], _moment(shift.opened_at), columns),
    ]
    if shift.closed_at:
        rows.append(_row(words["closed"], _moment(shift.closed_at), columns))
    rows.append(_row(words["receipts"], f"{shift.after_receipt + 1}-{report.last_receipt}", columns))
    for line in report.lines:
        rows += _lines(line, words, columns)
    rows += ["-" * columns, _row(words["float"], _cash(shift.opening_float), columns)]
    rows.append(_row(words["expected"], _cash(report.expected_cash), columns))
    if shift.closed_at:
        rows.append(_row(words["counted"], _cash(shift.counted_cash), columns))
        rows.append(_row(words["difference"], _cash(shift.counted_cash - report.expected_cash), columns))
    return "\n".join([*rows, "-" * columns, ""])


def _top(heading: Heading, words: dict[str, str], columns: int) -> Sequence[str]:
    till = f"{words['till']} {heading.till}  TID {heading.tid}"
    return [_center(heading.merchant, columns), _center(heading.store, columns), _center(till, columns)]


def _lines(line: Line, words: dict[str, str], columns: int) -> Sequence[str]:
    shown = [(words["sales"], line.sales, line.sold), (words["refunds"], line.refunds, -line.refunded)]
    shown.append((words["reversals"], line.reversals, -line.reversed))
    rows = [
        _row(f"  {name} x{count}", _amount(amount, line.currency), columns)
        for name, count, amount in shown
        if count
    ]
    net = _row(f"  {words['net']}", _amount(line.net, line.currency), columns)
    return ["-" * columns, words[line.tender], *rows, net]


def _signed(receipt: Receipt) -> str:
    sign = 1 if receipt.kind is ReceiptKind.SALE else -1
    return _amount(sign * receipt.amount, receipt.currency)


def _cash(amount: int) -> str:
    return _amount(amount, Currency.CNY.code)


def _amount(minor: int, currency: str) -> str:
    # By its code, and as English has it: not every printer has every symbol.
    return format_money(Money(minor, Currency.of(currency)), language=Language.EN, style=Style.CODE)


def _moment(at: int) -> str:
    seconds = (at + EIGHT_HOURS) % DAY_NS // 10**9
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{format_day(day_of(at))} {clock}"


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _cut(text: str, columns: int) -> str:
    while _columns(text) > columns:
        text = text[:-1]
    return text


def _center(text: str, columns: int) -> str:
    text = _cut(text, columns)
    return " " * ((columns - _columns(text)) // 2) + text


def _row(name: str, value: str, columns: int) -> str:
    name = _cut(name, columns - _columns(value) - 1)
    return (name + " " * (columns - _columns(name) - _columns(value)) + value).rstrip()
