"""Calls from pages of other sites: with the one kind of key that everybody may read, and with no other.

A browser asks first (the preflight, without a credential), then tells the page the answer only if we say so.
We say so on routes that take such a key, and there only to whoever shows one: an answer to a secret key is
read by no page, so that nobody puts one into a page and sees it work.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from milletpay.apps.http.answers import Answer
from milletpay.apps.http.asgi import HeaderLine, Scope
from milletpay.apps.http.endpoints import Endpoint

SENT: Final = b"authorization, content-type, idempotency-key, last-event-id, x-api-version"
READ: Final = b"idempotent-replayed, request-id, retry-after, x-api-version"
REMEMBERED_SECONDS: Final = 3600

TO_ANY_PAGE: Final = (b"access-control-allow-origin", b"*")
READABLE: Final = (TO_ANY_PAGE, (b"access-control-expose-headers", READ))


def preflight(scope: Scope, methods: Mapping[str, Endpoint]) -> Answer | None:
    """Answer a browser that asks whether a page may call one of these endpoints; None where it may not."""
    if scope["method"] != "OPTIONS":
        return None
    asked = dict(scope["headers"]).get(b"access-control-request-method", b"").decode("latin-1")
    endpoint = methods.get(asked)
    if endpoint is None or not endpoint.page_keys:
        return None
    headers = (
        TO_ANY_PAGE,
        (b"access-control-allow-methods", asked.encode("latin-1")),
        (b"access-control-allow-headers", SENT),
        (b"access-control-max-age", b"%d" % REMEMBERED_SECONDS),
    )
    return Answer(status=HTTPStatus.NO_CONTENT, content=b"", headers=headers)


def readable_by_page(scope: Scope, *, page_keys: bytes) -> tuple[HeaderLine, ...]:
    """What lets a page read the answer, if the request shows a key that begins so, valid or not."""
    shown = dict(scope["headers"]).get(b"authorization", b"")
    kind, _, token = shown.partition(b" ")
    return READABLE if kind.lower() == b"bearer" and token.strip().startswith(page_keys) else ()
