"""The values of the book: accounts, transfers, their flags, and what became of an event.

The model is the one that TigerBeetle documents (reference, release 0.17), with one change of scale: amounts
are integers of minor units up to `AMOUNT_MAX`. Ids are integers of 128 bits, timestamps are nanoseconds since
1970.

The records are not frozen, because that makes building one three times slower, and a payment builds several.
Nothing is lost: the machine keeps the bytes of a record, never the object that it was given.
"""

from dataclasses import dataclass
from enum import IntFlag, StrEnum, auto

AMOUNT_MAX = 2**63 - 1
"""The greatest amount and the greatest balance, in minor units. To post a pending transfer: all of it."""

BATCH_MAX = 8190
"""The most events in one batch."""

ID_MAX = 2**128 - 1
"""Not an id: ids run from 1 to one less than this."""

TIMESTAMP_MAX = 2**63 - 1
"""The last nanosecond that the book can write, in the year 2262."""

SECOND = 1_000_000_000
"""A second in nanoseconds: timeouts are in the one, timestamps in the other."""


class AccountFlags(IntFlag):
    """How an account behaves. TigerBeetle's bits; those missing here (history, imported) are reserved."""

    LINKED = 1 << 0
    """Succeeds or fails together with the next event of the batch."""
    DEBITS_MUST_NOT_EXCEED_CREDITS = 1 << 1
    """What is owed or held by it never falls below zero: a customer's balance."""
    CREDITS_MUST_NOT_EXCEED_DEBITS = 1 << 2
    """The mirror of it, for assets."""
    CLOSED = 1 << 5
    """Takes no transfer but the voiding of a pending one."""

    linked = LINKED
    debits_must_not_exceed_credits = DEBITS_MUST_NOT_EXCEED_CREDITS
    credits_must_not_exceed_debits = CREDITS_MUST_NOT_EXCEED_DEBITS
    closed = CLOSED


class TransferFlags(IntFlag):
    """What a transfer does. The bits are TigerBeetle's; the one missing here (imported) is reserved."""

    LINKED = 1 << 0
    """Succeeds or fails together with the next event of the batch."""
    PENDING = 1 << 1
    """Reserves the amount until it is posted, voided, or expires."""
    POST_PENDING_TRANSFER = 1 << 2
    """Makes a pending transfer final, in whole or in part; the rest is released."""
    VOID_PENDING_TRANSFER = 1 << 3
    """Releases a pending transfer."""
    BALANCING_DEBIT = 1 << 4
    """Moves at most what the debit account can give."""
    BALANCING_CREDIT = 1 << 5
    """Moves at most what the credit account can take."""
    CLOSING_DEBIT = 1 << 6
    """Closes the debit account, until the pending transfer is voided or expires."""
    CLOSING_CREDIT = 1 << 7
    """Closes the credit account, until the pending transfer is voided or expires."""

    linked = LINKED
    pending = PENDING
    post_pending_transfer = POST_PENDING_TRANSFER
    void_pending_transfer = VOID_PENDING_TRANSFER
    balancing_debit = BALANCING_DEBIT
    balancing_credit = BALANCING_CREDIT
    closing_debit = CLOSING_DEBIT
    closing_credit = CLOSING_CREDIT


# The flags as plain integers, for the machine: an IntFlag takes ten times as long to test.
LINKED = int(TransferFlags.LINKED)
PENDING = int(TransferFlags.PENDING)
POST = int(TransferFlags.POST_PENDING_TRANSFER)
VOID = int(TransferFlags.VOID_PENDING_TRANSFER)
BALANCING_DEBIT = int(TransferFlags.BALANCING_DEBIT)
BALANCING_CREDIT = int(TransferFlags.BALANCING_CREDIT)
CLOSING_DEBIT = int(TransferFlags.CLOSING_DEBIT)
CLOSING_CREDIT = int(TransferFlags.CLOSING_CREDIT)
TRANSFER_RESERVED = ~0xFF

DEBITS_LIMITED = int(AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS)
CREDITS_LIMITED = int(AccountFlags.CREDITS_MUST_NOT_EXCEED_DEBITS)
CLOSED = int(AccountFlags.CLOSED)
ACCOUNT_RESERVED = ~(LINKED | DEBITS_LIMITED | CREDITS_LIMITED | CLOSED)


@dataclass(slots=True)
class Account:
    """One account of one pool.

    The four balances only grow or, the pending ones, are released; what an account is worth is the difference
    of its sides. They are zero in an event that creates an account, and so is `timestamp`: both are the
    book's to set.
    """

    id: int = 0
    debits_pending: int = 0
    debits_posted: int = 0
    credits_pending: int = 0
    credits_posted: int = 0
    user_data_128: int = 0
    user_data_64: int = 0
    user_data_32: int = 0
    ledger: int = 0
    code: int = 0
    flags: int = 0
    timestamp: int = 0


@dataclass(slots=True, eq=False)
class Standing:
    """An account inside the machine: what it is, and where it stands now.

    `row` is the account as it was created; `changed_in` is the machine's number of the work in which it last
    changed.
    """

    id: int
    ledger: int
    debits_limited: bool
    credits_limited: bool
    row: bytes
    closed: bool
    debits_pending: int = 0
    debits_posted: int = 0
    credits_pending: int = 0
    credits_posted: int = 0
    changed_in: int = 0

    @property
    def balances(self) -> tuple[int, int, int, int]:
        """The balances in the order of `Account`."""
        return (self.debits_pending, self.debits_posted, self.credits_pending, self.credits_posted)


@dataclass(slots=True)
class Transfer:
    """One movement of money from a debit account to a credit account of the same pool.

    `pending_id` names the pending transfer that this one posts or voids; `timeout` is in seconds and only for
    pending ones. In what moves money for a business, `user_data_128` is the business object, `user_data_64` a
    second one where a flow needs it, and `user_data_32` the accounting date as YYYYMMDD.
    """

    id: int = 0
    debit_account_id: int = 0
    credit_account_id: int = 0
    amount: int = 0
    pending_id: int = 0
    user_data_128: int = 0
    user_data_64: int = 0
    user_data_32: int = 0
    timeout: int = 0
    ledger: int = 0
    code: int = 0
    flags: int = 0
    timestamp: int = 0


class PendingStatus(StrEnum):
    """What became of a pending transfer. Each of the last three is final."""

    pending = auto()
    """Its amount is reserved."""
    posted = auto()
    """Its amount, or a part of it, was moved by a transfer with `post_pending_transfer`."""
    voided = auto()
    """It was released by a transfer with `void_pending_transfer`."""
    expired = auto()
    """It was released by time, without a transfer."""


@dataclass(slots=True)
class Resolution:
    """The end of a pending transfer: which, how, and the book's timestamp of it."""

    pending_id: int
    status: PendingStatus
    timestamp: int


class CreateAccountStatus(StrEnum):
    """What became of an account event. In order of precedence: the first that applies is given."""

    created = auto()

    linked_event_failed = auto()
    linked_event_chain_open = auto()
    timestamp_must_be_zero = auto()
    reserved_flag = auto()

    id_must_not_be_zero = auto()
    id_must_not_be_int_max = auto()

    exists_with_different_flags = auto()
    exists_with_different_user_data_128 = auto()
    exists_with_different_user_data_64 = auto()
    exists_with_different_user_data_32 = auto()
    exists_with_different_ledger = auto()
    exists_with_different_code = auto()
    exists = auto()

    flags_are_mutually_exclusive = auto()
    debits_pending_must_be_zero = auto()
    debits_posted_must_be_zero = auto()
    credits_pending_must_be_zero = auto()
    credits_posted_must_be_zero = auto()
    ledger_must_not_be_zero = auto()
    code_must_not_be_zero = auto()


class CreateTransferStatus(StrEnum):
    """What became of a transfer event. In order of precedence: the first that applies is given."""

    created = auto()

    linked_event_failed = auto()
    linked_event_chain_open = auto()
    timestamp_must_be_zero = auto()
    reserved_flag = auto()

    id_must_not_be_zero = auto()
    id_must_not_be_int_max = auto()

    exists_with_different_flags = auto()
    exists_with_different_pending_id = auto()
    exists_with_different_timeout = auto()
    exists_with_different_debit_account_id = auto()
    exists_with_different_credit_account_id = auto()
    exists_with_different_amount = auto()
    exists_with_different_user_data_128 = auto()
    exists_with_different_user_data_64 = auto()
    exists_with_different_user_data_32 = auto()
    exists_with_different_ledger = auto()
    exists_with_different_code = auto()
    exists = auto()
    id_already_failed = auto()

    flags_are_mutually_exclusive = auto()
    debit_account_id_must_not_be_zero = auto()
    debit_account_id_must_not_be_int_max = auto()
    credit_account_id_must_not_be_zero = auto()
    credit_account_id_must_not_be_int_max = auto()
    accounts_must_be_different = auto()

    pending_id_must_be_zero = auto()
    pending_id_must_not_be_zero = auto()
    pending_id_must_not_be_int_max = auto()
    pending_id_must_be_different = auto()
    timeout_reserved_for_pending_transfer = auto()
    closing_transfer_must_be_pending = auto()

    ledger_must_not_be_zero = auto()
    code_must_not_be_zero = auto()
    debit_account_not_found = auto()
    credit_account_not_found = auto()
    accounts_must_have_the_same_ledger = auto()
    transfer_must_have_the_same_ledger_as_accounts = auto()

    pending_transfer_not_found = auto()
    pending_transfer_not_pending = auto()
    pending_transfer_has_different_debit_account_id = auto()
    pending_transfer_has_different_credit_account_id = auto()
    pending_transfer_has_different_ledger = auto()
    pending_transfer_has_different_code = auto()
    exceeds_pending_transfer_amount = auto()
    pending_transfer_has_different_amount = auto()
    pending_transfer_already_posted = auto()
    pending_transfer_already_voided = auto()
    pending_transfer_expired = auto()

    debit_account_already_closed = auto()
    credit_account_already_closed = auto()

    overflows_debits_pending = auto()
    overflows_credits_pending = auto()
    overflows_debits_posted = auto()
    overflows_credits_posted = auto()
    overflows_debits = auto()
    overflows_credits = auto()
    overflows_timeout = auto()

    exceeds_credits = auto()
    exceeds_debits = auto()


TRANSIENT = frozenset(
    {
        CreateTransferStatus.debit_account_not_found,
        CreateTransferStatus.credit_account_not_found,
        CreateTransferStatus.pending_transfer_not_found,
        CreateTransferStatus.exceeds_credits,
        CreateTransferStatus.exceeds_debits,
        CreateTransferStatus.debit_account_already_closed,
        CreateTransferStatus.credit_account_already_closed,
    }
)
"""Refusals that depend on the moment. They burn the id: a retry under it can never succeed by surprise."""
