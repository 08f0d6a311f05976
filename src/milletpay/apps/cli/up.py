"""`millet up`: start everything, say what runs where, and stop it in order."""

import asyncio
import socket
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from typing import Any, Final

import click

from milletpay import __version__
from milletpay.apps.api.process import MODULE, Order
from milletpay.apps.cli.options import database_options, say
from milletpay.apps.cli.processes import Processes, listen
from milletpay.bootstrap import serve_database
from milletpay.plumbing.loop import Interrupted, run
from milletpay.plumbing.settings import Settings
from milletpay.plumbing.telemetry import start_logging

CONNECTIONS: Final = 8
"""Sessions that one API process keeps with the database."""

Watch = Callable[[], Coroutine[Any, Any, None]]
"""Watches something that runs, until cancelled; raises when it cannot be kept running."""


@click.command()
@database_options
@click.option("--host", default="127.0.0.1", show_default=True, help="Address that the API listens on.")
@click.option(
    "--port", default=8420, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one."
)
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="API processes to run."
)
@click.option("--demo", is_flag=True, help="Seed the demo town (not part of this version yet).")
def up(*, settings: Settings, host: str, port: int, workers: int, demo: bool) -> None:
    """Start everything: PostgreSQL unless a URL is given, the schema, the API.

    Data survives a restart. Ctrl-C and SIGTERM stop everything cleanly and wait for it.
    """
    start_logging()
    if demo:
        say("--demo: the demo town is not part of this version yet. Everything starts without it.")
    try:
        with listen(host=host, port=port) as listener:
            run(_run_all(settings, listener=listener, workers=workers))
    except Interrupted as signal:
        say(f"Stopped ({signal}).")


async def _run_all(settings: Settings, *, listener: socket.socket, workers: int) -> None:
    async with AsyncExitStack() as running:
        served = await running.enter_async_context(serve_database(settings, purpose="millet up", say=say))
        order = Order(app_url=served.app_url, listener=listener.fileno(), connections=CONNECTIONS)
        api = Processes(
            name="API", module=MODULE, order=order.line(), descriptors=[listener.fileno()], say=say
        )
        running.push_async_callback(api.stop)
        running.callback(say, "Stopping: requests under way are answered first.")
        await api.start(count=workers)
        _announce(listener, workers=workers, place=served.place)
        watches = [api.keep_running, served.keep_running]
        await _until_one_fails([watch for watch in watches if watch is not None])


def _announce(listener: socket.socket, *, workers: int, place: str) -> None:
    host, port = listener.getsockname()[:2]
    address = f"[{host}]" if ":" in host else host
    processes = "1 process" if workers == 1 else f"{workers} processes"
    click.echo(f"MilletPay {__version__} is up.")
    click.echo(f"  API       http://{address}:{port}/healthz ({processes})")
    click.echo(f"  Database  {place}")
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
