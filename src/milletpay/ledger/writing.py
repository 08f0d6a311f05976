"""How a batch is written: its row, what it adds, and the balances that it leaves."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from hashlib import sha256
from typing import Final

from milletpay.ledger.head import Added, Head
from milletpay.ledger.rows import COPY_HEADER, COPY_TRAILER, Balances
from milletpay.plumbing.database import Connection
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.ledger")

COLUMNS: Final = {
    "account": [
        "id",
        "user_data_128",
        "user_data_64",
        "user_data_32",
        "ledger",
        "code",
        "flags",
        "timestamp",
    ],
    "transfer": None,
    "resolution": None,
    "burnt": None,
}
"""What COPY fills in each table, in the order of the packed rows; None for every column."""


class Stream:
    """Rows of one table on their way into the database, while more of them are made.

    From the first rows to `finish` the connection can do nothing else.
    """

    def __init__(self, connection: Connection, table: str) -> None:
        self._connection = connection
        self._table = table
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._copying: asyncio.Task[str] | None = None
        self._digest = sha256()
        self.count = 0
        """How many rows were sent."""

    def send(self, rows: Sequence[bytes]) -> None:
        """Send rows on their way."""
        if not rows:
            return
        if self._copying is None:
            self._copying = asyncio.create_task(self._copy(), name=f"copy {self._table}")
        joined = b"".join(rows)
        self._digest.update(joined)
        self.count += len(rows)
        self._waiting.put_nowait(joined)

    async def finish(self) -> Added:
        """Wait until every row is in the database."""
        if self._copying is not None:
            self._waiting.put_nowait(None)
            await self._copying
        return Added(count=self.count, digest=self._digest.digest())

    def abandon(self) -> None:
        """Stop where it is; the transaction is lost."""
        if self._copying is not None:
            self._copying.cancel()

    async def _copy(self) -> str:
        status: str = await self._connection.copy_to_table(
            self._table,
            schema_name="ledger",
            columns=COLUMNS[self._table],
            source=self._rows(),
            format="binary",
        )
        return status

    async def _rows(self) -> AsyncIterator[bytes]:
        yield COPY_HEADER
        while (joined := await self._waiting.get()) is not None:
            yield joined
        yield COPY_TRAILER


async def add(connection: Connection, table: str, rows: Sequence[bytes]) -> Added:
    """Add packed rows to a table of the book."""
    stream = Stream(connection, table)
    stream.send(rows)
    return await stream.finish()


async def add_batch(connection: Connection, head: Head, *, counts: Sequence[int], tail: bytes | None) -> None:
    """Add the row of a batch and, unless it is folded, the record of the balances that it leaves."""
    await connection.execute(
        SQL["add_batch"],
        head.number,
        head.timestamp,
        head.accounting_date,
        *counts,
        head.id_max,
        head.expired_to,
        head.tail_from,
        head.digest,
        tail,
    )


async def fold(connection: Connection, newest: Iterable[tuple[int, Balances, bool]]) -> None:
    """Bring the checkpoint of these accounts up to date, and drop the tail."""
    ids, balances, closed = [], [], []
    for id, of_account, is_closed in newest:
        ids.append(id)
        balances.append(of_account)
        closed.append(is_closed)
    if ids:
        # For many accounts a hash join, for few their index: until COMMIT each statement is planned anew.
        await connection.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        await connection.execute(SQL["fold"], ids, *map(list, zip(*balances, strict=True)), closed)
    await connection.execute(SQL["drop_tail"])
