"""The reads of terminals."""

from collections.abc import Collection, Sequence
from typing import Final

from milletpay.ledger.chart import Mode
from milletpay.merchants import MerchantId, StoreId, TerminalId
from milletpay.plumbing.database import Connection, Row
from milletpay.plumbing.ids import ID_END
from milletpay.plumbing.statements import load_statements
from milletpay.terminals.model import Terminal, TerminalKind

SQL: Final = load_statements("milletpay.terminals")


async def find_terminal(connection: Connection, *, id: TerminalId) -> Terminal | None:
    """The terminal of an id, as committed."""
    row = await connection.fetchrow(SQL["terminals"], [id], [])
    return None if row is None else terminal_of(row)


async def find_terminals(connection: Connection, *, ids: Collection[TerminalId]) -> list[Terminal]:
    """The terminals of these ids, as committed."""
    return [terminal_of(row) for row in await connection.fetch(SQL["terminals"], list(ids), [])]


async def find_terminal_by_number(connection: Connection, *, house_number: int) -> Terminal | None:
    """The terminal of a terminal number (`tid` as a whole number), as committed."""
    row = await connection.fetchrow(SQL["terminal_by_number"], house_number)
    return None if row is None else terminal_of(row)


async def terminals_of(
    connection: Connection, *, merchant: MerchantId, mode: Mode, most: int, before: int = ID_END
) -> Sequence[Terminal]:
    """A merchant's terminals, the newest first, with ids below `before`."""
    rows = await connection.fetch(SQL["terminals_of"], merchant, mode is Mode.LIVE, before, most)
    return [terminal_of(row) for row in rows]


def terminal_of(row: Row) -> Terminal:
    """The terminal of a row of the table."""
    return Terminal(
        id=TerminalId(row["id"]),
        merchant=MerchantId(row["merchant"]),
        mode=Mode.LIVE if row["live"] else Mode.TEST,
        store=StoreId(row["store"]),
        kind=TerminalKind(row["kind"]),
        name=row["name"],
        number=row["number"],
        house_number=row["house_number"],
        merchant_number=row["merchant_number"],
        refund_max=row["refund_max"],
        created_at=row["created_at"],
        retired_at=row["retired_at"],
        pairings=row["pairings"],
        paired_at=row["paired_at"],
        pairing_mac=row["pairing_mac"],
        pairing_until=row["pairing_until"],
    )
