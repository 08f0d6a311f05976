"""Entries: what moved on an account, line by line, each with the balance after it.

An **entry** is one side of one transfer of a business: when, how much, the balance after it, why, and the
business object. Nothing is written for it. A page of a statement is read backward from where the account
stands, or from where the page before it ended, and the balance after each transfer follows from the one
after that: it cannot be at odds with the book, and a payment pays nothing for it but two narrow index
entries a transfer.

What holds: the entries of an account are its transfers that have an object, each once; pending ones are
none, what posts them is one. The balance after each is the balance before it plus its amount; the last is
the account's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from milletpay.ledger.chart import TransferCode
from milletpay.ledger.model import AMOUNT_MAX, TIMESTAMP_MAX
from milletpay.plumbing.database import Connection
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.ledger")

_BALANCE_BITS: Final = 64


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

    @property
    def place(self) -> int:
        """Where in the statement it is, in 127 bits: its time, and the balance before it."""
        return self.timestamp << _BALANCE_BITS | (self.balance - self.amount)


async def find_entries(
    connection: Connection, *, account: int, before: int | None = None, most: int
) -> Sequence[Entry]:
    """The entries of an account that owes its owner what it holds, the newest first.

    :param before: only those before this one: the `place` of the last entry of the page before
    :param most: how many at most
    """
    timestamp, balance = TIMESTAMP_MAX, None
    if before is not None:
        # It may come from outside: what is no place of ours is still one that can be looked for.
        timestamp = min(before >> _BALANCE_BITS, TIMESTAMP_MAX)
        balance = min(before & (1 << _BALANCE_BITS) - 1, AMOUNT_MAX)
    entries = []
    for row in await connection.fetch(SQL["entries"], account, timestamp, balance, most):
        after: int = row["latest"] if balance is None else balance
        entry = Entry(
            timestamp=row["timestamp"],
            amount=row["amount"],
            balance=after,
            code=TransferCode.coded(row["code"]),
            object=row["object"],
        )
        entries.append(entry)
        balance = after - entry.amount
    return entries
