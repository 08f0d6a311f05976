"""The values of identity: kinds of credentials, what they allow, and why one is refused."""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto, unique
from typing import Final, NewType, Self

from milletpay.ledger.chart import Mode
from milletpay.plumbing.ids import IdForm, Prefix

KeyId = NewType("KeyId", int)
KEY_ID: Final = IdForm(Prefix.API_KEY, KeyId)

SessionId = NewType("SessionId", int)
SESSION_ID: Final = IdForm(Prefix.SESSION, SessionId)

PairingId = NewType("PairingId", int)
PAIRING_ID: Final = IdForm(Prefix.PAIRING, PairingId)

OperatorId = NewType("OperatorId", int)
OPERATOR_ID: Final = IdForm(Prefix.OPERATOR, OperatorId)

MINUTE: Final = 60 * 10**9
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
"""Nanoseconds in each."""


class CredentialKind(StrEnum):
    """What kind of credential somebody shows. The columns: name, how its text begins, how it is kept."""

    SECRET_KEY = "secret_key", "sk", 1
    """A merchant's server: everything that the merchant may."""
    PUBLISHABLE_KEY = "publishable_key", "pk", 2
    """A merchant's page or app, where everybody can read it: only what does no harm."""
    RESTRICTED_KEY = "restricted_key", "rk", 3
    """A merchant's server: what its scopes allow."""
    CUSTOMER_SESSION = "customer_session", "cs", 4
    """A customer on one device."""
    OPERATOR_SESSION = "operator_session", "os", 5
    """One of the operator's staff at the console: what the roles allow."""
    TERMINAL_KEY = "terminal_key", "tk", 6
    """A till or card terminal in a store: what is sold and given back there."""
    DEVICE_SESSION = "device_session", "ds", 7
    """A customer's television or box: it asks for payments and pays none."""

    begins: str
    number: int

    def __new__(cls, name: str, begins: str, number: int) -> Self:
        """A member is the text of its name."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.begins = begins
        member.number = number
        return member

    @property
    def is_key(self) -> bool:
        """Whether it is a merchant's API key."""
        return self.number <= 3


@unique
class Scope(StrEnum):
    """What a restricted key may be allowed."""

    PAYMENTS_READ = "payments:read"
    PAYMENTS_WRITE = "payments:write"
    REFUNDS_READ = "refunds:read"
    REFUNDS_WRITE = "refunds:write"
    AGREEMENTS_READ = "agreements:read"
    AGREEMENTS_WRITE = "agreements:write"
    BALANCE_READ = "balance:read"
    EVENTS_READ = "events:read"
    WEBHOOKS_READ = "webhook_endpoints:read"
    WEBHOOKS_WRITE = "webhook_endpoints:write"
    TERMINALS_READ = "terminals:read"
    TERMINALS_WRITE = "terminals:write"


@unique
class Permission(StrEnum):
    """What one of the operator's staff may be allowed."""

    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    MERCHANTS_READ = "merchants:read"
    MERCHANTS_WRITE = "merchants:write"
    PAYMENTS_READ = "payments:read"
    MONEY_PROPOSE = "money:propose"
    MONEY_APPROVE = "money:approve"
    """Never one's own proposal: money actions take four eyes."""
    BOOK_READ = "book:read"
    OPERATORS_WRITE = "operators:write"


_READS: Final = frozenset(
    {
        Permission.CUSTOMERS_READ,
        Permission.MERCHANTS_READ,
        Permission.PAYMENTS_READ,
        Permission.BOOK_READ,
    }
)


@unique
class Role(Enum):
    """What staff is there for: a set of permissions. The name in lower case is how it is kept."""

    VIEWER = _READS
    """Looks."""
    SUPPORT = _READS | {Permission.CUSTOMERS_WRITE}
    """Helps customers."""
    ONBOARDING = _READS | {Permission.MERCHANTS_WRITE}
    """Signs merchants."""
    FINANCE = _READS | {Permission.MONEY_PROPOSE}
    """Prepares what moves money."""
    CONTROLLER = _READS | {Permission.MONEY_APPROVE}
    """Approves what others have prepared."""
    ADMINISTRATOR = _READS | {Permission.OPERATORS_WRITE}
    """Lets staff in and out."""

    @property
    def permissions(self) -> frozenset[Permission]:
        """What it allows."""
        return self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How many requests a credential may make: so many a second in the long run, and so many at once."""

    per_second: int
    at_once: int


@unique
class RateClass(Enum):
    """How many requests a key may make. The columns: how it is kept, the rate."""

    STANDARD = 1, Rate(per_second=100, at_once=200)
    """For a merchant's server that has its share."""
    LARGE = 2, Rate(per_second=1_000, at_once=2_000)
    """For a merchant that has asked."""
    UNLIMITED = 3, None
    """For the house's own, and for measuring."""

    def __init__(self, number: int, rate: Rate | None) -> None:
        self.number: int = number
        self.rate: Rate | None = rate

    @classmethod
    def numbered(cls, number: int) -> "RateClass":
        """The class that is kept as this number."""
        return next(found for found in cls if found.number == number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a terminal key's terminal stands: nothing beyond the store is its business."""

    terminal: int
    store: int
    references: str
    """With what every reference begins that it makes; those of two terminals are never the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks, as a credential has shown. It holds no secret."""

    kind: CredentialKind
    credential: int
    """The id of the key or session."""
    owner: int
    """The id of the merchant, customer, device or operator."""
    mode: Mode
    """For an operator always live: the console sees both."""
    scopes: frozenset[str] | None
    """Scopes of a restricted key, permissions of an operator; None where it is allowed all of its kind."""
    rate: Rate | None
    """How many requests it may make; None for as many as it likes."""
    place: Place | None = None
    """Where the terminal stands, of a terminal key; its owner is the merchant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A merchant's key, without its secret."""

    id: KeyId
    merchant: int
    mode: Mode
    kind: CredentialKind
    name: str
    """What the merchant calls it."""
    last4: str
    """The last four characters, by which a person tells it from others."""
    scopes: frozenset[Scope]
    rate_class: RateClass
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    last_used_at: int | None
    """About: written now and then."""
    replaced_by: KeyId | None
    """The key that took its place, when it was rotated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody who is signed in on one device, without the token."""

    id: SessionId
    kind: CredentialKind
    owner: int
    mode: Mode
    device: str
    created_at: int
    expires_at: int
    ended_at: int | None
    last_used_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One of the operator's staff."""

    id: OperatorId
    login: str
    name: str
    roles: frozenset[Role]
    created_at: int
    suspended_at: int | None

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the roles together allow."""
        return frozenset().union(*(role.permissions for role in self.roles))


class CredentialRefusal(StrEnum):
    """Why a credential is refused, in order of precedence."""

    MALFORMED = auto()
    """It is not written as ours are: cut off, mistyped, or something else."""
    UNKNOWN = auto()
    """It is written as ours are, and none of ours."""
    REVOKED = auto()
    """It was taken back, or signed out."""
    EXPIRED = auto()
    """Its time is over."""


class CredentialRefused(Exception):
    """A credential that shows nobody, with the reason in words that can be told to whoever shows it."""

    def __init__(self, refusal: CredentialRefusal) -> None:
        super().__init__(_REFUSED[refusal])
        self.refusal = refusal


_REFUSED: Final = {
    CredentialRefusal.MALFORMED: "This is no credential of ours; check that it was copied whole.",
    CredentialRefusal.UNKNOWN: "This credential is not known here.",
    CredentialRefusal.REVOKED: "This credential was revoked.",
    CredentialRefusal.EXPIRED: "This credential has expired.",
}


class SecretRefusal(StrEnum):
    """Why a code, PIN or password was not taken, in order of precedence."""

    LOCKED = auto()
    """Too many were wrong; whether this one is right is not even looked at until the lock ends."""
    WRONG = auto()
    """Wrong, or there is none: which of the two is not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRefused:
    """A refusal of what somebody should know."""

    refusal: SecretRefusal
    until: int = 0
    """When to try again, nanoseconds since 1970; 0 for at once."""


TRIES: Final = 5
"""How many wrong ones are taken before a lock."""

LOCKS: Final = (MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, DAY)
"""How long each lock lasts; the last of them again and again."""

FORGOTTEN_AFTER: Final = DAY
"""Wrong ones count no longer so long after the last of them."""


def lock_after(failures: int) -> int:
    """How long the lock lasts that so many wrong ones in a row bring, nanoseconds; 0 for none."""
    if not failures or failures % TRIES:
        return 0
    return LOCKS[min(failures // TRIES, len(LOCKS)) - 1]
