"""What requests of terminals ask of payments."""

from milletpay.payments import (
    CaptureMethod,
    CapturePayment,
    CreatePayment,
    PaymentId,
    RefundId,
    RefundPayment,
    Request,
    ReversePayment,
)
from milletpay.terminals.entries import Entry, Place, hash_of
from milletpay.terminals.exchange_facts import Ask
from milletpay.terminals.messages.kinds import Authorize, Complete, Original, Purchase, Refund


def place_of(ask: Ask) -> Place:
    """Where the entry of a request stands."""
    envelope = ask.request.envelope
    return Place(ask.where.number, envelope.batch, envelope.stan)


def place_of_original(original: Original) -> Place:
    """Where the entry stands that a request is about."""
    return Place(original.terminal, original.batch, original.stan)


def reference_of(place: Place) -> str:
    """The merchant's reference of what a terminal makes. Repeats have the same: one index keeps it single."""
    return f"{place.terminal:08}-{place.batch:06}-{place.stan:06}"


def creating(ask: Ask, *, request: Purchase | Authorize) -> CreatePayment:
    """Make the payment of a purchase or hold."""
    return CreatePayment(
        id=PaymentId(ask.id),
        merchant=ask.where.merchant,
        mode=ask.where.mode,
        amount=request.amount,
        request=_named(ask, body_hash=hash_of(request)),
        capture_method=(CaptureMethod.MANUAL if isinstance(request, Authorize) else CaptureMethod.AUTOMATIC),
        payment_code=request.payment_code,
        store=ask.where.store,
        terminal=ask.where.terminal,
        expires_at=ask.expires_at,
    )


def asking_again(ask: Ask, *, entry: Entry, payment: PaymentId) -> CreatePayment:
    """Ask for the payment of an entry as it was asked for: what comes back is how it stands now."""
    return CreatePayment(
        id=payment,
        merchant=ask.where.merchant,
        mode=ask.where.mode,
        amount=entry.amount,
        request=Request(key_hash=0, body_hash=entry.asked, reference=reference_of(entry.place)),
    )


def capturing(ask: Ask, *, request: Complete, payment: PaymentId) -> CapturePayment:
    """Take what was held; the rest is given back."""
    return CapturePayment(
        payment=payment,
        merchant=ask.where.merchant,
        mode=ask.where.mode,
        amount=request.amount.minor,
        final=True,
    )


def refunding(ask: Ask, *, request: Refund, payment: PaymentId) -> RefundPayment:
    """Give back what was taken."""
    return RefundPayment(
        id=RefundId(ask.id),
        payment=payment,
        merchant=ask.where.merchant,
        mode=ask.where.mode,
        amount=request.amount.minor,
        request=_named(ask, body_hash=hash_of(request)),
        terminal=ask.where.terminal,
    )


def undoing(ask: Ask, *, payment: PaymentId | None) -> ReversePayment:
    """Undo a payment; one that is not there yet is known by the reference that it will have."""
    return ReversePayment(
        merchant=ask.where.merchant,
        mode=ask.where.mode,
        payment=payment,
        reference=reference_of(place_of(ask)) if payment is None else "",
        terminal=ask.where.terminal,
    )


def _named(ask: Ask, *, body_hash: int) -> Request:
    return Request(key_hash=0, body_hash=body_hash, reference=reference_of(place_of(ask)))
