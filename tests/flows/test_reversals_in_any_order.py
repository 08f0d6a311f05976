"""A reversal before, during and after its payment, a thousand times: one end, and all are told the same.

Three hundred over HTTP, with kills of the server among them; seven hundred at two desks over one book.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

from milletpay.customers import CustomerId
from milletpay.ledger import prove_books
from milletpay.ledger.chart import AccountKind, Mode
from milletpay.merchants import MerchantId
from milletpay.payments import (
    CaptureMethod,
    CapturePayment,
    Decline,
    Marked,
    Payment,
    PaymentStatus,
    RefundPayment,
    ReversePayment,
    find_payment,
)
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.database import Database
from tests.flows.asking import NoAnswer, Reply
from tests.flows.market import Market
from tests.flows.payment_desk import PaymentDesk, open_payments
from tests.flows.test_payments_survive_kills import until_answered

SEED = 7
OVER_HTTP, AT_THE_DESK = 300, 700
AT_A_TIME = 30
KILLS = 3
ANNA, SHOP = CustomerId(7), MerchantId(8)


async def read(market: Market, path: str) -> Reply:
    """Read until there is an answer: the server may be killed meanwhile."""
    while True:
        try:
            return await market.client().get(path)
        except NoAnswer:
            await asyncio.sleep(0.05)


async def one_over_http(market: Market, chance: Random) -> str:
    """A payment and one to three reversals of it, each sent at its own time; gives how it ended."""
    manual = chance.random() < 0.3
    buyer = chance.randrange(4)
    body = market.charge(10_00, buyer=buyer, capture_method="manual" if manual else "automatic")
    by_name = {"reference": body["reference"]}

    async def ask(path: str, said: object, after: float) -> Reply:
        await asyncio.sleep(after)
        return (await until_answered(market.client(), path, said, key=market.name("key")))[0]

    paying = ask("/v1/payments", body, chance.random() * 0.03)
    reversals = [ask("/v1/reversals", by_name, chance.random() * 0.04) for _ in range(chance.randrange(1, 4))]
    paid, *reversed_ = await asyncio.gather(paying, *reversals)
    assert all(reply.status == 200 for reply in reversed_), reversed_
    marked = [reply.json["status"] == "marked" for reply in reversed_]
    assert paid.status == (402 if any(marked) else 201)
    (found,) = (await read(market, f"/v1/payments?reference={body['reference']}")).json["data"]
    # Whoever was told of a payment was told of this one, and in the end everybody is told the same.
    told = paid.json["payment"] if paid.status == 402 else paid.json
    assert told["id"] == found["id"]
    for reply, was_marked in zip(reversed_, marked, strict=True):
        assert was_marked or reply.json["payment"]["id"] == found["id"]
    assert found["status"] == ("failed" if any(marked) else "reversed")
    assert found["amount_captured"] == found["amount_refunded"]
    assert found["fee"] == 0
    last = await ask("/v1/reversals", by_name, 0)
    assert (last.status, last.json["payment"]) == (200, found)
    status: str = found["status"]
    return status


async def test_three_hundred_over_http_with_kills(market: Market) -> None:
    chance, ended = Random(SEED), Counter[str]()
    before = [await market.balance(AccountKind.CUST, buyer.id) for buyer in market.buyers]
    rounds = OVER_HTTP // AT_A_TIME
    for round_ in range(rounds):
        going = [
            asyncio.create_task(one_over_http(market, Random(chance.random()))) for _ in range(AT_A_TIME)
        ]
        if round_ % (rounds // KILLS) == 1:
            await asyncio.sleep(chance.random() * 0.04)
            market.program.kill()
            await asyncio.to_thread(market.program.start)
        ended.update(await asyncio.gather(*going))
    assert [await market.balance(AccountKind.CUST, buyer.id) for buyer in market.buyers] == before
    print(ended)
    assert min(ended.values()) > OVER_HTTP // 10


async def one_at_desks(desks: Sequence[PaymentDesk], chance: Random, *, agreement: Any) -> PaymentStatus:
    """As over HTTP; what follows a payment may come between, and every command goes to any desk."""
    reference = f"order {chance.getrandbits(60)}"
    first = desks[0]
    made = first.payment(
        SHOP,
        10_00,
        agreement=agreement,
        request=first.request(reference),
        capture_method=chance.choice(list(CaptureMethod)),
    )
    reverse = ReversePayment(merchant=SHOP, mode=Mode.LIVE, reference=reference)
    capture = CapturePayment(
        payment=made.id, merchant=SHOP, mode=Mode.LIVE, amount=chance.choice((None, 4_00)), final=False
    )
    refund: RefundPayment = first.refund(made.id, SHOP, 3_00)
    commands: list[object] = [made, *[reverse] * chance.randrange(1, 4), capture, refund]
    chance.shuffle(commands)

    async def ask(command: object) -> Any:
        for _ in range(chance.randrange(4)):
            await asyncio.sleep(0)
        return await chance.choice(desks).ask(command)

    answers = await asyncio.gather(*(ask(command) for command in commands))
    paid = answers[commands.index(made)].payment
    told = [answer for command, answer in zip(commands, answers, strict=True) if command is reverse]
    marked = [isinstance(answer, Marked) for answer in told]
    async with first.database.connection() as connection:
        found = await find_payment(connection, id=made.id)
    assert found is not None
    assert found.status is (PaymentStatus.FAILED if any(marked) else PaymentStatus.REVERSED)
    assert (paid.id, found.captured - found.refunded, found.fee) == (made.id, 0, 0)
    assert found.decline is (Decline.REVERSED if any(marked) else None)
    assert all(isinstance(answer, Marked | Payment) for answer in told)
    return found.status


async def test_seven_hundred_at_two_desks(database: Database) -> None:
    chance, ended = Random(SEED), Counter[PaymentStatus]()
    async with (
        open_payments(database) as first,
        open_payments(database, clock=first.clock, desk_id=2) as second,
    ):
        agreement = await first.open_shop(SHOP, ANNA, balance=500_00)
        for _ in range(AT_THE_DESK // 35):
            going = [
                one_at_desks((first, second), Random(chance.random()), agreement=agreement) for _ in range(35)
            ]
            ended.update(await asyncio.gather(*going))
        assert await first.balance(AccountKind.CUST, ANNA) == 500_00
        for kind, owner in (
            (AccountKind.CUST_HOLD, ANNA),
            (AccountKind.MER_PEND, SHOP),
            (AccountKind.FEE_ACCRUED, 0),
        ):
            assert await first.balance(kind, owner) == 0
    assert (await prove_books(database=database, clock=SystemClock())).clean
    print(ended)
    assert sum(ended.values()) == AT_THE_DESK
    assert min(ended.values()) > AT_THE_DESK // 10
