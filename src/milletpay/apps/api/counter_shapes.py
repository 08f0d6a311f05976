"""What is said about cashiers, shifts, receipts and reports."""

from typing import Annotated, Literal, Self

import msgspec

from milletpay.apps.api.payment_bodies import Reference
from milletpay.apps.http.shapes import CurrencyCode, Input, Minor, Output
from milletpay.ledger.chart import Mode
from milletpay.merchants import STORE_ID, TERMINAL_ID
from milletpay.money import AMOUNT_MAX
from milletpay.payments import PAYMENT_ID, REFUND_ID
from milletpay.plumbing.dates import rfc3339
from milletpay.terminals import CASHIER_ID, Cashier, Line, Receipt, ReceiptKind, Report, Tender

CashierNumber = Annotated[
    str, msgspec.Meta(max_length=12, pattern=r"^[0-9A-Za-z]+$(?!\n)", description="One in the store.")
]
Drawer = Annotated[int, msgspec.Meta(ge=0, le=AMOUNT_MAX, description="Cash in the drawer, in fen.")]
Language = Literal["en", "zh"]


class NewCashier(Input, frozen=True, kw_only=True):
    """Who works at the tills of a store."""

    store: str
    number: CashierNumber
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    pin: Annotated[str, msgspec.Meta(max_length=64, description="Six digits, known to the cashier alone.")]

    @classmethod
    def example(cls) -> Self:
        """Number seven."""
        return cls(store="sto_01kdz9m4h0000g40r40m30e20e", number="07", name="Li Na", pin="730284")


class CashierShape(Output, frozen=True, kw_only=True):
    """A cashier."""

    id: str
    object: Literal["cashier"] = "cashier"
    created_at: str
    livemode: bool
    store: str
    number: str
    name: str
    status: Literal["active", "retired"]

    @classmethod
    def example(cls) -> Self:
        """Number seven."""
        return cls(
            id="csh_01kdz9m4h0000g40r40m30e20g",
            created_at="2026-12-01T02:03:04.005Z",
            livemode=False,
            store="sto_01kdz9m4h0000g40r40m30e20e",
            number="07",
            name="Li Na",
            status="active",
        )


class SignIn(Input, frozen=True, kw_only=True):
    """A cashier begins."""

    cashier: CashierNumber
    pin: Annotated[str, msgspec.Meta(max_length=64)]
    opening_float: Drawer = 0

    @classmethod
    def example(cls) -> Self:
        """With two hundred yuan in the drawer."""
        return cls(cashier="07", pin="730284", opening_float=20000)


class Count(Input, frozen=True, kw_only=True):
    """The cashier ends."""

    counted_cash: Drawer = 0

    @classmethod
    def example(cls) -> Self:
        """As much as there was at first."""
        return cls(counted_cash=20000)


class Cash(Input, frozen=True, kw_only=True):
    """Cash that was taken or given back; a memo of the till's."""

    kind: Literal["sale", "refund"] = "sale"
    amount: Minor
    currency: CurrencyCode
    reference: Reference

    @classmethod
    def example(cls) -> Self:
        """Of a sale."""
        return cls(amount=1250, currency="CNY", reference="00000017-42")


class Void(Input, frozen=True, kw_only=True):
    """The last sale is undone."""

    receipt: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1, description="Its number.")]

    @classmethod
    def example(cls) -> Self:
        """By its receipt."""
        return cls(receipt=42)


class Printing(Input, frozen=True, kw_only=True):
    """How a slip is printed."""

    language: Language = "en"
    columns: Annotated[Literal[32, 48], msgspec.Meta(description="Of paper of 58 mm or 80 mm.")] = 32

    @classmethod
    def example(cls) -> Self:
        """Narrow, in Chinese."""
        return cls(language="zh")


class ReceiptShape(Output, frozen=True, kw_only=True):
    """A receipt."""

    object: Literal["receipt"] = "receipt"
    terminal: str
    number: int
    created_at: str
    kind: ReceiptKind
    tender: Tender
    amount: int
    currency: str
    payment: str | None
    refund: str | None
    text: str | None = None

    @classmethod
    def example(cls) -> Self:
        """Of a sale."""
        return cls(
            terminal="ter_01kdz9m4h0000g40r40m30e20f",
            number=42,
            created_at="2026-12-01T02:03:04.005Z",
            kind=ReceiptKind.SALE,
            tender=Tender.PAYMENT_CODE,
            amount=1250,
            currency="CNY",
            payment="pay_01kdz9m4h0000g40r40m30e209",
            refund=None,
        )


class LineShape(Output, frozen=True, kw_only=True):
    """One tender of a report."""

    tender: Tender
    currency: str
    sales: int
    sold: int
    refunds: int
    refunded: int
    reversals: int
    reversed: int
    net: int

    @classmethod
    def example(cls) -> Self:
        """Three sales, one of them undone."""
        return cls(
            tender=Tender.PAYMENT_CODE,
            currency="CNY",
            sales=3,
            sold=3750,
            refunds=0,
            refunded=0,
            reversals=1,
            reversed=1250,
            net=2500,
        )


class ReportShape(Output, frozen=True, kw_only=True):
    """An X report, while the shift goes on, or its Z report."""

    object: Literal["report"] = "report"
    kind: Literal["x", "z"]
    terminal: str
    number: int
    cashier: str
    cashier_name: str
    opened_at: str
    closed_at: str | None
    first_receipt: int
    last_receipt: int
    lines: list[LineShape]
    opening_float: int
    expected_cash: int
    counted_cash: int | None
    text: str | None = None

    @classmethod
    def example(cls) -> Self:
        """Of a shift that is closed."""
        return cls(
            kind="z",
            terminal="ter_01kdz9m4h0000g40r40m30e20f",
            number=9,
            cashier="07",
            cashier_name="Li Na",
            opened_at="2026-12-01T00:00:00Z",
            closed_at="2026-12-01T08:00:00Z",
            first_receipt=40,
            last_receipt=43,
            lines=[LineShape.example()],
            opening_float=20000,
            expected_cash=20000,
            counted_cash=20000,
        )


def show_cashier(cashier: Cashier) -> CashierShape:
    """A cashier."""
    return CashierShape(
        id=CASHIER_ID.write(cashier.id),
        created_at=rfc3339(cashier.created_at),
        livemode=cashier.mode is Mode.LIVE,
        store=STORE_ID.write(cashier.store),
        number=cashier.number,
        name=cashier.name,
        status="retired" if cashier.retired_at else "active",
    )


def show_receipt(receipt: Receipt, *, text: str | None = None) -> ReceiptShape:
    """A receipt; `text` is what a printer prints."""
    return ReceiptShape(
        terminal=TERMINAL_ID.write(receipt.terminal),
        number=receipt.number,
        created_at=rfc3339(receipt.at),
        kind=receipt.kind,
        tender=receipt.tender,
        amount=receipt.amount,
        currency=receipt.currency,
        payment=None if receipt.payment is None else PAYMENT_ID.write(receipt.payment),
        refund=None if receipt.refund is None else REFUND_ID.write(receipt.refund),
        text=text,
    )


def show_report(report: Report, *, text: str | None = None) -> ReportShape:
    """A report; `text` is what a printer prints."""
    shift = report.shift
    return ReportShape(
        kind="z" if shift.closed_at else "x",
        terminal=TERMINAL_ID.write(shift.terminal),
        number=shift.number,
        cashier=report.cashier.number,
        cashier_name=report.cashier.name,
        opened_at=rfc3339(shift.opened_at),
        closed_at=rfc3339(shift.closed_at) if shift.closed_at else None,
        first_receipt=shift.after_receipt + 1,
        last_receipt=report.last_receipt,
        lines=[_show_line(line) for line in report.lines],
        opening_float=shift.opening_float,
        expected_cash=report.expected_cash,
        counted_cash=shift.counted_cash if shift.closed_at else None,
        text=text,
    )


def _show_line(line: Line) -> LineShape:
    return LineShape(
        tender=line.tender,
        currency=line.currency,
        sales=line.sales,
        sold=line.sold,
        refunds=line.refunds,
        refunded=line.refunded,
        reversals=line.reversals,
        reversed=line.reversed,
        net=line.net,
    )
