"""Stories of the book as text: tables of events with the expected status at the end of each line.

A story file is read by people first. After a sentence of what it proves, a story is a list of steps:

    story A post moves a part and releases the rest.

    accounts
      id    flags                           status
      Ann   debits_must_not_exceed_credits  created

    transfers at due(hold) - 1ns
      id    pending_id  amount  flags                  status
      take  hold        60      post_pending_transfer  created

    balances
      account  debits_pending  debits_posted  credits_posted
      Ann      -               60             250

    kept
      id    debit_account_id
      take  Ann

    absent  other

`accounts` and `transfers` are one batch each, `expire` releases what is due, `balances` and `kept` compare
accounts and transfers with the book, `absent` names transfers that are not there.

A cell is a number, `-` (zero), `max` or `max-5` (the greatest amount, id or timeout, or less), a name (an
id), or flags joined by `+`. A column that is left out has the ordinary value: ledger 156 and code 1 in what
is created, except to post or void; zero elsewhere. A step happens one nanosecond after the one before, or
`5s later`, or `at due(hold) + 1ns`, or `at 4900000000000000000`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from milletpay.ledger import (
    AMOUNT_MAX,
    Account,
    AccountFlags,
    CreateAccountStatus,
    CreateTransferStatus,
    Transfer,
    TransferFlags,
)

ID_MAX = 2**128 - 1
TIMEOUT_MAX = 2**32 - 1
SECOND = 10**9
DAY = 86_400 * SECOND

RESOLVING = TransferFlags.post_pending_transfer | TransferFlags.void_pending_transfer

NAMED_FIELDS = ("id", "account", "debit_account_id", "credit_account_id", "pending_id")

START = 1_767_225_600 * SECOND
"""The first nanosecond of 2026, when the first story begins; each other begins a day after the one before."""

MOMENT = re.compile(
    r"(?P<later>\d+)s later"
    r"|at due\((?P<pending>\w+)\)(?: (?P<sign>[+-]) (?P<shift>\d+)(?P<unit>ns|s))?"
    r"|at (?P<absolute>\d+)"
)


@dataclass(frozen=True)
class AccountBatch:
    """Accounts to create together, and what must become of each."""

    timestamp: int
    events: tuple[Account, ...]
    expected: tuple[CreateAccountStatus, ...]

    def piece(self, start: int, end: int) -> "AccountBatch":
        """The events from `start` up to `end` as a batch of their own, each at the instant it had."""
        return AccountBatch(
            timestamp=self.timestamp - len(self.events) + end,
            events=self.events[start:end],
            expected=self.expected[start:end],
        )


@dataclass(frozen=True)
class TransferBatch:
    """Transfers to create together, and what must become of each."""

    timestamp: int
    events: tuple[Transfer, ...]
    expected: tuple[CreateTransferStatus, ...]

    def piece(self, start: int, end: int) -> "TransferBatch":
        """The events from `start` up to `end` as a batch of their own, each at the instant it had."""
        return TransferBatch(
            timestamp=self.timestamp - len(self.events) + end,
            events=self.events[start:end],
            expected=self.expected[start:end],
        )


@dataclass(frozen=True)
class Expire:
    """Release what is due."""

    timestamp: int


@dataclass(frozen=True)
class ExpectAccount:
    """An account's balances, and whether it is closed; what is not named is zero."""

    account_id: int
    balances: Mapping[str, int]
    closed: bool


@dataclass(frozen=True)
class ExpectTransfer:
    """The named fields of a transfer that was kept, or none of them: it must be absent."""

    transfer_id: int
    fields: Mapping[str, int] | None


Step = AccountBatch | TransferBatch | Expire | ExpectAccount | ExpectTransfer


@dataclass(frozen=True)
class Story:
    """A title which says what is proved, and the steps which prove it."""

    file: str
    title: str
    steps: tuple[Step, ...] = field(repr=False)

    @property
    def begins(self) -> int:
        """The timestamp of its first batch."""
        return next(step.timestamp for step in self.steps if isinstance(step, AccountBatch | TransferBatch))

    def __str__(self) -> str:
        return f"{self.file}: {self.title}"


class StoryError(ValueError):
    """A story that cannot be read: the file, the line and why."""


def read_stories(folder: Path) -> list[Story]:
    """All stories of a folder in the order of time, each with ids of its own: one book holds them all."""
    stories: list[Story] = []
    for path in sorted(folder.glob("*.story")):
        for title, lines in _stories_of(path):
            place = len(stories)
            reader = _Reader(space=(place + 1) << 64, start=START + place * DAY, path=path)
            stories.append(Story(file=path.stem, title=title, steps=tuple(reader.steps(lines))))
    return sorted(stories, key=lambda story: story.begins)


Line = tuple[int, str]
Flags = type[AccountFlags] | type[TransferFlags]


def _stories_of(path: Path) -> Iterator[tuple[str, list[Line]]]:
    """Cut a file at its `story` lines; `#` starts a comment line, empty lines mean nothing."""
    title, lines = "", list[Line]()
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if text.startswith("story "):
            if title:
                yield title, lines
            title, lines = text.removeprefix("story ").strip(), []
        elif text.strip() and not text.startswith("#"):
            lines.append((number, text.rstrip()))
    if title:
        yield title, lines


class _Reader:
    """Turns the lines of one story into steps."""

    def __init__(self, *, space: int, start: int, path: Path) -> None:
        self.space = space
        self.now = start
        self.path = path
        self.names: dict[str, int] = {}
        self.due: dict[int, int] = {}

    def steps(self, lines: Sequence[Line]) -> Iterator[Step]:
        sections: list[list[Line]] = []
        for line in lines:
            if not line[1].startswith(" "):
                sections.append([])
            sections[-1].append(line)
        for (number, heading), *rows in sections:
            try:
                yield from self._section(heading, self._table(rows))
            except (KeyError, ValueError) as error:
                raise StoryError(f"{self.path.name}, line {number} ({heading}): {error}") from error

    def _section(self, heading: str, rows: list[dict[str, str]]) -> Iterator[Step]:
        kind, _, rest = heading.partition(" ")
        if kind == "accounts":
            accounts = tuple(self._account(row) for row in rows)
            self._move_on(rest, events=len(rows))
            yield AccountBatch(
                timestamp=self.now,
                events=accounts,
                expected=tuple(CreateAccountStatus(row["status"]) for row in rows),
            )
        elif kind == "transfers":
            transfers = tuple(self._transfer(row) for row in rows)
            self._move_on(rest, events=len(rows))
            for before_last, event in enumerate(reversed(transfers)):
                self.due.setdefault(event.id, self.now - before_last + event.timeout * SECOND)
            yield TransferBatch(
                timestamp=self.now,
                events=transfers,
                expected=tuple(CreateTransferStatus(row["status"]) for row in rows),
            )
        elif kind == "expire":
            self._move_on(rest, events=1)
            yield Expire(timestamp=self.now)
        elif kind == "balances":
            yield from (self._expected_account(row) for row in rows)
        elif kind == "kept":
            for row in rows:
                named = self._cells(row, TransferFlags)
                yield ExpectTransfer(transfer_id=named["id"], fields=named)
        elif kind == "absent":
            for name in rest.split():
                yield ExpectTransfer(transfer_id=self._id(name), fields=None)
        else:
            raise ValueError(f"no such step: {kind}")

    def _table(self, rows: Sequence[Line]) -> list[dict[str, str]]:
        """Rows as dicts by column name; every row has a cell in every column."""
        if not rows:
            return []
        columns, *cells = [text.split() for _, text in rows]
        for (number, _), row in zip(rows[1:], cells, strict=True):
            if len(row) != len(columns):
                raise ValueError(f"line {number} has {len(row)} cells, its table has {len(columns)} columns")
        return [dict(zip(columns, row, strict=True)) for row in cells]

    def _account(self, row: Mapping[str, str]) -> Account:
        event = Account(ledger=156, code=1)
        _fill(event, self._cells(row, AccountFlags))
        return event

    def _transfer(self, row: Mapping[str, str]) -> Transfer:
        cells = self._cells(row, TransferFlags)
        alone = not cells.get("flags", 0) & RESOLVING
        event = Transfer(ledger=156, code=1) if alone else Transfer()
        _fill(event, cells)
        return event

    def _expected_account(self, row: Mapping[str, str]) -> ExpectAccount:
        balances = dict.fromkeys(("debits_pending", "debits_posted", "credits_pending", "credits_posted"), 0)
        for name in row.keys() - {"account", "closed"}:
            if name not in balances:
                raise ValueError(f"no such balance: {name}")
            balances[name] = self._cell(name, row[name], AccountFlags)
        closed = {"yes": True, "no": False}[row.get("closed", "no")]
        return ExpectAccount(account_id=self._id(row["account"]), balances=balances, closed=closed)

    def _move_on(self, moment: str, *, events: int) -> None:
        """Set the time to a step's last event: right after the step before, or when the heading says."""
        match = MOMENT.fullmatch(moment)
        if not moment:
            self.now += events
        elif match is None:
            raise ValueError(f"no such moment: {moment}")
        elif match["later"]:
            self.now += int(match["later"]) * SECOND
        elif match["absolute"]:
            self.now = int(match["absolute"])
        else:
            shift = int(match["shift"] or 0) * (SECOND if match["unit"] == "s" else 1)
            self.now = self.due[self._id(match["pending"])] + (-shift if match["sign"] == "-" else shift)

    def _cells(self, row: Mapping[str, str], flags: Flags) -> dict[str, int]:
        return {name: self._cell(name, cell, flags) for name, cell in row.items() if name != "status"}

    def _cell(self, column: str, cell: str, flags: Flags) -> int:
        if cell == "-":
            return 0
        if column == "flags":
            return _flags(cell, flags)
        if column in NAMED_FIELDS:
            return self._id(cell)
        if cell.startswith("max"):
            greatest = TIMEOUT_MAX if column == "timeout" else AMOUNT_MAX
            return greatest - int(cell.removeprefix("max").removeprefix("-") or 0)
        return int(cell)

    def _id(self, name: str) -> int:
        """A name's id: the same wherever this story says it, and in no other story."""
        if name == "max":
            return ID_MAX
        return self.names.setdefault(name, self.space + len(self.names) + 1)


def _flags(cell: str, flags: Flags) -> int:
    """Flags by name joined with `+`; `bit7` is the bit itself, for those that have no name."""
    value = 0
    for name in cell.split("+"):
        value |= 1 << int(name.removeprefix("bit")) if name.startswith("bit") else flags[name].value
    return value


def _fill(event: Account | Transfer, cells: Mapping[str, int]) -> None:
    known = {f.name for f in fields(event)}
    for name, value in cells.items():
        if name not in known:
            raise ValueError(f"no such column: {name}")
        setattr(event, name, value)
