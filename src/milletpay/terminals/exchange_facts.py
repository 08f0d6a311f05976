"""What a batch of the desk knows of terminals at work, and what it has changed so far."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from milletpay.ledger import Book
from milletpay.ledger.chart import Mode
from milletpay.merchants import MerchantId, StoreId, TerminalId
from milletpay.payments import Payments
from milletpay.terminals.entries import NOTHING, ClosedBatch, Entry, Place, Station, Uploaded, added, less
from milletpay.terminals.messages.kinds import Request, Totals
from milletpay.terminals.operations import Terminals


class BatchName(NamedTuple):
    """Which batch of which terminal."""

    terminal: int
    batch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """The terminal that speaks, as whoever checked its seal knows it. What may change is looked at again."""

    terminal: TerminalId
    number: int
    merchant: MerchantId
    mode: Mode
    store: StoreId
    pairing: int
    """The pairing that the key belongs to with which the message was sealed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request of a terminal, with a seal that is right, about money or a batch."""

    where: Where
    request: Request
    id: int
    """Of what it makes, should it make something."""
    expires_at: int
    """When a payment ends that nobody has confirmed by then, in nanoseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOn:
    """A terminal begins to work, or wants another session key."""

    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff:
    """A terminal works no more until it signs on."""

    where: Where
    key: int


NO_STATION: Final = Station(terminal=0)


@dataclass(slots=True, kw_only=True)
class Facts:
    """Stations, entries and batches, as they stand in this batch of the desk."""

    book: Book
    payments: Payments
    terminals: Terminals
    stations: dict[int, Station] = field(default_factory=dict)
    entries: dict[Place, Entry] = field(default_factory=dict)
    loaded: dict[Place, Entry] = field(default_factory=dict)
    """Entries as they were before the batch."""
    sums: dict[BatchName, Totals] = field(default_factory=dict)
    """What batches came to before the batch."""
    closed: dict[BatchName, ClosedBatch] = field(default_factory=dict)
    uploaded: dict[Place, Uploaded] = field(default_factory=dict)
    changed_stations: set[int] = field(default_factory=set)
    changed_entries: set[Place] = field(default_factory=set)
    new_closed: list[ClosedBatch] = field(default_factory=list)
    changed_uploaded: set[Place] = field(default_factory=set)

    def clear(self) -> None:
        """Begin a batch: nothing is remembered."""
        for known in (
            self.stations,
            self.entries,
            self.loaded,
            self.sums,
            self.closed,
            self.uploaded,
            self.changed_stations,
            self.changed_entries,
            self.new_closed,
            self.changed_uploaded,
        ):
            known.clear()

    def know(self, entries: Iterable[Entry]) -> None:
        """Take in entries that are there."""
        for entry in entries:
            self.entries[entry.place] = self.loaded[entry.place] = entry

    def station(self, where: Where) -> Station:
        """Where the terminal is in its work."""
        return self.stations.get(where.number, NO_STATION)

    def keep_station(self, station: Station) -> None:
        """Note where a terminal is now."""
        self.stations[station.terminal] = station
        self.changed_stations.add(station.terminal)

    def keep(self, entry: Entry) -> None:
        """Note an entry that is new or has changed."""
        self.entries[entry.place] = entry
        self.changed_entries.add(entry.place)

    def keep_uploaded(self, uploaded: Uploaded) -> None:
        """Note what a terminal says that it has."""
        self.uploaded[uploaded.place] = uploaded
        self.changed_uploaded.add(uploaded.place)

    def close(self, batch: ClosedBatch) -> None:
        """Note a batch that is closed."""
        self.closed[BatchName(batch.terminal, batch.number)] = batch
        self.new_closed.append(batch)

    def totals(self, name: BatchName) -> Totals:
        """What a batch comes to now."""
        touched = [place for place in self.changed_entries if place[:2] == name]
        before = added([self.loaded[place].totals for place in touched if place in self.loaded])
        now = added([self.entries[place].totals for place in touched])
        return added([less(self.sums.get(name, NOTHING), part=before), now])

    def of_batch(self, name: BatchName) -> list[Entry]:
        """The entries of a batch that were loaded or made."""
        return [entry for place, entry in self.entries.items() if place[:2] == name]
