"""The house's own money, and cash that arrives: booked once, each pool by itself, level over the bridge."""

import asyncio

import pytest

from milletpay.ledger.chart import Mode
from milletpay.ledger.check import prove_books
from milletpay.money import Currency, Money
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.database import Database
from milletpay.rails import BankKey
from milletpay.treasury import (
    BankLink,
    BookMovement,
    Movement,
    MovementKind,
    OpenBank,
    TreasuryRefusal,
    TreasuryRefused,
    find_links,
)
from tests.flows.bank_contract import CNY, yuan
from tests.flows.wallet_desk import BANK, LINK, open_wallets

DAY = 24 * 3600


def movement(kind: MovementKind, amount: int, *, reference: str = "1", bank: BankKey = BANK) -> BookMovement:
    return BookMovement(kind=kind, bank=bank, reference=f"{kind.name} {reference}", amount=yuan(amount))


async def test_own_money_enters_the_pool_and_stays_ours(database: Database) -> None:
    async with open_wallets(database) as wallets:
        for asked in (movement(MovementKind.CAPITAL, 5000), movement(MovementKind.PREFUND, 1000)):
            same = await asyncio.gather(*(wallets.ask(asked) for _ in range(5)))
            assert isinstance(same[0], Movement)
            assert len(set(same)) == 1
        assert await wallets.balances() == {
            "bank_own": 4000,
            "bank_safe": 1000,
            "capital": 5000,
            "due_from_pool": 1000,
            "own_in_pool": 1000,
        }
    assert (await prove_books(database=database, clock=SystemClock())).clean


async def test_the_modes_do_not_meet(database: Database) -> None:
    of_test = BankKey(Mode.TEST, "icbc")
    async with open_wallets(database) as wallets:
        link = BankLink(bank=of_test, currency=CNY, clearing=901, safe=902, own=903)
        for _ in range(2):
            assert await wallets.ask(OpenBank(link=link)) == link
        await wallets.ask(movement(MovementKind.CAPITAL, 70, bank=of_test))
        assert await wallets.balances() == {}
    async with database.connection() as connection:
        assert set(await find_links(connection)) == {LINK, link}


async def refusal_of(answer: object) -> TreasuryRefusal:
    assert isinstance(answer, TreasuryRefused), answer
    assert answer.detail
    return answer.refusal


async def test_what_cannot_be_is_refused(database: Database) -> None:
    async with open_wallets(database) as wallets:
        other = BankLink(bank=BANK, currency=CNY, clearing=1, safe=2, own=3)
        assert await refusal_of(await wallets.ask(OpenBank(link=other))) is TreasuryRefusal.LINKED_OTHERWISE
        nobody = movement(MovementKind.CASH, 1, bank=BankKey(Mode.LIVE, "nobody"))
        assert await refusal_of(await wallets.ask(nobody)) is TreasuryRefusal.NOT_LINKED
        dollars = BookMovement(
            kind=MovementKind.CASH, bank=BANK, reference="1", amount=Money(1, Currency.USD)
        )
        assert await refusal_of(await wallets.ask(dollars)) is TreasuryRefusal.NOT_LINKED
        await wallets.ask(movement(MovementKind.CAPITAL, 10))
        again = movement(MovementKind.CAPITAL, 11)
        assert await refusal_of(await wallets.ask(again)) is TreasuryRefusal.REFERENCE_USED
        assert await wallets.balances() == {"bank_own": 10, "capital": 10}


@pytest.mark.parametrize("days", [1, 4])
async def test_cash_arrives_with_the_bank_s_settlement(database: Database, days: int) -> None:
    """Also for the days on which nothing ran."""
    async with open_wallets(database) as wallets:
        customer = await wallets.customer(1, balance=300)
        assert await wallets.balances(customer) == {"clearing": 300, "cust 1": 300}
        await wallets.pass_time(seconds=days * DAY)
        await wallets.withdraw(customer, 100)
        await wallets.work()
        for _ in range(3):
            await wallets.pass_time(seconds=DAY)
        assert await wallets.balances(customer) == {
            "bank_safe": 200,
            "cust 1": 199_90,
            "fee_accrued": 10,
        }
    assert (await prove_books(database=database, clock=SystemClock())).clean
