"""`millet bench codes`: what it costs to find out whose a payment code is, beside what it may cost."""

import json
from pathlib import Path

import click
from rich.console import Console

from milletpay.apps.cli.bench_table import print_codes
from milletpay.apps.cli.options import say
from milletpay.benches import BENCH_DIRECTORY, CodePlan, CodeReport, open_place, run_codes
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.loop import run


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, on standard output.")
@click.option(
    "--phones", default=1_000_000, show_default=True, type=click.IntRange(1, 10_000_000), help="Enrolled."
)
@click.option(
    "--codes", default=20_000, show_default=True, type=click.IntRange(1, 200_000), help="Of each row."
)
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
def codes(
    *, as_json: bool, phones: int, codes: int, seed: int, directory: Path, database_url: str | None
) -> None:
    """Measure how payment codes are recognized at the desk, among so many phones.

    From the digits to an active customer with a phone in use; no money moves. The books of this installation
    are not touched.
    """
    plan = CodePlan(phones=phones, codes=codes, seed=seed)
    report = run(_measure(plan, directory=directory, database_url=database_url))
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        print_codes(report)


async def _measure(plan: CodePlan, *, directory: Path, database_url: str | None) -> CodeReport:
    console = Console(stderr=True)

    def show(doing: str, done: int, of: int) -> None:
        console.print(f"{doing}: {done:,} of {of:,}", highlight=False)

    async with open_place(database_url=database_url, directory=directory, say=say) as place:
        return await run_codes(plan, place=place, clock=SystemClock(), progress=show)
