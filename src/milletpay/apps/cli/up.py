"""`millet up`: start everything, say what runs where, and stop it in order."""

import asyncio
import socket
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import click

from milletpay import __version__
from milletpay.apps.cli.options import database_options, say
from milletpay.apps.cli.processes import Processes, listen
from milletpay.apps.server.process import MODULE, Order
from milletpay.apps.terminal_gateway.process import MODULE as GATEWAY_MODULE
from milletpay.apps.terminal_gateway.process import Order as GatewayOrder
from milletpay.apps.worker.process import MODULE as WORKER_MODULE
from milletpay.apps.worker.process import Order as WorkerOrder
from milletpay.bootstrap import Served, house_secret, serve_database
from milletpay.identity import Pepper, open_pepper
from milletpay.notifications import Reach
from milletpay.plumbing.loop import Interrupted, run
from milletpay.plumbing.settings import Settings
from milletpay.plumbing.telemetry import start_logging
from milletpay.simulation import open_town, write_demo

CONNECTIONS: Final = 8
"""Sessions that one process keeps with the database, beside its desk's."""

ANYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what they are reached by from here
"""Addresses that one listens on and nobody can be sent to."""

Watch = Callable[[], Coroutine[Any, Any, None]]
"""Watches something that runs, until cancelled; raises when it cannot be kept running."""


@click.command()
@database_options
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8420, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one."
)
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes that answer."
)
@click.option(
    "--terminal-port",
    show_default="one above --port",
    type=click.IntRange(0, 65535),
    help="Where card terminals speak ISO 8583; 0 takes a free one.",
)
@click.option("--demo", is_flag=True, help="Seed a small town of play money, and say who lives there.")
def up(
    *, settings: Settings, host: str, port: int, workers: int, terminal_port: int | None, demo: bool
) -> None:
    """Start everything: PostgreSQL unless a URL is given, the schema, the API, the pages, the rest.

    Data survives a restart. Ctrl-C and SIGTERM stop everything cleanly and wait for it.
    """
    start_logging()
    try:
        with (
            listen(host=host, port=port) as listener,
            listen(host=host, port=_beside(port, asked=terminal_port), option="--terminal-port") as terminals,
        ):
            run(_run_all(settings, listener=listener, terminals=terminals, workers=workers, demo=demo))
    except Interrupted as signal:
        say(f"Stopped ({signal}).")


def _beside(port: int, *, asked: int | None) -> int:
    """The port of the terminals."""
    if asked is not None:
        return asked
    return port + 1 if 0 < port < 65535 else 0


async def _run_all(
    settings: Settings, *, listener: socket.socket, terminals: socket.socket, workers: int, demo: bool
) -> None:
    base_url, demo_file = _base_url(listener), settings.data.absolute() / "demo.json"
    async with AsyncExitStack() as running:
        served = await running.enter_async_context(serve_database(settings, purpose="millet up", say=say))
        pepper = await open_pepper(owner_url=served.owner_url)
        if demo:
            say("Seeding the town, where that is not done yet ...")
            town = await open_town(app_url=served.app_url, pepper=pepper, base_url=base_url)
            write_demo(town, path=demo_file, gateway=_address(terminals))
        houses = _houses(
            served,
            listener=listener,
            base_url=base_url,
            pepper=pepper,
            demo_file=str(demo_file) if demo else None,
        )
        worker = _worker(served, base_url=base_url, pepper=pepper, demo=demo)
        gateway = _gateway(served, listener=terminals, pepper=pepper)
        for processes in (houses, worker, gateway):
            running.push_async_callback(processes.stop)
        running.callback(say, "Stopping: requests under way are answered first.")
        await asyncio.gather(houses.start(count=workers), worker.start(count=1), gateway.start(count=1))
        _announce(
            base_url,
            terminals=_address(terminals),
            workers=workers,
            place=served.place,
            demo_file=demo_file if demo else None,
        )
        watches = [houses.keep_running, worker.keep_running, gateway.keep_running, served.keep_running]
        await _until_one_fails([watch for watch in watches if watch is not None])


def _houses(
    served: Served, *, listener: socket.socket, base_url: str, pepper: Pepper, demo_file: str | None
) -> Processes:
    order = Order(
        app_url=served.app_url,
        listener=listener.fileno(),
        connections=CONNECTIONS,
        base_url=base_url,
        pepper=pepper.reveal(),
        demo_file=demo_file,
    )
    return Processes(name="API", module=MODULE, order=order.line(), descriptors=[listener.fileno()], say=say)


def _worker(served: Served, *, base_url: str, pepper: Pepper, demo: bool) -> Processes:
    order = WorkerOrder(
        app_url=served.app_url,
        connections=CONNECTIONS,
        base_url=base_url,
        secret=house_secret(pepper).hex(),
        reach=(Reach.NEARBY if demo else Reach.PUBLIC).name,
    )
    return Processes(name="worker", module=WORKER_MODULE, order=order.line(), descriptors=[], say=say)


def _gateway(served: Served, *, listener: socket.socket, pepper: Pepper) -> Processes:
    order = GatewayOrder(
        app_url=served.app_url,
        listener=listener.fileno(),
        connections=CONNECTIONS,
        secret=house_secret(pepper).hex(),
    )
    descriptors = [listener.fileno()]
    return Processes(
        name="terminal gateway",
        module=GATEWAY_MODULE,
        order=order.line(),
        descriptors=descriptors,
        say=say,
    )


def _base_url(listener: socket.socket) -> str:
    """What our links begin with: where we are reached from this machine."""
    return f"http://{_address(listener)}"


def _address(listener: socket.socket) -> str:
    """Where a socket is reached from this machine."""
    host, port = listener.getsockname()[:2]
    host = ANYWHERE.get(host, host)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _announce(base_url: str, *, terminals: str, workers: int, place: str, demo_file: Path | None) -> None:
    processes = "1 process" if workers == 1 else f"{workers} processes"
    click.echo(f"MilletPay {__version__} is up.")
    click.echo(f"  API       {base_url}/healthz ({processes})")
    click.echo(f"  Docs      {base_url}/docs")
    click.echo(f"  Terminals {terminals} (ISO 8583)")
    click.echo(f"  Database  {place}")
    if demo_file is not None:
        click.echo(f"  Town      {base_url}/")
        click.echo(f"  Shop      {base_url}/shop")
        click.echo(f"  Wallet    {base_url}/wallet")
        click.echo(f"  Till      {base_url}/till")
        click.echo(f"  TV        {base_url}/tv")
        click.echo(f"  Who lives there, with keys and PINs: {demo_file}")
    click.echo("Ctrl-C stops it.")


async def _until_one_fails(watches: Sequence[Watch]) -> None:
    """Run all until one raises, and raise that; the others are ended."""
    tasks = [asyncio.ensure_future(watch()) for watch in watches]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
