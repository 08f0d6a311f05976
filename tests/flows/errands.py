"""Kinds of jobs for the tests: errands that write down that they were run."""

from dataclasses import dataclass, field

import asyncpg

from milletpay.plumbing.database import Connection, Database
from milletpay.plumbing.jobs import Job, NewJob, add_jobs

SCHEMA = """
CREATE SCHEMA errand;
GRANT USAGE ON SCHEMA errand TO millet_app;
CREATE TABLE errand.allowed (id uuid PRIMARY KEY);
CREATE TABLE errand.run (
    place bigint GENERATED ALWAYS AS IDENTITY,
    job uuid NOT NULL,
    said text NOT NULL,
    allowed uuid REFERENCES errand.allowed DEFERRABLE INITIALLY DEFERRED
);
GRANT SELECT, INSERT ON errand.run TO millet_app;
"""


@dataclass
class Errand:
    """Writes one row for each run; fails as often as it is told to, after writing."""

    failures: int = 0
    forbidden: bool = False
    runs: int = 0

    async def __call__(self, connection: Connection, /, *, job: Job) -> None:
        self.runs += 1
        allowed = 404 if self.forbidden else None
        await say(connection, job=job, said=job.argument, allowed=allowed)
        if self.runs <= self.failures:
            raise ConnectionResetError(f"attempt {self.runs}")


@dataclass
class Letter:
    """Calls outside: writes what it asks, asks, writes the answer."""

    fails: list[Exception] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    illegible: bool = False

    async def intent(self, connection: Connection, /, *, job: Job) -> str:
        await say(connection, job=job, said="asks")
        if self.illegible:
            raise ValueError("nobody can read this")
        return job.argument

    async def call(self, intent: str, /) -> str:
        self.asked.append(intent)
        if self.fails:
            raise self.fails.pop(0)
        return f"{intent}, yes"

    async def result(self, connection: Connection, /, *, job: Job, result: str) -> None:
        await say(connection, job=job, said=result)


async def say(connection: Connection, *, job: Job, said: str, allowed: int | None = None) -> None:
    await connection.execute(
        "INSERT INTO errand.run (job, said, allowed) VALUES ($1, $2, $3)", job.id, said, allowed
    )


async def build_errands(owner_url: str) -> None:
    owner = await asyncpg.connect(owner_url)
    await owner.execute(SCHEMA)
    await owner.close()


async def add(database: Database, *jobs: NewJob) -> set[int]:
    async with database.transaction() as connection:
        return await add_jobs(connection, jobs=jobs, now=1)


async def read_runs(database: Database) -> list[tuple[int, str]]:
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT job, said FROM errand.run ORDER BY place")
    return [(row["job"], row["said"]) for row in rows]


async def count_states(database: Database) -> dict[str, int]:
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT state, count(*) FROM plumbing.job GROUP BY state")
    return {row["state"]: row["count"] for row in rows}
