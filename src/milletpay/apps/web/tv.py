"""The screen of a television in the demo: it becomes somebody's, shows what is sold, and a code to pay by.

The television holds the credential of a device and nothing else. It shows a payment and never pays one: no
PIN is typed here, where a room looks on and a remote control spells it out.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from types import CoroutineType
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import quote

import msgspec
from markupsafe import Markup

from milletpay.apps.http.answers import Answer
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request, read_id
from milletpay.apps.http.routes import Media, Route
from milletpay.apps.http.shapes import Output
from milletpay.apps.http.streams import EventStream, ServerEvent
from milletpay.apps.web.backing import Backing
from milletpay.apps.web.forms import Form
from milletpay.apps.web.pages import Pages
from milletpay.apps.web.tv_pairing import TvPairing
from milletpay.checkout import Standing, standing_of
from milletpay.codes import svg
from milletpay.customers import Device, DeviceId, find_device
from milletpay.entitlements import (
    OFFER_ID,
    Entitlement,
    Offer,
    Orders,
    entitlements_of,
    is_order_of,
    offers_of,
)
from milletpay.identity import CredentialKind, CredentialRefused
from milletpay.merchants import Merchant, find_merchant
from milletpay.payments import PAYMENT_ID, Payment, PaymentId, find_payment

OFFERS_MAX: Final = 4
"""So many offers of a merchant fit beside each other."""

Id = Annotated[str, msgspec.Meta(max_length=64)]


class Order(Form, frozen=True, kw_only=True):
    """What is bought."""

    offer: Id


class Stood(Output, frozen=True, kw_only=True):
    """How what a screen shows stands: another word than before asks it to look again."""

    object: Literal["screen"] = "screen"
    standing: str

    @classmethod
    def example(cls) -> Self:
        """A payment that was paid."""
        return cls(standing="paid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What one merchant sells."""

    merchant: Merchant
    offers: Sequence[Offer]


class TvPages:
    """Its handlers."""

    def __init__(self, backing: Backing, pages: Pages) -> None:
        self._backing = backing
        self._pages = pages
        self._pairing = TvPairing(backing, pages)
        self._orders = Orders(
            database=backing.database, submit=backing.desk.submit, ids=backing.ids, clock=backing.clock
        )

    def routes(self) -> tuple[Route, ...]:
        """Its rows."""
        return (
            Route(method="GET", path="/tv", handler=self.home, summary="A television", answers={200: bytes}),
            Route(
                method="GET",
                path="/tv/standing",
                handler=self.standing,
                summary="Whether the screen is to look again",
                answers={200: Stood},
            ),
            Route(
                method="POST",
                path="/tv/orders",
                handler=self.order,
                body=Order,
                media=Media.FORM,
                summary="Buy something",
                answers={303: bytes},
            ),
            Route(
                method="GET",
                path="/tv/orders/{payment}",
                handler=self.show_order,
                ids={"payment": PAYMENT_ID},
                summary="A code to pay by, or what became of it",
                answers={200: bytes},
            ),
            Route(
                method="GET",
                path="/tv/orders/{payment}/standing",
                handler=self.order_standing,
                ids={"payment": PAYMENT_ID},
                summary="How the payment stands",
                answers={200: Stood},
            ),
            Route(
                method="GET",
                path="/tv/orders/{payment}/events",
                handler=self.events,
                ids={"payment": PAYMENT_ID},
                summary="How the payment stands, as it changes",
                answers={200: EventStream},
            ),
        )

    async def home(self, request: Request) -> Answer:
        """What is sold and what may be watched; for a television that is nobody's, the code to take it by."""
        device = await self._device(request)
        if device is None:
            return await self._pairing.show(request)
        now = self._backing.clock.now_ns()
        async with self._backing.database.connection() as connection:
            owned = await entitlements_of(connection, customer=device.customer, mode=device.mode, now=now)
            shelves = []
            for id in self._backing.town.read().merchants:
                offers = await offers_of(connection, merchant=id, mode=device.mode, most=OFFERS_MAX)
                merchant = await find_merchant(connection, id=id) if offers else None
                shelves += [Shelf(merchant=merchant, offers=offers[::-1])] if merchant is not None else []
        return self._pages.show(
            request,
            "tv.html",
            device=device,
            shelves=shelves,
            owned={one.offer for one in owned},
            offer_id=OFFER_ID.write,
            standing=_word(owned),
        )

    async def standing(self, request: Request) -> Stood:
        """Whether the home screen is to look again."""
        device = await self._device(request)
        if device is None:
            return Stood(standing=await self._pairing.standing(request))
        now = self._backing.clock.now_ns()
        async with self._backing.database.connection() as connection:
            owned = await entitlements_of(connection, customer=device.customer, mode=device.mode, now=now)
        return Stood(standing=_word(owned))

    async def order(self, request: Request, *, body: Order) -> Answer:
        """Buy it: the same payment is shown for as long as it can be paid."""
        self._pages.check(request, body)
        device = await self._device(request)
        if device is None:
            return self._pages.go("/tv")
        placed = await self._orders.place(device=device, offer=read_id(OFFER_ID, body.offer, param="offer"))
        if not isinstance(placed, Payment):
            return self._pages.show(request, "tv_refused.html", refusal=placed.refusal.value, standing="")
        self._backing.told.nudge()
        return self._pages.go(_path(placed))

    async def show_order(self, request: Request, *, payment: PaymentId) -> Answer:
        """The code, large; or what became of it."""
        found = await self._order(request, payment)
        if found is None:
            return self._pages.go("/tv")
        now = self._backing.clock.now_ns()
        standing = standing_of(found, now=now)
        symbol = ""
        if standing is Standing.OPEN:
            title = self._pages.catalog.say("cashier.code", self._pages.look(request).language)
            symbol = svg(self._backing.links.payment(found.id), title=title)
        async with self._backing.database.connection() as connection:
            merchant = await find_merchant(connection, id=found.merchant)
        return self._pages.show(
            request,
            "tv_order.html",
            payment=found,
            merchant=merchant,
            path_of_order=_path(found),
            standing=_standing(found, now=now),
            # Drawn by segno from a link of ours, with the title escaped.
            symbol=Markup(symbol),  # noqa: S704 - drawn by us, no text in it
        )

    async def order_standing(self, request: Request, *, payment: PaymentId) -> Stood:
        """How the payment stands, for a television that is told no events."""
        found = await self._order(request, payment)
        now = self._backing.clock.now_ns()
        return Stood(standing="gone" if found is None else _standing(found, now=now))

    async def events(self, request: Request, *, payment: PaymentId) -> EventStream:
        """Tell how it stands, now and whenever that changes."""
        found = await self._order(request, payment)
        if found is None:
            raise Refuse(EdgeRefusal.NOT_FOUND, "There is no such order on this television.")
        return EventStream(self._follow(request, found))

    async def _follow(self, request: Request, payment: Payment) -> AsyncIterator[ServerEvent]:
        """Tell on for as long as the television is somebody's."""
        while True:
            stood = Stood(standing=_standing(payment, now=self._backing.clock.now_ns()))
            yield ServerEvent(kind="payment", data=stood, id=str(payment.events))
            await self._backing.watch.changed(payment.id, after=payment.events)
            found = await self._order(request, payment.id)
            if found is None:
                return
            payment = found

    async def _device(self, request: Request) -> Device | None:
        """The television that shows this, if it is somebody's."""
        token = self._pages.cookies.look(request.headers.items()).television
        if not token:
            return None
        try:
            shown = self._backing.authenticator.authenticate(token)
            principal: Any = await shown if isinstance(shown, CoroutineType) else shown
        except CredentialRefused:
            return None
        if principal.kind is not CredentialKind.DEVICE_SESSION:
            return None
        async with self._backing.database.connection() as connection:
            device = await find_device(connection, id=DeviceId(principal.owner))
        return device if device is not None and device.is_active else None

    async def _order(self, request: Request, id: PaymentId) -> Payment | None:
        device = await self._device(request)
        if device is None:
            return None
        async with self._backing.database.connection() as connection:
            found = await find_payment(connection, id=id)
        return found if found is not None and is_order_of(found, device=device) else None


def _standing(payment: Payment, *, now: int) -> str:
    """The word for a screen; what was given back whole is gone, though the payment is paid."""
    standing = standing_of(payment, now=now)
    if standing is Standing.PAID and payment.refunded == payment.captured > 0:
        return "refunded"
    return standing.value


def _word(owned: Sequence[Entitlement]) -> str:
    """A word that is another one whenever something else may be watched."""
    return sha256(b"".join(one.id.to_bytes(16) for one in owned)).hexdigest()[:16]


def _path(payment: Payment) -> str:
    return f"/tv/orders/{quote(PAYMENT_ID.write(payment.id))}"
