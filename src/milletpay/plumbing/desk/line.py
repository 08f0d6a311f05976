"""The line in front of a desk: commands that wait, each with its deadline and whom to answer."""

from asyncio import Future, get_running_loop
from collections import deque
from collections.abc import Sequence
from typing import Generic, TypeVar

from milletpay.plumbing.clock import Clock
from milletpay.plumbing.desk.refusals import Busy, DeskRefusal, TooLate, Unavailable

Command = TypeVar("Command")
Answer = TypeVar("Answer")


class Entry(Generic[Command, Answer]):
    """A command, its deadline by the monotonic clock, and whom to answer.

    A future that is done is not a settled command: its caller may have gone away.
    """

    __slots__ = ("command", "deadline", "future", "settled")

    def __init__(self, command: Command, deadline: int, future: "Future[Answer]") -> None:
        self.command = command
        self.deadline = deadline
        self.future = future
        self.settled = False

    def answer(self, answer: Answer) -> None:
        """The command was done."""
        if not self.settled:
            self.settled = True
            if not self.future.done():
                self.future.set_result(answer)

    def refuse(self, error: Exception) -> None:
        """The command was not done, or it is not known."""
        if not self.settled:
            self.settled = True
            if not self.future.done():
                self.future.set_exception(error)


class Line(Generic[Command, Answer]):
    """A bounded queue. `trouble` is what keeps the desk from its database at present."""

    def __init__(self, *, clock: Clock, longest: int) -> None:
        self._clock = clock
        self._longest = longest
        self._entries: deque[Entry[Command, Answer]] = deque()
        self.trouble: Exception | None = None

    def __len__(self) -> int:
        return len(self._entries)

    def join(self, command: Command, *, patience_ns: int) -> "Future[Answer]":
        """Put a command at the end; refuses with `Busy`."""
        if len(self._entries) >= self._longest:
            raise Busy(
                f"The desk is busy: {len(self._entries)} commands wait already. Try again in a moment."
            )
        future: Future[Answer] = get_running_loop().create_future()
        self._entries.append(Entry(command, self._clock.monotonic_ns() + patience_ns, future))
        return future

    def take(self, most: int) -> list[Entry[Command, Answer]]:
        """Take from the front all that wait, up to `most`."""
        entries = self._entries
        return [entries.popleft() for _ in range(min(len(entries), most))]

    def in_time(self, entries: Sequence[Entry[Command, Answer]]) -> list[Entry[Command, Answer]]:
        """Refuse the entries, not begun yet, whose deadline has passed; give those that are left."""
        now = self._clock.monotonic_ns()
        for entry in entries:
            if entry.deadline <= now:
                entry.refuse(self._late())
        return [entry for entry in entries if not entry.settled]

    def overdue(self, entries: Sequence[Entry[Command, Answer]]) -> list[Entry[Command, Answer]]:
        """Give the entries whose deadline has passed."""
        now = self._clock.monotonic_ns()
        return [entry for entry in entries if entry.deadline <= now]

    def sweep(self) -> None:
        """Refuse those in the line whose deadline has passed."""
        if self.overdue(self._entries):
            self._entries = deque(self.in_time(self._entries))

    def _late(self) -> DeskRefusal:
        if self.trouble is not None:
            return Unavailable(f"The database is not available; nothing was done. {self.trouble}")
        return TooLate("The command's deadline passed before it was begun; nothing was done.")
