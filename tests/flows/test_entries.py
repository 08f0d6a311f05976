"""Statements follow from the book: what a business moved, once on each side, balances without a gap."""

from random import Random

import pytest

from milletpay.ledger import CreateTransferStatus, Transfer, TransferFlags
from milletpay.ledger.bookkeeping import open_bookkeeper
from milletpay.ledger.chart import AccountKind, TransferCode, new_account
from milletpay.ledger.entries import Entry, find_entries
from milletpay.ledger.model import ID_MAX
from milletpay.ledger.reading import find_accounts
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.database import Connection, Database
from tests.servers import every_server

F = TransferFlags
LEDGER = 156
CUSTOMERS = [new_account(AccountKind.CUST, ledger=LEDGER, owner=owner) for owner in (1, 2, 3)]
BANK = new_account(AccountKind.CLEARING, ledger=LEDGER, owner=1)
IDS = [account.id for account in (*CUSTOMERS, BANK)]
PLAIN = [F(0), F(0), F(0), F.LINKED, F.PENDING, F.BALANCING_DEBIT]
ENDS = [F.POST_PENDING_TRANSFER, F.VOID_PENDING_TRANSFER]


def some_transfers(random: Random, first: int) -> list[Transfer]:
    """Plain, linked, pending and resolving ones; many are refused."""
    transfers = []
    for id in range(first, first + random.randint(1, 12)):
        debit, credit = random.sample(IDS, 2)
        if random.random() < 0.3:
            amount = random.choice([2**63 - 1, 3])
            pending = random.randint(max(1, id - 12), max(1, id - 1))
            transfers.append(Transfer(id=id, amount=amount, pending_id=pending, flags=random.choice(ENDS)))
            continue
        transfers.append(
            Transfer(
                id=id,
                debit_account_id=debit,
                credit_account_id=credit,
                amount=random.randint(0, 40),
                user_data_128=id * 7,
                ledger=LEDGER,
                code=TransferCode.TOP_UP.code,
                flags=random.choice(PLAIN),
            )
        )
    return transfers


async def statement(connection: Connection, account: int, *, page: int) -> list[Entry]:
    """All of it, page by page, the newest first."""
    entries: list[Entry] = []
    while True:
        before = entries[-1].place if entries else None
        found = await find_entries(connection, account=account, before=before, most=page)
        entries += found
        if len(found) < page:
            return entries


@every_server
async def test_entries_are_the_posted_transfers_with_running_balances(database: Database) -> None:
    random = Random(7)
    created = []
    async with open_bookkeeper(database=database, clock=SystemClock(), desk_id=1) as bookkeeper:
        await bookkeeper.create_accounts([*CUSTOMERS, BANK])
        first = 1
        for _ in range(60):
            transfers = some_transfers(random, first)
            first = transfers[-1].id + 1
            statuses = await bookkeeper.create_transfers(transfers)
            created += [
                t.id
                for t, status in zip(transfers, statuses, strict=True)
                if status is CreateTransferStatus.created
            ]
        async with database.connection() as connection:
            kept = await connection.fetch(
                """
                SELECT timestamp, debit_account_id, credit_account_id, amount, user_data_128
                FROM ledger.transfer
                WHERE id = ANY($1) AND flags & 10 = 0
                ORDER BY timestamp
                """,
                created,
            )
            accounts = await find_accounts(connection, ids=IDS)
            assert len(kept) > 100
            for account in CUSTOMERS:
                balance, expected = 0, []
                for row in kept:
                    if account.id not in (row["debit_account_id"], row["credit_account_id"]):
                        continue
                    amount = row["amount"] if row["credit_account_id"] == account.id else -row["amount"]
                    balance += amount
                    expected.append((row["timestamp"], amount, balance, row["user_data_128"]))
                for page in (1, 7, 1000):
                    found = await statement(connection, account.id, page=page)
                    assert [(e.timestamp, e.amount, e.balance, e.object) for e in reversed(found)] == expected
                now = accounts[account.id]
                assert now.credits_posted - now.debits_posted == balance


async def test_what_no_business_moved_is_no_entry(database: Database) -> None:
    async with open_bookkeeper(database=database, clock=SystemClock(), desk_id=1) as bookkeeper:
        await bookkeeper.create_accounts([*CUSTOMERS, BANK])
        code = TransferCode.TOP_UP.code
        await bookkeeper.create_transfers(
            [Transfer(1, BANK.id, CUSTOMERS[0].id, 5, ledger=LEDGER, code=code)]
        )
    async with database.connection() as connection:
        assert await find_entries(connection, account=CUSTOMERS[0].id, most=10) == []


@pytest.mark.parametrize("before", [0, 1, 2**64 - 1, 2**127, ID_MAX])
async def test_any_number_is_a_place(database: Database, before: int) -> None:
    async with open_bookkeeper(database=database, clock=SystemClock(), desk_id=1) as bookkeeper:
        await bookkeeper.create_accounts([*CUSTOMERS, BANK])
        code = TransferCode.TOP_UP.code
        await bookkeeper.create_transfers(
            [Transfer(1, BANK.id, CUSTOMERS[0].id, 5, user_data_128=9, ledger=LEDGER, code=code)]
        )
    async with database.connection() as connection:
        found = await find_entries(connection, account=CUSTOMERS[0].id, before=before, most=10)
    assert len(found) == (1 if before >= 2**127 else 0)


async def test_a_page_is_read_along_the_indexes(database: Database) -> None:
    """However long the history is: no sort of all of it, no walk through the table."""
    async with database.transaction() as connection:
        await connection.execute("SET LOCAL enable_seqscan = off")
        await connection.execute("SET LOCAL enable_bitmapscan = off")
        for index, column in (("transfer_debit", "debit"), ("transfer_credit", "credit")):
            plan = await connection.fetch(
                f"""
                EXPLAIN SELECT amount FROM ledger.transfer
                WHERE {column}_account_id = $1 AND timestamp < $2
                    AND user_data_128 <> '00000000-0000-0000-0000-000000000000'
                ORDER BY timestamp DESC LIMIT 20
                """,
                1,
                2**62,
            )
            assert f"Index Scan Backward using {index}" in "\n".join(row[0] for row in plan)
            assert "Sort" not in "\n".join(row[0] for row in plan)
