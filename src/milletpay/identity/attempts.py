"""Attempts: how many wrong secrets in a row, and how long nobody may try.

An attempt is counted as wrong, and committed, before the secret is looked at; a right one wipes the count.
So a hundred guesses at once are still five, and ending the process does not win a try back. Who does not
exist is counted like everybody else.

Of bank cards many are right, and a right one may be had by whoever tries those of others: it takes its own
try back, and wipes nothing.

A process looks at one try of a subject at a time (`Turns`), so that right ones that come at once, each
counted as wrong while it is looked at, do not lock their owner out: as many processes would have to look at
once as wrong ones are taken.
"""

import asyncio
from dataclasses import dataclass
from enum import Enum, unique
from typing import Final
from weakref import WeakValueDictionary

from milletpay.identity.model import FORGOTTEN_AFTER, SecretRefusal, SecretRefused, lock_after
from milletpay.plumbing.database import Connection, Database
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.identity")


@unique
class Knowledge(Enum):
    """What somebody tries to know. The number is how it is kept."""

    PIN = 1
    PASSWORD = 2
    PAIRING = 3
    """A code that pairs a terminal; the subject is the address that tries it."""
    CASHIER_PIN = 4
    DEVICE_CODE = 5
    """A code that a television shows; the subject is the customer who types it."""
    CARD = 6
    """A bank card that is the customer's; the subject is the customer who says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A try that is allowed; if it is wrong, this is what is answered."""

    wrong: SecretRefused


class Turns:
    """Who waits for whom: the tries of one subject in this process go one after the other."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    def of(self, subject: int) -> asyncio.Lock:
        """What to hold while a try of a subject is counted and looked at."""
        # Kept by whoever holds it or waits, and by nobody else.
        return self._locks.setdefault(subject, asyncio.Lock())


async def begin_attempt(
    database: Database, *, knowledge: Knowledge, subject: int, now: int
) -> Attempt | SecretRefused:
    """Count a try as wrong beforehand; refused while the subject is locked."""
    async with database.transaction() as connection:
        forgotten = now - FORGOTTEN_AFTER
        failures = await connection.fetchval(SQL["begin_attempt"], knowledge.value, subject, now, forgotten)
        if failures is None:
            until = await connection.fetchval(SQL["locked_until"], knowledge.value, subject)
            return SecretRefused(refusal=SecretRefusal.LOCKED, until=until)
        lock = lock_after(failures)
        until = now + lock if lock else 0
        if until:
            await connection.execute(SQL["lock_attempts"], knowledge.value, subject, until)
    return Attempt(wrong=SecretRefused(refusal=SecretRefusal.WRONG, until=until))


async def forget_attempts(connection: Connection, *, knowledge: Knowledge, subject: int) -> None:
    """It was right, or is set anew: nothing is held against the subject, and no lock is left."""
    await connection.execute(SQL["forget_attempts"], knowledge.value, subject)


async def take_back_attempt(
    connection: Connection, *, attempt: Attempt, knowledge: Knowledge, subject: int
) -> None:
    """It was not wrong, or nobody said: it was no try, and brought no lock. Those before it stay."""
    await connection.execute(SQL["take_back_attempt"], knowledge.value, subject, attempt.wrong.until)


async def delete_old_attempts(connection: Connection, *, now: int, most: int) -> int:
    """Delete rows that hold nothing against anybody any more, at most so many; how many those were."""
    done: str = await connection.execute(SQL["delete_old_attempts"], now - FORGOTTEN_AFTER, most)
    return int(done.rpartition(" ")[2])
