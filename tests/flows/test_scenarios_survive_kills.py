"""Hard stories of a shop, with the server or the worker killed at their worst moments: still one end each.

One code at two tills; paid in the last second, and heard of 90 seconds after the end; the 500 yuan a day that
a person may pay at code plates, over all accounts and sources. (The customer who approves at second 44 is in
`test_asked_while_the_till_gives_up.py`.)
"""

import asyncio
from pathlib import Path

import pytest

from milletpay.bootstrap import open_house
from milletpay.customers import LinkCustomer
from milletpay.funding import DrawStatus, GiveBackStatus
from milletpay.ledger.chart import AccountKind
from milletpay.limits import Measure
from milletpay.payments import Decline, Outcome, PaymentStatus
from milletpay.plumbing.clock import SECOND, SystemClock
from milletpay.plumbing.database import Database
from milletpay.plumbing.ids import system_entropy
from milletpay.rails import Fault, RefusalReason
from milletpay.simulation.till import Journal, Server, Till
from milletpay.terminals.till_loop import End
from tests.flows.asking import Client, Reply
from tests.flows.card_desk import HONG, MING, CardDesk, first_balance, from_card, open_cards
from tests.flows.code_phone import enroll_phone
from tests.flows.dying import MortalMarket, mortal_market
from tests.flows.market import PIN, Market
from tests.flows.server_process import PEPPER
from tests.flows.test_cards_survive_kills import LEASE_SECONDS, follow, killed
from tests.flows.test_payments_survive_kills import until_answered
from tests.flows.test_plates_by_card import begin_to_pay, counted, hang_plate, scan
from tests.flows.tills_process import HastyClock
from tests.flows.wire import Cut

CUTS = (Cut.BEFORE_COMMIT, Cut.AFTER_COMMIT)
HASTE = 60
PATIENT = 10_000_000
"""Milliseconds: these tills wait until the server is back."""


def new_till(market: Market, path: Path, *, seller: int) -> Till:
    server = Server(host="127.0.0.1", port=market.port, key=market.sellers[seller].keys["secret"])
    clock = HastyClock(HASTE)
    return Till(server=server, journal=Journal(path), clock=clock, entropy=system_entropy)


async def test_one_code_at_two_tills_pays_once_though_the_server_dies(app_url: str, tmp_path: Path) -> None:
    """Scenario 1, at tills of two merchants: one has sold, the other is told no, and each knows."""
    async with mortal_market(app_url) as at:
        market, buyer = at.market, at.market.buyers[0].id
        phone = await enroll_phone(market)
        for lane, cut in enumerate(CUTS):
            before = await market.balance(AccountKind.CUST, buyer)
            payer, references = {"payment_code": phone.code(lane=lane)}, [market.name(), market.name()]
            selling = await at.dies_over(
                asyncio.gather(
                    *(
                        new_till(market, tmp_path / reference, seller=seller).sell(
                            reference=reference, amount=3_00, payer=payer, patience=PATIENT
                        )
                        for seller, reference in enumerate(references)
                    )
                ),
                cut=cut,
            )
            ends = [attempt.end for attempt in await selling if attempt.end is not None]
            found = [
                (await market.client(seller).get(f"/v1/payments?reference={reference}")).json["data"]
                for seller, reference in enumerate(references)
            ]
            statuses = {End.PAID: "succeeded", End.DECLINED: "failed"}
            assert sorted(ends) == [End.DECLINED, End.PAID]
            assert [[one["status"] for one in mine] for mine in found] == [[statuses[end]] for end in ends]
            lost = found[ends.index(End.DECLINED)][0]
            assert lost["decline_code"] == "payment_code_invalid"
            assert await market.balance(AccountKind.CUST, buyer) == before - 3_00


@pytest.mark.parametrize(("first", "second"), [("answered", "kept"), ("kept", "asked"), ("kept", "answered")])
async def test_the_bank_is_late_and_who_hears_it_dies(
    app_url: str, database: Database, first: str, second: str
) -> None:
    """Scenario 3: who hears of the money 90 seconds after the end dies, and so does the next one.

    The next one dies over the same, or where the first had kept it, over what goes back.
    """
    async with open_cards(database) as house:
        await house.open(MING)
        payment = await house.make(50_00, seconds=60)
        house.clock.advance(duration_ns=59 * SECOND)
        await house.err(Fault(decided_after_ns=91 * SECOND))
        await house.pay(payment, MING, from_card(MING))
        await house.work()
        await house.pass_time(seconds=2)
        assert (await house.expire(payment)).status is PaymentStatus.EXPIRED
        assert await house.on_card(MING) == 50_00
        house.clock.advance(duration_ns=90 * SECOND)
        await killed(app_url, house, moment=first)
        await left_behind(house)
        await killed(app_url, house, moment=second)
        await follow(house)
        await house.pass_time(seconds=LEASE_SECONDS)
        found = await house.payment(payment)
        assert (found.status, found.captured) == (PaymentStatus.EXPIRED, 0)
        assert await house.events(payment) == ["payment.created", "payment.processing", "payment.expired"]
        assert [draw.status for draw in await house.draws(payment)] == [DrawStatus.UNWANTED]
        assert [back.status for back in await house.give_backs(payment)] == [GiveBackStatus.SUCCEEDED]
        assert [attempt.outcome for attempt in await house.attempts(payment)] == [Outcome.GIVEN_BACK]
        assert await house.books(MING) == {}
        assert await house.on_card(MING) == 0
        assert await house.counted(MING) == 0


async def left_behind(house: CardDesk) -> None:
    """What a dead process had in hand is free again, and nobody has taken it up yet."""
    for _ in range(2):
        house.clock.advance(duration_ns=LEASE_SECONDS * SECOND)
        await house.worker.keep_house()


async def test_a_plate_counts_once_though_the_server_dies(app_url: str) -> None:
    """Scenario 17 from the balance: two accounts of one person, each asked for until it is answered."""
    async with mortal_market(app_url) as at:
        ming, hong = at.market.buyers[:2]
        async with open_house(
            app_url, pepper=PEPPER, base_url="http://127.0.0.1:1", connections=2, clock=SystemClock()
        ) as house:
            await house.desk.submit(LinkCustomer(id=hong.id, same_as=ming.id))
        plate = await new_plate(at.market)
        wallets = [Client(port=at.market.port, token=one.token) for one in (ming, hong)]
        for wallet, cut in zip(wallets, CUTS, strict=True):
            paid = await (await at.dies_over(pay(at, wallet, plate, 150_00), cut=cut))
            assert (paid.status, paid.json["status"]) == (200, "succeeded")
        # Of what is left one of the two may pay, whoever comes first, dead servers or not.
        for cut, amount in zip(CUTS, (120_00, 80_00), strict=True):
            both = asyncio.gather(*(pay(at, wallet, plate, amount) for wallet in wallets))
            replies = await (await at.dies_over(both, cut=cut))
            assert sorted(reply.status for reply in replies) == [200, 402]
            (refused,) = (reply for reply in replies if reply.status == 402)
            assert refused.json["decline_code"] == "exceeds_static_limit"
        for wallet in wallets:
            assert (await pay(at, wallet, plate, 1)).json["decline_code"] == "exceeds_static_limit"
            limits = (await wallet.get("/v1/wallet/limits")).json["data"]
            day = {one["measure"]: one["used"] for one in limits if one["span"] == "day"}
            assert (day["static_from_balance"], day["static_from_cards"]) == (500_00, 0)
        spent = [one.balance - await at.market.balance(AccountKind.CUST, one.id) for one in (ming, hong)]
        assert sum(spent) == 500_00


async def new_plate(market: Market) -> str:
    shop = market.client()
    store = (await shop.post("/v1/stores", {"name": "North Gate"})).json["id"]
    url: str = (await shop.post("/v1/plates", {"store": store})).json["url"]
    return url


async def pay(at: MortalMarket, wallet: Client, plate: str, amount: int) -> Reply:
    """Pay at a plate from the balance; asked again until it is answered."""
    said = {"payload": plate, "pin": PIN, "amount": amount, "source": "balance"}
    reply, _ = await until_answered(wallet, "/v1/wallet/pay", said, key=at.market.name("key"))
    return reply


@pytest.mark.parametrize("moment", ["asked", "answered", "kept"])
async def test_a_plate_counts_once_though_the_worker_dies(
    app_url: str, database: Database, moment: str
) -> None:
    """Scenario 17 from a card: what waits for the bank counts, and it counts once."""
    async with open_cards(database) as house:
        await house.open(MING, HONG, balance=1_000_00)
        await house.ask(LinkCustomer(id=HONG, same_as=MING))
        plate = await hang_plate(house)
        assert (await scan(house, plate, MING, 500_00, first_balance(MING)[:1])).decline is None
        waiting = await begin_to_pay(house, plate, MING, 300_00, from_card(MING))
        await killed(app_url, house, moment=moment)
        assert await counted(house, Measure.STATIC_FROM_CARDS) == 300_00
        too_much = await scan(house, plate, HONG, 200_01, from_card(HONG))
        assert too_much.decline is Decline.EXCEEDS_STATIC_LIMIT
        await follow(house)
        assert (await house.payment(waiting)).status is PaymentStatus.SUCCEEDED
        assert await counted(house, Measure.STATIC_FROM_CARDS) == 300_00
        assert await counted(house, Measure.STATIC_FROM_BALANCE) == 500_00
        assert (await scan(house, plate, HONG, 200_00, from_card(HONG))).decline is None
        last = await scan(house, plate, MING, 1, first_balance(MING))
        assert last.decline is Decline.EXCEEDS_STATIC_LIMIT


@pytest.mark.parametrize("moment", ["answered", "kept"])
async def test_a_plate_gives_back_once_what_the_bank_refuses_though_the_worker_dies(
    app_url: str, database: Database, moment: str
) -> None:
    async with open_cards(database) as house:
        await house.open(MING)
        plate = await hang_plate(house)
        assert (await scan(house, plate, MING, 100_00, from_card(MING))).decline is None
        await house.err(Fault(reason=RefusalReason.INSUFFICIENT_FUNDS))
        refused = await begin_to_pay(house, plate, MING, 400_00, from_card(MING))
        await killed(app_url, house, moment=moment)
        await follow(house)
        assert (await house.payment(refused)).decline is Decline.REFUSED_BY_BANK
        assert await counted(house, Measure.STATIC_FROM_CARDS) == 100_00
        assert (await scan(house, plate, MING, 400_00, from_card(MING))).decline is None
        assert await house.on_card(MING) == 500_00
