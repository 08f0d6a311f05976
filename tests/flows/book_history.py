"""What several processes did to one book, and the proof that one machine, alone, explains all of it.

Every call is noted with its events, the statuses that it was answered, and the timestamp that the book gave
it. `prove` puts the calls and the expiries in the order of their timestamps and plays them to one fresh
machine: each answer must be the machine's, and what the machine then holds must be what the database holds,
byte by byte. A call that was not answered has left all that the machine says, or nothing.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import cast

from milletpay.ledger import (
    Account,
    CreateAccountStatus,
    CreateTransferStatus,
    Machine,
    PendingStatus,
    Resolution,
    Transfer,
)
from milletpay.ledger.head import Head
from milletpay.ledger.model import TRANSIENT
from milletpay.ledger.rows import pack_account, pack_burnt, pack_resolution, pack_transfer
from milletpay.plumbing.database import Database
from tests.flows.kept_book import KeptBook, read_book

Statuses = Sequence[CreateAccountStatus] | Sequence[CreateTransferStatus]
TRANSFER_FIELDS = attrgetter(*(f.name for f in fields(Transfer)))
ACCOUNT_FIELDS = attrgetter(*(f.name for f in fields(Account)))


@dataclass
class Call:
    """One batch that somebody sent. Without statuses it was not answered."""

    process: int
    events: Sequence[Account | Transfer]
    timestamp: int = 0
    """Of its last event, as the book gave it; 0 when not known."""
    statuses: Statuses | None = None
    refusal: str = ""

    @property
    def first_timestamp(self) -> int:
        return self.timestamp - len(self.events) + 1

    @property
    def nothing_was_done(self) -> bool:
        """What a refusal promises, unless it is `Unknown`."""
        return bool(self.refusal) and not self.refusal.startswith("Unknown")

    @property
    def of_accounts(self) -> bool:
        return isinstance(self.events[0], Account)

    def as_line(self) -> list[object]:
        """Its events in a form that goes through JSON."""
        give = ACCOUNT_FIELDS if self.of_accounts else TRANSFER_FIELDS
        return [self.of_accounts, *map(give, self.events)]

    @classmethod
    def of_line(cls, process: int, line: list[object]) -> "Call":
        kind = Account if line[0] else Transfer
        events = [kind(*values) for values in line[1:]]  # type: ignore[misc]  # what the line says
        return cls(process=process, events=events)


@dataclass(frozen=True)
class _Expiry:
    """The end of pending transfers by time; `timestamp` is 0 where none was due."""

    due_by: int
    timestamp: int


@dataclass
class Proved:
    """How much was proved."""

    calls: int
    batches: int
    transfers: int
    expired: int
    statuses: Counter[str]


@dataclass
class History:
    """The calls of all processes."""

    calls: list[Call] = field(default_factory=list)

    @property
    def unanswered(self) -> list[Call]:
        return [call for call in self.calls if call.statuses is None]

    async def prove(self, database: Database) -> Proved:
        """Prove everything that the docstring of this file says, and the chain of digests."""
        async with database.connection() as connection:
            book = await read_book(connection)
        book.prove_order()
        book.prove_digests()
        self._date_the_unanswered(book)
        machine, rows = Machine(), _Rows()
        for step in self._timeline(book):
            if isinstance(step, Call):
                _play(machine, step)
            elif step.timestamp:
                machine.expire(step.timestamp, due_by=step.due_by)
            else:
                due = machine.next_expiry()
                assert due is None or due > step.due_by, f"a pending due at {due} did not expire"
            rows.take(machine)
        rows.prove_equal(book)
        for account in book.accounts_now:
            assert account == machine.account(account.id)
        return Proved(
            calls=len(self.calls),
            batches=len(book.batches),
            transfers=len(book.transfers),
            expired=sum(r.status is PendingStatus.expired for r in book.resolutions),
            statuses=Counter(str(status) for call in self.calls for status in call.statuses or ()),
        )

    def _timeline(self, book: KeptBook) -> list[Call | _Expiry]:
        steps: list[tuple[tuple[int, int], Call | _Expiry]] = [
            ((call.first_timestamp, 1), call) for call in self.calls if call.timestamp
        ]
        before = Head()
        for head in book.batches:
            expired = [
                r.timestamp
                for r in book.resolutions_of(head, after=before)
                if r.status is PendingStatus.expired
            ]
            if expired:
                steps.append(((expired[0], 0), _Expiry(due_by=head.expired_to, timestamp=expired[-1])))
            elif head.expired_to > before.expired_to:
                steps.append(((before.timestamp, 2), _Expiry(due_by=head.expired_to, timestamp=0)))
            before = head
        return [step for _, step in sorted(steps, key=lambda step: step[0])]

    def _date_the_unanswered(self, book: KeptBook) -> None:
        """Find what unanswered calls have left: rows that no answered call explains, all at one moment."""
        explained = set(self._explained())
        for call in self.unanswered:
            last = len(call.events) - 1
            moments = {
                at + last - place
                for place, event in enumerate(call.events)
                if event.id not in explained and (at := book.timestamp_of(event)) is not None
            }
            assert len(moments) <= 1, f"a batch is in the book in parts, at {sorted(moments)}: {call}"
            assert not (moments and call.nothing_was_done), f"{call.refusal}, and yet it was done: {call}"
            call.timestamp = moments.pop() if moments else 0

    def _explained(self) -> Iterator[int]:
        """Ids that answered calls have created or burnt."""
        for call in self.calls:
            for event, status in zip(call.events, call.statuses or (), strict=False):
                if status == "created" or status in TRANSIENT:
                    yield event.id


def _play(machine: Machine, call: Call) -> None:
    statuses: Statuses
    if call.of_accounts:
        statuses = machine.create_accounts(cast(Sequence[Account], call.events), call.timestamp)
    else:
        statuses = machine.create_transfers(cast(Sequence[Transfer], call.events), call.timestamp)
    if call.statuses is not None and list(call.statuses) != list(statuses):
        wrong = [
            f"{place}: answered {answered} where the machine says {said}: {event}"
            for place, (event, answered, said) in enumerate(
                zip(call.events, call.statuses, statuses, strict=True)
            )
            if answered != said
        ]
        raise AssertionError(f"process {call.process} at {call.timestamp}\n" + "\n".join(wrong[:10]))


@dataclass
class _Rows:
    """What the machine has added, in order."""

    accounts: list[bytes] = field(default_factory=list)
    transfers: list[bytes] = field(default_factory=list)
    resolutions: list[Resolution] = field(default_factory=list)
    burnt: list[tuple[int, int]] = field(default_factory=list)

    def take(self, machine: Machine) -> None:
        changes = machine.keep()
        self.accounts += changes.accounts
        self.transfers += changes.transfers
        self.resolutions += changes.resolutions
        self.burnt += changes.burnt

    def prove_equal(self, book: KeptBook) -> None:
        """Nothing is lost, nothing is there twice, nothing was invented."""
        _same("accounts", [pack_account(a) for a in book.accounts], self.accounts)
        _same("transfers", [pack_transfer(t) for t in book.transfers], self.transfers)
        _same(
            "resolutions",
            [pack_resolution(r) for r in book.resolutions],
            [pack_resolution(r) for r in self.resolutions],
        )
        _same(
            "burnt ids",
            [pack_burnt(id, timestamp=at) for id, at in book.burnt],
            [pack_burnt(id, timestamp=at) for id, at in self.burnt],
        )


def _same(what: str, kept: list[bytes], told: list[bytes]) -> None:
    if kept != told:
        lost, invented = set(told) - set(kept), set(kept) - set(told)
        raise AssertionError(
            f"{what}: {len(kept)} in the book, {len(told)} by the machine;"
            f" {len(lost)} lost, {len(invented)} that nobody made: {[*lost][:3]} {[*invented][:3]}"
        )
