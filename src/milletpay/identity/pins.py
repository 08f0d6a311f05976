"""Payment PINs: six digits that a customer gives for what needs more than being signed in."""

import re
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Final

from milletpay.identity.attempts import Attempt, Knowledge, begin_attempt, forget_attempts
from milletpay.identity.hashing import Hasher
from milletpay.identity.model import SecretRefused
from milletpay.plumbing.database import Connection, Database
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.identity")

PURPOSE: Final = "payment pin"
_SIX_DIGITS: Final = re.compile(r"[0-9]{6}", re.ASCII)
_RUNS: Final = ("0123456789", "9876543210")


class PinRefusal(StrEnum):
    """Why a new PIN is not taken, in order of precedence."""

    NOT_SIX_DIGITS = auto()
    """It is something else."""
    TOO_EASY = auto()
    """One digit six times, or a run such as 123456: the first that everybody tries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PinChecked:
    """The customer gave the PIN, at this moment: a fact for a command to rest on."""

    customer: int
    at: int


class Pins:
    """Sets and checks PINs. Hashing runs in threads; what counts tries commits by itself."""

    def __init__(self, *, database: Database, hasher: Hasher) -> None:
        self._database = database
        self._hasher = hasher

    async def set(self, pin: str, *, customer: int, now: int) -> PinRefusal | None:
        """Give a customer this PIN, in the place of the old one. Whoever calls has made sure who asks.

        :return: why it is not taken, or nothing
        """
        refusal = pin_refusal(pin)
        if refusal is not None:
            return refusal
        kept = await self._hasher.hash(pin, purpose=PURPOSE, owner=customer)
        async with self._database.transaction() as connection:
            await connection.execute(SQL["write_pin"], customer, kept, now)
            await forget_attempts(connection, knowledge=Knowledge.PIN, subject=customer)
        return None

    async def check(self, pin: str, *, customer: int, now: int) -> PinChecked | SecretRefused:
        """See whether it is the customer's PIN. A customer without one is answered as for a wrong one."""
        attempt = await begin_attempt(self._database, knowledge=Knowledge.PIN, subject=customer, now=now)
        if not isinstance(attempt, Attempt):
            return attempt
        async with self._database.connection() as connection:
            kept: str | None = await connection.fetchval(SQL["find_pin"], customer)
        if not await self._hasher.matches(pin, kept=kept, purpose=PURPOSE, owner=customer):
            return attempt.wrong
        async with self._database.transaction() as connection:
            await forget_attempts(connection, knowledge=Knowledge.PIN, subject=customer)
        return PinChecked(customer=customer, at=now)


async def has_pin(connection: Connection, *, customer: int) -> bool:
    """Whether a customer has set a PIN: for the customer's own pages."""
    return await connection.fetchval(SQL["find_pin"], customer) is not None


def pin_refusal(pin: str) -> PinRefusal | None:
    """Why this cannot be a PIN, or nothing."""
    if not _SIX_DIGITS.fullmatch(pin):
        return PinRefusal.NOT_SIX_DIGITS
    if len(set(pin)) == 1 or any(pin in run for run in _RUNS):
        return PinRefusal.TOO_EASY
    return None
