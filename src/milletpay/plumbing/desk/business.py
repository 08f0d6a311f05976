"""What a desk works for: a business in three steps, and the proof that a batch was kept."""

from collections.abc import Coroutine, Generator, Sequence
from typing import Generic, Protocol, TypeVar

from milletpay.plumbing.database import Connection

Facts = TypeVar("Facts")
Facts_contra = TypeVar("Facts_contra", contravariant=True)
Command_contra = TypeVar("Command_contra", contravariant=True)
Answer_co = TypeVar("Answer_co", covariant=True)


class Slowly(Generic[Answer_co]):
    """A decision in pieces. Between two of them others have their turn, as `asyncio.sleep(0)` gives.

    It awaits nothing else; its rows may go to the database meanwhile.
    """

    def __init__(self, pieces: Coroutine[None, None, Answer_co]) -> None:
        self._pieces = pieces

    def __await__(self) -> Generator[None, None, Answer_co]:
        return self._pieces.__await__()


class Business(Protocol[Command_contra, Facts, Answer_co]):
    """Load, decide, save. `Facts` is one batch's working memory, made by load and changed by decide."""

    async def load(self, connection: Connection, commands: Sequence[Command_contra], /) -> Facts:
        """Read, under the lock, everything that the batch needs, in a small fixed number of statements."""

    def decide(self, facts: Facts, command: Command_contra, /) -> "Answer_co | Slowly[Answer_co]":
        """Decide one command and fold its outcome into the facts: no I/O, no clock. A decline is an answer.

        A command of thousands of parts may be decided `Slowly`.
        An exception is a defect: the command is refused and the batch is loaded again without it.
        """

    async def save(self, connection: Connection, facts: Facts, /) -> None:
        """Write what was decided, in the same transaction. Neither commits nor swallows a database error."""

    def committed(self, facts: Facts, /) -> None:
        """The batch is kept: memory that lives from batch to batch may advance. Must not raise."""

    def aborted(self, facts: Facts, /) -> None:
        """The batch is not kept: drop whatever memory took from these facts. Must not raise."""


class Proof(Protocol[Facts_contra]):
    """How a batch shows, after a COMMIT that was not answered, that it was kept.

    `DeskRow` does for any business; one whose save writes a row for every batch may point to that instead.
    """

    async def prepare(self, connection: Connection, /) -> None:
        """Called once for each new connection of the desk, outside any transaction."""

    def closing(self, facts: Facts_contra, /) -> str:
        """SQL that is sent with COMMIT in the same round trip; empty when save wrote the proof already."""

    async def recorded(self, connection: Connection, facts: Facts_contra, /) -> bool:
        """Say, under the lock, whether the batch of these facts is in the database."""
