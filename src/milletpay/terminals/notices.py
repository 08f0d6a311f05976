"""What somebody in a shop should look at: batches of card terminals that differed, and who guessed at codes.

It is read, and shown in public, in answers of the API and in webhooks alike.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Self

from milletpay.ledger.chart import Mode
from milletpay.merchants import STORE_ID, TERMINAL_ID, MerchantId, StoreId, TerminalId
from milletpay.payments import Guesses
from milletpay.plumbing.database import Connection
from milletpay.plumbing.dates import rfc3339
from milletpay.plumbing.shapes import Output
from milletpay.plumbing.statements import load_statements
from milletpay.terminals.entries import NUMBER_BITS, ClosedBatch, batch_object
from milletpay.terminals.exchange_rows import closed_batch_of
from milletpay.terminals.model import Terminal
from milletpay.terminals.queries import terminal_of

SQL: Final = load_statements("milletpay.terminals")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOf:
    """A closed batch, and the terminal whose it is."""

    terminal: Terminal
    batch: ClosedBatch

    @property
    def merchant(self) -> MerchantId:
        """Whose it is."""
        return self.terminal.merchant

    @property
    def mode(self) -> Mode:
        """In which mode."""
        return self.terminal.mode


@dataclass(frozen=True, slots=True, kw_only=True)
class GuessedAt:
    """Where codes were guessed at: a terminal, or a store, or a merchant as a whole."""

    store: StoreId | None
    terminal: TerminalId | None
    guesses: Guesses
    """As it stands now."""


class SumsShape(Output, frozen=True, kw_only=True):
    """What was taken and given back, in minor units."""

    debits: int
    debit_count: int
    credits: int
    credit_count: int

    @classmethod
    def example(cls) -> Self:
        """Two sales."""
        return cls(debits=3000, debit_count=2, credits=0, credit_count=0)


class BatchShape(Output, frozen=True, kw_only=True):
    """A closed batch of a card terminal: by the book, and as the terminal had it."""

    object: Literal["batch"] = "batch"
    terminal: str
    tid: str
    store: str
    name: str
    """Of the terminal, for people."""
    number: int
    currency: str
    closed_at: str
    book: SumsShape
    terminal_totals: SumsShape
    differences: int
    """How many entries one side has and the other has not, or has otherwise."""

    @classmethod
    def example(cls) -> Self:
        """One in which the terminal had forgotten a sale, and had one that nobody made."""
        return cls(
            terminal="ter_01kdz9m4h0000g40r40m30e20f",
            tid="00000017",
            store="sto_01kdz9m4h0000g40r40m30e20e",
            name="Counter 1",
            number=12,
            currency="CNY",
            closed_at="2026-12-01T12:00:00.000Z",
            book=SumsShape.example(),
            terminal_totals=SumsShape(debits=1500, debit_count=2, credits=0, credit_count=0),
            differences=2,
        )


class GuessingShape(Output, frozen=True, kw_only=True):
    """A place where so many wrong payment codes were scanned that none is looked at for a while."""

    object: Literal["code_guessing"] = "code_guessing"
    store: str | None
    terminal: str | None
    """Null for all of the merchant's places together."""
    closings: int
    """How often in a row; each lasts twice as long as the one before."""
    closed_until: str | None

    @classmethod
    def example(cls) -> Self:
        """A till, for the first time."""
        return cls(
            store="sto_01kdz9m4h0000g40r40m30e20e",
            terminal="ter_01kdz9m4h0000g40r40m30e20f",
            closings=1,
            closed_until="2026-12-01T02:04:04.005Z",
        )


async def find_batches(connection: Connection, *, objects: Collection[int]) -> dict[int, BatchOf]:
    """Closed batches by what events name them."""
    numbers = [(about >> NUMBER_BITS, about & (1 << NUMBER_BITS) - 1) for about in objects]
    rows = await connection.fetch(
        SQL["closed_batches"], [terminal for terminal, _ in numbers], [number for _, number in numbers]
    )
    batches = [closed_batch_of(row) for row in rows]
    found = await connection.fetch(SQL["terminals_by_number"], [batch.terminal for batch in batches])
    terminals = {row["house_number"]: terminal_of(row) for row in found}
    return {
        batch_object(terminal=batch.terminal, number=batch.number): BatchOf(
            terminal=terminals[batch.terminal], batch=batch
        )
        for batch in batches
    }


async def batches_of(
    connection: Connection, *, terminal: Terminal, most: int, before: int
) -> Sequence[BatchOf]:
    """A terminal's closed batches, the newest first, closed before a moment."""
    rows = await connection.fetch(SQL["batches_of"], terminal.house_number, before, most)
    return [BatchOf(terminal=terminal, batch=closed_batch_of(row)) for row in rows]


async def batches_that_differed(
    connection: Connection, *, store: StoreId, since: int, most: int
) -> Sequence[BatchOf]:
    """Batches of a store's card terminals that differed, closed since a moment, the newest first."""
    rows = await connection.fetch(SQL["batches_that_differed"], store, since, most)
    found = await connection.fetch(SQL["terminals_by_number"], [row["terminal"] for row in rows])
    terminals = {row["house_number"]: terminal_of(row) for row in found}
    return [BatchOf(terminal=terminals[row["terminal"]], batch=closed_batch_of(row)) for row in rows]


def show_batch(of: BatchOf) -> BatchShape:
    """A batch."""
    terminal, batch = of.terminal, of.batch
    book, theirs = batch.book, batch.terminal_totals
    return BatchShape(
        terminal=TERMINAL_ID.write(terminal.id),
        tid=terminal.tid,
        store=STORE_ID.write(terminal.store),
        name=terminal.name,
        number=batch.number,
        currency=batch.currency.code,
        closed_at=rfc3339(batch.closed_at),
        book=SumsShape(
            debits=book.debits,
            debit_count=book.debit_count,
            credits=book.credits,
            credit_count=book.credit_count,
        ),
        terminal_totals=SumsShape(
            debits=theirs.debits,
            debit_count=theirs.debit_count,
            credits=theirs.credits,
            credit_count=theirs.credit_count,
        ),
        differences=batch.differences,
    )


def show_guessing(at: GuessedAt) -> GuessingShape:
    """Where codes were guessed at."""
    guesses = at.guesses
    return GuessingShape(
        store=None if at.store is None else STORE_ID.write(at.store),
        terminal=None if at.terminal is None else TERMINAL_ID.write(at.terminal),
        closings=guesses.closings,
        closed_until=rfc3339(guesses.closed_until) if guesses.closed_until else None,
    )
