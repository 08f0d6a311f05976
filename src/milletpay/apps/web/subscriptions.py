"""A customer's subscriptions: what is charged next and when, a month left out, an end."""

from typing import Annotated, Final

import msgspec

from milletpay.apps.http.answers import Answer
from milletpay.apps.http.request import Request, read_id
from milletpay.apps.http.routes import Media, Route
from milletpay.apps.web.backing import Backing
from milletpay.apps.web.forms import Form, Text
from milletpay.apps.web.pages import Pages
from milletpay.apps.web.people import CUSTOMER, People
from milletpay.apps.web.pin import Said, words_of
from milletpay.entitlements import find_offer
from milletpay.merchants import find_merchant
from milletpay.plumbing.database import Connection
from milletpay.plumbing.dates import day_start_ns
from milletpay.subscriptions import (
    SUBSCRIPTION_ID,
    Subscription,
    SubscriptionRefusal,
    SubscriptionRefused,
    SubscriptionStatus,
    cancel_subscription,
    charge_day,
    skip_charge,
    subscriptions_of_customer,
)

SUBSCRIPTIONS: Final = "/wallet/subscriptions"


class Skip(Form, frozen=True, kw_only=True):
    """Which month is left out: the one that the page showed."""

    subscription: Text
    period: Annotated[int, msgspec.Meta(ge=0, le=10_000)]


class End(Form, frozen=True, kw_only=True):
    """Which subscription is to end."""

    subscription: Text


class SubscriptionPages:
    """Their handlers."""

    def __init__(self, backing: Backing, pages: Pages, people: People) -> None:
        self._backing = backing
        self._pages = pages
        self._people = people

    def routes(self) -> tuple[Route, ...]:
        """Their rows."""
        return (
            Route(
                method="GET",
                path=SUBSCRIPTIONS,
                handler=self.show,
                query=Said,
                who=CUSTOMER,
                summary="What is charged every month",
                answers={200: bytes},
            ),
            Route(
                method="POST",
                path=f"{SUBSCRIPTIONS}/skip",
                handler=self.skip,
                body=Skip,
                media=Media.FORM,
                who=CUSTOMER,
                summary="Leave out the month that is charged next",
                answers={303: bytes},
            ),
            Route(
                method="POST",
                path=f"{SUBSCRIPTIONS}/cancel",
                handler=self.cancel,
                body=End,
                media=Media.FORM,
                who=CUSTOMER,
                summary="End a subscription",
                answers={303: bytes},
            ),
        )

    async def show(self, request: Request, *, query: Said) -> Answer:
        """Those that are charged, and then those that have ended, the newest first."""
        person = await self._people.owner(request)
        async with self._backing.database.connection() as connection:
            found = await subscriptions_of_customer(connection, customer=person.id, mode=person.mode)
            found = sorted(found, key=lambda one: one.status is not SubscriptionStatus.ACTIVE)
            shown = [await _shown(connection, one) for one in found]
        return self._pages.show(
            request,
            "subscriptions.html",
            subscriptions=shown,
            said=words_of(self._pages, request, query),
            good=query.said in {"month_skipped", "subscription_ended"},
        )

    async def skip(self, request: Request, *, body: Skip) -> Answer:
        """Leave it out, once however often this is sent: it names its month."""
        self._pages.check(request, body)
        person = await self._people.owner(request)
        id = read_id(SUBSCRIPTION_ID, body.subscription, param="subscription")
        async with self._backing.database.transaction() as connection:
            came_to = await skip_charge(
                connection,
                id=id,
                customer=person.id,
                period=body.period,
                submit=self._backing.desk.submit,
                now=self._backing.clock.now_ns(),
            )
        return self._said(came_to, word="month_skipped")

    async def cancel(self, request: Request, *, body: End) -> Answer:
        """End it; again changes nothing."""
        self._pages.check(request, body)
        person = await self._people.owner(request)
        id = read_id(SUBSCRIPTION_ID, body.subscription, param="subscription")
        async with self._backing.database.transaction() as connection:
            came_to = await cancel_subscription(
                connection,
                id=id,
                customer=person.id,
                mode=person.mode,
                submit=self._backing.desk.submit,
                now=self._backing.clock.now_ns(),
            )
        return self._said(came_to, word="subscription_ended")

    def _said(self, came_to: Subscription | SubscriptionRefused, *, word: str) -> Answer:
        if isinstance(came_to, SubscriptionRefused):
            charged = came_to.refusal is SubscriptionRefusal.CHARGED
            word = "month_charged" if charged else "not_done"
        return self._pages.go(f"{SUBSCRIPTIONS}?said={word}")


async def _shown(connection: Connection, one: Subscription) -> dict[str, object]:
    merchant = await find_merchant(connection, id=one.merchant)
    offer = await find_offer(connection, id=one.offer)
    assert merchant is not None, "a subscription has its merchant"
    assert offer is not None, "and its offer"
    return {
        "id": SUBSCRIPTION_ID.write(one.id),
        "merchant": merchant,
        "offer": offer,
        "amount": one.amount,
        "period": one.period,
        "charge_on": day_start_ns(one.charge_on),
        "try_on": day_start_ns(one.due_on) if one.tries else 0,
        "after_skip": day_start_ns(charge_day(one.first_on, period=one.period + 1)),
        "is_announced": one.is_announced,
        "is_being_charged": one.is_being_charged,
        "is_active": one.status is SubscriptionStatus.ACTIVE,
        "has_lapsed": one.status is SubscriptionStatus.LAPSED,
    }
