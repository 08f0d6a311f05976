"""An ASGI application behind a real uvicorn on loopback, in a thread of its own, and a plain client of it."""

import asyncio
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
import uvloop

from milletpay.apps.http.kernel import Kernel
from milletpay.apps.server.wire import Wire

PATIENCE_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of a problem, which has the form of one."""
        assert self.headers["Content-Type"] == "application/problem+json"
        problem = self.json
        assert problem["status"] == self.status
        assert problem["request_id"] == self.headers["Request-Id"]
        assert problem["type"] == f"/docs/problems#{problem['code']}"
        assert problem["title"]
        assert problem["detail"]
        code: str = problem["code"]
        return code


@dataclass(frozen=True, kw_only=True)
class Served:
    port: int
    server: uvicorn.Server
    headers: dict[str, str] = field(default_factory=dict)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)

    def ask(
        self, method: str, path: str, said: object = None, *, raw: bytes | None = None, **headers: str
    ) -> Reply:
        """Send a request; `said` as JSON, or `raw` as it is. A header `x_y` is written `x-y`."""
        body = raw if said is None else json.dumps(said).encode()
        named = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        connection = self.connect()
        try:
            connection.request(method, path, body, named)
            reply = connection.getresponse()
            return Reply(status=reply.status, headers=reply.headers, body=reply.read())
        finally:
            connection.close()

    def send(self, text: bytes) -> bytes:
        """Send bytes as they are and read until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_SECONDS) as wire:
            wire.sendall(text)
            received = b""
            while part := wire.recv(65536):
                received += part
            return received


@contextmanager
def serve(application: Kernel) -> Iterator[Served]:
    """Serve an application as a process of ours does."""
    listener = socket.create_server(("127.0.0.1", 0))
    loop = uvloop.new_event_loop()
    config = uvicorn.Config(
        application,
        http=Wire,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=PATIENCE_SECONDS,
    )
    server = uvicorn.Server(config)
    started = threading.Event()

    async def run() -> None:
        # Listening begins before uvicorn does: whoever connects now is answered when it is ready.
        started.set()
        await server._serve(sockets=[listener])

    thread = threading.Thread(target=lambda: asyncio.Runner(loop_factory=lambda: loop).run(run()))
    thread.start()
    started.wait(PATIENCE_SECONDS)
    try:
        yield Served(port=listener.getsockname()[1], server=server)
    finally:
        loop.call_soon_threadsafe(application.stop)
        server.should_exit = True
        thread.join(PATIENCE_SECONDS * 2)
        listener.close()
    assert not thread.is_alive()
