"""`millet day-end`: close an accounting date and give its head to publish."""

import click

from milletpay.apps.cli.options import database_options, say
from milletpay.bootstrap import open_book, open_database
from milletpay.ledger import ClosedDay, close_day
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.dates import Day, NotADay, format_day, parse_day
from milletpay.plumbing.loop import run
from milletpay.plumbing.settings import Settings


class DayParameter(click.ParamType[int]):
    """A day of the calendar."""

    name = "YYYY-MM-DD"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Day:
        """Read it, or refuse it with what is wrong."""
        try:
            return parse_day(str(value))
        except NotADay as refusal:
            self.fail(str(refusal), param, ctx)


@click.command("day-end")
@database_options
@click.option("--date", "day", type=DayParameter(), required=True, help="The accounting date to close.")
def day_end(*, settings: Settings, day: Day) -> None:
    """Close an accounting date, and those before it, and print its head.

    What is due expires first. Again is without harm: a closed day's head never changes, whatever is traded
    afterwards. Today may be closed before midnight: the rest of it belongs to tomorrow. Days of the calendar
    are those of Asia/Shanghai.
    """
    closed = run(_close(settings, day=day))
    click.echo(
        f"{format_day(closed.date)} is closed; the open accounting date is {format_day(closed.open_date)}."
    )
    if closed.head.number == 0:
        click.echo("The book had not begun by then. Head of an empty book:")
    else:
        click.echo("Head of the day, to publish:")
    click.echo(closed.head)


async def _close(settings: Settings, *, day: Day) -> ClosedDay:
    async with (
        open_database(settings, purpose="millet day-end", say=say, connections=3) as database,
        open_book(database) as bookkeeper,
    ):
        return await close_day(date=day, bookkeeper=bookkeeper, database=database, clock=SystemClock())
