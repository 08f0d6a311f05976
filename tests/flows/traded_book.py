"""A small book in which everything has happened, as a template to take copies from."""

from dataclasses import dataclass, field
from uuid import UUID

import asyncpg

from milletpay.ledger import (
    AMOUNT_MAX,
    Account,
    AccountFlags,
    Bookkeeper,
    ProofReport,
    PublishedHead,
    Transfer,
    TransferFlags,
    prove_books,
)
from milletpay.ledger.bookkeeping import open_bookkeeper
from milletpay.ledger.store import TAIL_BATCHES_MAX
from milletpay.plumbing.clock import SECOND, ManualClock, SystemClock
from milletpay.plumbing.database import Connection, Database
from milletpay.plumbing.migration import migrate
from tests.servers import TestServer

A = AccountFlags
T = TransferFlags

BANK, ANN, BEA, CAT, SHUT = 1, 2, 3, 4, 5
"""Accounts: one with money for everybody, three that cannot go below zero, one that nothing has moved on."""

FIRST_BATCH_AFTER_FOLD = TAIL_BATCHES_MAX + 2
"""The first thing that happens after the long row of batches which was folded."""


def plain(id: int, *, debit: int, credit: int, amount: int, **more: int) -> Transfer:
    return Transfer(
        id=id, debit_account_id=debit, credit_account_id=credit, amount=amount, ledger=156, code=1, **more
    )


def uuid(id: int) -> str:
    """An id as a literal of SQL."""
    return f"'{UUID(int=id)}'"


async def trade(keeper: Bookkeeper, clock: ManualClock) -> None:
    """Accounts, three transfers, a long row of batches, then pendings and all that may become of them."""
    limited = A.debits_must_not_exceed_credits
    await keeper.create_accounts(
        [
            Account(id=BANK, ledger=156, code=1),
            *[Account(id=id, ledger=156, code=2, flags=limited) for id in (ANN, BEA, CAT)],
            Account(id=SHUT, ledger=156, code=3, flags=A.closed),
        ]
    )
    first = [plain(100 + to, debit=BANK, credit=to, amount=1000) for to in (ANN, BEA, CAT)]
    assert set(await keeper.create_transfers(first)) == {"created"}
    for id in range(1000, 1000 + FIRST_BATCH_AFTER_FOLD - 3):
        await keeper.create_transfers([plain(id, debit=ANN, credit=BEA, amount=1)])
    statuses = await keeper.create_transfers(
        [
            plain(2001, debit=ANN, credit=BEA, amount=10, flags=T.pending),
            plain(2002, debit=BEA, credit=CAT, amount=20, flags=T.pending),
            plain(2003, debit=CAT, credit=BANK, amount=30, flags=T.pending, timeout=60),
            plain(2004, debit=CAT, credit=BANK, amount=40, flags=T.pending, timeout=600),
            plain(2005, debit=ANN, credit=BEA, amount=99_999),
            plain(2006, debit=BANK, credit=CAT, amount=5, flags=T.pending | T.closing_credit),
        ]
    )
    assert statuses == ["created"] * 4 + ["exceeds_credits", "created"]
    statuses = await keeper.create_transfers(
        [
            Transfer(id=3001, pending_id=2001, amount=7, flags=T.post_pending_transfer),
            Transfer(id=3002, pending_id=2002, amount=0, flags=T.void_pending_transfer),
            plain(3003, debit=ANN, credit=CAT, amount=1),
        ]
    )
    assert statuses == ["created", "created", "credit_account_already_closed"]
    clock.advance(duration_ns=61 * SECOND)
    await keeper.expire_due()
    statuses = await keeper.create_transfers(
        [
            Transfer(id=4001, pending_id=2006, amount=AMOUNT_MAX, flags=T.post_pending_transfer),
            plain(4002, debit=ANN, credit=BEA, amount=2),
            plain(4003, debit=BANK, credit=BEA, amount=3),
        ]
    )
    assert statuses == ["credit_account_already_closed", "created", "created"]


TABLES = ("batch", "account", "transfer", "resolution", "burnt", "tail")

KEEP = ("CREATE SCHEMA kept", *(f"CREATE TABLE kept.{name} AS TABLE ledger.{name}" for name in TABLES))

RESTORE = (
    *(f"DELETE FROM ledger.{name}" for name in TABLES),
    *(f"INSERT INTO ledger.{name} TABLE kept.{name}" for name in TABLES),
)


@dataclass
class OpenedBook:
    """A traded book, and its owner at a prompt."""

    url: str
    owner: Connection
    database: Database

    @classmethod
    async def open(cls, url: str) -> "OpenedBook":
        return cls(url, await asyncpg.connect(url), await Database.open(url, connections=2))

    async def close(self) -> None:
        await self.owner.close()
        await self.database.close()

    async def run(self, *statements: str) -> None:
        """Run statements as the owner, each of which changes something."""
        for statement in statements:
            done = await self.owner.execute(statement)
            assert not done.startswith(("UPDATE 0", "DELETE 0", "INSERT 0 0")), f"{statement} changes nothing"

    async def prove(self, *heads: str) -> ProofReport:
        published = [PublishedHead.parse(head) for head in heads]
        return await prove_books(database=self.database, clock=SystemClock(), published=published)


@dataclass
class TradedBooks:
    """One book on each server, made when it is first wanted, and as it was made for whoever wants it next."""

    made: list[tuple[TestServer, OpenedBook]] = field(default_factory=list)

    async def fresh(self, server: TestServer) -> OpenedBook:
        """The book, with whatever was done to it undone."""
        book = next((book for of, book in self.made if of is server), None)
        if book is None:
            book = await OpenedBook.open(await _make(server))
            await book.run(*KEEP)
            self.made.append((server, book))
        for statement in RESTORE:
            await book.owner.execute(statement)
        return book

    async def drop(self) -> None:
        for server, book in self.made:
            await book.close()
            await server.drop_database(book.url)


async def _make(server: TestServer) -> str:
    url = await server.make_database()
    clock = ManualClock()
    database = await Database.open(await migrate(owner_url=url))
    async with open_bookkeeper(database=database, clock=clock, desk_id=1) as keeper:
        await trade(keeper, clock)
    await database.close()
    return url
