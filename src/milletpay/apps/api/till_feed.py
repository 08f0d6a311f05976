"""What is paid at the plates of a till's store, as it comes: so that whoever sells sees it, and hears it."""

from collections.abc import AsyncIterator
from typing import Final

from milletpay.apps.api.backing import Api
from milletpay.apps.api.requests import TILL, store_of
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Route
from milletpay.apps.http.streams import EventStream, ServerEvent
from milletpay.merchants import MerchantId, StoreId
from milletpay.payments import PAYMENT_ID, plates_paid_since
from milletpay.plumbing.clock import MILLISECOND, SECOND
from milletpay.plumbing.ids import NotAnId

TAG: Final = "Counters"
EVERY_NS: Final = 500 * MILLISECOND
BACK_NS: Final = 600 * SECOND
"""A payment whose money comes late, as from a card, is told of when it has come."""
MOST: Final = 100


class TillFeedApi:
    """The handler."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def feed(self, request: Request) -> EventStream:
        """Tell of payments, after the one that was seen last or from now on."""
        store = store_of(request)
        assert store is not None, "only terminals ask so"
        try:
            last = PAYMENT_ID.read(request.last_event_id or "")
        except NotAnId:
            last = None
        return EventStream(self._follow(request, store=store, last=last))

    async def _follow(
        self, request: Request, *, store: StoreId, last: int | None
    ) -> AsyncIterator[ServerEvent]:
        api, merchant = self._api, MerchantId(request.principal.owner)
        began = last or _first_id(api.clock.now_ns())
        told: set[int] = set()
        while True:
            after = max(began, _first_id(api.clock.now_ns() - BACK_NS)) if last is None else began
            async with api.database.connection() as connection:
                found = await plates_paid_since(
                    connection,
                    merchant=merchant,
                    mode=request.principal.mode,
                    store=store,
                    after=after,
                    most=MOST,
                )
            for payment in found:
                if payment.id not in told:
                    told.add(payment.id)
                    id = PAYMENT_ID.write(payment.id)
                    yield ServerEvent(kind="payment", data=api.shown.payment(payment), id=id)
            if len(found) == MOST:
                # So many at once: what comes after them is asked for next.
                last = began = found[-1].id
                continue
            await api.clock.sleep(duration_ns=EVERY_NS)


def _first_id(now: int) -> int:
    """The smallest id of a moment."""
    return now // MILLISECOND << 80


def till_feed_routes(api: Api) -> tuple[Route, ...]:
    """Its row."""
    return (
        Route(
            method="GET",
            path="/v1/terminals/this/feed",
            handler=TillFeedApi(api).feed,
            summary="Follow what is paid at the store's plates",
            description="Server-sent events. Come back with `Last-Event-ID`.",
            answers={200: EventStream},
            who=TILL,
            tag=TAG,
        ),
    )
