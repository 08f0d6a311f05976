"""`millet up`: start everything, say what runs where, and stop it in order."""

import asyncio
import socket
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any

import click

from milletpay import __version__
from milletpay.apps.api.process import Order
from milletpay.apps.cli.api_processes import ApiProcesses, listen
from milletpay.apps.cli.options import database_options, say
from milletpay.plumbing.embedded import EmbeddedServer
from milletpay.plumbing.loop import Interrupted, run
from milletpay.plumbing.migration import migrate
from milletpay.plumbing.settings import Settings
from milletpay.plumbing.telemetry import start_logging

CONNECTIONS = 8
"""Sessions that one API process keeps with the database."""


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
        watches: list[Coroutine[Any, Any, None]] = []
        if settings.database_url is None:
            server = await EmbeddedServer.start(settings.data, purpose="millet up", say=say)
            running.push_async_callback(server.stop)
            watches.append(server.keep_running())
            owner_url, where = (
                server.url,
                f"PostgreSQL {server.binaries.version} in {server.places.directory}",
            )
        else:
            owner_url, where = settings.database_url, "the server of --database-url"
        app_url = await migrate(owner_url=owner_url, app_url=settings.app_database_url)
        order = Order(app_url=app_url, listener=listener.fileno(), connections=CONNECTIONS)
        api = ApiProcesses(listener=listener, order=order, say=say)
        running.push_async_callback(api.stop)
        running.callback(say, "Stopping: requests under way are answered first.")
        await api.start(count=workers)
        watches.append(api.keep_running())
        _announce(listener, workers=workers, where=where)
        await _until_one_fails(watches)


def _announce(listener: socket.socket, *, workers: int, where: str) -> None:
    host, port = listener.getsockname()[:2]
    address = f"[{host}]" if ":" in host else host
    processes = "1 process" if workers == 1 else f"{workers} processes"
    click.echo(f"MilletPay {__version__} is up.")
    click.echo(f"  API       http://{address}:{port}/healthz ({processes})")
    click.echo(f"  Database  {where}")
    click.echo("Ctrl-C stops it.")


async def _until_one_fails(watches: list[Coroutine[Any, Any, None]]) -> None:
    """Run all until one raises, and raise that; the others are ended."""
    tasks = [asyncio.ensure_future(watch) for watch in watches]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
