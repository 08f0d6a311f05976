"""The book: accounts, transfers between them, and the proof that nothing is lost or invented.

A transfer moves an amount from one account's debit side to another's credit side within one pool (`ledger`),
so the books balance by construction. The machine decides, the store keeps, `millet check` proves.

Invariants: transfers are immutable and never deleted; timestamps are unique and strictly increasing; in every
pool debits equal credits; an account's balances equal the fold of its transfers and of the ends of its
pending ones; a limited account never passes its limit; an id is used once, also by a transfer that was
refused for a passing reason.
"""

from milletpay.ledger.bookkeeping import Bookkeeper, ExpireDue, OpenDay, open_bookkeeper
from milletpay.ledger.check import (
    Comparison,
    Effect,
    Finding,
    NotAHead,
    Outcome,
    Proof,
    ProofReport,
    Proven,
    PublishedHead,
    codes_one_per,
    columns_of_effects,
    columns_of_places,
    comparing,
    name_currency,
    name_day,
    name_object,
    name_pool,
    prove_books,
)
from milletpay.ledger.day_end import ClosedDay, DayNotBegun, close_day
from milletpay.ledger.entries import Entry, find_entries
from milletpay.ledger.machine import Machine
from milletpay.ledger.model import (
    AMOUNT_MAX,
    BATCH_MAX,
    ID_MAX,
    Account,
    AccountFlags,
    CreateAccountStatus,
    CreateTransferStatus,
    PendingStatus,
    Resolution,
    Transfer,
    TransferFlags,
)
from milletpay.ledger.reading import find_accounts
from milletpay.ledger.rows import NotAnEvent, NotAnInteger
from milletpay.ledger.store import Book
from milletpay.ledger.tracing import Ending, Trace, TracedTransfer, trace
from milletpay.ledger.trade import Part, Trade
from milletpay.ledger.upkeep import Upkeep

__all__ = [
    "AMOUNT_MAX",
    "BATCH_MAX",
    "ID_MAX",
    "Account",
    "AccountFlags",
    "Book",
    "Bookkeeper",
    "ClosedDay",
    "Comparison",
    "CreateAccountStatus",
    "CreateTransferStatus",
    "DayNotBegun",
    "Effect",
    "Ending",
    "Entry",
    "ExpireDue",
    "Finding",
    "Machine",
    "NotAHead",
    "NotAnEvent",
    "NotAnInteger",
    "OpenDay",
    "Outcome",
    "Part",
    "PendingStatus",
    "Proof",
    "ProofReport",
    "Proven",
    "PublishedHead",
    "Resolution",
    "Trace",
    "TracedTransfer",
    "Trade",
    "Transfer",
    "TransferFlags",
    "Upkeep",
    "close_day",
    "codes_one_per",
    "columns_of_effects",
    "columns_of_places",
    "comparing",
    "find_accounts",
    "find_entries",
    "name_currency",
    "name_day",
    "name_object",
    "name_pool",
    "open_bookkeeper",
    "prove_books",
    "trace",
]
