"""Transfers to the safeguarded account: the customer whom they name has them, once; else they wait."""

import asyncio
from dataclasses import replace

import pytest

from milletpay.customers import CUSTOMER_ID, CustomerId, CustomerStatus, SetCustomerStatus
from milletpay.ledger.chart import Mode
from milletpay.limits import Measure
from milletpay.plumbing.database import Database
from milletpay.plumbing.dates import day_of
from milletpay.rails import LineKind, Received
from milletpay.wallets import (
    RECEIPT_ID,
    BookReceipt,
    ClaimReceipt,
    Deposits,
    GiveDepositNumber,
    Receipt,
    ReceiptId,
    ReceiptRefusal,
    ReceiptRefused,
    ReceiptStatus,
    Unclaimed,
    deposit_number,
    unclaimed_receipts,
)
from tests.flows.bank_contract import CNY, yuan
from tests.flows.test_check_command import say as millet_says
from tests.flows.trade_desk import new_customer
from tests.flows.wallet_desk import BANK, WalletDesk, open_wallets

DAY = 24 * 3600


async def named(wallets: WalletDesk, customer: int) -> str:
    """The remark that names a new customer."""
    await wallets.ask(new_customer(customer))
    command = GiveDepositNumber(
        customer=CustomerId(customer), mode=Mode.LIVE, drawn=deposit_number(customer * 7_919)
    )
    given = await wallets.ask(command)
    assert isinstance(given, Deposits), given
    return f"Top up {given.number}"


def transfer(reference: str, amount: int, *, remark: str) -> Received:
    return Received(
        bank_reference=reference, amount=yuan(amount), token="acc_1", payer="W** 6222****1234", remark=remark
    )


async def waiting(wallets: WalletDesk) -> list[Receipt]:
    async with wallets.database.connection() as connection:
        return list(await unclaimed_receipts(connection, most=10))


async def test_a_customer_who_is_named_has_the_money_once_however_often_it_is_told(
    database: Database,
) -> None:
    async with open_wallets(database) as wallets:
        remark = await named(wallets, 1)
        await wallets.bank.receive(transfer("in-1", 250, remark=remark), told=3)
        await wallets.work()
        assert await wallets.balances(CustomerId(1)) == {"bank_safe": 250, "cust 1": 250}
        assert await wallets.counted(CustomerId(1), Measure.TOP_UPS) == 250
        assert await waiting(wallets) == []
        lines = await wallets.bank.statement(day_of(wallets.clock.now_ns()), currency=CNY)
        assert [(line.kind, line.bank_reference, line.amount) for line in lines] == [
            (LineKind.RECEIPT, "in-1", yuan(250))
        ]
        await wallets.pass_time(seconds=2 * DAY)
        assert await wallets.balances(CustomerId(1)) == {"bank_safe": 250, "cust 1": 250}


@pytest.mark.parametrize("case", ["nobody", "mistyped", "two", "frozen", "too much"])
async def test_what_names_nobody_who_may_have_it_waits_and_is_claimed_once(
    database: Database, case: str
) -> None:
    async with open_wallets(database) as wallets:
        remark = await named(wallets, 1)
        number = int(remark.split()[-1])
        amount, why = 100, Unclaimed.NAMES_NOBODY
        match case:
            case "nobody":
                remark = "rent"
            case "mistyped":
                remark = str(number + 1)
            case "two":
                remark = f"{number} {deposit_number(5)}"
            case "frozen":
                frozen = SetCustomerStatus(id=CustomerId(1), status=CustomerStatus.FROZEN)
                await wallets.ask(frozen)
                why = Unclaimed.CUSTOMER_NOT_ACTIVE
            case _:
                amount, why = 9_000_000, Unclaimed.EXCEEDS_LIMIT
        await wallets.bank.receive(transfer("in-1", amount, remark=remark), told=2)
        await wallets.work()
        [receipt] = await waiting(wallets)
        assert (receipt.status, receipt.unclaimed) == (ReceiptStatus.UNCLAIMED, why)
        assert await wallets.balances(CustomerId(1)) == {"bank_safe": amount, "suspense": amount}
        await wallets.ask(new_customer(2))
        claims = [
            wallets.ask(ClaimReceipt(id=receipt.id, customer=CustomerId(number))) for number in (2, 2, 2)
        ]
        answers = await asyncio.gather(*claims)
        assert {answer.status for answer in answers} == {ReceiptStatus.CREDITED}
        assert await wallets.balances(CustomerId(1), CustomerId(2)) == {
            "bank_safe": amount,
            "cust 2": amount,
        }
        await wallets.ask(new_customer(3))
        late = await wallets.ask(ClaimReceipt(id=receipt.id, customer=CustomerId(3)))
        assert isinstance(late, ReceiptRefused)
        assert late.refusal is ReceiptRefusal.WRONG_STATE
        assert await waiting(wallets) == []


async def test_a_reference_of_the_bank_is_one_receipt_at_every_desk(database: Database) -> None:
    async with open_wallets(database) as here, open_wallets(database, desk_id=2) as there:
        told = transfer("in-7", 80, remark=await named(here, 1))
        commands = [BookReceipt(id=ReceiptId(9_000 + n), bank=BANK, received=told) for n in range(20)]
        answers = await asyncio.gather(
            *[(here, there)[n % 2].ask(command) for n, command in enumerate(commands)]
        )
        assert len({answer.id for answer in answers}) == 1
        assert await here.balances(CustomerId(1)) == {"bank_safe": 80, "cust 1": 80}
        other = BookReceipt(id=ReceiptId(1), bank=BANK, received=replace(told, amount=yuan(81)))
        refused = await there.ask(other)
        assert isinstance(refused, ReceiptRefused)
        assert refused.refusal is ReceiptRefusal.REFERENCE_USED


async def test_a_deposit_number_is_one_customers_for_ever(database: Database) -> None:
    async with open_wallets(database) as here, open_wallets(database, desk_id=2) as there:
        for number in (1, 2):
            await here.ask(new_customer(number))
        one, two = (
            GiveDepositNumber(customer=CustomerId(n), mode=Mode.LIVE, drawn=deposit_number(4_711))
            for n in (1, 2)
        )
        answers = await asyncio.gather(here.ask(one), there.ask(two))
        [given] = [answer for answer in answers if isinstance(answer, Deposits)]
        [refused] = [answer for answer in answers if isinstance(answer, ReceiptRefused)]
        assert refused.refusal is ReceiptRefusal.NUMBER_TAKEN
        again = GiveDepositNumber(customer=given.customer, mode=Mode.LIVE, drawn=deposit_number(1))
        assert await there.ask(again) == given


async def test_somebody_of_the_house_finds_out_whose_it_is(database: Database, owner_url: str) -> None:
    async with open_wallets(database) as wallets:
        await named(wallets, 1)
        await wallets.bank.receive(transfer("in-1", 42, remark="birthday"))
        await wallets.work()
        [receipt] = await waiting(wallets)
        shown = await asyncio.to_thread(millet_says, "admin", "receipts", "--database-url", owner_url)
        name, customer = RECEIPT_ID.write(receipt.id), CUSTOMER_ID.write(CustomerId(1))
        for told in (name, "42.00", "birthday", "names nobody"):
            assert told in shown, shown
        claim = ("admin", "claim-receipt", "--database-url", owner_url, name, customer)
        assert f"of in-1 is {customer}'s" in await asyncio.to_thread(millet_says, *claim)
        assert await wallets.balances(CustomerId(1)) == {"bank_safe": 42, "cust 1": 42}
        shown = await asyncio.to_thread(millet_says, "admin", "receipts", "--database-url", owner_url)
        assert "Nothing waits" in shown
        nobody = CUSTOMER_ID.write(CustomerId(77))
        refused = await asyncio.to_thread(millet_says, *claim[:-1], nobody, status=1)
        assert "Nothing was done" in refused
