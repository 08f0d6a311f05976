"""The API as a bare ASGI application: no framework stands between a payment and its answer."""

import json
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any, Final

from milletpay.apps.api.health import Health
from milletpay.plumbing.ids import IdSource

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

READING: Final = ("GET", "HEAD")


class Application:
    """Answers every request with `Request-Id`; refusals are `application/problem+json` (RFC 9457)."""

    def __init__(self, *, health: Health, ids: IdSource) -> None:
        self._health = health
        self._ids = ids

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        assert scope["type"] == "http", "uvicorn is configured without lifespan and without web sockets"
        answer = Answer(request_id=f"req_{self._ids.next():032x}", method=scope["method"], send=send)
        try:
            await self._route(scope, answer)
        except Exception:
            log.exception("request failed", extra={"request_id": answer.request_id, "path": scope["path"]})
            await answer.problem(HTTPStatus.INTERNAL_SERVER_ERROR, code="defect", detail=DEFECT)

    async def _route(self, scope: Scope, answer: "Answer") -> None:
        if scope["path"] != "/healthz":
            detail = f"There is nothing at {scope['path']}."
            await answer.problem(HTTPStatus.NOT_FOUND, code="not_found", detail=detail)
        elif scope["method"] not in READING:
            detail = f"/healthz is read with GET, not {scope['method']}."
            await answer.problem(
                HTTPStatus.METHOD_NOT_ALLOWED,
                code="method_not_allowed",
                detail=detail,
                allow=", ".join(READING),
            )
        else:
            trouble = await self._health.trouble()
            if trouble is None:
                await answer.give(HTTPStatus.OK, {"status": "ok"})
            else:
                await answer.problem(
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    code="database_unavailable",
                    detail=trouble,
                    retry_after="1",
                )


DEFECT: Final = "The request failed by a defect of ours. Tell us its Request-Id."


class Answer:
    """The one answer to a request."""

    def __init__(self, *, request_id: str, method: str, send: Send) -> None:
        self.request_id = request_id
        self._method = method
        self._send = send

    async def give(
        self, status: HTTPStatus, content: dict[str, Any], *, kind: str = "application/json", **headers: str
    ) -> None:
        """Send a JSON object; a header `retry_after` is written `Retry-After`."""
        body = json.dumps(content, ensure_ascii=False).encode()
        named = {
            "content_type": kind,
            "content_length": str(len(body)),
            "cache_control": "no-store",
            "request_id": self.request_id,
            **headers,
        }
        lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in named.items()]
        await self._send({"type": "http.response.start", "status": status.value, "headers": lines})
        await self._send({"type": "http.response.body", "body": b"" if self._method == "HEAD" else body})

    async def problem(self, status: HTTPStatus, *, code: str, detail: str, **headers: str) -> None:
        """Send a refusal."""
        content = {
            "type": "about:blank",
            "title": status.phrase,
            "status": status.value,
            "detail": detail,
            "code": code,
            "param": None,
            "request_id": self.request_id,
        }
        await self.give(status, content, kind="application/problem+json", **headers)
