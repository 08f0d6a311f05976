"""Paying with a payment code: at once, or when the customer agrees on the phone."""

from dataclasses import dataclass
from typing import Final

from milletpay.customers import CustomerId
from milletpay.ledger.chart import Mode
from milletpay.limits import Limit, Measure, Span, limits_in_force
from milletpay.money import Money
from milletpay.payments.attempts import CreatePayment, Made, begin, fail, finish, is_marked, take_money
from milletpay.payments.facts import Facts
from milletpay.payments.model import PAYMENT_ID, Decline, Payment, PaymentId, Refusal, Refused
from milletpay.payments.presented import Presented
from milletpay.payments.presenters import Presenters
from milletpay.payments.states import Happening, PaymentStatus
from milletpay.plumbing.clock import SECOND

ASKED_NS: Final = 120 * SECOND
"""How long a customer is asked. A till gives up after forty-five seconds and reverses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclinePayment:
    """A customer who is asked on the phone says no."""

    payment: PaymentId
    customer: CustomerId
    mode: Mode


def create_by_code(command: CreatePayment, facts: Facts, presenters: Presenters) -> Made | Refused:
    """Decide a new payment whose payer has shown a code."""
    payment = begin(command, facts)
    if not isinstance(payment, Payment):
        return payment
    if is_marked(payment, facts):
        fail(payment, Decline.REVERSED, facts)
        return finish(payment, facts)
    recognized = presenters.recognize(command)
    if recognized is None:
        fail(payment, Decline.PAYMENT_CODE_INVALID, facts)
        return finish(payment, facts)
    presenters.use(recognized, payment=payment.id)
    payment.customer = recognized.presenter.customer
    payment.device = recognized.presenter.device
    if _goes_unasked(payment, facts, presenters):
        _take_unasked(payment, facts)
    elif command.scanned_at:
        # The customer has gone long ago: whoever sold without a network has taken that on.
        fail(payment, Decline.EXCEEDS_LIMIT, facts)
    else:
        _ask(payment, facts)
    return finish(payment, facts)


def _goes_unasked(payment: Payment, facts: Facts, presenters: Presenters) -> bool:
    """Count it as one that the customer is not asked about, if house and customer allow that."""
    assert payment.customer is not None
    customer = facts.customers.customer(payment.customer)
    assert customer is not None, "its code was recognized"
    currency = payment.amount.currency
    limits = limits_in_force(
        facts.today, measure=Measure.WITHOUT_PIN, verification=customer.verification, currency=currency
    )
    rule = presenters.rule_of(customer.id)
    if rule is not None:
        own = (
            Limit(span=Span.EACH, amount=Money(rule.each, currency)),
            Limit(span=Span.DAY, count=rule.per_day),
        )
        limits = (*limits, *own)
    exceeded = facts.limits.take(
        customer.id, measure=Measure.WITHOUT_PIN, limits=limits, amount=payment.amount, day=facts.today
    )
    return exceeded is None


def _take_unasked(payment: Payment, facts: Facts) -> None:
    """Pay at once, or fail: the code is used."""
    assert payment.customer is not None
    payment.presented = Presented.UNASKED
    decline = take_money(payment, facts)
    if decline is not None:
        facts.limits.give_back(
            payment.customer, measure=Measure.WITHOUT_PIN, amount=payment.amount, day=facts.today
        )
        fail(payment, decline, facts)


def _ask(payment: Payment, facts: Facts) -> None:
    """Wait for the customer, and for nobody else."""
    payment.presented = Presented.ASKED
    asked_until = facts.book.now + ASKED_NS
    payment.due_at = min(asked_until, payment.expires_at or asked_until)
    payment.happen(Happening.ASK)
    facts.change(payment, news="payment.processing")


def decline_payment(command: DeclinePayment, facts: Facts) -> Payment | Refused:
    """Decide a no. Saying it again changes nothing."""
    payment = facts.payments.get(command.payment)
    if (
        payment is None
        or payment.mode is not command.mode
        or payment.presented is not Presented.ASKED
        or payment.customer != command.customer
    ):
        return Refused(refusal=Refusal.PAYMENT_NOT_FOUND, detail="There is no such payment.")
    if payment.status is PaymentStatus.FAILED and payment.decline is Decline.DECLINED_BY_CUSTOMER:
        return payment
    if not payment.asks(command.customer):
        detail = f"The payment is {payment.status}: it cannot be declined."
        return Refused(refusal=Refusal.WRONG_STATE, detail=detail, object=PAYMENT_ID.write(payment.id))
    fail(payment, Decline.DECLINED_BY_CUSTOMER, facts)
    return payment
