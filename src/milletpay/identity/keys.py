"""API keys: made, rotated, revoked. Each call belongs into a transaction of the caller's."""

from dataclasses import dataclass, replace
from typing import Final

from milletpay.identity.model import ApiKey, CredentialKind, KeyId, RateClass, Scope
from milletpay.identity.tokens import Secret, new_token, token_hash
from milletpay.ledger.chart import Mode
from milletpay.plumbing.database import Connection, Row
from milletpay.plumbing.ids import Entropy
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.identity")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key as it was made; its secret is not to be had again."""

    key: ApiKey
    secret: Secret


async def create_key(
    connection: Connection,
    *,
    id: KeyId,
    merchant: int,
    mode: Mode,
    kind: CredentialKind,
    name: str,
    now: int,
    entropy: Entropy,
    scopes: frozenset[Scope] = frozenset(),
    rate_class: RateClass = RateClass.STANDARD,
    expires_at: int | None = None,
) -> NewKey:
    """Make a key. A restricted one has scopes, the other kinds have none.

    :param now: nanoseconds since 1970
    """
    assert kind.is_key, f"{kind} is no kind of key"
    assert bool(scopes) is (kind is CredentialKind.RESTRICTED_KEY), f"{kind} with {sorted(scopes)}"
    secret = new_token(kind, mode=mode, entropy=entropy)
    key = ApiKey(
        id=id,
        merchant=merchant,
        mode=mode,
        kind=kind,
        name=name,
        last4=secret.reveal()[-4:],
        scopes=scopes,
        rate_class=rate_class,
        created_at=now,
        expires_at=expires_at,
        revoked_at=None,
        last_used_at=None,
        replaced_by=None,
    )
    await connection.execute(
        SQL["add_key"],
        id,
        token_hash(secret.reveal()),
        merchant,
        mode is Mode.LIVE,
        kind.number,
        name,
        key.last4,
        sorted(scopes),
        rate_class.number,
        now,
        expires_at,
    )
    return NewKey(key=key, secret=secret)


async def rotate_key(
    connection: Connection,
    *,
    id: KeyId,
    merchant: int,
    new_id: KeyId,
    overlap_ns: int,
    now: int,
    entropy: Entropy,
) -> NewKey | None:
    """Make a key in the place of another, which stays good for so long; None where there is none to rotate.

    A key is rotated once: what is revoked, has expired or was rotated before is none.
    """
    row = await connection.fetchrow(SQL["key_to_change"], id, merchant)
    old = None if row is None else key_of(row)
    if old is None or old.revoked_at is not None or old.replaced_by is not None:
        return None
    if old.expires_at is not None and old.expires_at <= now:
        return None
    made = await create_key(
        connection,
        id=new_id,
        merchant=merchant,
        mode=old.mode,
        kind=old.kind,
        name=old.name,
        now=now,
        entropy=entropy,
        scopes=old.scopes,
        rate_class=old.rate_class,
        expires_at=old.expires_at,
    )
    ends = now + overlap_ns if old.expires_at is None else min(now + overlap_ns, old.expires_at)
    await connection.execute(SQL["replace_key"], id, new_id, ends)
    await connection.execute(SQL["revise"])
    return made


async def revoke_key(connection: Connection, *, id: KeyId, merchant: int, now: int) -> ApiKey | None:
    """Take a key back, at once; None where the merchant has no such key. Again changes nothing."""
    row = await connection.fetchrow(SQL["key_to_change"], id, merchant)
    if row is None:
        return None
    key = key_of(row)
    if key.revoked_at is None:
        key = replace(key, revoked_at=now)
        await connection.execute(SQL["revoke_key"], id, now)
        await connection.execute(SQL["revise"])
    return key


async def keys_of(connection: Connection, *, merchant: int) -> list[ApiKey]:
    """The keys of a merchant, the latest first, with those that are good no longer."""
    return [key_of(row) for row in await connection.fetch(SQL["keys_of"], merchant)]


def key_of(row: Row) -> ApiKey:
    """The key of a row of the table."""
    return ApiKey(
        id=KeyId(row["id"]),
        merchant=row["merchant"],
        mode=Mode.LIVE if row["live"] else Mode.TEST,
        kind=next(kind for kind in CredentialKind if kind.number == row["kind"]),
        name=row["name"],
        last4=row["last4"],
        scopes=frozenset(Scope(scope) for scope in row["scopes"]),
        rate_class=RateClass.numbered(row["rate_class"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        last_used_at=row["last_used_at"],
        replaced_by=row["replaced_by"],
    )
