"""The API's webhook endpoints: where merchants are told of events, how that went, and telling it again."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

from milletpay.apps.api.events import owner_of
from milletpay.apps.api.requests import SECRET, nothing
from milletpay.apps.api.webhook_bodies import (
    AttemptQuery,
    DeletedShape,
    EndpointChange,
    EndpointShape,
    NewEndpoint,
    NewReplay,
    OpenedShape,
    Replay,
    Rotation,
    WebhookAttemptShape,
    show_attempt,
    show_endpoint,
    show_opened,
)
from milletpay.apps.http.answers import Answer
from milletpay.apps.http.once import work_once
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request, read_id
from milletpay.apps.http.routes import Route
from milletpay.apps.http.shapes import ListOf, ListQuery, list_of
from milletpay.notifications import (
    ENDPOINT_ID,
    EVENT_ID,
    Endpoint,
    EndpointId,
    Endpoints,
    EventId,
    Opened,
    Refusal,
    Refused,
    Wishes,
    attempts_of,
    endpoints_of,
    find_endpoint,
)
from milletpay.plumbing.clock import SECOND, Clock
from milletpay.plumbing.database import Connection, Database
from milletpay.plumbing.dates import NotATimestamp, parse_rfc3339
from milletpay.plumbing.ids import ID_END

HOUR_NS: Final = 3600 * SECOND

WRONG: Final = (Refusal.WRONG_URL, Refusal.WRONG_KINDS)

PARAMS: Final = {
    Refusal.WRONG_URL: "url",
    Refusal.WRONG_KINDS: "events",
    Refusal.WRONG_VERSION: "api_version",
    Refusal.EVENT_NOT_FOUND: "event",
}
"""Which field of a body a refusal is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpointsApi:
    """The handlers."""

    endpoints: Endpoints
    database: Database
    clock: Clock

    async def create(self, request: Request, *, body: NewEndpoint) -> Answer:
        """Make an endpoint; it is told of what happens from now on."""
        wishes = Wishes(
            url=body.url, kinds=tuple(body.events), version=body.api_version, description=body.description
        )

        async def work(connection: Connection) -> Opened | Refused:
            owner = owner_of(request.principal)
            return await self.endpoints.create(connection, owner=owner, wishes=wishes)

        return await self._tell_secret(work, request=request, show=_show_created)

    async def list(self, request: Request, *, query: ListQuery) -> ListOf[EndpointShape]:
        """A merchant's endpoints, the newest first."""
        async with self.database.connection() as connection:
            found = await endpoints_of(
                connection,
                owner=owner_of(request.principal),
                most=query.limit + 1,
                before=ID_END if query.after is None else query.after,
            )
        return list_of(found, query=query, place=lambda endpoint: endpoint.id, show=show_endpoint)

    async def find(self, request: Request, *, endpoint: EndpointId) -> EndpointShape:
        """An endpoint."""
        async with self.database.connection() as connection:
            return show_endpoint(await _find(connection, request, endpoint))

    async def change(self, request: Request, *, endpoint: EndpointId, body: EndpointChange) -> Answer:
        """Change what is named."""

        async def work(connection: Connection) -> Endpoint | Refused:
            return await self._change(connection, request, endpoint, body)

        return await work_once(self.database, work, request=request, show=_show, clock=self.clock)

    async def delete(self, request: Request, *, endpoint: EndpointId) -> DeletedShape:
        """Forget an endpoint: it is told nothing more."""
        async with self.database.transaction() as connection:
            owner = owner_of(request.principal)
            refused = await self.endpoints.delete(connection, endpoint=endpoint, owner=owner)
        if refused is not None:
            raise _refuse(refused)
        return DeletedShape(id=ENDPOINT_ID.write(endpoint))

    async def rotate_secret(self, request: Request, *, endpoint: EndpointId, body: Rotation) -> Answer:
        """Sign with a new secret, and with those before for a while."""

        async def work(connection: Connection) -> Opened | Refused:
            return await self.endpoints.rotate_secret(
                connection,
                endpoint=endpoint,
                owner=owner_of(request.principal),
                overlap_ns=body.overlap_hours * HOUR_NS,
            )

        return await self._tell_secret(work, request=request, show=_show_rotated)

    async def _tell_secret(
        self,
        work: Callable[[Connection], Awaitable[Opened | Refused]],
        *,
        request: Request,
        show: Callable[[Opened | Refused], Answer],
    ) -> Answer:
        """Do work whose answer has a secret: what is kept of it says nothing to who reads the tables."""
        return await work_once(
            self.database, work, request=request, show=show, clock=self.clock, envelope=request.envelope
        )

    async def attempts(
        self, request: Request, *, endpoint: EndpointId, query: AttemptQuery
    ) -> ListOf[WebhookAttemptShape]:
        """The calls of an endpoint, the newest first."""
        event = None if query.event is None else read_id(EVENT_ID, query.event, param="event")
        async with self.database.connection() as connection:
            called = await _find(connection, request, endpoint)
            found = await attempts_of(
                connection,
                endpoint=endpoint,
                most=query.limit + 1,
                before=ID_END if query.after is None else query.after,
                event=event,
            )
        return list_of(
            found,
            query=query,
            place=lambda attempt: attempt.id,
            show=lambda attempt: show_attempt(attempt, endpoint=called),
        )

    async def replay(self, request: Request, *, endpoint: EndpointId, body: NewReplay) -> Answer:
        """Send one event again, or what the endpoint wants of a time."""
        if (body.event is None) is (body.since is None):
            raise Refuse(
                EdgeRefusal.INVALID_FIELD, "Name an event, or `since` when: one of them.", param="event"
            )
        if body.since is None and body.until is not None:
            raise Refuse(EdgeRefusal.INVALID_FIELD, "`until` goes with `since`.", param="until")
        since, until = _moment(body.since, param="since"), _moment(body.until, param="until")
        event = None if body.event is None else read_id(EVENT_ID, body.event, param="event")

        async def work(connection: Connection) -> int | Refused:
            if event is not None:
                return await self._resend(connection, request, endpoint, event)
            assert since is not None, "one of the two is named"
            owner = owner_of(request.principal)
            return await self.endpoints.replay(
                connection, endpoint=endpoint, owner=owner, since=since, until=until
            )

        def show(count: int | Refused) -> Answer:
            if isinstance(count, Refused):
                raise _refuse(count)
            replay = Replay(endpoint=ENDPOINT_ID.write(endpoint), events=count)
            return Answer(status=HTTPStatus.OK, content=replay)

        return await work_once(self.database, work, request=request, show=show, clock=self.clock)

    async def _change(
        self, connection: Connection, request: Request, id: EndpointId, body: EndpointChange
    ) -> Endpoint | Refused:
        owner = owner_of(request.principal)
        found = await self.endpoints.hold(connection, endpoint=id, owner=owner)
        if isinstance(found, Refused):
            return found
        wishes = Wishes(
            url=found.url, kinds=found.kinds, version=found.version, description=found.description
        )
        if body.url is not None:
            wishes = replace(wishes, url=body.url)
        if body.events is not None:
            wishes = replace(wishes, kinds=tuple(body.events))
        if body.description is not None:
            wishes = replace(wishes, description=body.description)
        changed = await self.endpoints.change(connection, endpoint=id, owner=owner, wishes=wishes)
        if isinstance(changed, Refused) or body.enabled is None:
            return changed
        turn = self.endpoints.enable if body.enabled else self.endpoints.disable
        return await turn(connection, endpoint=id, owner=owner)

    async def _resend(
        self, connection: Connection, request: Request, endpoint: EndpointId, event: EventId
    ) -> int | Refused:
        owner = owner_of(request.principal)
        sent = await self.endpoints.resend(connection, endpoint=endpoint, event=event, owner=owner)
        return sent if isinstance(sent, Refused) else 1


async def _find(connection: Connection, request: Request, endpoint: EndpointId) -> Endpoint:
    found = await find_endpoint(connection, id=endpoint, owner=owner_of(request.principal))
    if found is None:
        raise nothing("webhook endpoint", ENDPOINT_ID.write(endpoint))
    return found


def _show(changed: Endpoint | Refused) -> Answer:
    if isinstance(changed, Refused):
        raise _refuse(changed)
    return Answer(status=HTTPStatus.OK, content=show_endpoint(changed))


def _show_created(opened: Opened | Refused) -> Answer:
    if isinstance(opened, Refused):
        raise _refuse(opened)
    return Answer(status=HTTPStatus.CREATED, content=show_opened(opened))


def _show_rotated(opened: Opened | Refused) -> Answer:
    if isinstance(opened, Refused):
        raise _refuse(opened)
    return Answer(status=HTTPStatus.OK, content=show_opened(opened))


def _refuse(refused: Refused) -> Refuse:
    return Refuse(refused.refusal, refused.detail, param=PARAMS.get(refused.refusal))


def _moment(text: str | None, *, param: str) -> int | None:
    if text is None:
        return None
    try:
        return parse_rfc3339(text)
    except NotATimestamp as error:
        raise Refuse(EdgeRefusal.INVALID_FIELD, f"{error}.", param=param) from error


def webhook_endpoint_routes(api: WebhookEndpointsApi) -> tuple[Route, ...]:
    """The calls of the chapter Webhook endpoints."""
    return (*_making(api), *_changing(api), *_telling(api))


def _making(api: WebhookEndpointsApi) -> tuple[Route, ...]:
    """Those that make and list endpoints."""
    path = "/v1/webhook_endpoints"
    return (
        Route(
            method="POST",
            path=path,
            handler=api.create,
            summary="Make a webhook endpoint",
            description="The answer has the secret to check our signatures with; it is shown this once.",
            answers={201: OpenedShape},
            who=SECRET,
            scope="webhook_endpoints:write",
            body=NewEndpoint,
            idempotent=True,
            refuses=(*WRONG, Refusal.WRONG_VERSION, Refusal.TOO_MANY),
            tag="Webhook endpoints",
        ),
        Route(
            method="GET",
            path=path,
            handler=api.list,
            summary="List webhook endpoints",
            answers={200: ListOf[EndpointShape]},
            who=SECRET,
            scope="webhook_endpoints:read",
            query=ListQuery,
            tag="Webhook endpoints",
        ),
    )


def _changing(api: WebhookEndpointsApi) -> tuple[Route, ...]:
    """Those that show, change and end one."""
    one, ids = "/v1/webhook_endpoints/{endpoint}", {"endpoint": ENDPOINT_ID}
    return (
        Route(
            method="GET",
            path=one,
            handler=api.find,
            summary="Find a webhook endpoint",
            answers={200: EndpointShape},
            who=SECRET,
            scope="webhook_endpoints:read",
            ids=ids,
            tag="Webhook endpoints",
        ),
        Route(
            method="POST",
            path=one,
            handler=api.change,
            summary="Change a webhook endpoint",
            description="What is not named stays. Disabled, it is told nothing; that can be replayed later.",
            answers={200: EndpointShape},
            who=SECRET,
            scope="webhook_endpoints:write",
            ids=ids,
            body=EndpointChange,
            idempotent=True,
            refuses=WRONG,
            tag="Webhook endpoints",
        ),
        Route(
            method="DELETE",
            path=one,
            handler=api.delete,
            summary="Delete a webhook endpoint",
            answers={200: DeletedShape},
            who=SECRET,
            scope="webhook_endpoints:write",
            ids=ids,
            tag="Webhook endpoints",
        ),
    )


def _telling(api: WebhookEndpointsApi) -> tuple[Route, ...]:
    """Those about what endpoints are told: signed with what, how it went, and again."""
    one, ids = "/v1/webhook_endpoints/{endpoint}", {"endpoint": ENDPOINT_ID}
    return (
        Route(
            method="POST",
            path=f"{one}/rotate_secret",
            handler=api.rotate_secret,
            summary="Rotate the secret",
            description="Until the overlap is over we sign with both. The new one is shown this once.",
            answers={200: OpenedShape},
            who=SECRET,
            scope="webhook_endpoints:write",
            ids=ids,
            body=Rotation,
            idempotent=True,
            refuses=(Refusal.TOO_MANY,),
            tag="Webhook endpoints",
        ),
        Route(
            method="GET",
            path=f"{one}/attempts",
            handler=api.attempts,
            summary="List attempts",
            description="How each of our calls of the last 30 days went, the newest first.",
            answers={200: ListOf[WebhookAttemptShape]},
            who=SECRET,
            scope="webhook_endpoints:read",
            ids=ids,
            query=AttemptQuery,
            tag="Webhook endpoints",
        ),
        Route(
            method="POST",
            path=f"{one}/replay",
            handler=api.replay,
            summary="Replay events",
            description="Send one event again, or in order all that the endpoint wants of a time.",
            answers={200: Replay},
            who=SECRET,
            scope="webhook_endpoints:write",
            ids=ids,
            body=NewReplay,
            idempotent=True,
            refuses=(Refusal.EVENT_NOT_FOUND, Refusal.NOT_ENABLED),
            tag="Webhook endpoints",
        ),
    )
