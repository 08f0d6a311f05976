"""Why a request is refused at the edge, before the business is asked; and how any refusal is raised there."""

from enum import Enum, StrEnum, auto
from typing import Protocol

from milletpay.apps.http.asgi import HeaderLine


class EdgeRefusal(StrEnum):
    """Why the edge refuses, in the order in which it looks."""

    NOT_FOUND = auto()
    """Nothing is at this path, or the object that it names is not there, or not the caller's."""
    METHOD_NOT_ALLOWED = auto()
    """Something is at this path, but not for this method."""
    HEADER_DOUBLED = auto()
    """A header that decides something was sent twice."""
    VERSION_UNKNOWN = auto()
    """`X-Api-Version` names no version of ours."""
    CREDENTIAL_MISSING = auto()
    """The request does not say who asks."""
    CREDENTIAL_INVALID = auto()
    """What the request shows is not a credential, or not any more."""
    CREDENTIAL_NOT_ALLOWED = auto()
    """The credential is of a kind that may not do this."""
    SCOPE_MISSING = auto()
    """The credential was not given this permission."""
    RATE_LIMITED = auto()
    """More requests than this credential may make."""
    IDEMPOTENCY_KEY_INVALID = auto()
    """`Idempotency-Key` is empty, too long, or not plain text."""
    BODY_TOO_LARGE = auto()
    """The body is larger than is taken here."""
    BODY_TOO_SLOW = auto()
    """The body did not arrive in time."""
    MALFORMED_BODY = auto()
    """The body is not what it should be at all, such as JSON."""
    UNKNOWN_FIELD = auto()
    """A field or parameter that is not known here."""
    MISSING_FIELD = auto()
    """A field or parameter that is needed is not there."""
    INVALID_FIELD = auto()
    """A field or parameter has a value that it cannot have."""
    IDEMPOTENCY_KEY_REUSED = auto()
    """The idempotency key was used with another body."""
    FORM_STALE = auto()
    """A form of a page was not shown to this browser, or too long ago, or was sent by another site."""
    UNAVAILABLE = auto()
    """We cannot do it at this moment."""


class DomainRefusal(Protocol):
    """How a package says that it refuses: which of its refusals, and a sentence for people."""

    @property
    def refusal(self) -> Enum:
        """The member of its enum."""

    @property
    def detail(self) -> str:
        """What was wrong, with which value, and what to do."""


class Refuse(Exception):
    """Raised by a handler or by the kernel: the request is refused and nothing of it was done."""

    def __init__(
        self,
        refusal: Enum,
        detail: str,
        *,
        param: str | None = None,
        object: str | None = None,  # noqa: A002 - the name that it has in the answer
        headers: tuple[HeaderLine, ...] = (),
    ) -> None:
        """Refuse with a sentence.

        :param refusal: a member of an enum that the table of problems knows
        :param param: the field or parameter at fault, such as `payer.agreement`
        :param object: the public id of the object that stands in the way
        """
        super().__init__(detail)
        self.refusal = refusal
        self.detail = detail
        self.param = param
        self.object = object
        self.headers = headers


def refuse(
    refused: DomainRefusal,
    *,
    param: str | None = None,
    object: str | None = None,  # noqa: A002 - as in `Refuse`
) -> Refuse:
    """Turn a package's refusal into one that a handler raises."""
    return Refuse(refused.refusal, refused.detail, param=param, object=object)
