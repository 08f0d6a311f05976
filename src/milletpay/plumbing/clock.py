"""The clock: the only file that asks the machine for the time. Everybody else is given a `Clock`.

A timestamp is a whole number of nanoseconds since 1970-01-01T00:00:00Z; a duration is a whole number of
nanoseconds. `now_ns` may jump when somebody sets the machine's time, `monotonic_ns` never does: what is
recorded is dated by the first, what is waited for or measured is counted by the second.
"""

import asyncio
import time
from typing import Protocol

MICROSECOND = 1_000
MILLISECOND = 1_000_000
SECOND = 1_000_000_000
"""Nanoseconds in each."""


class Clock(Protocol):
    """What tells the time and waits."""

    def now_ns(self) -> int:
        """Nanoseconds since 1970 by the wall clock, which may step in either direction."""
        ...

    def monotonic_ns(self) -> int:
        """Nanoseconds since some moment; never goes back. Only differences mean something."""
        ...

    async def sleep(self, *, duration_ns: int) -> None:
        """Return when that much time has passed. Zero or less lets others run once."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_ns(self) -> int:
        """Nanoseconds since 1970 by the machine's wall clock."""
        return time.time_ns()

    def monotonic_ns(self) -> int:
        """Nanoseconds of the machine's monotonic clock."""
        return time.monotonic_ns()

    async def sleep(self, *, duration_ns: int) -> None:
        """Wait on the event loop."""
        await asyncio.sleep(max(duration_ns, 0) / SECOND)


class ManualClock:
    """A clock that stands still until it is moved: time as an argument of a test or of a simulation.

    Those who sleep on it wake when `advance` has passed their moment, the earliest first. It belongs to one
    event loop, as they do.
    """

    def __init__(self, *, now_ns: int = 1_767_225_600 * SECOND) -> None:
        """Start at this timestamp; by default at 2026-01-01T00:00:00Z."""
        self._now_ns = now_ns
        self._monotonic_ns = 0
        self._sleepers: dict[asyncio.Future[None], int] = {}

    def now_ns(self) -> int:
        """The timestamp that the clock was last moved to."""
        return self._now_ns

    def monotonic_ns(self) -> int:
        """How far the clock was advanced in all."""
        return self._monotonic_ns

    @property
    def sleepers(self) -> int:
        """How many are asleep on it: a test waits for the one that it wants to wake."""
        return len(self._sleepers)

    async def sleep(self, *, duration_ns: int) -> None:
        """Wait until `advance` has moved the clock by that much."""
        if duration_ns <= 0:
            await asyncio.sleep(0)
            return
        waked = asyncio.get_running_loop().create_future()
        self._sleepers[waked] = self._monotonic_ns + duration_ns
        try:
            await waked
        finally:
            self._sleepers.pop(waked, None)

    def advance(self, *, duration_ns: int) -> None:
        """Let time pass: both clocks move on, and whoever slept until then is waked.

        :raises ValueError: when it is below zero: time does not go back, but `set` can step the wall clock
        """
        if duration_ns < 0:
            raise ValueError(
                f"time cannot pass by {duration_ns} ns; step the wall clock with set(now_ns=...)"
            )
        self._now_ns += duration_ns
        self._monotonic_ns += duration_ns
        for waked, moment in sorted(self._sleepers.items(), key=lambda sleeper: sleeper[1]):
            if moment <= self._monotonic_ns and not waked.done():
                waked.set_result(None)

    def set(self, *, now_ns: int) -> None:
        """Step the wall clock, forward or back, as when somebody sets a machine's time. Nobody wakes."""
        self._now_ns = now_ns


async def wait_for(event: asyncio.Event, *, clock: Clock, duration_ns: int) -> bool:
    """Wait for an event, but no longer than this: whether it has happened.

    What a loop does that works when it is told to and, in any case, now and then.
    """
    if event.is_set():
        return True
    waits = {asyncio.ensure_future(event.wait()), asyncio.ensure_future(clock.sleep(duration_ns=duration_ns))}
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
    return event.is_set()
