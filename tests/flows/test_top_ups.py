"""Top-ups: the wallet has the money when the bank says so, once, whatever goes wrong on the way."""

import asyncio
from typing import Any

import pytest

from milletpay.customers import CustomerId, CustomerStatus, SetCustomerStatus
from milletpay.ledger import prove_books
from milletpay.ledger.chart import Mode
from milletpay.limits import Measure
from milletpay.money import Currency, Money
from milletpay.plumbing.clock import SECOND
from milletpay.plumbing.database import Database
from milletpay.rails import Direction, Fault, NextOrders, Received, RefusalReason
from milletpay.treasury import BookMovement, Movement, MovementKind
from milletpay.wallets import (
    BindCard,
    Card,
    CardId,
    ClawBackTopUp,
    GiveDepositNumber,
    RemoveCard,
    StartTopUp,
    TopUpId,
    TopUpStatus,
    WalletDecline,
    WalletRefusal,
    WalletRefused,
    deposit_number,
    entries_of,
)
from tests.flows.bank_contract import yuan
from tests.flows.wallet_desk import BANK, WalletDesk, card_of, open_wallets

DAY = 24 * 3600
S = TopUpStatus


async def go_wrong(wallets: WalletDesk, fault: Fault) -> None:
    await wallets.bank.inject(fault, into=Direction.COLLECT, orders=NextOrders())


async def test_the_bank_draws_it_and_its_cash_comes_the_next_day(database: Database) -> None:
    async with open_wallets(database) as wallets:
        customer = await wallets.customer(1)
        top_up = await wallets.top_up(customer, 100)
        assert top_up.status is S.CREATED
        assert await wallets.balances(customer) == {}
        await wallets.work()
        top_up = await wallets.top_up_now(top_up)
        assert (top_up.status, bool(top_up.bank_reference)) == (S.SUCCEEDED, True)
        assert await wallets.balances(customer) == {"clearing": 100, "cust 1": 100}
        assert await wallets.counted(customer, Measure.TOP_UPS) == 100
        cash = BookMovement(kind=MovementKind.CASH, bank=BANK, reference="s1", amount=yuan(100))
        assert await wallets.ask(cash) == await wallets.ask(cash)
        assert await wallets.balances(customer) == {"bank_safe": 100, "cust 1": 100}
        assert await wallets.events(top_up.id) == ["top_up.created", "top_up.sent", "top_up.succeeded"]


@pytest.mark.parametrize(
    ("fault", "seconds", "statuses"),
    [
        (Fault(decided_after_ns=60 * SECOND, notices=1), 60, [S.SENT, S.SUCCEEDED]),
        (Fault(decided_after_ns=60 * SECOND), 3600, [S.SENT, S.SUCCEEDED]),
        (Fault(unanswered=1), 60, [S.UNKNOWN, S.SUCCEEDED]),
        (Fault(unanswered=4), 1000, [S.UNKNOWN, S.SUCCEEDED]),
        (Fault(lost=True), 60, [S.UNKNOWN, S.SUCCEEDED]),
        (Fault(notices=2), 0, [S.SUCCEEDED, S.SUCCEEDED]),
        (Fault(unanswered=1, notices=2), 0, [S.SUCCEEDED, S.SUCCEEDED]),
        (Fault(unanswered=1, reason=RefusalReason.BANK_LIMIT), 60, [S.UNKNOWN, S.FAILED]),
        (Fault(reason=RefusalReason.CARD_CLOSED, notices=2), 0, [S.FAILED, S.FAILED]),
    ],
    ids=str,
)
async def test_whatever_the_bank_does_the_money_moves_once(
    database: Database, fault: Fault, seconds: int, statuses: list[TopUpStatus]
) -> None:
    async with open_wallets(database) as wallets:
        customer = await wallets.customer(1)
        await go_wrong(wallets, fault)
        top_up = await wallets.top_up(customer, 100)
        await wallets.work()
        assert (await wallets.top_up_now(top_up)).status is statuses[0]
        for _ in range(10):
            await wallets.pass_time(seconds=max(1, seconds // 10))
        found = await wallets.top_up_now(top_up)
        assert found.status is statuses[1]
        succeeded = found.status is S.SUCCEEDED
        assert await wallets.balances(customer) == ({"clearing": 100, "cust 1": 100} if succeeded else {})
        assert await wallets.counted(customer, Measure.TOP_UPS) == (100 if succeeded else 0)
        assert found.reason is fault.reason
        assert (found.decline is WalletDecline.REFUSED_BY_BANK) is not succeeded


async def test_one_that_the_bank_never_heard_of_fails_after_an_hour_and_a_late_success_counts(
    database: Database,
) -> None:
    async with open_wallets(database) as wallets:
        customer = await wallets.customer(1)
        # Each time that it is given it is lost, until nobody gives it again.
        await wallets.bank.inject(Fault(lost=True), into=Direction.COLLECT, orders=NextOrders(1000))
        top_up = await wallets.top_up(customer, 100)
        await wallets.work()
        await wallets.pass_time(seconds=3500)
        assert (await wallets.top_up_now(top_up)).status is S.UNKNOWN
        for _ in range(3):
            await wallets.pass_time(seconds=3600)
        found = await wallets.top_up_now(top_up)
        assert (found.status, found.decline) == (S.FAILED, WalletDecline.NOT_KNOWN_TO_BANK)
        assert await wallets.balances(customer) == {}
        await wallets.bank.heal()
        # The order that was on its way reaches the bank after all, and the bank tells.
        await go_wrong(wallets, Fault(notices=1))
        await wallets.bank.collect(await wallets.order(top_up))
        await wallets.work()
        found = await wallets.top_up_now(top_up)
        assert (found.status, found.decline) == (S.SUCCEEDED, None)
        assert await wallets.balances(customer) == {"clearing": 100, "cust 1": 100}
        assert await wallets.events(top_up.id) == [
            f"top_up.{what}" for what in ("created", "sent", "unknown", "failed", "succeeded")
        ]


async def test_the_worker_that_dies_while_the_bank_is_asked_is_followed_by_one_that_queries(
    database: Database,
) -> None:
    async with open_wallets(database, patience_ns=10 * SECOND) as wallets:
        customer = await wallets.customer(1)
        await go_wrong(wallets, Fault(unanswered=1))
        top_up = await wallets.top_up(customer, 100)
        wallets.clock.advance(duration_ns=SECOND)
        dying = asyncio.create_task(wallets.worker.do_one())
        while not wallets.clock.sleepers:  # noqa: ASYNC110 - sleepers tell nobody
            await asyncio.sleep(0.001)
        dying.cancel()
        await asyncio.wait([dying])
        assert (await wallets.top_up_now(top_up)).status is S.SENT
        await wallets.pass_time(seconds=60)
        await wallets.pass_time(seconds=60)
        assert (await wallets.top_up_now(top_up)).status is S.SUCCEEDED
        assert await wallets.balances(customer) == {"clearing": 100, "cust 1": 100}


async def test_what_is_asked_twice_is_one_top_up(database: Database) -> None:
    async with open_wallets(database) as wallets:
        customer = await wallets.customer(1)
        same = [await wallets.top_up(customer, 100, reference="mine") for _ in range(3)]
        assert len({top_up.id for top_up in same}) == 1
        by_id = StartTopUp(
            id=same[0].id, mode=Mode.LIVE, customer=customer, card=card_of(customer), amount=yuan(100)
        )
        await wallets.work()
        assert (await wallets.ask(by_id)).status is S.SUCCEEDED
        other = await wallets.ask(
            StartTopUp(
                id=TopUpId(77),
                mode=Mode.LIVE,
                customer=customer,
                card=card_of(customer),
                amount=yuan(99),
                reference="mine",
            )
        )
        assert (other.refusal, other.object) == (WalletRefusal.REFERENCE_USED, same[0].id)
        assert await wallets.balances(customer) == {"clearing": 100, "cust 1": 100}


async def test_a_card_is_bound_and_used_in_one_batch(database: Database) -> None:
    async with open_wallets(database) as wallets:
        customer = await wallets.customer(1)
    async with open_wallets(database, desk_id=2) as wallets:
        card = CardId(77)
        bound = BindCard(id=card, customer=customer, bank=BANK, token="new", masked="622202****0000")
        start = StartTopUp(id=TopUpId(78), mode=Mode.LIVE, customer=customer, card=card, amount=yuan(1))
        answers = await asyncio.gather(wallets.ask(bound), wallets.ask(start))
        assert isinstance(answers[0], Card)
        assert answers[1].status is S.CREATED
        await wallets.work()
        # The bank does not know the token.
        assert (await wallets.top_up_now(answers[1])).reason is RefusalReason.CARD_CLOSED


async def test_what_cannot_be_is_refused_and_leaves_nothing(database: Database) -> None:
    async with open_wallets(database) as wallets:
        customer, other = await wallets.customer(1), await wallets.customer(2)
        card = card_of(customer)
        for change, refusal in (
            ({"customer": 9}, WalletRefusal.CUSTOMER_NOT_FOUND),
            ({"mode": Mode.TEST}, WalletRefusal.CUSTOMER_NOT_FOUND),
            ({"customer": other}, WalletRefusal.CARD_NOT_FOUND),
            ({"card": CardId(9)}, WalletRefusal.CARD_NOT_FOUND),
            ({"amount": Money(100, Currency.USD)}, WalletRefusal.CURRENCY_NOT_SUPPORTED),
        ):
            asked: dict[str, Any] = {"mode": Mode.LIVE, "customer": customer, "card": card, "amount": yuan(1)}
            answer = await wallets.ask(StartTopUp(id=TopUpId(77), **(asked | change)))
            assert isinstance(answer, WalletRefused), answer
            assert (answer.refusal, bool(answer.detail)) == (refusal, True)
        assert await wallets.events(77) == []


async def test_what_is_declined_is_kept(database: Database) -> None:
    async with open_wallets(database) as wallets:
        customer = await wallets.customer(1)
        too_much = await wallets.top_up(customer, 50_001)
        assert (too_much.status, too_much.decline) == (S.FAILED, WalletDecline.EXCEEDS_LIMIT)
        assert await wallets.top_up_now(too_much) == too_much
        await wallets.ask(RemoveCard(id=card_of(customer), customer=customer))
        assert (await wallets.top_up(customer, 1)).decline is WalletDecline.CARD_REMOVED
        await wallets.ask(SetCustomerStatus(id=customer, status=CustomerStatus.FROZEN))
        assert (await wallets.top_up(customer, 1)).decline is WalletDecline.CUSTOMER_NOT_ACTIVE
        await wallets.work()
        assert await wallets.balances(customer) == {}
        assert await wallets.counted(customer, Measure.TOP_UPS) == 0


async def test_limits_count_what_is_under_way(database: Database) -> None:
    async with open_wallets(database) as wallets:
        customer = await wallets.customer(1)
        answers = await asyncio.gather(*(wallets.top_up(customer, 50_000) for _ in range(6)))
        assert [top_up.decline for top_up in answers] == [None] * 4 + [WalletDecline.EXCEEDS_LIMIT] * 2
        assert await wallets.counted(customer, Measure.TOP_UPS) == 200_000


async def prefund(wallets: WalletDesk, amount: int) -> None:
    for kind in (MovementKind.CAPITAL, MovementKind.PREFUND):
        booked = BookMovement(kind=kind, bank=BANK, reference=f"{kind.name} {amount}", amount=yuan(amount))
        assert isinstance(await wallets.ask(booked), Movement)


async def test_days_later_the_bank_takes_it_back_from_the_balance(database: Database) -> None:
    async with open_wallets(database) as wallets:
        customer = await wallets.customer(1)
        await go_wrong(wallets, Fault(comes_back_after_ns=3 * DAY * SECOND))
        top_up = await wallets.top_up(customer, 100)
        await wallets.work()
        await wallets.pass_time(seconds=3 * DAY)
        found = await wallets.top_up_now(top_up)
        assert (found.status, found.shortfall) == (S.CLAWED_BACK, 0)
        # The bank had settled it, and keeps it from what it settles next.
        assert await wallets.balances(customer) == {"bank_safe": 100, "clearing": -100}
        assert await wallets.ask(ClawBackTopUp(id=top_up.id)) == found


async def test_what_the_balance_lacks_of_it_the_customer_owes_us(database: Database) -> None:
    async with open_wallets(database) as wallets:
        customer, friend = await wallets.customer(1), await wallets.customer(2)
        await go_wrong(wallets, Fault(comes_back_after_ns=3 * DAY * SECOND))
        top_up = await wallets.top_up(customer, 100)
        await wallets.work()
        await wallets.send(customer, friend, 70)
        await wallets.pass_time(seconds=3 * DAY)
        # What of the pool is ours does not cover it: the bank tells again until the treasury brings some.
        assert (await wallets.top_up_now(top_up)).status is S.SUCCEEDED
        await prefund(wallets, 1000)
        await wallets.pass_time(seconds=60)
        found = await wallets.top_up_now(top_up)
        assert (found.status, found.shortfall) == (S.CLAWED_BACK, 70_00)
        assert await wallets.balances(customer, friend) == {
            "bank_safe": 1100,
            "capital": 1000,
            "clearing": -100,
            "cust 2": 70,
            "cust_recv 1": 70,
            "due_from_pool": 930,
            "own_in_pool": 930,
        }


async def owing(wallets: WalletDesk) -> CustomerId:
    """A customer who owes us 70 yuan, as the bank took a top-up back that was spent."""
    customer, friend = await wallets.customer(1), await wallets.customer(2)
    await prefund(wallets, 1000)
    await go_wrong(wallets, Fault(comes_back_after_ns=3 * DAY * SECOND))
    await wallets.top_up(customer, 100)
    await wallets.work()
    await wallets.send(customer, friend, 70)
    await wallets.pass_time(seconds=3 * DAY)
    assert (await wallets.balances(customer))["cust_recv 1"] == 70
    return customer


async def test_what_is_owed_is_taken_from_later_top_ups(database: Database) -> None:
    """As far as each goes and no further, two at once in one batch too; our money in the pool is whole."""
    async with open_wallets(database) as wallets:
        customer = await owing(wallets)
        await wallets.top_up(customer, 20)
        await wallets.work()
        after = await wallets.balances(customer)
        assert (after.get("cust 1", 0), after["cust_recv 1"], after["own_in_pool"]) == (0, 50, 950)
        await asyncio.gather(*(wallets.top_up(customer, amount) for amount in (30, 40)))
        await wallets.work()
        after = await wallets.balances(customer)
        assert (after["cust 1"], after.get("cust_recv 1", 0)) == (20, 0)
        assert (after["own_in_pool"], after["due_from_pool"]) == (1000, 1000)
        await wallets.top_up(customer, 10)
        await wallets.work()
        assert (await wallets.balances(customer))["cust 1"] == 30
        async with database.connection() as connection:
            entries = await entries_of(
                connection, customer=customer, mode=Mode.LIVE, currency=Currency.CNY, most=50
            )
        assert [entry.amount // 100 for entry in entries] == [10, -20, 40, -30, 30, -20, 20, -30, -70, 100]
        report = await prove_books(database=database, clock=wallets.clock)
        assert report.clean, report


async def test_what_is_owed_is_taken_from_a_bank_transfer_too(database: Database) -> None:
    async with open_wallets(database) as wallets:
        customer = await owing(wallets)
        number = deposit_number(7_919)
        await wallets.ask(GiveDepositNumber(customer=customer, mode=Mode.LIVE, drawn=number))
        for name, amount in (("in-1", 60), ("in-2", 25)):
            told = Received(
                bank_reference=name, amount=yuan(amount), token="acc_1", payer="W**", remark=str(number)
            )
            await wallets.bank.receive(told, told=2)
        await wallets.work()
        after = await wallets.balances(customer)
        assert (after["cust 1"], after.get("cust_recv 1", 0), after["own_in_pool"]) == (15, 0, 1000)
        report = await prove_books(database=database, clock=wallets.clock)
        assert report.clean, report
