"""What merchants do with their endpoints. Each is called in a transaction, and refuses with `Refused`."""

from dataclasses import dataclass, replace
from typing import Final

from milletpay.ledger.chart import Mode
from milletpay.notifications.addresses import Reach, UrlRefused, read_target
from milletpay.notifications.deliveries import disable
from milletpay.notifications.model import (
    DESCRIPTION_MAX,
    ENDPOINTS_MAX,
    KEPT_DAYS,
    SECRETS_MAX,
    VERSIONS,
    Endpoint,
    EndpointId,
    EndpointStatus,
    EventId,
    Owner,
    Refusal,
    Refused,
    first_event_id,
    wrong_kinds,
)
from milletpay.notifications.queue import Queue
from milletpay.notifications.records import endpoint_of, owner_of
from milletpay.notifications.signing import new_secret
from milletpay.plumbing.clock import SECOND, Clock
from milletpay.plumbing.database import Connection
from milletpay.plumbing.envelopes import Envelope
from milletpay.plumbing.ids import ID_END, Entropy, IdSource
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.notifications")

DAY_NS: Final = 24 * 3600 * SECOND
OVERLAP_NS: Final = DAY_NS
"""How long the secret before signs beside a new one, when nothing else is said."""

OVERLAP_MAX_NS: Final = 7 * DAY_NS


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a merchant says of an endpoint."""

    url: str
    kinds: tuple[str, ...] = ()
    version: str = VERSIONS[0]
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An endpoint, and the secret that its messages are signed with."""

    endpoint: Endpoint
    secret: bytes


class Endpoints:
    """The endpoints of merchants: made, changed, asked again."""

    def __init__(
        self,
        *,
        queue: Queue,
        envelope: Envelope,
        reach: Reach,
        clock: Clock,
        ids: IdSource,
        entropy: Entropy,
    ) -> None:
        """Secrets are kept closed in the `envelope`."""
        self._queue = queue
        self._envelope = envelope
        self._reach = reach
        self._clock = clock
        self._ids = ids
        self._entropy = entropy

    async def create(self, connection: Connection, *, owner: Owner, wishes: Wishes) -> Opened | Refused:
        """Make an endpoint. It is told of what happens from now on."""
        wrong = self._wrong(wishes)
        if wrong is not None:
            return wrong
        live = owner.mode is Mode.LIVE
        if await connection.fetchval(SQL["count_endpoints"], owner.merchant, live) >= ENDPOINTS_MAX:
            return Refused(
                refusal=Refusal.TOO_MANY, detail=f"You have {ENDPOINTS_MAX} endpoints; delete one first."
            )
        now = self._clock.now_ns()
        endpoint = Endpoint(
            id=EndpointId(self._ids.next()),
            owner=owner,
            url=wishes.url,
            kinds=wishes.kinds,
            version=wishes.version,
            description=wishes.description,
            created_at=now,
        )
        await connection.execute(
            SQL["add_endpoint"],
            endpoint.id,
            owner.merchant,
            live,
            endpoint.url,
            endpoint.kinds,
            endpoint.version,
            endpoint.description,
            now,
        )
        return Opened(endpoint=endpoint, secret=await self._add_secret(connection, endpoint.id, now))

    async def hold(self, connection: Connection, *, endpoint: EndpointId, owner: Owner) -> Endpoint | Refused:
        """An endpoint, kept from others that would change it until this transaction ends."""
        return await self._lock(connection, endpoint, owner)

    async def change(
        self, connection: Connection, *, endpoint: EndpointId, owner: Owner, wishes: Wishes
    ) -> Endpoint | Refused:
        """Change what a merchant has said of an endpoint; what is on its way goes to the new URL."""
        found = await self._lock(connection, endpoint, owner)
        if isinstance(found, Refused):
            return found
        wrong = self._wrong(wishes)
        if wrong is not None:
            return wrong
        await connection.execute(
            SQL["change_endpoint"], found.id, wishes.url, wishes.kinds, wishes.version, wishes.description
        )
        return replace(
            found,
            url=wishes.url,
            kinds=wishes.kinds,
            version=wishes.version,
            description=wishes.description,
        )

    async def rotate_secret(
        self, connection: Connection, *, endpoint: EndpointId, owner: Owner, overlap_ns: int = OVERLAP_NS
    ) -> Opened | Refused:
        """Sign with a new secret; with those before as well until the overlap, up to seven days, is over."""
        found = await self._lock(connection, endpoint, owner)
        if isinstance(found, Refused):
            return found
        assert 0 <= overlap_ns <= OVERLAP_MAX_NS, "checked where it is read"
        now = self._clock.now_ns()
        await connection.execute(SQL["retire_secrets"], found.id, now + overlap_ns)
        await connection.execute(SQL["delete_expired_secrets"], found.id, now)
        if len(await connection.fetch(SQL["secrets_of"], found.id, now)) >= SECRETS_MAX:
            detail = f"{SECRETS_MAX} secrets sign at once; wait until one has ended, or take an overlap of 0."
            return Refused(refusal=Refusal.TOO_MANY, detail=detail)
        return Opened(endpoint=found, secret=await self._add_secret(connection, found.id, now))

    async def disable(
        self, connection: Connection, *, endpoint: EndpointId, owner: Owner
    ) -> Endpoint | Refused:
        """Tell an endpoint nothing more, also not what is on its way."""
        found = await self._lock(connection, endpoint, owner)
        if isinstance(found, Refused) or found.status is EndpointStatus.DISABLED:
            return found
        await disable(connection, endpoint=found, because=None)
        return replace(found, status=EndpointStatus.DISABLED)

    async def enable(
        self, connection: Connection, *, endpoint: EndpointId, owner: Owner
    ) -> Endpoint | Refused:
        """Tell an endpoint again of what happens from now on; what it missed can be replayed."""
        found = await self._lock(connection, endpoint, owner)
        if isinstance(found, Refused) or found.status is EndpointStatus.ENABLED:
            return found
        await connection.execute(SQL["set_endpoint_status"], found.id, EndpointStatus.ENABLED, None)
        return replace(found, status=EndpointStatus.ENABLED, disabled_because=None)

    async def delete(self, connection: Connection, *, endpoint: EndpointId, owner: Owner) -> Refused | None:
        """Forget an endpoint and its secrets."""
        found = await self._lock(connection, endpoint, owner)
        if isinstance(found, Refused):
            return found
        await disable(connection, endpoint=found, because=None)
        await connection.execute(SQL["set_endpoint_status"], found.id, EndpointStatus.DELETED, None)
        await connection.execute(SQL["retire_secrets"], found.id, 0)
        await connection.execute(SQL["delete_expired_secrets"], found.id, 0)
        return None

    async def resend(
        self, connection: Connection, *, endpoint: EndpointId, event: EventId, owner: Owner
    ) -> Endpoint | Refused:
        """Send one event again, now and with all its retries, whether the endpoint wants its kind or not."""
        found = await self._lock_enabled(connection, endpoint, owner)
        if isinstance(found, Refused):
            return found
        row = await connection.fetchrow(SQL["event"], event)
        if row is None or owner_of(row) != owner:
            detail = f"You have no such event of the last {KEPT_DAYS} days."
            return Refused(refusal=Refusal.EVENT_NOT_FOUND, detail=detail)
        now = self._clock.now_ns()
        await connection.execute(SQL["replay_event"], event, found.id, row["object"], row["sequence"], now)
        await self._queue.begin_anew(connection, endpoint=found, now=now)
        return found

    async def replay(
        self,
        connection: Connection,
        *,
        endpoint: EndpointId,
        owner: Owner,
        since: int,
        until: int | None = None,
    ) -> int | Refused:
        """Send again, in order, what the endpoint wants of what happened from `since` on and before `until`.

        Moments are nanoseconds. Gives how many events these are.
        """
        found = await self._lock_enabled(connection, endpoint, owner)
        if isinstance(found, Refused):
            return found
        now = self._clock.now_ns()
        status = await connection.execute(
            SQL["replay_events"],
            found.id,
            now,
            first_event_id(since),
            ID_END if until is None else first_event_id(until),
        )
        await self._queue.begin_anew(connection, endpoint=found, now=now)
        return int(status.rpartition(" ")[2])

    async def _lock(self, connection: Connection, endpoint: EndpointId, owner: Owner) -> Endpoint | Refused:
        row = await connection.fetchrow(SQL["lock_endpoint"], endpoint)
        found = None if row is None else endpoint_of(row)
        if found is None or found.owner != owner or found.status is EndpointStatus.DELETED:
            return Refused(refusal=Refusal.ENDPOINT_NOT_FOUND, detail="There is no such endpoint.")
        return found

    async def _lock_enabled(
        self, connection: Connection, endpoint: EndpointId, owner: Owner
    ) -> Endpoint | Refused:
        found = await self._lock(connection, endpoint, owner)
        if isinstance(found, Endpoint) and found.status is not EndpointStatus.ENABLED:
            detail = "The endpoint is disabled: enable it first."
            return Refused(refusal=Refusal.NOT_ENABLED, detail=detail)
        return found

    async def _add_secret(self, connection: Connection, endpoint: EndpointId, now: int) -> bytes:
        secret, id = new_secret(self._entropy), self._ids.next()
        closed = self._envelope.close(secret, about=id)
        await connection.execute(SQL["add_secret"], id, endpoint, closed, now)
        return secret

    def _wrong(self, wishes: Wishes) -> Refused | None:
        """What is wrong with the wishes, if anything."""
        try:
            read_target(wishes.url, reach=self._reach)
        except UrlRefused as refused:
            return Refused(refusal=Refusal.WRONG_URL, detail=str(refused))
        kinds = wrong_kinds(wishes.kinds)
        if kinds is not None:
            return Refused(refusal=Refusal.WRONG_KINDS, detail=kinds)
        if wishes.version not in VERSIONS:
            detail = f"{wishes.version[:20]!r} is no version of the API: {', '.join(VERSIONS)} is."
            return Refused(refusal=Refusal.WRONG_VERSION, detail=detail)
        assert len(wishes.description) <= DESCRIPTION_MAX, "checked where it is read"
        return None
