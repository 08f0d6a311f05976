"""The book: accounts, transfers between them, and the proof that nothing is lost or invented.

A transfer moves an amount from one account's debit side to another's credit side within one pool (`ledger`),
so the books balance by construction. The machine decides, the store keeps, `millet check` proves.

Invariants: transfers are immutable and never deleted; timestamps are unique and strictly increasing; in every
pool debits equal credits; an account's balances equal the fold of its transfers and of the ends of its
pending ones; a limited account never passes its limit; an id is used once, also by a transfer that was
refused for a passing reason.
"""

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
from milletpay.ledger.rows import NotAnEvent, NotAnInteger

__all__ = [
    "AMOUNT_MAX",
    "BATCH_MAX",
    "ID_MAX",
    "Account",
    "AccountFlags",
    "CreateAccountStatus",
    "CreateTransferStatus",
    "Machine",
    "NotAnEvent",
    "NotAnInteger",
    "PendingStatus",
    "Resolution",
    "Transfer",
    "TransferFlags",
]
