"""What a television or box may ask for: its customer's allowance, counted with the device as the subject.

A phone that shows codes is its customer's own hand: nothing is counted for it.
"""

from milletpay.customers import Allowance, Device, DeviceId, DeviceKind
from milletpay.ledger.chart import Mode
from milletpay.limits import Limit, Measure, Span
from milletpay.merchants import Merchant
from milletpay.money import Money
from milletpay.payments.facts import Facts
from milletpay.payments.model import Decline, Payment, Refusal, Refused


def asking(id: DeviceId | None, facts: Facts) -> Device | None:
    """The television or box that asked for a payment, if one did."""
    device = None if id is None else facts.devices.device(id)
    return None if device is None or device.kind is DeviceKind.PHONE else device


def may_not_ask(
    id: DeviceId, *, mode: Mode, merchant: Merchant, amount: Money, facts: Facts
) -> Refused | None:
    """Why a device may not ask for this now, or nothing."""
    device = asking(id, facts)
    if device is None or device.mode is not mode or not device.is_active:
        return Refused(refusal=Refusal.DEVICE_NOT_FOUND, detail="There is no such device in use.")
    allowance = device.allowance
    objection = allowance.objection(category=merchant.category, now=facts.book.now)
    exceeded = facts.limits.check(
        device.id,
        measure=Measure.PAYMENTS,
        limits=_counted(allowance, amount),
        amount=amount,
        day=facts.today,
    )
    if objection is None and exceeded is None:
        return None
    why = f"of its {objection}" if objection is not None else "it would be more than is allowed on it"
    return Refused(refusal=Refusal.NOT_ALLOWED_ON_DEVICE, detail=f"Not on this device, because {why}.")


def forbidden(payment: Payment, facts: Facts) -> Decline | None:
    """Why what a device asked for cannot be paid any more, whoever pays; or nothing. Counts nothing."""
    device = asking(payment.device, facts)
    if device is None:
        return None
    if not device.is_active:
        return Decline.DEVICE_NOT_ACTIVE
    merchant = facts.merchants.merchant(payment.merchant)
    assert merchant is not None, "a payment has its merchant"
    if device.allowance.objection(category=merchant.category, now=facts.book.now) is not None:
        return Decline.NOT_ALLOWED_ON_DEVICE
    return None


def count(payment: Payment, facts: Facts) -> Decline | None:
    """Count a payment for the device that asked for it, or say that it would be too much."""
    device = asking(payment.device, facts)
    if device is None:
        return None
    exceeded = facts.limits.take(
        device.id,
        measure=Measure.PAYMENTS,
        limits=_counted(device.allowance, payment.amount),
        amount=payment.amount,
        day=facts.today,
    )
    return None if exceeded is None else Decline.EXCEEDS_DEVICE_LIMIT


def _counted(allowance: Allowance, amount: Money) -> tuple[Limit, ...]:
    """The limits that hold for an amount; where they are in another currency, nothing is allowed."""
    limits = allowance.limits
    if any(limit.amount is not None and limit.amount.currency is not amount.currency for limit in limits):
        return (Limit(span=Span.EACH, count=0),)
    return limits
