"""The wire: what is said to one caller within one turn of the loop goes out in one write.

uvicorn writes the head of an answer, then its body: two calls of the system, two packets, and a caller that
is woken twice. On loopback that is a tenth of what a payment costs.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from milletpay.apps.http.bodies import WHOLE

HEAD_SECONDS: Final = 15
"""How long a caller may take to say what it wants: from the first byte, or from when it came."""


class Wire(HttpToolsProtocol):
    """uvicorn's protocol over a transport that collects, which hangs up on who never says what it wants."""

    _in_head = True
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with a collecting transport in place of the one that was given."""
        collecting = Collecting(cast("asyncio.Transport", transport), loop=self.loop)
        super().connection_made(cast("asyncio.Transport", collecting))
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._had_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in a piece. A head that came in one piece, as nearly all do, is never waited for."""
        super().data_received(data)
        if self._in_head and self._late is None:
            self._wait_for_head()

    def on_message_begin(self) -> None:
        """A head begins."""
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._had_head()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The body is there too: whoever reads it need not watch the time."""
        super().on_message_complete()
        self.scope["extensions"] = WHOLE

    def _wait_for_head(self) -> None:
        self._late = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _had_head(self) -> None:
        self._in_head = False
        if self._late is not None:
            self._late.cancel()
            self._late = None


class Collecting:
    """A transport that writes at the end of a turn what was written in it."""

    def __init__(self, transport: asyncio.Transport, *, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._call_soon: Callable[..., Any] = loop.call_soon
        self._waiting: list[bytes] = []
        self.is_closing = transport.is_closing
        self.get_extra_info = transport.get_extra_info
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading

    def write(self, data: bytes) -> None:
        """Write it with what else comes now."""
        if not self._waiting:
            self._call_soon(self._flush)
        self._waiting.append(data)

    def close(self) -> None:
        """Close when all is written."""
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._waiting.clear()
        self._transport.abort()

    def _flush(self) -> None:
        waiting = self._waiting
        if waiting:
            self._transport.write(waiting[0] if len(waiting) == 1 else b"".join(waiting))
            waiting.clear()
