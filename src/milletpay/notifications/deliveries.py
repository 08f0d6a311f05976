"""Delivering: one attempt is one job, with what is going to be said written and committed before it is said.

Who dies between the call and the writing of its result leaves an attempt without an end. The lease of the
job ends, and the event is sent again under the same `webhook-id`: at least once, never not at all.
"""

from dataclasses import dataclass
from typing import Final

from milletpay.notifications.calling import PATIENCE_SECONDS, Caller, Message, Reply
from milletpay.notifications.events import Events
from milletpay.notifications.model import EVENT_ID, GONE, UNREACHABLE, AttemptId, Endpoint, EndpointStatus
from milletpay.notifications.queries import secrets_of
from milletpay.notifications.queue import CARRY, RELEASE, Carried, Queue
from milletpay.notifications.records import delivery_of, endpoint_of
from milletpay.notifications.signing import sign
from milletpay.plumbing.clock import SECOND, Clock
from milletpay.plumbing.database import Connection
from milletpay.plumbing.envelopes import Envelope
from milletpay.plumbing.ids import IdSource
from milletpay.plumbing.jobs import Job, Kind, OutsideKind, Retry
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.notifications")

LEASE_NS: Final = 3 * PATIENCE_SECONDS * SECOND

# For our own crashes and defects: an event is given up by what its endpoint does, not by what befalls us.
NEVER_GIVE_UP: Final = Retry(attempts=1_000_000, first_ns=SECOND, longest_ns=300 * SECOND)

LOST: Final = "Our process ended before the answer was kept: whether it reached you is not known."


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One attempt: who is told what."""

    carried: Carried
    attempt: AttemptId
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A letter, and what came of it."""

    letter: Letter
    reply: Reply


class Deliverer:
    """Makes attempts. `intent`, `call` and `result` are the three steps of the job."""

    def __init__(
        self,
        *,
        events: Events,
        queue: Queue,
        caller: Caller,
        envelope: Envelope,
        clock: Clock,
        ids: IdSource,
    ) -> None:
        """Messages are signed with what the `envelope` opens."""
        self._events = events
        self._queue = queue
        self._caller = caller
        self._envelope = envelope
        self._clock = clock
        self._ids = ids

    def kinds(self) -> tuple[Kind | OutsideKind, ...]:
        """What a worker has to do."""
        return (
            OutsideKind(name=CARRY, does=self, lease_ns=LEASE_NS, retry=NEVER_GIVE_UP),
            Kind(name=RELEASE, does=self._queue.release, retry=NEVER_GIVE_UP),
        )

    async def intent(self, connection: Connection, /, *, job: Job) -> Letter | None:
        """Write that the event is going to be sent; None when there is nothing to send any more."""
        carried = Carried.read(job.argument)
        endpoint = await _lock(connection, carried)
        row = await connection.fetchrow(SQL["carried_delivery"], carried.event, carried.endpoint, job.id)
        if row is None:
            return None
        delivery = delivery_of(row)
        if endpoint.down_since is not None and endpoint.probe != carried.event:
            await self._queue.put_back(connection, delivery=delivery)
            return None
        now = self._clock.now_ns()
        secrets = await secrets_of(connection, endpoint=endpoint.id, envelope=self._envelope, now=now)
        body = await self._events.payload(connection, id=carried.event)
        attempt = AttemptId(self._ids.next())
        await connection.execute(SQL["end_lost_attempts"], carried.event, carried.endpoint, now, LOST)
        await connection.execute(SQL["begin_attempt"], carried.event, carried.endpoint, now)
        await connection.execute(
            SQL["add_attempt"], attempt, carried.event, carried.endpoint, delivery.attempts + 1, now
        )
        id, seconds = EVENT_ID.write(carried.event), now // SECOND
        headers = {
            "webhook-id": id,
            "webhook-timestamp": str(seconds),
            "webhook-signature": sign(
                body, id=id, seconds=seconds, secrets=[secret.value for secret in secrets]
            ),
        }
        message = Message(url=endpoint.url, headers=headers, body=body)
        return Letter(carried=carried, attempt=attempt, message=message)

    async def call(self, intent: Letter | None, /) -> Answered | None:
        """Send it."""
        if intent is None:
            return None
        return Answered(letter=intent, reply=await self._caller.post(intent.message))

    async def result(self, connection: Connection, /, *, job: Job, result: Answered | None) -> None:
        """Write how it went, and what follows."""
        if result is None:
            return
        letter, reply = result.letter, result.reply
        endpoint = await _lock(connection, letter.carried)
        await connection.execute(
            SQL["end_attempt"], letter.attempt, reply.duration, reply.status, reply.failure, reply.snippet
        )
        carried = letter.carried
        row = await connection.fetchrow(SQL["carried_delivery"], carried.event, carried.endpoint, job.id)
        if row is None:
            return  # it was canceled or replayed meanwhile
        delivery, now = delivery_of(row), self._clock.now_ns()
        if reply.status is not None and 200 <= reply.status < 300:
            await self._queue.taken(connection, delivery=delivery, endpoint=endpoint, now=now)
        elif reply.status == GONE:
            await disable(connection, endpoint=endpoint, because="It answered 410 Gone.")
        elif reply.status is None or reply.status in UNREACHABLE:
            await self._queue.missed(connection, delivery=delivery, endpoint=endpoint, now=now)
        else:
            await self._queue.refused(connection, delivery=delivery, endpoint=endpoint, now=now)


async def disable(connection: Connection, *, endpoint: Endpoint, because: str | None) -> None:
    """Tell an endpoint nothing more, also not what is on its way. Its row is locked."""
    await connection.execute(SQL["set_endpoint_status"], endpoint.id, EndpointStatus.DISABLED, because)
    await connection.execute(SQL["cancel_deliveries"], endpoint.id)


async def _lock(connection: Connection, carried: Carried) -> Endpoint:
    row = await connection.fetchrow(SQL["lock_endpoint"], carried.endpoint)
    assert row is not None, "endpoints stay"
    return endpoint_of(row)
