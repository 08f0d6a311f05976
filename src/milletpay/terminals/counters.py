"""The rows and the reads of counters."""

from collections.abc import Sequence
from typing import Any, Final

from milletpay.ledger.chart import Mode
from milletpay.merchants import MerchantId, StoreId, TerminalId
from milletpay.payments import PaymentId, RefundId
from milletpay.plumbing.database import Connection, Row
from milletpay.plumbing.statements import load_statements
from milletpay.terminals.counter_model import (
    Cashier,
    CashierId,
    Line,
    Receipt,
    ReceiptKind,
    Report,
    Shift,
    Tender,
)

SQL: Final = load_statements("milletpay.terminals")


async def find_cashier(connection: Connection, *, store: StoreId, number: str) -> Cashier | None:
    """The cashier who signs in with a number at a store."""
    rows = await connection.fetch(SQL["cashiers"], [], [store], [number])
    return cashier_of(rows[0]) if rows else None


async def cashiers_of(connection: Connection, *, merchant: MerchantId, mode: Mode) -> Sequence[Cashier]:
    """A merchant's cashiers, the newest first."""
    rows = await connection.fetch(SQL["cashiers_of"], merchant, mode is Mode.LIVE)
    return [cashier_of(row) for row in rows]


async def find_shift(connection: Connection, *, terminal: TerminalId, number: int | None) -> Shift | None:
    """A shift of a terminal; the last one where no number is given."""
    row = await connection.fetchrow(SQL["shift"], terminal, number)
    return None if row is None else shift_of(row)


async def report_on(connection: Connection, *, shift: Shift) -> Report:
    """A shift in figures, as committed."""
    last = shift.last_receipt if shift.closed_at else None
    rows = await connection.fetch(SQL["sums"], shift.terminal, shift.after_receipt, last)
    cashiers = await connection.fetch(SQL["cashiers"], [shift.cashier], [], [])
    return Report(
        shift=shift,
        cashier=cashier_of(cashiers[0]),
        lines=tuple(_line_of(row) for tender in Tender for row in rows if row["tender"] == tender),
        last_receipt=max((row["last_receipt"] for row in rows), default=shift.after_receipt),
    )


async def receipts_at(
    connection: Connection, *, terminal: TerminalId, most: int, before: int = 2**31 - 1
) -> Sequence[Receipt]:
    """A terminal's receipts, the newest first, with numbers below `before`."""
    rows = await connection.fetch(SQL["receipts_at"], terminal, before, most)
    return [receipt_of(row) for row in rows]


async def find_receipt(connection: Connection, *, terminal: TerminalId, number: int) -> Receipt | None:
    """One receipt of a terminal."""
    row = await connection.fetchrow(SQL["receipts"], [terminal], [number])
    return None if row is None else receipt_of(row)


async def find_cash(connection: Connection, *, terminal: TerminalId, reference: str) -> Receipt | None:
    """The receipt of cash that a terminal noted under its own reference, however long ago."""
    row = await connection.fetchrow(SQL["cash"], [terminal], [reference])
    return None if row is None else receipt_of(row)


async def print_receipt(connection: Connection, *, terminal: TerminalId, number: int) -> Receipt | None:
    """Count a print: the first is the receipt, the others are copies of it."""
    row = await connection.fetchrow(SQL["print_receipt"], terminal, number)
    return None if row is None else receipt_of(row)


def _line_of(row: Row) -> Line:
    return Line(
        tender=Tender(row["tender"]),
        currency=row["currency"],
        sales=row["sales"],
        sold=row["sold"],
        refunds=row["refunds"],
        refunded=row["refunded"],
        reversals=row["reversals"],
        reversed=row["reversed"],
    )


def cashier_of(row: Row) -> Cashier:
    """The cashier of a row of the table."""
    return Cashier(
        id=CashierId(row["id"]),
        merchant=MerchantId(row["merchant"]),
        mode=Mode.LIVE if row["live"] else Mode.TEST,
        store=StoreId(row["store"]),
        number=row["number"],
        name=row["name"],
        created_at=row["created_at"],
        retired_at=row["retired_at"],
    )


def shift_of(row: Row) -> Shift:
    """The shift of a row of the table."""
    return Shift(
        terminal=TerminalId(row["terminal"]),
        number=row["number"],
        cashier=CashierId(row["cashier"]),
        opened_at=row["opened_at"],
        opening_float=row["opening_float"],
        after_receipt=row["after_receipt"],
        closed_at=row["closed_at"],
        last_receipt=row["last_receipt"],
        counted_cash=row["counted_cash"],
    )


def receipt_of(row: Row) -> Receipt:
    """The receipt of a row of the table."""
    return Receipt(
        terminal=TerminalId(row["terminal"]),
        number=row["number"],
        at=row["at"],
        kind=ReceiptKind(row["kind"]),
        tender=Tender(row["tender"]),
        amount=row["amount"],
        currency=row["currency"],
        payment=None if row["payment"] is None else PaymentId(row["payment"]),
        refund=None if row["refund"] is None else RefundId(row["refund"]),
        reference=row["reference"],
        prints=row["prints"],
    )


def columns_of_shifts(shifts: Sequence[Shift]) -> tuple[list[Any], ...]:
    """Shifts as columns of `write_shifts`."""
    return (
        [s.terminal for s in shifts],
        [s.number for s in shifts],
        [s.cashier for s in shifts],
        [s.opened_at for s in shifts],
        [s.opening_float for s in shifts],
        [s.after_receipt for s in shifts],
        [s.closed_at for s in shifts],
        [s.last_receipt for s in shifts],
        [s.counted_cash for s in shifts],
    )


def columns_of_receipts(receipts: Sequence[Receipt]) -> tuple[list[Any], ...]:
    """Receipts as columns of `add_receipts`."""
    return (
        [r.terminal for r in receipts],
        [r.number for r in receipts],
        [r.at for r in receipts],
        [r.kind for r in receipts],
        [r.tender for r in receipts],
        [r.amount for r in receipts],
        [r.currency for r in receipts],
        [r.payment for r in receipts],
        [r.refund for r in receipts],
        [r.reference for r in receipts],
    )
