"""Operators: the staff who run the house, their passwords and their roles."""

import hashlib
from enum import StrEnum, auto
from typing import Final

import asyncpg

from milletpay.identity.attempts import Attempt, Knowledge, Turns, begin_attempt, forget_attempts
from milletpay.identity.hashing import Hasher
from milletpay.identity.model import Operator, OperatorId, Role, SecretRefused
from milletpay.identity.sessions import end_sessions_of
from milletpay.plumbing.database import Database, Row
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.identity")

PURPOSE: Final = "operator password"
PASSWORD_MIN: Final = 10
PASSWORD_MAX: Final = 200


class OperatorRefusal(StrEnum):
    """Why nothing was done, in order of precedence."""

    PASSWORD_TOO_SHORT = auto()
    """Fewer than ten characters."""
    PASSWORD_TOO_LONG = auto()
    """More than two hundred characters."""
    LOGIN_TAKEN = auto()
    """Another operator has this login."""
    NOT_FOUND = auto()
    """There is no such operator."""


class Operators:
    """Lets staff in and out. Hashing runs in threads; each call commits by itself."""

    def __init__(self, *, database: Database, hasher: Hasher) -> None:
        self._database = database
        self._hasher = hasher
        self._turns = Turns()

    async def create(
        self, login: str, *, id: OperatorId, name: str, password: str, roles: frozenset[Role], now: int
    ) -> Operator | OperatorRefusal:
        """Make an operator. Logins are compared in lower case."""
        refusal = password_refusal(password)
        if refusal is not None:
            return refusal
        kept = await self._hasher.hash(password, purpose=PURPOSE, owner=id)
        operator = Operator(
            id=id, login=_plain(login), name=name, roles=roles, created_at=now, suspended_at=None
        )
        try:
            async with self._database.transaction() as connection:
                await connection.execute(
                    SQL["add_operator"], id, operator.login, name, kept, _names(roles), now
                )
        except asyncpg.UniqueViolationError:
            return OperatorRefusal.LOGIN_TAKEN
        return operator

    async def check(self, password: str, *, login: str, now: int) -> Operator | SecretRefused:
        """See who signs in. Who is suspended, or is nobody, is answered as for a wrong password."""
        subject = _subject(login)
        async with self._turns.of(subject):
            return await self._check(password, login=login, subject=subject, now=now)

    async def _check(self, password: str, *, login: str, subject: int, now: int) -> Operator | SecretRefused:
        attempt = await begin_attempt(self._database, knowledge=Knowledge.PASSWORD, subject=subject, now=now)
        if not isinstance(attempt, Attempt):
            return attempt
        async with self._database.connection() as connection:
            row = await connection.fetchrow(SQL["operator_by_login"], _plain(login))
        right = await self._hasher.matches(
            password,
            kept=None if row is None else row["password"],
            purpose=PURPOSE,
            owner=subject if row is None else row["id"],
        )
        if row is None or not right or row["suspended_at"] is not None:
            return attempt.wrong
        async with self._database.transaction() as connection:
            await forget_attempts(connection, knowledge=Knowledge.PASSWORD, subject=subject)
        return operator_of(row)

    async def set_password(self, password: str, *, id: OperatorId, now: int) -> OperatorRefusal | None:
        """Give an operator another password, and sign all devices out."""
        refusal = password_refusal(password)
        if refusal is not None:
            return refusal
        kept = await self._hasher.hash(password, purpose=PURPOSE, owner=id)
        async with self._database.transaction() as connection:
            login = await connection.fetchval(SQL["set_password"], id, kept)
            if login is None:
                return OperatorRefusal.NOT_FOUND
            await forget_attempts(connection, knowledge=Knowledge.PASSWORD, subject=_subject(login))
            await end_sessions_of(connection, owner=id, now=now)
        return None

    async def set_roles(self, roles: frozenset[Role], *, id: OperatorId) -> Operator | OperatorRefusal:
        """Give an operator these roles in the place of the old ones; they count within a second."""
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(SQL["set_roles"], id, _names(roles))
            if row is None:
                return OperatorRefusal.NOT_FOUND
            await connection.execute(SQL["revise"])
        return operator_of(row)

    async def suspend(self, id: OperatorId, *, now: int) -> Operator | OperatorRefusal:
        """Let an operator in no longer, and sign all devices out. Again changes nothing."""
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(SQL["suspend_operator"], id, now)
            if row is None:
                return OperatorRefusal.NOT_FOUND
            await end_sessions_of(connection, owner=id, now=now)
        return operator_of(row)

    async def find(self, id: OperatorId) -> Operator | None:
        """An operator by id."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(SQL["operator"], id)
        return None if row is None else operator_of(row)


def password_refusal(password: str) -> OperatorRefusal | None:
    """Why this cannot be a password, or nothing."""
    if len(password) < PASSWORD_MIN:
        return OperatorRefusal.PASSWORD_TOO_SHORT
    if len(password) > PASSWORD_MAX:
        return OperatorRefusal.PASSWORD_TOO_LONG
    return None


def operator_of(row: Row) -> Operator:
    """The operator of a row of the table; the password's hash stays behind."""
    return Operator(
        id=OperatorId(row["id"]),
        login=row["login"],
        name=row["name"],
        roles=frozenset(Role[role.upper()] for role in row["roles"]),
        created_at=row["created_at"],
        suspended_at=row["suspended_at"],
    )


def _plain(login: str) -> str:
    return login.strip().lower()


def _names(roles: frozenset[Role]) -> list[str]:
    return sorted(role.name.lower() for role in roles)


def _subject(login: str) -> int:
    """What wrong passwords of a login are counted by, whether or not anybody has it."""
    return int.from_bytes(hashlib.sha256(_plain(login).encode()).digest()[:16])
