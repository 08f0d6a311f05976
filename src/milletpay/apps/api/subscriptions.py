"""The API's subscriptions: begun by merchants, seen and skipped by customers, canceled by both."""

from http import HTTPStatus
from typing import Annotated, Final, Self

import msgspec

from milletpay.apps.api.backing import Api
from milletpay.apps.api.requests import SECRET, nothing
from milletpay.apps.api.wallet_requests import CUSTOMER
from milletpay.apps.http.answers import Answer
from milletpay.apps.http.once import work_once
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request, read_id
from milletpay.apps.http.routes import Route
from milletpay.apps.http.shapes import Input, ListOf, ListQuery, list_of
from milletpay.customers import CustomerId
from milletpay.entitlements import OFFER_ID
from milletpay.merchants import MerchantId
from milletpay.payments import AGREEMENT_ID
from milletpay.plumbing.database import Connection
from milletpay.plumbing.dates import Day, NotADay, parse_day
from milletpay.plumbing.ids import ID_END
from milletpay.subscriptions import (
    SUBSCRIPTION_ID,
    Subscription,
    SubscriptionId,
    SubscriptionRefusal,
    SubscriptionRefused,
    SubscriptionShape,
    cancel_subscription,
    find_subscription,
    show_subscription,
    skip_charge,
    subscribe,
    subscriptions_of_customer,
    subscriptions_of_merchant,
)

TAG: Final = "Subscriptions"
WALLET: Final = "Wallet: paying"


class NewSubscription(Input, frozen=True, kw_only=True):
    """An offer that is charged every month, under an agreement that the customer has signed."""

    agreement: str
    offer: str
    first_on: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^\d{4}-\d{2}-\d{2}$",
            description="Of the first charge. Later months have its day, or their last one if shorter.",
        ),
    ]

    @classmethod
    def example(cls) -> Self:
        """A channel."""
        return cls(
            agreement="agr_01kdz9m4h0000g40r40m30e20b",
            offer="off_01kdz9m4h0000g40r40m30e20f",
            first_on="2027-01-31",
        )


class SkipMonth(Input, frozen=True, kw_only=True):
    """Which month is left out: the `period` that is charged next."""

    period: Annotated[int, msgspec.Meta(ge=0, le=10_000)]

    @classmethod
    def example(cls) -> Self:
        """The first."""
        return cls(period=0)


class SubscriptionsApi:
    """The handlers."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def begin(self, request: Request, *, body: NewSubscription) -> Answer:
        """Begin one."""
        agreement = read_id(AGREEMENT_ID, body.agreement, param="agreement")
        offer, first_on = read_id(OFFER_ID, body.offer, param="offer"), _day(body.first_on)

        async def work(connection: Connection) -> Subscription | SubscriptionRefused:
            return await subscribe(
                connection,
                id=SubscriptionId(request.id),
                merchant=MerchantId(request.principal.owner),
                mode=request.principal.mode,
                agreement=agreement,
                offer=offer,
                first_on=first_on,
                now=self._api.clock.now_ns(),
            )

        def show(came_to: Subscription | SubscriptionRefused) -> Answer:
            return _answer(came_to, status=HTTPStatus.CREATED)

        return await work_once(self._api.database, work, request=request, show=show, clock=self._api.clock)

    async def find(self, request: Request, *, subscription: SubscriptionId) -> SubscriptionShape:
        """One of the merchant's."""
        async with self._api.database.connection() as connection:
            found = await find_subscription(connection, id=subscription)
        owner = request.principal.owner, request.principal.mode
        if found is None or (found.merchant, found.mode) != owner:
            raise nothing("subscription", SUBSCRIPTION_ID.write(subscription))
        return show_subscription(found)

    async def list(self, request: Request, *, query: ListQuery) -> ListOf[SubscriptionShape]:
        """The merchant's, the newest first."""
        async with self._api.database.connection() as connection:
            found = await subscriptions_of_merchant(
                connection,
                merchant=MerchantId(request.principal.owner),
                mode=request.principal.mode,
                most=query.limit + 1,
                before=ID_END if query.after is None else query.after,
            )
        return list_of(found, query=query, place=lambda one: one.id, show=show_subscription)

    async def mine(self, request: Request) -> ListOf[SubscriptionShape]:
        """The customer's, the newest first, with the day of what comes next."""
        async with self._api.database.connection() as connection:
            found = await subscriptions_of_customer(
                connection, customer=CustomerId(request.principal.owner), mode=request.principal.mode
            )
        return ListOf(data=[show_subscription(one) for one in found], has_more=False)

    async def skip(self, request: Request, *, subscription: SubscriptionId, body: SkipMonth) -> Answer:
        """Leave a month out that is not charged yet."""

        async def work(connection: Connection) -> Subscription | SubscriptionRefused:
            return await skip_charge(
                connection,
                id=subscription,
                customer=CustomerId(request.principal.owner),
                period=body.period,
                submit=self._api.desk.submit,
                now=self._api.clock.now_ns(),
            )

        return await work_once(self._api.database, work, request=request, show=_answer, clock=self._api.clock)

    async def cancel(self, request: Request, *, subscription: SubscriptionId) -> Answer:
        """End it."""
        principal = request.principal
        by_customer = principal.kind in CUSTOMER

        async def work(connection: Connection) -> Subscription | SubscriptionRefused:
            return await cancel_subscription(
                connection,
                id=subscription,
                customer=CustomerId(principal.owner) if by_customer else None,
                merchant=None if by_customer else MerchantId(principal.owner),
                mode=principal.mode,
                submit=self._api.desk.submit,
                now=self._api.clock.now_ns(),
            )

        return await work_once(self._api.database, work, request=request, show=_answer, clock=self._api.clock)


def _answer(came_to: Subscription | SubscriptionRefused, *, status: int = HTTPStatus.OK) -> Answer:
    if isinstance(came_to, SubscriptionRefused):
        raise Refuse(came_to.refusal, came_to.detail)
    return Answer(status=status, content=show_subscription(came_to))


def _day(text: str) -> Day:
    try:
        return parse_day(text)
    except NotADay as error:
        raise Refuse(EdgeRefusal.INVALID_FIELD, f"{error}.", param="first_on") from error


def subscription_routes(api: Api) -> tuple[Route, ...]:
    """The calls of the chapter."""
    handlers = SubscriptionsApi(api)
    return (*_of_merchants(handlers), *_of_customers(handlers))


def _of_merchants(handlers: SubscriptionsApi) -> tuple[Route, ...]:
    return (
        Route(
            method="POST",
            path="/v1/subscriptions",
            handler=handlers.begin,
            summary="Begin a subscription",
            description="Each month is announced as the agreement asks, charged on its day, and tried again"
            " one, three and seven days later when it is declined.",
            answers={201: SubscriptionShape},
            who=SECRET,
            scope="agreements:write",
            body=NewSubscription,
            idempotent=True,
            refuses=(
                SubscriptionRefusal.NOT_FOUND,
                SubscriptionRefusal.NOT_ACTIVE,
                SubscriptionRefusal.NOTICE_NEEDED,
                SubscriptionRefusal.EXCEEDS_CHARGE_LIMIT,
                SubscriptionRefusal.TOO_SOON,
            ),
            tag=TAG,
        ),
        Route(
            method="GET",
            path="/v1/subscriptions",
            handler=handlers.list,
            summary="List your subscriptions",
            answers={200: ListOf[SubscriptionShape]},
            who=SECRET,
            scope="agreements:read",
            query=ListQuery,
            tag=TAG,
        ),
        Route(
            method="GET",
            path="/v1/subscriptions/{subscription}",
            handler=handlers.find,
            summary="Find a subscription",
            answers={200: SubscriptionShape},
            who=SECRET,
            scope="agreements:read",
            ids={"subscription": SUBSCRIPTION_ID},
            tag=TAG,
        ),
        Route(
            method="POST",
            path="/v1/subscriptions/{subscription}/cancel",
            handler=handlers.cancel,
            summary="Cancel a subscription",
            answers={200: SubscriptionShape},
            who=SECRET,
            scope="agreements:write",
            ids={"subscription": SUBSCRIPTION_ID},
            idempotent=True,
            refuses=(SubscriptionRefusal.NOT_FOUND,),
            tag=TAG,
        ),
    )


def _of_customers(handlers: SubscriptionsApi) -> tuple[Route, ...]:
    return (
        Route(
            method="GET",
            path="/v1/wallet/subscriptions",
            handler=handlers.mine,
            summary="List your subscriptions",
            answers={200: ListOf[SubscriptionShape]},
            who=CUSTOMER,
            tag=WALLET,
        ),
        Route(
            method="POST",
            path="/v1/wallet/subscriptions/{subscription}/skip",
            handler=handlers.skip,
            summary="Leave a month out",
            description="What was announced of it is withdrawn: nothing else can charge for it either.",
            answers={200: SubscriptionShape},
            who=CUSTOMER,
            ids={"subscription": SUBSCRIPTION_ID},
            body=SkipMonth,
            idempotent=True,
            refuses=(
                SubscriptionRefusal.NOT_FOUND,
                SubscriptionRefusal.NOT_ACTIVE,
                SubscriptionRefusal.CHARGED,
            ),
            tag=WALLET,
        ),
        Route(
            method="POST",
            path="/v1/wallet/subscriptions/{subscription}/cancel",
            handler=handlers.cancel,
            summary="End a subscription",
            answers={200: SubscriptionShape},
            who=CUSTOMER,
            ids={"subscription": SUBSCRIPTION_ID},
            idempotent=True,
            refuses=(SubscriptionRefusal.NOT_FOUND,),
            tag=WALLET,
        ),
    )
