"""A plain client of HTTP that asks many things at once: a connection for each request, JSON both ways."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PATIENCE_SECONDS = 30


class NoAnswer(Exception):
    """The connection ended before the whole answer had come: what became of the request is not known."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def is_again(self) -> bool:
        """Whether it says that it was given before."""
        return self.headers.get("idempotent-replayed") == "true"

    @property
    def code(self) -> str:
        """The code of a problem, which has the form of one."""
        assert self.headers["content-type"] == "application/problem+json", self
        problem = self.json
        assert problem["status"] == self.status
        assert {"type", "title", "detail", "param", "request_id"} <= set(problem)
        code: str = problem["code"]
        return code


@dataclass(frozen=True, kw_only=True)
class Client:
    """Asks one address, with one credential."""

    port: int
    token: str = ""

    async def post(self, path: str, said: object = None, *, key: str = "", raw: bytes | None = None) -> Reply:
        headers = {"Idempotency-Key": key} if key else {}
        return await self.ask("POST", path, said, raw=raw, headers=headers)

    async def get(self, path: str) -> Reply:
        return await self.ask("GET", path)

    async def ask(
        self,
        method: str,
        path: str,
        said: object = None,
        *,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send `said` as JSON, or `raw` as it is."""
        body = json.dumps(said).encode() if said is not None else raw or b""
        lines = {"Host": "here", "Connection": "close", "Content-Length": str(len(body)), **(headers or {})}
        if self.token and "Authorization" not in lines:
            lines["Authorization"] = f"Bearer {self.token}"
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return read_reply(await self.send(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body))

    async def send(self, text: bytes) -> bytes:
        """Send bytes as they are and read until the server closes."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                try:
                    writer.write(text)
                    return await reader.read()
                finally:
                    writer.transport.abort()
            except OSError as error:
                raise NoAnswer(str(error)) from error


def read_reply(text: bytes) -> Reply:
    """The answer in what came over the wire."""
    head, end, body = text.partition(b"\r\n\r\n")
    if not end:
        raise NoAnswer(f"{len(text)} bytes")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if len(body) != int(headers.get("content-length", 0)):
        raise NoAnswer(f"{len(body)} bytes of a body of {headers.get('content-length')}")
    return Reply(status=int(first.split(" ")[1]), headers=headers, body=body)
