"""A bank transfer that is nobody's goes back to where it came from: once, and never if it was claimed."""

import asyncio

import pytest

from milletpay.customers import CustomerId
from milletpay.plumbing.clock import SECOND, SystemClock
from milletpay.plumbing.database import Database
from milletpay.plumbing.dates import day_of
from milletpay.rails import Direction, Fault, LineKind, NextOrders, RefusalReason
from milletpay.wallets import (
    RECEIPT_ID,
    RECEIPT_RETURN_ID,
    ClaimReceipt,
    Receipt,
    ReceiptId,
    ReceiptRefusal,
    ReceiptRefused,
    ReceiptReturn,
    ReceiptReturnId,
    ReceiptStatus,
    ReturnReceipt,
    ReturnStatus,
    UndoReturn,
    find_receipt,
    returns_of,
)
from tests.flows.bank_contract import CNY, yuan
from tests.flows.test_check_command import say as millet_says
from tests.flows.test_receipts import transfer, waiting
from tests.flows.trade_desk import new_customer
from tests.flows.wallet_desk import WalletDesk, open_wallets

R = ReturnStatus
DAY = 24 * 3600
RACES = 8


async def unclaimed(wallets: WalletDesk, *, reference: str = "in-1", amount: int = 42) -> Receipt:
    """A receipt that names nobody."""
    await wallets.bank.receive(transfer(reference, amount, remark="rent"))
    await wallets.work()
    (receipt,) = [receipt for receipt in await waiting(wallets) if receipt.bank_reference == reference]
    return receipt


async def send_back(wallets: WalletDesk, receipt: Receipt) -> ReceiptReturn | ReceiptRefused:
    command = ReturnReceipt(
        id=ReceiptReturnId(next(wallets.ids)), receipt=receipt.id, why="the payer asked for it"
    )
    answer: ReceiptReturn | ReceiptRefused = await wallets.ask(command)
    return answer


async def standing(wallets: WalletDesk, receipt: Receipt) -> tuple[ReceiptStatus, list[ReturnStatus]]:
    """Where it is, and what became of each try to send it back."""
    async with wallets.database.connection() as connection:
        found = await find_receipt(connection, id=receipt.id)
        tries = await returns_of(connection, receipt=receipt.id)
    assert found is not None
    return found.status, [one.status for one in tries]


async def test_it_goes_back_once_and_its_money_waits_in_suspense_meanwhile(database: Database) -> None:
    async with open_wallets(database) as wallets:
        receipt = await unclaimed(wallets)
        answers = await asyncio.gather(*(send_back(wallets, receipt) for _ in range(5)))
        assert len({answer.id for answer in answers if isinstance(answer, ReceiptReturn)}) == 1
        assert await standing(wallets, receipt) == (ReceiptStatus.RETURNING, [R.CREATED])
        assert await wallets.balances() == {"bank_safe": 42, "suspense": 42}
        await wallets.work()
        assert await standing(wallets, receipt) == (ReceiptStatus.RETURNED, [R.SUCCEEDED])
        assert await wallets.balances() == {}
        assert await waiting(wallets) == []
        assert await wallets.events(receipt.id) == [
            "receipt.unclaimed",
            "receipt.returning",
            "receipt.returned",
        ]
        lines = await wallets.bank.statement(day_of(wallets.clock.now_ns()), currency=CNY)
        assert [(line.kind, line.amount) for line in lines] == [
            (LineKind.PAYMENT, yuan(42)),
            (LineKind.RECEIPT, yuan(42)),
        ]
        again = await send_back(wallets, receipt)
        assert isinstance(again, ReceiptReturn)
        assert again.status is R.SUCCEEDED
        await wallets.ask(new_customer(1))
        late = await wallets.ask(ClaimReceipt(id=receipt.id, customer=CustomerId(1)))
        assert late.refusal is ReceiptRefusal.WRONG_STATE


@pytest.mark.parametrize(
    ("fault", "ends"),
    [
        (Fault(unanswered=3), R.SUCCEEDED),
        (Fault(lost=True), R.SUCCEEDED),
        (Fault(decided_after_ns=90 * SECOND, notices=2), R.SUCCEEDED),
        (Fault(unanswered=1, reason=RefusalReason.CARD_CLOSED, notices=1), R.FAILED),
    ],
    ids=str,
)
async def test_whatever_the_bank_does_it_leaves_once_or_waits_as_before(
    database: Database, fault: Fault, ends: ReturnStatus
) -> None:
    async with open_wallets(database) as wallets:
        receipt = await unclaimed(wallets)
        await wallets.bank.inject(fault, into=Direction.PAY, orders=NextOrders())
        await send_back(wallets, receipt)
        for _ in range(6):
            await wallets.pass_time(seconds=60)
        if ends is R.SUCCEEDED:
            assert await standing(wallets, receipt) == (ReceiptStatus.RETURNED, [ends])
            assert await wallets.balances() == {}
            return
        assert await standing(wallets, receipt) == (ReceiptStatus.UNCLAIMED, [ends])
        assert await wallets.balances() == {"bank_safe": 42, "suspense": 42}
        # It is tried again under another reference, or claimed: here it is tried.
        await send_back(wallets, receipt)
        await wallets.work()
        assert await standing(wallets, receipt) == (ReceiptStatus.RETURNED, [ends, R.SUCCEEDED])
        assert await wallets.balances() == {}


async def test_what_the_bank_has_again_days_later_waits_and_can_be_claimed(database: Database) -> None:
    async with open_wallets(database) as wallets:
        receipt = await unclaimed(wallets)
        back = Fault(comes_back_after_ns=2 * DAY * SECOND)
        await wallets.bank.inject(back, into=Direction.PAY, orders=NextOrders())
        made = await send_back(wallets, receipt)
        await wallets.work()
        assert await wallets.balances() == {}
        await wallets.pass_time(seconds=2 * DAY)
        assert await standing(wallets, receipt) == (ReceiptStatus.UNCLAIMED, [R.CAME_BACK])
        assert await wallets.balances() == {"bank_safe": 42, "suspense": 42}
        assert isinstance(made, ReceiptReturn)
        assert (await wallets.ask(UndoReturn(id=made.id))).status is R.CAME_BACK
        await wallets.ask(new_customer(1))
        claimed = await wallets.ask(ClaimReceipt(id=receipt.id, customer=CustomerId(1)))
        assert claimed.status is ReceiptStatus.CREDITED
        refused = await send_back(wallets, receipt)
        assert isinstance(refused, ReceiptRefused)
        assert refused.refusal is ReceiptRefusal.WRONG_STATE
        assert await wallets.balances(CustomerId(1)) == {"bank_safe": 42, "cust 1": 42}


async def test_a_claim_and_a_return_race_and_one_of_them_has_it(database: Database) -> None:
    """At two desks: each receipt is its customer's or goes back, and nobody was told otherwise."""
    async with (
        open_wallets(database) as here,
        open_wallets(database, desk_id=2, clock=here.clock) as there,
    ):
        await here.ask(new_customer(1))
        receipts = [await unclaimed(here, reference=f"in-{n}", amount=10) for n in range(RACES)]
        claims = [there.ask(ClaimReceipt(id=one.id, customer=CustomerId(1))) for one in receipts]
        answers = await asyncio.gather(*(send_back(here, one) for one in receipts), *claims)
        sent, claimed = answers[:RACES], answers[RACES:]
        for a_return, a_claim in zip(sent, claimed, strict=True):
            won = isinstance(a_return, ReceiptReturn), isinstance(a_claim, Receipt)
            assert won in {(True, False), (False, True)}, (a_return, a_claim)
        await here.work()
        await there.work()
        mine = sum(isinstance(answer, Receipt) for answer in claimed)
        expected = {"bank_safe": 10 * mine, "cust 1": 10 * mine} if mine else {}
        assert await here.balances(CustomerId(1)) == expected


async def test_what_is_not_there_is_refused(database: Database) -> None:
    async with open_wallets(database) as wallets:
        command = ReturnReceipt(id=ReceiptReturnId(1), receipt=ReceiptId(77), why="no")
        assert (await wallets.ask(command)).refusal is ReceiptRefusal.NOT_FOUND
        assert (await wallets.ask(UndoReturn(id=ReceiptReturnId(77)))).refusal is ReceiptRefusal.NOT_FOUND


async def test_a_worker_that_dies_is_followed_by_one_that_queries(database: Database) -> None:
    async with open_wallets(database, patience_ns=10 * SECOND) as wallets:
        receipt = await unclaimed(wallets)
        await wallets.bank.inject(Fault(unanswered=1), into=Direction.PAY, orders=NextOrders())
        await send_back(wallets, receipt)
        wallets.clock.advance(duration_ns=SECOND)
        dying = asyncio.create_task(wallets.worker.do_one())
        while not wallets.clock.sleepers:  # noqa: ASYNC110 - sleepers tell nobody
            await asyncio.sleep(0.001)
        dying.cancel()
        await asyncio.wait([dying])
        assert await standing(wallets, receipt) == (ReceiptStatus.RETURNING, [R.SENT])
        await wallets.pass_time(seconds=60)
        await wallets.pass_time(seconds=60)
        assert await standing(wallets, receipt) == (ReceiptStatus.RETURNED, [R.SUCCEEDED])
        assert await wallets.balances() == {}


async def test_somebody_of_the_house_sends_it_back_with_a_reason(database: Database, owner_url: str) -> None:
    async with open_wallets(database) as wallets:
        receipt = await unclaimed(wallets)
        name = RECEIPT_ID.write(receipt.id)
        command = ("admin", "return-receipt", "--database-url", owner_url, name, "--reason")
        said = await asyncio.to_thread(millet_says, *command, "wrong account")
        assert f"{name} goes back: created. Reason: wrong account" in said
        shown = await asyncio.to_thread(millet_says, "admin", "receipts", "--database-url", owner_url)
        assert "is on its way back" in shown
        # The command was given by the real clock: the desk of this test goes on from there.
        wallets.clock.advance(duration_ns=SystemClock().now_ns() - wallets.clock.now_ns() + SECOND)
        await wallets.work()
        async with database.connection() as connection:
            (one,) = await returns_of(connection, receipt=receipt.id)
        assert (one.status, one.why) == (R.SUCCEEDED, "wrong account")
        assert RECEIPT_RETURN_ID.write(one.id).startswith("rct_")
        refused = await asyncio.to_thread(millet_says, *command, " ", status=2)
        assert "1 to 200 characters" in refused
