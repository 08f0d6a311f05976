"""A stored book in trouble: transactions fail at any point, connections break between any two statements."""

from collections.abc import Sequence
from random import Random
from typing import Any

from milletpay.ledger import Account, Transfer
from milletpay.ledger.store import Book
from milletpay.plumbing.database import Connection, Database, lock_book
from tests.flows.stored_book import StoredBook, _accounts_of, _transfers_of

MESSAGE = "the connection broke, as the test wanted"


class Breaking:
    """A connection that breaks at its n-th query, or at a certain one."""

    def __init__(self, connection: Connection, *, after: int = 1000, at: str = "") -> None:
        self._connection = connection
        self._left = after
        self._at = at

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._connection, name)
        if name not in {"fetch", "fetchrow", "fetchval", "execute", "copy_to_table"}:
            return found

        async def ask(query: str, *arguments: Any, **options: Any) -> Any:
            self._left -= 1
            if self._left < 0 or query == self._at:
                raise ConnectionResetError(MESSAGE)
            return await found(query, *arguments, **options)

        return ask


class TroubledBook(StoredBook):
    """Before a batch, some other work may begin that comes to nothing: afterwards it must never have been."""

    def __init__(self, database: Database, *, random: Random) -> None:
        super().__init__(database, random=random)
        self.troubles = 0

    async def stumble(self, *, now: int, accounts: Sequence[Account], transfers: Sequence[Transfer]) -> None:
        """Begin a batch of these events, and fail somewhere on the way."""
        self.troubles += 1
        self.clock.set(now_ns=now)
        book = self.random.choice(self.books)
        connection = await self.database.connect()
        try:
            await connection.execute("BEGIN")
            await lock_book(connection)
            breaking: Any = Breaking(connection, after=self.random.randrange(12))
            await self._work(breaking, book, accounts, transfers)
        except ConnectionResetError as error:
            assert str(error) == MESSAGE  # noqa: PT017 - not breaking is all right, too
        finally:
            # A desk whose load breaks has nothing to give up: then it is the next `open` that cleans up.
            if self.random.random() < 0.5:
                book.aborted()
            connection.terminate()

    async def _work(
        self, connection: Connection, book: Book, accounts: Sequence[Account], transfers: Sequence[Transfer]
    ) -> None:
        await book.open(connection)
        await book.load(
            connection,
            accounts=_accounts_of(transfers) | {account.id for account in accounts},
            transfers=_transfers_of(transfers),
        )
        book.machine.create_accounts(accounts, book.stamp(len(accounts)))
        half = len(transfers) // 2
        while half and transfers[half - 1].flags & 1:
            half -= 1
        book.machine.create_transfers(transfers[:half], book.stamp(half))
        if self.random.random() < 0.5:
            book.send_ahead()
        book.machine.create_transfers(transfers[half:], book.stamp(len(transfers) - half))
        await book.save(connection)
