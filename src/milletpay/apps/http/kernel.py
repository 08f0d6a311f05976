"""The kernel: from a request to its answer, the same way for every route."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from http import HTTPStatus
from types import CoroutineType
from typing import Any, Final, NoReturn, cast

import msgspec

from milletpay.apps.http.answers import JSON, PROBLEM, Answer
from milletpay.apps.http.asgi import HeaderLine, Receive, Scope, Send
from milletpay.apps.http.bodies import CLOSE, ClientGone, linger, read_body
from milletpay.apps.http.cross_origin import preflight, readable_by_page
from milletpay.apps.http.endpoints import Endpoint, Paths, headers_of
from milletpay.apps.http.open_streams import OF_A_CREDENTIAL, OF_AN_ADDRESS, End, OpenStreams
from milletpay.apps.http.problems import DEFECT, Problem, ProblemKind, Problems
from milletpay.apps.http.rates import RateLimits
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request, look_at_key
from milletpay.apps.http.routes import Surface, Table
from milletpay.apps.http.shapes import Output
from milletpay.apps.http.streams import EventStream
from milletpay.apps.http.who import Principal
from milletpay.plumbing.clock import Clock
from milletpay.plumbing.database import DatabaseUnavailable
from milletpay.plumbing.ids import IdSource

log = logging.getLogger(__name__)

STREAM: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    # A proxy that collects the answer before it passes it on would make it useless.
    (b"x-accel-buffering", b"no"),
)

DECIDING: Final = frozenset(
    (b"authorization", b"idempotency-key", b"x-api-version", b"content-length", b"content-type", b"cookie")
)
"""Headers of which a second one would be ambiguous."""

_encode = msgspec.json.Encoder().encode


class Kernel:
    """An ASGI application that serves tables of routes."""

    def __init__(
        self, *, tables: Sequence[Table], problems: Problems, ids: IdSource, clock: Clock, answers_key: bytes
    ) -> None:
        """`answers_key` is the secret under which requests with a key are known again, in every process."""
        self._answers_key = answers_key
        self.tables = tuple(tables)
        """What is served, for documents and tests."""
        self._paths = Paths(tables)
        self._problems = problems
        self._ids = ids
        self._rates = RateLimits(clock=clock)
        self._streams = OpenStreams()

    def stop(self) -> None:
        """End the answers that go on for ever, so that a server can stop; all others are finished."""
        self._streams.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        assert scope["type"] == "http", "the server is configured without lifespan and without web sockets"
        request = Request(scope, self._ids.next(), answers_key=self._answers_key)
        extra: list[HeaderLine] = []
        endpoint = None
        try:
            found = self._paths.find(scope["path"])
            endpoint = None if found is None else found.methods.get(scope["method"])
            if found is None or endpoint is None:
                answer = _elsewhere(scope, {} if found is None else found.methods)
            else:
                if endpoint.page_keys:
                    extra += readable_by_page(scope, page_keys=endpoint.page_keys)
                said = await self._serve(request, endpoint, found.captured, receive, extra)
                if type(said) is EventStream:
                    await self._stream(said, request, endpoint, receive, send, extra=extra)
                    return
                answer = _as_answer(said, endpoint)
        except ClientGone:
            return
        except Exception as error:  # noqa: BLE001 - every request is answered; a defect is logged
            surface = self._paths.surface_of(scope["path"]) if endpoint is None else endpoint.surface
            answer = self._refused(error, request, surface)
        content = answer.content
        body = content if type(content) is bytes else _encode(content)
        headers = [
            (b"content-type", answer.media),
            (b"content-length", b"%d" % len(body)),
            (b"request-id", request.request_id.encode()),
            *(headers_of(self._paths.surface_of(scope["path"])) if endpoint is None else endpoint.headers),
            *extra,
            *answer.headers,
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        if answer.headers == CLOSE:
            # The whole answer is sent, and the end of it kept back until the caller has finished sending.
            await send({"type": "http.response.body", "body": body, "more_body": True})
            if b"expect" not in request.headers:
                await linger(receive)
            body = b""
        await send({"type": "http.response.body", "body": body})

    async def _serve(
        self,
        request: Request,
        endpoint: Endpoint,
        captured: Sequence[str],
        receive: Receive,
        extra: list[HeaderLine],
    ) -> Output | Answer | EventStream:
        """Look at everything that can be refused, in one column, then call the handler."""
        scope = request.scope
        lines = scope["headers"]
        headers = request.headers = dict(lines)
        if len(headers) != len(lines):
            _refuse_doubles(lines)
        surface = endpoint.surface
        if b"x-api-version" in headers:
            _refuse_other_version(headers[b"x-api-version"], surface)
        if endpoint.who:
            shown = surface.authenticate(headers)
            # A check of the class alone, which is all that a coroutine of Python needs and costs nothing.
            if isinstance(shown, CoroutineType):
                shown = await shown
            principal = request.principal = cast("Principal", shown)
            if principal.rate is not None:
                extra += self._rates.take(principal.credential, principal.rate)
            if principal.kind not in endpoint.who or not (
                principal.scopes is None or endpoint.scope is None or endpoint.scope in principal.scopes
            ):
                _refuse_forbidden(principal, endpoint)
        elif surface.rate_of_anyone is not None:
            extra += self._rates.take(request.client, surface.rate_of_anyone)
        if b"idempotency-key" in headers:
            look_at_key(headers[b"idempotency-key"])
        arguments = endpoint.arguments(captured) if captured else {}
        query = scope["query_string"]
        if endpoint.wants_query:
            arguments["query"] = endpoint.read_query(query)  # type: ignore[misc]  # it has one
        elif query and endpoint.read_query is not None:
            endpoint.read_query(query)
        if endpoint.read_body is not None:
            raw = request.raw = await read_body(scope, receive, headers, most=endpoint.body_max)
            body = endpoint.read_body(raw)
            if endpoint.gives_body:
                arguments["body"] = body
        return await endpoint.handler(request, **arguments)

    async def _stream(
        self,
        stream: EventStream,
        request: Request,
        endpoint: Endpoint,
        receive: Receive,
        send: Send,
        *,
        extra: Sequence[HeaderLine],
    ) -> None:
        """Answer with events, for as long as the credential is good by which they were asked for."""

        async def may_go_on() -> bool:
            return not endpoint.who or await _is_good(request, endpoint.surface)

        identity = (b"request-id", request.request_id.encode())
        headers = [*STREAM, identity, *endpoint.headers, *extra]
        await send({"type": "http.response.start", "status": HTTPStatus.OK.value, "headers": headers})
        try:
            with self._open_stream(request, endpoint) as end:
                await stream.run(receive=receive, send=send, end=end, may_go_on=may_go_on)
        except Exception as error:  # noqa: BLE001 - the head is sent: whoever follows comes back for the rest
            if self._problems.of_error(error) is DEFECT:
                self._log_defect("stream broke", error, request)
            await send({"type": "http.response.body", "body": b""})

    def _open_stream(self, request: Request, endpoint: Endpoint) -> AbstractContextManager[End]:
        """Count the stream with those of its credential; with those of its address where many share one."""
        if not endpoint.who:
            return self._streams.begin(request.client, most=OF_AN_ADDRESS)
        principal, keys = request.principal, endpoint.surface.page_keys
        if keys is not None and principal.kind == keys.kind:
            return self._streams.begin((principal.credential, request.client), most=OF_AN_ADDRESS)
        return self._streams.begin(principal.credential, most=OF_A_CREDENTIAL)

    def _log_defect(self, what: str, error: Exception, request: Request) -> None:
        log.error(what, exc_info=error, extra={"request_id": request.request_id, "path": request.path})

    def _refused(self, error: Exception, request: Request, surface: Surface) -> Answer:
        if isinstance(error, Refuse):
            return _problem(
                self._problems.of(error.refusal),
                error.detail,
                request,
                surface,
                param=error.param,
                object=error.object,
                headers=error.headers,
            )
        kind = self._problems.of_error(error)
        if kind is DEFECT:
            self._log_defect("request failed", error, request)
        # What an exception says is for us: it may name what is inside.
        return _problem(kind, kind.advice, request, surface)


async def _is_good(request: Request, surface: Surface) -> bool:
    """Whether the credential of a request is still one; a database that is away ends nothing."""
    try:
        shown = surface.authenticate(request.headers)
        if isinstance(shown, CoroutineType):
            await shown
    except Refuse:
        return False
    except DatabaseUnavailable:
        pass
    return True


def _as_answer(said: Any, endpoint: Endpoint) -> Answer:  # noqa: ANN401 - what a handler gave back
    """What the handler said, seen to be what its route promises."""
    answer = said if type(said) is Answer else Answer(status=endpoint.status, content=said)
    content = answer.content
    if type(content) is not bytes:
        shape = endpoint.shapes.get(answer.status)
        assert shape is not None, f"{endpoint.route.path} answers {answer.status}, which it does not promise"
        assert isinstance(content, shape), f"{endpoint.route.path} answers a {type(content).__name__}"
        if answer.status == HTTPStatus.PAYMENT_REQUIRED and answer.media is JSON:
            return Answer(status=answer.status, content=content, media=PROBLEM, headers=answer.headers)
    return answer


def _problem(
    kind: ProblemKind,
    detail: str,
    request: Request,
    surface: Surface,
    *,
    param: str | None = None,
    object: str | None = None,  # noqa: A002 - as in the answer
    headers: tuple[HeaderLine, ...] = (),
) -> Answer:
    problem = Problem(
        type=kind.type,
        title=kind.title,
        status=kind.status,
        detail=detail,
        code=kind.code,
        param=param,
        request_id=request.request_id,
        object=msgspec.UNSET if object is None else object,
    )
    if kind.retry_seconds is not None:
        headers = (*headers, (b"retry-after", b"%d" % kind.retry_seconds))
    if surface.show_problem is not None:
        shown = surface.show_problem(problem, request)
        return Answer(
            status=shown.status,
            content=shown.content,
            media=shown.media,
            headers=(*shown.headers, *headers),
        )
    return Answer(status=kind.status.value, content=problem, media=PROBLEM, headers=headers)


def _elsewhere(scope: Scope, methods: Mapping[str, Endpoint]) -> Answer:
    """Answer a browser that asks before it calls; refuse everybody else what is not there."""
    answer = preflight(scope, methods)
    if answer is not None:
        return answer
    path, method = scope["path"], scope["method"]
    if not methods:
        raise Refuse(EdgeRefusal.NOT_FOUND, f"There is nothing at {path[:200]}.")
    allow = ", ".join(methods)
    raise Refuse(
        EdgeRefusal.METHOD_NOT_ALLOWED,
        f"{path[:200]} takes {allow}, not {method}.",
        headers=((b"allow", allow.encode()),),
    )


def _refuse_doubles(lines: Sequence[HeaderLine]) -> None:
    seen = set()
    for name, _ in lines:
        if name in seen and name in DECIDING:
            raise Refuse(EdgeRefusal.HEADER_DOUBLED, f"{name.decode()} was sent more than once.")
        seen.add(name)


def _refuse_other_version(asked: bytes, surface: Surface) -> None:
    version = asked.decode("latin-1")
    if surface.versions and version not in surface.versions:
        raise Refuse(
            EdgeRefusal.VERSION_UNKNOWN,
            f"There is no version {version[:40]!r} of the API; there is {', '.join(surface.versions)}.",
            param="X-Api-Version",
        )


def _refuse_forbidden(principal: Principal, endpoint: Endpoint) -> NoReturn:
    route = endpoint.route
    if principal.kind not in endpoint.who:
        kinds = " or ".join(sorted(route.who)).replace("_", " ")
        raise Refuse(
            EdgeRefusal.CREDENTIAL_NOT_ALLOWED,
            f"{route.method} {route.path} takes a {kinds}, not a {principal.kind.replace('_', ' ')}.",
        )
    raise Refuse(EdgeRefusal.SCOPE_MISSING, f"The key lacks the permission {route.scope}.")
