"""A customer's statement: every movement once, each with the balance after it, whoever else moves."""

import asyncio
from collections.abc import Coroutine
from random import Random
from typing import Any

import pytest

from milletpay.customers import CustomerId
from milletpay.ledger.chart import Mode, TransferCode
from milletpay.ledger.check import prove_books
from milletpay.ledger.entries import Entry
from milletpay.plumbing.clock import SECOND
from milletpay.plumbing.database import Database
from milletpay.rails import AnyOf, Direction, Fault, RefusalReason
from milletpay.wallets import entries_of, find_balance
from tests.flows.bank_contract import CNY
from tests.flows.wallet_desk import WalletDesk, open_wallets


async def statement(wallets: WalletDesk, customer: CustomerId, *, page: int = 7) -> list[Entry]:
    """The whole of it, the oldest first, read page by page; checked against the balance."""
    entries: list[Entry] = []
    async with wallets.database.connection() as connection:
        while True:
            before = entries[-1].place if entries else None
            found = await entries_of(
                connection, customer=customer, mode=Mode.LIVE, currency=CNY, before=before, most=page
            )
            entries += found
            if len(found) < page:
                break
        balance = await find_balance(connection, customer=customer, mode=Mode.LIVE, currency=CNY)
    entries.reverse()
    before = 0
    for entry in entries:
        assert entry.balance == before + entry.amount
        assert entry.balance >= 0
        before = entry.balance
    assert [entry.timestamp for entry in entries] == sorted({entry.timestamp for entry in entries})
    assert balance.available.minor == before
    return entries


async def test_everything_that_moves_the_balance_is_there(database: Database) -> None:
    async with open_wallets(database) as wallets:
        anna, ben = await wallets.customer(1, balance=100), await wallets.customer(2)
        send = await wallets.send(anna, ben, 30)
        withdrawal = await wallets.withdraw(anna, 50)
        await wallets.work()
        lines = [(entry.code, entry.amount, entry.balance) for entry in await statement(wallets, anna)]
        assert lines == [
            (TransferCode.TOP_UP, 100_00, 100_00),
            (TransferCode.SEND, -30_00, 70_00),
            (TransferCode.WITHDRAW, -50_00, 20_00),
            (TransferCode.WITHDRAW_FEE, -10, 19_90),
        ]
        assert [entry.object for entry in await statement(wallets, anna)][1:] == [
            send.id,
            withdrawal.id,
            withdrawal.id,
        ]
        (received,) = await statement(wallets, ben)
        assert (received.amount, received.object) == (30_00, send.id)


async def test_it_is_continuous_under_fifty_debits_and_credits_at_once(database: Database) -> None:
    """Two processes write to the one book, in batches of any size."""
    async with (
        open_wallets(database) as first,
        open_wallets(database, desk_id=2, clock=first.clock) as second,
    ):
        anna, ben = await first.customer(1, balance=1000), await first.customer(2, balance=1000)
        amounts = [Random(number).randint(1, 60) for number in range(50)]
        answers = await asyncio.gather(
            *(
                (first, second)[number % 3 == 0].send(*((anna, ben), (ben, anna))[number % 2], amount)
                for number, amount in enumerate(amounts)
            )
        )
        moved = [send for send in answers if send.decline is None]
        assert len(await statement(first, anna)) == 1 + len(moved)
        assert len(await statement(second, ben)) == 1 + len(moved)


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happens_money_is_neither_made_nor_lost(database: Database, seed: int) -> None:
    """Customers and a bank that is often out of order: in the end all is decided, and every sum agrees."""
    random = Random(seed)
    async with open_wallets(database) as wallets:
        customers = [await wallets.customer(number, balance=500) for number in (1, 2, 3)]
        for fault in (
            Fault(unanswered=2, notices=1),
            Fault(lost=True),
            Fault(decided_after_ns=300 * SECOND, notices=2),
            Fault(reason=RefusalReason.NOT_ALLOWED, notices=2),
            Fault(comes_back_after_ns=900 * SECOND, notices=1),
        ):
            for into in Direction:
                await wallets.bank.inject(fault, into=into, orders=AnyOf(per_10_000=random.randint(0, 2500)))
        for _ in range(8):
            doing: list[Coroutine[Any, Any, object]] = []
            for _ in range(12):
                one, other = random.sample(customers, 2)
                amount = random.randint(1, 300)
                match random.randrange(3):
                    case 0:
                        doing.append(wallets.send(one, other, amount))
                    case 1:
                        doing.append(wallets.top_up(one, amount))
                    case _:
                        doing.append(wallets.withdraw(one, amount))
            await asyncio.gather(*doing)
            await wallets.pass_time(seconds=random.randint(0, 200))
        await wallets.bank.heal()
        for _ in range(12):
            await wallets.pass_time(seconds=600)
        for customer in customers:
            await statement(wallets, customer)
        found = await wallets.balances(*customers)
        assert "wd_transit" not in found
        assert "returned" not in found
        report = await prove_books(database=database, clock=wallets.clock)
        assert not [proof.findings for proof in report.proofs if proof.findings], report
