"""A reversal before, during and after its payment, a thousand times: one end, and all are told the same.

A thousand over HTTP, with kills of the server among them; then, with captures and refunds between, hundreds
more at two desks over one book.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
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
from tests.flows.asking import Client, NoAnswer, Reply
from tests.flows.market import Market
from tests.flows.payment_desk import PaymentDesk, open_payments
from tests.flows.server_process import work_for_house
from tests.flows.test_payments_survive_kills import small_market, until_answered

SEED = 7
OVER_HTTP, AT_THE_DESK = 1000, 350
AT_A_TIME = 100
PATIENCE_SECONDS = 60
BUYERS = 3
"""Of a small market, whose last buyer is poor."""
ANNA, SHOP = CustomerId(7), MerchantId(8)


async def read(market: Market, path: str) -> Reply:
    """Read until there is an answer: the server may be killed meanwhile."""
    while True:
        try:
            return await market.client().get(path)
        except NoAnswer:
            await asyncio.sleep(0.05)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How one of them ended, as its merchant reads it."""

    payment: dict[str, Any]
    was_marked: bool


async def one_over_http(market: Market, chance: Random) -> Ended:
    """A payment and one to three reversals of it, each sent at its own time."""
    manual = chance.random() < 0.3
    buyer = chance.randrange(BUYERS)
    body = market.charge(10_00, buyer=buyer, capture_method="manual" if manual else "automatic")
    by_name = {"reference": body["reference"]}

    async def ask(path: str, said: object, after: float) -> Reply:
        await asyncio.sleep(after)
        return (await until_answered(market.client(), path, said, key=market.name("key")))[0]

    paying = ask("/v1/payments", body, chance.random() * 0.15)
    reversals = [ask("/v1/reversals", by_name, chance.random() * 0.2) for _ in range(chance.randrange(1, 4))]
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
    return Ended(payment=found, was_marked=any(marked))


async def test_a_thousand_over_http_with_kills(app_url: str) -> None:
    """Ten kills, each among a hundred of them."""
    chance, ended = Random(SEED), list[Ended]()
    async with small_market(app_url) as market:
        before = [await market.balance(AccountKind.CUST, buyer.id) for buyer in market.buyers]
        for _ in range(OVER_HTTP // AT_A_TIME):
            going = [
                asyncio.create_task(one_over_http(market, Random(chance.random()))) for _ in range(AT_A_TIME)
            ]
            await asyncio.sleep(0.05 + chance.random() * 0.3)
            market.program.kill()
            await asyncio.to_thread(market.program.start)
            ended += await asyncio.gather(*going)
        assert [await market.balance(AccountKind.CUST, buyer.id) for buyer in market.buyers] == before
        counted = Counter(one.payment["status"] for one in ended)
        print(counted)
        assert counted.total() == OVER_HTTP
        assert min(counted["failed"], counted["reversed"]) > OVER_HTTP // 20
        await tell_the_merchant(market, ended, app_url=app_url)
        await tell_the_customers(market, ended)
        await market.prove()


async def tell_the_merchant(market: Market, ended: Sequence[Ended], *, app_url: str) -> None:
    """The events of each payment end with what it is now: what is read is what webhooks carry."""
    made = sum(1 if one.was_marked else 2 for one in ended)
    with work_for_house(app_url):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await events_told(market) < made:  # noqa: ASYNC110 - another process tells
                await asyncio.sleep(0.05)
    told: dict[str, list[Any]] = {}
    for event in await pages(market.client(), "/v1/events"):
        told.setdefault(event["data"]["id"], []).insert(0, event)
    for one in ended:
        events = told[one.payment["id"]]
        kinds = [event["type"] for event in events]
        first = "authorized" if one.payment["capture_method"] == "manual" else "succeeded"
        was = ["failed"] if one.was_marked else [first, "reversed"]
        assert kinds == [f"payment.{kind}" for kind in was]
        assert events[-1]["data"] == one.payment


async def tell_the_customers(market: Market, ended: Sequence[Ended]) -> None:
    """A statement has both ways of each payment that was undone, and nothing of one that came too late."""
    moved: dict[str, list[int]] = {}
    for buyer in market.buyers:
        for entry in await pages(Client(port=market.port, token=buyer.token), "/v1/wallet/entries"):
            moved.setdefault(entry["about"], []).append(entry["amount"])
    for one in ended:
        assert sorted(moved.get(one.payment["id"], [])) == ([] if one.was_marked else [-10_00, 10_00])


async def events_told(market: Market) -> int:
    async with market.database.connection() as connection:
        count: int = await connection.fetchval(
            "SELECT count(*) FROM notifications.event WHERE kind LIKE 'payment.%'"
        )
    return count


async def pages(client: Client, path: str) -> list[Any]:
    """All pages of a list."""
    found: list[Any] = []
    cursor = ""
    while True:
        page = (await client.get(f"{path}?limit=100{cursor}")).json
        found += page["data"]
        if not page["has_more"]:
            return found
        cursor = f"&cursor={page['next_cursor']}"


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


async def test_hundreds_at_two_desks(database: Database) -> None:
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
