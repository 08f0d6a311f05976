"""Sends: one customer's money becomes another's, once, or nothing happens."""

import asyncio

from milletpay.customers import CustomerId, CustomerStatus, SetCustomerStatus
from milletpay.ledger.chart import Mode
from milletpay.limits import Measure
from milletpay.plumbing.database import Database
from milletpay.wallets import (
    Send,
    SendId,
    SendMoney,
    SendStatus,
    WalletDecline,
    WalletRefusal,
    WalletRefused,
    find_send,
    sends_of,
)
from tests.flows.bank_contract import yuan
from tests.flows.wallet_desk import open_wallets


async def test_the_recipient_has_it_at_once(database: Database) -> None:
    async with open_wallets(database) as wallets:
        anna, ben = await wallets.customer(1, balance=100), await wallets.customer(2)
        send = await wallets.send(anna, ben, 30, note="午饭")
        assert isinstance(send, Send)
        assert (send.status, send.note) == (SendStatus.SUCCEEDED, "午饭")
        assert await wallets.balances(anna, ben) == {"clearing": 100, "cust 1": 70, "cust 2": 30}
        assert await wallets.events(send.id) == ["send.succeeded"]
        async with database.connection() as connection:
            assert await find_send(connection, id=send.id) == send
            for customer in (anna, ben):
                assert await sends_of(connection, customer=customer, most=10) == [send]


async def test_two_at_once_of_which_the_balance_covers_one(database: Database) -> None:
    async with open_wallets(database) as wallets:
        anna, ben = await wallets.customer(1, balance=100), await wallets.customer(2)
        both = await asyncio.gather(*(wallets.send(anna, ben, 60) for _ in range(2)))
        assert [send.decline for send in both] == [None, WalletDecline.INSUFFICIENT_FUNDS]
        assert await wallets.counted(anna, Measure.SENDS) == 60
        async with database.connection() as connection:
            assert await sends_of(connection, customer=ben, most=10) == [both[0]]
            assert await sends_of(connection, customer=anna, most=10) == [both[1], both[0]]
            assert await sends_of(connection, customer=anna, before=both[1].id, most=10) == [both[0]]


async def test_who_may_not_and_how_much(database: Database) -> None:
    async with open_wallets(database) as wallets:
        anna, ben = await wallets.customer(1, balance=40_000), await wallets.customer(2)
        assert (await wallets.send(anna, ben, 50_001)).decline is WalletDecline.EXCEEDS_LIMIT
        await wallets.ask(SetCustomerStatus(id=ben, status=CustomerStatus.FROZEN))
        assert (await wallets.send(anna, ben, 1)).decline is WalletDecline.RECIPIENT_NOT_ACTIVE
        assert (await wallets.send(ben, anna, 1)).decline is WalletDecline.CUSTOMER_NOT_ACTIVE
        for sender, recipient, refusal in (
            (anna, anna, WalletRefusal.SAME_CUSTOMER),
            (anna, CustomerId(9), WalletRefusal.RECIPIENT_NOT_FOUND),
            (CustomerId(9), anna, WalletRefusal.CUSTOMER_NOT_FOUND),
        ):
            answer = await wallets.send(sender, recipient, 1)
            assert isinstance(answer, WalletRefused), answer
            assert answer.refusal is refusal
        assert await wallets.balances(anna, ben) == {"clearing": 40_000, "cust 1": 40_000}


async def test_what_is_asked_twice_is_one_send(database: Database) -> None:
    async with open_wallets(database) as wallets:
        anna, ben = await wallets.customer(1, balance=100), await wallets.customer(2)
        same = await asyncio.gather(*(wallets.send(anna, ben, 10, reference="lunch") for _ in range(100)))
        assert len({send.id for send in same}) == 1
        by_id = SendMoney(id=same[0].id, mode=Mode.LIVE, customer=anna, recipient=ben, amount=yuan(10))
        assert await wallets.ask(by_id) == same[0]
        other = await wallets.send(anna, ben, 11, reference="lunch")
        assert (other.refusal, other.object) == (WalletRefusal.REFERENCE_USED, same[0].id)
        # Another customer's reference is another name.
        assert isinstance(await wallets.send(ben, anna, 1, reference="lunch"), Send)
        assert await wallets.balances(anna, ben) == {"clearing": 100, "cust 1": 91, "cust 2": 9}


async def test_a_decline_is_the_answer_for_ever(database: Database) -> None:
    async with open_wallets(database) as wallets:
        anna, ben = await wallets.customer(1), await wallets.customer(2)
        declined = await wallets.send(anna, ben, 10, reference="lunch")
        assert declined.decline is WalletDecline.INSUFFICIENT_FUNDS
        await wallets.top_up(anna, 100)
        await wallets.work()
        assert await wallets.send(anna, ben, 10, reference="lunch") == declined
        assert isinstance(
            await wallets.ask(
                SendMoney(id=SendId(78), mode=Mode.LIVE, customer=anna, recipient=ben, amount=yuan(10))
            ),
            Send,
        )
