"""Server-sent events: an answer that goes on, for what changes while somebody looks."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from milletpay.apps.http.asgi import Receive, Send
from milletpay.apps.http.open_streams import End
from milletpay.apps.http.shapes import Output

HEARTBEAT_SECONDS: Final = 15
RETRY_MILLISECONDS: Final = 1000
BEAT: Final = b": still here\n\n"

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerEvent:
    """One event. Whoever comes back sends the `id` of the last one that was seen as `Last-Event-ID`."""

    kind: str
    data: Output
    id: str | None = None


class EventStream:
    """What a handler gives back to tell a caller of events until they end, the caller goes, or we stop."""

    def __init__(
        self, events: AsyncIterator[ServerEvent], *, heartbeat_seconds: float = HEARTBEAT_SECONDS
    ) -> None:
        """`events` is closed in any case; a caller that is told nothing for a while gets a heartbeat."""
        self._events = events
        self._heartbeat = heartbeat_seconds

    async def run(
        self,
        *,
        receive: Receive,
        send: Send,
        end: End,
        may_go_on: Callable[[], Awaitable[bool]],
    ) -> None:
        """Send the body of the answer until the `end` has come; before each piece `may_go_on` is asked."""
        gone = asyncio.ensure_future(_gone(receive))
        stop = asyncio.ensure_future(end.wait())
        upcoming: asyncio.Future[ServerEvent | None] = asyncio.ensure_future(self._next())
        try:
            await _write(send, b"retry: %d\n\n" % RETRY_MILLISECONDS)
            while not (gone.done() or stop.done()):
                waits: set[asyncio.Future[Any]] = {gone, stop, upcoming}
                await asyncio.wait(waits, timeout=self._heartbeat, return_when=asyncio.FIRST_COMPLETED)
                if not await may_go_on():
                    break
                if not upcoming.done():
                    await _write(send, BEAT)
                    continue
                event = upcoming.result()
                if event is None:
                    break
                await _write(send, _lines(event))
                upcoming = asyncio.ensure_future(self._next())
        finally:
            for task in (gone, stop, upcoming):
                task.cancel()
            await asyncio.gather(gone, stop, upcoming, return_exceptions=True)
            if (close := getattr(self._events, "aclose", None)) is not None:
                await close()
        if end.away_milliseconds is not None:
            await _write(send, b"retry: %d\n\n" % end.away_milliseconds)
        await send({"type": "http.response.body", "body": b""})

    async def _next(self) -> ServerEvent | None:
        return await anext(self._events, None)


def _lines(event: ServerEvent) -> bytes:
    # JSON of msgspec has no line ends, so it is one line of data.
    named = b"" if event.id is None else b"id: %s\n" % event.id.encode()
    return b"%sevent: %s\ndata: %s\n\n" % (named, event.kind.encode(), _encode(event.data))


async def _write(send: Send, chunk: bytes) -> None:
    await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
