"""What the book knows of an id: a transfer, an account, or the business object of some transfers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from milletpay.ledger.model import Account, PendingStatus, Transfer, TransferFlags
from milletpay.ledger.reading import Row, account_of, transfer_of
from milletpay.ledger.rows import PENDING_STATUSES
from milletpay.plumbing.database import Connection, Database
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.ledger")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a pending transfer ended."""

    status: PendingStatus
    timestamp: int
    by: int | None
    """The transfer that resolved it; None when it expired."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedTransfer:
    """A transfer, where it is in the book, and what became of it."""

    transfer: Transfer
    batch: int | None
    accounting_date: int | None
    ending: Ending | None
    """Of a pending transfer; None while it is open, and for all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What goes by one id. More than one of these may, and all may be empty."""

    transfer: TracedTransfer | None
    burnt: bool
    """The id was used up by a transfer that was refused for a passing reason."""
    accounts: Sequence[Account]
    """The account, or the two of the transfer, as they stand now."""
    transfers: Sequence[TracedTransfer]
    """The last transfers of the account, or of the business object, the newest first."""


async def trace(*, database: Database, id: int, most: int) -> Trace:
    """Look an id up; `most` is the number of an account's or object's transfers to give.

    Those are looked for in the whole book, since no index serves that alone.
    """
    async with database.transaction() as connection:
        row = await connection.fetchrow(SQL["transfers"], [id])
        traced = None if row is None else await _traced(connection, row)
        ids = [id]
        if traced is not None:
            ids += [traced.transfer.debit_account_id, traced.transfer.credit_account_id]
        accounts = [account_of(account) for account in await connection.fetch(SQL["accounts_now"], ids)]
        about = [] if traced is not None else await connection.fetch(SQL["transfers_about"], id, most)
        return Trace(
            transfer=traced,
            burnt=bool(await connection.fetch(SQL["burnt"], [id])),
            accounts=accounts,
            transfers=[await _traced(connection, other) for other in about],
        )


async def _traced(connection: Connection, row: Row) -> TracedTransfer:
    transfer = transfer_of(row)
    batch = await connection.fetchrow(SQL["batch_at"], transfer.timestamp)
    ending = None
    if int(transfer.flags) & TransferFlags.PENDING and row["ended"] is not None:
        ending = Ending(
            status=PENDING_STATUSES[row["ended"]],
            timestamp=row["ended_at"],
            by=await connection.fetchval(SQL["transfer_at"], row["ended_at"]),
        )
    return TracedTransfer(
        transfer=transfer,
        batch=None if batch is None else batch["number"],
        accounting_date=None if batch is None else batch["accounting_date"],
        ending=ending,
    )
