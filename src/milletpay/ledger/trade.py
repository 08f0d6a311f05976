"""How the packages share one desk: a business made of parts, with the book beneath them.

Each package above the ledger that moves money, or holds what decisions rest on, is one `Part`. A batch runs
through them in layer order, top first: what a part finds out while it loads may tell the parts below what
they must bring. The book loads last and saves last.

A part lives as long as its desk and may remember from batch to batch. What it remembers is still true while
nobody else has written: the book's head tells. So a batch that changes what parts remember advances the book,
with a batch of no transfers if need be (`Book.note`).
"""

from collections.abc import Sequence
from typing import Any, Protocol

from milletpay.ledger.store import Book
from milletpay.plumbing.database import Connection


class Part(Protocol):
    """What one package does in a batch."""

    @property
    def commands(self) -> tuple[type, ...]:
        """The kinds of commands that it decides."""

    def begin(self) -> None:
        """A new batch: what was wanted for the last one is no longer."""

    def forget(self) -> None:
        """What was remembered may no longer be true: somebody else has written, or a batch was not kept."""

    def want(self, command: Any, /) -> None:  # noqa: ANN401 - of one of the kinds in `commands`
        """Note what deciding this command will need, here and below."""

    async def load(self, connection: Connection, /) -> None:
        """Bring what is wanted and not remembered, with a small fixed number of statements."""

    def decide(self, command: Any, /) -> Any:  # noqa: ANN401 - of one of the kinds in `commands`; its answer
        """Decide one command: no I/O, no clock, no chance."""

    async def save(self, connection: Connection, /) -> None:
        """Write what was decided."""


class Trade:
    """The business of a desk that serves all packages."""

    def __init__(self, *, book: Book, parts: Sequence[Part]) -> None:
        """`parts` in layer order, the top first."""
        self._book = book
        self._parts = parts
        self._part_of = {kind: part for part in parts for kind in part.commands}
        self._told = False

    async def load(self, connection: Connection, commands: Sequence[object]) -> "Trade":
        """Make the book current; let every part bring what the commands need."""
        # Where a load breaks, the book may know what others wrote, and a part may remember that something is
        # not there which it had no time to read: then the next batch begins with parts that remember nothing.
        told, self._told = self._told, False
        await self._book.open(connection)
        for part in self._parts:
            part.begin()
            if not (told and self._book.remembered):
                part.forget()
        for command in commands:
            self._part_of[type(command)].want(command)
        for part in self._parts:
            await part.load(connection)
        await self._book.load_wanted(connection)
        self._told = True
        return self

    def decide(self, _facts: "Trade", command: object) -> object:
        """Let the part whose command it is decide."""
        return self._part_of[type(command)].decide(command)

    async def save(self, connection: Connection, _facts: "Trade") -> None:
        """Let every part write, then the book."""
        for part in self._parts:
            await part.save(connection)
        await self._book.save(connection)

    def committed(self, _facts: "Trade") -> None:
        """It is kept."""
        self._book.committed()

    def aborted(self, _facts: "Trade") -> None:
        """It is not kept: what parts took into memory may be wrong."""
        self._book.aborted()
        for part in self._parts:
            part.forget()
