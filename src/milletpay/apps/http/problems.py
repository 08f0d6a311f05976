"""The one table from refusals to problems of RFC 9457, and the form of a problem.

`Problems` takes, for each enum of refusals, one row for each member, and rows for exceptions that anything
may raise. Several refusals may be the same problem; a code always means one thing, and `/docs/problems` lists
them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import Final

import msgspec

from milletpay.apps.http.refusals import EdgeRefusal
from milletpay.apps.http.shapes import Output
from milletpay.plumbing.answers import StillUnderWay
from milletpay.plumbing.database import AnswerLost, DatabaseUnavailable
from milletpay.plumbing.desk import Busy, Defect, DeskRefusal, Unknown

PAGE: Final = "/docs/problems"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemKind:
    """One kind of problem, the same wherever it occurs."""

    status: HTTPStatus
    code: str
    title: str
    advice: str
    """What the caller can do about it."""
    retry_seconds: int | None = None
    """When it helps to try again: then a `Retry-After` is sent."""

    @property
    def type(self) -> str:
        """The reference that names it, and leads to its page."""
        return f"{PAGE}#{self.code}"


class Problem(Output, frozen=True, kw_only=True):
    """Why a request was refused, as in RFC 9457; `code` is for programs, `detail` for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    param: str | None = None
    request_id: str
    object: str | msgspec.UnsetType = msgspec.UNSET

    @classmethod
    def example(cls) -> "Problem":
        """What is answered to an amount of zero."""
        return cls(
            type=f"{PAGE}#invalid_field",
            title=INVALID_FIELD.title,
            status=400,
            detail="amount: expected `int` >= 1, got something else.",
            code="invalid_field",
            param="amount",
            request_id="req_01kdz9m4h0000g40r40m30e209",
        )


class Problems:
    """The table."""

    def __init__(
        self,
        refusals: Mapping[type[Enum], Mapping[Enum, ProblemKind]],
        *,
        exceptions: Mapping[type[Exception], ProblemKind],
    ) -> None:
        """Take rows in; an enum with a member that has none is an error, as are two meanings of one code."""
        self._exceptions = dict(exceptions)
        # By class and member: members of two enums of texts are equal when their texts are.
        self._refusals = {
            (enum, member.name): kind for enum, rows in refusals.items() for member, kind in rows.items()
        }
        self.enums = tuple(refusals)
        for enum in refusals:
            for member in enum:
                assert (enum, member.name) in self._refusals, f"{enum.__name__}.{member.name} has no problem"
        self.kinds: dict[str, ProblemKind] = {}
        for kind in (*self._refusals.values(), *self._exceptions.values()):
            known = self.kinds.setdefault(kind.code, kind)
            assert known == kind, f"two kinds of problem share the code {kind.code}"

    def of(self, refusal: Enum) -> ProblemKind:
        """The problem that a refusal is."""
        return self._refusals[type(refusal), refusal.name]

    def of_error(self, error: Exception) -> ProblemKind:
        """The problem that an exception is: of its class or of the nearest one above, at last `defect`."""
        return next(
            (self._exceptions[kind] for kind in type(error).__mro__ if kind in self._exceptions), DEFECT
        )


NOT_FOUND: Final = ProblemKind(
    status=HTTPStatus.NOT_FOUND,
    code="not_found",
    title="There is nothing here",
    advice="Check the path and the id. What belongs to others, or to the other mode, is not found either.",
)
METHOD_NOT_ALLOWED: Final = ProblemKind(
    status=HTTPStatus.METHOD_NOT_ALLOWED,
    code="method_not_allowed",
    title="Not with this method",
    advice="The header `Allow` names the methods that are taken here.",
)
HEADER_DOUBLED: Final = ProblemKind(
    status=HTTPStatus.BAD_REQUEST,
    code="header_doubled",
    title="A header was sent twice",
    advice="Send each header once; a proxy may have added a second one.",
)
VERSION_UNKNOWN: Final = ProblemKind(
    status=HTTPStatus.BAD_REQUEST,
    code="version_unknown",
    title="No such version of the API",
    advice="Leave `X-Api-Version` out, or send a version that the documentation names.",
)
CREDENTIAL_MISSING: Final = ProblemKind(
    status=HTTPStatus.UNAUTHORIZED,
    code="credential_missing",
    title="Who is asking?",
    advice="Send your key as `Authorization: Bearer sk_test_...`.",
)
CREDENTIAL_INVALID: Final = ProblemKind(
    status=HTTPStatus.UNAUTHORIZED,
    code="credential_invalid",
    title="The credential is not valid",
    advice="Check that the key or token is complete, has not expired and was not revoked.",
)
CREDENTIAL_NOT_ALLOWED: Final = ProblemKind(
    status=HTTPStatus.FORBIDDEN,
    code="credential_not_allowed",
    title="Not with this kind of credential",
    advice="The page of the call names the kinds of credentials that may make it.",
)
SCOPE_MISSING: Final = ProblemKind(
    status=HTTPStatus.FORBIDDEN,
    code="scope_missing",
    title="The key lacks a permission",
    advice="Use a restricted key that has the scope, or a secret key.",
)
RATE_LIMITED: Final = ProblemKind(
    status=HTTPStatus.TOO_MANY_REQUESTS,
    code="rate_limited",
    title="Too many requests",
    advice="Wait for `Retry-After` seconds. Nothing was done; the same idempotency key can be sent again.",
)
IDEMPOTENCY_KEY_INVALID: Final = ProblemKind(
    status=HTTPStatus.BAD_REQUEST,
    code="idempotency_key_invalid",
    title="The idempotency key cannot be used",
    advice="Send 1 to 255 printable ASCII characters, such as a random UUID.",
)
BODY_TOO_LARGE: Final = ProblemKind(
    status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    code="body_too_large",
    title="The body is too large",
    advice="Send less.",
)
BODY_TOO_SLOW: Final = ProblemKind(
    status=HTTPStatus.REQUEST_TIMEOUT,
    code="body_too_slow",
    title="The body did not arrive in time",
    advice="Try again; with the same idempotency key, if there is one.",
)
MALFORMED_BODY: Final = ProblemKind(
    status=HTTPStatus.BAD_REQUEST,
    code="malformed_body",
    title="The body cannot be read",
    advice="Send one JSON object in UTF-8, each field once, with `Content-Type: application/json`.",
)
UNKNOWN_FIELD: Final = ProblemKind(
    status=HTTPStatus.BAD_REQUEST,
    code="unknown_field",
    title="A field is not known",
    advice="Check the spelling of what `param` names; fields that we do not know are never ignored.",
)
MISSING_FIELD: Final = ProblemKind(
    status=HTTPStatus.BAD_REQUEST,
    code="missing_field",
    title="A field is missing",
    advice="Send what `param` names.",
)
INVALID_FIELD: Final = ProblemKind(
    status=HTTPStatus.BAD_REQUEST,
    code="invalid_field",
    title="A field has a value that it cannot have",
    advice="`param` names the field, `detail` says what is expected.",
)
IDEMPOTENCY_KEY_REUSED: Final = ProblemKind(
    status=HTTPStatus.UNPROCESSABLE_ENTITY,
    code="idempotency_key_reused",
    title="The idempotency key was used for another request",
    advice="Use a new key for each request, and the same key and body only to repeat one.",
)
FORM_STALE: Final = ProblemKind(
    status=HTTPStatus.FORBIDDEN,
    code="form_stale",
    title="The form is too old",
    advice="Open the page again, and send the form from there. Nothing was done.",
)
UNAVAILABLE: Final = ProblemKind(
    status=HTTPStatus.SERVICE_UNAVAILABLE,
    code="unavailable",
    title="Not available at this moment",
    advice="Nothing was done. Try again in a moment, with the same idempotency key.",
    retry_seconds=1,
)
BUSY: Final = ProblemKind(
    status=HTTPStatus.SERVICE_UNAVAILABLE,
    code="busy",
    title="Too many requests are waiting",
    advice="Nothing was done. Try again in a moment, with the same idempotency key.",
    retry_seconds=1,
)
UNKNOWN_OUTCOME: Final = ProblemKind(
    status=HTTPStatus.SERVICE_UNAVAILABLE,
    code="unknown_outcome",
    title="It is not known yet whether it was done",
    advice="Send the same request again with the same idempotency key: it will not be done twice.",
    retry_seconds=1,
)
STILL_UNDER_WAY: Final = ProblemKind(
    status=HTTPStatus.CONFLICT,
    code="request_under_way",
    title="The same request is still under way",
    advice="Send it again in a moment, with the same idempotency key.",
    retry_seconds=1,
)
DEFECT: Final = ProblemKind(
    status=HTTPStatus.INTERNAL_SERVER_ERROR,
    code="defect",
    title="A defect of ours",
    advice="The request failed by a defect of ours. Tell us its Request-Id.",
)

EDGE: Final[Mapping[Enum, ProblemKind]] = {
    EdgeRefusal.NOT_FOUND: NOT_FOUND,
    EdgeRefusal.METHOD_NOT_ALLOWED: METHOD_NOT_ALLOWED,
    EdgeRefusal.HEADER_DOUBLED: HEADER_DOUBLED,
    EdgeRefusal.VERSION_UNKNOWN: VERSION_UNKNOWN,
    EdgeRefusal.CREDENTIAL_MISSING: CREDENTIAL_MISSING,
    EdgeRefusal.CREDENTIAL_INVALID: CREDENTIAL_INVALID,
    EdgeRefusal.CREDENTIAL_NOT_ALLOWED: CREDENTIAL_NOT_ALLOWED,
    EdgeRefusal.SCOPE_MISSING: SCOPE_MISSING,
    EdgeRefusal.RATE_LIMITED: RATE_LIMITED,
    EdgeRefusal.IDEMPOTENCY_KEY_INVALID: IDEMPOTENCY_KEY_INVALID,
    EdgeRefusal.BODY_TOO_LARGE: BODY_TOO_LARGE,
    EdgeRefusal.BODY_TOO_SLOW: BODY_TOO_SLOW,
    EdgeRefusal.MALFORMED_BODY: MALFORMED_BODY,
    EdgeRefusal.UNKNOWN_FIELD: UNKNOWN_FIELD,
    EdgeRefusal.MISSING_FIELD: MISSING_FIELD,
    EdgeRefusal.INVALID_FIELD: INVALID_FIELD,
    EdgeRefusal.IDEMPOTENCY_KEY_REUSED: IDEMPOTENCY_KEY_REUSED,
    EdgeRefusal.FORM_STALE: FORM_STALE,
    EdgeRefusal.UNAVAILABLE: UNAVAILABLE,
}

EXCEPTIONS: Final[Mapping[type[Exception], ProblemKind]] = {
    Busy: BUSY,
    DeskRefusal: UNAVAILABLE,
    Defect: DEFECT,
    Unknown: UNKNOWN_OUTCOME,
    StillUnderWay: STILL_UNDER_WAY,
    AnswerLost: UNKNOWN_OUTCOME,
    DatabaseUnavailable: UNAVAILABLE,
}
