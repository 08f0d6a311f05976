"""Pending transfers and their ends, and ids that are used once."""

from typing import Final
from uuid import UUID

from milletpay.ledger.check.findings import NAMED_MAX, Finding, Outcome, name_transfer
from milletpay.ledger.check.joins import batch_at
from milletpay.ledger.head import Head
from milletpay.ledger.rows import PENDING_STATUSES
from milletpay.plumbing.database import Connection
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.ledger.check")


async def prove_ends(connection: Connection, *, head: Head) -> Outcome:
    """Match every end of a pending transfer with the transfer that made it, or with the time that did."""
    outcome = Outcome(rows={f"{status}": 0 for status in PENDING_STATUSES.values()})
    for row in await connection.fetch(SQL["ends"], NAMED_MAX):
        if row["status"] in PENDING_STATUSES:
            outcome.count(PENDING_STATUSES[row["status"]], number=row["ends"])
        if row["wrong"] is None:
            continue
        for id, timestamp in zip(row["ids"], row["timestamps"], strict=True):
            batch = await batch_at(connection, timestamp)
            where = f"the end of pending transfer {UUID(int=id)} in batch {batch}"
            outcome.add(Finding(where=where, what=row["wrong"]))
        outcome.unnamed += row["ends"] - len(row["ids"])
    for row in await connection.fetch(SQL["overdue"], head.expired_to, NAMED_MAX):
        where = name_transfer(row["id"], batch=await batch_at(connection, row["timestamp"]))
        outcome.add(Finding(where=where, what="was due, and has not expired"))
    return outcome


async def prove_ids(connection: Connection, *, head: Head) -> Outcome:
    """Look for ids that were refused for ever and used all the same, and at the greatest one."""
    outcome = Outcome()
    for row in await connection.fetch(SQL["used_and_burnt"], NAMED_MAX):
        where = name_transfer(row["id"], batch=await batch_at(connection, row["timestamp"]))
        outcome.add(Finding(where=where, what="has an id that a refusal had used up"))
    greatest = await connection.fetchrow(SQL["greatest_ids"])
    found = max(greatest["used"] or 0, greatest["burnt"] or 0) if greatest is not None else 0
    if found != head.id_max:
        outcome.add(
            Finding(
                where=f"batch {head.number}",
                what="has not the greatest id of a transfer",
                expected=str(UUID(int=found)),
                found=str(UUID(int=head.id_max)),
            )
        )
    return outcome
