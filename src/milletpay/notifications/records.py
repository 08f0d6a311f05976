"""Rows of the database as values."""

from milletpay.ledger.chart import Mode
from milletpay.merchants import MerchantId
from milletpay.notifications.model import (
    Attempt,
    AttemptId,
    Delivery,
    DeliveryState,
    Endpoint,
    EndpointId,
    EndpointStatus,
    EventId,
    Owner,
    Secret,
)
from milletpay.plumbing.database import Row
from milletpay.plumbing.envelopes import Envelope


def owner_of(row: Row) -> Owner:
    """Whose a row is."""
    return Owner(merchant=MerchantId(row["merchant"]), mode=Mode.LIVE if row["live"] else Mode.TEST)


def endpoint_of(row: Row) -> Endpoint:
    """An endpoint."""
    return Endpoint(
        id=EndpointId(row["id"]),
        owner=owner_of(row),
        url=row["url"],
        kinds=tuple(row["kinds"]),
        version=row["version"],
        description=row["description"],
        status=EndpointStatus(row["status"]),
        disabled_because=row["disabled_because"],
        created_at=row["created_at"],
        failures=row["failures"],
        down_since=row["down_since"],
        probe=None if row["probe"] is None else EventId(row["probe"]),
    )


def secret_of(row: Row, *, envelope: Envelope) -> Secret:
    """A secret, opened: it was closed about its id, so that no row shows another one's."""
    return Secret(
        value=envelope.open(row["closed"], about=row["id"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )


def delivery_of(row: Row) -> Delivery:
    """A delivery."""
    return Delivery(
        event=EventId(row["event"]),
        endpoint=EndpointId(row["endpoint"]),
        object=row["object"],
        sequence=row["sequence"],
        state=DeliveryState(row["state"]),
        attempts=row["attempts"],
        job=row["job"],
        queued_at=row["queued_at"],
        tried_at=row["tried_at"],
    )


def attempt_of(row: Row) -> Attempt:
    """An attempt."""
    return Attempt(
        id=AttemptId(row["id"]),
        event=EventId(row["event"]),
        kind=row["kind"],
        number=row["number"],
        started_at=row["started_at"],
        duration=row["duration"],
        status=row["status"],
        failure=row["failure"],
        snippet=row["snippet"],
    )
