"""The book at a desk: commands that create accounts and transfers as they are given, batch by batch.

For those who work on the book itself: tools, tests, the benchmark. A domain has a business of its own, whose
facts hold a `Book`.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias, cast

from milletpay.ledger.model import Account, CreateAccountStatus, CreateTransferStatus, Transfer
from milletpay.ledger.rows import NotAnEvent
from milletpay.ledger.store import Book
from milletpay.plumbing.clock import Clock
from milletpay.plumbing.database import Connection, Database
from milletpay.plumbing.dates import day_of
from milletpay.plumbing.desk import Desk, DeskRow


@dataclass(frozen=True, slots=True)
class CreateAccounts:
    """Create these accounts."""

    events: Sequence[Account]


@dataclass(frozen=True, slots=True)
class CreateTransfers:
    """Create these transfers."""

    events: Sequence[Transfer]


@dataclass(frozen=True, slots=True)
class OpenDay:
    """Open an accounting date, YYYYMMDD, and so close those before it."""

    date: int


@dataclass(frozen=True, slots=True)
class ExpireDue:
    """Let pending transfers expire that are due. Every command does so; this one does nothing else."""


Command: TypeAlias = CreateAccounts | CreateTransfers | OpenDay | ExpireDue
Answer: TypeAlias = list[CreateAccountStatus] | list[CreateTransferStatus] | int | NotAnEvent
"""Statuses, one an event; the accounting date, for the other commands; or why the events are none."""


class Bookkeeping:
    """The business of the book: load what the events touch, let the machine decide, save."""

    def __init__(self, *, book: Book) -> None:
        self._book = book

    async def load(self, connection: Connection, commands: Sequence[Command]) -> Book:
        """Make the book current and bring what the commands touch."""
        book = self._book
        await book.open(connection)
        accounts: set[int] = set()
        transfers: list[int] = []
        for command in commands:
            try:
                if isinstance(command, CreateTransfers):
                    events = command.events
                    accounts.update(
                        [t.debit_account_id for t in events], [t.credit_account_id for t in events]
                    )
                    transfers += [t.id for t in events]
                    transfers += [t.pending_id for t in events if t.pending_id]
                elif isinstance(command, CreateAccounts):
                    accounts.update([account.id for account in command.events])
            except (AttributeError, TypeError):
                continue  # These are no events: deciding them says what is wrong.
        await book.load(connection, accounts=accounts, transfers=transfers)
        return book

    def decide(self, book: Book, command: Command) -> Answer:
        """Send the events down the machine."""
        try:
            match command:
                case CreateTransfers(events):
                    return book.machine.create_transfers(events, book.stamp(len(events)))
                case CreateAccounts(events):
                    return book.machine.create_accounts(events, book.stamp(len(events)))
                case OpenDay(date):
                    book.turn(date)
                    return book.accounting_date
                case ExpireDue():
                    return book.accounting_date
        except NotAnEvent as refusal:
            return refusal

    async def save(self, connection: Connection, book: Book) -> None:
        """Write what came out."""
        await book.save(connection)

    def committed(self, book: Book) -> None:
        """It is kept."""
        book.committed()

    def aborted(self, book: Book) -> None:
        """It is not kept."""
        book.aborted()


class Bookkeeper:
    """Who works on the book by hand: events in, statuses out."""

    def __init__(self, *, desk: Desk[Command, Book, Answer]) -> None:
        self._desk = desk

    async def create_accounts(self, events: Sequence[Account]) -> list[CreateAccountStatus]:
        """Create accounts, at most `BATCH_MAX` at once; one status an event, in order.

        :raises NotAnEvent: and nothing of the batch is applied
        :raises DeskRefusal: see the desk
        """
        answer = await self._desk.submit(CreateAccounts(events))
        if isinstance(answer, NotAnEvent):
            raise answer
        return cast(list[CreateAccountStatus], answer)

    async def create_transfers(self, events: Sequence[Transfer]) -> list[CreateTransferStatus]:
        """Create transfers, at most `BATCH_MAX` at once; one status an event, in order.

        :raises NotAnEvent: and nothing of the batch is applied
        :raises DeskRefusal: see the desk
        """
        answer = await self._desk.submit(CreateTransfers(events))
        if isinstance(answer, NotAnEvent):
            raise answer
        return cast(list[CreateTransferStatus], answer)

    async def open_day(self, date: int) -> int:
        """Open an accounting date, YYYYMMDD; the date that the book then has."""
        return cast(int, await self._desk.submit(OpenDay(date)))

    async def expire_due(self) -> None:
        """Let pending transfers expire that are due."""
        await self._desk.submit(ExpireDue())


@asynccontextmanager
async def open_bookkeeper(*, database: Database, clock: Clock, desk_id: int) -> AsyncIterator[Bookkeeper]:
    """A desk for the book alone. `desk_id` is 128 bits, never used by another desk."""
    book = Book(clock=clock, accounting_date=day_of)
    async with Desk(
        database=database,
        business=Bookkeeping(book=book),
        proof=DeskRow(desk_id=desk_id, clock=clock),
        clock=clock,
    ) as desk:
        yield Bookkeeper(desk=desk)
