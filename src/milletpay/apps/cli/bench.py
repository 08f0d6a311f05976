"""`millet bench`: measure, beside what must be reached, and beside others."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from milletpay.apps.cli.bench_table import print_report
from milletpay.apps.cli.options import say
from milletpay.benches import (
    BENCH_DIRECTORY,
    LEDGER_WORKS,
    LedgerPlan,
    PeerFigure,
    Report,
    Work,
    describe_ledger,
    open_place,
    run_ledger,
    run_peers,
)
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.loop import run

NAMES: Final = [work.name for work in LEDGER_WORKS]


@click.group()
def bench() -> None:
    """Measure: how much goes through, and how fast it is answered."""


def read_rows(_context: click.Context, _option: click.Parameter, value: str) -> list[Work]:
    """Rows by name, in the order of the table; refuses a name that is none."""
    asked = {name.strip() for name in value.split(",")}
    if unknown := asked - set(NAMES):
        raise click.BadParameter(f"{', '.join(sorted(unknown))} is no row; the rows are {', '.join(NAMES)}.")
    return [work for work in LEDGER_WORKS if work.name in asked]


@bench.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, on standard output.")
@click.option(
    "--rows", "works", default=",".join(NAMES), show_default=True, callback=read_rows, help="Which rows."
)
@click.option(
    "--seconds",
    default=6.0,
    show_default=True,
    type=click.FloatRange(0, 3600),
    help="How long each row is measured, about.",
)
@click.option("--seed", default=42, show_default=True, help="What is drawn is drawn from it.")
@click.option("--peers/--no-peers", default=True, help="Measure other ledgers where they are found.")
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=BENCH_DIRECTORY,
    show_default=True,
    help="The disk to measure on: a database is made below it, and removed.",
)
@click.option(
    "--database-url",
    help="Measure this server instead, in databases made for it and dropped; its owner's URL.",
)
def ledger(
    *,
    as_json: bool,
    works: list[Work],
    seconds: float,
    seed: int,
    peers: bool,
    directory: Path,
    database_url: str | None,
) -> None:
    """Measure the book: transfers a second, through the desk, on a disk, every answer counted.

    Each row has a new book, which is proved afterwards. The books of this installation are not touched.
    """
    plan = LedgerPlan(works=works, seconds=seconds, seed=seed)
    report = run(_measure(plan, peers=peers, directory=directory, database_url=database_url))
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        print_report(report)


async def _measure(plan: LedgerPlan, *, peers: bool, directory: Path, database_url: str | None) -> Report:
    clock = SystemClock()
    # It is drawn when something has happened: a thread that draws by itself would be measured too.
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[doing]}"),
        console=Console(stderr=True),
        auto_refresh=False,
        transient=True,
    ) as bar:
        task = bar.add_task("ledger", total=len(plan.works) * plan.rounds, doing="starting")

        def show(work: Work, done: int, rounds: int) -> None:
            completed = plan.works.index(work) * rounds + done
            bar.update(task, completed=completed, description=work.name, doing=f"round {done} of {rounds}")
            bar.refresh()

        async with open_place(database_url=database_url, directory=directory, say=say) as place:
            settings = await describe_ledger(plan, place=place)
            figures = await run_ledger(plan, place=place, clock=clock, progress=show)
            others: Sequence[PeerFigure] = ()
            if peers:
                bar.update(task, description="peers", doing="where they are found")
                bar.refresh()
                others = await run_peers(
                    environment=os.environ,
                    place=place,
                    directory=directory,
                    seed=plan.seed,
                    clock=clock,
                    say=say,
                )
    return Report(settings=settings, figures=figures, peers=others)
