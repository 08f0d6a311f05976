"""Who asks: what the edge has to know of a caller, whoever finds out."""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from milletpay.apps.http.asgi import Headers
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.ledger.chart import Mode

CHALLENGE = ((b"www-authenticate", b'Bearer realm="MilletPay"'),)
CHALLENGE_INVALID = ((b"www-authenticate", b'Bearer realm="MilletPay", error="invalid_token"'),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How many requests a caller may make: so many a second in the long run, and so many at once."""

    per_second: int
    at_once: int


class Allowance(Protocol):
    """A rate, whoever says it."""

    @property
    def per_second(self) -> int:
        """So many requests a second in the long run."""

    @property
    def at_once(self) -> int:
        """So many at once."""


class Place(Protocol):
    """Where a terminal stands."""

    @property
    def terminal(self) -> int:
        """Its id."""

    @property
    def store(self) -> int:
        """The id of the store; nothing beyond it is the terminal's business."""

    @property
    def references(self) -> str:
        """With what every reference begins that it makes."""


class Principal(Protocol):
    """Who asks, as a credential has shown."""

    @property
    def credential(self) -> int:
        """The id of the key or session; what requests are counted by."""

    @property
    def kind(self) -> str:
        """What kind of credential it is, such as `secret_key`; a route names the kinds that it takes."""

    @property
    def owner(self) -> int:
        """The id of the merchant, customer or operator whose credential it is."""

    @property
    def mode(self) -> Mode:
        """Whether it is about real money."""

    @property
    def scopes(self) -> frozenset[str] | None:
        """The permissions that it was given; None when it has all of its kind."""

    @property
    def rate(self) -> Allowance | None:
        """How many requests it may make; None for as many as it likes."""

    @property
    def place(self) -> Place | None:
        """Where the terminal stands whose credential it is; None for everybody else."""


class Authenticator(Protocol):
    """Finds out who asks. Raises `Refuse` with `CREDENTIAL_MISSING` or `CREDENTIAL_INVALID` when nobody does.

    It answers at once when it can, and with a coroutine when it has to look something up.
    """

    def __call__(self, headers: Headers, /) -> Principal | Coroutine[Any, Any, Principal]:
        """Read the credential in the headers of a request."""


class TokenAuthenticator(Protocol):
    """As `Authenticator`, from the token itself."""

    def __call__(self, token: str, /) -> Principal | Coroutine[Any, Any, Principal]:
        """Find out whose token it is."""


def bearer_token(headers: Headers) -> str:
    """The token of `Authorization: Bearer ...`; refused when there is none."""
    line = headers.get(b"authorization")
    if line is None:
        raise Refuse(
            EdgeRefusal.CREDENTIAL_MISSING,
            "The request has no Authorization header.",
            headers=CHALLENGE,
        )
    scheme, _, token = line.partition(b" ")
    if scheme.lower() != b"bearer" or not token.strip():
        raise Refuse(
            EdgeRefusal.CREDENTIAL_INVALID,
            "The Authorization header is not of the form `Bearer KEY`.",
            headers=CHALLENGE_INVALID,
        )
    return token.strip().decode("latin-1")


def by_bearer(authenticate: TokenAuthenticator, *, refused: type[Exception]) -> Authenticator:
    """Make an authenticator of one that reads tokens and says why it refuses one by raising `refused`."""

    def show(headers: Headers) -> Principal | Coroutine[Any, Any, Principal]:
        token = bearer_token(headers)
        try:
            found = authenticate(token)
        except refused as error:
            raise not_valid(str(error)) from error
        return look_up(found) if isinstance(found, Coroutine) else found

    async def look_up(found: Coroutine[Any, Any, Principal]) -> Principal:
        try:
            return await found
        except refused as error:
            raise not_valid(str(error)) from error

    return show


def not_valid(detail: str) -> Refuse:
    """Make the refusal of a credential that is shown and is none, or no longer."""
    return Refuse(EdgeRefusal.CREDENTIAL_INVALID, detail, headers=CHALLENGE_INVALID)


def nobody(headers: Headers) -> Principal:
    """The authenticator where nobody can show a credential."""
    bearer_token(headers)
    raise not_valid("No credential is known here.")
