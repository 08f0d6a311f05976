"""Entries: what moved on an account that its owner sees, line by line, each with the balance after it.

Customers and merchants are shown every movement of their money. An **entry** is one side of one transfer:
when, how much, the balance after it, why, and the business object. A batch's entries follow from its
transfers and from the balances that it leaves, so that nobody who posts has to think of them; they are
written with it. They are found by account and timestamp, which the book gives once only: a cursor that stays
true while entries are added.

What holds: the entries of an account are its transfers, each once, but for pending ones, which are none until
they are posted; the balance after each is the balance before it plus its amount; the last is the account's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from milletpay.ledger.chart import STATEMENT_KINDS, TransferCode
from milletpay.ledger.model import PENDING, TIMESTAMP_MAX, VOID
from milletpay.ledger.rows import MOVEMENT, code_of, pack_entry
from milletpay.ledger.state import Changes
from milletpay.plumbing.database import Connection
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.ledger")

_CODES: Final = frozenset(kind.code for kind in STATEMENT_KINDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of an account's statement. Amounts are in minor units."""

    timestamp: int
    """Of the transfer, in nanoseconds: no other entry of the account has the same."""
    amount: int
    """What came in; below zero, what went out."""
    balance: int
    """What there was after it."""
    code: TransferCode
    """Why."""
    object: int
    """The business object that it was about; the flow of the code says of which kind."""


def entries_in(changes: Changes) -> list[bytes]:
    """The entries of a batch, packed as rows.

    The accounts stand as the batch leaves them: so it goes through the transfers from the last to the first.
    """
    balances = {
        standing.id.to_bytes(16): standing.credits_posted - standing.debits_posted
        for standing in changes.touched
        if code_of(standing.row) in _CODES
    }
    rows: list[bytes] = []
    for transfer in reversed(changes.transfers) if balances else ():
        debit, credit, amount, about, code, flags, timestamp = MOVEMENT.unpack(transfer)
        if flags & (PENDING | VOID):
            continue
        for account, moved in ((credit, amount), (debit, -amount)):
            if (after := balances.get(account)) is not None:
                rows.append(
                    pack_entry(
                        account, timestamp=timestamp, amount=moved, balance=after, code=code, about=about
                    )
                )
                balances[account] = after - moved
    rows.reverse()
    return rows


async def find_entries(
    connection: Connection, *, account: int, before: int = TIMESTAMP_MAX, most: int
) -> Sequence[Entry]:
    """The entries of an account, the newest first.

    :param before: only those with a smaller timestamp: give that of the last entry for the next page
    :param most: how many at most
    """
    rows = await connection.fetch(SQL["entries"], account, before, most)
    return [
        Entry(
            timestamp=row["timestamp"],
            amount=row["amount"],
            balance=row["balance"],
            code=TransferCode.coded(row["code"]),
            object=row["object"],
        )
        for row in rows
    ]
