"""The body of a request, taken off the wire: not more of it than is allowed, and not for ever."""

import asyncio
from contextlib import suppress
from typing import Any, Final

from milletpay.apps.http.asgi import Headers, Receive, Scope
from milletpay.apps.http.refusals import EdgeRefusal, Refuse

WHOLE: Final[dict[str, dict[object, object]]] = {"milletpay.whole": {}}
"""A server makes these a scope's extensions when the whole body is there: then nothing is waited for."""

BODY_SECONDS: Final = 30
LINGER_BYTES: Final = 32_000_000
LINGER_SECONDS: Final = 5


class ClientGone(Exception):
    """The caller went away before the request was complete: there is nobody to answer."""


async def read_body(scope: Scope, receive: Receive, headers: Headers, *, most: int) -> bytes:
    """Read the whole body. Refused when it is larger than `most` bytes, or does not arrive."""
    announced = headers.get(b"content-length")
    if announced is not None and len(announced) > 5 and int(announced) > most:
        raise _too_large(most, more=True)
    if scope.get("extensions") is WHOLE:
        return _whole(await receive(), most=most)
    try:
        # Also its first part: a body that never begins is waited for no longer than one that never ends.
        async with asyncio.timeout(BODY_SECONDS):
            message = await receive()
            if message.get("more_body"):
                return await _read_on(receive, _part(message), most=most)
    except TimeoutError:
        late = f"The body was not complete after {BODY_SECONDS} s."
        raise Refuse(EdgeRefusal.BODY_TOO_SLOW, late, headers=CLOSE) from None
    return _whole(message, most=most)


async def linger(receive: Receive) -> None:
    """After a refusal: let the caller finish sending for a while, so that it comes to read the answer."""
    size = 0
    with suppress(TimeoutError, ClientGone):
        async with asyncio.timeout(LINGER_SECONDS):
            while size < LINGER_BYTES:
                message = await receive()
                size += len(_part(message))
                if not message.get("more_body"):
                    return


async def _read_on(receive: Receive, first: bytes, *, most: int) -> bytes:
    body = bytearray(first)
    more = True
    while more or len(body) > most:
        if len(body) > most:
            raise _too_large(most, more=more)
        message = await receive()
        body += _part(message)
        more = message.get("more_body", False)
    return bytes(body)


def _whole(message: Any, *, most: int) -> bytes:  # noqa: ANN401 - a message of ASGI
    body = _part(message)
    if len(body) > most:
        raise _too_large(most, more=False)
    return body


def _part(message: Any) -> bytes:  # noqa: ANN401 - a message of ASGI
    if message["type"] == "http.disconnect":
        raise ClientGone
    part: bytes = message["body"]
    return part


CLOSE: Final = ((b"connection", b"close"),)
"""What is left of the body is not read as the next request."""


def _too_large(most: int, *, more: bool) -> Refuse:
    return Refuse(
        EdgeRefusal.BODY_TOO_LARGE,
        f"The body is larger than {most} bytes, the most here.",
        headers=CLOSE if more else (),
    )
