"""The part of the desk that decides what terminals ask for by messages: each once, with its batch and totals.

It stands above payments. What a message does to a payment, its entry, and the batch that the entry belongs to
are written in one transaction.
"""

from typing import Final, TypeAlias, assert_never

from milletpay.ledger import Book
from milletpay.payments import Payments
from milletpay.plumbing.database import Connection
from milletpay.plumbing.outbox import Event, append
from milletpay.plumbing.statements import load_statements
from milletpay.terminals.closing_stories import close, sign_off, sign_on, upload
from milletpay.terminals.entries import ClosedBatch, Entry, EntryState, Place, batch_object
from milletpay.terminals.exchange_commands import (
    asking_again,
    capturing,
    creating,
    place_of,
    place_of_original,
    refunding,
    undoing,
)
from milletpay.terminals.exchange_facts import Ask, BatchName, Facts, SignOff, SignOn
from milletpay.terminals.exchange_rows import (
    closed_batch_of,
    columns_of_closed_batches,
    columns_of_entries,
    columns_of_stations,
    columns_of_uploaded,
    entry_of,
    station_of,
    totals_of,
    uploaded_of,
)
from milletpay.terminals.exchange_stories import CURRENCY, move, reverse
from milletpay.terminals.messages.kinds import (
    Answer,
    Authorize,
    Close,
    Complete,
    Manage,
    Purchase,
    Refund,
    Reverse,
    Upload,
    Void,
)
from milletpay.terminals.messages.responses import ResponseCode
from milletpay.terminals.model import TerminalKind
from milletpay.terminals.operations import Terminals

SQL: Final = load_statements("milletpay.terminals")

Command: TypeAlias = Ask | SignOn | SignOff


class Exchanges:
    """What terminals ask for, and what they are answered."""

    commands: tuple[type, ...] = (Ask, SignOn, SignOff)

    def __init__(self, *, book: Book, payments: Payments, terminals: Terminals) -> None:
        self._facts = Facts(book=book, payments=payments, terminals=terminals)
        self._numbers: set[int] = set()
        self._places: set[Place] = set()
        self._asked: list[Ask] = []
        self._closing: dict[BatchName, bool] = {}

    def begin(self) -> None:
        """A new batch of the desk."""
        self._facts.clear()
        self._numbers.clear()
        self._places.clear()
        self._asked.clear()
        self._closing.clear()

    def forget(self) -> None:
        """Nothing is remembered."""

    def want(self, command: Command, /) -> None:
        """Note whom and what a command is about."""
        self._numbers.add(command.where.number)
        self._facts.terminals.want_terminal(command.where.terminal)
        if not isinstance(command, Ask):
            return
        self._asked.append(command)
        request = command.request
        if isinstance(request, Close):
            name = BatchName(command.where.number, request.envelope.batch)
            self._closing[name] = self._closing.get(name, False) or request.after_upload
        elif not isinstance(request, Manage):
            self._places.add(place_of(command))
        if isinstance(request, Void | Complete | Refund):
            self._places.add(place_of_original(request.original))

    async def load(self, connection: Connection) -> None:
        """Bring stations, entries and batches, then say what payments must bring for them."""
        facts = self._facts
        if self._numbers:
            for row in await connection.fetch(SQL["stations"], self._numbers):
                station = station_of(row)
                facts.stations[station.terminal] = station
        if self._places:
            places = list(self._places)
            rows = await connection.fetch(
                SQL["entries"],
                [place.terminal for place in places],
                [place.batch for place in places],
                [place.stan for place in places],
            )
            facts.know([entry_of(row) for row in rows])
        if self._closing:
            await self._load_batches(connection)
        for ask in self._asked:
            self._want_payments(ask)

    def decide(self, command: Command, /) -> Answer:
        """Decide one command."""
        facts, where = self._facts, command.where
        terminal = facts.terminals.terminal(where.terminal)
        if terminal is None or terminal.kind is not TerminalKind.POS:
            return Answer(code=ResponseCode.NO_TERMINAL)
        if terminal.retired_at or terminal.pairings != where.pairing:
            return Answer(code=ResponseCode.NOT_PERMITTED)
        if isinstance(command, SignOn):
            return sign_on(command, facts=facts)
        station = facts.station(where)
        key = command.key if isinstance(command, SignOff) else command.request.envelope.key
        if station.pairing != where.pairing or not station.takes(key, now=facts.book.now):
            return Answer(code=ResponseCode.WRONG_SEAL)
        if isinstance(command, SignOff):
            return sign_off(command, facts=facts)
        if (used := station.with_key_used(key)) is not station:
            facts.keep_station(used)
        return self._answer(command)

    async def save(self, connection: Connection) -> None:
        """Write what is new and what has changed."""
        facts = self._facts
        if facts.changed_stations:
            stations = [facts.stations[number] for number in sorted(facts.changed_stations)]
            await connection.execute(SQL["write_stations"], *columns_of_stations(stations))
        if facts.changed_entries:
            entries = [facts.entries[place] for place in sorted(facts.changed_entries)]
            await connection.execute(SQL["write_entries"], *columns_of_entries(entries))
        if facts.new_closed:
            await connection.execute(SQL["add_closed_batches"], *columns_of_closed_batches(facts.new_closed))
        if facts.changed_uploaded:
            uploaded = [facts.uploaded[place] for place in sorted(facts.changed_uploaded)]
            await connection.execute(SQL["write_uploaded"], *columns_of_uploaded(uploaded))
        if differed := [batch for batch in facts.new_closed if batch.differences]:
            await append(connection, events=[_differed(batch) for batch in differed])

    def _answer(self, ask: Ask) -> Answer:
        facts, request = self._facts, ask.request
        if not isinstance(request, Manage):
            named = request.currency if isinstance(request, Close) else request.amount.currency
            if named is not CURRENCY:
                return Answer(code=ResponseCode.NO_MERCHANT)
        match request:
            case Purchase() | Authorize() | Void() | Complete() | Refund():
                return move(ask, request=request, facts=facts)
            case Reverse():
                return reverse(ask, request=request, facts=facts)
            case Upload():
                return upload(ask, request=request, facts=facts)
            case Close():
                return close(ask, request=request, facts=facts)
            case Manage():  # an echo; the others are commands of their own
                batch = facts.station(ask.where).batch
                return Answer(code=ResponseCode.APPROVED, at=facts.book.now, batch=batch)
            case _:
                assert_never(request)

    async def _load_batches(self, connection: Connection) -> None:
        """Bring what batches come to, what of them is in progress, and what was sent of them."""
        facts = self._facts
        terminals = [name.terminal for name in self._closing]
        batches = [name.batch for name in self._closing]
        for row in await connection.fetch(SQL["totals"], terminals, batches):
            facts.sums[BatchName(row["terminal"], row["batch"])] = totals_of(row)
        for row in await connection.fetch(SQL["closed_batches"], terminals, batches):
            closed = closed_batch_of(row)
            facts.closed[BatchName(closed.terminal, closed.number)] = closed
        whole = list(self._closing.values())
        rows = await connection.fetch(SQL["entries_of_batches"], terminals, batches, whole)
        facts.know([entry_of(row) for row in rows])
        if any(whole):
            for row in await connection.fetch(SQL["uploaded"], terminals, batches):
                sent = uploaded_of(row)
                facts.uploaded[sent.place] = sent

    def _want_payments(self, ask: Ask) -> None:
        """Say what deciding a request will ask of payments."""
        facts, request = self._facts, ask.request
        match request:
            case Purchase() | Authorize():
                known = facts.entries.get(place_of(ask))
                if known is None or known.state is EntryState.STANDS:
                    facts.payments.want(creating(ask, request=request))
            case Reverse():
                self._want_undoing(ask, facts.entries.get(place_of(ask)))
            case Upload():
                known = facts.entries.get(place_of(ask))
                if known is not None:
                    self._want_again(ask, known)
            case Void() | Complete() | Refund():
                original = facts.entries.get(place_of_original(request.original))
                if original is None or original.payment is None:
                    return
                if isinstance(request, Void):
                    facts.payments.want(undoing(ask, payment=original.payment))
                elif isinstance(request, Complete):
                    facts.payments.want(capturing(ask, request=request, payment=original.payment))
                else:
                    facts.payments.want(refunding(ask, request=request, payment=original.payment))
            case Close():
                for entry in facts.of_batch(BatchName(ask.where.number, request.envelope.batch)):
                    self._want_again(ask, entry)
            case Manage():
                pass
            case _:
                assert_never(request)

    def _want_again(self, ask: Ask, entry: Entry) -> None:
        if entry.code is ResponseCode.IN_PROGRESS and entry.payment is not None:
            again = asking_again(ask, entry=entry, payment=entry.payment)
            self._facts.payments.want(again)

    def _want_undoing(self, ask: Ask, known: Entry | None) -> None:
        if known is None:
            self._facts.payments.want(undoing(ask, payment=None))
        elif known.payment is not None:
            self._facts.payments.want(undoing(ask, payment=known.payment))


def _differed(batch: ClosedBatch) -> Event:
    """Both sides are not of one mind, and somebody has to see why."""
    about = batch_object(terminal=batch.terminal, number=batch.number)
    return Event(kind="batch.differed", object=about, sequence=1, at=batch.closed_at)
