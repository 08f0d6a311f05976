"""The worker: does jobs, fires schedules, sweeps what hangs. Run as many as wanted, in as many processes."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from milletpay.plumbing.clock import MILLISECOND, SECOND, Clock, wait_for
from milletpay.plumbing.database import Connection, Database, DatabaseUnavailable
from milletpay.plumbing.ids import Entropy
from milletpay.plumbing.jobs import STATEMENTS, Job, Kind, OutsideKind, Work, delay_after, delete_done_jobs
from milletpay.plumbing.schedules import Schedule, fire

LOOK_NS: Final = 250 * MILLISECOND
KEEP_HOUSE_NS: Final = SECOND
KEPT_NS: Final = 7 * 24 * 3600 * SECOND
"""How long a job that was done is kept, and with it its key."""

# What is checked only at COMMIT would fail there, past the savepoint of an attempt.
CHECK_NOW: Final = "SET CONSTRAINTS ALL IMMEDIATE"

log = logging.getLogger(__name__)


class LeaseEnded(Exception):
    """An outside call took longer than its lease; whether it reached the other side is not known."""


class Worker:
    """Does the jobs of the kinds that it is given, `parallel` at a time."""

    def __init__(
        self,
        *,
        database: Database,
        kinds: Sequence[Kind | OutsideKind],
        clock: Clock,
        entropy: Entropy,
        new_id: Callable[[], int],
        schedules: Sequence[Schedule] = (),
        parallel: int = 4,
    ) -> None:
        self._database = database
        self._kinds = {kind.name: kind for kind in kinds}
        assert len(self._kinds) == len(kinds), "two kinds of one name"
        self._clock = clock
        self._entropy = entropy
        self._new_id = new_id
        self._schedules = schedules
        self._parallel = parallel
        self._stopping = False
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Work until `stop`; look for jobs when woken, and four times a second."""
        hands = (self._repeat(self.do_one, pause_ns=LOOK_NS) for _ in range(self._parallel))
        await asyncio.gather(self._repeat(self.keep_house, pause_ns=KEEP_HOUSE_NS), *hands)

    def wake(self) -> None:
        """There are new jobs."""
        self._wake.set()

    def stop(self) -> None:
        """Finish the jobs in hand, then end `run`."""
        self._stopping = True
        self._wake.set()

    async def do_one(self) -> bool:
        """Do the job that has been due the longest; False when none is due."""
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(STATEMENTS["claim_job"], list(self._kinds), self._clock.now_ns())
            if row is None:
                return False
            job = Job(**dict(row))
            kind = self._kinds[job.kind]
            if isinstance(kind, Kind):
                await self._attempt(connection, job=job, attempt=job.attempts + 1, work=kind.does)
                return True
            try:
                async with connection.transaction():  # a savepoint
                    intent = await kind.does.intent(connection, job=job)
                    await connection.execute(CHECK_NOW)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is this attempt's failure
                await self._fail(connection, job=job, attempt=job.attempts + 1, error=error)
                return True
            lease = self._new_id()
            until = self._clock.now_ns() + kind.lease_ns
            await connection.execute(STATEMENTS["lease_job"], job.id, lease, until)
        await self._call(kind, job=job, lease=lease, intent=intent)
        return True

    async def keep_house(self) -> None:
        """Fire schedules, end what has run for too long, delete what is old."""
        now = self._clock.now_ns()
        for schedule in self._schedules:
            async with self._database.transaction() as connection:
                if await fire(connection, schedule=schedule, now=now, new_id=self._new_id):
                    self.wake()
        while await self._sweep_one():
            pass
        async with self._database.connection() as connection:
            await delete_done_jobs(connection, before=now - KEPT_NS)

    async def _call(self, kind: OutsideKind, *, job: Job, lease: int, intent: object) -> None:
        """Make the outside call under its lease, then write what came of it if the lease still holds."""
        result, failure = None, None
        try:
            async with asyncio.timeout(kind.lease_ns / SECOND):
                result = await kind.does.call(intent)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this attempt's failure
            failure = error

        async def write(connection: Connection, *, job: Job) -> None:
            await kind.does.result(connection, job=job, result=result)

        async with self._database.transaction() as connection:
            if await connection.fetchrow(STATEMENTS["claim_leased_job"], job.id, lease) is None:
                log.warning("the lease of job %032x (%s) ended before its call did", job.id, job.kind)
            elif failure is not None:
                await self._fail(connection, job=job, attempt=job.attempts + 1, error=failure)
            else:
                await self._attempt(connection, job=job, attempt=job.attempts + 1, work=write)

    async def _attempt(self, connection: Connection, *, job: Job, attempt: int, work: Work) -> None:
        """Work and acknowledge. What a failed attempt wrote is undone; that it failed is kept."""
        try:
            async with connection.transaction():  # a savepoint
                await work(connection, job=job)
                await connection.execute(CHECK_NOW)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this attempt's failure
            await self._fail(connection, job=job, attempt=attempt, error=error)
        else:
            await connection.execute(STATEMENTS["finish_job"], job.id, attempt, self._clock.now_ns())

    async def _sweep_one(self) -> bool:
        async with self._database.transaction() as connection:
            kinds, now = list(self._kinds), self._clock.now_ns()
            row = await connection.fetchrow(STATEMENTS["claim_expired_job"], kinds, now)
            if row is None:
                return False
            job = Job(**dict(row))
            error = LeaseEnded("the outside call took longer than its lease, or its process died")
            await self._fail(connection, job=job, attempt=job.attempts, error=error)
            return True

    async def _fail(self, connection: Connection, *, job: Job, attempt: int, error: Exception) -> None:
        if connection.is_closed():
            raise error  # nothing can be written: the job stays as it was
        retry = self._kinds[job.kind].retry
        reason = f"{type(error).__name__}: {error}"[:1000]
        now = self._clock.now_ns()
        if attempt >= retry.attempts:
            log.error("job %032x (%s) is dead: %s", job.id, job.kind, reason, exc_info=error)
            await connection.execute(STATEMENTS["bury_job"], job.id, attempt, reason, now)
        else:
            log.warning("job %032x (%s), attempt %d: %s", job.id, job.kind, attempt, reason)
            due = now + delay_after(attempt, retry=retry, entropy=self._entropy)
            await connection.execute(STATEMENTS["retry_job"], job.id, attempt, reason, due)

    async def _repeat(self, step: Callable[[], Awaitable[bool | None]], *, pause_ns: int) -> None:
        while not self._stopping:
            busy: bool | None = False
            try:
                busy = await step()
            except DatabaseUnavailable as error:
                log.warning("the worker waits for the database: %s", error)
            except Exception:
                log.exception("the worker's step failed")
            if not busy and not self._stopping:
                self._wake.clear()
                await wait_for(self._wake, clock=self._clock, duration_ns=pause_ns)
