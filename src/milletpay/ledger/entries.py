"""Entries: what moved on an account that its owner sees, line by line, each with the balance after it.

Customers and merchants are shown every movement of their money. An **entry** is one side of one transfer: when,
how much, the balance after it, why, and the business object. A batch's entries follow from its transfers and from
the balances that it leaves, so that nobody who posts has to think of them; they are written with it. They are
found by account and timestamp, which the book gives and never gives twice: a cursor that stays true while entries
are added.

What holds: the entries of an account are its posted transfers, each once; the balance after each is the balance
after the one before it plus its amount; the last balance is the account's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Final

from milletpay.ledger.chart import STATEMENT_KINDS, TransferCode
from milletpay.ledger.model import PENDING, VOID, Standing
from milletpay.ledger.rows import code_of, sides_of, timestamp_of
from milletpay.plumbing.database import Connection
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.ledger")

_ENTRY: Final = Struct(">hi16si8siqiqi2si16s")
_KINDS: Final = frozenset(kind.code for kind in STATEMENT_KINDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a statement. Amounts are in minor units of the account's ledger."""

    timestamp: int
    """When, in nanoseconds since 1970; no two entries of the book have the same, but the sides of one transfer."""
    amount: int
    """What came in; below zero, what went out."""
    balance: int
    """What there was after it."""
    code: TransferCode
    """Why."""
    object: int
    """The business object: a payment, a top-up ... The code's flow says of which kind."""


def pack_entries(
    transfers: Sequence[bytes],
    *,
    touched: Sequence[Standing],
) -> list[bytes]:
    """The entries of a batch as rows for COPY, in the order of the book.

    :param transfers: the rows of the batch's transfers, in order
    :param touched: the accounts that they touch, as the batch leaves them
    """
    balances = {
        s.id.to_bytes(16): s.credits_posted - s.debits_posted for s in touched if code_of(s.row) in _KINDS
    }
    if not balances:
        return []
    rows = []
    for transfer in reversed(transfers):
        ...
    rows.reverse()
    return rows
