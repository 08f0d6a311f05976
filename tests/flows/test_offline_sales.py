"""What tills sold without a network: sealed, brought afterwards, verified as of then, and decided once."""

import asyncio
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from milletpay.bootstrap import house_secret, make_code_keys, open_house
from milletpay.codes.payment_codes import Slot, epoch_of, step_of, word_of, write_code
from milletpay.customers import CustomerId, DeviceId, DeviceKind, RegisterDevice
from milletpay.ledger.chart import AccountKind, Mode
from milletpay.payments import EnrollPresenter, Presenter
from milletpay.plumbing.clock import SECOND, SystemClock
from milletpay.plumbing.dates import rfc3339
from milletpay.terminals import Sealed
from tests.flows.asking import Client, Reply
from tests.flows.conftest import OpenMarket
from tests.flows.market import Market
from tests.flows.server_process import PEPPER
from tests.flows.test_payments_survive_kills import until_answered
from tests.flows.test_terminals_over_http import paired_till

HOUR = 3600 * SECOND
EACH, TOTAL, COUNT = 50_00, 120_00, 4


@dataclass
class Till:
    """A till without a network: it seals what it takes."""

    client: Client
    paired: dict[str, Any]
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def take(self, code: str, amount: int, *, at: int, sequence: int = 0) -> dict[str, Any]:
        sealed = Sealed(
            payment_code=code,
            amount=amount,
            currency="CNY",
            taken_at=rfc3339(at),
            pairing=self.paired["pairing"],
            sequence=sequence or next(self.numbers),
        )
        said = {name: getattr(sealed, name) for name in Sealed.__slots__}
        return said | {"seal": sealed.seal(bytes.fromhex(self.paired["seal_key"]))}

    async def bring(self, *records: dict[str, Any]) -> list[dict[str, Any]]:
        reply = await self.client.post("/v1/terminals/offline_payments", {"records": list(records)})
        assert reply.status == 200, reply
        results: list[dict[str, Any]] = reply.json["results"]
        return results


@dataclass(frozen=True)
class Phone:
    """A customer's, which shows codes with no network either."""

    presenter: Presenter

    def code(self, at: int, *, lane: int = 0) -> str:
        keys, step = make_code_keys(secret=house_secret(PEPPER)), step_of(at)
        key = keys.phone_key(self.presenter.device, version=self.presenter.version)
        alias = keys.alias_of(Slot(number=self.presenter.number, lane=lane), epoch=epoch_of(step))
        return write_code(alias=alias, word=word_of(key, step=step, lane=lane))


async def enroll(open_market: OpenMarket, customer: CustomerId) -> Phone:
    async with open_house(
        open_market.app_url,
        pepper=PEPPER,
        base_url="http://127.0.0.1:1",
        connections=2,
        clock=SystemClock(),
    ) as house:
        id = DeviceId(house.ids.next())
        device = RegisterDevice(id=id, customer=customer, mode=Mode.TEST, kind=DeviceKind.PHONE, name="p")
        await house.desk.submit(device)
        presenter = await house.desk.submit(EnrollPresenter(device=id, customer=customer, mode=Mode.TEST))
    assert isinstance(presenter, Presenter), presenter
    return Phone(presenter)


async def allow(market: Market, *, each: int = EACH) -> None:
    said = {"each": each, "total": TOTAL, "count": COUNT}
    reply = await market.client().post("/v1/offline_policies", said)
    assert reply.status == 201, reply
    await asyncio.sleep(0.01)


@pytest.fixture
async def phone(open_market: OpenMarket, market: Market) -> Phone:
    return await enroll(open_market, market.buyers[5].id)


async def new_till(market: Market) -> Till:
    paired, client = await paired_till(market)
    return Till(client=client, paired=paired)


def now() -> int:
    # A moment ago by the clock of milliseconds that times are written with.
    return SystemClock().now_ns()


async def test_what_was_taken_is_paid_once_however_often_it_is_brought(market: Market, phone: Phone) -> None:
    await allow(market)
    till, buyer = await new_till(market), market.buyers[5].id
    before = await market.balance(AccountKind.CUST, buyer)
    at = now()
    records = [till.take(phone.code(at, lane=lane), 10_00, at=at) for lane in (0, 1)]
    again = [await till.bring(*records) for _ in range(3)]
    assert again[0] == again[1] == again[2]
    assert [one["outcome"] for one in again[0]] == ["accepted"] * 2
    assert {one["risk"] for one in again[0]} == {"merchant"}
    assert await market.balance(AccountKind.CUST, buyer) == before - 20_00
    paid = await market.find(again[0][0]["payment"])
    assert (paid["status"], paid["terminal"]) == ("succeeded", till.paired["terminal"]["id"])
    # The code itself is nowhere: only a hash of what was sealed.
    async with market.database.connection() as connection:
        kept = await connection.fetchval("SELECT string_agg(s::text, '') FROM terminals.offline_sale AS s")
    assert records[0]["payment_code"] not in kept
    # Online it is as used as offline.
    tid = till.paired["terminal"]["tid"]
    said = {"amount": 1_00, "currency": "CNY", "reference": f"{tid}-on"}
    payer = {"payer": {"payment_code": records[0]["payment_code"]}}
    assert (await till.client.post("/v1/payments", said | payer)).json[
        "decline_code"
    ] == "payment_code_invalid"


async def test_the_same_code_at_two_tills_is_accepted_once(market: Market, phone: Phone) -> None:
    await allow(market)
    tills = [await new_till(market) for _ in range(2)]
    at = now()
    code = phone.code(at, lane=2)
    brought = await asyncio.gather(*(till.bring(till.take(code, 5_00, at=at)) for till in tills))
    outcomes = sorted(results[0]["outcome"] for results in brought)
    assert outcomes == ["accepted", "declined"]
    (declined,) = (results[0] for results in brought if results[0]["outcome"] == "declined")
    assert declined["reason"] == "payment_declined"
    assert (await market.find(declined["payment"]))["decline_code"] == "payment_code_invalid"


async def test_it_is_verified_as_of_then(market: Market, phone: Phone) -> None:
    till, at = await new_till(market), now()
    async with market.database.connection() as connection:
        # Three days ago the merchant allowed it, and two days ago no longer, until this moment.
        for days, each in ((3, EACH), (2, 0)):
            await connection.execute(
                "INSERT INTO terminals.offline_policy VALUES ($1, false, $2, $3, 100000, 10)",
                market.sellers[0].id,
                at - days * 24 * HOUR,
                each,
            )
    then = await till.bring(till.take(phone.code(at), 1_00, at=at - 30 * HOUR))
    assert then[0]["reason"] == "not_allowed"
    async with market.database.connection() as connection:
        day_before = at - 40 * HOUR
        await connection.execute(
            "INSERT INTO terminals.offline_policy VALUES ($1, false, $2, $3, 100000, 10)",
            market.sellers[0].id,
            day_before,
            EACH,
        )
    await allow(market)
    at = now()
    code = phone.code(at, lane=3)
    results = await till.bring(
        till.take(phone.code(at - 600 * SECOND), 1_00, at=at),  # a code of ten minutes before
        till.take(code, 1_00, at=at - 25 * HOUR),
        till.take(code, 1_00, at=at + HOUR),
        till.take(code, 1_00, at=at - 60 * SECOND),
        till.take(code, 1_00, at=at),
    )
    reasons = ["payment_declined", "too_late", "in_the_future", "before_pairing", None]
    assert [one["reason"] for one in results] == reasons
    # Scanned minutes ago it is right only as of then.
    later = Phone(phone.presenter).code(at - 90 * SECOND, lane=3)
    tid = till.paired["terminal"]["tid"]
    said = {"amount": 1_00, "currency": "CNY", "reference": f"{tid}-late"}
    stale = await till.client.post("/v1/payments", said | {"payer": {"payment_code": later}})
    assert stale.json["decline_code"] == "payment_code_invalid"


async def test_caps_gaps_doubles_and_seals(market: Market, phone: Phone) -> None:
    till = await new_till(market)
    at = now()
    await allow(market, each=0)
    off = await till.bring(till.take(phone.code(now()), 1_00, at=now()))
    assert off[0]["reason"] == "not_allowed"
    await allow(market)
    at = now()
    first = till.take(phone.code(at, lane=1), EACH + 1, at=at)
    forged = till.take(phone.code(at), 1_00, at=at) | {"amount": 2_00}
    results = await till.bring(first, forged)
    assert [one["reason"] or one["fault"] for one in results] == ["exceeds_each", "seal_wrong"]
    # The number of what was refused is still to come; what comes after it says so.
    later = await till.bring(till.take(phone.code(at, lane=2), 1_00, at=at))
    assert (later[0]["outcome"], later[0]["after_gap"]) == ("accepted", True)
    reply = await till.client.post("/v1/terminals/offline_payments", {"records": [first]})
    assert reply.json["missing"] == [{"pairing": 1, "sequence": 3}]
    double = till.take(phone.code(at, lane=3), 1_00, at=at, sequence=first["sequence"])
    assert (await till.bring(double))[0]["fault"] == "sequence_reused"


async def test_the_total_and_the_count_of_a_terminal_are_kept(
    market: Market, open_market: OpenMarket
) -> None:
    await allow(market)
    by_total, by_count = await new_till(market), await new_till(market)
    phones = [await enroll(open_market, market.buyers[number].id) for number in (6, 7)]
    at = now()
    codes = [phone.code(at, lane=lane) for phone in phones for lane in range(4)]
    large = await by_total.bring(*(by_total.take(code, EACH, at=at) for code in codes[:3]))
    assert [one["reason"] for one in large] == [None, None, "exceeds_total"]
    small = await by_count.bring(*(by_count.take(code, 1, at=at) for code in codes[3:]))
    assert [one["reason"] for one in small] == [None] * COUNT + ["exceeds_count"]


async def test_an_upload_that_is_killed_between_is_finished_by_the_next(market: Market, phone: Phone) -> None:
    await allow(market)
    till, buyer = await new_till(market), market.buyers[5].id
    before = await market.balance(AccountKind.CUST, buyer)
    at = now()
    records = [till.take(phone.code(at, lane=lane), 3_00, at=at) for lane in range(4)]
    path, said = "/v1/terminals/offline_payments", {"records": records}

    async def ask() -> Reply:
        return (await until_answered(till.client, path, said, key=""))[0]

    asking = asyncio.create_task(ask())
    await asyncio.sleep(0.01)
    market.program.kill()
    await asyncio.to_thread(market.program.start)
    reply = await asking
    taken = [one for one in reply.json["results"] if one["outcome"] == "accepted"]
    assert (await ask()).json == reply.json
    assert len({one["payment"] for one in taken}) == len(taken) > 0
    assert await market.balance(AccountKind.CUST, buyer) == before - 3_00 * len(taken)
