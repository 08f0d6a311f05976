"""The API's events: what happened to a merchant's objects, for 30 days, as webhooks tell it."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import msgspec

from milletpay.apps.api.requests import SECRET, nothing
from milletpay.apps.api.webhook_bodies import EventQuery
from milletpay.apps.http.answers import Answer
from milletpay.apps.http.openapi import Webhook
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Route
from milletpay.apps.http.shapes import ListOf, list_of
from milletpay.apps.http.who import Principal
from milletpay.entitlements import ENTITLEMENT_ID
from milletpay.merchants import STORE_ID, TERMINAL_ID, MerchantId
from milletpay.notifications import EVENT_ID, KEPT_DAYS, EventId, Events, EventShape, MerchantEvent, Owner
from milletpay.payments import AGREEMENT_ID, PAYMENT_ID, REFUND_ID
from milletpay.plumbing.clock import SECOND, Clock
from milletpay.plumbing.database import Database
from milletpay.plumbing.ids import ID_END, IdForm, NotAnId
from milletpay.subscriptions import SUBSCRIPTION_ID

KEPT_NS: Final = KEPT_DAYS * 24 * 3600 * SECOND

KINDS: Final[Mapping[str, str]] = {
    "payment.created": "A payment was made, and waits to be paid",
    "payment.processing": "A bank was asked for a payment, or its payer, and has not answered yet",
    "payment.attempt_declined": "An attempt to pay was declined by the bank, and the payer may try again",
    "payment.authorized": "A payment is authorized, and waits to be captured",
    "payment.captured": "A part of a payment was captured, and more may be",
    "payment.succeeded": "A payment succeeded",
    "payment.failed": "A payment was declined",
    "payment.canceled": "A payment was canceled",
    "payment.expired": "A payment expired",
    "payment.refunded": "A payment was refunded, or a part of it",
    "payment.reversed": "A payment was reversed",
    "payment.taken_back": "The card's bank took back what it had paid: the payment stands, its payer owes it",
    "plate.flagged": "A payment at a code plate is unusual: its `flags` say how; it was stopped by nothing",
    "codes.guessing": "So many wrong payment codes came at a place that none is looked at there for a while",
    "batch.differed": "A card terminal has closed a batch in which it had other entries than the book",
    "refund.updated": "A refund has arrived, on the card or in the balance",
    "agreement.created": "An agreement was proposed, and waits for its signature",
    "agreement.signed": "A customer signed an agreement",
    "agreement.charge_announced": "The customer was told of a charge to come under an agreement",
    "agreement.charge_withdrawn": "A charge that the customer was told of is not made",
    "agreement.canceled": "An agreement was canceled, by the customer or by you",
    "subscription.created": "A customer's subscription began",
    "subscription.announced": "The customer was told of the month's charge",
    "subscription.charged": "The month was charged; the payment has events of its own",
    "subscription.skipped": "A month was left out: by the customer, or as you undid its charge",
    "subscription.charge_declined": "The month's charge was declined, and is tried again",
    "subscription.lapsed": "The last try was declined: nothing is charged any more",
    "subscription.canceled": "The subscription was canceled, by the customer or by you",
    "entitlement.granted": "A customer may use what a payment has bought",
    "entitlement.revoked": "What a payment had bought may be used no longer: the money went back",
}
"""Every kind of event that a merchant is told of, in a sentence."""

WEBHOOKS: Final = {kind: Webhook(summary=summary, body=EventShape) for kind, summary in KINDS.items()}

OBJECTS: Final[Mapping[str, IdForm[Any]]] = {
    form.prefix: form
    for form in (
        PAYMENT_ID,
        REFUND_ID,
        AGREEMENT_ID,
        ENTITLEMENT_ID,
        SUBSCRIPTION_ID,
        TERMINAL_ID,
        STORE_ID,
    )
}
"""What events are about, by the prefix of its ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsApi:
    """The handlers."""

    events: Events
    database: Database
    clock: Clock

    async def list(self, request: Request, *, query: EventQuery) -> ListOf[EventShape]:
        """A merchant's events, the newest first."""
        async with self.database.transaction() as connection:
            found = await self.events.events_of(
                connection,
                owner=owner_of(request.principal),
                most=query.limit + 1,
                since=self.clock.now_ns() - KEPT_NS,
                before=ID_END if query.after is None else query.after,
                kind=query.type,
                about=None if query.object is None else _object_id(query.object),
            )
        return list_of(found, query=query, place=lambda event: event.id, show=_show)

    async def find(self, request: Request, *, event: EventId) -> Answer:
        """An event: the same bytes as were sent."""
        async with self.database.transaction() as connection:
            found = await self.events.find(connection, id=event, owner=owner_of(request.principal))
        if found is None or found.at < self.clock.now_ns() - KEPT_NS:
            raise nothing("event", EVENT_ID.write(event))
        return Answer(status=HTTPStatus.OK, content=found.payload)


def owner_of(principal: Principal) -> Owner:
    """Whose endpoints and events a caller may see."""
    return Owner(merchant=MerchantId(principal.owner), mode=principal.mode)


def _show(event: MerchantEvent) -> EventShape:
    return msgspec.json.decode(event.payload, type=EventShape)


def _object_id(text: str) -> int:
    form = OBJECTS.get(text.partition("_")[0])
    if form is None:
        detail = f"{text:.60} is no id of what events are about: {', '.join(OBJECTS)} begin one."
        raise Refuse(EdgeRefusal.INVALID_FIELD, detail, param="object")
    try:
        about: int = form.read(text)
    except NotAnId as error:
        raise Refuse(EdgeRefusal.INVALID_FIELD, f"{error}.", param="object") from error
    return about


def event_routes(api: EventsApi) -> tuple[Route, ...]:
    """The calls of the chapter Events."""
    return (
        Route(
            method="GET",
            path="/v1/events",
            handler=api.list,
            summary="List events",
            description="Of the last 30 days, the newest first.",
            answers={200: ListOf[EventShape]},
            who=SECRET,
            scope="events:read",
            query=EventQuery,
            tag="Events",
        ),
        Route(
            method="GET",
            path="/v1/events/{event}",
            handler=api.find,
            summary="Find an event",
            description="The same bytes as webhooks are sent.",
            answers={200: EventShape},
            who=SECRET,
            scope="events:read",
            ids={"event": EVENT_ID},
            tag="Events",
        ),
    )
