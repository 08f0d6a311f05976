"""One process that serves HTTP: started by `millet up`, told by a line on its standard input what to do.

It writes `ready` to its standard output when it answers, and ends when its standard input does.
"""

import asyncio
import json
import logging
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import uvicorn

from milletpay.apps.api.application import make_application
from milletpay.apps.api.backing import Api
from milletpay.apps.api.health import Health
from milletpay.apps.api.surface import api_routes
from milletpay.apps.http.kernel import Kernel
from milletpay.apps.http.who import by_bearer
from milletpay.apps.server.wire import Wire
from milletpay.apps.web.application import page_tables
from milletpay.apps.web.backing import Backing, make_backing
from milletpay.bootstrap import House, make_terminal_secrets, make_webhooks, open_house
from milletpay.codes import key_for
from milletpay.identity import CredentialRefused, Pepper
from milletpay.notifications import Reach
from milletpay.payments import Shown
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.collecting import collected_seldom
from milletpay.plumbing.ids import system_entropy
from milletpay.plumbing.loop import run
from milletpay.plumbing.open_files import room_for_connections
from milletpay.plumbing.telemetry import start_logging

MODULE: Final = "milletpay.apps.server.process"
READY: Final = b"ready\n"
GRACE_SECONDS: Final = 10

CONNECTIONS: Final = 4_096
"""How many callers there is to be room for; those who say nothing are hung up on."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a process is to do; it has the database's URL with its password, and so no command line."""

    app_url: str = field(repr=False)
    listener: int
    """Descriptor of the socket to answer on."""
    connections: int
    """Sessions with the database at most, beside the desk's own."""
    base_url: str
    """What our links begin with."""
    pepper: str = field(repr=False)
    """As `Pepper.reveal` gives it."""
    demo_file: str | None = None
    """Where the town of a demo is written, if this is one: then codes are shown instead of sent."""

    def line(self) -> bytes:
        """Write the order as one line."""
        return json.dumps(asdict(self)).encode() + b"\n"


async def serve(order: Order) -> None:
    """Answer requests until standard input ends, then let those under way finish."""
    clock = SystemClock()
    room_for_connections(CONNECTIONS)
    async with open_house(
        order.app_url,
        pepper=Pepper.of(order.pepper),
        base_url=order.base_url,
        connections=order.connections,
        clock=clock,
    ) as house:
        health = Health(database=house.database, clock=clock)
        demo_file = None if order.demo_file is None else Path(order.demo_file)
        backing = make_backing(house, demo_file=demo_file)
        application = make_house_application(house, health=health, backing=backing)
        server = Server(_config(application), finish=application.stop)
        with collected_seldom(), socket.socket(fileno=order.listener) as listener:
            asyncio.get_running_loop().add_reader(sys.stdin, server.end)
            try:
                await server.serve(sockets=[listener])
            finally:
                await health.close()
                await backing.close()
                await house.authenticator.note_uses()


def make_house_application(house: House, *, health: Health, backing: Backing) -> Kernel:
    """Put the API and the pages on one kernel."""
    # What is checked here as an endpoint's URL is called by the worker, which reaches as far.
    reach = Reach.NEARBY if backing.is_demo else Reach.PUBLIC
    webhooks = make_webhooks(
        links=house.links, secret=house.secret, reach=reach, clock=house.clock, ids=house.ids
    )
    api = Api(
        database=house.database,
        desk=house.desk,
        clock=house.clock,
        ids=house.ids,
        entropy=system_entropy,
        shown=Shown(links=house.links),
        links=house.links,
        banks=house.banks,
        binder=house.binder,
        one_time_codes=house.one_time_codes,
        pairings=house.pairings,
        pins=house.pins,
        cashier_pins=house.cashier_pins,
        terminal_secrets=make_terminal_secrets(secret=house.secret),
        events=webhooks.events,
        endpoints=webhooks.endpoints,
        watch=backing.watch,
        presented=backing.presented,
        told=backing.told,
        code_keys=backing.code_keys,
        returns=backing.returns,
        mode=backing.mode,
        shows_codes=backing.is_demo,
    )
    return make_application(
        health=health,
        ids=house.ids,
        clock=house.clock,
        answers_key=key_for("kept answers", secret=house.secret),
        authenticate=by_bearer(house.authenticator.authenticate, refused=CredentialRefused),
        routes=api_routes(api),
        tables=page_tables(backing),
    )


def _config(application: Kernel) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        http=Wire,
        # Who asks through a proxy of this machine is read where it is asked for: see `Request.client`.
        proxy_headers=False,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


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
