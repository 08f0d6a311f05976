"""Parts of the column that look at one event, or at the balances it meets, and at nothing else."""

from milletpay.ledger.model import (
    AMOUNT_MAX,
    BALANCING_CREDIT,
    BALANCING_DEBIT,
    CLOSING_CREDIT,
    CLOSING_DEBIT,
    ID_MAX,
    PENDING,
    CreateTransferStatus,
    Standing,
    Transfer,
)

T = CreateTransferStatus


def malformed(t: Transfer, flags: int) -> CreateTransferStatus | None:
    """What is wrong with the fields of a transfer that resolves nothing, or None."""
    if t.debit_account_id == 0:
        return T.debit_account_id_must_not_be_zero
    if t.debit_account_id == ID_MAX:
        return T.debit_account_id_must_not_be_int_max
    if t.credit_account_id == 0:
        return T.credit_account_id_must_not_be_zero
    if t.credit_account_id == ID_MAX:
        return T.credit_account_id_must_not_be_int_max
    if t.credit_account_id == t.debit_account_id:
        return T.accounts_must_be_different
    if t.pending_id:
        return T.pending_id_must_be_zero
    if t.timeout and not flags & PENDING:
        return T.timeout_reserved_for_pending_transfer
    if flags & (CLOSING_DEBIT | CLOSING_CREDIT) and not flags & PENDING:
        return T.closing_transfer_must_be_pending
    if t.ledger == 0:
        return T.ledger_must_not_be_zero
    if t.code == 0:
        return T.code_must_not_be_zero
    return None


def balanced(amount: int, flags: int, debit: Standing, credit: Standing) -> int:
    """The amount that moves: all of it, or what a balancing transfer finds on its side, never below zero."""
    if flags & BALANCING_DEBIT:
        amount = min(amount, max(0, debit.credits_posted - debit.debits_posted - debit.debits_pending))
    if flags & BALANCING_CREDIT:
        amount = min(amount, max(0, credit.debits_posted - credit.credits_posted - credit.credits_pending))
    return amount


def overflowing(amount: int, flags: int, debit: Standing, credit: Standing) -> CreateTransferStatus:
    """Which balance would pass `AMOUNT_MAX`, when a side's balances together would."""
    if flags & PENDING and debit.debits_pending + amount > AMOUNT_MAX:
        return T.overflows_debits_pending
    if flags & PENDING and credit.credits_pending + amount > AMOUNT_MAX:
        return T.overflows_credits_pending
    if debit.debits_posted + amount > AMOUNT_MAX:
        return T.overflows_debits_posted
    if credit.credits_posted + amount > AMOUNT_MAX:
        return T.overflows_credits_posted
    if debit.debits_pending + debit.debits_posted + amount > AMOUNT_MAX:
        return T.overflows_debits
    return T.overflows_credits
