"""How many connections there may be at once, and which gives way when one more comes.

Whoever opens many and proves nothing must not keep terminals out: the stranger who came first gives way. A
terminal proves itself with its first message.
"""

from collections.abc import Iterator
from typing import Final, Generic, Protocol, TypeVar

CONNECTIONS_MAX: Final = 4_096


class Guest(Protocol):
    """A connection."""

    def give_way(self) -> None:
        """End, because somebody else has come."""


Some = TypeVar("Some", bound=Guest)


class Room(Generic[Some]):
    """The connections, and those among them that have proved nothing yet, the first first."""

    def __init__(self, *, most: int = CONNECTIONS_MAX) -> None:
        self._most = most
        self._guests: dict[Some, None] = {}
        self._strangers: dict[Some, None] = {}

    def __iter__(self) -> Iterator[Some]:
        """Those who are there now; they may leave meanwhile."""
        return iter(list(self._guests))

    def enter(self, guest: Some) -> bool:
        """Let one in; False when all who are there have proved who they are."""
        if len(self._guests) >= self._most:
            stranger = next(iter(self._strangers), None)
            if stranger is None:
                return False
            self.leave(stranger)
            stranger.give_way()
        self._guests[guest] = self._strangers[guest] = None
        return True

    def prove(self, guest: Some) -> None:
        """Note that one has shown a valid seal: it gives way to nobody any more."""
        self._strangers.pop(guest, None)

    def leave(self, guest: Some) -> None:
        """Note that one is gone; again changes nothing."""
        self._guests.pop(guest, None)
        self._strangers.pop(guest, None)
