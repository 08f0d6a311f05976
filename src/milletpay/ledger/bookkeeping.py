"""The book at a desk: commands that create accounts and transfers as they are given, batch by batch.

For those who work on the book itself: tools, tests, the benchmark. A domain has a business of its own, whose
facts hold a `Book`.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

from milletpay.ledger.model import (
    BATCH_MAX,
    LINKED,
    Account,
    CreateAccountStatus,
    CreateTransferStatus,
    Transfer,
)
from milletpay.ledger.rows import NotAnEvent, pack_transfers
from milletpay.ledger.store import Book
from milletpay.plumbing.clock import Clock
from milletpay.plumbing.database import Connection, Database
from milletpay.plumbing.dates import day_of
from milletpay.plumbing.desk import Defect, Desk, DeskRow, Slowly

SLICE: Final = 500
"""How many transfers are decided at a stretch."""


@dataclass(frozen=True, slots=True)
class CreateAccounts:
    """Create these accounts."""

    events: Sequence[Account]

    def __repr__(self) -> str:
        return f"CreateAccounts({len(self.events)} events)"


@dataclass(frozen=True, slots=True)
class CreateTransfers:
    """Create these transfers."""

    events: Sequence[Transfer]

    def __repr__(self) -> str:
        return f"CreateTransfers({len(self.events)} events)"


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
                    accounts |= book.machine.unknown_accounts([t.debit_account_id for t in events])
                    accounts |= book.machine.unknown_accounts([t.credit_account_id for t in events])
                    transfers += [t.id for t in events]
                    transfers += [t.pending_id for t in events if t.pending_id]
                elif isinstance(command, CreateAccounts):
                    accounts.update([account.id for account in command.events])
            except (AttributeError, TypeError):
                continue  # These are no events: deciding them says what is wrong.
        await book.load(connection, accounts=accounts, transfers=transfers)
        return book

    def decide(self, book: Book, command: Command) -> Answer | Slowly[Answer]:
        """Send the events down the machine."""
        try:
            match command:
                case CreateTransfers(events) if SLICE < len(events) <= BATCH_MAX:
                    return Slowly(_decide_in_slices(book, events))
                case CreateTransfers(events):
                    return book.machine.create_transfers(events, book.stamp(len(events)))
                case CreateAccounts(events):
                    return book.machine.create_accounts(events, book.stamp(len(events)))
                case OpenDay(date):
                    book.turn(date)
        except NotAnEvent as refusal:
            return refusal
        return book.accounting_date

    async def save(self, connection: Connection, book: Book) -> None:
        """Write what came out."""
        await book.save(connection)

    def committed(self, book: Book) -> None:
        """It is kept."""
        book.committed()

    def aborted(self, book: Book) -> None:
        """It is not kept."""
        book.aborted()


async def _decide_in_slices(book: Book, events: Sequence[Transfer]) -> Answer:
    """Decide one batch piece by piece, so that the database takes in the first while the next is decided.

    A piece ends where no chain is open. A batch that is none is noticed late, and breaks the desk's batch.
    """
    statuses: list[CreateTransferStatus] = []
    timestamp = book.stamp(len(events))
    start = 0
    try:
        while start < len(events):
            end = min(start + SLICE, len(events))
            while end < len(events) and int(events[end - 1].flags) & LINKED:
                end += 1
            statuses += book.machine.create_transfers(events[start:end], timestamp - len(events) + end)
            book.send_ahead()
            await asyncio.sleep(0)
            start = end
    except (NotAnEvent, AttributeError, TypeError, ValueError):
        # Said of the whole batch: the place that a piece would name is one in the piece.
        pack_transfers(events, first_timestamp=timestamp - len(events) + 1)
        raise
    return statuses


class Bookkeeper:
    """Who works on the book by hand: events in, statuses out."""

    def __init__(self, *, desk: Desk[Command, Book, Answer]) -> None:
        self._desk = desk

    async def create_accounts(self, events: Sequence[Account]) -> list[CreateAccountStatus]:
        """Create accounts, at most `BATCH_MAX` at once; one status an event, in order.

        :raises NotAnEvent: and nothing of the batch is applied
        :raises DeskRefusal: see the desk
        """
        return cast(list[CreateAccountStatus], await self._submit(CreateAccounts(events)))

    async def create_transfers(self, events: Sequence[Transfer]) -> list[CreateTransferStatus]:
        """Create transfers, at most `BATCH_MAX` at once; one status an event, in order.

        :raises NotAnEvent: and nothing of the batch is applied
        :raises DeskRefusal: see the desk
        """
        return cast(list[CreateTransferStatus], await self._submit(CreateTransfers(events)))

    async def open_day(self, date: int) -> int:
        """Open an accounting date, YYYYMMDD; the date that the book then has."""
        return cast(int, await self._submit(OpenDay(date)))

    async def expire_due(self) -> None:
        """Let pending transfers expire that are due."""
        await self._submit(ExpireDue())

    async def _submit(self, command: Command) -> Answer:
        try:
            answer = await self._desk.submit(command)
        except Defect as defect:
            if isinstance(defect.__cause__, NotAnEvent):
                raise defect.__cause__ from None
            raise
        if isinstance(answer, NotAnEvent):
            raise answer
        return answer


@asynccontextmanager
async def open_bookkeeper(*, database: Database, clock: Clock, desk_id: int) -> AsyncIterator[Bookkeeper]:
    """A desk for the book alone. `desk_id` is 128 bits, never used by another desk."""
    book = Book(clock=clock, accounting_date=day_of)
    desk: Desk[Command, Book, Answer] = Desk(
        database=database,
        business=Bookkeeping(book=book),
        proof=DeskRow(desk_id=desk_id, clock=clock),
        clock=clock,
    )
    async with desk:
        yield Bookkeeper(desk=desk)
