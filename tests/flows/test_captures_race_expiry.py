"""The end of a hold and its capture race, over HTTP, with a worker that ends what is due: one wins."""

import asyncio
from random import Random
from typing import Any

from milletpay.ledger.chart import AccountKind
from milletpay.payments import PAYMENT_ID
from milletpay.plumbing.clock import MILLISECOND, SECOND, SystemClock
from tests.flows.asking import Reply
from tests.flows.market import Market
from tests.flows.server_process import work_for_house
from tests.flows.test_payments_survive_kills import small_market

SEED = 11
PAYMENTS = 90
SPREAD_NS = 3 * SECOND
"""Over how long holds end; the worker looks once a second."""
PATIENCE_SECONDS = 30
CLOCK = SystemClock()


async def hold(market: Market, number: int) -> str:
    """The id of a payment whose money is held."""
    made = await market.pay(10_00, buyer=number % 3, capture_method="manual")
    assert made["status"] == "authorized"
    id: str = made["id"]
    return id


async def end_at(market: Market, payments: list[str], *, chance: Random) -> list[int]:
    """Let each hold end soon, as if it had been made seven days ago; gives when."""
    now = CLOCK.now_ns() + SECOND // 2
    ends = [now + chance.randrange(SPREAD_NS) for _ in payments]
    async with market.database.connection() as connection:
        await connection.execute(
            "UPDATE payments.payment AS p SET due_at = n.due_at"
            " FROM unnest($1::uuid[], $2::bigint[]) AS n (id, due_at) WHERE p.id = n.id",
            [PAYMENT_ID.read(payment) for payment in payments],
            ends,
        )
    return ends


async def capture(market: Market, payment: str, *, at: int, said: dict[str, Any]) -> Reply:
    """Ask for a capture at a moment."""
    await asyncio.sleep(max(0, at - CLOCK.now_ns()) / SECOND)
    return await market.client().post(f"/v1/payments/{payment}/capture", said, key=market.name("key"))


async def is_over(market: Market) -> bool:
    async with market.database.connection() as connection:
        held = await connection.fetchval("SELECT count(*) FROM payments.payment WHERE status = 'authorized'")
    return not held


async def test_a_hold_ends_or_is_captured_and_never_both(app_url: str) -> None:
    chance = Random(SEED)
    async with small_market(app_url) as market:
        before = [await market.balance(AccountKind.CUST, buyer.id) for buyer in market.buyers]
        payments = [await hold(market, number) for number in range(PAYMENTS)]
        asked: list[dict[str, Any]] = [
            ({}, {"amount": 4_00, "final": False}, {"amount": 7_00})[number % 3] for number in range(PAYMENTS)
        ]
        with work_for_house(app_url):
            ends = await end_at(market, payments, chance=chance)
            asks = [end + chance.randrange(-600, 900) * MILLISECOND for end in ends]
            replies = await asyncio.gather(
                *(
                    capture(market, payment, at=at, said=said)
                    for payment, at, said in zip(payments, asks, asked, strict=True)
                )
            )
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not await is_over(market):  # noqa: ASYNC110 - another process ends them
                    await asyncio.sleep(0.05)
        wins = 0
        for number, (payment, reply) in enumerate(zip(payments, replies, strict=True)):
            found = await market.find(payment)
            taken = (10_00, 4_00, 7_00)[number % 3] if reply.status == 200 else 0
            wins += bool(taken)
            if not taken:
                assert (reply.status, reply.code) in {(409, "expired"), (409, "wrong_state")}, reply
            assert found["status"] == ("succeeded" if taken else "expired")
            assert found["amount_captured"] == taken
            assert found["amount_authorized"] == taken
        print(f"{wins} captured, {PAYMENTS - wins} expired")
        assert PAYMENTS // 10 < wins < PAYMENTS - PAYMENTS // 10
        paid = [0, 0, 0]
        for number, reply in enumerate(replies):
            paid[number % 3] += (10_00, 4_00, 7_00)[number % 3] if reply.status == 200 else 0
        after = [await market.balance(AccountKind.CUST, buyer.id) for buyer in market.buyers]
        assert after[:3] == [was - spent for was, spent in zip(before, paid, strict=False)]
        assert [await market.balance(AccountKind.CUST_HOLD, buyer.id) for buyer in market.buyers] == [0] * 4
        await market.prove()
