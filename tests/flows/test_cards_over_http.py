"""A card pays over HTTP, with a server and a worker of their own: what is told is what is kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from milletpay.bootstrap import DEMO_BANK, DEMO_CARDS
from milletpay.ledger.chart import AccountKind
from milletpay.plumbing.clock import SECOND, SystemClock
from milletpay.plumbing.dates import rfc3339
from milletpay.rails import Direction, Fault, NextOrders, SimulatedBank
from tests.flows.asking import Client
from tests.flows.market import PIN, Market
from tests.flows.server_process import work_for_house
from tests.flows.test_payments_survive_kills import small_market

AMOUNT = 50_00


class CardMarket:
    """A market with a worker, a bank that errs as it is told, and a buyer who pays by card."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.shop = market.client()
        self.buyer = market.buyers[0]
        self.wallet = Client(port=market.port, token=self.buyer.token)
        self.bank = SimulatedBank(
            key=DEMO_BANK, issues_from=DEMO_CARDS, database=market.database, clock=SystemClock(), seed=1
        )

    async def card(self) -> str:
        sources: list[str] = (await self.wallet.get("/v1/wallet/sources")).json["sources"]
        return next(source for source in sources if source.startswith("crd_"))

    async def make(self, **more: Any) -> str:
        body = {"amount": AMOUNT, "currency": "CNY", "reference": self.market.name()} | more
        made = await self.shop.post("/v1/payments", body)
        assert made.status == 201, made
        id: str = made.json["id"]
        return id

    async def pay(self, payment: str, **more: Any) -> Any:
        return await self.wallet.post("/v1/wallet/pay", {"payment": payment, "pin": PIN} | more)

    async def until(self, path: str, status: str) -> Any:
        """Ask until it is so."""
        async with asyncio.timeout(40):
            while True:
                found = (await self.shop.get(path)).json
                if found["status"] == status:
                    return found
                await asyncio.sleep(0.1)

    async def told(self, about: str) -> list[str]:
        """What the merchant is told of an object, the first first."""
        events = (await self.shop.get(f"/v1/events?object={about}&limit=100")).json["data"]
        return [event["type"] for event in reversed(events)]

    async def heard(self, about: str, told: list[str]) -> list[str]:
        """The same, once there is so much."""
        async with asyncio.timeout(40):
            while True:
                found = await self.told(about)
                if len(found) >= len(told):
                    return found
                await asyncio.sleep(0.1)

    async def err(self, fault: Fault, *, into: Direction = Direction.COLLECT) -> None:
        await self.bank.inject(fault, into=into, orders=NextOrders(1))


@asynccontextmanager
async def open_card_market(app_url: str) -> AsyncIterator[CardMarket]:
    async with small_market(app_url) as market:
        with work_for_house(app_url):
            yield CardMarket(market)
        await market.prove()


async def test_a_card_pays_is_refunded_and_everybody_is_told(app_url: str) -> None:
    async with open_card_market(app_url) as at:
        card, before = await at.card(), await at.market.balance(AccountKind.CUST, at.buyer.id)
        payment = await at.make()
        paying = await at.pay(payment, source=card)
        assert (paying.status, paying.json["status"]) == (200, "processing")
        assert paying.json["funding"]["source"] == "card"
        again = await at.pay(payment, source=card)
        assert again.status == 200, "who is paying already is told so"
        paid = await at.until(f"/v1/payments/{payment}", "succeeded")
        assert paid["amount_captured"] == AMOUNT
        assert paid["funding"]["card"]["bank"] == "granary"
        assert len(paid["funding"]["card"]["last4"]) == 4
        assert [one["outcome"] for one in paid["attempts"]] == ["took_the_money"]
        assert await at.market.balance(AccountKind.CUST, at.buyer.id) == before
        body = {"payment": payment, "amount": 20_00, "reference": at.market.name()}
        refund = (await at.shop.post("/v1/refunds", body)).json
        assert (refund["status"], refund["destination"]) == ("pending", "card")
        done = await at.until(f"/v1/refunds/{refund['id']}", "succeeded")
        assert done["destination"] == "card"
        assert await at.market.balance(AccountKind.REFUND_TRANSIT) == 0
        refunded = ["payment.created", "payment.processing", "payment.succeeded", "payment.refunded"]
        assert await at.heard(payment, refunded) == refunded
        assert await at.heard(refund["id"], ["refund.updated"]) == ["refund.updated"]


async def test_what_a_bank_takes_back_its_payer_bears_and_both_are_told(app_url: str) -> None:
    async with open_card_market(app_url) as at:
        card = await at.card()
        await at.err(Fault(comes_back_after_ns=2 * SECOND))
        payment = await at.make()
        await at.pay(payment, source=card)
        await at.until(f"/v1/payments/{payment}", "succeeded")
        usual = ["payment.created", "payment.processing", "payment.succeeded"]
        assert await at.heard(payment, [*usual, "payment.taken_back"]) == [*usual, "payment.taken_back"]
        (event,) = (await at.shop.get("/v1/events?type=payment.taken_back")).json["data"]
        assert event["data"]["amount_taken_back"] == AMOUNT
        found = (await at.shop.get(f"/v1/payments/{payment}")).json
        assert (found["status"], found["amount_captured"], found["amount_taken_back"]) == (
            "succeeded",
            AMOUNT,
            AMOUNT,
        )
        newest = (await at.wallet.get("/v1/wallet/entries?limit=1")).json["data"][0]
        assert (newest["kind"], newest["amount"], newest["about"]) == ("take_back", -AMOUNT, payment)
        paid = (await at.pay(payment, source=card)).json
        assert (paid["id"], paid["amount_taken_back"]) == (payment, AMOUNT)
        assert (await at.wallet.get("/v1/wallet/me")).json["balance"]["owed"] == 0
        body = {"payment": payment, "amount": 20_00, "reference": at.market.name()}
        refund = (await at.shop.post("/v1/refunds", body)).json
        assert (refund["status"], refund["destination"]) == ("succeeded", "balance")


async def test_a_card_pays_at_a_plate_and_what_is_unusual_is_told_once(app_url: str) -> None:
    """Two stores within minutes: the second payment is flagged, and the merchant hears of it by an event."""
    async with open_card_market(app_url) as at:
        card, paid = await at.card(), []
        for name in ("North Gate", "South Gate"):
            store = (await at.shop.post("/v1/stores", {"name": name})).json["id"]
            plate = (await at.shop.post("/v1/plates", {"store": store})).json
            body = {"payload": plate["url"], "pin": PIN, "amount": AMOUNT, "source": card}
            paying = await at.wallet.post("/v1/wallet/pay", body)
            assert (paying.status, paying.json["status"]) == (200, "processing")
            assert paying.json["funding"]["source"] == "card"
            paid.append(await at.until(f"/v1/payments/{paying.json['id']}", "succeeded"))
        assert [payment["flags"] for payment in paid] == [[], ["two_stores"]]
        usual = ["payment.processing", "payment.succeeded"]
        assert await at.heard(paid[0]["id"], usual) == usual
        flagged = ["payment.processing", "payment.succeeded", "plate.flagged"]
        assert await at.heard(paid[1]["id"], flagged) == flagged
        (event,) = (await at.shop.get("/v1/events?type=plate.flagged")).json["data"]
        assert (event["data"]["object"], event["data"]["flags"]) == ("payment", ["two_stores"])


async def test_the_order_of_sources_is_the_customers(app_url: str) -> None:
    async with open_card_market(app_url) as at:
        card = await at.card()
        assert (await at.wallet.get("/v1/wallet/sources")).json["sources"] == ["balance", card]
        first = await at.pay(await at.make())
        assert (first.json["status"], first.json["funding"]["source"]) == ("succeeded", "balance")
        chosen = await at.wallet.post("/v1/wallet/sources", {"sources": [card, "balance"]})
        assert chosen.json["sources"] == [card, "balance"]
        second = await at.make()
        assert (await at.pay(second)).json["status"] == "processing"
        await at.until(f"/v1/payments/{second}", "succeeded")
        held = await at.make(capture_method="manual")
        by_balance = await at.pay(held)
        assert (by_balance.json["status"], by_balance.json["funding"]["source"]) == ("authorized", "balance")
        other = await at.pay(await at.make(capture_method="manual"), source=card)
        assert (other.status, other.json["decline_code"]) == (402, "card_holds_nothing")
        for wrong in (["balance", "balance"], ["gold"], [], ["pay_01kdz9m4h0000g40r40m30e209"]):
            refused = await at.wallet.post("/v1/wallet/sources", {"sources": wrong})
            assert refused.status == 400, (wrong, refused)
        stranger = Client(port=at.market.port, token=at.market.buyers[1].token)
        assert (await stranger.post("/v1/wallet/sources", {"sources": [card]})).status == 404
        body = {"payment": await at.make(), "pin": PIN, "source": card}
        declined = await stranger.post("/v1/wallet/pay", body)
        assert (declined.status, declined.json["decline_code"]) == (402, "card_removed")


async def test_a_charge_by_card_answers_processing_and_ends_as_the_bank_says(app_url: str) -> None:
    async with open_card_market(app_url) as at:
        card = await at.card()
        limits = {"currency": "CNY", "charge_limit": 100_00, "day_limit": 200_00, "month_limit": 900_00}
        asked = {"reference": at.market.name(), "description": "Video", **limits}
        proposed = await at.shop.post("/v1/agreements", asked)
        assert proposed.status == 201, proposed
        agreement = proposed.json["id"]
        word = {"pin": PIN, "token": proposed.json["sign_url"], "sources": [card]}
        signed = await at.wallet.post(f"/v1/wallet/agreements/{agreement}/sign", word)
        assert signed.status == 200, signed
        charged = await at.make(payer={"agreement": agreement})
        paid = await at.until(f"/v1/payments/{charged}", "succeeded")
        assert paid["funding"]["source"] == "card"


async def test_answered_after_its_time_it_goes_back_and_the_merchant_is_told_what_is_kept(
    app_url: str,
) -> None:
    async with open_card_market(app_url) as at:
        card = await at.card()
        ends = SystemClock().now_ns() + 2 * SECOND
        payment = await at.make(expires_at=rfc3339(ends))
        await at.err(Fault(unanswered=1, decided_after_ns=5 * SECOND, notices=2))
        assert (await at.pay(payment, source=card)).json["status"] == "processing"
        await at.until(f"/v1/payments/{payment}", "expired")
        async with asyncio.timeout(40):
            while True:
                found = (await at.shop.get(f"/v1/payments/{payment}")).json
                if [one["outcome"] for one in found["attempts"]] == ["given_back"]:
                    break
                await asyncio.sleep(0.1)
            while await at.market.balance(AccountKind.REFUND_TRANSIT):  # noqa: ASYNC110 - in the database
                await asyncio.sleep(0.1)
        assert (found["status"], found["amount_captured"]) == ("expired", 0)
        expired = ["payment.created", "payment.processing", "payment.expired"]
        assert await at.heard(payment, expired) == expired
