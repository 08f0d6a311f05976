"""The book at its edges: restarts, the widest values, more expiries than a batch holds, two books at once."""

import asyncio
from dataclasses import replace
from random import Random

from milletpay.ledger import AMOUNT_MAX, BATCH_MAX, Account, AccountFlags, Transfer, TransferFlags
from milletpay.ledger.bookkeeping import open_bookkeeper
from milletpay.ledger.store import SQL
from milletpay.plumbing.clock import ManualClock, SystemClock
from milletpay.plumbing.database import Database
from milletpay.plumbing.migration import migrate
from tests.flows.book_history import Call, History
from tests.flows.book_traffic import Traffic, opening
from tests.flows.kept_book import KeptBook, read_book
from tests.flows.noted_book import NotedBook, open_noted_book
from tests.servers import TestServer, every_server

A, T = AccountFlags, TransferFlags
SECOND = 1_000_000_000
U128, U64, U32, U16 = 2**128 - 2, 2**64 - 1, 2**32 - 1, 2**16 - 1


def transfer(id: int, *, debit: int = 1, credit: int = 2, amount: int = 1, flags: int = 0) -> Transfer:
    return Transfer(
        id=id,
        debit_account_id=debit,
        credit_account_id=credit,
        amount=amount,
        ledger=156,
        code=1,
        flags=flags,
    )


async def create_accounts(database: Database, *events: Account) -> list[str]:
    """Like any process that was started just now."""
    async with open_bookkeeper(database=database, clock=SystemClock(), desk_id=1) as bookkeeper:
        return [str(status) for status in await bookkeeper.create_accounts(events)]


async def create_transfers(database: Database, *events: Transfer) -> list[str]:
    """Like any process that was started just now."""
    async with open_bookkeeper(database=database, clock=SystemClock(), desk_id=1) as bookkeeper:
        return [str(status) for status in await bookkeeper.create_transfers(events)]


async def read(database: Database) -> KeptBook:
    async with database.connection() as connection:
        return await read_book(connection)


@every_server
async def test_the_widest_values_are_read_back_as_they_were_written(database: Database) -> None:
    """Unsigned numbers live in signed columns: their highest bit is a number like any other."""
    wide = {"user_data_128": U128, "user_data_64": U64, "user_data_32": U32, "ledger": U32, "code": U16}
    accounts = [Account(id=id, **wide) for id in (U128, 2**127)]
    assert await create_accounts(database, *accounts) == ["created", "created"]
    assert await create_accounts(database, *accounts) == ["exists", "exists"]
    event = Transfer(
        id=U128, debit_account_id=U128, credit_account_id=2**127, amount=AMOUNT_MAX, timeout=U32, **wide
    )
    event.flags = T.pending
    assert await create_transfers(database, event) == ["created"]
    assert await create_transfers(database, event) == ["exists"]
    assert await create_transfers(database, replace(event, user_data_64=U64 - 1)) == [
        "exists_with_different_user_data_64"
    ]
    post = Transfer(id=2**127 + 1, pending_id=U128, amount=AMOUNT_MAX, flags=T.post_pending_transfer)
    assert await create_transfers(database, post, replace(post, id=3, amount=0)) == [
        "created",
        "pending_transfer_already_posted",
    ]
    kept = await read(database)
    kept.prove_digests()
    assert [replace(a, timestamp=0) for a in kept.accounts] == accounts
    assert replace(kept.transfers[0], timestamp=0) == event
    assert kept.transfers[1] == replace(
        event,
        id=post.id,
        pending_id=U128,
        timeout=0,
        flags=T.post_pending_transfer,
        timestamp=kept.transfers[1].timestamp,
    )
    assert [(a.debits_posted, a.credits_posted) for a in kept.accounts_now] == [
        (AMOUNT_MAX, 0),
        (0, AMOUNT_MAX),
    ]


async def test_a_new_process_knows_what_was_burnt_closed_or_limited(database: Database) -> None:
    limited = Account(id=3, ledger=156, code=1, flags=A.debits_must_not_exceed_credits)
    closed = Account(id=4, ledger=156, code=1, flags=A.closed)
    plain = [Account(id=id, ledger=156, code=1) for id in (1, 2, 5)]
    assert await create_accounts(database, *plain, limited, closed) == ["created"] * 5
    assert await create_transfers(
        database,
        transfer(10, debit=3),
        transfer(11, credit=4),
        transfer(12, debit=77),
        transfer(13, debit=5, amount=0, flags=T.pending | T.closing_debit),
        transfer(2**120),
    ) == [
        "exceeds_credits",
        "credit_account_already_closed",
        "debit_account_not_found",
        "created",
        "created",
    ]
    assert await create_accounts(database, Account(id=77, ledger=156, code=1)) == ["created"]
    assert await create_transfers(database, transfer(20, credit=3, amount=9)) == ["created"]
    assert (
        await create_transfers(
            database, transfer(10, debit=3), transfer(11, credit=4), transfer(12, debit=77)
        )
        == ["id_already_failed"] * 3
    )
    assert await create_transfers(
        database, transfer(21, debit=5), transfer(22, debit=4), transfer(23, debit=3, amount=10)
    ) == ["debit_account_already_closed", "debit_account_already_closed", "exceeds_credits"]
    void = Transfer(id=24, pending_id=13, flags=T.void_pending_transfer)
    assert await create_transfers(database, void, transfer(25, debit=5)) == ["created", "created"]
    assert await create_transfers(database, transfer(26, debit=5), transfer(27, debit=3, amount=9)) == [
        "created",
        "created",
    ]
    (await read(database)).prove_digests()


async def test_more_pendings_than_a_batch_holds_expire_all_the_same(database: Database) -> None:
    """They do so 8,190 at a time, before each batch; until then nobody can resolve them."""
    count = 2 * BATCH_MAX + 10
    clock = ManualClock()
    reserved = replace(transfer(1), flags=T.pending, timeout=1)
    events = [replace(reserved, id=10 + place) for place in range(count)]
    async with open_bookkeeper(database=database, clock=clock, desk_id=1) as bookkeeper:
        await bookkeeper.create_accounts([Account(id=id, ledger=156, code=1) for id in (1, 2)])
        for start in range(0, count, BATCH_MAX):
            assert set(await bookkeeper.create_transfers(events[start : start + BATCH_MAX])) == {"created"}
        clock.advance(duration_ns=3600 * SECOND)
        left = []
        for place in range(4):
            post = Transfer(id=place + 1, pending_id=10 + count - 1, flags=T.post_pending_transfer)
            assert await bookkeeper.create_transfers([post]) == ["pending_transfer_expired"]
            async with database.connection() as connection:
                rows = await connection.fetch(SQL["accounts_now"], [1, 2])
            left.append({row["debits_pending"] + row["credits_pending"] for row in rows}.pop())
    assert left[0] in range(count - BATCH_MAX, count - BATCH_MAX + 5)
    assert left[2:] == [0, 0]
    kept = await read(database)
    kept.prove_order()
    kept.prove_digests()
    assert len(kept.resolutions) == count
    assert [r.pending_id for r in kept.resolutions] == [event.id for event in events]


async def test_a_clock_that_goes_back_turns_nothing_back(database: Database) -> None:
    clock = ManualClock()
    async with open_bookkeeper(database=database, clock=clock, desk_id=1) as bookkeeper:
        await bookkeeper.create_accounts([Account(id=id, ledger=156, code=1) for id in (1, 2)])
        pending = replace(transfer(10), flags=T.pending, timeout=5)
        assert await bookkeeper.create_transfers([pending]) == ["created"]
        clock.set(now_ns=clock.now_ns() - 86_400 * SECOND)
        assert await bookkeeper.create_transfers([transfer(11)]) == ["created"]
    async with open_bookkeeper(database=database, clock=clock, desk_id=2) as bookkeeper:
        assert await bookkeeper.create_transfers([transfer(12)]) == ["created"]
        clock.advance(duration_ns=86_400 * SECOND + 6 * SECOND)
        post = Transfer(id=13, pending_id=10, flags=T.post_pending_transfer, amount=AMOUNT_MAX)
        assert await bookkeeper.create_transfers([post]) == ["pending_transfer_expired"]
    kept = await read(database)
    kept.prove_order()
    kept.prove_digests()
    assert [t.id for t in kept.transfers] == [10, 11, 12]


async def test_two_books_in_one_process_do_not_meet(
    server: TestServer, database: Database, app_url: str
) -> None:
    """Two desks on one database, and one on another, in one event loop."""
    del app_url
    other_url = await server.make_database()
    other = await Database.open(await migrate(owner_url=other_url))
    shared, apart = History(), History()
    try:
        async with (
            open_noted_book(database, desk_id=1) as first,
            open_noted_book(database, desk_id=2) as second,
            open_noted_book(other, desk_id=1) as third,
        ):
            shared.calls.append(await first.take(Call(0, opening())))
            apart.calls.append(await third.take(Call(0, opening())))
            await asyncio.gather(
                work(first, shared, number=1), work(second, shared, number=2), work(third, apart, number=1)
            )
        assert (await shared.prove(database)).transfers > 100
        assert (await apart.prove(other)).transfers > 100
    finally:
        await other.close()
        await server.drop_database(other_url)


async def work(book: NotedBook, history: History, *, number: int) -> None:
    traffic = Traffic(number=number, random=Random(number))
    for _ in range(40):
        accounts = traffic.accounts()
        calls = [Call(number, accounts), Call(number, traffic.between(accounts))]
        calls += [Call(number, traffic.transfers()) for _ in range(3)]
        history.calls += await asyncio.gather(*map(book.take, calls))
