"""The schema: installed fresh from the packages' `tables.sql`, or brought forward by numbered files.

Both ways end in the same schema, which a test proves. `python -m milletpay.plumbing.migration` prints the
first migration from the packages' tables; it may be written anew only until a version has been released.
"""

import hashlib
import re
import sys
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import asyncpg

from milletpay.plumbing.database import Connection, connecting
from milletpay.plumbing.roles import application_url, prepare_grantee, with_grantee

PACKAGES: Final = (
    "plumbing",
    "ledger",
    "rails",
    "identity",
    "limits",
    "fees",
    "customers",
    "merchants",
    "treasury",
    "wallets",
    "funding",
    "payments",
    "terminals",
    "entitlements",
    "subscriptions",
    "notifications",
)
"""The packages that have tables, in the order in which they are installed."""

SERVER_MINIMUM: Final = 15
MIGRATION_LOCK: Final = 0x4D494C4C45540002
OWNER_SETTINGS: Final = {
    "application_name": "millet migration",
    "search_path": "",
    # A migration that waits for a lock blocks everyone behind it: better to give up and say so.
    "lock_timeout": "60s",
}
FILE_NAME: Final = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
FIRST_HEADER: Final = "-- The schema of the first release: the packages' tables.sql, in layer order.\n"


class MigrationRefused(Exception):
    """The database cannot be used with this version; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Migration:
    """One numbered file of `milletpay/migrations`."""

    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> bytes:
        """Digest of the file, kept in the database to notice a file that changed after it was applied."""
        return hashlib.sha256(self.sql.encode()).digest()


async def migrate(*, owner_url: str, app_url: str | None = None) -> str:
    """Bring the database of `owner_url` to this version's schema; return the URL of the application's login.

    The login is created, unless `app_url` names one that exists.
    Refuses with `MigrationRefused`, `RoleRefused` and `DatabaseUnavailable`.
    """
    connection = await connect_owner(owner_url)
    try:
        await _take_lock(connection)
        async with connection.transaction():
            grantee = await prepare_grantee(connection, app_url=app_url)
            if await connection.fetchval("SELECT to_regclass('plumbing.migration') IS NULL"):
                await install(connection, grantee=grantee)
        await apply_missing(connection, grantee=grantee)
        return await application_url(connection, owner_url=owner_url, app_url=app_url)
    finally:
        await connection.close()


async def connect_owner(url: str) -> Connection:
    """Connect as the owner; refuses an old server with its version, and `DatabaseUnavailable`."""
    with connecting():
        connection = await asyncpg.connect(url, server_settings=OWNER_SETTINGS)
    version = connection.get_server_version()
    try:
        refuse_old_server(major=version.major, minor=version.minor)
    except MigrationRefused:
        await connection.close()
        raise
    return connection


def refuse_old_server(*, major: int, minor: int) -> None:
    """Refuse a server that lacks what the schema uses."""
    if major < SERVER_MINIMUM:
        raise MigrationRefused(
            f"The server is PostgreSQL {major}.{minor}; MilletPay needs {SERVER_MINIMUM} or newer."
            " Upgrade it, or leave --database-url away to use the PostgreSQL that comes with MilletPay."
        )


async def install(connection: Connection, *, grantee: str) -> None:
    """Create the schema in an empty database from the packages' tables, all migrations recorded as held."""
    for sql in read_tables().values():
        await connection.execute(with_grantee(sql, grantee=grantee))
    for migration in read_migrations():
        await _record(connection, migration)


async def apply_missing(connection: Connection, *, grantee: str) -> None:
    """Apply in order the numbered files that the database does not hold yet, each in its own transaction.

    Refuses a file that changed after it was applied, and a database that holds migrations this version lacks.
    """
    migrations = read_migrations()
    held: dict[int, bytes] = {}
    if await connection.fetchval("SELECT to_regclass('plumbing.migration') IS NOT NULL"):
        rows = await connection.fetch("SELECT number, sha256 FROM plumbing.migration ORDER BY number")
        held = {row["number"]: row["sha256"] for row in rows}
    newest = len(migrations)
    if held and max(held) > newest:
        raise MigrationRefused(
            f"The database was migrated to {max(held):04} by a newer version of MilletPay;"
            f" this version knows {newest:04}. Install the newer version again."
        )
    for migration in migrations:
        if migration.number not in held:
            async with connection.transaction():
                await connection.execute(with_grantee(migration.sql, grantee=grantee))
                await _record(connection, migration)
        elif held[migration.number] != migration.sha256:
            raise MigrationRefused(
                f"The file {migration.number:04}_{migration.name}.sql is not the one that was applied to this"
                " database. Install the version of MilletPay that made it, or restore the file."
            )


def read_tables() -> dict[str, str]:
    """Read the `tables.sql` of each package that has tables, in layer order."""
    # By path, not by import: what a package does is none of our business.
    paths = {package: files("milletpay").joinpath(package, "tables.sql") for package in PACKAGES}
    return {package: path.read_text("utf-8") for package, path in paths.items() if path.is_file()}


def read_migrations() -> tuple[Migration, ...]:
    """Read the numbered files in order; refuses an ill-formed name and a gap in the numbers."""
    found = []
    for path in files("milletpay").joinpath("migrations").iterdir():
        match = FILE_NAME.fullmatch(path.name)
        if match is None:
            raise MigrationRefused(f"migrations/{path.name} is not named as 0001_what_it_does.sql")
        found.append(Migration(number=int(match[1]), name=match[2], sql=path.read_text("utf-8")))
    found.sort(key=lambda migration: migration.number)
    for number, migration in enumerate(found, start=1):
        if migration.number != number:
            raise MigrationRefused(f"migrations: expected number {number:04}, found {migration.number:04}")
    return tuple(found)


def first_migration() -> str:
    """Write the text of migration 0001 from the packages' tables."""
    return "\n".join((FIRST_HEADER, *read_tables().values()))


async def _take_lock(connection: Connection) -> None:
    try:
        await connection.execute(f"SELECT pg_advisory_lock({MIGRATION_LOCK})")
    except asyncpg.LockNotAvailableError as error:
        raise MigrationRefused(
            "Another program has been migrating this database for a minute. Wait for it, then start again."
        ) from error


async def _record(connection: Connection, migration: Migration) -> None:
    await connection.execute(
        "INSERT INTO plumbing.migration (number, name, sha256) VALUES ($1, $2, $3)",
        migration.number,
        migration.name,
        migration.sha256,
    )


if __name__ == "__main__":
    sys.stdout.write(first_migration())
