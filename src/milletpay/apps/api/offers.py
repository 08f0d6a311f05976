"""The API's offers, and what was bought of them."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from milletpay.apps.api.backing import Api
from milletpay.apps.api.device_bodies import EntitlementList, EntitlementQuery, NewOffer
from milletpay.apps.api.requests import SECRET, money_of, nothing
from milletpay.apps.http.answers import Answer
from milletpay.apps.http.once import work_once
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request, read_id
from milletpay.apps.http.routes import Route
from milletpay.apps.http.shapes import ListOf, ListQuery, list_of
from milletpay.customers import DEVICE_ID, find_device
from milletpay.entitlements import (
    ENTITLEMENT_ID,
    OFFER_ID,
    Entitlement,
    EntitlementId,
    EntitlementShape,
    Offer,
    OfferId,
    OfferRefusal,
    OfferRefused,
    OfferShape,
    add_offer,
    entitlement_id,
    entitlements_of,
    find_entitlement,
    offers_of,
    retire_offer,
    show_entitlement,
    show_offer,
)
from milletpay.merchants import MerchantId, Names
from milletpay.payments import PAYMENT_ID
from milletpay.plumbing.database import Connection
from milletpay.plumbing.ids import ID_END

TAG: Final = "Offers and entitlements"


class OffersApi:
    """The handlers."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def make(self, request: Request, *, body: NewOffer) -> Answer:
        """Sell something for use."""
        offer = Offer(
            id=OfferId(request.id),
            merchant=MerchantId(request.principal.owner),
            mode=request.principal.mode,
            content=body.content,
            names=Names(en=body.name_en, zh=body.name_zh),
            amount=money_of(body.amount, body.currency),
            days=body.days,
            created_at=self._api.clock.now_ns(),
        )

        async def work(connection: Connection) -> Offer:
            await add_offer(connection, offer=offer)
            return offer

        def show(made: Offer) -> Answer:
            return Answer(status=HTTPStatus.CREATED, content=show_offer(made))

        return await work_once(self._api.database, work, request=request, show=show, clock=self._api.clock)

    async def list(self, request: Request, *, query: ListQuery) -> ListOf[OfferShape]:
        """What the merchant sells, the newest first."""
        async with self._api.database.connection() as connection:
            found = await offers_of(
                connection,
                merchant=MerchantId(request.principal.owner),
                mode=request.principal.mode,
                most=query.limit + 1,
                before=ID_END if query.after is None else query.after,
            )
        return list_of(found, query=query, place=lambda offer: offer.id, show=show_offer)

    async def retire(self, request: Request, *, offer: OfferId) -> Answer:
        """Sell it no longer."""
        principal, now = request.principal, self._api.clock.now_ns()

        async def work(connection: Connection) -> Offer | OfferRefused:
            return await retire_offer(
                connection, id=offer, merchant=MerchantId(principal.owner), mode=principal.mode, now=now
            )

        def show(came_to: Offer | OfferRefused) -> Answer:
            if isinstance(came_to, OfferRefused):
                raise Refuse(came_to.refusal, came_to.detail)
            return Answer(status=HTTPStatus.OK, content=show_offer(came_to))

        return await work_once(self._api.database, work, request=request, show=show, clock=self._api.clock)

    async def entitlements(self, request: Request, *, query: EntitlementQuery) -> EntitlementList:
        """What the customer of a device may use of the merchant's, or what one payment has bought."""
        if (query.device is None) is (query.payment is None):
            detail = "Name a device or a payment: one of them."
            raise Refuse(EdgeRefusal.INVALID_FIELD, detail, param="device")
        found: Sequence[Entitlement] = await self._of_payment(query.payment) if query.payment else []
        if query.device:
            found = await self._of_device(request, query.device)
        return EntitlementList(data=[show_entitlement(one) for one in found if _owns(request, one)])

    async def entitlement(self, request: Request, *, entitlement: EntitlementId) -> EntitlementShape:
        """One of the merchant's, also when it was taken back."""
        async with self._api.database.connection() as connection:
            found = await find_entitlement(connection, id=entitlement)
        if found is None or not _owns(request, found):
            raise nothing("entitlement", ENTITLEMENT_ID.write(entitlement))
        return show_entitlement(found)

    async def _of_payment(self, text: str) -> Sequence[Entitlement]:
        id = entitlement_id(read_id(PAYMENT_ID, text, param="payment"))
        async with self._api.database.connection() as connection:
            found = await find_entitlement(connection, id=id)
        return [] if found is None else [found]

    async def _of_device(self, request: Request, text: str) -> Sequence[Entitlement]:
        id = read_id(DEVICE_ID, text, param="device")
        async with self._api.database.connection() as connection:
            device = await find_device(connection, id=id)
            if device is None or not device.is_active or device.mode is not request.principal.mode:
                return []
            return await entitlements_of(
                connection,
                customer=device.customer,
                mode=device.mode,
                now=self._api.clock.now_ns(),
                merchant=MerchantId(request.principal.owner),
            )


def _owns(request: Request, found: Entitlement) -> bool:
    return (found.merchant, found.mode) == (request.principal.owner, request.principal.mode)


def offer_routes(api: Api) -> tuple[Route, ...]:
    """The calls of the chapter."""
    handlers = OffersApi(api)
    return (*_selling(handlers), *_using(handlers))


def _selling(handlers: OffersApi) -> tuple[Route, ...]:
    return (
        Route(
            method="POST",
            path="/v1/offers",
            handler=handlers.make,
            summary="Make an offer",
            description="Devices can order it; any other payment buys it by its id as metadata `offer`.",
            answers={201: OfferShape},
            who=SECRET,
            scope="payments:write",
            body=NewOffer,
            idempotent=True,
            tag=TAG,
        ),
        Route(
            method="GET",
            path="/v1/offers",
            handler=handlers.list,
            summary="List your offers",
            answers={200: ListOf[OfferShape]},
            who=SECRET,
            scope="payments:read",
            query=ListQuery,
            tag=TAG,
        ),
        Route(
            method="POST",
            path="/v1/offers/{offer}/retire",
            handler=handlers.retire,
            summary="Retire an offer",
            answers={200: OfferShape},
            who=SECRET,
            scope="payments:write",
            ids={"offer": OFFER_ID},
            idempotent=True,
            refuses=(OfferRefusal.NOT_FOUND,),
            tag=TAG,
        ),
    )


def _using(handlers: OffersApi) -> tuple[Route, ...]:
    return (
        Route(
            method="GET",
            path="/v1/entitlements",
            handler=handlers.entitlements,
            summary="What may be used",
            description="Of the customer of a device: what stands. Of a payment: also what was taken back.",
            answers={200: EntitlementList},
            who=SECRET,
            scope="payments:read",
            query=EntitlementQuery,
            tag=TAG,
        ),
        Route(
            method="GET",
            path="/v1/entitlements/{entitlement}",
            handler=handlers.entitlement,
            summary="Find an entitlement",
            answers={200: EntitlementShape},
            who=SECRET,
            scope="payments:read",
            ids={"entitlement": ENTITLEMENT_ID},
            tag=TAG,
        ),
    )
