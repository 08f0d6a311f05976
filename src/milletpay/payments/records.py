"""Rows of the database as values, and values as columns of an array statement."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from milletpay.customers import CustomerId, DeviceId, PersonId
from milletpay.fees import ContractId, FeeOnRefund, Quote
from milletpay.funding import PaidCard, read_order, write_order
from milletpay.ledger.chart import Mode
from milletpay.merchants import MerchantId, PlateId, StoreId, TerminalId
from milletpay.money import Currency, Money
from milletpay.payments.facts import Came, Name
from milletpay.payments.model import (
    Agreement,
    AgreementId,
    AgreementStatus,
    Announcement,
    AnnouncementId,
    Attempt,
    CaptureMethod,
    Decline,
    Flag,
    Payment,
    PaymentId,
    Refund,
    RefundId,
    Request,
)
from milletpay.payments.presented import Presented
from milletpay.payments.states import Destination, Outcome, PaymentStatus, RefundStatus
from milletpay.payments.unusual import Scanned
from milletpay.plumbing.dates import Day
from milletpay.plumbing.statements import sparse


class Row(Protocol):
    """A row of the database: columns by name."""

    def __getitem__(self, column: str, /) -> Any:  # noqa: ANN401 - its type is the column's
        """The value of a column."""


def mode_of(row: Row) -> Mode:
    """The mode of a row."""
    return Mode.LIVE if row["live"] else Mode.TEST


def request_of(row: Row) -> Request:
    """The request that made what the row holds."""
    return Request(key_hash=row["key_hash"] or 0, body_hash=row["body_hash"], reference=row["reference"])


def payment_of(row: Row) -> Payment:
    """A payment."""
    currency = Currency.of(row["currency"])
    amount = Money(row["amount"], currency)
    return Payment(
        id=PaymentId(row["id"]),
        merchant=MerchantId(row["merchant"]),
        mode=mode_of(row),
        amount=amount,
        status=PaymentStatus(row["status"]),
        capture_method=CaptureMethod(row["capture_method"]),
        quote=Quote(
            contract=ContractId(row["contract"]),
            amount=amount,
            fee=Money(row["quote"], currency),
            on_refund=FeeOnRefund(row["fee_on_refund"]),
        ),
        request=request_of(row),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        due_at=row["due_at"],
        customer=None if row["customer"] is None else CustomerId(row["customer"]),
        agreement=None if row["agreement"] is None else AgreementId(row["agreement"]),
        store=None if row["store"] is None else StoreId(row["store"]),
        terminal=None if row["terminal"] is None else TerminalId(row["terminal"]),
        device=None if row["device"] is None else DeviceId(row["device"]),
        plate=None if row["plate"] is None else PlateId(row["plate"]),
        person=None if row["person"] is None else PersonId(row["person"]),
        flags=tuple(map(Flag, row["flags"].split())) if row["flags"] else (),
        authorized=row["authorized"],
        captured=row["captured"],
        refunded=row["refunded"],
        taken_back=row["taken_back"],
        fee=row["fee"],
        card=_card_of(row),
        counted_on=Day(row["counted_on"]),
        decline=None if row["decline"] is None else Decline(row["decline"]),
        first_status=PaymentStatus(row["first_status"]),
        description=row["description"],
        return_url=row["return_url"],
        metadata=row["metadata"],
        events=row["events"],
        attempts=row["attempts"],
        presented=None if row["presented"] is None else Presented(row["presented"]),
    )


def scanned_of(row: Row) -> Scanned:
    """A payment at a plate."""
    return Scanned(
        plate=PlateId(row["plate"]),
        store=StoreId(row["store"]),
        customer=CustomerId(row["customer"]),
        amount=row["amount"],
        at=row["created_at"],
    )


def refund_of(row: Row) -> Refund:
    """A refund."""
    return Refund(
        id=RefundId(row["id"]),
        payment=PaymentId(row["payment"]),
        merchant=MerchantId(row["merchant"]),
        mode=mode_of(row),
        amount=Money(row["amount"], Currency.of(row["currency"])),
        fee_back=row["fee_back"],
        request=request_of(row),
        reason=row["reason"],
        created_at=row["created_at"],
        status=RefundStatus(row["status"]),
        destination=Destination(row["destination"]),
        events=row["events"],
    )


def _card_of(row: Row) -> PaidCard | None:
    """What may be shown of a card, written as its bank and the end of its number."""
    if row["card"] is None:
        return None
    bank, _, last4 = row["card"].partition(" ")
    return PaidCard(bank=bank, last4=last4)


def _line_of(card: PaidCard | None) -> str | None:
    return None if card is None else f"{card.bank} {card.last4}"


def agreement_of(row: Row) -> Agreement:
    """An agreement."""
    return Agreement(
        id=AgreementId(row["id"]),
        merchant=MerchantId(row["merchant"]),
        mode=mode_of(row),
        customer=None if row["customer"] is None else CustomerId(row["customer"]),
        status=AgreementStatus(row["status"]),
        currency=Currency.of(row["currency"]),
        charge_limit=row["charge_limit"],
        day_limit=row["day_limit"],
        month_limit=row["month_limit"],
        day_charges=row["day_charges"],
        notice_days=row["notice_days"],
        request=request_of(row),
        description=row["description"],
        sources=read_order(row["sources"]),
        created_at=row["created_at"],
        signed_at=row["signed_at"],
        canceled_at=row["canceled_at"],
        events=row["events"],
    )


def columns_of_new_payments(payments: Sequence[Payment]) -> tuple[list[Any], ...]:
    """The columns of `add_payments`."""
    return (
        [p.id for p in payments],
        [p.merchant for p in payments],
        sparse([p.customer for p in payments]),
        sparse([p.agreement for p in payments]),
        sparse([p.store for p in payments]),
        sparse([p.terminal for p in payments]),
        sparse([p.device for p in payments]),
        sparse([p.plate for p in payments]),
        sparse([p.person for p in payments]),
        [p.request.key_hash or None for p in payments],
        [p.request.body_hash for p in payments],
        [p.created_at for p in payments],
        sparse([p.expires_at for p in payments]),
        sparse([p.due_at for p in payments]),
        [p.amount.minor for p in payments],
        [p.authorized for p in payments],
        [p.captured for p in payments],
        sparse([p.refunded for p in payments]),
        [p.fee for p in payments],
        [p.quote.contract for p in payments],
        [p.quote.fee.minor for p in payments],
        [p.quote.on_refund.value for p in payments],
        [p.counted_on for p in payments],
        [p.events for p in payments],
        [p.mode is Mode.LIVE for p in payments],
        [p.amount.currency.code for p in payments],
        [p.status for p in payments],
        [p.first_status for p in payments],
        [p.capture_method for p in payments],
        sparse([p.decline for p in payments]),
        [p.request.reference for p in payments],
        sparse([p.description for p in payments]),
        sparse([p.return_url for p in payments]),
        sparse([p.metadata for p in payments]),
        sparse([" ".join(p.flags) for p in payments]),
        sparse([p.attempts for p in payments]),
        sparse([p.presented for p in payments]),
        sparse([_line_of(p.card) for p in payments]),
    )


def columns_of_changed_payments(payments: Sequence[Payment]) -> tuple[list[Any], ...]:
    """The columns of `change_payments`."""
    return (
        [p.id for p in payments],
        [p.customer for p in payments],
        [p.due_at for p in payments],
        [p.authorized for p in payments],
        [p.captured for p in payments],
        [p.refunded for p in payments],
        [p.fee for p in payments],
        [p.counted_on for p in payments],
        [p.events for p in payments],
        [p.attempts for p in payments],
        [p.status for p in payments],
        [p.decline for p in payments],
        [_line_of(p.card) for p in payments],
    )


def attempt_of(row: Row) -> Attempt:
    """An attempt."""
    return Attempt(
        payment=PaymentId(row["payment"]),
        number=row["number"],
        customer=CustomerId(row["customer"]),
        outcome=Outcome(row["outcome"]),
        decline=None if row["decline"] is None else Decline(row["decline"]),
        at=row["at"],
        card=_card_of(row),
    )


def announcement_of(row: Row) -> Announcement:
    """An announcement."""
    return Announcement(
        id=AnnouncementId(row["id"]),
        agreement=AgreementId(row["agreement"]),
        amount=row["amount"],
        charge_on=Day(row["charge_on"]),
        announced_at=row["announced_at"],
        payment=None if row["payment"] is None else PaymentId(row["payment"]),
        withdrawn_at=row["withdrawn_at"],
    )


def columns_of_announcements(announcements: Sequence[Announcement]) -> tuple[list[Any], ...]:
    """The columns of `write_announcements`."""
    return (
        [a.id for a in announcements],
        [a.agreement for a in announcements],
        [a.amount for a in announcements],
        [a.charge_on for a in announcements],
        [a.announced_at for a in announcements],
        [a.payment for a in announcements],
        [a.withdrawn_at for a in announcements],
    )


def columns_of_attempts(attempts: Sequence[Attempt]) -> tuple[list[Any], ...]:
    """The columns of `add_attempts`."""
    return (
        [a.payment for a in attempts],
        [a.number for a in attempts],
        [a.customer for a in attempts],
        [a.decline for a in attempts],
        [a.at for a in attempts],
        [a.outcome for a in attempts],
        [_line_of(a.card) for a in attempts],
    )


def columns_of_changed_attempts(
    changed: Mapping[tuple[PaymentId, int], Came],
) -> tuple[list[Any], ...]:
    """The columns of `change_attempts`."""
    return (
        [payment for payment, _ in changed],
        [number for _, number in changed],
        [came.outcome for came in changed.values()],
        [came.decline for came in changed.values()],
    )


def columns_of_changed_refunds(refunds: Sequence[Refund]) -> tuple[list[Any], ...]:
    """The columns of `change_refunds`."""
    return (
        [r.id for r in refunds],
        [r.status for r in refunds],
        [r.destination for r in refunds],
        [r.events for r in refunds],
    )


def columns_of_refunds(refunds: Sequence[Refund]) -> tuple[list[Any], ...]:
    """The columns of `add_refunds`."""
    return (
        [r.id for r in refunds],
        [r.payment for r in refunds],
        [r.merchant for r in refunds],
        [r.mode is Mode.LIVE for r in refunds],
        [r.amount.minor for r in refunds],
        [r.fee_back for r in refunds],
        [r.amount.currency.code for r in refunds],
        [r.request.key_hash or None for r in refunds],
        [r.request.body_hash for r in refunds],
        [r.request.reference for r in refunds],
        [r.reason for r in refunds],
        [r.created_at for r in refunds],
        [r.status for r in refunds],
        [r.destination for r in refunds],
    )


def columns_of_agreements(agreements: Sequence[Agreement]) -> tuple[list[Any], ...]:
    """The columns of `write_agreements`."""
    return (
        [a.id for a in agreements],
        [a.merchant for a in agreements],
        [a.mode is Mode.LIVE for a in agreements],
        [a.customer for a in agreements],
        [a.status for a in agreements],
        [a.currency.code for a in agreements],
        [a.charge_limit for a in agreements],
        [a.day_limit for a in agreements],
        [a.month_limit for a in agreements],
        [a.day_charges for a in agreements],
        [a.notice_days for a in agreements],
        [a.request.reference for a in agreements],
        [a.request.key_hash or None for a in agreements],
        [a.request.body_hash for a in agreements],
        [a.description for a in agreements],
        [write_order(a.sources) for a in agreements],
        [a.created_at for a in agreements],
        [a.signed_at for a in agreements],
        [a.canceled_at for a in agreements],
        [a.events for a in agreements],
    )


def columns_of_names(names: Iterable[Name]) -> tuple[list[Any], ...]:
    """Merchants' references, as every statement takes them: whose, in which mode, and the word."""
    listed = list(names)
    return (
        [merchant for merchant, _, _ in listed],
        [mode is Mode.LIVE for _, mode, _ in listed],
        [reference for _, _, reference in listed],
    )
