"""Granting: the consumer of the outbox that grants what was bought and takes back what was given back.

It asks how a payment stands instead of believing the news, so that news that comes late, twice or together
have the effect of the last. It writes in the transaction that advances the outbox.
"""

from collections.abc import Sequence
from typing import Final

from milletpay.customers import DeviceKind, find_device
from milletpay.entitlements.model import DAY_NS, Entitlement, entitlement_id, entitles
from milletpay.entitlements.orders import offer_named
from milletpay.entitlements.queries import find_entitlements, find_offer
from milletpay.ledger.chart import Mode
from milletpay.payments import Payment, PaymentId, find_payments
from milletpay.plumbing.clock import Clock
from milletpay.plumbing.database import Connection
from milletpay.plumbing.outbox import Delivered, Event, append
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.entitlements")

GRANTING: Final = "entitlements"
"""The consumer of the outbox."""

NEWS: Final = frozenset({"payment.succeeded", "payment.refunded", "payment.reversed"})


class Granting:
    """Hears what became of payments; `hear` is the handler of a relay."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    async def hear(self, connection: Connection, /, *, events: Sequence[Delivered]) -> None:
        """Grant and take back, each once."""
        ids = {PaymentId(event.object) for event in events if event.kind in NEWS}
        if not ids:
            return
        payments = [
            payment
            for payment in await find_payments(connection, ids=ids)
            if offer_named(payment) is not None
        ]
        known = {
            found.id: found
            for found in await find_entitlements(
                connection, ids=[entitlement_id(payment.id) for payment in payments]
            )
        }
        now = self._clock.now_ns()
        granted: list[Entitlement] = []
        revoked: list[Entitlement] = []
        for payment in {payment.id: payment for payment in payments}.values():
            standing = known.get(entitlement_id(payment.id))
            if standing is None and entitles(payment):
                made = await _made(connection, payment, now=now)
                granted += [made] if made is not None else []
            elif standing is not None and not standing.revoked_at and not entitles(payment):
                revoked.append(standing)
        await _write(connection, granted=granted, revoked=revoked, now=now)


async def _made(connection: Connection, payment: Payment, *, now: int) -> Entitlement | None:
    """What a payment has bought; nothing when it names what its merchant does not offer."""
    named = offer_named(payment)
    offer = None if named is None else await find_offer(connection, id=named)
    if offer is None or (offer.merchant, offer.mode) != (payment.merchant, payment.mode):
        return None
    device = None if payment.device is None else await find_device(connection, id=payment.device)
    if device is not None and device.kind is DeviceKind.PHONE:
        device = None
    customer = payment.customer if device is None else device.customer
    assert customer is not None, "what is paid has its payer"
    return Entitlement(
        id=entitlement_id(payment.id),
        payment=payment.id,
        offer=offer.id,
        merchant=offer.merchant,
        mode=offer.mode,
        customer=customer,
        device=None if device is None else device.id,
        content=offer.content,
        granted_at=now,
        ends_at=0 if offer.days is None else now + offer.days * DAY_NS,
    )


async def _write(
    connection: Connection, *, granted: Sequence[Entitlement], revoked: Sequence[Entitlement], now: int
) -> None:
    if granted:
        await connection.execute(
            SQL["add_entitlements"],
            [e.id for e in granted],
            [e.payment for e in granted],
            [e.offer for e in granted],
            [e.merchant for e in granted],
            [e.mode is Mode.LIVE for e in granted],
            [e.customer for e in granted],
            [e.device for e in granted],
            [e.content for e in granted],
            [e.granted_at for e in granted],
            [e.ends_at for e in granted],
        )
    if revoked:
        await connection.execute(SQL["revoke_entitlements"], [e.id for e in revoked], now)
    news = [Event(kind="entitlement.granted", object=e.id, sequence=1, at=now) for e in granted]
    news += [Event(kind="entitlement.revoked", object=e.id, sequence=2, at=now) for e in revoked]
    if news:
        await append(connection, events=news)
