"""Schedules: jobs that are added once for each business date, by whichever process comes first."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final
from zoneinfo import ZoneInfo

from milletpay.plumbing.database import Connection
from milletpay.plumbing.dates import SHANGHAI, Day, day_of, day_start_ns, format_day, next_day
from milletpay.plumbing.jobs import NewJob, add_jobs
from milletpay.plumbing.statements import load_statements

STATEMENTS: Final = load_statements("milletpay.plumbing")


class CatchUp(Enum):
    """What becomes of dates that passed while nothing ran."""

    EVERY = auto()
    """Each is made up for, the oldest first."""
    LATEST = auto()
    """Only the latest one is; the others never fire."""


def every_day(day: Day) -> bool:  # noqa: ARG001 - the calendar of a house that never closes
    """The calendar in which every day is a business date."""
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """A job of `kind` for each business date from `starts` on, its argument the date as `2026-01-31`.

    It is due `after_ns` after the date begins in `zone`; more than a day means on a later day. Where clocks
    are changed that night, the wall clock shows another hour: the distance from midnight is what holds.
    """

    name: str
    kind: str
    starts: Day
    after_ns: int
    catch_up: CatchUp
    zone: ZoneInfo = SHANGHAI
    is_business_date: Callable[[Day], bool] = every_day


def due_days(schedule: Schedule, *, last: Day | None, now: int) -> list[Day]:
    """Give the business dates that are due by `now` after the `last` one that fired. Pure."""
    due = []
    day = schedule.starts if last is None else next_day(last)
    today = day_of(now, zone=schedule.zone)
    while day <= today and day_start_ns(day, zone=schedule.zone) + schedule.after_ns <= now:
        if schedule.is_business_date(day):
            due.append(day)
        day = next_day(day)
    return due if schedule.catch_up is CatchUp.EVERY else due[-1:]


async def fire(
    connection: Connection, *, schedule: Schedule, now: int, new_id: Callable[[], int]
) -> list[Day]:
    """Add the jobs that are due, in the caller's transaction; gives the dates that fired here."""
    last: Day | None = await connection.fetchval(STATEMENTS["find_last_fire"], schedule.name)
    fired = []
    for day in due_days(schedule, last=last, now=now):
        if await connection.fetchval(STATEMENTS["add_fire"], schedule.name, day, now) is None:
            continue  # another process was first
        date = format_day(day)
        job = NewJob(
            id=new_id(), kind=schedule.kind, key=f"{schedule.name} {date}", argument=date, run_at=now
        )
        await add_jobs(connection, jobs=[job], now=now)
        fired.append(day)
    return fired
