"""A television becomes somebody's, orders, is paid by phone, and may show what was bought until a refund."""

import asyncio
import json
from typing import Any

import pytest

from milletpay.identity.pairings import ALPHABET, LETTERS
from tests.flows.asking import Client, Reply
from tests.flows.conftest import OpenMarket
from tests.flows.market import PIN, Market
from tests.flows.server_process import work_for_house
from tests.flows.televisions import (
    PATIENCE_SECONDS,
    begin,
    claim,
    contents,
    offer,
    order,
    pair,
    pay,
    phone,
    until,
)
from tests.flows.test_following_payments import follow


async def test_a_television_is_confirmed_on_the_phone_and_gets_a_key_of_its_own(market: Market) -> None:
    pairing = await begin(market)
    assert (await claim(market, pairing)).json["status"] == "awaiting_customer"
    wrong = await Client(port=market.port).post(
        f"/v1/device/pairings/{pairing['id']}/claim", {"secret": "0" * 64}
    )
    assert wrong.code == "secret_wrong", "whoever has the code alone gets nothing"
    no_pin = await phone(market).post("/v1/wallet/devices", {"pin": "102938", "code": pairing["code"]})
    assert no_pin.code == "secret_wrong"
    spoken = pairing["code"].lower().replace("-", " ")
    taken = await phone(market).post("/v1/wallet/devices", {"pin": PIN, "code": spoken})
    assert (taken.json["kind"], taken.json["name"], taken.json["status"]) == ("tv", "客厅", "active")
    claimed = (await claim(market, pairing)).json
    assert claimed["device"] == taken.json["id"]
    first = Client(port=market.port, token=claimed["token"])
    assert (await first.get("/v1/device")).json["id"] == claimed["device"]
    # It is a device and nobody: no wallet, no money.
    for path in ("/v1/wallet/me", "/v1/payments", "/v1/wallet/devices"):
        assert (await first.get(path)).status == 403
    # Claimed again, the credential before is worth nothing.
    second = Client(port=market.port, token=(await claim(market, pairing)).json["token"])
    assert (await second.get("/v1/device")).status == 200
    async with asyncio.timeout(5):
        while (await first.get("/v1/device")).status != 401:  # noqa: ASYNC110 - by HTTP
            await asyncio.sleep(0.05)


async def test_answers_that_are_lost_while_pairing_leave_nothing_half_done(market: Market) -> None:
    await market.make_room(0)
    lost, pairing = await begin(market), await begin(market)
    taken = await phone(market).post("/v1/wallet/devices", {"pin": PIN, "code": pairing["code"]})
    assert taken.status == 200, taken
    assert (await claim(market, lost)).json["status"] == "awaiting_customer", (
        "whose answer was lost is nobody's"
    )
    # Asked again before any has answered: each gives a credential, and the last one given is good.
    claims = await asyncio.gather(*(claim(market, pairing) for _ in range(5)))
    assert {reply.json["device"] for reply in claims} == {taken.json["id"]}
    tokens = [reply.json["token"] for reply in claims]
    assert len(set(tokens)) == 5
    async with asyncio.timeout(PATIENCE_SECONDS):
        good: list[str] = tokens
        while len(good) > 1:  # an ended one is known for a moment
            replies = [await Client(port=market.port, token=token).get("/v1/device") for token in tokens]
            good = [token for token, reply in zip(tokens, replies, strict=True) if reply.status == 200]
    assert len(good) == 1
    again = (await claim(market, pairing)).json["token"]
    assert (await Client(port=market.port, token=again).get("/v1/device")).status == 200


async def test_a_code_becomes_one_customers_whoever_confirms_it_at_once(market: Market) -> None:
    pairing = await begin(market)
    codes = ({"code": pairing["code"]}, {"payload": pairing["pair_url"]})
    replies = await asyncio.gather(
        *(
            phone(market, buyer).post("/v1/wallet/devices", {"pin": PIN} | codes[turn % 2])
            for turn, buyer in enumerate((0, 1, 2, 3))
        )
    )
    assert sorted(reply.status for reply in replies) == [200, 409, 409, 409]
    assert {reply.code for reply in replies if reply.status == 409} == {"device_taken"}


async def test_wrong_codes_lock_whoever_types_them(market: Market) -> None:
    typist = phone(market, 3)
    wrong = {"pin": PIN, "code": ALPHABET[0] * LETTERS}
    said = [(await typist.post("/v1/wallet/devices", wrong)).code for _ in range(6)]
    assert said == ["secret_wrong"] * 5 + ["locked"]
    right = (await begin(market))["code"]
    assert (await typist.post("/v1/wallet/devices", {"pin": PIN, "code": right})).code == "locked"
    assert (await phone(market, 2).post("/v1/wallet/devices", {"pin": PIN, "code": right})).status == 200


async def test_a_retired_device_is_refused_at_once_and_so_is_what_it_asked_for(market: Market) -> None:
    tv, offered = await pair(market), await offer(market)
    asked = (await order(tv, offered)).json["id"]
    device = (await tv.get("/v1/device")).json["id"]
    foreign = await phone(market, 1).post(f"/v1/wallet/devices/{device}/retire")
    assert foreign.status == 404
    assert (await phone(market).post(f"/v1/wallet/devices/{device}/retire")).json["status"] == "retired"
    assert (await tv.get("/v1/device")).status == 401
    assert (await order(tv, offered)).status == 401
    declined = await pay(market, asked)
    assert (declined.status, declined.json["decline_code"]) == (402, "device_not_active")


async def test_an_order_is_one_payment_until_it_ends_however_often_it_is_asked_for(market: Market) -> None:
    tv, offered = await pair(market), await offer(market)
    replies = await asyncio.gather(*(order(tv, offered) for _ in range(8)))
    (id,) = {reply.json["id"] for reply in replies}
    assert {reply.json["amount"] for reply in replies} == {12_00}
    assert (await order(tv, offered)).json["id"] == id, "a television that wakes shows the same order"
    told = (await phone(market).get("/v1/wallet/device_requests")).json["data"]
    assert id in {request["payment"] for request in told}, "the customer's phone is told without a scan"
    assert (await market.client().post(f"/v1/payments/{id}/cancel")).status == 200
    following = (await order(tv, offered)).json["id"]
    assert following != id
    assert (await pay(market, following)).status == 200
    assert (await order(tv, offered)).json["id"] not in {id, following}


async def test_an_order_under_a_key_is_answered_as_it_was_also_when_it_was_paid(market: Market) -> None:
    """Not by a new payment: that would ask the customer twice for what a lost answer had asked once."""
    tv, offered, other = await pair(market), await offer(market), await offer(market)
    key, woken = market.name("key"), market.name("key")

    async def ask(under: str, wanted: Any = offered) -> Reply:
        return await tv.post("/v1/device/payments", {"offer": wanted["id"]}, key=under)

    at_once = await asyncio.gather(*(ask(key) for _ in range(8)))
    (first,) = {reply.body for reply in at_once}
    assert {reply.status for reply in at_once} == {201}
    assert [reply.is_again for reply in at_once].count(False) == 1
    # Another key asks for the order that stands, and is kept as well.
    second = await ask(woken)
    assert (second.status, second.is_again) == (201, False)
    order_id = json.loads(first)["id"]
    assert second.json["id"] == order_id
    reused = await ask(key, other)
    assert (reused.status, reused.code) == (422, "idempotency_key_reused")
    assert (await pay(market, order_id)).status == 200
    assert (await market.client().post(f"/v1/offers/{offered['id']}/retire")).status == 200
    for under, before in ((key, first), (woken, second.body)):
        again = await ask(under)
        assert (again.status, again.is_again, again.body) == (201, True, before)
    assert (await ask(market.name("key"))).status != 201, "what is asked anew is sold no longer"
    assert (await ask(key, other)).code == "idempotency_key_reused"
    assert [one["id"] for one in (await tv.get("/v1/device/payments")).json["data"]] == [order_id]
    # A key is a television's own.
    neighbor = await pair(market)
    reply = await neighbor.post("/v1/device/payments", {"offer": other["id"]}, key=key)
    assert (reply.status, reply.is_again) == (201, False)


async def test_a_television_is_told_of_no_order_but_its_own(market: Market) -> None:
    """Not of another television's, though it is the same customer's; nor of a payment that is no order."""
    first, second, offered = await pair(market), await pair(market), await offer(market)
    asked = (await order(first, offered)).json["id"]
    sold = (await market.pay(5_00))["id"]
    for path in ("/v1/device/payments/{}", "/v1/device/payments/{}/events"):
        for tv, payment in ((second, asked), (first, sold)):
            assert (await tv.get(path.format(payment))).status == 404
    assert (await first.get(f"/v1/device/payments/{asked}")).status == 200
    assert (await order(second, offered)).json["id"] != asked


async def test_two_customers_scan_the_television_at_once_and_one_pays(market: Market) -> None:
    tv = await pair(market)
    asked = (await order(tv, await offer(market))).json
    replies = await asyncio.gather(
        *(
            phone(market, buyer).post("/v1/wallet/pay", {"pin": PIN, "payload": asked["qr"]})
            for buyer in (0, 1, 2)
        )
    )
    assert sorted(reply.status for reply in replies) == [200, 409, 409]
    assert (await tv.get(f"/v1/device/payments/{asked['id']}")).json["status"] == "succeeded"


async def test_a_television_that_slept_is_told_the_end(market: Market) -> None:
    tv = await pair(market)
    asked = (await order(tv, await offer(market))).json
    path = f"/v1/device/payments/{asked['id']}/events"
    assert await first_event(tv, path, seen="") == (str(asked["version"]), "awaiting_payment")
    awake = asyncio.create_task(first_event(tv, path, seen=str(asked["version"])))
    await pay(market, asked["id"], buyer=1)
    version, status = await awake
    assert (status, int(version) > asked["version"]) == ("succeeded", True)
    assert await first_event(tv, path, seen=str(asked["version"])) == (version, "succeeded")


async def first_event(tv: Client, path: str, *, seen: str) -> tuple[str, str]:
    """The first event of a stream after the last one that was seen: its id, and the status it tells."""
    lines = {"Host": "here", "Authorization": f"Bearer {tv.token}"}
    if seen:
        lines["Last-Event-ID"] = seen
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    reader, writer = await asyncio.open_connection("127.0.0.1", tv.port)
    writer.write(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode())
    id = ""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while line := (await reader.readline()).decode():
            if line.startswith("id: "):
                id = line[4:].strip()
            if line.startswith("data: "):
                writer.transport.abort()
                return id, json.loads(line[6:])["status"]
    raise AssertionError(path)


async def test_what_was_bought_may_be_used_until_the_money_goes_back_whole(
    market: Market, open_market: OpenMarket
) -> None:
    tv, other, offered = await pair(market), await pair(market), await offer(market)
    stranger = await pair(market, 1)
    id = (await order(tv, offered)).json["id"]
    await pay(market, id, buyer=1)
    with work_for_house(open_market.app_url):
        await until(tv, offered["content"], there=True)
        assert offered["content"] in await contents(other), "on all of the customer's devices"
        assert offered["content"] not in await contents(stranger), "whoever paid"
        device = (await tv.get("/v1/device")).json["id"]
        seen = (await market.client().get(f"/v1/entitlements?device={device}")).json["data"]
        assert [one["payment"] for one in seen if one["content"] == offered["content"]] == [id]
        assert (await market.client(1).get(f"/v1/entitlements?device={device}")).json["data"] == []
        part = {"payment": id, "amount": 5_00, "reference": market.name()}
        assert (await market.client().post("/v1/refunds", part)).status == 201
        rest = part | {"amount": 7_00, "reference": market.name()}
        one = seen[0]["id"]
        assert (await market.client().get(f"/v1/entitlements/{one}")).json["status"] == "granted"
        assert (await market.client().post("/v1/refunds", rest)).status == 201
        await until(tv, offered["content"], there=False)
        told = await events_of(market, one, most=2)
    assert [event["type"] for event in told] == ["entitlement.granted", "entitlement.revoked"]
    assert (await market.client().get(f"/v1/entitlements/{one}")).json["status"] == "revoked"


async def events_of(market: Market, about: str, *, most: int) -> list[Any]:
    """What the merchant is told of an object, the first first, once there is so much."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            found = (await market.client().get(f"/v1/events?object={about}")).json["data"]
            if len(found) >= most:
                break
            await asyncio.sleep(0.05)
    return sorted(found, key=lambda event: event["sequence"])


async def test_the_entitlement_comes_once_though_server_and_worker_are_killed_before_the_news(
    market: Market, open_market: OpenMarket
) -> None:
    tv, offered = await pair(market), await offer(market)
    id = (await order(tv, offered)).json["id"]
    assert (await pay(market, id)).status == 200
    # Paid and committed; nobody has heard of it: no worker was there, and the server dies.
    open_market.program.kill()
    open_market.program.start()
    assert offered["content"] not in await contents(tv)
    for _ in range(2):
        with work_for_house(open_market.app_url) as worker:
            worker.kill()
    with work_for_house(open_market.app_url):
        await until(tv, offered["content"], there=True)
    found = (await market.client().get(f"/v1/entitlements?payment={id}")).json["data"]
    assert len(found) == 1
    assert (await tv.get(f"/v1/device/payments/{id}")).json["status"] == "succeeded"


async def test_an_allowance_bounds_what_a_device_buys_whoever_pays(market: Market) -> None:
    tv, cheap, dear = await pair(market), await offer(market, amount=6_00), await offer(market, amount=9_00)
    device = (await tv.get("/v1/device")).json["id"]
    path = f"/v1/wallet/devices/{device}/allowance"
    bounds = {"pin": PIN, "each": 8_00, "day": 10_00}
    assert (await phone(market, 1).post(path, bounds)).status == 404
    assert (await phone(market).post(path, bounds | {"pin": "102938"})).code == "secret_wrong"
    early = (await order(tv, dear)).json["id"]
    assert (await phone(market).post(path, bounds)).json["allowance"]["each"] == 8_00
    assert (await pay(market, early)).json["decline_code"] == "exceeds_device_limit"
    await market.client().post(f"/v1/payments/{early}/cancel")
    assert (await order(tv, dear)).code == "not_allowed_on_device"
    first = (await order(tv, cheap)).json["id"]
    assert (await pay(market, first, buyer=1)).status == 200
    assert (await order(tv, cheap)).code == "not_allowed_on_device", "6 and 6 are more than 10 a day"
    # What is reversed is given back to the day.
    assert (await market.client().post("/v1/reversals", {"payment": first})).status == 200
    second = (await order(tv, cheap)).json["id"]
    assert (await phone(market).post(path, {"pin": PIN, "categories": [1]})).status == 200
    assert (await pay(market, second)).json["decline_code"] == "not_allowed_on_device"
    assert (await phone(market).post(path, {"pin": PIN})).status == 200
    assert (await pay(market, second)).status == 200


@pytest.mark.parametrize(("said", "param"), [({}, "code"), ({"code": "x", "payload": "y"}, "code")])
async def test_a_device_is_taken_by_a_code_or_a_link(
    market: Market, said: dict[str, str], param: str
) -> None:
    reply = await phone(market).post("/v1/wallet/devices", {"pin": PIN} | said)
    assert (reply.code, reply.json["param"]) == ("invalid_field", param)


async def test_a_phone_is_told_of_what_its_television_asks_for_as_it_does(market: Market) -> None:
    tv, offered = await pair(market, 1), await offer(market)
    following = await follow(phone(market, 1), "/v1/wallet/device_requests/events")
    first = await following.next()
    assert first is not None
    asked = (await order(tv, offered)).json["id"]
    second = await following.next()
    assert second is not None
    assert asked in {one["payment"] for one in second[1]["data"]}
    following.leave()
    await pay(market, asked, buyer=1)
    again = await follow(
        phone(market, 1), "/v1/wallet/device_requests/events", **{"Last-Event-ID": second[0]}
    )
    third = await again.next()
    assert third is not None
    assert asked not in {one["payment"] for one in third[1]["data"]}
    again.leave()
    stranger = await follow(phone(market, 4), "/v1/wallet/device_requests/events")
    other = await stranger.next()
    assert other is not None
    assert asked not in {one["payment"] for one in other[1]["data"]}
    stranger.leave()
