"""Who connects as what: the owner, the login that migration makes, and one that somebody else made."""

import asyncpg
import pytest

from milletpay.plumbing.database import Database, DatabaseUnavailable
from milletpay.plumbing.migration import migrate
from milletpay.plumbing.roles import (
    RoleRefused,
    login_of,
    quote_name,
    scram_verifier,
    url_with_database,
    url_with_login,
    user_of,
)
from tests.servers import TestServer, every_server

PASSWORD = "it's 100% $ecret/@"


async def execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def name_of(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


@every_server
async def test_the_application_can_change_nothing_of_the_schema(database: Database) -> None:
    for statement in (
        "CREATE SCHEMA mine",
        "CREATE TEMPORARY TABLE mine (a integer)",
        "ALTER TABLE plumbing.migration ADD COLUMN mine integer",
        "DELETE FROM plumbing.migration",
        "TRUNCATE plumbing.migration",
        "SET ROLE pg_read_all_data",
        "CREATE ROLE mine",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.transaction() as connection:
                await connection.execute(statement)
    async with database.connection() as connection:
        owned = "SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole"
        assert await connection.fetchval(owned) == 0


@every_server
async def test_a_copy_of_a_database_gets_a_login_of_its_own(server: TestServer, owner_url: str) -> None:
    first = await migrate(owner_url=owner_url)
    copy_url = await server.make_database(template=quote_name(name_of(owner_url)))
    copied = await migrate(owner_url=copy_url)
    assert user_of(copied) == login_of(name_of(copy_url)) != user_of(first)
    for url in (first, copied):
        database = await Database.open(url)
        await database.close()
    # The login of one database is refused by the other.
    with pytest.raises((DatabaseUnavailable, asyncpg.InsufficientPrivilegeError)):
        await Database.open(url_with_database(copied, database=name_of(owner_url)))
    await server.drop_database(copy_url)


@every_server
async def test_a_login_that_does_not_work_is_repaired(owner_url: str) -> None:
    app_url = await migrate(owner_url=owner_url)
    await execute(owner_url, f"ALTER ROLE {user_of(app_url)} PASSWORD 'changed'")
    with pytest.raises(DatabaseUnavailable, match="refuses the login"):
        await Database.open(app_url)
    database = await Database.open(await migrate(owner_url=owner_url))
    await database.close()


@every_server
async def test_an_owner_who_may_not_make_a_login_names_one(server: TestServer) -> None:
    url = await server.make_database(template="template1")
    name = name_of(url)
    owner, login = f"{name}_owner", f"{name}_login"
    # On a server where nobody has made the group yet the refusal comes first; on another, with the login.
    await execute(
        server.url,
        f"CREATE ROLE {owner} LOGIN PASSWORD '{scram_verifier('owner', salt=b'salt')}'",
        f"CREATE ROLE {login} LOGIN PASSWORD '{scram_verifier('login', salt=b'salt')}'",
        f"ALTER DATABASE {name} OWNER TO {owner}",
    )
    owner_url = url_with_login(url, database=name, user=owner, password="owner")
    app_url = url_with_login(url, database=name, user=login, password="login")
    with pytest.raises(
        RoleRefused, match=f"{owner} may not create the application's login.*--app-database-url"
    ):
        await migrate(owner_url=owner_url)
    with pytest.raises(RoleRefused, match="has the owner's rights"):
        await migrate(owner_url=owner_url, app_url=owner_url)
    with pytest.raises(RoleRefused, match="nobody_here, which does not exist"):
        await migrate(
            owner_url=owner_url,
            app_url=url_with_login(url, database=name, user="nobody_here", password="x"),
        )
    with pytest.raises(RoleRefused, match="names no user"):
        await migrate(owner_url=owner_url, app_url="postgresql:///books")
    for _ in range(2):
        assert await migrate(owner_url=owner_url, app_url=app_url) == app_url
    database = await Database.open(app_url)
    await database.prove_commit()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.transaction() as connection:
            await connection.execute("DELETE FROM plumbing.migration")
    await database.close()
    await server.drop_database(url)
    await execute(server.url, f"DROP ROLE {owner}", f"DROP ROLE {login}")


@every_server
async def test_passwords_reach_the_server_as_verifiers_only(server: TestServer, owner_url: str) -> None:
    login = f"{name_of(owner_url)}_odd"
    await execute(
        server.url, f"CREATE ROLE {login} LOGIN PASSWORD '{scram_verifier(PASSWORD, salt=b'0123')}'"
    )
    url = url_with_login(owner_url, database=name_of(owner_url), user=login, password=PASSWORD)
    await execute(owner_url, f"GRANT CONNECT ON DATABASE {name_of(owner_url)} TO {login}")
    await execute(url, "SELECT 1")
    await execute(owner_url, f"DROP OWNED BY {login}", f"DROP ROLE {login}")


@pytest.mark.parametrize(
    ("url", "rewritten"),
    [
        ("postgresql://o:p@h:5433/d?sslmode=require", "postgresql://u:%2F@h:5433/books?sslmode=require"),
        ("postgresql://o:p@/d?host=/run/pg", "postgresql://u:%2F@/books?host=/run/pg"),
        ("postgres:///?user=o&password=p&host=/run", "postgres://u:%2F@/books?host=/run"),
        ("postgresql://h", "postgresql://u:%2F@h/books"),
    ],
)
def test_the_login_takes_the_owners_place_in_the_url(url: str, rewritten: str) -> None:
    assert url_with_login(url, database="books", user="u", password="/") == rewritten
