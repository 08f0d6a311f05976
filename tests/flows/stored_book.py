"""The machine with the store as an engine for stories: each batch is a transaction, each process may end."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from random import Random

from milletpay.ledger import Account, CreateAccountStatus, CreateTransferStatus, Transfer
from milletpay.ledger.reading import account_of, transfer_of
from milletpay.ledger.store import SQL, Book
from milletpay.plumbing.clock import ManualClock
from milletpay.plumbing.database import Connection, Database, lock_book
from milletpay.plumbing.dates import day_of


class StoredBook:
    """A book in a database, written by two processes in turn, each of which now and then starts anew.

    Before each batch the clock stands just before its first event, so that events happen when they should.
    Where an expiry has used that time, the batch happens right after it.
    """

    opened_at: int = 0
    """What was due by then expired before the last batch."""
    happened_at: int = 0
    """The timestamp of the last batch."""

    def __init__(self, database: Database, *, random: Random) -> None:
        self.database = database
        self.random = random
        self.clock = ManualClock()
        self.books = [self._new_book(), self._new_book()]

    def _new_book(self) -> Book:
        return Book(clock=self.clock, accounting_date=day_of)

    @asynccontextmanager
    async def _writing(self, *, now: int) -> AsyncIterator[tuple[Book, Connection]]:
        """One writer's transaction, from the lock to the end of COMMIT."""
        self.clock.set(now_ns=now)
        writer = self.random.randrange(2)
        if self.random.random() < 0.1:
            self.books[writer] = self._new_book()
        book = self.books[writer]
        async with self.database.transaction() as connection:
            await lock_book(connection)
            await book.open(connection)
            self.opened_at = max(now, book.head.timestamp)
            yield book, connection
            await book.save(connection)
        book.committed()

    async def create_accounts(self, events: Sequence[Account], timestamp: int) -> list[CreateAccountStatus]:
        async with self._writing(now=timestamp - len(events)) as (book, connection):
            await book.load(connection, accounts=[event.id for event in events])
            self.happened_at = max(timestamp, book.stamp(len(events)))
            return book.machine.create_accounts(events, self.happened_at)

    async def create_transfers(
        self, events: Sequence[Transfer], timestamp: int
    ) -> list[CreateTransferStatus]:
        async with self._writing(now=timestamp - len(events)) as (book, connection):
            await book.load(connection, accounts=_accounts_of(events), transfers=_transfers_of(events))
            self.happened_at = max(timestamp, book.stamp(len(events)))
            return book.machine.create_transfers(events, self.happened_at)

    async def expire(self, timestamp: int) -> None:
        async with self._writing(now=timestamp):
            pass

    async def account(self, account_id: int) -> Account | None:
        async with self.database.connection() as connection:
            row = await connection.fetchrow(SQL["accounts_now"], [account_id])
        return None if row is None else account_of(row)

    async def transfer(self, transfer_id: int) -> Transfer | None:
        async with self.database.connection() as connection:
            row = await connection.fetchrow(SQL["transfers"], [transfer_id])
        return None if row is None else transfer_of(row)


def _accounts_of(events: Iterable[Transfer]) -> set[int]:
    return {id for event in events for id in (event.debit_account_id, event.credit_account_id)}


def _transfers_of(events: Iterable[Transfer]) -> set[int]:
    return {id for event in events for id in (event.id, event.pending_id) if id}
