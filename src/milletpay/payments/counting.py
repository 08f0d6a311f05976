"""What a payment counts towards limits, given back to the day that counted it."""

from milletpay.limits import Measure
from milletpay.money import Money
from milletpay.payments.device_rules import asking
from milletpay.payments.facts import Facts
from milletpay.payments.model import NO_DAY, Payment
from milletpay.payments.presented import Presented


def counted(payment: Payment, *, device: int | None) -> tuple[tuple[int | None, Measure], ...]:
    """Of whom it counts towards limits, and as what; a phone that shows codes is not counted by itself."""
    static = Measure.STATIC_FROM_BALANCE if payment.card is None else Measure.STATIC_FROM_CARDS
    unasked = payment.customer if payment.presented is Presented.UNASKED else None
    return (
        (payment.customer, Measure.PAYMENTS),
        (payment.agreement, Measure.PAYMENTS),
        (device, Measure.PAYMENTS),
        (payment.person, static),
        (unasked, Measure.WITHOUT_PIN),
    )


def uncount(payment: Payment, *, amount: int, whole: bool, facts: Facts) -> None:
    """Count an amount no longer towards limits; `whole` if nothing of the payment is left."""
    if not payment.counted_on or not amount:
        return
    device = asking(payment.device, facts)
    for subject, measure in counted(payment, device=None if device is None else device.id):
        if subject is not None:
            facts.limits.give_back(
                subject,
                measure=measure,
                amount=Money(amount, payment.amount.currency),
                day=payment.counted_on,
                count=1 if whole else 0,
            )
    if whole:
        payment.counted_on = NO_DAY
