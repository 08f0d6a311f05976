"""The table of routes: one row for each call, from which everything else follows.

A row names the types; the handler's annotations must agree, which is checked when the table is compiled.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from typing import Any, Final

from milletpay.apps.http.answers import Answer
from milletpay.apps.http.asgi import HeaderLine
from milletpay.apps.http.shapes import Input, Output
from milletpay.apps.http.streams import EventStream
from milletpay.apps.http.who import Authenticator, Rate
from milletpay.plumbing.ids import IdForm

BODY_MAX: Final = 1_000_000
"""Bytes that a body may have, where a route does not say otherwise."""

Handler = Callable[..., Awaitable[Output | Answer | EventStream]]


class Media(Enum):
    """How a body is written."""

    JSON = "application/json"
    FORM = "application/x-www-form-urlencoded"
    MULTIPART = "multipart/form-data"
    """A form with files; a field of type `bytes` is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One call."""

    method: str
    path: str
    """Such as `/v1/payments/{payment}/capture`."""
    handler: Handler
    """`async def capture(request: Request, *, payment: PaymentId, body: Capture) -> Payment`."""
    summary: str
    """What it does, as a heading."""
    answers: Mapping[int, Any]
    """The type of each answer that is no problem, by status; an `Output` is sent with the first."""
    description: str = ""
    who: frozenset[str] = frozenset()
    """The kinds of credentials that may call it; none for everyone."""
    scope: str | None = None
    """The permission that a restricted credential needs."""
    ids: Mapping[str, IdForm[Any]] = field(default_factory=dict)
    """How the parameters of the path are read; one that is not here is a text."""
    query: type[Input] | None = None
    body: type[Input] | None = None
    media: Media = Media.JSON
    body_max: int = BODY_MAX
    idempotent: bool = False
    """Whether an `Idempotency-Key` is kept: the same request again is answered as it was, and done once."""
    refuses: tuple[type[Enum] | Enum, ...] = ()
    """The refusals, or whole enums of them, that it may answer with beside those of the edge."""
    examples: Mapping[str, Input] = field(default_factory=dict)
    """Further bodies for the documents, each with its name; the first example is the type's own."""
    tag: str = ""
    """The chapter of the documents that it belongs to; those without are not in them."""

    @property
    def status(self) -> int:
        """The status of an answer that does not bring its own."""
        return next(iter(self.answers), HTTPStatus.OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageKeys:
    """The kind of key that stands in pages, where everybody can read it."""

    kind: str
    begins: bytes
    """How its text begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """A family of routes that have their manners in common: the API, the pages."""

    prefix: str
    """Paths that begin so are its own, also where it has no route; the longest prefix decides."""
    headers: tuple[HeaderLine, ...]
    """Sent with every answer."""
    authenticate: Authenticator
    versions: tuple[str, ...] = ()
    """Values that `X-Api-Version` may have, first the one for requests without; none if it has none."""
    rate_of_anyone: Rate | None = None
    """How often one address may call routes that need no credential."""
    page_keys: "PageKeys | None" = None
    """With which keys pages of other sites may call the routes that take them; none for not at all."""
    ignores_queries: bool = False
    """Whether parameters that no route asks for are passed over, as on pages that are linked to."""
    show_problem: "Callable[[Any, Any], Answer] | None" = None
    """How a problem of a request looks here, when it is not JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The routes of a surface."""

    surface: Surface
    routes: tuple[Route, ...]
