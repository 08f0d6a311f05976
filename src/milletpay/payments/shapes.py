"""How payments, refunds and agreements are shown in public: in answers of the API and in webhooks alike.

Amounts are integers in minor units beside their currency; times are RFC 3339 in UTC. `Shown` writes links
to our pages; everything else is in the objects.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Final, Literal, Self

import msgspec

from milletpay.codes import Links
from milletpay.funding import PaidCard, SourceKind
from milletpay.ledger.chart import Mode
from milletpay.merchants import MERCHANT_ID, PLATE_ID, STORE_ID, TERMINAL_ID
from milletpay.payments.model import (
    AGREEMENT_ID,
    ANNOUNCEMENT_ID,
    PAYMENT_ID,
    REFUND_ID,
    Agreement,
    AgreementStatus,
    Announcement,
    Attempt,
    CaptureMethod,
    Decline,
    Flag,
    Payment,
    Refund,
)
from milletpay.payments.states import Destination, Outcome, PaymentStatus, RefundStatus
from milletpay.plumbing.dates import format_day, rfc3339
from milletpay.plumbing.shapes import Output


class QrShape(Output, frozen=True, kw_only=True):
    """What a code for the payer holds."""

    payload: str

    @classmethod
    def example(cls) -> Self:
        """A link of the demo."""
        return cls(payload="http://127.0.0.1:8420/c/AZt_TUGAAAggYAYG4MOASf0Lq3mVtq8Qzx1K")


class PayingCardShape(Output, frozen=True, kw_only=True):
    """What is shown of the card that paid."""

    bank: str
    last4: str

    @classmethod
    def example(cls) -> Self:
        """One of the demo's bank."""
        return cls(bank="granary", last4="0011")


class FundingShape(Output, frozen=True, kw_only=True):
    """From what a payment is paid."""

    source: SourceKind
    card: PayingCardShape | None = None

    @classmethod
    def example(cls) -> Self:
        """From the balance."""
        return cls(source=SourceKind.BALANCE)


class AttemptShape(Output, frozen=True, kw_only=True):
    """A customer's try to pay."""

    at: str
    outcome: Outcome
    decline_code: Decline | None
    funding: FundingShape

    @classmethod
    def example(cls) -> Self:
        """One whose balance did not cover it."""
        return cls(
            at="2026-12-01T02:03:04.005Z",
            outcome=Outcome.DECLINED,
            decline_code=Decline.INSUFFICIENT_FUNDS,
            funding=FundingShape.example(),
        )


class PaymentShape(Output, frozen=True, kw_only=True):
    """A payment."""

    id: str
    object: Literal["payment"] = "payment"
    created_at: str
    livemode: bool
    merchant: str
    status: PaymentStatus
    amount: int
    currency: str
    amount_authorized: int
    amount_captured: int
    amount_refunded: int
    amount_taken_back: Annotated[
        int,
        msgspec.Meta(
            description="What the card's bank took back of it by itself, as its owner disputed it. The money"
            " stays yours; what you refund from then on goes to the balance."
        ),
    ]
    fee: int
    capture_method: CaptureMethod
    reference: str
    description: str | None
    agreement: str | None
    store: str | None
    terminal: str | None
    plate: str | None
    flags: list[Flag]
    funding: FundingShape | None
    decline_code: Decline | None
    expires_at: str | None
    return_url: str | None
    checkout_url: str | None
    qr: QrShape | None
    metadata: dict[str, str]
    attempts: list[AttemptShape] | msgspec.UnsetType = msgspec.UNSET

    @classmethod
    def example(cls) -> Self:
        """One that was paid at once."""
        return cls(
            id="pay_01kdz9m4h0000g40r40m30e209",
            created_at="2026-12-01T02:03:04.005Z",
            livemode=False,
            merchant="mer_01kdz9m4h0000g40r40m30e20a",
            status=PaymentStatus.SUCCEEDED,
            amount=1250,
            currency="CNY",
            amount_authorized=1250,
            amount_captured=1250,
            amount_refunded=0,
            amount_taken_back=0,
            fee=5,
            capture_method=CaptureMethod.AUTOMATIC,
            reference="order-1001",
            description="Two months of video",
            agreement="agr_01kdz9m4h0000g40r40m30e20b",
            store=None,
            terminal=None,
            plate=None,
            flags=[],
            funding=FundingShape.example(),
            decline_code=None,
            expires_at=None,
            return_url=None,
            checkout_url=None,
            qr=None,
            metadata={},
        )


class RefundShape(Output, frozen=True, kw_only=True):
    """A refund."""

    id: str
    object: Literal["refund"] = "refund"
    created_at: str
    livemode: bool
    payment: str
    status: RefundStatus
    destination: Destination
    amount: int
    currency: str
    fee_returned: int
    reference: str
    reason: str | None

    @classmethod
    def example(cls) -> Self:
        """One of a part."""
        return cls(
            id="ref_01kdz9m4h0000g40r40m30e20c",
            created_at="2026-12-01T02:03:04.005Z",
            livemode=False,
            payment="pay_01kdz9m4h0000g40r40m30e209",
            status=RefundStatus.SUCCEEDED,
            destination=Destination.BALANCE,
            amount=500,
            currency="CNY",
            fee_returned=2,
            reference="refund-1001-1",
            reason="One month only",
        )


class AnnouncementShape(Output, frozen=True, kw_only=True):
    """A charge to come, of which the customer was told."""

    id: str
    object: Literal["announcement"] = "announcement"
    created_at: str
    agreement: str
    amount: int
    charge_on: str

    @classmethod
    def example(cls) -> Self:
        """Of next month's charge."""
        return cls(
            id="ann_01kdz9m4h0000g40r40m30e20d",
            created_at="2026-12-01T02:03:04.005Z",
            agreement="agr_01kdz9m4h0000g40r40m30e20b",
            amount=2500,
            charge_on="2026-12-05",
        )


class AgreementShape(Output, frozen=True, kw_only=True):
    """An agreement."""

    id: str
    object: Literal["agreement"] = "agreement"
    created_at: str
    livemode: bool
    merchant: str
    status: AgreementStatus
    currency: str
    charge_limit: int
    day_limit: int
    month_limit: int
    day_charges: int
    notice_days: int
    reference: str
    description: str | None
    sign_url: str | None
    signed_at: str | None
    canceled_at: str | None

    @classmethod
    def example(cls) -> Self:
        """One that awaits its signature."""
        return cls(
            id="agr_01kdz9m4h0000g40r40m30e20b",
            created_at="2026-12-01T02:03:04.005Z",
            livemode=False,
            merchant="mer_01kdz9m4h0000g40r40m30e20a",
            status=AgreementStatus.PENDING_SIGNATURE,
            currency="CNY",
            charge_limit=10000,
            day_limit=50000,
            month_limit=200000,
            day_charges=10,
            notice_days=3,
            reference="subscription-77",
            description="Video, each month",
            sign_url="http://127.0.0.1:8420/sign/AZt_TUGAAAggYAYG4MOASw2Ck9uXhP4nT6fR",
            signed_at=None,
            canceled_at=None,
        )


# The same few merchants and agreements are shown again and again.
_merchant_id = lru_cache(maxsize=10_000)(MERCHANT_ID.write)
_store_id = lru_cache(maxsize=10_000)(STORE_ID.write)
_plate_id = lru_cache(maxsize=10_000)(PLATE_ID.write)
_terminal_id = lru_cache(maxsize=10_000)(TERMINAL_ID.write)
_agreement_id = lru_cache(maxsize=100_000)(AGREEMENT_ID.write)


_FROM_BALANCE: Final = FundingShape(source=SourceKind.BALANCE)


def _funding(card: PaidCard | None) -> FundingShape:
    if card is None:
        return _FROM_BALANCE
    return FundingShape(source=SourceKind.CARD, card=PayingCardShape(bank=card.bank, last4=card.last4))


def funding_of(payment: Payment) -> FundingShape | None:
    """From what a payment is paid, or being paid; None while it is from nothing."""
    return _funding(payment.card) if payment.card or payment.authorized else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Shows objects to a merchant; `links` lead payers and signers to our pages."""

    links: Links

    def payment_with_attempts(self, payment: Payment, *, attempts: Sequence[Attempt]) -> PaymentShape:
        """A payment as it stands, with the tries to pay it, the first first."""
        shown = [
            AttemptShape(
                at=rfc3339(attempt.at),
                outcome=attempt.outcome,
                decline_code=attempt.decline,
                funding=_funding(attempt.card),
            )
            for attempt in attempts
        ]
        return msgspec.structs.replace(self.payment(payment), attempts=shown)

    def payment(self, payment: Payment) -> PaymentShape:
        """A payment as it stands."""
        open_still = payment.status is PaymentStatus.AWAITING_PAYMENT
        link = self.links.payment(payment.id) if open_still else None
        return PaymentShape(
            id=PAYMENT_ID.write(payment.id),
            created_at=rfc3339(payment.created_at),
            livemode=payment.mode is Mode.LIVE,
            merchant=_merchant_id(payment.merchant),
            status=payment.status,
            amount=payment.amount.minor,
            currency=payment.amount.currency.code,
            amount_authorized=payment.authorized,
            amount_captured=payment.captured,
            amount_refunded=payment.refunded,
            amount_taken_back=payment.taken_back,
            fee=payment.fee,
            capture_method=payment.capture_method,
            reference=payment.request.reference,
            description=payment.description or None,
            agreement=None if payment.agreement is None else _agreement_id(payment.agreement),
            store=None if payment.store is None else _store_id(payment.store),
            terminal=None if payment.terminal is None else _terminal_id(payment.terminal),
            plate=None if payment.plate is None else _plate_id(payment.plate),
            flags=list(payment.flags),
            funding=funding_of(payment),
            decline_code=payment.decline,
            expires_at=rfc3339(payment.expires_at) if payment.expires_at else None,
            return_url=payment.return_url or None,
            checkout_url=link,
            qr=None if link is None else QrShape(payload=link),
            metadata=msgspec.json.decode(payment.metadata, type=dict[str, str]) if payment.metadata else {},
        )

    def refund(self, refund: Refund) -> RefundShape:
        """A refund."""
        return RefundShape(
            id=REFUND_ID.write(refund.id),
            created_at=rfc3339(refund.created_at),
            livemode=refund.mode is Mode.LIVE,
            payment=PAYMENT_ID.write(refund.payment),
            status=refund.status,
            destination=refund.destination,
            amount=refund.amount.minor,
            currency=refund.amount.currency.code,
            fee_returned=refund.fee_back,
            reference=refund.request.reference,
            reason=refund.reason or None,
        )

    def announcement(self, announced: Announcement) -> AnnouncementShape:
        """A charge to come."""
        return AnnouncementShape(
            id=ANNOUNCEMENT_ID.write(announced.id),
            created_at=rfc3339(announced.announced_at),
            agreement=AGREEMENT_ID.write(announced.agreement),
            amount=announced.amount,
            charge_on=format_day(announced.charge_on),
        )

    def agreement(self, agreement: Agreement) -> AgreementShape:
        """An agreement as it stands."""
        unsigned = agreement.status is AgreementStatus.PENDING_SIGNATURE
        return AgreementShape(
            id=AGREEMENT_ID.write(agreement.id),
            created_at=rfc3339(agreement.created_at),
            livemode=agreement.mode is Mode.LIVE,
            merchant=MERCHANT_ID.write(agreement.merchant),
            status=agreement.status,
            currency=agreement.currency.code,
            charge_limit=agreement.charge_limit,
            day_limit=agreement.day_limit,
            month_limit=agreement.month_limit,
            day_charges=agreement.day_charges,
            notice_days=agreement.notice_days,
            reference=agreement.request.reference,
            description=agreement.description or None,
            sign_url=self.links.agreement(agreement.id) if unsigned else None,
            signed_at=rfc3339(agreement.signed_at) if agreement.signed_at else None,
            canceled_at=rfc3339(agreement.canceled_at) if agreement.canceled_at else None,
        )
