"""All connections of a gateway: let in, looked at, and ended in order."""

import asyncio
import socket
from typing import Final

from milletpay.apps.terminal_gateway.complaints import Complaints
from milletpay.apps.terminal_gateway.connection import Connection, Patience
from milletpay.apps.terminal_gateway.exchange import Exchanging
from milletpay.plumbing.clock import Clock

CONNECTIONS_MAX: Final = 4_096
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
        self._most = connections_max
        self._connections: set[Connection] = set()
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
            connections=self._connections,
            most=self._most,
        )

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = self._clock.monotonic_ns()
            for connection in list(self._connections):
                connection.look(now=now, patience=self._patience)

    async def _finish(self) -> None:
        for connection in self._connections:
            connection.stop()
        deadline = self._clock.monotonic_ns() + GRACE_SECONDS * 10**9
        while self._clock.monotonic_ns() < deadline:
            if all(connection.is_quiet for connection in self._connections):
                break
            await asyncio.sleep(0.02)
        for connection in list(self._connections):
            connection.close()
        # One turn, so that what was written goes out.
        await asyncio.sleep(0)
