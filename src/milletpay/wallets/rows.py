"""Cards, top-ups, withdrawals, sends and receipts as rows of their tables, both ways."""

from collections.abc import Iterable, Sequence
from typing import Any

from milletpay.customers import CustomerId
from milletpay.ledger.chart import Mode
from milletpay.money import Currency, Money
from milletpay.plumbing.database import Row
from milletpay.plumbing.dates import Day
from milletpay.rails import BankKey, RefusalReason
from milletpay.wallets.deposits import (
    Receipt,
    ReceiptId,
    ReceiptReturn,
    ReceiptReturnId,
    ReceiptStatus,
    ReturnStatus,
    Unclaimed,
)
from milletpay.wallets.model import (
    Card,
    CardId,
    Send,
    SendId,
    SendStatus,
    TopUp,
    TopUpId,
    TopUpStatus,
    WalletDecline,
    Withdrawal,
    WithdrawalId,
    WithdrawalStatus,
)


def columns(rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    """Rows as columns, for array parameters."""
    return [list(column) for column in zip(*rows, strict=True)]


def row_of_card(card: Card) -> Sequence[Any]:
    """In the order of the statement `write_cards`."""
    return (
        card.id,
        card.customer,
        card.bank.mode is Mode.LIVE,
        card.bank.code,
        card.token,
        card.masked,
        card.bound_at,
        card.removed_at,
        card.version,
    )


def card_of(row: Row) -> Card:
    """The card of a row."""
    return Card(
        id=CardId(row["id"]),
        customer=CustomerId(row["customer"]),
        bank=_bank_of(row),
        token=row["token"],
        masked=row["masked"],
        bound_at=row["bound_at"],
        removed_at=row["removed_at"],
        version=row["version"],
    )


def row_of_top_up(top_up: TopUp) -> Sequence[Any]:
    """In the order of the statement `write_top_ups`."""
    return (*_moving(top_up), top_up.shortfall)


def top_up_of(row: Row) -> TopUp:
    """The top-up of a row."""
    return TopUp(
        id=TopUpId(row["id"]),
        customer=CustomerId(row["customer"]),
        amount=_amount_of(row),
        card=CardId(row["card"]),
        bank=_bank_of(row),
        status=TopUpStatus(row["status"]),
        decline=_decline_of(row),
        reason=_reason_of(row),
        reference=row["reference"],
        counted_on=Day(row["counted_on"]),
        bank_reference=row["bank_reference"],
        shortfall=row["shortfall"],
        created_at=row["created_at"],
        sent_at=row["sent_at"],
        decided_at=row["decided_at"],
        version=row["version"],
    )


def row_of_withdrawal(withdrawal: Withdrawal) -> Sequence[Any]:
    """In the order of the statement `write_withdrawals`."""
    return (*_moving(withdrawal), withdrawal.fee.minor)


def withdrawal_of(row: Row) -> Withdrawal:
    """The withdrawal of a row."""
    amount = _amount_of(row)
    return Withdrawal(
        id=WithdrawalId(row["id"]),
        customer=CustomerId(row["customer"]),
        amount=amount,
        fee=Money(row["fee"], amount.currency),
        card=CardId(row["card"]),
        bank=_bank_of(row),
        status=WithdrawalStatus(row["status"]),
        decline=_decline_of(row),
        reason=_reason_of(row),
        reference=row["reference"],
        counted_on=Day(row["counted_on"]),
        bank_reference=row["bank_reference"],
        created_at=row["created_at"],
        sent_at=row["sent_at"],
        decided_at=row["decided_at"],
        version=row["version"],
    )


def row_of_send(send: Send) -> Sequence[Any]:
    """In the order of the statement `add_sends`."""
    return (
        send.id,
        send.customer,
        send.recipient,
        send.mode is Mode.LIVE,
        send.amount.currency.number,
        send.amount.minor,
        send.note,
        send.status,
        send.decline,
        send.reference,
        send.created_at,
    )


def send_of(row: Row) -> Send:
    """The send of a row."""
    return Send(
        id=SendId(row["id"]),
        customer=CustomerId(row["customer"]),
        recipient=CustomerId(row["recipient"]),
        mode=_mode_of(row),
        amount=_amount_of(row),
        note=row["note"],
        status=SendStatus(row["status"]),
        decline=_decline_of(row),
        reference=row["reference"],
        created_at=row["created_at"],
    )


def _moving(it: TopUp | Withdrawal) -> Sequence[Any]:
    """What the rows of both begin with."""
    return (
        it.id,
        it.customer,
        it.bank.mode is Mode.LIVE,
        it.bank.code,
        it.card,
        it.amount.currency.number,
        it.amount.minor,
        it.status,
        it.decline,
        it.reason,
        it.reference,
        it.counted_on,
        it.bank_reference,
        it.created_at,
        it.sent_at,
        it.decided_at,
        it.version,
    )


def _amount_of(row: Row) -> Money:
    return Money(row["amount"], Currency.numbered(row["currency"]))


def _mode_of(row: Row) -> Mode:
    return Mode.LIVE if row["live"] else Mode.TEST


def _bank_of(row: Row) -> BankKey:
    return BankKey(_mode_of(row), row["bank"])


def _decline_of(row: Row) -> WalletDecline | None:
    return None if row["decline"] is None else WalletDecline(row["decline"])


def _reason_of(row: Row) -> RefusalReason | None:
    return None if row["reason"] is None else RefusalReason(row["reason"])


def receipt_of(row: Row) -> Receipt:
    """The receipt of a row."""
    return Receipt(
        id=ReceiptId(row["id"]),
        bank=BankKey(Mode.LIVE if row["live"] else Mode.TEST, row["bank"]),
        bank_reference=row["bank_reference"],
        amount=Money(row["amount"], Currency.numbered(row["currency"])),
        token=row["token"],
        payer=row["payer"],
        remark=row["remark"],
        status=ReceiptStatus(row["status"]),
        customer=None if row["customer"] is None else CustomerId(row["customer"]),
        unclaimed=None if row["unclaimed"] is None else Unclaimed(row["unclaimed"]),
        received_at=row["received_at"],
        claimed_at=row["claimed_at"],
        version=row["version"],
    )


def row_of_receipt(receipt: Receipt) -> Sequence[object]:
    """In the order of the statement `write_receipts`."""
    return (
        receipt.id,
        receipt.bank.mode is Mode.LIVE,
        receipt.bank.code,
        receipt.bank_reference,
        receipt.amount.currency.number,
        receipt.amount.minor,
        receipt.token,
        receipt.payer,
        receipt.remark,
        receipt.status,
        receipt.customer,
        receipt.unclaimed,
        receipt.received_at,
        receipt.claimed_at,
        receipt.version,
    )


def row_of_return(it: ReceiptReturn) -> Sequence[object]:
    """In the order of the statement `write_receipt_returns`."""
    return (
        it.id,
        it.receipt,
        it.why,
        it.status,
        it.reason,
        it.bank_reference,
        it.created_at,
        it.sent_at,
        it.decided_at,
    )


def return_of(row: Row) -> ReceiptReturn:
    """The return of a row."""
    return ReceiptReturn(
        id=ReceiptReturnId(row["id"]),
        receipt=ReceiptId(row["receipt"]),
        why=row["why"],
        status=ReturnStatus(row["status"]),
        reason=None if row["reason"] is None else RefusalReason(row["reason"]),
        bank_reference=row["bank_reference"],
        created_at=row["created_at"],
        sent_at=row["sent_at"],
        decided_at=row["decided_at"],
    )
