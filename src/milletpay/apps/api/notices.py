"""What somebody in a shop should look at: for merchants' servers by terminal, for tills all at once."""

from typing import Final, Literal, Self

from milletpay.apps.api.backing import Api
from milletpay.apps.api.requests import SECRET, TILL, nothing
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Route
from milletpay.apps.http.shapes import ListOf, ListQuery, Output, list_of
from milletpay.merchants import TERMINAL_ID, StoreId, TerminalId
from milletpay.payments import find_guesses
from milletpay.plumbing.clock import SECOND
from milletpay.terminals import (
    BatchShape,
    GuessedAt,
    GuessingShape,
    batches_of,
    batches_that_differed,
    find_terminal,
    show_batch,
    show_guessing,
)

TAG: Final = "Stores and terminals"
DAY_NS: Final = 24 * 3600 * SECOND
BATCHES_NS: Final = 7 * DAY_NS
"""For how long a till shows batches that differed; who guessed at codes, for a day."""

BATCHES_SHOWN: Final = 20
TIME_END: Final = 2**63 - 1


class NoticesShape(Output, frozen=True, kw_only=True):
    """What the till that asks should show."""

    object: Literal["notices"] = "notices"
    codes_closed: bool
    """Whether no payment code is looked at here now."""
    guessing: list[GuessingShape]
    """Of the till, its store and the merchant, of the last day."""
    batches: list[BatchShape]
    """Of the store's card terminals, of the last week: those that differed."""

    @classmethod
    def example(cls) -> Self:
        """One of each."""
        return cls(codes_closed=False, guessing=[GuessingShape.example()], batches=[BatchShape.example()])


class NoticesApi:
    """The handlers."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def batches(
        self, request: Request, *, terminal: TerminalId, query: ListQuery
    ) -> ListOf[BatchShape]:
        """A terminal's closed batches, the newest first."""
        async with self._api.database.connection() as connection:
            found = await find_terminal(connection, id=terminal)
            mine = request.principal.owner, request.principal.mode
            if found is None or (found.merchant, found.mode) != mine:
                raise nothing("terminal", TERMINAL_ID.write(terminal))
            before = TIME_END if query.after is None else min(query.after, TIME_END)
            batches = await batches_of(connection, terminal=found, most=query.limit + 1, before=before)
        return list_of(batches, query=query, place=lambda of: of.batch.closed_at, show=show_batch)

    async def notices(self, request: Request) -> NoticesShape:
        """What is to be looked at where the till stands."""
        place, now = request.principal.place, self._api.clock.now_ns()
        assert place is not None, "only terminals ask so"
        owner = request.principal.owner
        async with self._api.database.connection() as connection:
            counted = await find_guesses(connection, subjects=[place.terminal, place.store, owner])
            batches = await batches_that_differed(
                connection, store=StoreId(place.store), since=now - BATCHES_NS, most=BATCHES_SHOWN
            )
        late = [guesses for guesses in counted if guesses.closed_until > now - DAY_NS]
        guessing = [
            GuessedAt(
                store=None if guesses.subject == owner else StoreId(place.store),
                terminal=TerminalId(place.terminal) if guesses.subject == place.terminal else None,
                guesses=guesses,
            )
            for guesses in late
        ]
        # A till's codes are counted at the till and for the merchant.
        closing = [g for g in late if g.subject != place.store and g.is_closed(now=now)]
        return NoticesShape(
            codes_closed=bool(closing),
            guessing=[show_guessing(at) for at in guessing],
            batches=[show_batch(of) for of in batches],
        )


def notice_routes(api: Api) -> tuple[Route, ...]:
    """Their rows."""
    handlers = NoticesApi(api)
    return (
        Route(
            method="GET",
            path="/v1/terminals/{terminal}/batches",
            handler=handlers.batches,
            summary="List closed batches",
            description="Of a card terminal, the newest first. `differences` says where both sides disagree.",
            answers={200: ListOf[BatchShape]},
            who=SECRET,
            scope="terminals:read",
            ids={"terminal": TERMINAL_ID},
            query=ListQuery,
            tag=TAG,
        ),
        Route(
            method="GET",
            path="/v1/terminals/this/notices",
            handler=handlers.notices,
            summary="What the till should show",
            description="Batches that differed, and whether somebody guesses at payment codes.",
            answers={200: NoticesShape},
            who=TILL,
            tag=TAG,
        ),
    )
