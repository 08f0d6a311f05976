"""Paying at a code plate: the customer types the amount, and one command makes the payment and pays it."""

from dataclasses import dataclass
from typing import Final

from milletpay.customers import Customer, CustomerId
from milletpay.funding import ONLY_BALANCE, Order, Source, SourceKind
from milletpay.ledger.chart import Mode
from milletpay.limits import Measure, limits_in_force
from milletpay.merchants import PLATE_ID, MerchantId, Plate, PlateId
from milletpay.money import Money
from milletpay.payments.attempts import CreatePayment, Made, chosen, draft, fail, made_before, take_money
from milletpay.payments.facts import Facts
from milletpay.payments.model import Decline, Payment, PaymentId, Refusal, Refused, Request
from milletpay.payments.unusual import Scanned, flags_of, policy_on

STATIC: Final = {
    SourceKind.BALANCE: Measure.STATIC_FROM_BALANCE,
    SourceKind.CARD: Measure.STATIC_FROM_CARDS,
}
"""The rule counts balances by themselves, and cards by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayPlate:
    """A customer pays at a plate; that it is the customer was proved before.

    The reference and the hash of the body in `request` are ours: a page sent again is the same request.
    """

    id: PaymentId
    plate: PlateId
    merchant: MerchantId
    """The plate's, as it was read with it."""
    customer: CustomerId
    mode: Mode
    amount: Money
    request: Request
    sources: Order = ONLY_BALANCE
    """From what the customer pays, the first first."""


def pay_plate(command: PayPlate, facts: Facts) -> Made | Refused:
    """Decide a payment at a plate. Declined, it is kept as failed, and the customer scans again."""
    plate = facts.plates.plate(command.plate)
    if plate is None or (plate.merchant, plate.mode) != (command.merchant, command.mode):
        return Refused(refusal=Refusal.PLATE_NOT_FOUND, detail="There is no such code plate.")
    asked = _asked(command, plate)
    known = made_before(asked, facts)
    if known is not None:
        return known
    if not plate.is_active:
        detail = "The shop has taken this code plate out of use. Ask for another."
        return Refused(refusal=Refusal.PLATE_REVOKED, detail=detail, object=PLATE_ID.write(plate.id))
    payment = draft(asked, facts)
    if isinstance(payment, Refused):
        return payment
    payment.plate = plate.id
    payment.customer = command.customer
    decline = _take(payment, plate, command.sources, facts)
    if decline is not None:
        payment.person = None
        fail(payment, decline, facts)
    payment.first_status = payment.status
    facts.add(payment)
    if payment.captured:
        facts.tell_flags(payment)
    return Made(payment=payment, is_new=True)


def _asked(command: PayPlate, plate: Plate) -> CreatePayment:
    """The payment that the shop would have asked for, had it a till."""
    return CreatePayment(
        id=command.id,
        merchant=command.merchant,
        mode=command.mode,
        amount=command.amount,
        request=command.request,
        store=plate.store,
        terminal=plate.terminal,
    )


def _take(payment: Payment, plate: Plate, sources: Order, facts: Facts) -> Decline | None:
    """Take the money within what a person may pay by static codes, or say why not; nothing changes then."""
    assert payment.customer is not None
    customer = facts.customers.customer(payment.customer)
    if customer is None or customer.mode is not payment.mode or not customer.is_active:
        return Decline.CUSTOMER_NOT_ACTIVE
    day = facts.today
    source = _within_limits(payment, customer, sources, facts)
    if isinstance(source, Decline):
        return source
    measure = STATIC[source.kind]
    exceeded = facts.limits.take(customer.person, measure=measure, limits=(), amount=payment.amount, day=day)
    assert exceeded is None, "it was within the limits a moment ago"
    payment.person = customer.person
    scanned = Scanned(
        plate=plate.id,
        store=plate.store,
        customer=customer.id,
        amount=payment.amount.minor,
        at=facts.book.now,
    )
    at_plate = facts.paid_at.setdefault(plate.id, [])
    payment.flags = flags_of(
        scanned,
        at_plate=at_plate,
        by_customer=facts.paid_by.get(customer.id),
        policy=policy_on(day),
    )
    decline = take_money(payment, facts, sources=(source,))
    if decline is not None:
        facts.limits.give_back(customer.person, measure=measure, amount=payment.amount, day=day)
        payment.flags = ()
        return decline
    at_plate.insert(0, scanned)
    facts.paid_by[customer.id] = scanned
    return None


def _within_limits(payment: Payment, customer: Customer, sources: Order, facts: Facts) -> Source | Decline:
    """The first source that can pay and by which the person may still pay at plates today, or why none."""
    is_exceeded = False
    for source in sources:
        if isinstance(chosen(payment, facts, sources=(source,)), Decline):
            continue
        measure = STATIC[source.kind]
        limits = limits_in_force(
            facts.today,
            measure=measure,
            verification=customer.verification,
            currency=payment.amount.currency,
        )
        if not facts.limits.check(
            customer.person, measure=measure, limits=limits, amount=payment.amount, day=facts.today
        ):
            return source
        is_exceeded = True
    if is_exceeded:
        return Decline.EXCEEDS_STATIC_LIMIT
    why = chosen(payment, facts, sources=sources)
    assert isinstance(why, Decline), "no source can pay alone"
    return why
