"""A closed day stays as it is: its head is the same whenever and by whomever it is asked for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from milletpay.ledger import (
    Bookkeeper,
    ClosedDay,
    DayNotBegun,
    PublishedHead,
    TransferFlags,
    close_day,
    prove_books,
)
from milletpay.ledger.bookkeeping import open_bookkeeper
from milletpay.ledger.model import BATCH_MAX, Account
from milletpay.plumbing.clock import SECOND, ManualClock
from milletpay.plumbing.database import Database
from milletpay.plumbing.dates import Day, day_start_ns
from tests.flows.traded_book import plain

MONDAY, TUESDAY, WEDNESDAY = Day(20260105), Day(20260106), Day(20260107)
HOUR = 3600 * SECOND


class House:
    """A book whose clock we move."""

    def __init__(self, *, database: Database, keeper: Bookkeeper, clock: ManualClock) -> None:
        self.database = database
        self.keeper = keeper
        self.clock = clock
        self.made = 0

    async def move(self, count: int = 1, **more: int) -> None:
        first, self.made = self.made + 1, self.made + count
        events = [plain(id, debit=1, credit=2, amount=1, **more) for id in range(first, first + count)]
        assert set(await self.keeper.create_transfers(events)) == {"created"}

    async def close(self, day: Day) -> ClosedDay:
        return await close_day(date=day, bookkeeper=self.keeper, database=self.database, clock=self.clock)

    async def dates(self) -> list[int]:
        """The accounting date of every batch."""
        async with self.database.connection() as connection:
            rows = await connection.fetch("SELECT accounting_date FROM ledger.batch ORDER BY number")
        return [row["accounting_date"] for row in rows]

    async def prove(self, *closed: ClosedDay) -> None:
        published = [PublishedHead.parse(str(day.head)) for day in closed]
        report = await prove_books(database=self.database, clock=self.clock, published=published)
        assert report.clean, report


@asynccontextmanager
async def open_house(database: Database, *, at: int) -> AsyncIterator[House]:
    clock = ManualClock(now_ns=at)
    async with open_bookkeeper(database=database, clock=clock, desk_id=1) as keeper:
        yield House(database=database, keeper=keeper, clock=clock)


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    """Monday, one o'clock in Shanghai: two accounts, one transfer."""
    async with open_house(database, at=day_start_ns(MONDAY) + HOUR) as house:
        await house.keeper.create_accounts([Account(id=id, ledger=156, code=1) for id in (1, 2)])
        await house.move()
        yield house


async def test_yesterday_is_closed_and_stays_so(house: House) -> None:
    house.clock.set(now_ns=day_start_ns(TUESDAY) + HOUR)
    monday = await house.close(MONDAY)
    assert (monday.head.number, monday.head.accounting_date, monday.open_date) == (2, MONDAY, TUESDAY)
    for _ in range(3):
        await house.move()
        assert (await house.close(MONDAY)).head == monday.head
    assert await house.dates() == [MONDAY, MONDAY, TUESDAY, TUESDAY, TUESDAY, TUESDAY]
    await house.prove(monday)


async def test_a_day_closes_by_itself_when_the_next_one_begins(house: House) -> None:
    house.clock.set(now_ns=day_start_ns(TUESDAY))
    await house.move()
    monday = await house.close(MONDAY)
    assert monday.head.number == 2
    assert await house.dates() == [MONDAY, MONDAY, TUESDAY]


async def test_today_closed_early_gives_its_rest_to_tomorrow(house: House) -> None:
    monday = await house.close(MONDAY)
    assert monday.open_date == TUESDAY
    await house.move()
    assert await house.dates() == [MONDAY, MONDAY, TUESDAY, TUESDAY]
    assert (await house.close(MONDAY)).head == monday.head
    with pytest.raises(DayNotBegun, match="2026-01-06 has not begun: today is 2026-01-05"):
        await house.close(TUESDAY)
    house.clock.set(now_ns=day_start_ns(WEDNESDAY))
    tuesday = await house.close(TUESDAY)
    assert tuesday.head.number == 4
    await house.prove(monday, tuesday)


async def test_what_is_due_expires_before_the_day_is_closed(house: House) -> None:
    pending = TransferFlags.pending
    for _ in range(2):
        await house.move(BATCH_MAX // 2 + 1, flags=pending, timeout=60)
    house.clock.advance(duration_ns=HOUR)
    monday = await house.close(MONDAY)
    async with house.database.connection() as connection:
        ends = await connection.fetchrow("SELECT count(*), max(timestamp) FROM ledger.resolution")
    assert ends is not None
    assert ends[0] == house.made - 1
    assert ends[1] <= monday.head.timestamp, "more than one batch can expire, and all of it on the day"
    await house.prove(monday)


async def test_days_without_a_batch_are_closed_too(house: House) -> None:
    before = await house.close(Day(20260101))
    assert before.head.number == 0
    house.clock.set(now_ns=day_start_ns(WEDNESDAY) + HOUR)
    tuesday = await house.close(TUESDAY)
    assert (tuesday.head.number, tuesday.head.accounting_date, tuesday.open_date) == (2, MONDAY, WEDNESDAY)
    assert (await house.close(MONDAY)).head == tuesday.head


async def test_an_empty_book_closes_a_day(database: Database) -> None:
    async with open_house(database, at=day_start_ns(TUESDAY)) as house:
        monday = await house.close(MONDAY)
        assert (monday.head.number, monday.open_date) == (0, TUESDAY)
        await house.prove(monday)
