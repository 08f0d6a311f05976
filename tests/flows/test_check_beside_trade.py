"""The books are proved while they are written, as often as anybody likes, and nobody waits."""

import asyncio
from random import Random

from milletpay.ledger import Account, Outcome, Proof, PublishedHead, Transfer, prove_books
from milletpay.ledger.bookkeeping import Bookkeeper, open_bookkeeper
from milletpay.ledger.chart import AccountKind, new_account
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.database import Connection, Database
from tests.flows.book_traffic import Traffic, opening
from tests.servers import every_server

CHECKS = 8


async def trade(keeper: Bookkeeper, traffic: Traffic, stop: asyncio.Event) -> int:
    """Send batches until it is told to stop; how many."""
    batches = 0
    while not stop.is_set():
        await keeper.create_transfers(traffic.transfers())
        batches += 1
    return batches


@every_server
async def test_each_moment_of_a_busy_book_is_proved(database: Database) -> None:
    clock, stop = SystemClock(), asyncio.Event()
    heads: list[PublishedHead] = []
    async with (
        open_bookkeeper(database=database, clock=clock, desk_id=1) as first,
        open_bookkeeper(database=database, clock=clock, desk_id=2) as second,
    ):
        await first.create_accounts(opening())
        traders = [
            asyncio.create_task(trade(keeper, Traffic(number, Random(number), processes=2), stop))
            for number, keeper in enumerate((first, second))
        ]
        for _ in range(CHECKS):
            report = await prove_books(database=database, clock=clock, published=heads)
            assert report.clean, report
            heads.append(PublishedHead.parse(str(report.head)))
            await asyncio.sleep(0.1)
        stop.set()
        assert min(await asyncio.gather(*traders)) > CHECKS
    assert len({head.number for head in heads}) == CHECKS, "the book went on between"


async def test_an_empty_book_is_proved(database: Database) -> None:
    report = await prove_books(database=database, clock=SystemClock())
    assert report.clean, report
    assert str(report.head) == f"0:{bytes(32).hex()}"
    again = PublishedHead.parse(str(report.head))
    assert (await prove_books(database=database, clock=SystemClock(), published=[again])).clean


async def test_a_package_adds_its_own_proof(database: Database) -> None:
    async def prove_nothing_is_owed(connection: Connection) -> Outcome:
        return Outcome(rows={"debts": await connection.fetchval("SELECT count(*) FROM ledger.account")})

    proof = Proof(name="debts", claim="nobody owes anything", prove=prove_nothing_is_owed)
    report = await prove_books(database=database, clock=SystemClock(), further=[proof])
    assert (report.proofs[-1].name, report.proofs[-1].rows) == ("debts", {"debts": 0})


def leg(id: int, debit: Account, credit: Account, *, code: int) -> Transfer:
    return Transfer(
        id=id,
        debit_account_id=debit.id,
        credit_account_id=credit.id,
        amount=60,
        ledger=debit.ledger,
        code=code,
    )


async def test_bridges_are_level_or_found(database: Database) -> None:
    clock = SystemClock()
    owed = new_account(AccountKind.OWN_IN_POOL, ledger=156)
    fees = new_account(AccountKind.FEE_ACCRUED, ledger=156)
    bank = new_account(AccountKind.CLEARING, ledger=156, owner=7)
    due = new_account(AccountKind.DUE_FROM_POOL, ledger=1156)
    income = new_account(AccountKind.FEE_INCOME, ledger=1156)
    legs = [
        leg(1, bank, fees, code=9),
        leg(2, fees, owed, code=1601),
        Transfer(
            id=3, debit_account_id=due.id, credit_account_id=income.id, amount=60, ledger=1156, code=1602
        ),
    ]
    async with open_bookkeeper(database=database, clock=clock, desk_id=1) as keeper:
        await keeper.create_accounts([owed, fees, bank, due, income])
        assert await keeper.create_transfers(legs[:2]) == ["created"] * 2
        report = await prove_books(database=database, clock=clock)
        (finding,) = report.findings
        assert finding.where == "bridge of own_in_pool and due_from_pool in CNY, live"
        assert (finding.expected, finding.found) == ("own_in_pool 60", "due_from_pool 0")
        assert await keeper.create_transfers(legs[2:]) == ["created"]
        report = await prove_books(database=database, clock=clock)
    assert report.clean, report
    remarks = [remark for proof in report.proofs for remark in proof.remarks]
    assert remarks == ["codes that the chart does not know: 9 (1 transfers)"]
