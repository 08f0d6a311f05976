"""The book at a desk that notes the timestamp of every call, and can be stopped where it hurts most."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from enum import Enum
from typing import cast

from milletpay.ledger import Account, Transfer
from milletpay.ledger.bookkeeping import (
    Answer,
    Bookkeeper,
    Bookkeeping,
    Command,
    CreateAccounts,
    CreateTransfers,
)
from milletpay.ledger.store import Book
from milletpay.plumbing.clock import Clock, SystemClock
from milletpay.plumbing.database import Connection, Database
from milletpay.plumbing.dates import day_of
from milletpay.plumbing.desk import Desk, DeskRefusal, DeskRow, Slowly, Unknown
from milletpay.plumbing.desk.desk import PATIENCE_NS
from tests.flows.book_history import Call


class Pause(Enum):
    """Where a process stops itself with SIGSTOP."""

    LOCKED = "locked"
    """It has the book's lock, and has not loaded."""
    COPYING = "copying"
    """Some of its transfers are on their way into the database."""
    COMMITTING = "committing"
    """COMMIT is sent; its answer is not read."""


class Brake:
    """Stops this process once, when it has been armed for a place and comes by there."""

    def __init__(self, *, say: Callable[[str], None] = print) -> None:
        self.armed: Pause | None = None
        self._say = say

    def pass_by(self, place: Pause) -> None:
        if self.armed is place:
            self.armed = None
            self._say(place.value)
            os.kill(os.getpid(), signal.SIGSTOP)


class NotedBookkeeping(Bookkeeping):
    """The business of the book; knows afterwards when each command happened."""

    def __init__(self, *, book: Book, brake: Brake) -> None:
        super().__init__(book=book)
        self.brake = brake
        self.times: dict[int, int] = {}

    async def load(self, connection: Connection, commands: Sequence[Command]) -> Book:
        self.brake.pass_by(Pause.LOCKED)
        return await super().load(connection, commands)

    def decide(self, book: Book, command: Command) -> Answer | Slowly[Answer]:
        answer = super().decide(book, command)
        if isinstance(answer, Slowly):
            return Slowly(self._note_slowly(book, command, answer))
        self._note(book, command)
        return answer

    async def _note_slowly(self, book: Book, command: Command, answer: Slowly[Answer]) -> Answer:
        statuses = await answer
        self._note(book, command)
        return statuses

    def _note(self, book: Book, command: Command) -> None:
        if isinstance(command, CreateAccounts | CreateTransfers):
            self.times[id(command.events)] = book.machine.timestamp

    async def save(self, connection: Connection, book: Book) -> None:
        if self.brake.armed is Pause.COPYING and book._stream is not None and book._stream.count:
            await asyncio.sleep(0.01)
            self.brake.pass_by(Pause.COPYING)
        await super().save(connection, book)


class BrakingProof(DeskRow):
    """The desk's row; COMMIT follows at once, and the brake right after it was sent."""

    def __init__(self, *, desk_id: int, clock: Clock, brake: Brake) -> None:
        super().__init__(desk_id=desk_id, clock=clock)
        self._brake = brake

    def closing(self, facts: object) -> str:
        asyncio.get_running_loop().call_soon(self._brake.pass_by, Pause.COMMITTING)
        return super().closing(facts)


class NotedBook:
    """Takes calls, and writes into each what became of it."""

    def __init__(self, *, bookkeeper: Bookkeeper, business: NotedBookkeeping) -> None:
        self.bookkeeper = bookkeeper
        self._business = business

    async def take(self, call: Call) -> Call:
        """Send a call's events; refusals of the desk are noted in the call."""
        try:
            if call.of_accounts:
                accounts = cast(Sequence[Account], call.events)
                call.statuses = await self.bookkeeper.create_accounts(accounts)
            else:
                transfers = cast(Sequence[Transfer], call.events)
                call.statuses = await self.bookkeeper.create_transfers(transfers)
            call.timestamp = self._business.times.pop(id(call.events))
        except (DeskRefusal, Unknown) as refusal:
            call.refusal = f"{type(refusal).__name__}: {refusal}"
        return call


@asynccontextmanager
async def open_noted_book(
    database: Database, *, desk_id: int, brake: Brake | None = None, patience_ns: int = PATIENCE_NS
) -> AsyncIterator[NotedBook]:
    """Open a desk like `open_bookkeeper`'s."""
    clock, brake = SystemClock(), brake or Brake()
    business = NotedBookkeeping(book=Book(clock=clock, accounting_date=day_of), brake=brake)
    desk: Desk[Command, Book, Answer] = Desk(
        database=database,
        business=business,
        proof=BrakingProof(desk_id=desk_id, clock=clock, brake=brake),
        clock=clock,
        patience_ns=patience_ns,
    )
    async with desk:
        yield NotedBook(bookkeeper=Bookkeeper(desk=desk), business=business)
