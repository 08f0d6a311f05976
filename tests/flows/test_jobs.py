"""Jobs: each effect once, whoever dies; retries later and later; the dead stay to be seen."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections import Counter
from collections.abc import Sequence

import pytest

from milletpay.plumbing.clock import SECOND, ManualClock
from milletpay.plumbing.database import Database
from milletpay.plumbing.ids import IdSource
from milletpay.plumbing.jobs import (
    Kind,
    NewJob,
    OutsideKind,
    Retry,
    delete_done_jobs,
    find_dead_jobs,
    requeue_job,
)
from milletpay.plumbing.schedules import Schedule
from milletpay.plumbing.worker import Worker
from tests.flows.errands import Errand, Letter, add, build_errands, count_states, read_runs
from tests.servers import every_server

RETRY = Retry(attempts=4, first_ns=10 * SECOND, longest_ns=30 * SECOND)


def no_chance(size: int) -> bytes:
    return bytes(size)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(now_ns=1000 * SECOND)


@pytest.fixture(autouse=True)
async def errands(owner_url: str) -> None:
    await build_errands(owner_url)


def worker_of(
    database: Database, clock: ManualClock, *kinds: Kind | OutsideKind, schedules: Sequence[Schedule] = ()
) -> Worker:
    return Worker(
        database=database,
        kinds=kinds,
        clock=clock,
        entropy=no_chance,
        new_id=IdSource(clock=clock, entropy=lambda size: b"\1" * size).next,
        schedules=schedules,
        parallel=2,
    )


def job(number: int, *, kind: str = "errand", key: str | None = None, run_at: int = 0) -> NewJob:
    return NewJob(id=number, kind=kind, key=key, argument=f"errand {number}", run_at=run_at)


@every_server
async def test_processes_race_and_two_are_killed(app_url: str, database: Database) -> None:
    await add(database, *map(job, range(1, 1001)))
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.flows.errand_process", app_url, stdout=PIPE
        )
        for _ in range(4)
    ]

    async def watch(number: int) -> int:
        process = processes[number]
        assert process.stdout is not None
        lines = 0
        async for _ in process.stdout:
            lines += 1
            if number < 2 and lines == 50 * (number + 1):
                process.kill()
        return await process.wait()

    assert await asyncio.gather(*map(watch, range(4))) == [-9, -9, 0, 0]
    assert Counter(id for id, _ in await read_runs(database)) == Counter(range(1, 1001))
    assert await count_states(database) == {"done": 1000}


async def test_jobs_are_done_when_they_are_due_the_earliest_first(
    database: Database, clock: ManualClock
) -> None:
    worker = worker_of(database, clock, Kind(name="errand", does=Errand()))
    now = clock.now_ns()
    await add(
        database, job(1, run_at=now + 1), job(2, run_at=now), job(3, run_at=now - 1), job(4, kind="other")
    )
    assert [await worker.do_one() for _ in range(3)] == [True, True, False]
    clock.advance(duration_ns=1)
    assert [await worker.do_one() for _ in range(2)] == [True, False]
    assert [id for id, _ in await read_runs(database)] == [3, 2, 1]


async def test_a_key_is_taken_once_until_its_job_is_deleted(database: Database, clock: ManualClock) -> None:
    worker = worker_of(database, clock, Kind(name="errand", does=Errand()))
    assert await add(database, job(1, key="a"), job(2, key="b"), job(3)) == {1, 2, 3}
    assert await add(database, job(4, key="a"), job(5, key="c"), job(6)) == {5, 6}
    assert await add(database, job(7, key="a", kind="other")) == {7}
    while await worker.do_one():
        pass
    assert await add(database, job(8, key="a")) == set()
    async with database.connection() as connection:
        assert await delete_done_jobs(connection, before=clock.now_ns()) == 0
        assert await delete_done_jobs(connection, before=clock.now_ns() + 1) == 5
    assert await add(database, job(9, key="a")) == {9}


async def test_a_failed_attempt_leaves_nothing_and_comes_back_later_and_later(
    database: Database, clock: ManualClock
) -> None:
    errand = Errand(failures=3)
    worker = worker_of(database, clock, Kind(name="errand", does=errand, retry=RETRY))
    await add(database, job(1))
    for delay in (10, 20, 30):
        assert await worker.do_one()
        assert not await worker.do_one()
        clock.advance(duration_ns=delay * SECOND - 1)
        assert not await worker.do_one()
        clock.advance(duration_ns=1)
    assert await read_runs(database) == []
    assert await worker.do_one()
    assert await read_runs(database) == [(1, "errand 1")]
    assert errand.runs == 4


@pytest.mark.parametrize(("failures", "forbidden"), [(99, False), (0, True)], ids=["raises", "commit fails"])
async def test_the_dead_stay_to_be_seen_until_they_are_requeued(
    database: Database, clock: ManualClock, failures: int, forbidden: bool
) -> None:
    errand = Errand(failures=failures, forbidden=forbidden)
    worker = worker_of(database, clock, Kind(name="errand", does=errand, retry=RETRY))
    await add(database, job(1))
    for _ in range(4):
        assert await worker.do_one()
        clock.advance(duration_ns=60 * SECOND)
    assert not await worker.do_one()
    async with database.connection() as connection:
        (dead,) = await find_dead_jobs(connection)
        assert (dead.id, dead.attempts, dead.finished_at) == (1, 4, clock.now_ns() - 60 * SECOND)
        assert ("attempt 4" if errand.failures else "ForeignKeyViolation") in dead.failure
        assert await requeue_job(connection, id=1, now=clock.now_ns())
        assert not await requeue_job(connection, id=1, now=clock.now_ns())
        errand.failures, errand.forbidden = 0, False
        assert await worker.do_one()
        assert await find_dead_jobs(connection) == []
    assert await read_runs(database) == [(1, "errand 1")]


async def test_an_outside_call_is_asked_between_two_transactions(
    database: Database, clock: ManualClock
) -> None:
    letter = Letter(fails=[OSError("no route")])
    kind = OutsideKind(name="letter", does=letter, retry=RETRY, lease_ns=5 * SECOND)
    worker = worker_of(database, clock, kind)
    await add(database, job(1, kind="letter"))
    assert await worker.do_one()
    assert await count_states(database) == {"waiting": 1}
    assert not await worker.do_one()
    clock.advance(duration_ns=10 * SECOND)
    assert await worker.do_one()
    assert await count_states(database) == {"done": 1}
    assert [said for _, said in await read_runs(database)] == ["asks", "asks", "errand 1, yes"]
    assert letter.asked == ["errand 1"] * 2


async def test_an_intent_that_fails_leaves_nothing_and_is_an_attempt(
    database: Database, clock: ManualClock
) -> None:
    letter = Letter(illegible=True)
    kind = OutsideKind(name="letter", does=letter, retry=Retry(attempts=1), lease_ns=SECOND)
    await add(database, job(1, kind="letter"))
    assert await worker_of(database, clock, kind).do_one()
    assert await count_states(database) == {"dead": 1}
    assert await read_runs(database) == []
    assert letter.asked == []


class Slow(Letter):
    """A letter whose answer takes until the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.under_way = asyncio.Event()
        self.answered = asyncio.Event()

    async def call(self, intent: str, /) -> str:
        self.under_way.set()
        await self.answered.wait()
        return await super().call(intent)


async def test_an_answer_after_the_lease_is_not_written_and_the_job_is_tried_again(
    database: Database, clock: ManualClock
) -> None:
    letter = Slow()
    worker = worker_of(
        database, clock, OutsideKind(name="letter", does=letter, retry=RETRY, lease_ns=5 * SECOND)
    )
    await add(database, job(1, kind="letter"))
    first = asyncio.create_task(worker.do_one())
    await letter.under_way.wait()
    await worker.keep_house()
    assert await count_states(database) == {"running": 1}
    clock.advance(duration_ns=5 * SECOND)
    await worker.keep_house()
    assert await count_states(database) == {"waiting": 1}
    letter.answered.set()
    assert await first
    assert await count_states(database) == {"waiting": 1}
    clock.advance(duration_ns=10 * SECOND)
    assert await worker.do_one()
    assert [said for _, said in await read_runs(database)] == ["asks", "asks", "errand 1, yes"]


async def test_a_call_whose_process_died_is_swept_and_dies_with_its_last_attempt(
    database: Database, clock: ManualClock
) -> None:
    letter = Slow()
    worker = worker_of(
        database, clock, OutsideKind(name="letter", does=letter, retry=RETRY, lease_ns=5 * SECOND)
    )
    await add(database, job(1, kind="letter"))
    for _ in range(4):
        letter.under_way.clear()
        attempt = asyncio.create_task(worker.do_one())
        await letter.under_way.wait()
        attempt.cancel()
        await asyncio.wait([attempt])
        clock.advance(duration_ns=60 * SECOND)
        await worker.keep_house()
        clock.advance(duration_ns=60 * SECOND)
    async with database.connection() as connection:
        (dead,) = await find_dead_jobs(connection)
    assert dead.attempts == 4
    assert "longer than its lease" in dead.failure


async def test_a_call_that_hangs_is_given_up_when_its_lease_ends(
    database: Database, clock: ManualClock
) -> None:
    kind = OutsideKind(name="letter", does=Slow(), retry=Retry(attempts=1), lease_ns=SECOND // 20)
    await add(database, job(1, kind="letter"))
    assert await worker_of(database, clock, kind).do_one()
    async with database.connection() as connection:
        (dead,) = await find_dead_jobs(connection)
    assert dead.failure.startswith("TimeoutError")


async def test_a_worker_wakes_and_finishes_what_it_has_in_hand(
    database: Database, clock: ManualClock
) -> None:
    letter = Slow()
    worker = worker_of(database, clock, OutsideKind(name="letter", does=letter, lease_ns=60 * SECOND))
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(5):
        while clock.sleepers < 3:  # noqa: ASYNC110 - sleepers tell nobody
            await asyncio.sleep(0.001)
        await add(database, job(1, kind="letter"))
        worker.wake()
        await letter.under_way.wait()
        worker.stop()
        letter.answered.set()
        await running
    assert await count_states(database) == {"done": 1}
