"""Events as merchants see them: made from the outbox, rendered when first wanted, the same ever after.

The outbox says that something happened to an object. Its merchant is told with a picture of the object, made
when the event is handed to the first endpoint, or first read: it shows the object as it stands then, at the
event's `sequence` or later. The picture is kept, so that each retry, replay and reading has the same bytes.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, Self

import msgspec

from milletpay.ledger.chart import Mode
from milletpay.notifications.model import (
    EVENT_ID,
    VERSIONS,
    Endpoint,
    EventId,
    MerchantEvent,
    Owner,
    event_id,
    first_event_id,
)
from milletpay.notifications.queue import Queue, Waiting
from milletpay.notifications.records import endpoint_of, owner_of
from milletpay.plumbing.clock import SECOND, Clock
from milletpay.plumbing.database import Connection, Row
from milletpay.plumbing.dates import rfc3339
from milletpay.plumbing.ids import ID_END, made_at
from milletpay.plumbing.outbox import Delivered
from milletpay.plumbing.shapes import Output
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.notifications")

CLOCKS_DIFFER_NS: Final = 3600 * SECOND
"""By so much an event may be older than the id of its object: they may come from different clocks."""


class EventShape(Output, frozen=True, kw_only=True):
    """Something that happened, as it is sent and read; `timestamp` is the standard's `created_at`."""

    id: str
    object: Literal["event"] = "event"
    type: str
    timestamp: str
    created_at: str
    livemode: bool
    api_version: str
    sequence: int
    data: Any

    @classmethod
    def example(cls) -> Self:
        """One of a payment."""
        moment = "2026-12-01T02:03:04.005Z"
        return cls(
            id="evt_01kdz9m4h0000g40r40m30e20d",
            type="payment.succeeded",
            timestamp=moment,
            created_at=moment,
            livemode=False,
            api_version=VERSIONS[0],
            sequence=1,
            data={"object": "payment", "id": "pay_01kdz9m4h0000g40r40m30e209", "status": "succeeded"},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An object as its merchant is shown it, and whose it is."""

    owner: Owner
    shape: Output


class Painter(Protocol):
    """Shows objects of one kind."""

    async def __call__(self, connection: Connection, /, *, objects: Collection[int]) -> Mapping[int, Picture]:
        """Pictures of those that concern a merchant, with a small fixed number of statements."""


class Events:
    """What merchants are told; `painters` by the first word of a kind of event: `payment`, `agreement`."""

    def __init__(self, *, painters: Mapping[str, Painter], queue: Queue, clock: Clock) -> None:
        self._painters = painters
        self._queue = queue
        self._clock = clock

    async def announce(self, connection: Connection, /, *, events: Sequence[Delivered]) -> None:
        """Take events from the outbox: write them down, and queue them for the endpoints that want them.

        Those of objects that concern no merchant are passed over.
        """
        pictures = await self._paint(connection, [(event.kind, event.object) for event in events])
        owners = {picture.owner for picture in pictures.values()}
        if not owners:
            return
        rows = await connection.fetch(
            SQL["lock_endpoints_of"],
            [owner.merchant for owner in owners],
            [owner.mode is Mode.LIVE for owner in owners],
        )
        endpoints = [endpoint_of(row) for row in rows]
        told = [event for event in events if (_subject(event.kind), event.object) in pictures]
        waiting: list[Waiting] = []
        written: dict[EventId, tuple[Delivered, Owner, bytes | None]] = {}
        for event in told:
            picture = pictures[_subject(event.kind), event.object]
            id = event_id(about=event.object, kind=event.kind, sequence=event.sequence, at=event.at)
            takers = [e for e in endpoints if e.owner == picture.owner and e.wants(event.kind)]
            payload = _render(id, event.kind, event.sequence, event.at, picture) if takers else None
            written[id] = event, picture.owner, payload
            waiting += [_waiting(id, event, endpoint) for endpoint in takers]
        await _write(connection, written)
        await self._queue.add(connection, waiting=waiting, endpoints=endpoints, now=self._clock.now_ns())

    async def find(self, connection: Connection, *, id: EventId, owner: Owner) -> MerchantEvent | None:
        """A merchant's event. Inside a transaction: it may be rendered now."""
        row = await connection.fetchrow(SQL["event"], id)
        if row is None or owner_of(row) != owner:
            return None
        return (await self._rendered(connection, [row]))[0]

    async def events_of(
        self,
        connection: Connection,
        *,
        owner: Owner,
        most: int,
        since: int = 0,
        before: int = ID_END,
        kind: str | None = None,
        about: int | None = None,
    ) -> list[MerchantEvent]:
        """A merchant's events, the newest first, with ids below `before`, from the moment `since` on.

        All, or those of a kind, or about an object, which are looked for from the time on in its id. Inside a
        transaction: some may be rendered now.
        """
        begins = since if about is None else max(since, made_at(about) - CLOCKS_DIFFER_NS)
        rows = await connection.fetch(
            SQL["events_of"],
            owner.merchant,
            owner.mode is Mode.LIVE,
            first_event_id(begins),
            before,
            kind,
            about,
            most,
        )
        return await self._rendered(connection, rows)

    async def payload(self, connection: Connection, *, id: EventId) -> bytes:
        """What is sent of an event that is there."""
        row = await connection.fetchrow(SQL["event"], id)
        assert row is not None, "what is on its way to an endpoint is kept"
        return (await self._rendered(connection, [row]))[0].payload

    async def _rendered(self, connection: Connection, rows: Sequence[Row]) -> list[MerchantEvent]:
        payloads: dict[int, bytes] = {row["id"]: row["payload"] for row in rows}
        bare = [row for row in rows if row["payload"] is None]
        if bare:
            pictures = await self._paint(connection, [(row["kind"], row["object"]) for row in bare])
            made = [
                _render(
                    EventId(row["id"]),
                    row["kind"],
                    row["sequence"],
                    row["at"],
                    pictures[_subject(row["kind"]), row["object"]],
                )
                for row in bare
            ]
            filled = await connection.fetch(SQL["fill_payloads"], [row["id"] for row in bare], made)
            payloads.update({row["id"]: row["payload"] for row in filled})
        return [
            MerchantEvent(
                id=EventId(row["id"]),
                owner=owner_of(row),
                kind=row["kind"],
                object=row["object"],
                sequence=row["sequence"],
                at=row["at"],
                payload=payloads[row["id"]],
            )
            for row in rows
        ]

    async def _paint(
        self, connection: Connection, wanted: Sequence[tuple[str, int]]
    ) -> dict[tuple[str, int], Picture]:
        """Pictures by the first word of the kind, and the object."""
        objects: dict[str, set[int]] = {}
        for kind, about in wanted:
            objects.setdefault(_subject(kind), set()).add(about)
        pictures = {}
        for subject, painter in self._painters.items():
            if subject in objects:
                painted = await painter(connection, objects=objects[subject])
                pictures.update({(subject, about): picture for about, picture in painted.items()})
        return pictures


async def delete_old_events(connection: Connection, *, before: int, most: int = 10_000) -> int:
    """Delete events older than a moment, and what became of them; gives how many, at most `most`."""
    status = await connection.execute(SQL["delete_events"], first_event_id(before), most)
    return int(status.rpartition(" ")[2])


async def _write(
    connection: Connection, events: Mapping[EventId, tuple[Delivered, Owner, bytes | None]]
) -> None:
    await connection.execute(
        SQL["add_events"],
        list(events),
        [owner.merchant for _, owner, _ in events.values()],
        [owner.mode is Mode.LIVE for _, owner, _ in events.values()],
        [event.kind for event, _, _ in events.values()],
        [event.object for event, _, _ in events.values()],
        [event.sequence for event, _, _ in events.values()],
        [event.at for event, _, _ in events.values()],
        [payload for _, _, payload in events.values()],
    )


def _waiting(id: EventId, event: Delivered, endpoint: Endpoint) -> Waiting:
    return Waiting(event=id, endpoint=endpoint.id, object=event.object, sequence=event.sequence)


def _subject(kind: str) -> str:
    return kind.partition(".")[0]


def _render(id: EventId, kind: str, sequence: int, at: int, picture: Picture) -> bytes:
    moment = rfc3339(at)
    return msgspec.json.encode(
        EventShape(
            id=EVENT_ID.write(id),
            type=kind,
            timestamp=moment,
            created_at=moment,
            livemode=picture.owner.mode is Mode.LIVE,
            api_version=VERSIONS[0],
            sequence=sequence,
            data=picture.shape,
        )
    )
