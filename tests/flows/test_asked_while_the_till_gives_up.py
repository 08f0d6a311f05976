"""Scenario 2 at the till itself: the customer is asked on the phone and approves as the till gives up.

At second 44 the customer says yes, with a PIN; at second 45 the till reverses, for it has heard nothing. In
either order, at once, and with the server killed between what it commits and what it says, the sale has one
end, which the till, the phone and the book all have.
"""

import asyncio
import itertools
from collections import Counter
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from random import Random
from typing import Any

from milletpay.ledger.chart import AccountKind
from milletpay.plumbing.clock import SECOND, ManualClock
from milletpay.plumbing.ids import system_entropy
from milletpay.simulation.till import Journal, Server, Till
from milletpay.terminals.till_loop import Attempt, End
from tests.flows.asking import Reply
from tests.flows.code_phone import Phone, enroll_phone
from tests.flows.dying import mortal_market
from tests.flows.market import PIN, Market
from tests.flows.test_payments_survive_kills import until_answered
from tests.flows.wire import Cut

SEED = 2
AMOUNT = 1_200_00
"""More than is taken without asking."""
ROUNDS, AT_ONCE = 48, 8
LATER_SECONDS = 0.1
JUMP = 11 * SECOND


class First(Enum):
    """Which of the two the server is killed over."""

    APPROVAL = "the customer's yes"
    REVERSAL = "the till's reversal"


class Ended(Enum):
    """What became of it, as everybody has it."""

    NEVER_PAID = "reversed before the customer could pay: nothing was taken"
    PAID_AND_REVERSED = "paid, and given back by the reversal"


@dataclass
class Sale:
    """A sale that is asked for on the phone, at a till whose clock is moved by hand."""

    market: Market
    phone: Phone
    buyer: int
    clock: ManualClock
    reference: str
    selling: "asyncio.Task[Attempt]"
    before: int
    """What the customer had."""
    payment: str = ""

    @classmethod
    async def begin(cls, market: Market, phone: Phone, path: Path, *, buyer: int, lane: int = 0) -> "Sale":
        """A till scans a code, and is told that the customer is asked."""
        client, clock = market.client(key="till"), ManualClock()
        this = (await client.get("/v1/terminals/this")).json
        reference = f"{this['tid']}-{market.name('asked')}"
        till = Till(
            server=Server(host="127.0.0.1", port=market.port, key=client.token),
            journal=Journal(path / reference),
            clock=clock,
            entropy=system_entropy,
        )
        payer = {"payment_code": phone.code(lane=lane)}
        before = await market.balance(AccountKind.CUST, market.buyers[buyer].id)
        selling = asyncio.create_task(till.sell(reference=reference, amount=AMOUNT, payer=payer))
        sale = cls(market, phone, buyer, clock, reference, selling, before)
        await sale.until(second=1)
        (asked,) = await sale.found()
        assert asked["status"] == "processing", asked
        sale.payment = asked["id"]
        return sale

    async def found(self) -> list[Any]:
        reply = await self.market.client(key="till").get(f"/v1/payments?reference={self.reference}")
        return list(reply.json["data"])

    async def until(self, *, second: int) -> None:
        """Let time pass; the till asks now and then, and is asleep again in the end."""
        end = ManualClock().now_ns() + second * SECOND
        while True:
            await asyncio.sleep(0.002)  # whoever is waked goes on
            while not self.clock.sleepers and not self.selling.done():  # noqa: ASYNC110 - it asks in a thread
                await asyncio.sleep(0.002)
            left = end - self.clock.now_ns()
            if left <= 0:
                return
            self.clock.advance(duration_ns=min(left, JUMP))

    async def approve(self) -> Reply:
        """Say yes, again and again until it is answered."""
        said = {"payment": self.payment, "pin": PIN}
        key = self.market.name("key")
        reply, _ = await until_answered(self.phone.owner, "/v1/wallet/pay", said, key=key)
        return reply

    async def give_up(self) -> Attempt:
        """Second 45 and what comes after, until the till knows the end."""
        while not self.selling.done():
            if self.clock.sleepers:
                self.clock.advance(duration_ns=SECOND)
            await asyncio.sleep(0.005)
        return await self.selling

    async def prove(self) -> Ended:
        """One end: at the till, at the phone, as the merchant reads it, and in the customer's balance."""
        attempt, told = await self.selling, await self.market.find(self.payment)
        assert [one["id"] for one in await self.found()] == [self.payment]
        seen = next(one for one in await self.phone.payments() if one["id"] == self.payment)
        assert attempt.end is End.UNDONE
        assert told["status"] == seen["status"] == "reversed"
        assert told["amount_captured"] == told["amount_refunded"]
        assert told["fee"] == 0
        tries = [one["outcome"] for one in told["attempts"]]
        if told["amount_captured"]:
            assert (told["amount_captured"], tries) == (AMOUNT, ["took_the_money"])
            return Ended.PAID_AND_REVERSED
        assert "took_the_money" not in tries
        return Ended.NEVER_PAID

    async def has_back(self) -> bool:
        """Whether the customer has what was there before."""
        now = await self.market.balance(AccountKind.CUST, self.market.buyers[self.buyer].id)
        return now == self.before


async def test_approved_at_second_44_and_reversed_at_45(market: Market, tmp_path: Path) -> None:
    sale = await Sale.begin(market, await enroll_phone(market), tmp_path, buyer=0)
    await sale.until(second=44)
    paid = await sale.approve()
    assert (paid.status, paid.json["status"]) == (200, "succeeded")
    assert not await sale.has_back()
    assert not sale.selling.done()
    await sale.give_up()
    assert await sale.prove() is Ended.PAID_AND_REVERSED
    assert await sale.has_back()


async def test_reversed_at_45_and_approved_then(market: Market, tmp_path: Path) -> None:
    sale = await Sale.begin(market, await enroll_phone(market), tmp_path, buyer=0)
    await sale.until(second=44)
    await sale.give_up()
    late = await sale.approve()
    assert (late.status, late.code) == (409, "wrong_state")
    assert await sale.prove() is Ended.NEVER_PAID
    assert await sale.has_back()


async def test_a_till_that_hears_in_time_has_sold(market: Market, tmp_path: Path) -> None:
    """What the customer approves before the till asks for the last time is paid, for both."""
    sale = await Sale.begin(market, await enroll_phone(market), tmp_path, buyer=0)
    await sale.until(second=35)
    await sale.approve()
    await sale.until(second=44)
    assert (await sale.selling).end is End.PAID
    ((told,), (seen, *_)) = await sale.found(), await sale.phone.payments()
    assert (told["status"], seen["id"], seen["status"]) == ("succeeded", told["id"], "succeeded")
    assert sale.before - await market.balance(AccountKind.CUST, market.buyers[0].id) == AMOUNT


@dataclass
class Race:
    """Phones that say yes and tills that give up, all in the same moment."""

    chance: Random
    answered: asyncio.Event
    """Set as soon as any phone has its answer: the others are about to have theirs."""

    async def run(self, sale: Sale) -> Ended:
        await asyncio.gather(self._phone_says_yes(sale), self._till_gives_up(sale))
        return await sale.prove()

    async def _phone_says_yes(self, sale: Sale) -> None:
        reply = await sale.approve()
        assert reply.status == 200 or reply.code == "wrong_state", reply
        self.answered.set()

    async def _till_gives_up(self, sale: Sale) -> None:
        if self.chance.random() < 0.8:
            await self.answered.wait()
            await asyncio.sleep(self.chance.uniform(0, LATER_SECONDS))
        await sale.give_up()


async def test_at_once_there_is_one_end(market: Market, tmp_path: Path) -> None:
    print(f"seed {SEED}")
    chance, ends = Random(SEED), Counter[Ended]()
    buyers = [one.id for one in market.buyers[:2]]
    before = [await market.balance(AccountKind.CUST, one) for one in buyers]
    for _ in range(ROUNDS // AT_ONCE):
        phones = [await enroll_phone(market, buyer) for buyer in (0, 1)]
        sales = await asyncio.gather(
            *(
                Sale.begin(market, phones[number % 2], tmp_path, buyer=number % 2, lane=number // 2)
                for number in range(AT_ONCE)
            )
        )
        await asyncio.gather(*(sale.until(second=44) for sale in sales))
        race = Race(chance=chance, answered=asyncio.Event())
        ends.update(await asyncio.gather(*(race.run(sale) for sale in sales)))
    print(ends)
    assert ends.total() == ROUNDS
    assert [await market.balance(AccountKind.CUST, one) for one in buyers] == before


async def test_killed_before_it_could_answer(app_url: str, tmp_path: Path) -> None:
    """The server dies with the approval, or the reversal, just committed, or just not."""
    async with mortal_market(app_url) as at:
        phone = await enroll_phone(at.market)
        for lane, (cut, first) in enumerate(itertools.product((Cut.BEFORE_COMMIT, Cut.AFTER_COMMIT), First)):
            sale = await Sale.begin(at.market, phone, tmp_path, buyer=0, lane=lane)
            await sale.until(second=44)
            if first is First.APPROVAL:
                lost = await at.dies_over(sale.approve(), cut=cut)
                await sale.give_up()
                approval = await lost
            else:
                reversing = await at.dies_over(sale.give_up(), cut=cut)
                approval = await sale.approve()
                await reversing
            ended = await sale.prove()
            print(cut, first, ended)
            if cut is Cut.AFTER_COMMIT:
                assert ended is (Ended.PAID_AND_REVERSED if first is First.APPROVAL else Ended.NEVER_PAID)
            assert approval.status == (200 if ended is Ended.PAID_AND_REVERSED else 409)
            assert await sale.has_back()
