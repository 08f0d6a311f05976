"""Answers kept under idempotency keys: a request that comes again is answered as it was, and done once.

The caller's key is hashed together with who asks, in which mode, and what for. The raw body goes through a
MAC beside it, under a secret of the house: a body may hold a PIN, which whoever reads the tables could try
out from a plain hash as soon as the key can be guessed. The first answer is written in the transaction that
has the effect, byte for byte, and kept as long as the books are: the key and its effect are one. What is
refused is not kept, as nothing was done.

* Work at the desk: wrap the command, `Once(asked=..., command=..., keep=...)`, and give the desk's business
  the part `KeptAnswers`. Requests with one key that arrive at once are put in order by the desk.
* Work in an ordinary transaction: `answer_once`. Requests with one key wait for each other.
* A package whose rows carry the hashes themselves needs neither; `ask` makes them.
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final, Generic, Protocol, TypeVar

from milletpay.plumbing.database import Connection, Database
from milletpay.plumbing.statements import load_statements

STATEMENTS: Final = load_statements("milletpay.plumbing")

WAIT_SECONDS: Final = 10
"""How long a request waits for an equal one that is under way."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What makes a request known again; both are 128 bits."""

    key: int
    """Of the key and its scope: the same for two requests of which the second is a retry."""
    body: int
    """Of the raw body with the key, under the secret: not the same for two requests that share a key by
    mistake. Without the secret nobody can try out what a body was, such as one with a PIN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An answer as it was first given."""

    status: int
    body: bytes


class How(Enum):
    """What became of a request with a key."""

    FIRST = auto()
    """It was new, and was done (or refused: then nothing is kept)."""
    AGAIN = auto()
    """It was done before; nothing was done now."""
    REUSED = auto()
    """The key was used for a request with another body; nothing was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Generic[Result]):
    """What became of a request with a key, and its answer."""

    how: How
    result: Result | None = None
    """What the work came to, if it was done now."""
    kept: Kept | None = None
    """The answer as it is kept; none when nothing is."""


class StillUnderWay(Exception):
    """An equal request has not come to its end in all this time; ask again."""


def ask(scope: bytes, *, body: bytes, secret: bytes) -> Asked:
    """Make a request known again.

    :param scope: as `scope_of` gives it
    :param secret: the same in every process and after every restart, and in no table that they read
    """
    mac = hmac.digest(secret, scope + b"\0" + body, "sha256")
    return Asked(key=hash_of_body(scope), body=int.from_bytes(mac[:16]))


def scope_of(*, owner: int, mode: str, method: str, path: str, key: str) -> bytes:
    """What the same text as a key means the same in.

    :param owner: whose key it is: two owners may use the same text
    :param mode: `LIVE` or `TEST`: what is asked in one is never answered by the other
    """
    # The key has no NUL, nor have the first three: so no two scopes are written the same, whatever the path.
    return f"{owner:x}\0{mode}\0{method}\0{path}\0{key}".encode()


def hash_of_body(body: bytes) -> int:
    """The first 128 bits of the SHA-256 of a body."""
    return int.from_bytes(hashlib.sha256(body).digest()[:16])


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """A command to be done once for its key; the desk answers it with an `Outcome`.

    `keep` turns what the command came to into the answer to keep, None for a refusal. It is called while the
    batch is decided: no I/O, no clock.
    """

    asked: Asked
    command: Any
    keep: Callable[[Any], Kept | None]


class Deciding(Protocol):
    """What is asked of the parts whose commands are wrapped."""

    @property
    def commands(self) -> tuple[type, ...]:
        """The kinds of commands that it decides."""

    def want(self, command: Any, /) -> None:  # noqa: ANN401 - of one of the kinds in `commands`
        """Note what deciding this command will need."""

    def decide(self, command: Any, /) -> Any:  # noqa: ANN401 - of one of the kinds in `commands`; its answer
        """Decide one command."""


class KeptAnswers:
    """The part of a desk's business that does wrapped commands once. It comes before the parts it wraps."""

    commands = (Once,)

    def __init__(self, *, parts: Sequence[Deciding], now: Callable[[], int]) -> None:
        """`parts` decide the wrapped commands; `now` gives the time of the batch, in nanoseconds."""
        self._now = now
        self._part_of = {kind: part for part in parts for kind in part.commands}
        self._wanted: set[int] = set()
        self._known: dict[int, tuple[int, Kept]] = {}
        self._new: dict[int, tuple[int, Kept]] = {}

    def begin(self) -> None:
        """A new batch."""
        self._wanted.clear()
        self._known.clear()
        self._new.clear()

    def forget(self) -> None:
        """Nothing is remembered from batch to batch."""

    def want(self, command: Once, /) -> None:
        """Note the key, and what the wrapped command needs."""
        self._wanted.add(command.asked.key)
        self._part_of[type(command.command)].want(command.command)

    async def load(self, connection: Connection, /) -> None:
        """Find the answers that are kept under the keys of the batch."""
        if self._wanted:
            for row in await connection.fetch(STATEMENTS["find_answers"], list(self._wanted)):
                self._known[row["key"]] = (row["asked"], Kept(status=row["status"], body=row["body"]))

    def decide(self, command: Once, /) -> Outcome[Any]:
        """Answer as before, or do it."""
        asked = command.asked
        if (before := self._known.get(asked.key)) is not None:
            return _outcome_of(before, asked)
        result = self._part_of[type(command.command)].decide(command.command)
        kept = command.keep(result)
        if kept is not None:
            self._known[asked.key] = self._new[asked.key] = (asked.body, kept)
        return Outcome(how=How.FIRST, result=result, kept=kept)

    async def save(self, connection: Connection, /) -> None:
        """Write the new answers."""
        if self._new:
            await connection.execute(
                STATEMENTS["add_answers"],
                list(self._new),
                [body for body, _ in self._new.values()],
                [kept.status for _, kept in self._new.values()],
                [kept.body for _, kept in self._new.values()],
                self._now(),
            )


async def find_answer(database: Database, *, asked: Asked) -> Outcome[Any] | None:
    """What is kept under a key already: for what is looked at before a request is done, and not again."""
    async with database.connection() as connection:
        row = await connection.fetchrow(STATEMENTS["find_answers"], [asked.key])
    if row is None:
        return None
    return _outcome_of((row["asked"], Kept(status=row["status"], body=row["body"])), asked)


async def answer_once(
    database: Database,
    *,
    asked: Asked,
    work: Callable[[Connection], Awaitable[Result]],
    keep: Callable[[Result], Kept | None],
    now: int,
    wait_seconds: float = WAIT_SECONDS,
) -> Outcome[Result]:
    """Do work in one transaction with keeping its answer, once for its key.

    Work that raises is undone; work that comes to a refusal is committed, and its answer is not kept. It must
    not wait for another session, such as a desk's: a connection is held all the while.

    :raises StillUnderWay: when an equal request is not done within `wait_seconds`
    """
    async with database.transaction() as connection:
        await _wait_for_turn(connection, asked.key, wait_seconds=wait_seconds)
        # A statement of its own: it sees what the one before us has committed.
        row = await connection.fetchrow(STATEMENTS["find_answers"], [asked.key])
        if row is not None:
            return _outcome_of((row["asked"], Kept(status=row["status"], body=row["body"])), asked)
        result = await work(connection)
        kept = keep(result)
        if kept is not None:
            await connection.execute(
                STATEMENTS["add_answers"], [asked.key], [asked.body], [kept.status], [kept.body], now
            )
        return Outcome(how=How.FIRST, result=result, kept=kept)


async def _wait_for_turn(connection: Connection, key: int, *, wait_seconds: float) -> None:
    # Two numbers of 32 bits, which PostgreSQL keeps apart from locks of one number, such as the book's.
    high, low = (((key >> shift) & 0xFFFFFFFF) - 0x80000000 for shift in (96, 64))
    try:
        await connection.execute(STATEMENTS["lock_answer"], high, low, timeout=wait_seconds)
    except TimeoutError:
        raise StillUnderWay(f"An equal request has been under way for {wait_seconds} s.") from None


def _outcome_of(before: tuple[int, Kept], asked: Asked) -> Outcome[Any]:
    body, kept = before
    return Outcome(how=How.AGAIN, kept=kept) if body == asked.body else Outcome(how=How.REUSED)
