"""Day-end: an accounting date is closed under the book's lock, and from then on its digest is settled.

What comes later belongs to the next day: accounting dates never fall in the order of the book. So the last
batch of a closed day is known for ever, and its number and digest, once published, hold everybody to it.
"""

from dataclasses import dataclass
from typing import Final

from milletpay.ledger.bookkeeping import Bookkeeper
from milletpay.ledger.head import Head
from milletpay.plumbing.clock import Clock
from milletpay.plumbing.database import Database
from milletpay.plumbing.dates import Day, day_of, format_day, next_day
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.ledger")

LAST_DAY: Final = Day(99991231)
"""The last day of the calendar: until then there is everything."""


class DayNotBegun(Exception):
    """An accounting date that cannot be closed because the calendar has not reached it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedDay:
    """An accounting date that takes nothing any more."""

    date: Day
    head: Head
    """The last batch that belongs to it or to a day before it; the empty book's where there is none."""
    open_date: Day
    """The date of the last batch of the book: what is written now belongs to it, or to a later one."""


async def close_day(*, date: Day, bookkeeper: Bookkeeper, database: Database, clock: Clock) -> ClosedDay:
    """Close this accounting date and those before it; one that is closed stays as it is.

    First what is due expires, so that it still belongs to the day. Today may be closed before midnight: the
    rest of it belongs to tomorrow then.

    :raises DayNotBegun: for a date after today's in the calendar, with both
    :raises DeskRefusal: see the desk
    :raises DatabaseUnavailable: the day may be closed or open; try again
    """
    now = clock.now_ns()
    today = day_of(now)
    if date > today:
        raise DayNotBegun(
            f"{format_day(date)} has not begun: today is {format_day(today)}. "
            "A day can be closed from its first moment on."
        )
    if (await _head(database)).accounting_date <= date:
        while await _anything_due(database, by=now):
            await bookkeeper.expire_due()
        await bookkeeper.open_day(next_day(date))
    return ClosedDay(
        date=date,
        head=await _head(database, until=date),
        open_date=Day((await _head(database)).accounting_date),
    )


async def _head(database: Database, *, until: Day = LAST_DAY) -> Head:
    async with database.connection() as connection:
        row = await connection.fetchrow(SQL["head_of_day"], until)
    return Head() if row is None else Head(**dict(row))


async def _anything_due(database: Database, *, by: int) -> bool:
    head = await _head(database)
    async with database.connection() as connection:
        return await connection.fetchrow(SQL["due"], head.expired_to, by, 1) is not None
