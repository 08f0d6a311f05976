"""The clocks: what the machine's promises, and that the manual one moves only when it is told to."""

import asyncio

import pytest

from milletpay.plumbing.clock import MILLISECOND, SECOND, Clock, ManualClock, SystemClock, wait_for


async def until(clock: ManualClock, *, sleepers: int) -> None:
    """Let the others run until so many are asleep."""
    async with asyncio.timeout(5):
        while clock.sleepers != sleepers:  # noqa: ASYNC110 - the clock tells nobody who sleeps on it
            await asyncio.sleep(0)


@pytest.mark.parametrize("clock", [SystemClock(), ManualClock()])
async def test_every_clock_counts_in_whole_nanoseconds(clock: Clock) -> None:
    first, then = clock.monotonic_ns(), clock.monotonic_ns()
    assert type(first) is int
    assert first <= then
    assert type(clock.now_ns()) is int
    assert clock.now_ns() > 1_700_000_000 * SECOND
    await clock.sleep(duration_ns=0)
    await clock.sleep(duration_ns=-1)


async def test_the_system_clock_sleeps_at_least_as_long() -> None:
    clock = SystemClock()
    start = clock.monotonic_ns()
    await clock.sleep(duration_ns=5 * MILLISECOND)
    assert clock.monotonic_ns() - start >= 4 * MILLISECOND


async def test_the_manual_clock_wakes_the_earliest_first() -> None:
    clock = ManualClock()
    woken: list[int] = []

    async def sleeper(seconds: int) -> None:
        await clock.sleep(duration_ns=seconds * SECOND)
        woken.append(seconds)

    async with asyncio.TaskGroup() as tasks:
        for seconds in (3, 1, 2):
            tasks.create_task(sleeper(seconds))
        await until(clock, sleepers=3)
        clock.advance(duration_ns=SECOND - 1)
        await asyncio.sleep(0)
        assert woken == []
        clock.advance(duration_ns=1)
        await until(clock, sleepers=2)
        assert woken == [1]
        clock.advance(duration_ns=10 * SECOND)
    assert woken == [1, 2, 3]
    assert clock.monotonic_ns() == 11 * SECOND


async def test_a_step_of_the_wall_clock_wakes_nobody() -> None:
    clock = ManualClock(now_ns=100 * SECOND)
    sleeper = asyncio.create_task(clock.sleep(duration_ns=SECOND))
    await until(clock, sleepers=1)
    clock.set(now_ns=10 * SECOND)
    assert clock.now_ns() == 10 * SECOND
    assert clock.monotonic_ns() == 0
    await asyncio.sleep(0)
    assert clock.sleepers == 1
    sleeper.cancel()
    await asyncio.gather(sleeper, return_exceptions=True)
    assert clock.sleepers == 0


def test_time_does_not_pass_backward() -> None:
    with pytest.raises(ValueError, match="-1 ns"):
        ManualClock().advance(duration_ns=-1)


async def test_wait_for_ends_with_the_event_or_with_the_time() -> None:
    clock = ManualClock()
    event = asyncio.Event()
    waiting = asyncio.create_task(wait_for(event, clock=clock, duration_ns=SECOND))
    await until(clock, sleepers=1)
    clock.advance(duration_ns=SECOND)
    assert await waiting is False

    waiting = asyncio.create_task(wait_for(event, clock=clock, duration_ns=SECOND))
    await until(clock, sleepers=1)
    event.set()
    assert await waiting is True
    assert clock.sleepers == 0
    assert await wait_for(event, clock=clock, duration_ns=SECOND) is True


async def test_wait_for_leaves_nothing_behind_when_it_is_canceled() -> None:
    clock = ManualClock()
    waiting = asyncio.create_task(wait_for(asyncio.Event(), clock=clock, duration_ns=SECOND))
    await until(clock, sleepers=1)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert waiting.cancelled()
    assert clock.sleepers == 0
