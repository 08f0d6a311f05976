"""The reads of endpoints and of what became of events. Events themselves are read from `Events`."""

from collections.abc import Sequence
from typing import Final

from milletpay.ledger.chart import Mode
from milletpay.notifications.model import (
    Attempt,
    Delivery,
    Endpoint,
    EndpointId,
    EndpointStatus,
    EventId,
    Owner,
    Secret,
)
from milletpay.notifications.records import attempt_of, delivery_of, endpoint_of, secret_of
from milletpay.plumbing.database import Connection
from milletpay.plumbing.envelopes import Envelope
from milletpay.plumbing.ids import ID_END
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.notifications")


async def find_endpoint(connection: Connection, *, id: EndpointId, owner: Owner) -> Endpoint | None:
    """A merchant's endpoint."""
    row = await connection.fetchrow(SQL["endpoint"], id)
    found = None if row is None else endpoint_of(row)
    if found is None or found.owner != owner or found.status is EndpointStatus.DELETED:
        return None
    return found


async def endpoints_of(
    connection: Connection, *, owner: Owner, most: int, before: int = ID_END
) -> Sequence[Endpoint]:
    """A merchant's endpoints, the newest first, with ids below `before`."""
    rows = await connection.fetch(SQL["endpoints_of"], owner.merchant, owner.mode is Mode.LIVE, before, most)
    return [endpoint_of(row) for row in rows]


async def secrets_of(
    connection: Connection, *, endpoint: EndpointId, envelope: Envelope, now: int
) -> Sequence[Secret]:
    """The secrets that an endpoint's messages are signed with at this moment, the newest first.

    :raises NotOurEnvelope: when one was closed under another secret of the house, or about another row
    """
    rows = await connection.fetch(SQL["secrets_of"], endpoint, now)
    return [secret_of(row, envelope=envelope) for row in rows]


async def attempts_of(
    connection: Connection,
    *,
    endpoint: EndpointId,
    most: int,
    before: int = ID_END,
    event: EventId | None = None,
) -> Sequence[Attempt]:
    """The calls of an endpoint, the newest first, with ids below `before`; all, or those for one event."""
    rows = await connection.fetch(SQL["attempts_of"], endpoint, before, event, most)
    return [attempt_of(row) for row in rows]


async def deliveries_of(connection: Connection, *, event: EventId) -> Sequence[Delivery]:
    """Where an event is on its way to each endpoint."""
    return [delivery_of(row) for row in await connection.fetch(SQL["deliveries_of"], event)]
