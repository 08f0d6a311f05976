"""Limits are counted with the money, on their day, whoever asks and however many at once."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

import pytest

from milletpay.limits import Limit, LimitExceeded, Measure, Span, Used, used_in
from milletpay.money import Money
from milletpay.plumbing.clock import SECOND, ManualClock
from milletpay.plumbing.database import Database
from milletpay.plumbing.dates import Day
from milletpay.plumbing.desk import Defect
from tests.flows.counting import GiveBack, Take, Taken
from tests.flows.trade_desk import CNY, FIRST_DAY, open_trade

DAY_NS = 86_400 * SECOND


def yuan(amount: int) -> Money:
    return Money(amount * 100, CNY)


DAILY = (Limit(span=Span.DAY, amount=yuan(50)),)


async def used(database: Database, *, subject: int, day: Day = FIRST_DAY) -> dict[Span, Used]:
    async with database.connection() as connection:
        found = await used_in(connection, subject=subject, measure=Measure.PAYMENTS, currency=CNY, day=day)
    return dict(found)


async def test_of_a_hundred_at_once_as_many_get_through_as_the_limit_allows(database: Database) -> None:
    take = Take(subject=7, amount=yuan(1), limits=DAILY)
    async with open_trade(database, desk_id=1) as one, open_trade(database, desk_id=2) as other:
        answers = await asyncio.gather(*[desk.ask(take) for _ in range(50) for desk in (one, other)])
    assert Counter(type(answer) for answer in answers) == {Taken: 50, LimitExceeded: 50}
    last = next(answer for answer in answers if isinstance(answer, LimitExceeded))
    assert last == LimitExceeded(limit=DAILY[0], used=Used(amount=5000, count=50))
    whole = Used(amount=5000, count=50)
    assert await used(database, subject=7) == {Span.DAY: whole, Span.MONTH: whole}


async def test_what_is_given_back_goes_to_its_own_day(database: Database) -> None:
    clock = ManualClock()
    take = Take(subject=7, amount=yuan(50), limits=DAILY)
    async with open_trade(database, clock=clock) as trade:
        first = await trade.ask(take)
        assert isinstance(await trade.ask(take), LimitExceeded)
        clock.advance(duration_ns=DAY_NS)
        assert isinstance(await trade.ask(take), Taken)
        await trade.ask(GiveBack(subject=7, amount=yuan(50), day=first.day))
        assert isinstance(await trade.ask(take), LimitExceeded)
    today = Day(2026_01_02)
    assert await used(database, subject=7) == {Span.DAY: Used(), Span.MONTH: Used(amount=5000, count=1)}
    assert (await used(database, subject=7, day=today))[Span.DAY] == Used(amount=5000, count=1)


async def test_a_part_goes_back_and_it_happened_all_the_same(database: Database) -> None:
    async with open_trade(database) as trade:
        taken = await trade.ask(Take(subject=7, amount=yuan(50), limits=DAILY))
        await trade.ask(GiveBack(subject=7, amount=yuan(30), day=taken.day, count=0))
        assert isinstance(await trade.ask(Take(subject=7, amount=yuan(30), limits=DAILY)), Taken)
    assert (await used(database, subject=7))[Span.DAY] == Used(amount=5000, count=2)


async def test_nothing_falls_below_zero(database: Database) -> None:
    """Giving back what was never taken is a defect: it fails alone, and others of its batch count once."""
    async with open_trade(database) as trade:
        await trade.ask(Take(subject=7, amount=yuan(1), limits=DAILY))
        good = [Take(subject=7, amount=yuan(1), limits=DAILY) for _ in range(5)]
        answers = await asyncio.gather(
            *[trade.ask(take) for take in good[:3]],
            trade.ask(GiveBack(subject=7, amount=yuan(9), day=FIRST_DAY)),
            trade.ask(GiveBack(subject=8, amount=yuan(0), day=FIRST_DAY)),
            *[trade.ask(take) for take in good[3:]],
            return_exceptions=True,
        )
    assert [type(answer) for answer in answers] == [Taken, Taken, Taken, Defect, Defect, Taken, Taken]
    assert (await used(database, subject=7))[Span.DAY] == Used(amount=600, count=6)


async def test_counting_needs_to_be_announced(database: Database) -> None:
    async with open_trade(database) as trade:
        await trade.ask(Take(subject=7, amount=yuan(1), limits=()))
        with pytest.raises(AssertionError, match="was not wanted"):
            trade.limits.check(8, measure=Measure.PAYMENTS, limits=DAILY, amount=yuan(1), day=FIRST_DAY)


@dataclass
class Ledger:
    """The naive model: everything that was ever taken, summed up anew for each question."""

    taken: list[tuple[int, Measure, Day, int, int]] = field(default_factory=list)

    def used(self, subject: int, measure: Measure, *, first: int, last: int) -> Used:
        found = [
            (amount, count)
            for whose, what, day, amount, count in self.taken
            if (whose, what) == (subject, measure) and first <= day <= last
        ]
        return Used(amount=sum(amount for amount, _ in found), count=sum(count for _, count in found))

    def answer(self, command: Take | GiveBack, *, today: Day) -> Taken | LimitExceeded | None:
        if isinstance(command, GiveBack):
            self.taken.append(
                (command.subject, command.measure, command.day, -command.amount.minor, -command.count)
            )
            return None
        for limit in command.limits:
            first = {Span.EACH: today + 1, Span.DAY: today, Span.MONTH: today // 100 * 100}[limit.span]
            before = self.used(command.subject, command.measure, first=first, last=today)
            if limit.amount is not None and before.amount + command.amount.minor > limit.amount.minor:
                return LimitExceeded(limit=limit, used=before)
            if limit.count is not None and before.count + 1 > limit.count:
                return LimitExceeded(limit=limit, used=before)
        self.taken.append((command.subject, command.measure, today, command.amount.minor, 1))
        return Taken(day=today)


def some_limits(random: Random) -> tuple[Limit, ...]:
    return tuple(
        Limit(
            span=span,
            amount=random.choice([None, yuan(random.randint(1, 60))]),
            count=random.choice([None, random.randint(1, 8)]),
        )
        for span in random.sample(list(Span), k=random.randint(0, 3))
    )


def some_commands(random: Random, open_takes: list[GiveBack]) -> Sequence[Take | GiveBack]:
    commands: list[Take | GiveBack] = []
    for _ in range(random.randint(1, 12)):
        if open_takes and random.random() < 0.3:
            commands.append(open_takes.pop(random.randrange(len(open_takes))))
        else:
            take = Take(
                subject=random.randint(1, 3),
                amount=Money(random.randint(1, 2000), CNY),
                limits=some_limits(random),
                measure=random.choice([Measure.PAYMENTS, Measure.SENDS]),
            )
            commands.append(take)
    return commands


@pytest.mark.parametrize("seed", range(3))
async def test_two_desks_count_as_one_naive_list_does(database: Database, seed: int) -> None:
    """Days and months pass between batches; what is given back was taken on any day before."""
    random = Random(seed)
    clock = ManualClock()
    model, open_takes = Ledger(), list[GiveBack]()
    async with (
        open_trade(database, clock=clock, desk_id=1) as one,
        open_trade(database, clock=clock, desk_id=2) as other,
    ):
        for _ in range(60):
            if random.random() < 0.3:
                clock.advance(duration_ns=random.choice([1, 1, 20]) * DAY_NS)
            desk = random.choice([one, one, other])
            commands = some_commands(random, open_takes)
            answers = await asyncio.gather(*[desk.ask(command) for command in commands])
            today = Day(desk.book.accounting_date)
            for command, answer in zip(commands, answers, strict=True):
                assert answer == model.answer(command, today=today)
                if isinstance(answer, Taken) and isinstance(command, Take):
                    back = GiveBack(
                        subject=command.subject,
                        amount=command.amount,
                        day=answer.day,
                        measure=command.measure,
                    )
                    open_takes.append(back)
        assert sum(1 for _ in model.taken) > 100
        async with database.connection() as connection:
            for subject in (1, 2, 3):
                for measure in (Measure.PAYMENTS, Measure.SENDS):
                    for day in {day for _, _, day, _, _ in model.taken}:
                        kept = await used_in(
                            connection, subject=subject, measure=measure, currency=CNY, day=day
                        )
                        month = day // 100 * 100
                        assert kept == {
                            Span.DAY: model.used(subject, measure, first=day, last=day),
                            Span.MONTH: model.used(subject, measure, first=month, last=month + 99),
                        }
