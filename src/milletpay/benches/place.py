"""Where a bench runs: a PostgreSQL of its own on a real disk, and a new database for every row."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

import asyncpg

from milletpay.plumbing.database import Connection, Database, DatabaseUnavailable, describe, unavailable
from milletpay.plumbing.embedded import EmbeddedServer, Say
from milletpay.plumbing.migration import migrate
from milletpay.plumbing.roles import login_of, quote_name, url_with_database
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.benches")

BENCH_DIRECTORY: Final = Path("/var/tmp")  # noqa: S108 - only a new 0700 directory is made in it, by mkdtemp
"""By its definition this survives a restart, so that it is a disk; others may reach what is in it."""

MEMORY_FILE_SYSTEMS: Final = {"tmpfs", "ramfs"}
MOUNTS: Final = Path("/proc/self/mountinfo")

MUST_BE_ON: Final = ("fsync", "synchronous_commit", "full_page_writes")
"""Without these a server answers before it has kept anything, and a figure says nothing."""


class BenchRefused(Exception):
    """What is asked for cannot be measured, or would not be true; the message says why and what to do."""


class Place:
    """A server that a bench may use, and that it leaves as it was."""

    def __init__(self, *, owner_url: str, postmaster: int | None, file_system: str | None) -> None:
        self._owner_url = owner_url
        self._numbers = count(1)
        self.postmaster = postmaster
        """Process of the server, where it is our own."""
        self.file_system = file_system
        """Kind of the file system that the data is on, where it is our own."""

    @asynccontextmanager
    async def owner_url(self) -> AsyncIterator[str]:
        """An empty database, by its owner's URL; dropped at the end."""
        name = f"millet_bench_{os.getpid()}_{next(self._numbers)}"
        await self._run(f"CREATE DATABASE {quote_name(name)}")
        try:
            yield url_with_database(self._owner_url, database=name)
        finally:
            await self._run(f"DROP DATABASE {quote_name(name)} WITH (FORCE)")
            await self._run(f"DROP ROLE IF EXISTS {quote_name(login_of(name))}")

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """A new database with the schema, opened as the application; dropped at the end.

        Refuses a server that does not keep what it commits.
        """
        async with self.owner_url() as owner_url:
            database = await Database.open(await migrate(owner_url=owner_url))
            try:
                refuse_careless(await server_settings(database))
                yield database
            finally:
                await database.close()

    async def _run(self, statement: str) -> None:
        try:
            connection: Connection = await asyncpg.connect(self._owner_url)
        except Exception as error:
            if unavailable(error):
                raise DatabaseUnavailable(describe(error)) from error
            raise
        try:
            await connection.execute(statement)
        except asyncpg.InsufficientPrivilegeError as error:
            raise BenchRefused(
                f"The owner of this URL may not do what a bench needs ({error}): {statement}. Let it"
                " (ALTER ROLE ... CREATEDB CREATEROLE), or leave --database-url away: then the bench starts"
                " a server of its own."
            ) from error
        finally:
            await connection.close()


@asynccontextmanager
async def open_place(*, database_url: str | None, directory: Path, say: Say) -> AsyncIterator[Place]:
    """The server of this URL, or a new one in a directory below this one, which is removed at the end.

    Refuses a directory in memory.
    """
    if database_url is not None:
        yield Place(owner_url=database_url, postmaster=None, file_system=None)
        return
    kind = file_system_of(directory)
    if kind in MEMORY_FILE_SYSTEMS:
        raise BenchRefused(
            f"{directory} is in memory ({kind}), where keeping a commit costs nothing. Name a directory on a"
            " disk with --directory."
        )
    try:
        data = Path(tempfile.mkdtemp(prefix="millet-bench-", dir=directory))
    except OSError as error:
        raise BenchRefused(f"No directory can be made in {directory} ({error}). Name another.") from error
    try:
        server = await EmbeddedServer.start(data, purpose="millet bench", say=say)
        try:
            yield Place(owner_url=server.url, postmaster=server.pid, file_system=kind)
        finally:
            await server.stop()
    finally:
        shutil.rmtree(data)


async def server_settings(database: Database) -> dict[str, Any]:
    """The version and those settings of the server that figures depend on, as this session has them."""
    async with database.connection() as connection:
        rows = await connection.fetch(SQL["settings"])
    return {row["name"]: row["value"] for row in rows}


def refuse_careless(settings: dict[str, Any]) -> None:
    """Refuse a server that does not keep what it commits."""
    careless = [f"{name} = {settings[name]}" for name in MUST_BE_ON if settings[name] != "on"]
    if careless:
        raise BenchRefused(
            f"The server has {', '.join(careless)}: it answers before it has kept what it commits, and a"
            " figure would not be true of a book. Set it to on, or leave --database-url away."
        )


def file_system_of(directory: Path) -> str:
    """The kind of the file system that a directory is on, or `unknown`."""
    if not MOUNTS.exists():
        return "unknown"
    path = directory.absolute().resolve()
    kinds = {}
    for line in MOUNTS.read_text("utf-8").splitlines():
        mounted, _, described = line.partition(" - ")
        kinds[mounted.split()[4]] = described.split()[0]
    return next((kinds[str(step)] for step in (path, *path.parents) if str(step) in kinds), "unknown")
