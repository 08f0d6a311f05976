"""A wire to PostgreSQL that overhears which statements are run, in order, and can be cut at one of them."""

import asyncio
import re
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, unquote, urlsplit

HEAD = struct.Struct("!ci")
PASSED = {"BEGIN", "COMMIT", "ROLLBACK"}


class Overheard:
    """Statements by their text, as programs bind or send them."""

    def __init__(self, *, url: str) -> None:
        parts = urlsplit(url)
        options = parse_qs(parts.query)
        self._folder = options["host"][0] if "host" in options else None
        self._host = unquote(parts.hostname or "")
        self._port = int(options["port"][0]) if "port" in options else parts.port or 5432
        self._tasks: set[asyncio.Task[None]] = set()
        self.statements: list[str] = []
        self.cut_at = ""
        """Ends the session that runs a statement with this text; once."""

    @classmethod
    @asynccontextmanager
    async def on(cls, url: str) -> "AsyncIterator[tuple[Overheard, str]]":
        """Give a wire to the server of `url`, and the URL that goes through it."""
        heard = cls(url=url)
        server = await asyncio.start_server(heard._carry, "127.0.0.1", 0)
        parts = urlsplit(url)
        user = parts.netloc.rpartition("@")[0]
        port = server.sockets[0].getsockname()[1]
        try:
            yield heard, f"postgresql://{user}@127.0.0.1:{port}{parts.path}?sslmode=disable"
        finally:
            server.close()
            for task in heard._tasks:
                task.cancel()
            await asyncio.gather(*heard._tasks, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._folder is not None:
            path = f"{self._folder}/.s.PGSQL.{self._port}"
            server_reader, server_writer = await asyncio.open_unix_connection(path)
        else:
            server_reader, server_writer = await asyncio.open_connection(self._host, self._port)
        self._tasks.add(asyncio.create_task(self._pump(server_reader, writer)))
        self._tasks.add(asyncio.create_task(self._listen(reader, server_writer)))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
        writer.close()

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on message by message: what begins a session has no letter, all others have one."""
        prepared: dict[bytes, str] = {}
        with suppress(OSError, asyncio.IncompleteReadError):
            size = await reader.readexactly(4)
            writer.write(size + await reader.readexactly(int.from_bytes(size) - 4))
            while True:
                head = await reader.readexactly(HEAD.size)
                kind, length = HEAD.unpack(head)
                body = await reader.readexactly(length - 4)
                self._hear(kind, body, prepared)
                if self.cut_at and self.statements and self.cut_at in self.statements[-1]:
                    self.cut_at = ""
                    break
                writer.write(head + body)
        writer.close()

    def _hear(self, kind: bytes, body: bytes, prepared: dict[bytes, str]) -> None:
        match kind:
            case b"P":
                name, text, _ = body.split(b"\0", 2)
                prepared[name] = text.decode()
            case b"B":
                _, name, _ = body.split(b"\0", 2)
                self._note(prepared[name])
            case b"Q":
                self._note(body.rstrip(b"\0").decode())

    def _note(self, text: str) -> None:
        # Plans are made anew after so many batches, and a desk's row has its count and time as they are.
        text = re.sub(r"\(.*\)", "(...)", text.removeprefix("DISCARD PLANS; "))
        if "identity." in text:
            return  # whether keys were revoked is looked at from time to time, whoever asks
        if text.strip("; ").split(" ")[0].upper() not in PASSED:
            self.statements.append(text)
