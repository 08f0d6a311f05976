"""`millet bench payments`: measure whole payments over HTTP, beside what must be reached."""

import json
import socket
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import click

from milletpay.apps.cli.bench_serving import CONNECTIONS, answering, shown_progress
from milletpay.apps.cli.bench_table import print_payments
from milletpay.apps.cli.options import say
from milletpay.apps.server.process import MODULE, Order
from milletpay.benches import (
    BENCH_DIRECTORY,
    Answering,
    MarketPlan,
    PaymentPlan,
    PaymentReport,
    open_place,
    run_payments,
)
from milletpay.identity import Pepper
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.loop import run


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, on standard output.")
@click.option(
    "--seconds",
    default=10.0,
    show_default=True,
    type=click.FloatRange(0.1, 3600),
    help="How long each row is measured, about.",
)
@click.option(
    "--customers", default=10_000, show_default=True, type=click.IntRange(1), help="With agreements."
)
@click.option("--merchants", default=200, show_default=True, type=click.IntRange(1), help="With keys.")
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
def payments(
    *,
    as_json: bool,
    seconds: float,
    customers: int,
    merchants: int,
    seed: int,
    directory: Path,
    database_url: str | None,
) -> None:
    """Measure payments a second over HTTP, under agreements, on a disk, every answer counted.

    The process that answers is started as `millet up` starts it. The book is proved afterwards; the books of
    this installation are not touched.
    """
    plan = PaymentPlan(
        seconds=seconds, seed=seed, market=MarketPlan(customers=customers, merchants=merchants)
    )
    report = run(_measure(plan, directory=directory, database_url=database_url))
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        print_payments(report)


async def _measure(plan: PaymentPlan, *, directory: Path, database_url: str | None) -> PaymentReport:
    with shown_progress("payments") as show:
        async with open_place(database_url=database_url, directory=directory, say=say) as place:
            return await run_payments(plan, place=place, serve=_serve, clock=SystemClock(), progress=show)


def _serve(*, app_url: str, pepper: Pepper) -> AbstractAsyncContextManager[Answering]:
    def order(listener: socket.socket) -> bytes:
        given = Order(
            app_url=app_url,
            listener=listener.fileno(),
            connections=CONNECTIONS,
            base_url="http://{}:{}".format(*listener.getsockname()[:2]),
            pepper=pepper.reveal(),
        )
        return given.line()

    return answering(name="API", module=MODULE, order=order)
