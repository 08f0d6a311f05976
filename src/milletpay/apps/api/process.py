"""One API process: started by `millet up`, told by a line on its standard input what to do.

It writes `ready` to its standard output when it answers, and ends when its standard input does.
"""

import asyncio
import json
import logging
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

import uvicorn

from milletpay.apps.api.application import make_application
from milletpay.apps.api.health import Health
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.database import Database
from milletpay.plumbing.ids import IdSource, system_entropy
from milletpay.plumbing.loop import run
from milletpay.plumbing.telemetry import start_logging

MODULE: Final = "milletpay.apps.api.process"
READY: Final = b"ready\n"
GRACE_SECONDS: Final = 10


@dataclass(frozen=True, kw_only=True)
class Order:
    """What an API process is to do; it has the database's URL with its password, and so no command line."""

    app_url: str
    listener: int
    """Descriptor of the socket to answer on."""
    connections: int
    """Sessions with the database at most."""

    def line(self) -> bytes:
        """Write the order as one line."""
        return json.dumps(asdict(self)).encode() + b"\n"


async def serve(order: Order) -> None:
    """Answer requests until standard input ends, then let those under way finish."""
    clock = SystemClock()
    database = await Database.open(order.app_url, connections=order.connections)
    health = Health(database=database, clock=clock)
    ids = IdSource(clock=clock, entropy=system_entropy)
    application = make_application(health=health, ids=ids, clock=clock)
    server = Server(
        uvicorn.Config(
            application,
            http="httptools",
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        ),
        finish=application.stop,
    )
    with socket.socket(fileno=order.listener) as listener:
        asyncio.get_running_loop().add_reader(sys.stdin, server.end)
        try:
            await server.serve(sockets=[listener])
        finally:
            await health.close()
            await database.close()


class Server(uvicorn.Server):
    """Says when it answers, and ends when it is told to."""

    def __init__(self, config: uvicorn.Config, *, finish: Callable[[], None]) -> None:
        """`finish` is called when it begins to end: answers that go on for ever are to be finished."""
        super().__init__(config)
        self._finish = finish

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        sys.stdout.buffer.write(READY)
        sys.stdout.buffer.flush()
        # Nobody reads on: what else is printed goes where the logs go.
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def end(self) -> None:
        """Let the requests under way finish; `serve` returns then."""
        asyncio.get_running_loop().remove_reader(sys.stdin)
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what goes on, then wait for the rest, however the end was asked for."""
        self._finish()
        await super().shutdown(sockets)


if __name__ == "__main__":
    start_logging()
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    run(serve(Order(**json.loads(sys.stdin.readline()))))
