"""A full disk is said in a sentence, keeps nothing in part, and is over when there is space again."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from milletpay.plumbing.database import Database, DatabaseUnavailable
from milletpay.plumbing.embedded import EmbeddedServer
from tests.servers import QUICK

MIB = 1024 * 1024


@pytest.fixture
def small_disk(new_data: Path) -> Iterator[Path]:
    """A disk of its own, with little room."""
    disk = new_data.parent / "disk"
    disk.mkdir()
    command = ["/bin/mount", "-t", "tmpfs", "-o", "size=160m,mode=755", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("only who may mount a small disk can fill it")
    yield disk
    subprocess.run(["/bin/umount", str(disk)], check=True)


async def count(database: Database) -> int:
    async with database.connection() as connection:
        return int(await connection.fetchval("SELECT count(*) FROM public.stone"))


async def test_a_full_disk_keeps_nothing_in_part(small_disk: Path, made_data: Path) -> None:
    data = small_disk / "data"
    subprocess.run(["/bin/cp", "-a", made_data, data], check=True)
    server = await EmbeddedServer.start(data, purpose="a test", say=print, settings=QUICK)
    database = await Database.open(server.url)
    filler = small_disk / "filler"

    async def add(stones: int) -> None:
        async with database.transaction() as connection:
            for _ in range(stones):
                await connection.execute("INSERT INTO public.stone VALUES (repeat('x', 1000000))")

    try:
        async with database.transaction() as connection:
            await connection.execute("CREATE TABLE public.stone (weight text)")
            await connection.execute("ALTER TABLE public.stone ALTER weight SET STORAGE EXTERNAL")
        await add(1)
        usage = os.statvfs(small_disk)
        with filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, usage.f_bavail * usage.f_frsize - 2 * MIB)
        with pytest.raises(DatabaseUnavailable, match=r"disk is full.*Free some space"):
            await add(5)
        assert await count(database) == 1
        filler.unlink()
        await add(2)
        assert await count(database) == 3
    finally:
        await database.close()
        await server.stop()
