"""`millet bench terminals`: measure card terminals before the gateway, beside what must be reached."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from milletpay.apps.cli.bench_payments import CONNECTIONS
from milletpay.apps.cli.bench_table import print_terminals
from milletpay.apps.cli.options import say
from milletpay.apps.cli.processes import Processes, listen
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
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[doing]}"),
        console=Console(stderr=True),
        auto_refresh=False,
        transient=True,
    ) as bar:
        task = bar.add_task("terminals", total=1, doing="starting")

        def show(doing: str, done: int, of: int) -> None:
            bar.update(task, completed=done, total=of, description=doing, doing=f"{done:,} of {of:,}")
            bar.refresh()

        async with open_place(database_url=database_url, directory=directory, say=say) as place:
            return await run_terminals(plan, place=place, serve=_serve, clock=SystemClock(), progress=show)


@asynccontextmanager
async def _serve(*, app_url: str, pepper: Pepper) -> AsyncIterator[Answering]:
    """Start the gateway, and end it."""
    with listen(host="127.0.0.1", port=0) as listener:
        host, port = listener.getsockname()[:2]
        order = Order(
            app_url=app_url,
            listener=listener.fileno(),
            connections=CONNECTIONS,
            secret=house_secret(pepper).hex(),
        )
        answering = Processes(
            name="terminal gateway",
            module=MODULE,
            order=order.line(),
            descriptors=[listener.fileno()],
            say=say,
        )
        try:
            await answering.start(count=1)
            yield Answering(host=host, port=port, pid=answering.pids[0])
        finally:
            await answering.stop()
