"""Orders: a device asks for an offer, and there is one payment of it for as long as it can be paid.

The order has no state of its own: the payment is the truth. Its reference follows from the device, the offer,
and the payment of the two that came before, so that a television that asks twice, or wakes and asks again,
is given the same payment; one that has ended is followed by a new one.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import msgspec

from milletpay.customers import Device
from milletpay.entitlements.model import OFFER_ID, Offer, OfferId, OfferRefusal, OfferRefused
from milletpay.entitlements.queries import find_offer
from milletpay.merchants import Names
from milletpay.payments import (
    CreatePayment,
    Made,
    Payment,
    PaymentId,
    PaymentStatus,
    Refused,
    Request,
    payments_of_device,
)
from milletpay.plumbing.clock import SECOND, Clock
from milletpay.plumbing.database import Database
from milletpay.plumbing.ids import IdSource, NotAnId

TO_PAY_NS: Final = 15 * 60 * SECOND
"""So long an order can be paid."""

OFFER: Final = "offer"
"""Under which name a payment's metadata tells what it buys."""

APART: Final = " · "
"""Between the names of an offer, where the payment that buys it is described."""

UNPAID: Final = {PaymentStatus.AWAITING_PAYMENT, PaymentStatus.PROCESSING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Makes the payments that devices ask for."""

    database: Database
    submit: Callable[[CreatePayment], Awaitable[Any]]
    """To the desk."""
    ids: IdSource
    clock: Clock

    async def place(self, *, device: Device, offer: OfferId) -> Payment | OfferRefused | Refused:
        """The payment by which a device buys an offer: the one that can be paid, or a new one."""
        command = await self.ordering(device=device, offer=offer)
        return command if isinstance(command, OfferRefused) else ordered(await self.submit(command))

    async def ordering(self, *, device: Device, offer: OfferId) -> CreatePayment | OfferRefused:
        """The command that `place` gives the desk: it makes the payment, or finds the one to be paid."""
        metadata = metadata_of(offer)
        async with self.database.connection() as connection:
            found = await find_offer(connection, id=offer)
            latest = await payments_of_device(connection, device=device.id, metadata=metadata, most=1)
        if found is None or found.mode is not device.mode:
            return OfferRefused(refusal=OfferRefusal.NOT_FOUND, detail="There is no such offer.")
        now = self.clock.now_ns()
        # What another merchant sells under this name is not this offer's payment.
        standing = [one for one in latest if one.merchant == found.merchant and one.status in UNPAID]
        if standing and now < standing[0].expires_at:
            request = standing[0].request
        elif found.retired_at:
            return OfferRefused(refusal=OfferRefusal.RETIRED, detail="It is sold no longer.")
        else:
            request = _request(device, found, after=latest[0].id if latest else PaymentId(0))
        return CreatePayment(
            id=PaymentId(self.ids.next()),
            merchant=found.merchant,
            mode=found.mode,
            amount=found.amount,
            request=request,
            device=device.id,
            expires_at=now + TO_PAY_NS,
            description=APART.join((found.names.zh, found.names.en)),
            metadata=metadata,
        )


def ordered(answer: Made | Refused) -> Payment | Refused:
    """What the desk has answered to an order: the payment as it stands."""
    return answer.payment if isinstance(answer, Made) else answer


def ordered_names(description: str) -> Names | None:
    """Both names of what a device ordered, as its payment is described; None for what others describe."""
    zh, apart, en = description.partition(APART)
    return Names(en=en, zh=zh) if apart and not zh.isascii() and en.isascii() else None


def metadata_of(offer: OfferId) -> str:
    """The metadata of a payment that buys an offer."""
    return msgspec.json.encode({OFFER: OFFER_ID.write(offer)}).decode()


def offer_named(payment: Payment) -> OfferId | None:
    """The offer that a payment's metadata names, if it does."""
    if OFFER not in payment.metadata:
        return None
    named = msgspec.json.decode(payment.metadata, type=dict[str, str]).get(OFFER, "")
    try:
        return OFFER_ID.read(named)
    except NotAnId:
        return None


def is_order_of(payment: Payment, *, device: Device) -> bool:
    """Whether a device asked for a payment: it is told of no other."""
    return (payment.device, payment.mode) == (device.id, device.mode)


def _request(device: Device, offer: Offer, *, after: PaymentId) -> Request:
    named = b"".join(part.to_bytes(16) for part in (device.id, offer.id, after))
    digest = sha256(b"order of a device\0" + named).digest()
    body_hash, reference = int.from_bytes(digest[16:]), f"device-{digest[:16].hex()}"
    return Request(key_hash=0, body_hash=body_hash, reference=reference)
