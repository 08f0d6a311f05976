"""When an id is used again: the same event sent twice, or another one under a used id.

The comparison is what makes a retry safe: the same event answers `exists`, another one names the first field
that differs.
"""

from dataclasses import replace

from milletpay.ledger.model import (
    AMOUNT_MAX,
    BALANCING_CREDIT,
    BALANCING_DEBIT,
    POST,
    Account,
    CreateAccountStatus,
    CreateTransferStatus,
    Transfer,
)

A = CreateAccountStatus
T = CreateTransferStatus


def account_exists(a: Account, existing: Account) -> CreateAccountStatus:
    """What to answer to an account event whose id is in use."""
    if a.flags != existing.flags:
        return A.exists_with_different_flags
    if a.user_data_128 != existing.user_data_128:
        return A.exists_with_different_user_data_128
    if a.user_data_64 != existing.user_data_64:
        return A.exists_with_different_user_data_64
    if a.user_data_32 != existing.user_data_32:
        return A.exists_with_different_user_data_32
    if a.ledger != existing.ledger:
        return A.exists_with_different_ledger
    if a.code != existing.code:
        return A.exists_with_different_code
    return A.exists


def transfer_exists(t: Transfer, existing: Transfer, *, pending: Transfer | None) -> CreateTransferStatus:
    """What to answer to a transfer event whose id is in use.

    `pending` is the pending transfer that both resolve, if both resolve one. What such an event leaves at
    zero it takes from there; and a balancing event asks for at most its amount, so it may ask for more than
    was moved.
    """
    if t.flags != existing.flags:
        return T.exists_with_different_flags
    if t.pending_id != existing.pending_id:
        return T.exists_with_different_pending_id
    if t.timeout != existing.timeout:
        return T.exists_with_different_timeout
    meant = t if pending is None else completed(t, pending)
    if meant.debit_account_id != existing.debit_account_id:
        return T.exists_with_different_debit_account_id
    if meant.credit_account_id != existing.credit_account_id:
        return T.exists_with_different_credit_account_id
    balancing = int(t.flags) & (BALANCING_DEBIT | BALANCING_CREDIT)
    if meant.amount < existing.amount if balancing else meant.amount != existing.amount:
        return T.exists_with_different_amount
    if meant.user_data_128 != existing.user_data_128:
        return T.exists_with_different_user_data_128
    if meant.user_data_64 != existing.user_data_64:
        return T.exists_with_different_user_data_64
    if meant.user_data_32 != existing.user_data_32:
        return T.exists_with_different_user_data_32
    if meant.ledger != existing.ledger:
        return T.exists_with_different_ledger
    if meant.code != existing.code:
        return T.exists_with_different_code
    return T.exists


def completed(t: Transfer, pending: Transfer) -> Transfer:
    """The event with what it leaves open taken from the pending transfer that it posts or voids."""
    return replace(
        t,
        debit_account_id=t.debit_account_id or pending.debit_account_id,
        credit_account_id=t.credit_account_id or pending.credit_account_id,
        amount=resolved_amount(t, pending),
        user_data_128=t.user_data_128 or pending.user_data_128,
        user_data_64=t.user_data_64 or pending.user_data_64,
        user_data_32=t.user_data_32 or pending.user_data_32,
        ledger=t.ledger or pending.ledger,
        code=t.code or pending.code,
    )


def resolved_amount(t: Transfer, pending: Transfer) -> int:
    """How much an event posts or voids: all of the pending transfer, where it leaves that open."""
    whole = t.amount == (AMOUNT_MAX if int(t.flags) & POST else 0)
    return pending.amount if whole else t.amount
