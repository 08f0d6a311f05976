"""All connections of a gateway: let in, looked at, and ended in order."""

import asyncio
import socket
from typing import Final

from milletpay.apps.terminal_gateway.complaints import Complaints
from milletpay.apps.terminal_gateway.connection import Connection, Patience
from milletpay.apps.terminal_gateway.exchange import Exchanging
from milletpay.apps.terminal_gateway.room import CONNECTIONS_MAX, Room
from milletpay.plumbing.clock import Clock

LOOK_SECONDS: Final = 0.5
"""How often connections are looked at."""

GRACE_SECONDS: Final = 10
"""How long the last messages may take."""

BACKLOG: Final = 4_096


class Gateway:
    """Serves terminals on a socket."""

    def __init__(
        self,
        *,
        exchanging: Exchanging,
        clock: Clock,
        patience: Patience,
        connections_max: int = CONNECTIONS_MAX,
    ) -> None:
        self._exchanging = exchanging
        self._clock = clock
        self._patience = patience
        self._room: Room[Connection] = Room(most=connections_max)
        self._ended = asyncio.Event()
        self.complaints = Complaints(clock=clock)

    async def serve(self, listener: socket.socket) -> None:
        """Serve until `end`, then answer what is under way."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(self._connection, sock=listener, backlog=BACKLOG)
        looking = asyncio.create_task(self._look())
        try:
            await self._ended.wait()
        finally:
            looking.cancel()
            server.close()
            await self._finish()

    def end(self) -> None:
        """Take no more messages; `serve` returns when all are answered."""
        self._ended.set()

    def _connection(self) -> Connection:
        return Connection(
            exchanging=self._exchanging,
            complaints=self.complaints,
            clock=self._clock,
            room=self._room,
        )

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = self._clock.monotonic_ns()
            for connection in self._room:
                connection.look(now=now, patience=self._patience)

    async def _finish(self) -> None:
        for connection in self._room:
            connection.stop()
        deadline = self._clock.monotonic_ns() + GRACE_SECONDS * 10**9
        while self._clock.monotonic_ns() < deadline:
            if all(connection.is_quiet for connection in self._room):
                break
            await asyncio.sleep(0.02)
        for connection in self._room:
            connection.close()
        # One turn, so that what was written goes out.
        await asyncio.sleep(0)
