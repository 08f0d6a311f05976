"""Money back: refunds, and reversals by a merchant that does not know how its payment ended."""

from dataclasses import dataclass

from milletpay.fees import fee_back
from milletpay.funding import Draw
from milletpay.ledger import CreateTransferStatus
from milletpay.ledger.chart import Mode
from milletpay.merchants import MerchantId, StoreId, TerminalId
from milletpay.money import Money
from milletpay.payments import postings
from milletpay.payments.announcements import free
from milletpay.payments.captures import find, release
from milletpay.payments.cards import let_go
from milletpay.payments.counting import uncount
from milletpay.payments.facts import Facts
from milletpay.payments.model import (
    PAYMENT_ID,
    REFUND_ID,
    Payment,
    PaymentId,
    Refund,
    RefundId,
    Refusal,
    Refused,
    Request,
)
from milletpay.payments.moves import MoveKind
from milletpay.payments.states import Destination, Happening, PaymentStatus, RefundStatus

REVERSIBLE_NS = 7 * 24 * 3600 * 10**9
"""How long after a payment a reversal is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPayment:
    """Give a part of a payment back, in minor units of its currency."""

    id: RefundId
    payment: PaymentId
    merchant: MerchantId
    mode: Mode
    amount: int
    request: Request
    reason: str = ""
    store: StoreId | None = None
    """Only a payment of this store, if one is named."""
    terminal: TerminalId | None = None
    """Where it is given back, if at a terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversePayment:
    """Undo a payment, by its id or by the merchant's reference, whatever became of it."""

    merchant: MerchantId
    mode: Mode
    payment: PaymentId | None = None
    reference: str = ""
    store: StoreId | None = None
    """Only a payment of this store, if one is named."""
    terminal: TerminalId | None = None
    """Where it is undone, if at a terminal: one undoes only what it made itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """There is no payment yet: one that comes under this reference will be declined."""

    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunded:
    """A refund, and whether this request made it."""

    refund: Refund
    is_new: bool


def refund(command: RefundPayment, facts: Facts) -> Refunded | Refused:
    """Decide a refund."""
    known = _made_before(command, facts)
    if known is not None:
        return known
    payment = find(
        command.payment, merchant=command.merchant, mode=command.mode, facts=facts, store=command.store
    )
    if isinstance(payment, Refused):
        return payment
    if payment.status not in {PaymentStatus.SUCCEEDED, PaymentStatus.AUTHORIZED} or not payment.captured:
        detail = (
            f"The payment is {payment.status} and nothing of it was captured: there is nothing to refund."
        )
        return Refused(refusal=Refusal.WRONG_STATE, detail=detail, object=PAYMENT_ID.write(payment.id))
    left = payment.captured - payment.refunded
    if command.amount > left:
        detail = f"{command.amount} is more than the {left} that were captured and not refunded."
        return Refused(refusal=Refusal.EXCEEDS_REFUNDABLE, detail=detail, object=PAYMENT_ID.write(payment.id))
    destination = _destination(payment, command.amount, facts)
    back = _give_back(payment, command.amount, facts, refund=command.id)
    if back is None:
        detail = "What is owed to you and not settled does not cover the refund."
        return Refused(
            refusal=Refusal.MERCHANT_LACKS_FUNDS, detail=detail, object=PAYMENT_ID.write(payment.id)
        )

    # From here it must succeed.
    made = Refund(
        id=command.id,
        payment=payment.id,
        merchant=payment.merchant,
        mode=payment.mode,
        amount=Money(command.amount, payment.amount.currency),
        fee_back=back,
        request=command.request,
        reason=command.reason,
        created_at=facts.book.now,
        status=RefundStatus.PENDING if destination is Destination.CARD else RefundStatus.SUCCEEDED,
        destination=destination,
    )
    facts.know_refunds([made])
    facts.new_refunds.append(made)
    facts.moved(MoveKind.REFUND, payment, amount=command.amount, terminal=command.terminal, refund=made.id)
    facts.change(payment, news="payment.refunded")
    return Refunded(refund=made, is_new=True)


def reverse(command: ReversePayment, facts: Facts) -> Payment | Marked | Refused:
    """Decide a reversal. Any number of them have the effect of one."""
    if command.payment is not None:
        found = find(
            command.payment, merchant=command.merchant, mode=command.mode, facts=facts, store=command.store
        )
        if isinstance(found, Refused):
            return found
    else:
        name = command.merchant, command.mode, command.reference
        known = facts.payments_by_name.get(name)
        if known is None:
            if name not in facts.marks:
                facts.marks.add(name)
                facts.new_marks.append(name)
            return Marked(reference=command.reference)
        if command.store not in {None, known.store}:
            return Refused(refusal=Refusal.PAYMENT_NOT_FOUND, detail="There is no such payment.")
        found = known
    # What others have sold a terminal refunds, within its limit.
    if command.terminal not in {None, found.terminal}:
        return Refused(refusal=Refusal.PAYMENT_NOT_FOUND, detail="There is no such payment.")
    if not found.may(Happening.REVERSE):
        return found
    if facts.book.now > found.created_at + REVERSIBLE_NS:
        detail = "The payment is more than seven days old: refund it."
        return Refused(refusal=Refusal.TOO_LATE_TO_REVERSE, detail=detail, object=PAYMENT_ID.write(found.id))
    return _undo(found, facts, terminal=command.terminal)


def _undo(payment: Payment, facts: Facts, *, terminal: TerminalId | None) -> Payment | Refused:
    left = payment.captured - payment.refunded
    if left and _give_back(payment, left, facts, refund=None) is None:
        detail = "What is owed to you and not settled does not cover the reversal: refund it later."
        return Refused(
            refusal=Refusal.MERCHANT_LACKS_FUNDS, detail=detail, object=PAYMENT_ID.write(payment.id)
        )
    facts.moved(MoveKind.REVERSAL, payment, amount=left, terminal=terminal)
    release(payment, facts)
    let_go(payment, facts)
    uncount(payment, amount=payment.captured, whole=True, facts=facts)
    free(payment, facts)
    payment.due_at = 0
    payment.happen(Happening.REVERSE)
    facts.change(payment, news="payment.reversed")
    return payment


def _give_back(payment: Payment, amount: int, facts: Facts, *, refund: RefundId | None) -> int | None:
    """Move money back to where it came from; what of the fee went with it, or None if the merchant lacks it.

    To a card it is on its way, for a refund if one is named.
    """
    currency = payment.amount.currency
    back = fee_back(
        payment.quote, refunded_before=Money(payment.refunded, currency), part=Money(amount, currency)
    ).minor
    to_card = _destination(payment, amount, facts) is Destination.CARD
    recipe = postings.refunded_to_card if to_card else postings.refunded
    transfers = recipe(payment, amount=amount, fee_back=back, ids=facts.book.new_id, date=facts.today)
    if facts.post(transfers) is not CreateTransferStatus.created:
        return None
    if payment.card is not None:
        draw = _draw_of(payment, facts)
        if to_card:
            facts.funding.give_back(draw, amount=Money(amount, currency), refund=refund)
        else:
            facts.funding.recover_from_refund(draw, came=Money(amount, currency))
    payment.refunded += amount
    payment.fee -= back
    return back


def _destination(payment: Payment, amount: int, facts: Facts) -> Destination:
    """Where money of a payment goes back to: to the card, but for what its bank has taken back itself."""
    if payment.card is None or not payment.captured or amount > _draw_of(payment, facts).returnable:
        return Destination.BALANCE
    return Destination.CARD


def _draw_of(payment: Payment, facts: Facts) -> Draw:
    draw = facts.funding.taken(payment.id)
    assert draw is not None, f"no draw of {payment}"
    return draw


def _made_before(command: RefundPayment, facts: Facts) -> Refunded | Refused | None:
    """What was made under the same key or reference, or why that stands in the way."""
    request = command.request
    known = facts.refunds_by_key.get(request.key_hash) if request.key_hash else None
    if known is not None and known.request.body_hash != request.body_hash:
        detail = "The idempotency key was used with another body."
        return Refused(refusal=Refusal.KEY_REUSED, detail=detail, object=REFUND_ID.write(known.id))
    known = known or facts.refunds_by_name.get((command.merchant, command.mode, request.reference))
    if known is None:
        return None
    if known.request.body_hash != request.body_hash:
        detail = "The reference names another refund of yours, with another body."
        return Refused(refusal=Refusal.REFERENCE_USED, detail=detail, object=REFUND_ID.write(known.id))
    return Refunded(refund=known, is_new=False)
