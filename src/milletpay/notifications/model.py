"""The values of webhooks: who is told what, where, and how it went. Pure."""

import hashlib
import re
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Final, NewType

from milletpay.ledger.chart import Mode
from milletpay.merchants.model import MerchantId
from milletpay.plumbing.ids import IdForm, Prefix

EndpointId = NewType("EndpointId", int)
EventId = NewType("EventId", int)
AttemptId = NewType("AttemptId", int)

ENDPOINT_ID: Final = IdForm(Prefix.WEBHOOK_ENDPOINT, EndpointId)
EVENT_ID: Final = IdForm(Prefix.EVENT, EventId)
ATTEMPT_ID: Final = IdForm(Prefix.WEBHOOK_ATTEMPT, AttemptId)

VERSIONS: Final = ("2026-12-01",)
"""Of the API, in which objects can be shown to an endpoint."""

KEPT_DAYS: Final = 30
"""How long events, and what became of them, can be read and replayed."""

ENDPOINTS_MAX: Final = 20
"""Of a merchant, in one mode."""

KINDS_MAX: Final = 50
KIND: Final = re.compile(r"[a-z][a-z_]{0,30}\.([a-z][a-z_]{0,30}|\*)")
DESCRIPTION_MAX: Final = 200
SECRETS_MAX: Final = 5
"""Of an endpoint, that sign at one time."""

GONE: Final = 410
UNREACHABLE: Final = frozenset({429, 502, 503, 504})
"""Answers that say that the server cannot be reached now, as no answer does."""

SECOND_NS: Final = 10**9
GIVE_UP_NS: Final = 3 * 24 * 3600 * SECOND_NS
"""An event is tried for at least so long."""

DOWN_AFTER: Final = 5
"""An endpoint that could not be reached so often in a row is asked now and then, and not for every event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose endpoints and events they are: a merchant, in one mode."""

    merchant: MerchantId
    mode: Mode


class EndpointStatus(StrEnum):
    """Whether an endpoint is told anything."""

    ENABLED = auto()
    """It is told of all that it wants."""
    DISABLED = auto()
    """By the merchant, or because it answered 410. What happens meanwhile can be replayed."""
    DELETED = auto()
    """As if it had never been there; kept as long as its attempts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A URL of a merchant that is told of events."""

    id: EndpointId
    owner: Owner
    url: str
    kinds: tuple[str, ...] = ()
    """What it is told of: `payment.succeeded`, or `payment.*`; everything when there is none."""
    version: str = VERSIONS[0]
    description: str = ""
    status: EndpointStatus = EndpointStatus.ENABLED
    disabled_because: str | None = None
    created_at: int
    failures: int = 0
    """How often in a row it could not be reached."""
    down_since: int | None = None
    """Nanoseconds since 1970, when it has not been reached so often that most events wait for it."""
    probe: EventId | None = None
    """The event by which it is tried meanwhile."""

    def wants(self, kind: str) -> bool:
        """Whether it is told of events of this kind."""
        return not self.kinds or kind in self.kinds or f"{kind.partition('.')[0]}.*" in self.kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """What messages to an endpoint are signed with."""

    value: bytes = field(repr=False)
    created_at: int
    expires_at: int | None
    """None for the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantEvent:
    """An event as its merchant sees it."""

    id: EventId
    owner: Owner
    kind: str
    object: int
    sequence: int
    at: int
    payload: bytes
    """JSON; the same bytes whenever it is sent or read."""


class DeliveryState(StrEnum):
    """Where an event is on its way to an endpoint; the table repeats it as a constraint."""

    QUEUED = auto()
    """Its turn has not come: an earlier event of the object is on its way, or the endpoint is down."""
    DUE = auto()
    """A job delivers it, now or after a pause."""
    DELIVERED = auto()
    """The endpoint took it."""
    FAILED = auto()
    """It was tried for three days."""
    CANCELED = auto()
    """The endpoint was disabled meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An event on its way to an endpoint."""

    event: EventId
    endpoint: EndpointId
    object: int
    sequence: int
    state: DeliveryState
    attempts: int
    """Since it was queued."""
    job: int | None
    """The only one that may carry it."""
    queued_at: int
    tried_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call of an endpoint for an event."""

    id: AttemptId
    event: EventId
    kind: str
    number: int
    """Since the event was queued or replayed: 1, 2, ..."""
    started_at: int
    duration: int | None
    """Nanoseconds; None while it is under way."""
    status: int | None
    failure: str | None
    snippet: str
    """The first KB of what was answered."""


class Refusal(StrEnum):
    """Why nothing was done, in order of precedence."""

    ENDPOINT_NOT_FOUND = auto()
    """The merchant has no such endpoint."""
    EVENT_NOT_FOUND = auto()
    """The merchant has no such event, or it is older than 30 days."""
    WRONG_URL = auto()
    """We do not call this URL."""
    WRONG_KINDS = auto()
    """That is no list of kinds of events."""
    WRONG_VERSION = auto()
    """There is no such version of the API."""
    TOO_MANY = auto()
    """There are as many endpoints, or secrets of one, as there may be."""
    NOT_ENABLED = auto()
    """The endpoint is disabled: nothing is sent there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A refusal, in words too."""

    refusal: Refusal
    detail: str


def event_id(*, about: int, kind: str, sequence: int, at: int) -> EventId:
    """The id of an event: it follows from what happened, so that telling it again makes no second event.

    48 bits are its milliseconds, 16 its number among the events of the object, 64 are a hash.
    """
    digest = hashlib.sha256(f"{about:032x} {sequence} {kind}".encode()).digest()
    return EventId(at // 10**6 << 80 | min(sequence, 0xFFFF) << 64 | int.from_bytes(digest[:8]))


def first_event_id(at: int) -> int:
    """What the ids of all events from this moment on, to the millisecond, are not below."""
    return max(at, 0) // 10**6 << 80


def wrong_kinds(kinds: tuple[str, ...]) -> str | None:
    """What is wrong with a list of kinds, if anything."""
    if len(kinds) > KINDS_MAX:
        return f"An endpoint names up to {KINDS_MAX} kinds of events; leave the list empty for all."
    for kind in kinds:
        if not KIND.fullmatch(kind):
            return (
                f"{kind[:80]!r} is no kind of event: write payment.succeeded, or payment.* for all of them."
            )
    return None
