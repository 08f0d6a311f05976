"""What a connection of the application is: role, ids, order, the book's lock."""

import asyncio

import asyncpg
import pytest

from milletpay.apps.api.health import Health
from milletpay.plumbing.clock import ManualClock
from milletpay.plumbing.database import AnswerLost, Database, DatabaseUnavailable, lock_book
from milletpay.plumbing.roles import user_of
from tests.servers import every_server

ID_MAX = 2**128 - 1


@every_server
async def test_ids_are_integers_in_values_arrays_and_order(database: Database) -> None:
    ids = [0, 1, 255, 2**64, ID_MAX]
    async with database.connection() as connection:
        assert [await connection.fetchval("SELECT $1::uuid", number) for number in ids] == ids
        assert await connection.fetchval("SELECT $1::uuid[]", ids) == ids
        ordered = await connection.fetch("SELECT id FROM unnest($1::uuid[]) AS id ORDER BY id DESC", ids)
        assert [row["id"] for row in ordered] == ids[::-1]
        for wrong in (-1, 2**128):
            with pytest.raises(asyncpg.DataError):
                await connection.fetchval("SELECT $1::uuid", wrong)


@every_server
async def test_the_application_owns_nothing_and_reads_no_secret(database: Database) -> None:
    async with database.transaction() as connection:
        await lock_book(connection)
        assert await connection.fetchval("SELECT count(*) FROM plumbing.migration") > 0
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.transaction() as connection:
            await connection.fetch("SELECT * FROM plumbing.secret")


async def test_a_commit_is_remembered_and_a_rollback_is_not(database: Database) -> None:
    assert database.seconds_since_commit() is None

    async def fail() -> None:
        async with database.transaction() as connection:
            await lock_book(connection)
            raise RuntimeError("ours")

    with pytest.raises(RuntimeError, match="ours"):
        await fail()
    assert database.seconds_since_commit() is None
    # The lock went with the transaction: the next one does not wait for it.
    async with database.transaction() as connection:
        await lock_book(connection)
    age = database.seconds_since_commit()
    assert age is not None
    assert 0 <= age < 10


@every_server
async def test_one_writer_at_a_time(database: Database) -> None:
    order: list[str] = []

    async def write(name: str) -> None:
        async with database.transaction() as connection:
            await lock_book(connection)
            order.append(f"{name} in")
            await connection.execute("SELECT pg_sleep(0.01)")
            order.append(f"{name} out")

    await asyncio.gather(*(write(str(number)) for number in range(8)))
    assert all(a.split()[0] == b.split()[0] for a, b in zip(order[::2], order[1::2], strict=True))


@every_server
async def test_a_session_that_is_ended_is_replaced_and_the_loss_is_said(
    database: Database, owner_url: str
) -> None:
    owner = await asyncpg.connect(owner_url)

    async def lose(*statements: str) -> None:
        async with database.transaction() as connection:
            await owner.fetchval("SELECT pg_terminate_backend($1)", connection.get_server_pid())
            for statement in statements:
                await connection.execute(statement)

    for _ in range(3):
        with pytest.raises(DatabaseUnavailable) as lost:
            await lose("SELECT 1")
        assert not isinstance(lost.value, AnswerLost)
        with pytest.raises(AnswerLost):
            await lose()
    await database.prove_commit()
    await owner.close()


@every_server
async def test_a_database_that_refuses_says_why_without_its_password(owner_url: str, app_url: str) -> None:
    wrong_user = app_url.replace("millet_app_", "millet_nobody_")
    wrong_name = app_url.replace("/millet_test", "/millet_nowhere")
    wrong_place = app_url.partition("?")[0] + "?host=/nowhere"
    for url, sentence in (
        (wrong_user, "refuses the login"),
        (wrong_name, "does not exist"),
        (wrong_place, "cannot be reached"),
    ):
        with pytest.raises(DatabaseUnavailable, match=sentence) as refused:
            await Database.open(url)
        assert app_url.partition("@")[0].rpartition(":")[2] not in str(refused.value)
    owner = await asyncpg.connect(owner_url)
    await owner.execute(f"ALTER ROLE {user_of(app_url)} CONNECTION LIMIT 1")
    database = await Database.open(app_url, connections=1)
    with pytest.raises(DatabaseUnavailable, match="no free connection"):
        await database.connect()
    await database.close()
    await owner.close()


async def test_a_defect_of_ours_is_not_taken_for_an_outage(database: Database) -> None:
    for statement, arguments in (("SELEC 1", ()), ("SELECT 1", (1,)), ("SELECT 1 / $1::int", (0,))):
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
            async with database.transaction() as connection:
                await connection.execute(statement, *arguments)
    assert await database_answers(database)


async def database_answers(database: Database) -> bool:
    async with database.connection() as connection:
        return bool(await connection.fetchval("SELECT true"))


async def test_health_probes_once_however_often_it_is_asked(database: Database) -> None:
    clock = ManualClock()
    health = Health(database=database, clock=clock)
    place = "SELECT pg_current_wal_insert_lsn() - '0/0'"
    async with database.connection() as connection:
        before = await connection.fetchval(place)
        assert await asyncio.gather(*(health.trouble() for _ in range(200))) == [None] * 200
        grown = await connection.fetchval(place) - before
    # One message and its commit record; two hundred of them would be thirty times this.
    assert 0 < grown < 1000
    await health.close()
