"""Sessions: somebody signed in on one device, customers and operators alike.

What writes belongs into a transaction of the caller's.
"""

from dataclasses import dataclass
from typing import Final

from milletpay.identity.model import DAY, HOUR, CredentialKind, RateClass, Session, SessionId
from milletpay.identity.tokens import Secret, new_token, token_hash
from milletpay.ledger.chart import Mode
from milletpay.plumbing.database import Connection, Row
from milletpay.plumbing.ids import Entropy
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.identity")

LIFETIMES: Final = {
    CredentialKind.CUSTOMER_SESSION: 90 * DAY,
    CredentialKind.OPERATOR_SESSION: 12 * HOUR,
    CredentialKind.DEVICE_SESSION: 730 * DAY,
}
"""How long somebody stays signed in, unless said otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """A session as it was opened; its token is not to be had again."""

    session: Session
    token: Secret


async def open_session(
    connection: Connection,
    *,
    id: SessionId,
    kind: CredentialKind,
    owner: int,
    mode: Mode,
    device: str,
    now: int,
    entropy: Entropy,
    lifetime_ns: int | None = None,
    rate_class: RateClass = RateClass.STANDARD,
) -> NewSession:
    """Sign somebody in who has shown who they are.

    :param owner: the id of the customer, device or operator
    :param device: what its owner calls it, or what the browser says it is; at most 200 characters are kept
    """
    token = new_token(kind, mode=mode, entropy=entropy)
    session = Session(
        id=id,
        kind=kind,
        owner=owner,
        mode=mode,
        device=device[:200],
        created_at=now,
        expires_at=now + (LIFETIMES[kind] if lifetime_ns is None else lifetime_ns),
        ended_at=None,
        last_used_at=None,
    )
    await connection.execute(
        SQL["add_session"],
        id,
        token_hash(token.reveal()),
        kind.number,
        owner,
        mode is Mode.LIVE,
        session.device,
        now,
        session.expires_at,
        rate_class.number,
    )
    return NewSession(session=session, token=token)


async def end_session(connection: Connection, *, id: SessionId, owner: int, now: int) -> bool:
    """Sign a device out; whether the owner had such a session that was open."""
    ended = await connection.fetchval(SQL["end_session"], id, owner, now)
    if ended:
        await connection.execute(SQL["revise"])
    return bool(ended)


async def end_sessions_of(
    connection: Connection, *, owner: int, now: int, keep: SessionId | None = None
) -> int:
    """Sign all devices of an owner out, but the one to keep; how many those were."""
    ended = await connection.fetch(SQL["end_sessions_of"], owner, now, keep or 0)
    if ended:
        await connection.execute(SQL["revise"])
    return len(ended)


async def sessions_of(connection: Connection, *, owner: int, now: int) -> list[Session]:
    """Where somebody is signed in now, the latest first."""
    return [session_of(row) for row in await connection.fetch(SQL["sessions_of"], owner, now)]


def session_of(row: Row) -> Session:
    """The session of a row of the table."""
    return Session(
        id=SessionId(row["id"]),
        kind=next(kind for kind in CredentialKind if kind.number == row["kind"]),
        owner=row["owner"],
        mode=Mode.LIVE if row["live"] else Mode.TEST,
        device=row["device"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        ended_at=row["ended_at"],
        last_used_at=row["last_used_at"],
    )
