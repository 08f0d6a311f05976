"""What the application's login cannot do, whatever its program is made to say: each statement is refused."""

import asyncpg
import pytest

from milletpay.plumbing.database import Database
from tests.servers import every_server

ZERO = "'00000000-0000-0000-0000-000000000000'"

SEALED = ("batch", "account", "transfer", "resolution", "burnt")
TABLES = (*SEALED, "tail")

FACTS = ("id", "user_data_128", "user_data_64", "user_data_32", "ledger", "code", "flags", "timestamp")
RIGHTS = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "REFERENCES")

FORBIDDEN = [
    # What is written stays written.
    *[f"DELETE FROM ledger.{table}" for table in SEALED],
    *[f"TRUNCATE ledger.{table}" for table in TABLES],
    "UPDATE ledger.batch SET digest = digest",
    "UPDATE ledger.batch SET accounting_date = 20260101",
    *[
        f"UPDATE ledger.account SET {column} = {column}"
        for column in ("id", "flags", "ledger", "code", "timestamp")
    ],
    *[f"UPDATE ledger.account SET user_data_{bits} = user_data_{bits}" for bits in (128, 64, 32)],
    "UPDATE ledger.transfer SET amount = 0",
    f"UPDATE ledger.transfer SET debit_account_id = {ZERO}",
    "UPDATE ledger.resolution SET status = 1",
    "UPDATE ledger.burnt SET timestamp = 1",
    "UPDATE ledger.tail SET balances = ''",
    "UPDATE ledger.account_now SET closed = true",
    f"INSERT INTO ledger.transfer (id) VALUES ({ZERO}) ON CONFLICT (id) DO UPDATE SET amount = 0",
    "MERGE INTO ledger.burnt AS b USING ledger.burnt AS c ON b.id = c.id WHEN MATCHED THEN DELETE",
    "DO 'BEGIN LOCK TABLE ledger.batch IN ACCESS EXCLUSIVE MODE; END'",
    "SELECT * FROM ledger.transfer FOR UPDATE",
    # The rules that guard it stay in force.
    *[f"ALTER TABLE ledger.{table} DISABLE TRIGGER ALL" for table in TABLES],
    "ALTER TABLE ledger.account DROP CONSTRAINT debits_must_not_exceed_credits",
    "ALTER TABLE ledger.transfer DROP CONSTRAINT transfer_pkey",
    "ALTER TABLE ledger.transfer ALTER COLUMN amount DROP NOT NULL",
    "ALTER TABLE ledger.transfer SET UNLOGGED",
    "ALTER TABLE ledger.transfer OWNER TO CURRENT_USER",
    "ALTER SCHEMA ledger RENAME TO book",
    "DROP TABLE ledger.tail",
    "DROP INDEX ledger.transfer_expires_at",
    "DROP SCHEMA ledger CASCADE",
    "CREATE RULE nothing AS ON INSERT TO ledger.transfer DO INSTEAD NOTHING",
    "CREATE TABLE ledger.transfer_too (id uuid)",
    "CREATE TABLE public.transfer (id uuid)",
    "CREATE SCHEMA mine",
    "CREATE OR REPLACE VIEW ledger.account_now AS SELECT 1 AS id",
    "CREATE OR REPLACE FUNCTION ledger.tail_record(account_id uuid) RETURNS bytea LANGUAGE sql RETURN NULL",
    "CREATE TRIGGER t BEFORE INSERT ON ledger.transfer EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "SET session_replication_role = replica",
    "COMMENT ON TABLE ledger.transfer IS 'mine'",
    # Nobody else's rights are taken, and nothing outside is reached.
    "SELECT * FROM plumbing.secret",
    "SELECT value FROM plumbing.secret",
    "UPDATE plumbing.secret SET value = 'known'",
    "DELETE FROM plumbing.migration",
    "SELECT rolpassword FROM pg_catalog.pg_authid",
    "UPDATE pg_catalog.pg_class SET relowner = 0",
    "SET ROLE postgres",
    "SET ROLE millet_owner",
    "CREATE ROLE intruder",
    "ALTER SYSTEM SET fsync = off",
    "SELECT pg_catalog.pg_read_file('PG_VERSION')",
    "COPY ledger.burnt TO PROGRAM 'cat'",
    "COPY ledger.burnt FROM '/dev/null'",
    "DROP EXTENSION plpgsql",
    "CREATE DATABASE other",
]

REFUSALS = (
    asyncpg.InsufficientPrivilegeError,
    asyncpg.InvalidParameterValueError,  # a role that does not exist cannot be set
    asyncpg.ObjectNotInPrerequisiteStateError,  # a view of that kind is never updated
)


@every_server
async def test_the_application_changes_nothing_that_is_written(database: Database) -> None:
    allowed = []
    async with database.connection() as connection:
        for statement in FORBIDDEN:
            try:
                await connection.execute(statement)
            except REFUSALS:
                continue
            allowed.append(statement)
    assert not allowed


@every_server
async def test_what_is_granted_is_what_the_store_needs(database: Database) -> None:
    """Rights may be given in many ways; the catalog says what they amount to."""
    async with database.connection() as connection:
        rows = await connection.fetch(
            """
            SELECT c.relname || ' ' || p.name AS held
            FROM pg_catalog.pg_class AS c
            CROSS JOIN unnest($1::text[]) AS p (name)
            WHERE c.relnamespace = 'ledger'::regnamespace
                AND c.relkind IN ('r', 'v')
                AND has_table_privilege(c.oid, p.name)
            """,
            RIGHTS,
        )
        columns = await connection.fetch(
            """
            SELECT a.attrelid::regclass || ' ' || a.attname AS held
            FROM pg_catalog.pg_attribute AS a
            INNER JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
            WHERE c.relnamespace = 'ledger'::regnamespace
                AND c.relkind IN ('r', 'v')
                AND a.attnum > 0
                AND has_column_privilege(c.oid, a.attnum, 'UPDATE')
            """
        )
    assert {row["held"] for row in rows} == {
        *[f"{table} INSERT" for table in TABLES],
        "tail DELETE",
    }
    balances = ("debits_pending", "debits_posted", "credits_pending", "credits_posted", "closed")
    assert {row["held"] for row in columns} == {f"ledger.account {column}" for column in balances}


@pytest.mark.parametrize("column", ["debits_posted", "credits_pending"])
async def test_a_balance_that_it_may_write_keeps_its_bounds(database: Database, column: str) -> None:
    columns = "id, user_data_128, user_data_64, user_data_32, ledger, code, flags, timestamp"
    statement = f"INSERT INTO ledger.account ({columns}, {column})"
    with pytest.raises(asyncpg.CheckViolationError):
        async with database.transaction() as connection:
            await connection.execute(f"{statement} VALUES ({ZERO}, {ZERO}, 0, 0, 156, 1, 0, 1, -1)")
