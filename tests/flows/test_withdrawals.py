"""Withdrawals: money leaves the balance first, is paid once, and is back when the bank does not take it."""

import asyncio

import pytest

from milletpay.customers import CustomerStatus, SetCustomerStatus
from milletpay.ledger.chart import Mode
from milletpay.limits import Measure
from milletpay.plumbing.clock import SECOND
from milletpay.plumbing.database import Database
from milletpay.rails import Direction, Fault, NextOrders, Outcome, OutcomeStatus, RefusalReason
from milletpay.wallets import (
    RemoveCard,
    ResolveWithdrawal,
    ReturnWithdrawal,
    StartWithdrawal,
    WalletDecline,
    WalletRefusal,
    WithdrawalId,
    WithdrawalStatus,
)
from tests.flows.bank_contract import yuan
from tests.flows.wallet_desk import WalletDesk, card_of, open_wallets

DAY = 24 * 3600
S = WithdrawalStatus


async def go_wrong(wallets: WalletDesk, fault: Fault) -> None:
    await wallets.bank.inject(fault, into=Direction.PAY, orders=NextOrders())


async def test_it_is_reserved_at_once_and_paid_by_the_bank(database: Database) -> None:
    async with open_wallets(database) as wallets:
        customer = await wallets.customer(1, balance=2000)
        withdrawal = await wallets.withdraw(customer, 1000)
        assert (withdrawal.status, withdrawal.fee) == (S.RESERVED, yuan(1))
        assert await wallets.balances(customer) == {
            "clearing": 2000,
            "cust 1": 999,
            "fee_accrued": 1,
            "wd_transit": 1000,
        }
        await wallets.work()
        found = await wallets.withdrawal_now(withdrawal)
        assert (found.status, bool(found.bank_reference)) == (S.SUCCEEDED, True)
        assert await wallets.balances(customer) == {
            "bank_safe": -1000,
            "clearing": 2000,
            "cust 1": 999,
            "fee_accrued": 1,
        }
        assert await wallets.counted(customer, Measure.WITHDRAWALS) == 1000
        assert await wallets.events(withdrawal.id) == [
            f"withdrawal.{what}" for what in ("reserved", "sent", "succeeded")
        ]


@pytest.mark.parametrize(
    ("fault", "seconds", "statuses"),
    [
        (Fault(decided_after_ns=60 * SECOND, notices=1), 60, [S.SENT, S.SUCCEEDED]),
        (Fault(unanswered=1), 60, [S.UNKNOWN, S.SUCCEEDED]),
        (Fault(lost=True), 60, [S.UNKNOWN, S.SUCCEEDED]),
        (Fault(unanswered=3, notices=2), 1000, [S.SUCCEEDED, S.SUCCEEDED]),
        (Fault(reason=RefusalReason.CARD_CLOSED), 0, [S.FAILED, S.FAILED]),
        (Fault(unanswered=2, reason=RefusalReason.NAME_DIFFERS), 600, [S.UNKNOWN, S.FAILED]),
        (Fault(decided_after_ns=DAY * SECOND, reason=RefusalReason.BANK_LIMIT), 2 * DAY, [S.SENT, S.FAILED]),
    ],
    ids=str,
)
async def test_whatever_the_bank_does_the_money_moves_once(
    database: Database, fault: Fault, seconds: int, statuses: list[WithdrawalStatus]
) -> None:
    async with open_wallets(database) as wallets:
        customer = await wallets.customer(1, balance=2000)
        before = await wallets.balances(customer)
        await go_wrong(wallets, fault)
        withdrawal = await wallets.withdraw(customer, 1000)
        await wallets.work()
        assert (await wallets.withdrawal_now(withdrawal)).status is statuses[0]
        for _ in range(10):
            await wallets.pass_time(seconds=max(1, seconds // 10))
        found = await wallets.withdrawal_now(withdrawal)
        assert found.status is statuses[1]
        assert found.reason is fault.reason
        if found.status is S.SUCCEEDED:
            paid = {"bank_safe": -1000, "clearing": 2000, "cust 1": 999, "fee_accrued": 1}
            assert await wallets.balances(customer) == paid
        else:
            assert found.decline is WalletDecline.REFUSED_BY_BANK
            assert await wallets.balances(customer) == before
            assert found.counted_on == 0


async def test_what_the_bank_never_hears_of_stays_unknown_and_is_given_again(database: Database) -> None:
    async with open_wallets(database) as wallets:
        customer = await wallets.customer(1, balance=2000)
        await wallets.bank.inject(Fault(lost=True), into=Direction.PAY, orders=NextOrders(1000))
        withdrawal = await wallets.withdraw(customer, 1000)
        for _ in range(3):
            await wallets.pass_time(seconds=DAY)
        assert (await wallets.withdrawal_now(withdrawal)).status is S.UNKNOWN
        await wallets.bank.heal()
        await wallets.pass_time(seconds=DAY)
        assert (await wallets.withdrawal_now(withdrawal)).status is S.SUCCEEDED


async def test_the_bank_sends_it_back_days_later(database: Database) -> None:
    async with open_wallets(database) as wallets:
        customer = await wallets.customer(1, balance=2000)
        await go_wrong(wallets, Fault(comes_back_after_ns=3 * DAY * SECOND))
        withdrawal = await wallets.withdraw(customer, 1000)
        await wallets.work()
        assert (await wallets.withdrawal_now(withdrawal)).status is S.SUCCEEDED
        await wallets.pass_time(seconds=3 * DAY)
        found = await wallets.withdrawal_now(withdrawal)
        assert (found.status, found.counted_on) == (S.RETURNED, 0)
        assert await wallets.ask(ReturnWithdrawal(id=withdrawal.id)) == found
        assert await wallets.balances(customer) == {"bank_safe": 2000, "cust 1": 1999, "fee_accrued": 1}


async def test_what_comes_back_was_paid_though_nobody_told_us(database: Database) -> None:
    async with open_wallets(database) as wallets:
        customer = await wallets.customer(1, balance=2000)
        await go_wrong(wallets, Fault(unanswered=1000, comes_back_after_ns=SECOND))
        withdrawal = await wallets.withdraw(customer, 1000)
        await wallets.work()
        await wallets.pass_time(seconds=2)
        assert (await wallets.withdrawal_now(withdrawal)).status is S.RETURNED
        assert await wallets.events(withdrawal.id) == [
            f"withdrawal.{what}" for what in ("reserved", "sent", "unknown", "succeeded", "returned")
        ]


async def test_a_bank_that_says_otherwise_later_moves_nothing(database: Database) -> None:
    async with open_wallets(database) as wallets:
        customer = await wallets.customer(1, balance=2000)
        withdrawal = await wallets.withdraw(customer, 1000)
        await wallets.work()
        refused = Outcome(status=OutcomeStatus.REFUSED, reason=RefusalReason.NOT_ALLOWED)
        for said in (refused, Outcome(status=OutcomeStatus.UNKNOWN)):
            answer = await wallets.ask(ResolveWithdrawal(id=withdrawal.id, outcome=said))
            assert answer.status is S.SUCCEEDED


async def test_what_the_balance_does_not_cover_is_declined(database: Database) -> None:
    async with open_wallets(database) as wallets:
        customer = await wallets.customer(1, balance=1000)
        all_of_it = await wallets.withdraw(customer, 1000)
        assert all_of_it.decline is WalletDecline.INSUFFICIENT_FUNDS  # there is no room for the fee
        both = await asyncio.gather(*(wallets.withdraw(customer, 600) for _ in range(2)))
        assert [w.decline for w in both] == [None, WalletDecline.INSUFFICIENT_FUNDS]
        assert await wallets.withdrawal_now(both[1]) == both[1]
        assert await wallets.counted(customer, Measure.WITHDRAWALS) == 600
        await wallets.ask(RemoveCard(id=card_of(customer), customer=customer))
        assert (await wallets.withdraw(customer, 1)).decline is WalletDecline.CARD_REMOVED
        await wallets.ask(SetCustomerStatus(id=customer, status=CustomerStatus.FROZEN))
        assert (await wallets.withdraw(customer, 1)).decline is WalletDecline.CUSTOMER_NOT_ACTIVE
        # What is on its way goes on: the bank pays to a card that was removed, of a customer who is frozen.
        await wallets.work()
        assert (await wallets.withdrawal_now(both[0])).status is S.SUCCEEDED


async def test_what_is_asked_twice_is_one_withdrawal(database: Database) -> None:
    async with open_wallets(database) as wallets:
        customer = await wallets.customer(1, balance=2000)
        same = [await wallets.withdraw(customer, 100, reference="mine") for _ in range(3)]
        assert len({withdrawal.id for withdrawal in same}) == 1
        again = StartWithdrawal(
            id=same[0].id, mode=Mode.LIVE, customer=customer, card=card_of(customer), amount=yuan(100)
        )
        assert await wallets.ask(again) == same[0]
        other = StartWithdrawal(
            id=WithdrawalId(77),
            mode=Mode.LIVE,
            customer=customer,
            card=card_of(customer),
            amount=yuan(99),
            reference="mine",
        )
        assert (await wallets.ask(other)).refusal is WalletRefusal.REFERENCE_USED
        assert (await wallets.balances(customer))["wd_transit"] == 100
