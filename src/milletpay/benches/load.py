"""The load of the payments' bench: connections that stay open, bytes made beforehand, every answer looked at.

It is as cheap as it can be: it runs on the same two cores as what is measured.
"""

import asyncio
from collections.abc import Iterator
from typing import Final, cast

from milletpay.plumbing.clock import Clock

CREATED: Final = b"HTTP/1.1 201 "
SUCCEEDED: Final = b'"status":"succeeded"'
LENGTH: Final = b"content-length: "
END_OF_HEAD: Final = b"\r\n\r\n"


class NotPaid(Exception):
    """An answer that is not what every answer must be; it holds the answer."""


class Load:
    """Sends requests over so many connections, on each the next when the last is answered."""

    def __init__(self, *, requests: Iterator[bytes], clock: Clock) -> None:
        self.requests = requests
        self.clock = clock
        self.latencies: list[int] = []
        """Of each request from its sending to the end of its answer, in nanoseconds."""
        self.nanoseconds = 0
        """From the first request to the last answer."""
        self._open = 0
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self, *, host: str, port: int, connections: int) -> None:
        """Send all."""
        loop = asyncio.get_running_loop()
        made = [await loop.create_connection(lambda: _Sender(self), host, port) for _ in range(connections)]
        self._open = connections
        began = self.clock.monotonic_ns()
        try:
            for _, sender in made:
                sender.send_next()
            await self._done
            self.nanoseconds = self.clock.monotonic_ns() - began
        finally:
            for transport, _ in made:
                transport.close()

    def end_one(self) -> None:
        """A connection has nothing more to send."""
        self._open -= 1
        if not self._open and not self._done.done():
            self._done.set_result(None)

    def fail(self, error: Exception) -> None:
        """Something went wrong: the run ends with that."""
        if not self._done.done():
            self._done.set_exception(error)


class _Sender(asyncio.Protocol):
    """One connection."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._now = load.clock.monotonic_ns
        self._received = b""
        self._waits = False
        self._sent_at = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep how to send."""
        # What uvloop gives is one, and does not say so.
        self._write = cast("asyncio.Transport", transport).write

    def send_next(self) -> None:
        """Send the next request, if there is one."""
        request = next(self._load.requests, None)
        if request is None:
            self._load.end_one()
            return
        self._waits = True
        self._sent_at = self._now()
        self._write(request)

    def data_received(self, data: bytes) -> None:
        """Look at an answer when it is whole: head and body may come in pieces."""
        received = self._received = self._received + data if self._received else data
        head = received.find(END_OF_HEAD)
        if head < 0:
            return
        start = received.find(LENGTH) + len(LENGTH)
        length = int(received[start : received.find(b"\r", start)])
        if len(received) < head + len(END_OF_HEAD) + length:
            return
        self._load.latencies.append(self._now() - self._sent_at)
        self._received = b""
        self._waits = False
        if not received.startswith(CREATED) or SUCCEEDED not in received:
            self._load.fail(NotPaid(received.decode(errors="replace")))
            return
        self.send_next()

    def connection_lost(self, exc: Exception | None) -> None:
        """It was closed by us, or nobody answers."""
        if self._waits:
            self._load.fail(NotPaid(f"the connection was lost: {exc}"))
