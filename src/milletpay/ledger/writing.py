"""How a batch is written: its row, what it adds, and the balances that it leaves."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from milletpay.ledger.head import Added, Head, seal
from milletpay.ledger.rows import (
    COPY_HEADER,
    COPY_TRAILER,
    Balances,
    greatest_id,
    pack_balances,
    pack_burnt,
    pack_resolution,
)
from milletpay.ledger.state import Changes
from milletpay.plumbing.database import Connection
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.ledger")

TAIL_BATCHES_MAX: Final = 128
"""Fold at the latest after so many batches: a reader of one balance looks through all of them."""

TAIL_RECORDS_MAX: Final = 1_000_000
"""Fold at the latest with so many records: a process that starts reads all of them, about 49 MB."""

COLUMNS: Final = {
    "account": (
        "id",
        "user_data_128",
        "user_data_64",
        "user_data_32",
        "ledger",
        "code",
        "flags",
        "timestamp",
    ),
    "transfer": None,
    "resolution": None,
    "burnt": None,
}
"""What COPY fills, in the order of the packed rows; None for every column."""


@dataclass(kw_only=True)
class Batch:
    """One batch on its way into the database."""

    previous: Head
    timestamp: int
    accounting_date: int
    expired_to: int
    changes: Changes
    tail_records: int
    """How many records the tail holds before this batch."""

    @property
    def number(self) -> int:
        """Its place in the book, from 1."""
        return self.previous.number + 1

    @property
    def folds(self) -> bool:
        """Whether it brings the checkpoint up to date instead of adding to the tail."""
        return (
            self.number - self.previous.tail_from >= TAIL_BATCHES_MAX
            or self.tail_records + len(self.changes.touched) > TAIL_RECORDS_MAX
        )

    @property
    def tail_records_after(self) -> int:
        """How many records the tail holds after it."""
        return 0 if self.folds else self.tail_records + len(self.changes.touched)

    @cached_property
    def added(self) -> Added:
        """Its rows."""
        changes = self.changes
        return Added(
            accounts=b"".join(changes.accounts),
            transfers=b"".join(changes.transfers),
            resolutions=b"".join([pack_resolution(resolution) for resolution in changes.resolutions]),
            burnt=b"".join([pack_burnt(id, timestamp=timestamp) for id, timestamp in changes.burnt]),
        )

    @cached_property
    def head(self) -> Head:
        """The head of the book after it."""
        ids = [id for id, _ in self.changes.burnt]
        head = Head(
            number=self.number,
            timestamp=self.timestamp,
            accounting_date=self.accounting_date,
            id_max=max(self.previous.id_max, greatest_id(self.changes.transfers), *ids),
            expired_to=self.expired_to,
            tail_from=self.number + 1 if self.folds else self.previous.tail_from,
        )
        return seal(head, previous=self.previous.digest, added=self.added)


async def write(
    connection: Connection, batch: Batch, *, unfolded: Iterable[tuple[int, Balances, bool]]
) -> None:
    """Write a batch within the open transaction; `unfolded` is read only if it folds."""
    head, added = batch.head, batch.added
    await connection.execute(
        SQL["add_batch"],
        head.number,
        head.timestamp,
        head.accounting_date,
        *added.counts,
        head.id_max,
        head.expired_to,
        head.tail_from,
        head.digest,
        None if batch.folds else pack_balances(batch.changes.touched),
    )
    await _copy(connection, "account", added.accounts)
    await _copy(connection, "transfer", added.transfers)
    await _copy(connection, "resolution", added.resolutions)
    await _copy(connection, "burnt", added.burnt)
    if batch.folds:
        await _fold(connection, unfolded)


async def _copy(connection: Connection, table: str, rows: bytes) -> None:
    """Add packed rows to a table of the book."""
    if rows:
        await connection.copy_to_table(
            table,
            schema_name="ledger",
            columns=COLUMNS[table],
            source=_stream(rows),
            format="binary",
        )


async def _stream(rows: bytes) -> AsyncIterator[bytes]:
    yield COPY_HEADER
    yield rows
    yield COPY_TRAILER


async def _fold(connection: Connection, unfolded: Iterable[tuple[int, Balances, bool]]) -> None:
    """Bring the checkpoint up to date and drop the tail."""
    ids, balances, closed = [], [], []
    for id, of_account, is_closed in unfolded:
        ids.append(id)
        balances.append(of_account)
        closed.append(is_closed)
    if ids:
        await connection.execute(SQL["fold"], ids, *map(list, zip(*balances, strict=True)), closed)
    await connection.execute(SQL["drop_tail"])
