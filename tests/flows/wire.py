"""A wire between us and PostgreSQL that can be cut at a chosen moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum, auto
from urllib.parse import parse_qs, unquote, urlsplit


class Cut(Enum):
    NOWHERE = auto()
    BEFORE_COMMIT = auto()
    """COMMIT does not reach the server."""
    AFTER_COMMIT = auto()
    """The server commits; its answer does not reach us."""


class Wire:
    """Forwards bytes; cuts the session that sends COMMIT, once, and can keep everyone out."""

    def __init__(self, *, url: str) -> None:
        parts = urlsplit(url)
        options = parse_qs(parts.query)
        self._folder = options["host"][0] if "host" in options else None
        self._host = unquote(parts.hostname or "")
        self._port = int(options["port"][0]) if "port" in options else parts.port or 5432
        self._tasks: set[asyncio.Task[None]] = set()
        self.cut = Cut.NOWHERE
        self.cuts = 0
        self.closed = False
        self.closed_by_cut = False

    @classmethod
    @asynccontextmanager
    async def to(cls, url: str) -> "AsyncIterator[tuple[Wire, str]]":
        """Give a wire to the server of `url`, and the URL that goes through it."""
        wire = cls(url=url)
        server = await asyncio.start_server(wire._carry, "127.0.0.1", 0)
        parts = urlsplit(url)
        user = parts.netloc.rpartition("@")[0]
        port = server.sockets[0].getsockname()[1]
        try:
            yield wire, f"postgresql://{user}@127.0.0.1:{port}{parts.path}?sslmode=disable"
        finally:
            server.close()
            for task in wire._tasks:
                task.cancel()
            await asyncio.gather(*wire._tasks, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.closed:
            writer.transport.abort()
            return
        if self._folder is not None:
            path = f"{self._folder}/.s.PGSQL.{self._port}"
            server_reader, server_writer = await asyncio.open_unix_connection(path)
        else:
            server_reader, server_writer = await asyncio.open_connection(self._host, self._port)
        down = asyncio.create_task(self._pump(server_reader, writer))
        up = asyncio.create_task(self._watch(reader, server_writer, server_reader, writer, down))
        self._tasks |= {up, down}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
        writer.close()

    async def _watch(
        self,
        reader: asyncio.StreamReader,
        server_writer: asyncio.StreamWriter,
        server_reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        down: "asyncio.Task[None]",
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                if b"; COMMIT" in data and self.cut is not Cut.NOWHERE:
                    how, self.cut = self.cut, Cut.NOWHERE
                    self.cuts += 1
                    self.closed = self.closed_by_cut
                    down.cancel()
                    await asyncio.wait([down])
                    if how is Cut.AFTER_COMMIT:
                        server_writer.write(data)
                        await server_reader.read(65536)
                    break
                server_writer.write(data)
        server_writer.close()
        writer.transport.abort()
