"""What a part of the desk remembers of its rows from batch to batch, by id; that there is none, too."""

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

Id = TypeVar("Id", bound=int)
Value = TypeVar("Value")


class Remembered(Generic[Id, Value]):
    """Rows by id: `want` while commands come, `bring` what was found, then ask, and `keep` what changes."""

    def __init__(self, *, id_of: Callable[[Value], Id], most: int) -> None:
        """Hold about `most` of them, then begin anew."""
        self.wanted: set[Id] = set()
        """What the open batch asks for and memory lacks."""
        self.changed: dict[Id, Value] = {}
        """What the open batch has decided."""
        self._known: dict[Id, Value | None] = {}
        self._id_of = id_of
        self._most = most

    def begin(self) -> None:
        """A new batch."""
        self.wanted.clear()
        self.changed.clear()
        if len(self._known) > self._most:
            self._known.clear()

    def forget(self) -> None:
        """Any of it may have changed."""
        self._known.clear()
        self.changed.clear()

    def want(self, id: Id) -> None:
        """Note that the batch asks for it."""
        if id not in self._known:
            self.wanted.add(id)

    def bring(self, found: Iterable[Value]) -> None:
        """Take in what was found of what is wanted; the rest is not there."""
        self._known.update(dict.fromkeys(self.wanted))
        self.know(found)

    def know(self, found: Iterable[Value]) -> None:
        """Take in what is there."""
        for value in found:
            self._known[self._id_of(value)] = value

    def __getitem__(self, id: Id) -> Value | None:
        """What the batch has asked for, as it stands now; None where there is none."""
        return self._known[id]

    def keep(self, value: Value) -> None:
        """Take in what was decided."""
        id = self._id_of(value)
        self._known[id] = self.changed[id] = value

    def to_write(self) -> list[Value]:
        """What has changed, by id: two writers take their rows in one order."""
        return [self.changed[id] for id in sorted(self.changed)]
