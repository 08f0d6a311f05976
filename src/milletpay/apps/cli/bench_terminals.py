"""`millet bench terminals`: measure card terminals before the gateway, beside what must be reached."""

import json
import socket
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import click

from milletpay.apps.cli.bench_serving import CONNECTIONS, answering, shown_progress
from milletpay.apps.cli.bench_table import print_terminals
from milletpay.apps.cli.options import say
from milletpay.apps.terminal_gateway.process import MODULE, Order
from milletpay.benches import (
    BENCH_DIRECTORY,
    Answering,
    CounterPlan,
    TerminalPlan,
    TerminalReport,
    open_place,
    run_terminals,
)
from milletpay.bootstrap import house_secret
from milletpay.identity import Pepper
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.loop import run


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, on standard output.")
@click.option(
    "--seconds",
    default=10.0,
    show_default=True,
    type=click.FloatRange(0.1, 25),
    help="How long is measured, about: payment codes are made before.",
)
@click.option(
    "--terminals", default=1_000, show_default=True, type=click.IntRange(1, 4_000), help="Connected."
)
@click.option("--customers", default=4_000, show_default=True, type=click.IntRange(1), help="With phones.")
@click.option("--seed", default=42, show_default=True, help="What is drawn is drawn from it.")
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=BENCH_DIRECTORY,
    show_default=True,
    help="The disk to measure on: a database is made below it, and removed.",
)
@click.option(
    "--database-url",
    help="Measure this server instead, in a database made for it and dropped; its owner's URL.",
)
def terminals(
    *,
    as_json: bool,
    seconds: float,
    terminals: int,
    customers: int,
    seed: int,
    directory: Path,
    database_url: str | None,
) -> None:
    """Measure purchases by payment code at card terminals, over TCP, on a disk, every answer counted.

    The gateway is started as `millet up` starts it. The book is proved afterwards; the books of this
    installation are not touched.
    """
    plan = TerminalPlan(
        seconds=seconds, seed=seed, counters=CounterPlan(terminals=terminals, customers=customers)
    )
    report = run(_measure(plan, directory=directory, database_url=database_url))
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        print_terminals(report)


async def _measure(plan: TerminalPlan, *, directory: Path, database_url: str | None) -> TerminalReport:
    with shown_progress("terminals") as show:
        async with open_place(database_url=database_url, directory=directory, say=say) as place:
            return await run_terminals(plan, place=place, serve=_serve, clock=SystemClock(), progress=show)


def _serve(*, app_url: str, pepper: Pepper) -> AbstractAsyncContextManager[Answering]:
    def order(listener: socket.socket) -> bytes:
        given = Order(
            app_url=app_url,
            listener=listener.fileno(),
            connections=CONNECTIONS,
            secret=house_secret(pepper).hex(),
        )
        return given.line()

    return answering(name="terminal gateway", module=MODULE, order=order)
