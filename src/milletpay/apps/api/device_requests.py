"""What the handlers of devices share: which device asks, and how devices and orders are shown."""

from typing import Final

from milletpay.apps.api.backing import Api
from milletpay.apps.api.device_bodies import AllowanceShape, DeviceShape, OrderShape
from milletpay.apps.http.request import Request
from milletpay.apps.http.who import not_valid
from milletpay.codes import Links
from milletpay.customers import DEVICE_ID, Device, DeviceId, find_device
from milletpay.entitlements import OFFER_ID, offer_named
from milletpay.ledger.chart import Mode
from milletpay.merchants import MERCHANT_ID
from milletpay.payments import PAYMENT_ID, Payment, PaymentStatus
from milletpay.plumbing.dates import rfc3339

DEVICE: Final = frozenset({"device_session"})
"""The credential of a television or box."""


async def device_asking(api: Api, request: Request) -> Device:
    """The device that asks. One that was retired is refused at once, whatever is remembered of it."""
    async with api.database.connection() as connection:
        found = await find_device(connection, id=DeviceId(request.principal.owner))
    if found is None or not found.is_active:
        raise not_valid("The device was retired.")
    return found


def show_device(device: Device) -> DeviceShape:
    """A device as it stands."""
    allowance = device.allowance
    bound = allowance.each or allowance.day
    return DeviceShape(
        id=DEVICE_ID.write(device.id),
        created_at=rfc3339(device.created_at),
        livemode=device.mode is Mode.LIVE,
        kind=device.kind.name.lower(),  # type: ignore[arg-type]  # its name
        name=device.name,
        status="active" if device.is_active else "retired",
        allowance=AllowanceShape(
            each=None if allowance.each is None else allowance.each.minor,
            day=None if allowance.day is None else allowance.day.minor,
            currency="CNY" if bound is None else bound.currency.code,
            categories=sorted(allowance.categories),
            from_hour=allowance.from_hour,
            to_hour=allowance.to_hour,
        ),
    )


def show_order(payment: Payment, *, links: Links) -> OrderShape:
    """A payment as the device is told of it."""
    awaits = payment.status is PaymentStatus.AWAITING_PAYMENT
    link = links.payment(payment.id) if awaits else None
    offer = offer_named(payment)
    return OrderShape(
        id=PAYMENT_ID.write(payment.id),
        created_at=rfc3339(payment.created_at),
        livemode=payment.mode is Mode.LIVE,
        status=payment.status,
        amount=payment.amount.minor,
        amount_refunded=payment.refunded,
        currency=payment.amount.currency.code,
        merchant=MERCHANT_ID.write(payment.merchant),
        offer=None if offer is None else OFFER_ID.write(offer),
        description=payment.description or None,
        checkout_url=link,
        qr=link,
        expires_at=rfc3339(payment.expires_at) if payment.expires_at else None,
        version=payment.events,
    )
