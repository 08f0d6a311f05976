"""Payment PINs: six digits that a customer gives for what needs more than being signed in."""

import re
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Final

from milletpay.identity.attempts import Attempt, Knowledge, Turns, begin_attempt, forget_attempts
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


@dataclass(frozen=True, slots=True, kw_only=True)
class HashedPin:
    """A PIN that is taken, as it is kept."""

    customer: int
    hash: str = field(repr=False)


class Pins:
    """Sets and checks PINs. Hashing runs in threads; what counts tries commits by itself."""

    def __init__(
        self,
        *,
        database: Database,
        hasher: Hasher,
        knowledge: Knowledge = Knowledge.PIN,
        purpose: str = PURPOSE,
    ) -> None:
        """`knowledge` and `purpose` keep the PINs of customers and of cashiers apart."""
        self._database = database
        self._hasher = hasher
        self._knowledge = knowledge
        self._purpose = purpose
        self._turns = Turns()

    async def set(self, pin: str, *, customer: int, now: int) -> PinRefusal | None:
        """Give a customer this PIN, in the place of the old one. Whoever calls has made sure who asks.

        :return: why it is not taken, or nothing
        """
        hashed = await self.hash(pin, customer=customer)
        if isinstance(hashed, PinRefusal):
            return hashed
        async with self._database.transaction() as connection:
            await write_pin(connection, pin=hashed, now=now)
        return None

    async def hash(self, pin: str, *, customer: int) -> "HashedPin | PinRefusal":
        """Make a PIN ready for `write_pin`, in a transaction of the caller's; or why it is not taken."""
        refusal = pin_refusal(pin)
        if refusal is not None:
            return refusal
        kept = await self._hasher.hash(pin, purpose=self._purpose, owner=customer)
        return HashedPin(customer=customer, hash=kept)

    async def check(self, pin: str, *, customer: int, now: int) -> PinChecked | SecretRefused:
        """See whether it is the customer's PIN. A customer without one is answered as for a wrong one."""
        async with self._turns.of(customer):
            return await self._check(pin, customer=customer, now=now)

    async def _check(self, pin: str, *, customer: int, now: int) -> PinChecked | SecretRefused:
        attempt = await begin_attempt(self._database, knowledge=self._knowledge, subject=customer, now=now)
        if not isinstance(attempt, Attempt):
            return attempt
        async with self._database.connection() as connection:
            kept: str | None = await connection.fetchval(SQL["find_pin"], customer)
        if not await self._hasher.matches(pin, kept=kept, purpose=self._purpose, owner=customer):
            return attempt.wrong
        async with self._database.transaction() as connection:
            await forget_attempts(connection, knowledge=self._knowledge, subject=customer)
        return PinChecked(customer=customer, at=now)


async def write_pin(connection: Connection, *, pin: HashedPin, now: int) -> None:
    """Give a customer a PIN, and hold nothing against the customer any more."""
    await connection.execute(SQL["write_pin"], pin.customer, pin.hash, now)
    await forget_attempts(connection, knowledge=Knowledge.PIN, subject=pin.customer)


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
