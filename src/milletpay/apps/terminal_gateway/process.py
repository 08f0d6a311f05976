"""One process that serves terminals: started by `millet up`, told by a line on its standard input what to do.

It writes `ready` to its standard output when it listens, and ends when its standard input does.
"""

import asyncio
import json
import socket
import sys
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from typing import Final

from milletpay.apps.terminal_gateway.connection import Patience
from milletpay.apps.terminal_gateway.exchange import Exchanging
from milletpay.apps.terminal_gateway.gateway import Gateway
from milletpay.apps.terminal_gateway.knowing import Terminals
from milletpay.apps.terminal_gateway.room import CONNECTIONS_MAX
from milletpay.bootstrap import make_terminal_secrets, open_desk
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.collecting import collected_seldom
from milletpay.plumbing.database import Database
from milletpay.plumbing.ids import IdSource, system_entropy
from milletpay.plumbing.loop import run
from milletpay.plumbing.open_files import room_for_connections
from milletpay.plumbing.telemetry import start_logging

MODULE: Final = "milletpay.apps.terminal_gateway.process"
READY: Final = b"ready\n"


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a process is to do; it has the database's URL with its password, and so no command line."""

    app_url: str = field(repr=False)
    listener: int
    """Descriptor of the socket to answer on."""
    connections: int
    """Sessions with the database at most, beside the desk's own."""
    secret: str = field(repr=False)
    """The secret of the house, in hexadecimal digits."""

    def line(self) -> bytes:
        """Write the order as one line."""
        return json.dumps(asdict(self)).encode() + b"\n"


async def serve(order: Order) -> None:
    """Serve terminals until standard input ends, then answer what is under way."""
    clock = SystemClock()
    ids = IdSource(clock=clock, entropy=system_entropy)
    secret = bytes.fromhex(order.secret)
    async with AsyncExitStack() as opened:
        database = await Database.open(order.app_url, connections=order.connections)
        opened.push_async_callback(database.close)
        desk = await opened.enter_async_context(open_desk(database, secret=secret, clock=clock, ids=ids))
        terminals = Terminals(database=database, secrets=make_terminal_secrets(secret=secret), clock=clock)
        gateway = Gateway(
            exchanging=Exchanging(desk=desk, terminals=terminals, clock=clock, ids=ids),
            clock=clock,
            patience=Patience(),
            connections_max=room_for_connections(CONNECTIONS_MAX),
        )

        def end() -> None:
            asyncio.get_running_loop().remove_reader(sys.stdin)
            gateway.end()

        asyncio.get_running_loop().add_reader(sys.stdin, end)
        with collected_seldom(), socket.socket(fileno=order.listener) as listener:
            listener.listen()
            sys.stdout.buffer.write(READY)
            sys.stdout.buffer.flush()
            await gateway.serve(listener)


if __name__ == "__main__":
    start_logging()
    run(serve(Order(**json.loads(sys.stdin.readline()))))
