"""What follows an authorization, and the end of what nobody paid: capture, cancel, expiry."""

from dataclasses import dataclass

from milletpay.fees import fee_of_part
from milletpay.ledger import CreateTransferStatus
from milletpay.ledger.chart import Mode
from milletpay.merchants import MerchantId, StoreId
from milletpay.money import Money
from milletpay.payments import postings
from milletpay.payments.announcements import free
from milletpay.payments.cards import let_go
from milletpay.payments.counting import uncount
from milletpay.payments.facts import Facts
from milletpay.payments.model import PAYMENT_ID, Payment, PaymentId, Refusal, Refused
from milletpay.payments.moves import MoveKind
from milletpay.payments.states import Happening, PaymentStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturePayment:
    """Take a part of what is authorized; None for all that is left. The final one releases the rest."""

    payment: PaymentId
    merchant: MerchantId
    mode: Mode
    amount: int | None
    final: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelPayment:
    """End a payment: before it is paid, or what is authorized and not captured."""

    payment: PaymentId
    merchant: MerchantId
    mode: Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpirePayment:
    """End a payment whose time is over. Where it is not, nothing happens."""

    payment: PaymentId


def find(
    payment: PaymentId, *, merchant: MerchantId, mode: Mode, facts: Facts, store: StoreId | None = None
) -> Payment | Refused:
    """The merchant's payment of this id, of this store if one is named."""
    found = facts.payments.get(payment)
    if found is None or (found.merchant, found.mode) != (merchant, mode) or store not in {None, found.store}:
        return Refused(refusal=Refusal.PAYMENT_NOT_FOUND, detail="There is no such payment.")
    return found


def capture(command: CapturePayment, facts: Facts) -> Payment | Refused:
    """Decide a capture."""
    payment = find(command.payment, merchant=command.merchant, mode=command.mode, facts=facts)
    if isinstance(payment, Refused):
        return payment
    if payment.status is not PaymentStatus.AUTHORIZED:
        detail = f"The payment is {payment.status}; only an authorized one is captured."
        return Refused(refusal=Refusal.WRONG_STATE, detail=detail, object=PAYMENT_ID.write(payment.id))
    if payment.due_at <= facts.book.now:
        return Refused(
            refusal=Refusal.EXPIRED,
            detail="The authorization has ended.",
            object=PAYMENT_ID.write(payment.id),
        )
    left = payment.authorized - payment.captured
    amount = left if command.amount is None else command.amount
    if amount > left:
        detail = f"{amount} is more than the {left} that are authorized and not captured."
        return Refused(refusal=Refusal.EXCEEDS_AUTHORIZED, detail=detail, object=PAYMENT_ID.write(payment.id))

    # From here it must succeed: the money is held.
    currency = payment.amount.currency
    fee = fee_of_part(
        payment.quote, captured_before=Money(payment.captured, currency), part=Money(amount, currency)
    )
    transfers = postings.captured(
        payment, amount=amount, fee=fee.minor, ids=facts.book.new_id, date=facts.today
    )
    assert facts.post(transfers) is CreateTransferStatus.created
    payment.captured += amount
    payment.fee += fee.minor
    facts.moved(MoveKind.SALE, payment, amount=amount, terminal=payment.terminal)
    if command.final or payment.captured == payment.authorized:
        release(payment, facts)
        payment.due_at = 0
        payment.happen(Happening.COMPLETE)
        facts.change(payment, news="payment.succeeded")
    else:
        facts.change(payment, news="payment.captured")
    return payment


def cancel(command: CancelPayment, facts: Facts) -> Payment | Refused:
    """Decide the end of a payment by its merchant. Ending it again changes nothing."""
    payment = find(command.payment, merchant=command.merchant, mode=command.mode, facts=facts)
    if isinstance(payment, Refused) or payment.status is PaymentStatus.CANCELED:
        return payment
    if not payment.may(Happening.CANCEL):
        detail = f"The payment is {payment.status}: it cannot be canceled."
        return Refused(refusal=Refusal.WRONG_STATE, detail=detail, object=PAYMENT_ID.write(payment.id))
    end(payment, Happening.CANCEL, facts, news="payment.canceled")
    return payment


def expire(command: ExpirePayment, facts: Facts) -> Payment | None:
    """Decide the end of a payment by time: with its hold, in one command."""
    payment = facts.payments.get(command.payment)
    if payment is None or not payment.may(Happening.EXPIRE):
        return None
    if not payment.due_at or payment.due_at > facts.book.now:
        return None
    end(payment, Happening.EXPIRE, facts, news="payment.expired")
    return payment


def end(payment: Payment, happening: Happening, facts: Facts, *, news: str) -> None:
    """End a payment that is not captured whole: release what is held. A part that was captured is kept."""
    release(payment, facts)
    let_go(payment, facts)
    payment.due_at = 0
    if payment.captured and happening is not Happening.REVERSE:
        payment.happen(Happening.COMPLETE)
        facts.change(payment, news="payment.succeeded")
    else:
        free(payment, facts)
        payment.happen(happening)
        facts.change(payment, news=news)


def release(payment: Payment, facts: Facts) -> None:
    """Give back to the customer what is held and not captured, and to the limits of the day it counts on."""
    rest = payment.authorized - payment.captured
    if payment.status is not PaymentStatus.AUTHORIZED or not rest:
        return
    transfers = postings.released(payment, amount=rest, ids=facts.book.new_id, date=facts.today)
    assert facts.post(transfers) is CreateTransferStatus.created
    payment.authorized = payment.captured
    uncount(payment, amount=rest, whole=not payment.captured, facts=facts)
