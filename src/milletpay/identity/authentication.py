"""Who asks: from the token of a request to a principal, thousands of times a second.

What was looked up is remembered for as long as nothing was taken back: one row, the revision, is raised by
whatever makes a credential worse, in the same transaction. It is read once a second while there are requests,
so that a credential that was revoked is refused within a second by every process. What expires does so by the
clock, at once.
"""

import asyncio
import hmac
from collections.abc import Coroutine
from typing import Any, Final

from milletpay.identity.model import (
    CredentialKind,
    CredentialRefusal,
    CredentialRefused,
    Place,
    Principal,
    RateClass,
    Role,
)
from milletpay.identity.tokens import read_token, token_hash
from milletpay.ledger.chart import Mode
from milletpay.plumbing.clock import SECOND, Clock
from milletpay.plumbing.database import Database, Row
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.identity")

FRESH_NS: Final = SECOND
"""How long a revision is taken for the latest."""

FINDS: Final = {
    CredentialKind.SECRET_KEY: "find_key",
    CredentialKind.PUBLISHABLE_KEY: "find_key",
    CredentialKind.RESTRICTED_KEY: "find_key",
    CredentialKind.CUSTOMER_SESSION: "find_session",
    CredentialKind.OPERATOR_SESSION: "find_session",
    CredentialKind.TERMINAL_KEY: "find_terminal_key",
    CredentialKind.DEVICE_SESSION: "find_session",
}
"""The statement that finds each kind."""

REMEMBERED_MAX: Final = 100_000
"""How many principals memory holds before it begins anew."""


class _Known:
    """A principal and the moment when it is one no longer, nanoseconds since 1970."""

    __slots__ = ("expires_at", "principal")

    def __init__(self, principal: Principal, *, expires_at: int | None) -> None:
        self.principal = principal
        self.expires_at = expires_at


class Authenticator:
    """Finds out who shows a token. One for each process; it belongs to one event loop."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._known: dict[bytes, _Known] = {}
        self._revision = -1
        self._fresh_until = 0
        self._reading: asyncio.Task[None] | None = None
        self._uses: dict[int, int] = {}

    def authenticate(self, token: str) -> Principal | Coroutine[Any, Any, Principal]:
        """The principal, at once when it is remembered, else a coroutine that looks it up.

        :raises CredentialRefused: at once or from the coroutine; its message may be told to the caller
        :raises DatabaseUnavailable: from the coroutine
        """
        if self._clock.monotonic_ns() < self._fresh_until:
            known = self._known.get(token_hash(token))
            if known is not None:
                return self._admit(known)
        return self._look_up(token)

    async def note_uses(self) -> None:
        """Write when each credential was last used: call it now and then, and at the end.

        What another process is writing at this moment is passed over until the next time.
        """
        uses, self._uses = self._uses, {}
        if uses:
            ids = sorted(uses)
            async with self._database.transaction() as connection:
                for statement in ("note_uses_of_keys", "note_uses_of_sessions", "note_uses_of_terminals"):
                    await connection.execute(SQL[statement], ids, [uses[id] for id in ids])

    def _admit(self, known: _Known) -> Principal:
        now = self._clock.now_ns()
        if known.expires_at is not None and known.expires_at <= now:
            raise CredentialRefused(CredentialRefusal.EXPIRED)
        self._uses[known.principal.credential] = now
        return known.principal

    async def _look_up(self, token: str) -> Principal:
        written = read_token(token)
        await self._refresh()
        digest = token_hash(token)
        known = self._known.get(digest)
        if known is None:
            statement = SQL[FINDS[written.kind]]
            async with self._database.connection() as connection:
                row = await connection.fetchrow(statement, digest)
            if row is None or not hmac.compare_digest(row["hash"], digest):
                raise CredentialRefused(CredentialRefusal.UNKNOWN)
            if row["ended"]:
                raise CredentialRefused(CredentialRefusal.REVOKED)
            known = _Known(_principal_of(row), expires_at=row["expires_at"])
            # Only what was read at the revision that memory is of; the next request reads another one again.
            if row["revision"] == self._revision:
                if len(self._known) >= REMEMBERED_MAX:
                    self._known.clear()
                self._known[digest] = known
        return self._admit(known)

    async def _refresh(self) -> None:
        """Make sure that the revision was read within the last second; all who wait share one question."""
        if self._clock.monotonic_ns() < self._fresh_until:
            return
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_revision(), name="revision of credentials")
        await asyncio.shield(self._reading)

    async def _read_revision(self) -> None:
        try:
            asked_at = self._clock.monotonic_ns()
            async with self._database.connection() as connection:
                revision: int = await connection.fetchval(SQL["revision"])
            if revision != self._revision:
                self._known.clear()
                self._revision = revision
            self._fresh_until = asked_at + FRESH_NS
        finally:
            self._reading = None


def _principal_of(row: Row) -> Principal:
    kind = next(kind for kind in CredentialKind if kind.number == row["kind"])
    scopes: frozenset[str] | None = None
    if kind is CredentialKind.RESTRICTED_KEY:
        scopes = frozenset(row["scopes"])
    if kind is CredentialKind.OPERATOR_SESSION:
        scopes = frozenset().union(*(Role[role.upper()].permissions for role in row["scopes"]))
    return Principal(
        kind=kind,
        credential=row["id"],
        owner=row["owner"],
        mode=Mode.LIVE if row["live"] else Mode.TEST,
        scopes=scopes,
        rate=RateClass.numbered(row["rate_class"]).rate,
        place=_place_of(row) if kind is CredentialKind.TERMINAL_KEY else None,
    )


def _place_of(row: Row) -> Place:
    return Place(terminal=row["terminal"], store=row["store"], references=row["references_begin"])
