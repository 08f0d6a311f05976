"""Fixtures for tests that need a database: real servers, and a new database for each test.

`server` is the wheel's PostgreSQL; `tests.servers.every_server` adds the system's PostgreSQL 15.
`owner_url`, `app_url` and `database` are one database from three sides; other processes take the URLs.
"""

import asyncio
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from milletpay.plumbing.database import Database
from milletpay.plumbing.migration import migrate
from tests.flows.millet_process import data_directory, make_data
from tests.servers import Servers, TestServer


def pytest_configure() -> None:
    """Let SIGTERM (of `timeout`, of a build server) end the tests as Ctrl-C does: the servers are stopped."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    running = Servers()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def server(request: pytest.FixtureRequest, servers: Servers) -> TestServer:
    return servers.get(getattr(request, "param", "wheel"))


@pytest.fixture
async def owner_url(server: TestServer) -> AsyncIterator[str]:
    """Owner's URL of a new migrated database, dropped after the test."""
    url = await server.make_database()
    yield url
    await server.drop_database(url)


@pytest.fixture
async def app_url(owner_url: str) -> str:
    """Application's URL of the same database."""
    return await migrate(owner_url=owner_url)


@pytest.fixture
async def database(app_url: str) -> AsyncIterator[Database]:
    """The same database opened as the application."""
    opened = await Database.open(app_url)
    yield opened
    await opened.close()


@pytest.fixture
def new_data() -> Iterator[Path]:
    """A data directory that does not exist yet, where any user may make one."""
    with data_directory() as directory:
        yield directory


@pytest.fixture(scope="session")
def made_data() -> Iterator[Path]:
    """A data directory with a cluster in it and no server: made once, to be copied."""
    with data_directory() as directory:
        asyncio.run(make_data(directory))
        yield directory


@pytest.fixture
def data(new_data: Path, made_data: Path) -> Path:
    """A data directory with a cluster of its own in it and no server."""
    subprocess.run(["/bin/cp", "-a", made_data, new_data], check=True)
    return new_data
