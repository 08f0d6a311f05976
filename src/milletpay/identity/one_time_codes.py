"""One-time codes: six digits sent to a phone, by which its owner signs in.

A code is good once, for five minutes and five tries. A new one takes the place of the one before. Whether a
phone number belongs to anybody plays no part: neither sending nor checking tells.
"""

import hmac
from dataclasses import dataclass
from typing import Final

from milletpay.identity.hashing import Pepper
from milletpay.identity.model import HOUR, MINUTE, TRIES, SecretRefusal, SecretRefused
from milletpay.identity.tokens import Secret
from milletpay.ledger.chart import Mode
from milletpay.plumbing.database import Connection, Database
from milletpay.plumbing.ids import Entropy
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.identity")

LIFETIME_NS: Final = 5 * MINUTE
SENT_MAX: Final = 6
WINDOW_NS: Final = HOUR
"""So many codes go to one phone in that time, or since a right one: thirty guesses at a million numbers."""

DIGITS: Final = 6
PURPOSE: Final = "one-time code"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCode:
    """A code to be sent, or in demo mode shown."""

    code: Secret
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneShown:
    """Whoever asks has the phone of this number in hand."""

    phone: str
    mode: Mode
    at: int


class OneTimeCodes:
    """Makes and checks codes; each call commits by itself."""

    def __init__(self, *, database: Database, pepper: Pepper, entropy: Entropy) -> None:
        self._database = database
        self._pepper = pepper
        self._entropy = entropy

    async def make(self, phone: str, *, mode: Mode, now: int) -> NewCode | SecretRefused:
        """Make a code for a phone number; locked when too many went there within the hour."""
        chance = int.from_bytes(self._entropy(16)) % 10**DIGITS
        code = f"{chance:0{DIGITS}d}"
        async with self._database.transaction() as connection:
            made = await connection.fetchval(
                SQL["write_code"],
                phone,
                mode is Mode.LIVE,
                self._mac(code, phone=phone, mode=mode),
                now,
                now + LIFETIME_NS,
                TRIES,
                now - WINDOW_NS,
                SENT_MAX,
            )
            if made is None:
                began = await connection.fetchval(SQL["code_window"], phone, mode is Mode.LIVE)
                return SecretRefused(refusal=SecretRefusal.LOCKED, until=began + WINDOW_NS)
        return NewCode(code=Secret(code), expires_at=now + LIFETIME_NS)

    async def check(self, code: str, *, phone: str, mode: Mode, now: int) -> PhoneShown | SecretRefused:
        """See whether it is the code that was sent to the phone; a right one is used up by it."""
        given = self._mac(code, phone=phone, mode=mode)
        async with self._database.transaction() as connection:
            kept = await connection.fetchval(SQL["try_code"], phone, mode is Mode.LIVE, now)
            if kept is None or not hmac.compare_digest(kept, given):
                return SecretRefused(refusal=SecretRefusal.WRONG)
            await connection.execute(SQL["use_code"], phone, mode is Mode.LIVE)
        return PhoneShown(phone=phone, mode=mode, at=now)

    def _mac(self, code: str, *, phone: str, mode: Mode) -> bytes:
        return self._pepper.mac(code, purpose=PURPOSE, owner=f"{mode.name} {phone}")


async def delete_old_codes(connection: Connection, *, now: int, most: int) -> int:
    """Delete codes that are good no longer and count for nothing, at most so many; how many those were."""
    done: str = await connection.execute(SQL["delete_old_codes"], now, now - WINDOW_NS, most)
    return int(done.rpartition(" ")[2])
