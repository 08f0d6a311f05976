"""What is paid at the plates of a till's store, as it comes: so that whoever sells sees it, and hears it."""

from collections.abc import AsyncIterator
from typing import Final, Literal, Self

from milletpay.apps.api.backing import Api
from milletpay.apps.api.requests import TILL, store_of
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Route
from milletpay.apps.http.shapes import Output
from milletpay.apps.http.streams import EventStream, ServerEvent
from milletpay.merchants import MerchantId, StoreId
from milletpay.payments import PAYMENT_ID, PaymentId, plates_paid_since
from milletpay.plumbing.clock import MILLISECOND, SECOND
from milletpay.plumbing.dates import rfc3339
from milletpay.plumbing.ids import NotAnId

TAG: Final = "Counters"
EVERY_NS: Final = 500 * MILLISECOND
BACK_NS: Final = 600 * SECOND
"""A payment whose money comes late, as from a card, is told of when it has come."""
MOST: Final = 100


class FeedShape(Output, frozen=True, kw_only=True):
    """The first event of a feed that begins: its id is what to come back with while nothing was paid."""

    object: Literal["feed"] = "feed"
    since: str

    @classmethod
    def example(cls) -> Self:
        """One that began in the morning."""
        return cls(since="2026-12-01T02:03:04.005Z")


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
        if last is None:
            now = api.clock.now_ns()
            after, told = _first_id(now), set[int]()
            yield ServerEvent(
                kind="ready", data=FeedShape(since=rfc3339(now)), id=PAYMENT_ID.write(PaymentId(after))
            )
        else:
            # What was made before the last one may have been paid after it.
            after, told = max(0, last - _span(BACK_NS)), {last}
        while True:
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
                after = found[-1].id
                continue
            after = max(after, _first_id(api.clock.now_ns() - BACK_NS))
            await api.clock.sleep(duration_ns=EVERY_NS)


def _first_id(now: int) -> int:
    """The smallest id of a moment."""
    return _span(now)


def _span(duration: int) -> int:
    """How far apart ids are that were made so long after one another."""
    return duration // MILLISECOND << 80


def till_feed_routes(api: Api) -> tuple[Route, ...]:
    """Its row."""
    return (
        Route(
            method="GET",
            path="/v1/terminals/this/feed",
            handler=TillFeedApi(api).feed,
            summary="Follow what is paid at the store's plates",
            description="Server-sent events, the first of which is `ready`. Come back with `Last-Event-ID`:"
            " what was paid since comes, and what was made in the ten minutes before may come again.",
            answers={200: EventStream},
            who=TILL,
            tag=TAG,
        ),
    )
