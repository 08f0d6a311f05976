"""What a connection of the application is: role, ids, order, the book's lock."""

import asyncpg
import pytest

from milletpay.plumbing.database import Database, lock_book
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
