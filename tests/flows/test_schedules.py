"""Schedules: once for each business date, whoever comes first, and what becomes of missed dates."""

import asyncio
from zoneinfo import ZoneInfo

import pytest

from milletpay.plumbing.clock import SECOND
from milletpay.plumbing.database import Database
from milletpay.plumbing.dates import Day, parse_rfc3339
from milletpay.plumbing.schedules import CatchUp, Schedule, due_days, fire

HOUR = 3600 * SECOND


def on_weekdays(day: Day) -> bool:
    return day not in {20260103, 20260104, 20260110, 20260111}


def schedule_of(
    catch_up: CatchUp = CatchUp.EVERY, *, after_ns: int = 2 * HOUR, zone: str = "Asia/Shanghai"
) -> Schedule:
    return Schedule(
        name="settle",
        kind="settlement",
        starts=Day(20260101),
        after_ns=after_ns,
        catch_up=catch_up,
        zone=ZoneInfo(zone),
        is_business_date=on_weekdays,
    )


@pytest.mark.parametrize(
    ("now", "last", "after_hours", "zone", "every"),
    [
        ("2025-12-31T23:00:00Z", None, 2, "UTC", []),
        ("2026-01-01T01:59:59.999999999Z", None, 2, "UTC", []),
        ("2026-01-01T02:00:00Z", None, 2, "UTC", [20260101]),
        ("2026-01-01T02:00:00Z", 20260101, 2, "UTC", []),
        ("2025-12-31T18:00:00Z", None, 2, "Asia/Shanghai", [20260101]),
        ("2026-01-06T03:00:00Z", 20260101, 2, "UTC", [20260102, 20260105, 20260106]),
        ("2026-01-04T03:00:00Z", 20260102, 2, "UTC", []),
        ("2026-01-03T01:59:59Z", 20260101, 26, "UTC", []),
        ("2026-01-03T02:00:00Z", 20260101, 26, "UTC", [20260102]),
        ("2026-01-02T03:00:00Z", 20260105, 2, "UTC", []),
    ],
)
def test_due_days(now: str, last: Day | None, after_hours: int, zone: str, every: list[Day]) -> None:
    moment = parse_rfc3339(now)
    schedule = schedule_of(after_ns=after_hours * HOUR, zone=zone)
    assert due_days(schedule, last=last, now=moment) == every
    latest = schedule_of(CatchUp.LATEST, after_ns=after_hours * HOUR, zone=zone)
    assert due_days(latest, last=last, now=moment) == every[-1:]


@pytest.mark.parametrize(
    ("catch_up", "days"),
    [(CatchUp.EVERY, ["2026-01-01", "2026-01-02", "2026-01-05"]), (CatchUp.LATEST, ["2026-01-05"])],
)
async def test_schedulers_in_parallel_fire_once_for_each_date(
    database: Database, catch_up: CatchUp, days: list[str]
) -> None:
    schedule = schedule_of(catch_up)
    now = parse_rfc3339("2026-01-05T03:00:00+08:00")

    async def fire_as(number: int) -> list[Day]:
        ids = iter(range(number * 100, number * 100 + 100))
        async with database.transaction() as connection:
            return await fire(connection, schedule=schedule, now=now, new_id=lambda: next(ids))

    fired = await asyncio.gather(*map(fire_as, range(1, 9)))
    assert sum(map(len, fired)) == len(days)
    assert await fire_as(9) == []
    async with database.connection() as connection:
        jobs = await connection.fetch(
            "SELECT kind, argument, key, run_at FROM plumbing.job ORDER BY argument"
        )
    assert [job["argument"] for job in jobs] == days
    assert {(job["kind"], job["run_at"]) for job in jobs} == {("settlement", now)}


async def test_a_fire_that_is_rolled_back_comes_again(database: Database) -> None:
    schedule = schedule_of()
    now = parse_rfc3339("2026-01-01T03:00:00+08:00")

    async def fire_and(*, fail: bool) -> list[Day]:
        async with database.transaction() as connection:
            fired = await fire(connection, schedule=schedule, now=now, new_id=lambda: 5)
            assert not fail
            return fired

    with pytest.raises(AssertionError):
        await fire_and(fail=True)
    assert await fire_and(fail=False) == [20260101]
