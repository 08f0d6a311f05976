"""Jobs: work to be done later, claimed, done and acknowledged in one transaction.

A job is added in the transaction that makes it necessary, with a key where it must not be added twice. A
worker claims it, lets the kind's `Work` write through the same connection, and acknowledges it; all of that
is kept, or nothing. Whoever dies in the middle leaves the job as it was, its attempt not even counted.

What calls outside cannot be in one transaction. Such a kind is an `OutsideKind`: its intent is written and
committed with a lease, the call is made without any transaction, its result is written if the lease still
holds. A call whose lease has ended counts as failed, whether its process died or hangs; it may have reached
the other side, so it carries an idempotency key that the intent made.

An attempt that fails is tried again later and later; after the last one the job is dead and stays to be seen,
until somebody requeues it. Moments and durations are whole nanoseconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from milletpay.plumbing.clock import SECOND
from milletpay.plumbing.database import Connection
from milletpay.plumbing.ids import Entropy
from milletpay.plumbing.statements import load_statements

STATEMENTS: Final = load_statements("milletpay.plumbing")
DELETE_MAX: Final = 10_000

Intent = TypeVar("Intent")
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True, slots=True)
class NewJob:
    """A job to be added, unless one of its kind and key is there already, done or not."""

    id: int
    kind: str
    argument: str = ""
    key: str | None = None
    run_at: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A claimed job; `attempts` counts those before this one."""

    id: int
    kind: str
    key: str | None
    argument: str
    attempts: int
    run_at: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadJob:
    """A job whose every attempt failed, and what the last one ran into."""

    id: int
    kind: str
    key: str | None
    argument: str
    attempts: int
    failure: str
    created_at: int
    finished_at: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Retry:
    """How often a job is tried, and the first and longest delay; each delay is twice the one before."""

    attempts: int = 10
    first_ns: int = SECOND
    longest_ns: int = 3600 * SECOND


class Work(Protocol):
    """What a job of some kind does, all of it through the connection. Raising makes it a failed attempt."""

    async def __call__(self, connection: Connection, /, *, job: Job) -> None:
        """Write, and leave committing to the worker."""


class OutsideCall(Protocol[Intent, Result]):
    """What a job of some kind does that has to call outside."""

    async def intent(self, connection: Connection, /, *, job: Job) -> Intent:
        """Write what is going to be asked, and under which idempotency key. Committed before the call."""

    async def call(self, intent: Intent, /) -> Result:
        """Ask. Cancelled when the lease ends; may be asked again with the same intent written."""

    async def result(self, connection: Connection, /, *, job: Job, result: Result) -> None:
        """Write what came of it, in the transaction that acknowledges the job."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A kind of job, what it does, and how it is retried."""

    name: str
    does: Work
    retry: Retry = Retry()


@dataclass(frozen=True, kw_only=True, slots=True)
class OutsideKind:
    """A kind of job that calls outside, and how long a call may take."""

    name: str
    does: OutsideCall[Any, Any]
    lease_ns: int
    retry: Retry = Retry()


async def add_jobs(connection: Connection, *, jobs: Sequence[NewJob], now: int) -> set[int]:
    """Add jobs in the caller's transaction; gives the ids of those that were not there already."""
    rows = await connection.fetch(
        STATEMENTS["add_jobs"],
        [job.id for job in jobs],
        [job.kind for job in jobs],
        [job.key for job in jobs],
        [job.argument for job in jobs],
        [job.run_at for job in jobs],
        now,
    )
    return {row["id"] for row in rows}


async def find_dead_jobs(connection: Connection, *, most: int = 100) -> list[DeadJob]:
    """Find the dead jobs, the latest first."""
    return [DeadJob(**dict(row)) for row in await connection.fetch(STATEMENTS["find_dead_jobs"], most)]


async def requeue_job(connection: Connection, *, id: int, now: int) -> bool:
    """Let a dead job begin again with all its attempts; False when there is no dead job of that id."""
    return await connection.fetchval(STATEMENTS["requeue_job"], id, now) is not None


async def delete_done_jobs(connection: Connection, *, before: int) -> int:
    """Delete jobs done before that moment; gives how many, at most 10,000."""
    status = await connection.execute(STATEMENTS["delete_done_jobs"], before, DELETE_MAX)
    return int(status.rpartition(" ")[2])


def delay_after(attempt: int, *, retry: Retry, entropy: Entropy) -> int:
    """Give the delay in nanoseconds after failed attempt number 1, 2, ...

    Half of it is certain and half is chance, so that what failed together does not come back together.
    """
    delay = min(retry.longest_ns, retry.first_ns << min(attempt - 1, 62))
    return delay - int.from_bytes(entropy(8)) % (delay // 2 + 1)
