"""What is no event, cannot be or cannot be kept is refused by name, and nothing of it is kept."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import asyncpg
import pytest

from milletpay.ledger import (
    AMOUNT_MAX,
    BATCH_MAX,
    Account,
    Bookkeeper,
    NotAnEvent,
    NotAnInteger,
    Transfer,
    TransferFlags,
)
from milletpay.ledger.bookkeeping import open_bookkeeper
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.database import Database
from milletpay.plumbing.desk import Unavailable
from milletpay.plumbing.migration import migrate
from milletpay.plumbing.roles import quote_name, url_with_database
from tests.flows.kept_book import KeptBook, read_book
from tests.flows.noted_book import open_noted_book
from tests.flows.wire import Wire
from tests.servers import TEMPLATE, TestServer

T = TransferFlags
MIB = 1024 * 1024
BLINK_NS = 2_000_000_000
"""More than the longest pause between two tries of a desk, which the next command may have to sit out."""

NO_VALUES: Sequence[tuple[str, object, str]] = [
    ("amount", -1, "amount is -1: give an integer from 0 to 9223372036854775807"),
    ("amount", AMOUNT_MAX + 1, "amount is 9223372036854775808: give an integer from 0"),
    ("amount", 12.5, "amount is 12.5, of type float, not an integer"),
    ("amount", "12", "amount is '12', of type str, not an integer"),
    ("amount", None, "amount is None, of type NoneType"),
    ("id", "x", "id is 'x', of type str"),
    ("id", 2**128, "id is 340282366920938463463374607431768211456: give"),
    ("pending_id", [1], r"pending_id is \[1\], of type list"),
    ("debit_account_id", {}, "debit_account_id is {}, of type dict"),
    ("flags", "pending", "flags is 'pending', of type str"),
    ("flags", None, "flags is None, of type NoneType"),
    ("flags", 1.0, "flags is 1.0, of type float"),
    ("timeout", 2**32, "timeout is 4294967296: give an integer from 0 to 4294967295"),
]


def plain(id: int) -> Transfer:
    return Transfer(id=id, debit_account_id=1, credit_account_id=2, amount=1, ledger=156, code=1)


async def open_accounts(bookkeeper: Bookkeeper) -> None:
    accounts = [Account(id=id, ledger=156, code=1) for id in (1, 2)]
    await bookkeeper.create_accounts([*accounts, Account(id=3, ledger=1156, code=1)])


async def read(database: Database) -> KeptBook:
    async with database.connection() as connection:
        return await read_book(connection)


@pytest.mark.parametrize(("size", "place"), [(5, 3), (8000, 7000)])
async def test_a_value_that_is_none_is_named_by_its_place(
    database: Database, caplog: pytest.LogCaptureFixture, size: int, place: int
) -> None:
    """Also where the first pieces of the batch were in the database already; others are not disturbed."""
    caplog.set_level("CRITICAL")
    good = 1_000_000
    async with open_bookkeeper(database=database, clock=SystemClock(), desk_id=1) as bookkeeper:
        await open_accounts(bookkeeper)
        before = await read(database)
        for field, value, message in NO_VALUES:
            events = [plain(id) for id in range(1, size + 1)]
            events[place] = replace(events[place], **{field: cast(Any, value)})
            wanted = NotAnEvent if isinstance(value, int) else NotAnInteger
            with pytest.raises(wanted, match=f"transfer {place} of the batch: {message}"):
                await bookkeeper.create_transfers(events)
        events = [plain(id) for id in range(1, size + 1)]
        with pytest.raises(NotAnEvent, match=f"transfer {place} of the batch is 'x', of type str"):
            await bookkeeper.create_transfers([*events[:place], cast(Any, "x"), *events[place:]])
        assert await read(database) == before

        bad = [*events[:place], replace(events[place], amount=-1), *events[place + 1 :]]
        calls = [[plain(good)], bad, [plain(good + 1)]]
        answers = await asyncio.gather(*map(bookkeeper.create_transfers, calls), return_exceptions=True)
        assert [str(answer) for answer in answers[::2]] == ["[<CreateTransferStatus.created: 'created'>]"] * 2
        assert isinstance(answers[1], NotAnEvent)
        assert set(await bookkeeper.create_transfers(events)) == {"created"}
    kept = await read(database)
    kept.prove_digests()
    assert {t.id for t in kept.transfers} == {*range(1, size + 1), good, good + 1}
    assert [a.debits_posted for a in kept.accounts_now] == [size + 2, 0, 0]


async def test_too_many_events_are_refused_and_the_most_are_taken(database: Database) -> None:
    events = [plain(id) for id in range(1, BATCH_MAX + 2)]
    accounts = [Account(id=id, ledger=156, code=1) for id in range(1, BATCH_MAX + 2)]
    async with open_bookkeeper(database=database, clock=SystemClock(), desk_id=1) as bookkeeper:
        await open_accounts(bookkeeper)
        before = await read(database)
        with pytest.raises(NotAnEvent, match="has 8191 events: send at most 8190 at once"):
            await bookkeeper.create_transfers(events)
        with pytest.raises(NotAnEvent, match="has 8191 events: send at most 8190 at once"):
            await bookkeeper.create_accounts(accounts)
        assert await read(database) == before
        assert set(await bookkeeper.create_transfers(events[:-1])) == {"created"}


async def test_what_contradicts_is_declined_by_name(database: Database) -> None:
    event = plain(1)
    declined = {
        "debit_account_not_found": replace(event, id=1, debit_account_id=77),
        "credit_account_not_found": replace(event, id=2, credit_account_id=77),
        "accounts_must_have_the_same_ledger": replace(event, id=3, credit_account_id=3),
        "transfer_must_have_the_same_ledger_as_accounts": replace(event, id=4, ledger=1156),
        "flags_are_mutually_exclusive": replace(
            event, id=5, flags=T.post_pending_transfer | T.void_pending_transfer
        ),
        "closing_transfer_must_be_pending": replace(event, id=6, flags=T.closing_debit),
        "timeout_reserved_for_pending_transfer": replace(event, id=7, timeout=1),
        "reserved_flag": replace(event, id=8, flags=cast(Any, 1 << 8)),
        "linked_event_chain_open": replace(event, id=9, flags=T.linked),
    }
    async with open_bookkeeper(database=database, clock=SystemClock(), desk_id=1) as bookkeeper:
        await open_accounts(bookkeeper)
        statuses = await bookkeeper.create_transfers(list(declined.values()))
    assert [str(status) for status in statuses] == list(declined)
    assert (await read(database)).transfers == []


async def test_a_database_that_is_gone_is_said_and_nothing_is_done(app_url: str, database: Database) -> None:
    async with Wire.to(app_url) as (wire, url):
        wired = await Database.open(url, connections=1)
        async with open_noted_book(wired, desk_id=1, patience_ns=BLINK_NS) as book:
            await open_accounts(book.bookkeeper)
            before = await read(database)
            wire.closed = True
            await end_sessions(database)
            with pytest.raises(Unavailable, match=r"database is not available; nothing was done\. .+"):
                await book.bookkeeper.create_transfers([plain(1)])
            assert await read(database) == before
            wire.closed = False
            assert await book.bookkeeper.create_transfers([plain(1)]) == ["created"]
        await wired.close()


async def end_sessions(database: Database) -> None:
    async with database.connection() as connection:
        await connection.fetch(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of its own, with little room."""
    disk = Path(tempfile.mkdtemp(prefix="millet-tests-", dir="/tmp"))
    mount = ["/bin/mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        disk.rmdir()
        pytest.skip("only who may mount a small disk can fill it")
    yield disk
    subprocess.run(["/bin/umount", str(disk)], check=True)
    disk.rmdir()


async def test_a_database_that_is_full_is_said_and_nothing_is_done(
    server: TestServer, small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("CRITICAL")
    owner = await asyncpg.connect(server.url)
    places = small_disk / "tables"
    places.mkdir(mode=0o700)
    cluster = Path(await owner.fetchval("SHOW data_directory")).stat()
    shutil.chown(places, cluster.st_uid, cluster.st_gid)
    await owner.execute(f"CREATE TABLESPACE small LOCATION '{places}'")
    await owner.execute(f"CREATE DATABASE {quote_name('full')} TEMPLATE {TEMPLATE} TABLESPACE small")
    url = url_with_database(server.url, database="full")
    database = await Database.open(await migrate(owner_url=url))
    filler = small_disk / "filler"
    try:
        async with open_noted_book(database, desk_id=1, patience_ns=BLINK_NS) as book:
            await open_accounts(book.bookkeeper)
            before = await read(database)
            usage = os.statvfs(small_disk)
            with filler.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, usage.f_bavail * usage.f_frsize - MIB // 4)
            events = [plain(id) for id in range(1, 8001)]
            with pytest.raises(Unavailable, match=r"nothing was done.*(No space left|disk is full)"):
                await book.bookkeeper.create_transfers(events)
            assert await read(database) == before
            filler.unlink()
            assert set(await book.bookkeeper.create_transfers(events)) == {"created"}
        kept = await read(database)
        kept.prove_digests()
        assert len(kept.transfers) == 8000
    finally:
        await database.close()
        await server.drop_database(url)
        await owner.execute("DROP TABLESPACE small")
        await owner.close()
