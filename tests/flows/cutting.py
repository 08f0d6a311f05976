"""A line between a till and the server that is cut at random: before, within and after requests."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from random import Random

LATE_SECONDS = 1
"""How late a request can arrive."""


class CuttingLine:
    """Carries one request a connection. `cuts` says how often which part of the way was cut."""

    def __init__(self, *, port: int, chance: Random, rate: float, late: float) -> None:
        self._port = port
        self._chance = chance
        self.rate = rate
        self._late = late
        self.is_mute = False
        """Whether no answer comes back, though every request arrives."""
        self.is_down = False
        """Whether nothing gets through at all."""
        self.seen = Counter[str]()
        """How many requests were "asked", and how many of them the server has "answered"."""
        self.cuts = Counter[str]()
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    @asynccontextmanager
    async def to(
        cls, port: int, *, chance: Random, rate: float, late: float = 0.1
    ) -> "AsyncIterator[tuple[CuttingLine, int]]":
        """A line to a port of this machine, and the port where it begins.

        Such a share of requests is cut, and such a share of these only arrives late.
        """
        line = cls(port=port, chance=chance, rate=rate, late=late)
        server = await asyncio.start_server(line._accept, "127.0.0.1", 0)
        try:
            yield line, server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for task in line._tasks:
                task.cancel()
            await asyncio.gather(*line._tasks, return_exceptions=True)

    async def rest(self) -> None:
        """Wait until nothing is under way any more: also what was late has arrived, and was answered."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with suppress(OSError, EOFError):
            await self._carry(reader, writer)
        writer.transport.abort()
        self._tasks.discard(task)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_down:
            return
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line[:15] == b"content-length:"), 0
        )
        self.seen["asked"] += 1
        request = head + await reader.readexactly(length)
        fate = self._chance.random() / self.rate if self.rate else 1
        is_late = fate < 1 and self._chance.random() < self._late
        if fate < 0.33 and not is_late:
            self.cuts["request lost"] += 1
            return
        if is_late:
            # The till gives up; the request still arrives, when nobody expects it.
            self.cuts["request late"] += 1
            writer.transport.abort()
            await asyncio.sleep(self._chance.random() * LATE_SECONDS)
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        back.write(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
        answer = await there.read()
        back.close()
        self.seen["answered"] += 1
        if fate < 0.66 or self.is_mute:
            self.cuts["answer lost"] += 1
            return
        if fate < 1:
            self.cuts["answer cut"] += 1
            answer = answer[: len(answer) // 2]
        writer.write(answer)
        await writer.drain()
        writer.close()
