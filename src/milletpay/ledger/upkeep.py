"""The part of a shared desk that does what the book wants done by itself."""

from milletpay.ledger.bookkeeping import ExpireDue, OpenDay
from milletpay.ledger.store import Book
from milletpay.plumbing.database import Connection


class Upkeep:
    """Lets pending transfers expire that are due, as every batch does, and opens accounting dates."""

    commands: tuple[type, ...] = (ExpireDue, OpenDay)

    def __init__(self, *, book: Book) -> None:
        self._book = book

    def begin(self) -> None:
        """Nothing is wanted."""

    def forget(self) -> None:
        """Nothing is remembered."""

    def want(self, command: ExpireDue | OpenDay, /) -> None:
        """Nothing is needed but the book."""

    async def load(self, connection: Connection, /) -> None:
        """Nothing is needed but the book."""

    def decide(self, command: ExpireDue | OpenDay, /) -> int:
        """Give the accounting date; what is due has expired when the book was opened."""
        if isinstance(command, OpenDay):
            self._book.turn(command.date)
        return self._book.accounting_date

    async def save(self, connection: Connection, /) -> None:
        """The book saves itself."""
