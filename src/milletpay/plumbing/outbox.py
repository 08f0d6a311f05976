"""The outbox: news of what happened, written in the transaction that made it happen.

An event says what kind of thing happened to which object, and is rendered when it is delivered; it carries
no picture of the object. Events are appended under the book's lock, so that positions rise in the order of
COMMIT: a reader that has seen a position will never see a lower one appear, and each object's events keep
their order.

Each consumer has a position of its own. Its handler runs in the transaction that advances the position: what
it writes there happens exactly once for each event, what it does outside happens at least once. A handler
that has to call outside adds a job for each event instead. Nothing is notified inside the transaction that
moves money: relays look four times a second, and at once when somebody in their process wakes them.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from milletpay.plumbing.clock import MILLISECOND, SECOND, Clock, wait_for
from milletpay.plumbing.database import BOOK_LOCK, Connection, Database
from milletpay.plumbing.statements import load_statements

STATEMENTS: Final = load_statements("milletpay.plumbing")

LOOK_NS: Final = 250 * MILLISECOND
FAILURE_PAUSE_NS: Final = (LOOK_NS, 60 * SECOND)
"""First and longest pause of a consumer that cannot go on."""

DELETE_MAX: Final = 10_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something that happened to an object.

    `kind` is a word such as `payment.captured`, `sequence` the object's own count of its events, `at`
    nanoseconds since the epoch, `note` at most 1,000 bytes that cannot be read from the object later.
    """

    kind: str
    object: int
    sequence: int
    at: int
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivered(Event):
    """An event with its position in the outbox."""

    position: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Consumer:
    """How far a consumer has come, how many positions it is behind, and what holds it up, if anything."""

    name: str
    position: int
    behind: int
    failures: int
    failure: str | None
    failed_at: int | None


class Handler(Protocol):
    """What a consumer does with events, in order. When it raises, nothing it wrote is kept."""

    async def __call__(self, connection: Connection, /, *, events: Sequence[Delivered]) -> None:
        """Write through `connection`, and leave committing to the caller."""


async def append(connection: Connection, *, events: Sequence[Event]) -> None:
    """Append events in the transaction that makes them true.

    Takes the book's lock where it is not held yet, until the transaction ends: append last.
    """
    await connection.execute(
        STATEMENTS["append_events"],
        BOOK_LOCK,
        [event.kind for event in events],
        [event.object for event in events],
        [event.sequence for event in events],
        [event.at for event in events],
        [event.note for event in events],
    )


async def find_consumers(connection: Connection) -> list[Consumer]:
    """Tell of every consumer; one that is far behind or has failures needs help."""
    return [Consumer(**dict(row)) for row in await connection.fetch(STATEMENTS["find_consumers"])]


async def delete_events(connection: Connection, *, before: int) -> int:
    """Delete events older than `before` that every consumer has had; gives how many, at most 10,000."""
    status = await connection.execute(STATEMENTS["delete_events"], before, DELETE_MAX)
    return int(status.rpartition(" ")[2])


class Relay:
    """Delivers the outbox to one consumer. Any number of processes may run one: they take turns."""

    def __init__(
        self, *, database: Database, consumer: str, handler: Handler, clock: Clock, batch_max: int = 100
    ) -> None:
        self._database = database
        self._consumer = consumer
        self._handler = handler
        self._clock = clock
        self._batch_max = batch_max
        self._failures = 0
        self._careful_until = 0
        self._stopping = False
        self._wake = asyncio.Event()

    async def register(self) -> None:
        """Make the consumer known; a new one begins at the oldest event that is kept."""
        async with self._database.connection() as connection:
            await connection.execute(STATEMENTS["add_consumer"], self._consumer)

    async def deliver(self) -> int:
        """Deliver the next events; gives how many.

        When the handler raises, the reason is noted beside the consumer's position, and raised. The events
        that it was given are then delivered one by one, so that those before the one at fault get through.
        """
        events: list[Delivered] = []
        try:
            async with self._database.transaction() as connection:
                claimed = await connection.fetchrow(STATEMENTS["claim_consumer"], self._consumer)
                if claimed is None:
                    return 0
                position: int = claimed["position"]
                most = 1 if position < self._careful_until else self._batch_max
                rows = await connection.fetch(STATEMENTS["read_events"], position, most)
                if not rows:
                    return 0
                events = [Delivered(**dict(row)) for row in rows]
                await self._handler(connection, events=events)
                await connection.execute(STATEMENTS["advance_consumer"], self._consumer, events[-1].position)
                return len(events)
        except Exception as error:
            if events:
                self._careful_until = max(self._careful_until, events[-1].position)
            await self._note(error)
            raise

    async def run(self) -> None:
        """Deliver until `stop`; look again when woken, and four times a second."""
        await self.register()
        while not self._stopping:
            self._wake.clear()
            pause = LOOK_NS
            try:
                delivered = await self.deliver()
                self._failures = 0
                if delivered:
                    continue
            except Exception:
                first, longest = FAILURE_PAUSE_NS
                pause = min(longest, first << min(self._failures, 20))
                self._failures += 1
                log.exception("the outbox is not delivered to %s", self._consumer)
            if not self._stopping:
                await wait_for(self._wake, clock=self._clock, duration_ns=pause)

    def wake(self) -> None:
        """There is news."""
        self._wake.set()

    def stop(self) -> None:
        """Finish what is being delivered, then end `run`."""
        self._stopping = True
        self._wake.set()

    async def _note(self, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"[:1000]
        try:
            async with self._database.connection() as connection:
                await connection.execute(
                    STATEMENTS["note_consumer_failure"], self._consumer, reason, self._clock.now_ns()
                )
        except Exception:
            log.exception("the failure of %s could not be noted", self._consumer)
