"""Payment codes over HTTP: phones, tills that race, customers who are asked, kills at any moment."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import pytest

from milletpay.bootstrap import open_house
from milletpay.codes.payment_codes import check_digit
from milletpay.customers import CustomerStatus, SetCustomerStatus
from milletpay.ledger.chart import AccountKind
from milletpay.plumbing.clock import SystemClock
from tests.flows.asking import Client, Reply
from tests.flows.code_phone import Phone, enroll_phone, sale
from tests.flows.conftest import OpenMarket
from tests.flows.market import PIN, Market
from tests.flows.server_process import PEPPER
from tests.flows.test_payments_survive_kills import small_market, until_answered
from tests.flows.test_terminals_over_http import paired_till

SEED = 16
RACES = 12
STORIES = 14


Events = AsyncIterator[dict[str, Any]]


def how(reply: Reply) -> str:
    """What became of it: a status, or why it was declined."""
    return reply.json["status"] if reply.status in {200, 201} else str(reply.json["decline_code"])


async def test_a_code_pays_once_and_a_retry_is_answered_as_before(market: Market) -> None:
    phone = await enroll_phone(market)
    code = phone.code()
    body = sale(market, f"{code[:4]} {code[4:8]} {code[8:12]} {code[12:]}")
    key = market.name("key")
    first = await market.client().post("/v1/payments", body, key=key)
    assert (first.status, how(first)) == (201, "succeeded")
    again = await market.client().post("/v1/payments", body, key=key)
    assert (again.status, again.is_again, again.body) == (201, True, first.body)
    named = await market.client().post("/v1/payments", body)
    assert (named.status, named.json["id"]) == (200, first.json["id"])
    spent = await market.client(1).post("/v1/payments", sale(market, code))
    assert (spent.status, how(spent)) == (402, "payment_code_invalid")
    assert spent.json["payment"]["status"] == "failed"
    tried = (await market.client().get(f"/v1/payments/{first.json['id']}")).json["attempts"]
    assert [one["outcome"] for one in tried] == ["took_the_money"]


async def test_the_code_and_the_key_are_nowhere_in_the_database(market: Market) -> None:
    phone = await enroll_phone(market)
    code = phone.code()
    assert how(await market.client().post("/v1/payments", sale(market, code))) == "succeeded"
    async with market.database.connection() as connection:
        tables = await connection.fetch(
            "SELECT schemaname || '.' || tablename AS name FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
            " AND has_table_privilege(schemaname || '.' || tablename, 'SELECT')"
        )
        needles = [code, code[2:10], phone.key.hex(), json.dumps({"payment_code": code})]
        for table in tables:
            for needle in needles:
                found = await connection.fetchval(
                    f"SELECT count(*) FROM {table['name']} AS t WHERE position($1 in t::text) > 0",
                    needle,
                )
                assert found == 0, (table["name"], needle)


async def test_a_new_key_and_a_retired_phone_end_what_was_shown(market: Market) -> None:
    phone = await enroll_phone(market)
    path = "/v1/wallet/payment_codes/phones"
    again = await phone.owner.post(path, {"pin": PIN, "device": phone.device})
    assert (again.status, again.json["version"]) == (201, 2)
    assert (
        how(await market.client().post("/v1/payments", sale(market, phone.code()))) == "payment_code_invalid"
    )
    other = await enroll_phone(market)
    assert (await other.owner.post(f"/v1/wallet/devices/{other.device}/retire")).status == 200
    assert (
        how(await market.client().post("/v1/payments", sale(market, other.code()))) == "payment_code_invalid"
    )
    assert (await phone.owner.get(f"{path}/{other.device}/aliases")).status == 404
    assert (await phone.owner.post(path, {"pin": "111222", "name": "x"})).code == "secret_wrong"
    stranger = Client(port=market.port, token=market.buyers[1].token)
    assert (await stranger.get(f"{path}/{phone.device}/aliases")).status == 404
    assert (await stranger.post(path, {"pin": PIN, "device": phone.device})).status == 404


@pytest.mark.parametrize(
    "payer",
    [
        {},
        {"payment_code": "12", "agreement": "agr_01kdz9m4h0000g40r40m30e20b"},
        {"payment_code": "72 a"},
        {"payment_code": ""},
        {"payment_code": "7" * 41},
    ],
)
async def test_a_payer_is_named_in_one_way(market: Market, payer: dict[str, str]) -> None:
    body = sale(market, "") | {"payer": payer}
    refused = await market.client().post("/v1/payments", body)
    assert (refused.status, refused.code) == (400, "invalid_field")


async def test_whatever_is_wrong_is_answered_the_same(market: Market, open_market: OpenMarket) -> None:
    """But for what names the payment and the moment, not a byte tells why; nor what is read afterwards."""
    phone, lost, frozen = (
        await enroll_phone(market),
        await enroll_phone(market),
        await enroll_phone(market, 3),
    )
    old = phone.code(lane=1)
    again = {"pin": PIN, "device": phone.device}
    phone = await enroll_phone(market)
    used = phone.code()
    assert how(await market.client().post("/v1/payments", sale(market, used))) == "succeeded"
    await lost.owner.post("/v1/wallet/payment_codes/phones", again)
    await lost.owner.post(f"/v1/wallet/devices/{lost.device}/retire")
    right = phone.code(lane=2)
    wrong = {
        "used": used,
        "misread": right[:-1] + str((int(right[-1]) + 1) % 10),
        "guessed": whole(f"{right[:10]}{(int(right[10:17]) + 1) % 10**7:07d}"),
        "of nobody": whole("720000000012345"),
        "of another wallet": "134567890123456789",
        "a thing": "6901234567892",
        "of an old key": old,
        "of a lost phone": lost.code(),
        "too old": phone.code(lane=1, ahead_s=-100),
        "too early": phone.code(lane=1, ahead_s=65),
        "frozen": frozen.code(),
    }
    _, till = await paired_till(market)
    _, closed = await paired_till(market)
    answers: dict[str, tuple[Any, ...]] = {}
    async with open_house(
        open_market.app_url, pepper=PEPPER, base_url="http://127.0.0.1:1", connections=2, clock=SystemClock()
    ) as house:
        freeze = SetCustomerStatus(id=market.buyers[3].id, status=CustomerStatus.FROZEN)
        await house.desk.submit(freeze)
        for why, code in wrong.items():
            answers[why] = await answered(market, market.client(), code)
        at_till = {await answered(market, closed, whole(f"72{guess:08d}1234567")) for guess in range(10)}
        await house.desk.submit(SetCustomerStatus(id=market.buyers[3].id, status=CustomerStatus.ACTIVE))
    assert len(set(answers.values())) == 1, answers
    # At a till that is closed a right code is answered as a wrong one, and its customer pays at the next.
    assert at_till == {await answered(market, closed, right)}
    assert how(await till.post("/v1/payments", await named(market, till, right))) == "succeeded"


async def answered(market: Market, client: Client, code: str) -> tuple[Any, ...]:
    """All that a till is told of a code, at once and when it asks again, but for ids and times."""
    asked = await named(market, client, code)
    reply = await client.post("/v1/payments", asked)
    assert (reply.status, how(reply)) == (402, "payment_code_invalid")
    payment = reply.json["payment"]
    read = await client.get(f"/v1/payments/{payment['id']}")
    hidden = (payment["id"], payment["created_at"], asked["reference"], reply.json["request_id"])
    said = [one.body.decode() for one in (reply, read)]
    for part in hidden:
        said = [text.replace(part, "?") for text in said]
    # What is left of the rate counts requests, whatever they were.
    headers = [one for one in reply.headers.items() if one[0] not in {"date", "request-id", "ratelimit"}]
    return (*said, *headers)


async def named(market: Market, client: Client, code: str) -> dict[str, Any]:
    """The body of a sale; a till's reference begins with its number, and all of them are equally long."""
    this = await client.get("/v1/terminals/this")
    begins = this.json["tid"] if this.status == 200 else "0" * 8
    return sale(market, code) | {"reference": f"{begins}-{next(market.numbers):08d}"}


def whole(digits: str) -> str:
    return digits + check_digit(digits)


async def test_one_code_at_several_tills_at_once_pays_exactly_once(market: Market) -> None:
    phone = await enroll_phone(market)
    before = await market.balance(AccountKind.CUST, market.buyers[0].id)
    paid = 0
    for race in range(RACES):
        if race % phone.lanes == 0:
            phone = await enroll_phone(market)
        code = phone.code(lane=race % phone.lanes)
        replies = await asyncio.gather(
            *(market.client(till % 2).post("/v1/payments", sale(market, code, 1_00)) for till in range(4))
        )
        assert sorted(map(how, replies)) == ["payment_code_invalid"] * 3 + ["succeeded"]
        paid += 1_00
        await phone.owner.post(f"/v1/wallet/devices/{phone.device}/retire") if race % 4 == 3 else None
    assert await market.balance(AccountKind.CUST, market.buyers[0].id) == before - paid


async def test_above_the_limit_the_phone_is_told_and_its_customer_decides(market: Market) -> None:
    phone = await enroll_phone(market, 1)
    limits = "/v1/wallet/payment_codes/limits"
    most = {"pin": PIN, "each": 1_000_00, "per_day": 1_000}
    assert (await phone.owner.post(limits, most)).json["each"] == 1_000_00
    set_lower = {"pin": PIN, "each": 20_00, "per_day": 1_000}
    assert (await phone.owner.post(limits, set_lower)).json == (await phone.owner.get(limits)).json
    async with told(market, phone) as events:
        assert (await anext(events))["data"]["data"] == await phone.payments()
        first = await market.client().post("/v1/payments", sale(market, phone.code(), 20_01))
        second = await market.client().post("/v1/payments", sale(market, phone.code(lane=1), 30_00))
        assert [(one.status, how(one)) for one in (first, second)] == [(201, "processing")] * 2
        asked = await until(events, lambda data: len(data) >= 2)
        assert [one["id"] for one in asked["data"]["data"][:2]] == [second.json["id"], first.json["id"]]
        await phone.owner.post(f"/v1/wallet/payment_codes/payments/{second.json['id']}/decline")
        said_no = await until(events, lambda data: data[0]["status"] == "failed")
        assert said_no["data"]["data"][0]["decline_code"] == "declined_by_customer"
        pay = {"payment": first.json["id"], "pin": PIN}
        others = Client(port=market.port, token=market.buyers[2].token)
        assert (await others.post("/v1/wallet/pay", pay)).code == "wrong_state"
        assert (await phone.owner.post("/v1/wallet/pay", pay)).json["status"] == "succeeded"
        paid = await until(events, lambda data: data[1]["status"] == "succeeded")
    # Whoever comes back with what was seen last is told nothing before there is news.
    async with told(market, phone, seen=paid["id"]) as events:
        later = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0.6)
        assert not later.done()
        third = await market.client().post("/v1/payments", sale(market, phone.code(lane=2), 20_01))
        assert (await later)["data"]["data"][0]["id"] == third.json["id"]
    found = [(await market.find(one.json["id"]))["status"] for one in (first, second, third)]
    assert found == ["succeeded", "failed", "processing"]
    reversal = await market.client().post("/v1/reversals", {"payment": third.json["id"]})
    assert reversal.json["payment"]["status"] == "reversed"
    assert (await phone.owner.post(limits, {"pin": PIN, "each": 10**9, "per_day": 99})).json["per_day"] == 20


@asynccontextmanager
async def told(
    market: Market, phone: Phone, *, seen: str = ""
) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """What a phone is told while the block runs."""
    reader, writer = await asyncio.open_connection("127.0.0.1", market.port)
    resume = f"Last-Event-ID: {seen}\r\n" if seen else ""
    writer.write(
        f"GET /v1/wallet/payment_codes/events HTTP/1.1\r\nHost: here\r\n{resume}"
        f"Authorization: Bearer {phone.owner.token}\r\n\r\n".encode()
    )

    async def events() -> Events:
        event: dict[str, Any] = {}
        while line := await asyncio.wait_for(reader.readline(), 20):
            name, _, value = line.decode().strip().partition(": ")
            if name == "id":
                event["id"] = value
            elif name == "data":
                yield event | {"data": json.loads(value)}

    try:
        yield events()
    finally:
        writer.transport.abort()


async def until(events: Events, wanted: Any) -> dict[str, Any]:
    async for event in events:
        if wanted(event["data"]["data"]):
            return event
    raise AssertionError("the stream has ended")


async def test_reversals_and_approvals_in_any_order_with_kills_have_one_end(app_url: str) -> None:
    """A till without an answer reverses while the customer approves, and the server is killed meanwhile."""
    chance = Random(SEED)
    async with small_market(app_url) as market:
        phones = [await enroll_phone(market, buyer) for buyer in range(3)]
        for phone in phones:
            await phone.owner.post(
                "/v1/wallet/payment_codes/limits", {"pin": PIN, "each": 5_00, "per_day": 20}
            )
        ends: list[str] = []
        for story in range(STORIES):
            phone = phones[story % 3] if story < 12 else await enroll_phone(market, story % 3)
            ends.append(await tell(market, phone, story=story, chance=chance))
        assert set(ends) == {"reversed"}
        for buyer in range(3):
            assert (
                await market.balance(AccountKind.CUST, market.buyers[buyer].id)
                == market.buyers[buyer].balance
            )
        await market.prove()


async def tell(market: Market, phone: Phone, *, story: int, chance: Random) -> str:
    """One sale above the limit, approved and reversed at once; how it ends, as both sides are told."""
    body = sale(market, phone.code(lane=story // 3 % 4), 9_00)
    asked, _ = await until_answered(market.client(), "/v1/payments", body, key=market.name("key"))
    assert how(asked) == "processing", asked
    payment = asked.json["id"]

    async def approve() -> None:
        await asyncio.sleep(chance.uniform(0, 0.03))
        pay = {"payment": payment, "pin": PIN}
        reply, _ = await until_answered(phone.owner, "/v1/wallet/pay", pay, key=market.name("key"))
        assert reply.status == 200 or reply.code == "wrong_state"

    async def reverse() -> None:
        await asyncio.sleep(chance.uniform(0, 0.03))
        undo = {"reference": body["reference"]}
        reply, _ = await until_answered(market.client(), "/v1/reversals", undo, key=market.name("key"))
        assert reply.json["status"] == "reversed"

    async def kill() -> None:
        await asyncio.sleep(chance.uniform(0, 0.05))
        market.program.kill()
        await asyncio.to_thread(market.program.start)

    await asyncio.gather(approve(), reverse(), *([kill()] if story % 3 == 0 else []))
    merchant, customer = await market.find(payment), await phone.payments()
    seen = next(one for one in customer if one["id"] == payment)
    assert merchant["status"] == seen["status"]
    assert merchant["amount_captured"] == merchant["amount_refunded"]
    return str(merchant["status"])


async def test_one_code_at_two_tills_while_the_server_is_killed_pays_once(app_url: str) -> None:
    chance = Random(SEED)
    async with small_market(app_url) as market:
        for story in range(6):
            phone = await enroll_phone(market, story % 3)
            before = await market.balance(AccountKind.CUST, market.buyers[story % 3].id)
            code = phone.code()
            bodies = [sale(market, code, 3_00) for _ in range(2)]
            tills = [
                asyncio.create_task(
                    until_answered(market.client(till), "/v1/payments", body, key=market.name("key"))
                )
                for till, body in enumerate(bodies)
            ]
            await asyncio.sleep(chance.uniform(0, 0.02))
            market.program.kill()
            await asyncio.to_thread(market.program.start)
            replies = [reply for reply, _ in await asyncio.gather(*tills)]
            assert sorted(map(how, replies)) == ["payment_code_invalid", "succeeded"]
            after = await market.balance(AccountKind.CUST, market.buyers[story % 3].id)
            assert after == before - 3_00
        await market.prove()


async def test_two_phones_at_the_limit_of_a_day_at_once(app_url: str) -> None:
    """Of 999.50 used of a day's thousand without PIN, sixty fen fit once; what is reversed fits again."""
    async with small_market(app_url) as market:
        one, two = await enroll_phone(market), await enroll_phone(market)
        first = await market.client().post("/v1/payments", sale(market, one.code(lane=1), 999_50))
        assert how(first) == "succeeded"
        replies = await asyncio.gather(
            *(
                market.client(till).post("/v1/payments", sale(market, phone.code(), 40))
                for till, phone in enumerate((one, two))
            )
        )
        assert sorted(map(how, replies)) == ["processing", "succeeded"]
        done = next(till for till, reply in enumerate(replies) if how(reply) == "succeeded")
        undone = await market.client(done).post("/v1/reversals", {"payment": replies[done].json["id"]})
        assert undone.json["status"] == "reversed"
        assert (
            how(await market.client().post("/v1/payments", sale(market, one.code(lane=2), 50))) == "succeeded"
        )
        assert (
            how(await market.client().post("/v1/payments", sale(market, two.code(lane=2), 1))) == "processing"
        )
        await market.prove()
