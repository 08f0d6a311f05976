"""PostgreSQL servers for tests: the wheel's, or the system's own PostgreSQL 15 where it is found."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import asyncpg
import pytest

from milletpay.plumbing.embedded import EmbeddedServer
from milletpay.plumbing.migration import migrate
from milletpay.plumbing.roles import quote_name, url_with_database

SERVER_VARIABLE = "MILLET_TEST_SERVER_URL"
"""Names a running server by its owner's URL, which is then used instead of the wheel's."""

TEMPLATE = "millet_test_template"

# What is tested here is killed as a process, never as a machine: the operating system keeps the pages.
QUICK = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "min_wal_size": "128MB",
}

MEMORY, DISK = Path("/dev/shm"), Path("/tmp")
ROOMY = 8 << 30


def is_roomy(place: Path) -> bool:
    """Whether data directories can be made here, with programs beside them."""
    if not os.access(place, os.W_OK):
        return False
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize >= ROOMY and not found.f_flag & os.ST_NOEXEC


PLACE = MEMORY if is_roomy(MEMORY) else DISK
"""Where data directories are made; any user may. A disk needs ten times as long to make a database."""

every_server = pytest.mark.parametrize("server", ["wheel", "system"], indirect=True)
"""Runs a test on the wheel's server and on the system's PostgreSQL 15 (skipped where there is none)."""


@dataclass
class TestServer:
    """A server with a migrated template; gives databases out and takes them back."""

    __test__ = False

    url: str
    numbers: "count[int]" = field(default_factory=count)

    async def make_template(self) -> None:
        await self.run(f"DROP DATABASE IF EXISTS {TEMPLATE}", f"CREATE DATABASE {TEMPLATE}")
        await migrate(owner_url=url_with_database(self.url, database=TEMPLATE))

    async def make_database(self, *, template: str = TEMPLATE) -> str:
        """Make a database and give the owner's URL of it."""
        name = f"millet_test_{os.getpid()}_{next(self.numbers)}"
        await self.run(f"CREATE DATABASE {quote_name(name)} TEMPLATE {template}")
        return url_with_database(self.url, database=name)

    async def drop_database(self, url: str) -> None:
        name = url.partition("?")[0].rpartition("/")[2]
        await self.run(f"DROP DATABASE IF EXISTS {quote_name(name)} WITH (FORCE)")

    async def run(self, *statements: str) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()


class Servers:
    """The servers of a test session; each is started when a test first wants it."""

    def __init__(self) -> None:
        self._servers: dict[str, TestServer] = {}
        self._embedded: list[EmbeddedServer] = []
        self._directories: list[Path] = []

    def get(self, kind: str) -> TestServer:
        if kind not in self._servers:
            self._servers[kind] = server = TestServer(url=self._start(kind))
            asyncio.run(server.make_template())
        return self._servers[kind]

    def stop(self) -> None:
        for embedded in self._embedded:
            asyncio.run(embedded.stop())
        for directory in self._directories:
            shutil.rmtree(directory)

    def _start(self, kind: str) -> str:
        if kind == "wheel" and SERVER_VARIABLE in os.environ:
            return os.environ[SERVER_VARIABLE]
        binaries = None
        if kind == "system":
            binaries = system_postgresql()
            if binaries is None:
                pytest.skip("no PostgreSQL 15 on this system")
        directory = Path(tempfile.mkdtemp(prefix="millet-tests-", dir=PLACE))
        self._directories.append(directory)
        embedded = asyncio.run(
            EmbeddedServer.start(directory, purpose="tests", say=print, settings=QUICK, binaries=binaries)
        )
        self._embedded.append(embedded)
        return embedded.url


def system_postgresql() -> Path | None:
    """Find the folder of the system's PostgreSQL 15 programs."""
    found = shutil.which("initdb")
    folders: Sequence[Path] = [Path("/usr/lib/postgresql/15/bin"), *([Path(found).parent] if found else [])]
    for folder in folders:
        if folder.joinpath("initdb").exists() and folder.joinpath("postgres").exists():
            return folder
    return None
