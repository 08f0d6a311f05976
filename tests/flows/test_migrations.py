"""The schema: the same whether installed or migrated, brought forward once, refused when it cannot be."""

import asyncio
import re
import subprocess

import asyncpg
import pytest

from milletpay.plumbing.database import Database
from milletpay.plumbing.embedded.binaries import wheel_directory
from milletpay.plumbing.migration import (
    MigrationRefused,
    apply_missing,
    first_migration,
    migrate,
    read_migrations,
    refuse_old_server,
)
from tests.servers import TestServer, every_server

REWRITE = "python -m milletpay.plumbing.migration > src/milletpay/migrations/0001_first.sql"


def dump(url: str) -> str:
    """The schema as pg_dump tells it, without what differs from run to run."""
    command = [str(wheel_directory() / "pg_dump"), "--schema-only", "--no-sync", url]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return re.sub(r"^\\(un)?restrict .*$", "", text, flags=re.MULTILINE)


async def held_by(url: str) -> list[asyncpg.Record]:
    owner = await asyncpg.connect(url)
    try:
        return await owner.fetch("SELECT number, name, sha256 FROM plumbing.migration ORDER BY number")
    finally:
        await owner.close()


async def test_fresh_and_migrated_schemas_are_the_same(server: TestServer, owner_url: str) -> None:
    migrated = await server.make_database(template="template1")
    owner = await asyncpg.connect(migrated)
    try:
        await apply_missing(owner, grantee="millet_app")
    finally:
        await owner.close()
    assert "CREATE TABLE plumbing.migration" in dump(owner_url)
    assert dump(migrated) == dump(owner_url), f"if no version was released since, write it anew: {REWRITE}"
    assert await held_by(migrated) == await held_by(owner_url)
    assert len(read_migrations()) > 1 or read_migrations()[0].sql == first_migration(), REWRITE
    await server.drop_database(migrated)


@every_server
async def test_many_programs_migrate_at_once(server: TestServer) -> None:
    url = await server.make_database(template="template1")
    app_urls = await asyncio.gather(*(migrate(owner_url=url) for _ in range(6)))
    assert len(set(app_urls)) == 1
    assert len(await held_by(url)) == len(read_migrations())
    database = await Database.open(app_urls[0])
    await database.close()
    await server.drop_database(url)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            "UPDATE plumbing.migration SET sha256 = sha256('other') WHERE number = 1",
            "0001_first.sql is not the one",
        ),
        ("INSERT INTO plumbing.migration VALUES (9999, 'later', sha256('later'))", "9999 by a newer version"),
    ],
)
async def test_a_schema_that_is_not_ours_is_refused(owner_url: str, change: str, sentence: str) -> None:
    owner = await asyncpg.connect(owner_url)
    await owner.execute(change)
    await owner.close()
    with pytest.raises(MigrationRefused, match=sentence):
        await migrate(owner_url=owner_url)


def test_an_old_server_is_refused_with_its_version() -> None:
    refuse_old_server(major=15, minor=0)
    with pytest.raises(MigrationRefused, match=r"PostgreSQL 14\.11; MilletPay needs 15"):
        refuse_old_server(major=14, minor=11)
