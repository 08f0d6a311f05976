"""A process decides on what it remembers only while that is still the book."""

from typing import cast

import asyncpg
import pytest

from milletpay.ledger import Account, AccountFlags, NotAnEvent, Transfer
from milletpay.ledger.bookkeeping import open_bookkeeper
from milletpay.ledger.store import SQL, Book
from milletpay.plumbing.clock import ManualClock, SystemClock
from milletpay.plumbing.database import Database, lock_book
from milletpay.plumbing.dates import day_of

BANK, ANNA, BELA = 1, 2, 3


async def create(book: Book, database: Database, *transfers: Transfer) -> list[str]:
    """Create transfers in a transaction of their own."""
    async with database.transaction() as connection:
        await lock_book(connection)
        await book.open(connection)
        await book.load(connection, accounts=[BANK, ANNA, BELA], transfers=[t.id for t in transfers])
        statuses = book.machine.create_transfers(transfers, book.stamp(len(transfers)))
        await book.save(connection)
    book.committed()
    return [str(status) for status in statuses]


async def open_accounts(book: Book, database: Database) -> None:
    async with database.transaction() as connection:
        await lock_book(connection)
        await book.open(connection)
        limited = AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS
        events = [Account(id=BANK, ledger=156, code=1)]
        events += [Account(id=id, ledger=156, code=2, flags=limited) for id in (ANNA, BELA)]
        book.machine.create_accounts(events, book.stamp(3))
        await book.save(connection)
    book.committed()


def give(id: int, debit: int, credit: int, amount: int) -> Transfer:
    return Transfer(
        id=id, debit_account_id=debit, credit_account_id=credit, amount=amount, ledger=156, code=1
    )


async def test_a_database_put_back_to_an_older_state_is_noticed(database: Database, owner_url: str) -> None:
    """Memory that goes beyond the restored book, or beside it, is dropped; the ids it used are free again."""
    clock = ManualClock()
    first = Book(clock=clock, accounting_date=day_of)
    await open_accounts(first, database)
    assert await create(first, database, give(11, BANK, ANNA, 100)) == ["created"]
    assert await create(first, database, give(12, ANNA, BELA, 70)) == ["created"]

    owner = await asyncpg.connect(owner_url)
    for table, condition in (("tail", "batch = 3"), ("batch", "number = 3"), ("transfer", "amount = 70")):
        await owner.execute(f"DELETE FROM ledger.{table} WHERE {condition}")
    await owner.close()
    assert await create(first, database, give(13, ANNA, BELA, 100)) == ["created"]

    second = Book(clock=clock, accounting_date=day_of)
    assert await create(second, database, give(14, ANNA, BELA, 1)) == ["exceeds_credits"]
    assert await create(second, database, give(15, BELA, ANNA, 100)) == ["created"]
    assert await create(first, database, give(12, ANNA, BELA, 100)) == ["created"]


async def test_memory_of_a_branch_that_is_gone_is_dropped(database: Database, owner_url: str) -> None:
    """The book went back and on again, past the number that memory knows: the digest tells."""
    clock = ManualClock()
    stale, other = Book(clock=clock, accounting_date=day_of), Book(clock=clock, accounting_date=day_of)
    await open_accounts(other, database)
    assert await create(other, database, give(11, BANK, ANNA, 100)) == ["created"]
    assert await create(stale, database, give(12, ANNA, BELA, 100)) == ["created"]

    owner = await asyncpg.connect(owner_url)
    for table, condition in (
        ("tail", "batch = 3"),
        ("batch", "number = 3"),
        ("transfer", "amount = 100 AND debit_account_id::text LIKE '%2'"),
    ):
        await owner.execute(f"DELETE FROM ledger.{table} WHERE {condition}")
    await owner.close()
    assert await create(other, database, give(13, BANK, ANNA, 1)) == ["created"]
    assert await create(other, database, give(14, BANK, BELA, 1)) == ["created"]
    assert await create(stale, database, give(15, ANNA, BELA, 101)) == ["created"]

    async with database.connection() as connection:
        rows = await connection.fetch(SQL["accounts_now"], [ANNA, BELA])
    assert {row["id"]: row["credits_posted"] - row["debits_posted"] for row in rows} == {ANNA: 0, BELA: 102}


@pytest.mark.parametrize("id", ["x", None, 1.5, -1, 2**128])
async def test_an_id_that_is_none_is_named_by_the_store_too(database: Database, id: object) -> None:
    """What cannot be looked up is left to the machine, which says what is wrong."""
    clock = SystemClock()
    async with open_bookkeeper(database=database, clock=clock, desk_id=1) as bookkeeper:
        with pytest.raises(NotAnEvent, match=r"transfer 0 of the batch: id is"):
            await bookkeeper.create_transfers([Transfer(id=cast(int, id))])
        with pytest.raises(NotAnEvent, match=r"account 0 of the batch: id is"):
            await bookkeeper.create_accounts([Account(id=cast(int, id))])
