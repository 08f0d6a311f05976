"""What is asked and answered about webhook endpoints and events, beside the events themselves."""

from typing import Annotated, Final, Literal, Self

import msgspec

from milletpay.apps.api.payment_bodies import Moment, Url
from milletpay.apps.http.shapes import Input, ListQuery, Output
from milletpay.ledger.chart import Mode
from milletpay.notifications import (
    ATTEMPT_ID,
    DESCRIPTION_MAX,
    ENDPOINT_ID,
    EVENT_ID,
    VERSIONS,
    Attempt,
    Endpoint,
    EndpointStatus,
    Opened,
    write_secret,
)
from milletpay.plumbing.clock import MILLISECOND
from milletpay.plumbing.dates import rfc3339

OVERLAP_HOURS_MAX: Final = 168
"""Seven days: what the package takes at most."""

Kinds = Annotated[
    list[str],
    msgspec.Meta(description="Such as `payment.succeeded`, or `payment.*`; everything when it is empty."),
]
Description = Annotated[str, msgspec.Meta(max_length=DESCRIPTION_MAX)]


class NewEndpoint(Input, frozen=True, kw_only=True):
    """Where you want to be told, and what of."""

    url: Url
    events: Kinds = msgspec.field(default_factory=list)
    description: Description = ""
    api_version: str = VERSIONS[0]

    @classmethod
    def example(cls) -> Self:
        """Of all that happens to payments."""
        return cls(url="https://shop.example/hooks", events=["payment.*"])


class EndpointChange(Input, frozen=True, kw_only=True):
    """What is to be different; what is not named stays."""

    url: Url | None = None
    events: Kinds | None = None
    description: Description | None = None
    enabled: bool | None = None

    @classmethod
    def example(cls) -> Self:
        """Tell it nothing for a while."""
        return cls(enabled=False)


class Rotation(Input, frozen=True, kw_only=True):
    """How the secret is changed."""

    overlap_hours: Annotated[
        int,
        msgspec.Meta(
            ge=0, le=OVERLAP_HOURS_MAX, description="How long the secrets before sign beside the new one."
        ),
    ] = 24

    @classmethod
    def example(cls) -> Self:
        """With two days to bring the new one to all servers."""
        return cls(overlap_hours=48)


class NewReplay(Input, frozen=True, kw_only=True):
    """What is sent again: one event, or all that the endpoint wants of a time."""

    event: str | None = None
    since: Moment | None = None
    until: Annotated[Moment | None, msgspec.Meta(description="Not included; now, unless given.")] = None

    @classmethod
    def example(cls) -> Self:
        """What happened since your server was down."""
        return cls(since="2026-12-01T02:00:00Z")


class Replay(Output, frozen=True, kw_only=True):
    """How much is sent again."""

    object: Literal["webhook_replay"] = "webhook_replay"
    endpoint: str
    events: Annotated[int, msgspec.Meta(ge=0, description="How many.")]

    @classmethod
    def example(cls) -> Self:
        """Some."""
        return cls(endpoint="whe_01kdz9m4h0000g40r40m30e20e", events=3)


class EndpointShape(Output, frozen=True, kw_only=True):
    """A URL of yours that is told of events."""

    id: str
    object: Literal["webhook_endpoint"] = "webhook_endpoint"
    created_at: str
    livemode: bool
    url: str
    events: list[str]
    description: str
    api_version: str
    enabled: bool
    disabled_because: str | None
    down_since: Annotated[
        str | None,
        msgspec.Meta(description="Since when it cannot be reached; it is tried, and the events wait."),
    ]

    @classmethod
    def example(cls) -> Self:
        """One that works."""
        return cls(
            id="whe_01kdz9m4h0000g40r40m30e20e",
            created_at="2026-12-01T02:03:04.005Z",
            livemode=False,
            url="https://shop.example/hooks",
            events=["payment.*"],
            description="",
            api_version=VERSIONS[0],
            enabled=True,
            disabled_because=None,
            down_since=None,
        )


class OpenedShape(EndpointShape, frozen=True, kw_only=True):
    """An endpoint with its newest secret, which is shown this once."""

    secret: str

    @classmethod
    def example(cls) -> Self:
        """One that was just made."""
        plain = msgspec.structs.asdict(EndpointShape.example())
        secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="  # noqa: S105 - an example for readers
        return cls(**plain, secret=secret)


class DeletedShape(Output, frozen=True, kw_only=True):
    """An endpoint that is no more."""

    id: str
    object: Literal["webhook_endpoint"] = "webhook_endpoint"
    deleted: Literal[True] = True

    @classmethod
    def example(cls) -> Self:
        """One."""
        return cls(id="whe_01kdz9m4h0000g40r40m30e20e")


class WebhookAttemptShape(Output, frozen=True, kw_only=True):
    """One call of an endpoint for an event; without a response while it is under way, or when none came."""

    id: str
    object: Literal["webhook_attempt"] = "webhook_attempt"
    created_at: str
    livemode: bool
    endpoint: str
    event: str
    type: str
    number: Annotated[int, msgspec.Meta(description="1 for the first since it was queued or replayed.")]
    status: Literal["under_way", "succeeded", "failed"]
    response_status: int | None
    response_body: Annotated[str, msgspec.Meta(description="The first KB of it.")]
    failure: Annotated[str | None, msgspec.Meta(description="Why there was no response.")]
    duration_ms: int | None

    @classmethod
    def example(cls) -> Self:
        """One that a server refused."""
        return cls(
            id="wha_01kdz9m4h0000g40r40m30e20f",
            created_at="2026-12-01T02:03:05.105Z",
            livemode=False,
            endpoint="whe_01kdz9m4h0000g40r40m30e20e",
            event="evt_01kdz9m4h0000g40r40m30e20d",
            type="payment.succeeded",
            number=1,
            status="failed",
            response_status=500,
            response_body="Internal Server Error",
            failure=None,
            duration_ms=34,
        )


class EventQuery(ListQuery, frozen=True, kw_only=True):
    """Which events are wanted."""

    type: Annotated[str | None, msgspec.Meta(description="Only those of this kind.")] = None
    object: Annotated[
        str | None,
        msgspec.Meta(description="Only those about the object of this id, `pay_...` or `agr_...`."),
    ] = None

    @classmethod
    def example(cls) -> Self:
        """Of one kind."""
        return cls(type="payment.succeeded")


class AttemptQuery(ListQuery, frozen=True, kw_only=True):
    """Which attempts are wanted."""

    event: Annotated[str | None, msgspec.Meta(description="Only those for this event.")] = None


def show_endpoint(endpoint: Endpoint) -> EndpointShape:
    """An endpoint as its merchant sees it."""
    return EndpointShape(
        id=ENDPOINT_ID.write(endpoint.id),
        created_at=rfc3339(endpoint.created_at),
        livemode=endpoint.owner.mode is Mode.LIVE,
        url=endpoint.url,
        events=list(endpoint.kinds),
        description=endpoint.description,
        api_version=endpoint.version,
        enabled=endpoint.status is EndpointStatus.ENABLED,
        disabled_because=endpoint.disabled_because,
        down_since=None if endpoint.down_since is None else rfc3339(endpoint.down_since),
    )


def show_opened(opened: Opened) -> OpenedShape:
    """An endpoint with its secret."""
    plain = msgspec.structs.asdict(show_endpoint(opened.endpoint))
    return OpenedShape(**plain, secret=write_secret(opened.secret))


def show_attempt(attempt: Attempt, *, endpoint: Endpoint) -> WebhookAttemptShape:
    """An attempt as the endpoint's merchant sees it."""
    return WebhookAttemptShape(
        id=ATTEMPT_ID.write(attempt.id),
        created_at=rfc3339(attempt.started_at),
        livemode=endpoint.owner.mode is Mode.LIVE,
        endpoint=ENDPOINT_ID.write(endpoint.id),
        event=EVENT_ID.write(attempt.event),
        type=attempt.kind,
        number=attempt.number,
        status=_status(attempt),
        response_status=attempt.status,
        response_body=attempt.snippet,
        failure=attempt.failure,
        duration_ms=None if attempt.duration is None else attempt.duration // MILLISECOND,
    )


def _status(attempt: Attempt) -> Literal["under_way", "succeeded", "failed"]:
    if attempt.duration is None:
        return "under_way"
    return "succeeded" if attempt.status is not None and 200 <= attempt.status < 300 else "failed"
