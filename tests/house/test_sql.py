"""SQL is source: every statement means something on the migrated schema, and somebody uses it."""

import re

import asyncpg
import pytest

from milletpay.plumbing.database import Database
from milletpay.plumbing.statements import load_statements
from tests.house.rules_sql import schemas
from tests.house.source import PACKAGE, ROOT, sources

STATEMENTS = {
    (file.parent, name): text
    for file in sorted((ROOT / PACKAGE).rglob("*.sql"))
    if file.name != "tables.sql" and file.parent.name != "migrations"
    for name, text in load_statements(
        ".".join(file.parent.relative_to(ROOT / "src").parts), name=file.name
    ).items()
}


async def test_every_statement_prepares(database: Database) -> None:
    refused = []
    async with database.connection() as connection:
        for (folder, name), text in STATEMENTS.items():
            try:
                await connection.prepare(text)
            except asyncpg.PostgresError as error:
                refused.append(f"{folder.name}/{name}: {error}")
    assert STATEMENTS
    assert not refused, "PostgreSQL refuses on the migrated schema:\n" + "\n".join(refused)


@pytest.mark.parametrize("text", ["SELECT nothing FROM plumbing.desk", "SELECT 1; SELECT 2", "SELEC 1"])
async def test_a_wrong_statement_is_refused(database: Database, text: str) -> None:
    async with database.connection() as connection:
        with pytest.raises(asyncpg.PostgresError):
            await connection.prepare(text)


def _names(text: str, *, name: str) -> bool:
    """Whether Python names a statement: in full, or as the beginning of an f-string, `f"sealed_{kind}"`."""
    beginnings = re.findall(r"""\bf["']([a-z_]{4,})\{""", text)
    in_full = f'"{name}"' in text or f"'{name}'" in text
    return in_full or any(name.startswith(beginning) for beginning in beginnings)


def test_every_statement_is_used() -> None:
    unused = []
    for folder, name in STATEMENTS:
        beside = [source.text for source in sources() if (ROOT / source.path).is_relative_to(folder)]
        if not any(_names(text, name=name) for text in beside):
            unused.append(f"{folder.name}/{name}")
    assert not unused, f"nothing beside them names these statements; remove them: {unused}"


async def test_the_schema_keeps_the_rules(database: Database) -> None:
    """Every text is compared by its bytes (COLLATE "C"), and no trigger does business unseen."""
    async with database.connection() as connection:
        texts = await connection.fetch(
            """
            SELECT c.table_schema || '.' || c.table_name || '.' || c.column_name AS place
            FROM information_schema.columns AS c
            WHERE c.table_schema = ANY($1)
                AND c.data_type IN ('text', 'character varying')
                AND c.collation_name IS DISTINCT FROM 'C'
            """,
            sorted(schemas()),
        )
        triggers = await connection.fetch(
            "SELECT tgname AS place FROM pg_catalog.pg_trigger WHERE NOT tgisinternal"
        )
    assert not [row["place"] for row in texts], 'write COLLATE "C" beside the type'
    assert not [row["place"] for row in triggers], "say it in the code that writes the row"
