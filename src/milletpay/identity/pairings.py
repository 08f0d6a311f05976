"""Pairings: how a television or box comes to be somebody's, and gets a credential of its own.

The device asks for a pairing and shows its code. A customer who is signed in types it, or scans a link to
the pairing, and confirms. Then the device, which alone knows the pairing's secret, is given its credential.
A code is good for ten minutes; what it is confirmed as has the pairing's id, so that it becomes one device,
and one customer's, whoever confirms it and however often. Wrong codes count against whoever types them.
"""

import re
from dataclasses import dataclass
from typing import Final

from milletpay.identity.attempts import Attempt, Knowledge, begin_attempt, forget_attempts
from milletpay.identity.hashing import Pepper
from milletpay.identity.model import (
    MINUTE,
    CredentialKind,
    PairingId,
    SecretRefusal,
    SecretRefused,
    SessionId,
)
from milletpay.identity.sessions import NewSession, end_sessions_of, open_session
from milletpay.identity.tokens import Secret, token_hash
from milletpay.ledger.chart import Mode
from milletpay.plumbing.database import Connection, Database, Row
from milletpay.plumbing.ids import Entropy
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.identity")

LIFETIME_NS: Final = 10 * MINUTE
CLAIMED_NS: Final = 20 * MINUTE
"""So long after its code has ended a device may still fetch the credential: it may have been asleep."""

ALPHABET: Final = "BCDFGHJKLMNPQRSTVWXZ"
"""Twenty letters: no vowels, so that no words come out, and none that is read as a digit."""
LETTERS: Final = 8
"""34 bits, of which somebody has five tries and then waits."""
SECRET_BYTES: Final = 32
DRAWS_MAX: Final = 5
PURPOSE: Final = "device code"
_CODE: Final = re.compile(f"[{ALPHABET}]{{{LETTERS}}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """A device that asks to be somebody's, and takes over the mode of whoever that is."""

    id: PairingId
    kind: int
    """What it is, as a number of whoever registers devices."""
    name: str
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPairing:
    """A pairing as it was begun; neither code nor secret is to be had again."""

    pairing: Pairing
    code: Secret
    """For the screen."""
    secret: Secret
    """For the device alone."""


class Pairings:
    """Begins pairings and finds them by their codes; each call commits by itself."""

    def __init__(self, *, database: Database, pepper: Pepper, entropy: Entropy) -> None:
        self._database = database
        self._pepper = pepper
        self._entropy = entropy

    async def begin(self, *, id: PairingId, kind: int, name: str, now: int) -> NewPairing:
        """Draw a code that no other device shows, and a secret."""
        pairing = Pairing(id=id, kind=kind, name=name, expires_at=now + LIFETIME_NS)
        secret = self._entropy(SECRET_BYTES).hex()
        for _ in range(DRAWS_MAX):
            code = _drawn(self._entropy)
            async with self._database.transaction() as connection:
                added = await connection.fetchval(
                    SQL["add_pairing"],
                    id,
                    self._mac(code),
                    token_hash(secret),
                    kind,
                    name,
                    pairing.expires_at,
                )
            if added:
                shown = f"{code[: LETTERS // 2]}-{code[LETTERS // 2 :]}"
                return NewPairing(pairing=pairing, code=Secret(shown), secret=Secret(secret))
        raise AssertionError(f"{DRAWS_MAX} codes of {LETTERS} letters were all taken")

    async def read_code(self, typed: str, *, customer: int, now: int) -> Pairing | SecretRefused:
        """The device that shows a code now. A wrong one counts against the customer who types it."""
        attempt = await begin_attempt(
            self._database, knowledge=Knowledge.DEVICE_CODE, subject=customer, now=now
        )
        if not isinstance(attempt, Attempt):
            return attempt
        code = re.sub(r"[\s-]", "", typed).upper()
        if not _CODE.fullmatch(code):
            return attempt.wrong
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(SQL["pairing_by_code"], self._mac(code), now)
            if row is None:
                return attempt.wrong
            await forget_attempts(connection, knowledge=Knowledge.DEVICE_CODE, subject=customer)
        return _pairing_of(row)

    async def find(self, *, id: PairingId, now: int) -> Pairing | None:
        """The pairing that a link of ours names, while its code is good."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(SQL["pairing"], id)
        found = None if row is None else _pairing_of(row)
        return found if found is not None and found.expires_at > now else None

    def _mac(self, code: str) -> bytes:
        return self._pepper.mac(code, purpose=PURPOSE, owner="")


async def claim_pairing(
    connection: Connection, *, id: PairingId, secret: str, now: int
) -> Pairing | SecretRefused:
    """The pairing whose secret a device shows, kept from others until the transaction ends."""
    row = await connection.fetchrow(SQL["pairing_of_secret"], id, token_hash(secret))
    found = None if row is None else _pairing_of(row)
    if found is None or found.expires_at + CLAIMED_NS <= now:
        return SecretRefused(refusal=SecretRefusal.WRONG)
    return found


async def open_device_session(
    connection: Connection,
    *,
    id: SessionId,
    pairing: Pairing,
    device: int,
    mode: Mode,
    now: int,
    entropy: Entropy,
) -> NewSession:
    """Give a device that was confirmed its credential, the only one that it has: an earlier one ends."""
    await end_sessions_of(connection, owner=device, now=now)
    return await open_session(
        connection,
        id=id,
        kind=CredentialKind.DEVICE_SESSION,
        owner=device,
        mode=mode,
        device=pairing.name,
        now=now,
        entropy=entropy,
    )


async def forget_pairings(connection: Connection, *, now: int) -> int:
    """Delete those that nobody can use any more; gives how many."""
    status = await connection.execute(SQL["delete_pairings"], now - CLAIMED_NS)
    return int(status.rpartition(" ")[2])


def _drawn(entropy: Entropy) -> str:
    number = int.from_bytes(entropy(16))
    letters = []
    for _ in range(LETTERS):
        number, letter = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[letter])
    return "".join(letters)


def _pairing_of(row: Row) -> Pairing:
    return Pairing(
        id=PairingId(row["id"]),
        kind=row["kind"],
        name=row["name"],
        expires_at=row["expires_at"],
    )
