"""The API of televisions and boxes: how one becomes somebody's, and what it buys and may use."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final

from milletpay.apps.api.backing import Api
from milletpay.apps.api.device_bodies import (
    Claim,
    ClaimShape,
    DevicePairingShape,
    DeviceShape,
    EntitlementList,
    NewOrder,
    NewPairing,
    OfferQuery,
    OrderShape,
)
from milletpay.apps.api.device_requests import DEVICE, device_asking, show_device, show_order
from milletpay.apps.api.requests import nothing, refuse
from milletpay.apps.api.wallet_requests import refuse_secret
from milletpay.apps.http.answers import Answer
from milletpay.apps.http.once import kept_answer, submit_once
from milletpay.apps.http.refusals import Refuse
from milletpay.apps.http.request import Request, read_id
from milletpay.apps.http.routes import Route
from milletpay.apps.http.shapes import ListOf, list_of
from milletpay.apps.http.streams import EventStream, ServerEvent
from milletpay.customers import DEVICE_ID, DeviceId, DeviceKind, DeviceRefusal, find_device
from milletpay.entitlements import (
    OFFER_ID,
    OfferRefusal,
    OfferRefused,
    OfferShape,
    Orders,
    entitlements_of,
    is_order_of,
    offers_of,
    ordered,
    show_entitlement,
    show_offer,
)
from milletpay.identity import (
    PAIRING_ID,
    PairingId,
    SecretRefusal,
    SecretRefused,
    SessionId,
    claim_pairing,
    open_device_session,
)
from milletpay.merchants import MERCHANT_ID
from milletpay.payments import (
    PAYMENT_ID,
    Made,
    Payment,
    PaymentId,
    PaymentStatus,
    Refusal,
    Refused,
    find_payment,
    payments_of_device,
)
from milletpay.plumbing.dates import rfc3339
from milletpay.plumbing.ids import ID_END

TAG: Final = "Devices"
ORDERS_MAX: Final = 20
OVER: Final = {
    PaymentStatus.CANCELED,
    PaymentStatus.EXPIRED,
    PaymentStatus.FAILED,
    PaymentStatus.REVERSED,
}
"""After which a device is told nothing more of a payment."""


class DevicesApi:
    """The handlers."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._orders = Orders(database=api.database, submit=api.desk.submit, ids=api.ids, clock=api.clock)

    async def begin(self, request: Request, *, body: NewPairing) -> DevicePairingShape:
        """Show a code to whoever sits before the screen."""
        now = self._api.clock.now_ns()
        made = await self._api.pairings.begin(
            id=PairingId(request.id),
            kind=DeviceKind[body.kind.upper()].value,
            name=body.name,
            now=now,
        )
        return DevicePairingShape(
            id=PAIRING_ID.write(made.pairing.id),
            created_at=rfc3339(now),
            code=made.code.reveal(),
            pair_url=self._api.links.pairing(made.pairing.id),
            secret=made.secret.reveal(),
            expires_at=rfc3339(made.pairing.expires_at),
        )

    async def claim(self, request: Request, *, pairing: PairingId, body: Claim) -> ClaimShape:
        """Ask whether somebody has confirmed. Each credential ends the one before."""
        api, now = self._api, self._api.clock.now_ns()
        async with api.database.transaction() as connection:
            claimed = await claim_pairing(connection, id=pairing, secret=body.secret, now=now)
            if isinstance(claimed, SecretRefused):
                raise refuse_secret(claimed, param="secret", now=now)
            device = await find_device(connection, id=DeviceId(pairing))
            if device is None:
                return ClaimShape(status="awaiting_customer", device=None, token=None)
            if not device.is_active:
                raise Refuse(DeviceRefusal.RETIRED, "The device was retired: begin anew.")
            opened = await open_device_session(
                connection,
                id=SessionId(request.id),
                pairing=claimed,
                device=device.id,
                mode=device.mode,
                now=now,
                entropy=api.entropy,
            )
        return ClaimShape(status="paired", device=DEVICE_ID.write(device.id), token=opened.token.reveal())

    async def me(self, request: Request) -> DeviceShape:
        """Which device asks, and what may be bought on it."""
        return show_device(await device_asking(self._api, request))

    async def offers(self, request: Request, *, query: OfferQuery) -> ListOf[OfferShape]:
        """What a merchant sells for devices."""
        device = await device_asking(self._api, request)
        async with self._api.database.connection() as connection:
            found = await offers_of(
                connection,
                merchant=read_id(MERCHANT_ID, query.merchant, param="merchant"),
                mode=device.mode,
                most=query.limit + 1,
                before=ID_END if query.after is None else query.after,
            )
        return list_of(found, query=query, place=lambda offer: offer.id, show=show_offer)

    async def order(self, request: Request, *, body: NewOrder) -> Answer:
        """Ask for an offer. Asked again while it can be paid, it is the same payment."""
        device = await device_asking(self._api, request)
        # Before what may have changed since: whether an order can be paid, and whether the offer is sold.
        kept = await kept_answer(self._api.database, request=request)
        if kept is not None:
            return kept
        offer = read_id(OFFER_ID, body.offer, param="offer")
        command = await self._orders.ordering(device=device, offer=offer)
        if isinstance(command, OfferRefused):
            raise Refuse(command.refusal, command.detail, param="offer")
        return await submit_once(self._api.desk, command, request=request, show=self._show_ordered)

    def _show_ordered(self, answer: Made | Refused) -> Answer:
        placed = ordered(answer)
        if isinstance(placed, Refused):
            raise refuse(placed)
        return Answer(status=HTTPStatus.CREATED, content=show_order(placed, links=self._api.links))

    async def orders(self, request: Request) -> ListOf[OrderShape]:
        """What the device has asked for, the newest first: where it goes on after it has slept."""
        device = await device_asking(self._api, request)
        async with self._api.database.connection() as connection:
            found = await payments_of_device(connection, device=device.id, most=ORDERS_MAX)
        shown = [show_order(payment, links=self._api.links) for payment in found]
        return ListOf(data=shown, has_more=False)

    async def find(self, request: Request, *, payment: PaymentId) -> OrderShape:
        """How an order of the device stands."""
        return show_order(await self._payment(request, payment), links=self._api.links)

    async def events(self, request: Request, *, payment: PaymentId) -> EventStream:
        """Tell how it stands, now and whenever that changes; after `Last-Event-ID`, only what is newer."""
        found = await self._payment(request, payment)
        return EventStream(self._follow(found, seen=request.last_version or 0))

    async def entitlements(self, request: Request) -> EntitlementList:
        """What may be used on the device: all that its customer has bought on any."""
        device, now = await device_asking(self._api, request), self._api.clock.now_ns()
        async with self._api.database.connection() as connection:
            found = await entitlements_of(connection, customer=device.customer, mode=device.mode, now=now)
        return EntitlementList(data=[show_entitlement(one) for one in found])

    async def _payment(self, request: Request, id: PaymentId) -> Payment:
        device = await device_asking(self._api, request)
        async with self._api.database.connection() as connection:
            found = await find_payment(connection, id=id)
        if found is None or not is_order_of(found, device=device):
            raise nothing("payment", PAYMENT_ID.write(id))
        return found

    async def _follow(self, payment: Payment, *, seen: int) -> AsyncIterator[ServerEvent]:
        while True:
            if payment.events > seen:
                told = show_order(payment, links=self._api.links)
                yield ServerEvent(kind="payment", data=told, id=str(payment.events))
                seen = payment.events
            if payment.status in OVER:
                return
            await self._api.watch.changed(payment.id, after=seen)
            async with self._api.database.connection() as connection:
                found = await find_payment(connection, id=payment.id)
            assert found is not None, "a payment stays"
            payment = found


def device_routes(api: Api) -> tuple[Route, ...]:
    """The calls of the chapter."""
    handlers = DevicesApi(api)
    return (*_pairing(handlers), *_buying(handlers), *_following(handlers))


def _pairing(handlers: DevicesApi) -> tuple[Route, ...]:
    return (
        Route(
            method="POST",
            path="/v1/device/pairings",
            handler=handlers.begin,
            summary="Begin a pairing",
            description="Show `code` and a QR code of `pair_url` for ten minutes, and ask for the claim. When"
            " the answer is lost, begin anew: a code that nobody shows becomes nobody's. It needs no"
            " `Idempotency-Key`.",
            answers={201: DevicePairingShape},
            body=NewPairing,
            tag=TAG,
        ),
        Route(
            method="POST",
            path="/v1/device/pairings/{pairing}/claim",
            handler=handlers.claim,
            summary="Fetch the device's credential",
            description="Every few seconds until somebody has confirmed. Each credential is shown once: when"
            " the answer is lost, ask again, up to half an hour after the beginning; that gives another one,"
            " and ends the one before. It needs no `Idempotency-Key`.",
            answers={200: ClaimShape},
            ids={"pairing": PAIRING_ID},
            body=Claim,
            refuses=(SecretRefusal, DeviceRefusal.RETIRED),
            tag=TAG,
        ),
        Route(
            method="GET",
            path="/v1/device",
            handler=handlers.me,
            summary="Which device you are",
            answers={200: DeviceShape},
            who=DEVICE,
            tag=TAG,
        ),
    )


def _buying(handlers: DevicesApi) -> tuple[Route, ...]:
    return (
        Route(
            method="GET",
            path="/v1/device/offers",
            handler=handlers.offers,
            summary="What a merchant sells",
            answers={200: ListOf[OfferShape]},
            who=DEVICE,
            query=OfferQuery,
            tag=TAG,
        ),
        Route(
            method="POST",
            path="/v1/device/payments",
            handler=handlers.order,
            summary="Order an offer",
            description="The customer pays it on the phone: by the code, or by the request in the wallet.",
            answers={201: OrderShape},
            who=DEVICE,
            body=NewOrder,
            idempotent=True,
            refuses=(
                OfferRefusal,
                Refusal.KEY_REUSED,
                Refusal.REFERENCE_USED,
                Refusal.EXPIRES_IN_THE_PAST,
                Refusal.MERCHANT_NOT_ACTIVE,
                Refusal.NO_CONTRACT,
                Refusal.DEVICE_NOT_FOUND,
                Refusal.NOT_ALLOWED_ON_DEVICE,
            ),
            tag=TAG,
        ),
        Route(
            method="GET",
            path="/v1/device/payments",
            handler=handlers.orders,
            summary="List the device's orders",
            answers={200: ListOf[OrderShape]},
            who=DEVICE,
            tag=TAG,
        ),
    )


def _following(handlers: DevicesApi) -> tuple[Route, ...]:
    return (
        Route(
            method="GET",
            path="/v1/device/payments/{payment}",
            handler=handlers.find,
            summary="Find an order",
            answers={200: OrderShape},
            who=DEVICE,
            ids={"payment": PAYMENT_ID},
            tag=TAG,
        ),
        Route(
            method="GET",
            path="/v1/device/payments/{payment}/events",
            handler=handlers.events,
            summary="Follow an order",
            description="Server-sent events `payment`, each the order as it stands; come back with"
            " `Last-Event-ID`, or read the order now and then.",
            answers={200: EventStream},
            who=DEVICE,
            ids={"payment": PAYMENT_ID},
            tag=TAG,
        ),
        Route(
            method="GET",
            path="/v1/device/entitlements",
            handler=handlers.entitlements,
            summary="What may be used",
            answers={200: EntitlementList},
            who=DEVICE,
            tag=TAG,
        ),
    )
