"""What waits for an endpoint, and whose turn it is.

Of each object one event at a time is on its way to an endpoint, in the order of their numbers: a later one
waits until the earlier one is taken or given up. An endpoint that cannot be reached is **down**: it is tried
by one event now and then, another each time, and all others wait without a job. One that answers, whatever it
says, is up. So a server that is gone costs next to nothing, and no one event can hold up the others.

All of it is read and written under the lock of the endpoint's row.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from milletpay.notifications.model import (
    DOWN_AFTER,
    ENDPOINT_ID,
    EVENT_ID,
    GIVE_UP_NS,
    Delivery,
    DeliveryState,
    Endpoint,
    EndpointId,
    EndpointStatus,
    EventId,
)
from milletpay.notifications.records import endpoint_of
from milletpay.plumbing.clock import SECOND
from milletpay.plumbing.database import Connection, Row
from milletpay.plumbing.ids import Entropy, IdSource
from milletpay.plumbing.jobs import Job, NewJob, Retry, add_jobs, delay_after
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.notifications")

CARRY: Final = "webhooks.carry"
"""The kind of job that makes one attempt."""

RELEASE: Final = "webhooks.release"
"""The kind of job that lets all go that wait for an endpoint."""

RELEASE_MAX: Final = 1_000

AGAIN: Final = Retry(first_ns=5 * SECOND, longest_ns=4 * 3600 * SECOND)
"""Pauses between the attempts for one event."""

PROBE: Final = Retry(first_ns=10 * SECOND, longest_ns=15 * 60 * SECOND)
"""Pauses between the attempts at an endpoint that is down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An event that an endpoint is to be told."""

    event: EventId
    endpoint: EndpointId
    object: int
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What a job of the kind `CARRY` is about."""

    event: EventId
    endpoint: EndpointId

    def argument(self) -> str:
        """Write it."""
        return f"{ENDPOINT_ID.write(self.endpoint)} {EVENT_ID.write(self.event)}"

    @classmethod
    def read(cls, argument: str) -> "Carried":
        """Read what `argument` wrote."""
        endpoint, event = argument.split(" ")
        return cls(event=EVENT_ID.read(event), endpoint=ENDPOINT_ID.read(endpoint))


class Queue:
    """Moves events on; every method is called in a transaction that holds the locks of its endpoints."""

    def __init__(self, *, ids: IdSource, entropy: Entropy) -> None:
        self._ids = ids
        self._entropy = entropy

    async def add(
        self, connection: Connection, *, waiting: Sequence[Waiting], endpoints: Sequence[Endpoint], now: int
    ) -> None:
        """Queue events, and let those go whose turn it is."""
        if not waiting:
            return
        await connection.execute(
            SQL["add_deliveries"],
            [one.event for one in waiting],
            [one.endpoint for one in waiting],
            [one.object for one in waiting],
            [one.sequence for one in waiting],
            now,
        )
        up = {endpoint.id for endpoint in endpoints if endpoint.down_since is None}
        pairs = {(one.endpoint, one.object) for one in waiting if one.endpoint in up}
        await self._let_next_go(connection, pairs=pairs, now=now)

    async def release(self, connection: Connection, /, *, job: Job) -> None:
        """Let go what waits for an endpoint, some at a time. The work of a job."""
        row = await connection.fetchrow(SQL["lock_endpoint"], ENDPOINT_ID.read(job.argument))
        assert row is not None, "endpoints stay"
        endpoint = endpoint_of(row)
        if endpoint.status is not EndpointStatus.ENABLED or endpoint.down_since is not None:
            return
        rows = await connection.fetch(SQL["next_of_endpoint"], endpoint.id, RELEASE_MAX)
        await self._let_go(connection, rows, at=job.run_at, now=job.run_at)
        if len(rows) == RELEASE_MAX:
            await self.release_later(connection, endpoint=endpoint.id, now=job.run_at)

    async def release_later(self, connection: Connection, *, endpoint: EndpointId, now: int) -> None:
        """Let go what waits for an endpoint once this transaction is committed."""
        job = NewJob(id=self._ids.next(), kind=RELEASE, argument=ENDPOINT_ID.write(endpoint), run_at=now)
        await add_jobs(connection, jobs=[job], now=now)

    async def taken(
        self, connection: Connection, *, delivery: Delivery, endpoint: Endpoint, now: int
    ) -> None:
        """The endpoint took the event."""
        await self._end(connection, delivery, DeliveryState.DELIVERED)
        await self._reached(connection, endpoint, now)
        await self._let_next_go(connection, pairs={(endpoint.id, delivery.object)}, now=now)

    async def refused(
        self, connection: Connection, *, delivery: Delivery, endpoint: Endpoint, now: int
    ) -> None:
        """The endpoint answered, but did not take the event: try again later, or give up."""
        await self._reached(connection, endpoint, now)
        if now - delivery.queued_at >= GIVE_UP_NS:
            await self._end(connection, delivery, DeliveryState.FAILED)
            await self._let_next_go(connection, pairs={(endpoint.id, delivery.object)}, now=now)
        else:
            await self._try_again(connection, delivery, now)

    async def missed(
        self, connection: Connection, *, delivery: Delivery, endpoint: Endpoint, now: int
    ) -> None:
        """The endpoint could not be reached."""
        if endpoint.down_since is not None and endpoint.probe != delivery.event:
            await self._end(connection, delivery, DeliveryState.QUEUED)
            return
        failures = endpoint.failures + 1
        if failures < DOWN_AFTER:
            await self._set_health(connection, endpoint, failures=failures)
            if now - delivery.queued_at >= GIVE_UP_NS:
                await self._end(connection, delivery, DeliveryState.FAILED)
                await self._let_next_go(connection, pairs={(endpoint.id, delivery.object)}, now=now)
            else:
                await self._try_again(connection, delivery, now)
            return
        await self._end(connection, delivery, DeliveryState.QUEUED)
        await connection.execute(SQL["fail_deliveries"], endpoint.id, now - GIVE_UP_NS)
        row = await connection.fetchrow(SQL["next_probe"], endpoint.id)
        if row is None:
            # Nothing waits: the next event will find out whether it is still down.
            await self._set_health(connection, endpoint, failures=DOWN_AFTER - 1)
            return
        since = now if endpoint.down_since is None else endpoint.down_since
        await self._set_health(connection, endpoint, failures=failures, since=since, probe=row["event"])
        pause = delay_after(failures - DOWN_AFTER + 1, retry=PROBE, entropy=self._entropy)
        await self._let_go(connection, [row], at=now + pause, now=now)

    async def begin_anew(self, connection: Connection, *, endpoint: Endpoint, now: int) -> None:
        """Somebody says that the endpoint is there: let all go that waits for it."""
        await self._reached(connection, endpoint, now)
        if endpoint.down_since is None:
            await self.release_later(connection, endpoint=endpoint.id, now=now)

    async def put_back(self, connection: Connection, *, delivery: Delivery) -> None:
        """Let an event wait that was to go: its endpoint has gone down meanwhile."""
        await self._end(connection, delivery, DeliveryState.QUEUED)

    async def _try_again(self, connection: Connection, delivery: Delivery, now: int) -> None:
        pause = delay_after(delivery.attempts, retry=AGAIN, entropy=self._entropy)
        job = self._job(Carried(event=delivery.event, endpoint=delivery.endpoint), at=now + pause)
        await add_jobs(connection, jobs=[job], now=now)
        await connection.execute(SQL["set_due"], [delivery.event], [delivery.endpoint], [job.id])

    async def _let_next_go(
        self, connection: Connection, *, pairs: Collection[tuple[EndpointId, int]], now: int
    ) -> None:
        if pairs:
            endpoints, objects = zip(*pairs, strict=True)
            rows = await connection.fetch(SQL["next_of_objects"], endpoints, objects)
            await self._let_go(connection, rows, at=now, now=now)

    async def _let_go(self, connection: Connection, rows: Sequence[Row], *, at: int, now: int) -> None:
        jobs = [self._job(Carried(event=row["event"], endpoint=row["endpoint"]), at=at) for row in rows]
        if jobs:
            await add_jobs(connection, jobs=jobs, now=now)
            await connection.execute(
                SQL["set_due"],
                [row["event"] for row in rows],
                [row["endpoint"] for row in rows],
                [job.id for job in jobs],
            )

    def _job(self, carried: Carried, *, at: int) -> NewJob:
        return NewJob(id=self._ids.next(), kind=CARRY, argument=carried.argument(), run_at=at)

    async def _end(self, connection: Connection, delivery: Delivery, state: DeliveryState) -> None:
        await connection.execute(SQL["end_delivery"], delivery.event, delivery.endpoint, state)

    async def _reached(self, connection: Connection, endpoint: Endpoint, now: int) -> None:
        if endpoint.failures:
            await self._set_health(connection, endpoint, failures=0)
        if endpoint.down_since is not None:
            await connection.execute(SQL["put_back_due"], endpoint.probe, endpoint.id)
            await self.release_later(connection, endpoint=endpoint.id, now=now)

    async def _set_health(
        self,
        connection: Connection,
        endpoint: Endpoint,
        *,
        failures: int,
        since: int | None = None,
        probe: int | None = None,
    ) -> None:
        await connection.execute(SQL["set_endpoint_health"], endpoint.id, failures, since, probe)
