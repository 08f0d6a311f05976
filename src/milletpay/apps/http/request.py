"""One request, as a handler sees it."""

from typing import NewType

from milletpay.apps.http.asgi import Headers, Scope
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.who import Principal
from milletpay.plumbing.answers import Asked, ask, hash_of_body, scope_of
from milletpay.plumbing.envelopes import Envelope
from milletpay.plumbing.ids import IdForm, IdType, NotAnId, Prefix

RequestId = NewType("RequestId", int)

REQUEST_ID = IdForm(Prefix.REQUEST, RequestId)

LOOPBACK = frozenset({"127.0.0.1", "::1"})

KEY_LENGTH_MAX = 255
VERSION_LENGTH_MAX = 19
PRINTABLE = frozenset(range(0x20, 0x7F))


class Request:
    """What was asked, by whom. Body and parameters are given to the handler beside it, already decoded."""

    __slots__ = ("_answers_key", "_written", "headers", "id", "principal", "raw", "scope")

    id: int
    """A new id, later than those before. An object that the request makes may have it as its own id: then the
    object leads to its request, and a problem that is answered again names the first one."""

    principal: Principal
    """Who asks; there is nobody on a route that anyone may use."""

    raw: bytes
    """The body, byte for byte."""

    headers: Headers
    scope: Scope

    def __init__(self, scope: Scope, id: int, *, answers_key: bytes) -> None:
        """`answers_key` is the secret under which bodies are known again."""
        self._answers_key = answers_key
        self.scope = scope
        self.id = id
        self.raw = b""
        self._written = ""

    @property
    def request_id(self) -> str:
        """The id in public, as in the header `Request-Id`."""
        if not self._written:
            self._written = REQUEST_ID.write(RequestId(self.id))
        return self._written

    @property
    def path(self) -> str:
        """The path that was asked for, decoded."""
        path: str = self.scope["path"]
        return path

    @property
    def asked(self) -> Asked | None:
        """What makes this request known again: of its key with its scope, and of its body; None without."""
        scope = self._scope_of_key()
        return None if scope is None else ask(scope, body=self.raw, secret=self._answers_key)

    @property
    def key_hash(self) -> int:
        """As `asked.key`, for what keeps a hash of the body of its own; 0 without a key."""
        scope = self._scope_of_key()
        return 0 if scope is None else hash_of_body(scope)

    @property
    def envelope(self) -> Envelope:
        """In what an answer to this request is kept that has a secret in it."""
        return Envelope(self._answers_key)

    def _scope_of_key(self) -> bytes | None:
        key = self.headers.get(b"idempotency-key")
        if key is None:
            return None
        principal = self.principal
        return scope_of(
            owner=principal.owner,
            mode=principal.mode.name,
            method=self.scope["method"],
            path=self.scope["path"],
            key=key.decode(),
        )

    @property
    def last_event_id(self) -> str | None:
        """The last event of a stream that the caller has seen, when it comes back for the rest."""
        line = self.headers.get(b"last-event-id")
        return None if line is None else line.decode("utf-8", "replace")

    @property
    def last_version(self) -> int | None:
        """The same where ids of events are versions: numbers of up to nineteen digits; None for any other."""
        seen = self.last_event_id or ""
        return int(seen) if len(seen) <= VERSION_LENGTH_MAX and seen.isascii() and seen.isdecimal() else None

    @property
    def client(self) -> str:
        """The address that the request came from, as far as it is known; a proxy of this machine tells it."""
        client = self.scope.get("client")
        address: str = client[0] if client else "unknown"
        told = self.headers.get(b"x-forwarded-for") if address in LOOPBACK else None
        return address if told is None else told.decode("latin-1").rpartition(",")[2].strip()

    @property
    def scheme(self) -> str:
        """`http` or `https`, as the caller sees it."""
        client = self.scope.get("client")
        told = self.headers.get(b"x-forwarded-proto") if client and client[0] in LOOPBACK else None
        scheme: str = self.scope.get("scheme", "http")
        return told.decode("latin-1") if told is not None and told in {b"http", b"https"} else scheme


def look_at_key(key: bytes) -> None:
    """See that a header `Idempotency-Key` can be one; refused when it cannot."""
    if not 0 < len(key) <= KEY_LENGTH_MAX or not PRINTABLE.issuperset(key):
        raise Refuse(
            EdgeRefusal.IDEMPOTENCY_KEY_INVALID,
            f"Idempotency-Key has {len(key)} bytes;"
            f" it takes 1 to {KEY_LENGTH_MAX} printable ASCII characters.",
        )


def read_id(form: IdForm[IdType], text: str, *, param: str) -> IdType:
    """Read an id out of a body or a query; refused, with the field at fault, when it is none of its kind."""
    try:
        return form.read(text)
    except NotAnId as error:
        raise Refuse(EdgeRefusal.INVALID_FIELD, f"{param}: {error}.", param=param) from error
