"""Who may do what in the database: the owner migrates, the application's login runs everything else.

`millet_app` is a role that cannot log in and that the grants in the packages' `tables.sql` name.
Roles belong to the whole server, so each database has a login of its own in it, `millet_app_` and a digest of
its name; the generated password is in `plumbing.secret`, which only the owner reads. Where the owner may not
create roles, an existing login is named by a second URL, and the grants go to it directly.
"""

import base64
import hashlib
import hmac
import re
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

import asyncpg

from milletpay.plumbing.database import Connection
from milletpay.plumbing.ids import system_entropy

APPLICATION: Final = "millet_app"
GRANTEE: Final = re.compile(rf"\b{APPLICATION}\b")
SCRAM_ITERATIONS: Final = 4096


class RoleRefused(Exception):
    """The application's role cannot be made or used; the message says why and what to do."""


async def prepare_grantee(connection: Connection, *, app_url: str | None) -> str:
    """Make sure that the role exists which the grants go to, and return its name."""
    if app_url is not None:
        return await _existing_login(connection, app_url=app_url)
    if await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", APPLICATION):
        return APPLICATION
    try:
        async with connection.transaction():
            await connection.execute(f"CREATE ROLE {APPLICATION} NOLOGIN")
    except (asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
        # Another database of the same server was migrated in the same moment.
        return APPLICATION
    except asyncpg.InsufficientPrivilegeError as error:
        raise await _no_right(connection) from error
    return APPLICATION


def with_grantee(sql: str, *, grantee: str) -> str:
    """Give the SQL with its grants made to `grantee` instead of `millet_app`."""
    return GRANTEE.sub(lambda _: quote_name(grantee), sql)


async def application_url(connection: Connection, *, owner_url: str, app_url: str | None) -> str:
    """Return the URL of the application's login, which is made, or repaired, where it does not work yet."""
    if app_url is not None:
        return app_url
    database = await connection.fetchval("SELECT current_database()")
    login = login_of(database)
    password = await connection.fetchval("SELECT value FROM plumbing.secret WHERE name = $1", login)
    url = url_with_login(owner_url, database=database, user=login, password=password or "")
    if password and await _logs_in(url):
        return url
    password = password or new_password()
    try:
        async with connection.transaction():
            await _set_login(connection, login=login, password=password)
    except asyncpg.InsufficientPrivilegeError as error:
        raise await _no_right(connection) from error
    return url_with_login(owner_url, database=database, user=login, password=password)


async def kept_secret(connection: Connection, *, name: str) -> str:
    """Give the secret of a name from the owner's table: 256 bits, drawn when asked for the first time."""
    await connection.execute(
        "INSERT INTO plumbing.secret (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
        name,
        new_password(),
    )
    value: str = await connection.fetchval("SELECT value FROM plumbing.secret WHERE name = $1", name)
    return value


def login_of(database: str) -> str:
    """Name the application's login of a database."""
    return f"{APPLICATION}_{hashlib.sha256(database.encode()).hexdigest()[:10]}"


def url_with_login(url: str, *, database: str, user: str, password: str) -> str:
    """Give the URL with another user and password, and with its database named."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    replaced = ("user", "password", "database", "dbname")
    query = [(key, value) for key, value in parse_qsl(parts.query) if key not in replaced]
    netloc = f"{quote(user, safe='')}:{quote(password, safe='')}@{host}"
    path = f"/{quote(database, safe='')}"
    return urlunsplit((parts.scheme, netloc, path, urlencode(query, safe="/"), ""))


def url_with_database(url: str, *, database: str) -> str:
    """Give the URL with another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{quote(database, safe='')}"))


def user_of(url: str) -> str | None:
    """Give the user that a URL names, if any."""
    parts = urlsplit(url)
    if parts.username:
        return unquote(parts.username)
    return dict(parse_qsl(parts.query)).get("user")


def new_password() -> str:
    """Draw a password of 256 random bits, in letters that need no quoting anywhere."""
    return base64.urlsafe_b64encode(system_entropy(32)).decode().rstrip("=")


def quote_name(name: str) -> str:
    """Quote a name as SQL wants it."""
    return '"' + name.replace('"', '""') + '"'


def scram_verifier(password: str, *, salt: bytes, iterations: int = SCRAM_ITERATIONS) -> str:
    """Derive what the server keeps of a password (RFC 5803), so that the password never meets its log."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    stored_key = hashlib.sha256(client_key).digest()
    parts = [base64.b64encode(part).decode() for part in (salt, stored_key, server_key)]
    return f"SCRAM-SHA-256${iterations}:{parts[0]}${parts[1]}:{parts[2]}"


async def _existing_login(connection: Connection, *, app_url: str) -> str:
    user = user_of(app_url)
    if user is None:
        raise RoleRefused("--app-database-url names no user: write postgresql://USER:PASSWORD@HOST/DATABASE.")
    role = await connection.fetchrow(
        "SELECT rolsuper OR pg_has_role(rolname, current_user, 'member') AS has_owner_rights FROM pg_roles"
        " WHERE rolname = $1",
        user,
    )
    if role is None:
        raise RoleRefused(f"--app-database-url names the role {user}, which does not exist. Create it first.")
    if role["has_owner_rights"]:
        raise RoleRefused(
            f"--app-database-url names the role {user}, which has the owner's rights."
            " The application must not be able to change what is immutable: give it a role of its own."
        )
    return user


async def _set_login(connection: Connection, *, login: str, password: str) -> None:
    verifier = scram_verifier(password, salt=system_entropy(16))
    exists = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", login)
    verb = "ALTER" if exists else "CREATE"
    await connection.execute(f"{verb} ROLE {login} LOGIN PASSWORD '{verifier}'")
    await connection.execute(f"GRANT {APPLICATION} TO {login}")
    database = await connection.fetchval("SELECT current_database()")
    # By default everybody may connect, and the login of another database is a member of the same group.
    await connection.execute(f"REVOKE ALL ON DATABASE {quote_name(database)} FROM PUBLIC")
    await connection.execute(f"GRANT CONNECT ON DATABASE {quote_name(database)} TO {login}")
    await connection.execute(
        "INSERT INTO plumbing.secret (name, value) VALUES ($1, $2)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        login,
        password,
    )


async def _logs_in(url: str) -> bool:
    try:
        connection = await asyncpg.connect(url)
    except asyncpg.InvalidAuthorizationSpecificationError:
        return False
    except asyncpg.InsufficientPrivilegeError:
        # The login works and may not CONNECT: a copy of the database was made under this name.
        return False
    await connection.close()
    return True


async def _no_right(connection: Connection) -> RoleRefused:
    owner, database = await connection.fetchrow("SELECT current_user, current_database()") or ("?", "?")
    return RoleRefused(
        f"The role {owner} may not create the application's login."
        f" Either let it (ALTER ROLE {owner} CREATEROLE), or create a login yourself"
        f" (CREATE ROLE millet LOGIN PASSWORD '...'; GRANT CONNECT ON DATABASE {database} TO millet)"
        " and name it with --app-database-url."
    )
