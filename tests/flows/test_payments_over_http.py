"""Payments as merchants make them: over HTTP, many at once, again and again. Each effect happens once.

After every test the market proves that what the API tells is what the book says.
"""

import asyncio
import time
from collections import Counter

import pytest

from milletpay.ledger.chart import AccountKind
from tests.flows.asking import Client, Reply
from tests.flows.market import PIN, Market, all_equal


async def at_once(market: Market, times: int, path: str, said: object, *, key: str = "") -> list[Reply]:
    client = market.client()
    return list(await asyncio.gather(*(client.post(path, said, key=key) for _ in range(times))))


def count_statuses(replies: list[Reply]) -> Counter[int]:
    return Counter(reply.status for reply in replies)


async def test_a_hundred_equal_requests_have_one_effect_and_one_answer(market: Market) -> None:
    buyer = market.buyers[0]
    before = await market.balance(AccountKind.CUST, buyer.id)
    body, key = market.charge(10_00), market.name("key")
    replies = await at_once(market, 100, "/v1/payments", body, key=key)
    assert all_equal(replies)
    assert replies[0].status == 201
    assert sum(not reply.is_again for reply in replies) == 1
    assert await market.balance(AccountKind.CUST, buyer.id) == before - 10_00

    payment = replies[0].json["id"]
    refund = {"payment": payment, "amount": 4_00, "reference": market.name("refund")}
    refunds = await at_once(market, 100, "/v1/refunds", refund, key=key)
    assert all_equal(refunds)
    assert refunds[0].json["amount"] == 4_00
    assert (await market.find(payment))["amount_refunded"] == 4_00

    # Much has happened to it since, and the first answer is still the answer.
    again = await market.client().post("/v1/payments", body, key=key)
    assert (again.status, again.body, again.is_again) == (201, replies[0].body, True)


@pytest.mark.parametrize("path", ["capture", "cancel"])
async def test_what_follows_is_done_once_too(market: Market, path: str) -> None:
    held = await market.pay(10_00, capture_method="manual")
    body = {"amount": 3_00, "final": False} if path == "capture" else {}
    replies = await at_once(market, 50, f"/v1/payments/{held['id']}/{path}", body, key="once")
    assert all_equal(replies)
    assert replies[0].status == 200
    ended = await market.find(held["id"])
    assert ended["amount_captured"] == (3_00 if path == "capture" else 0)
    await market.client().post(f"/v1/payments/{held['id']}/cancel")


async def test_a_key_with_another_body_is_refused(market: Market) -> None:
    body, key = market.charge(10_00), market.name("key")
    first = await market.client().post("/v1/payments", body, key=key)
    before = await market.moment()
    for other in (body | {"amount": 10_01}, body | {"reference": market.name()}):
        refused = await market.client().post("/v1/payments", other, key=key)
        assert (refused.status, refused.code) == (422, "idempotency_key_reused")
    assert await market.moment() == before
    # The key is the merchant's own, and of one path.
    theirs = await market.client(1).post("/v1/payments", market.charge(10_00, seller=1), key=key)
    assert theirs.status == 201
    elsewhere = await market.client().post("/v1/reversals", {"payment": first.json["id"]}, key=key)
    assert (elsewhere.status, elsewhere.json["status"]) == (200, "reversed")


async def test_a_reference_names_one_payment(market: Market) -> None:
    body = market.charge(10_00)
    first = await market.client().post("/v1/payments", body, key=market.name("key"))
    again = await market.client().post("/v1/payments", body, key=market.name("key"))
    assert (again.status, again.json) == (200, first.json)
    without = await market.client().post("/v1/payments", body)
    assert (without.status, without.json) == (200, first.json)
    other = await market.client().post("/v1/payments", body | {"amount": 11_00}, key=market.name("key"))
    assert (other.status, other.code, other.json["object"]) == (409, "reference_used", first.json["id"])
    found = await market.client().get(f"/v1/payments?reference={body['reference']}")
    assert [one["id"] for one in found.json["data"]] == [first.json["id"]]


async def test_a_hundred_references_at_once_are_a_hundred_payments_and_lists_stay_whole(
    market: Market,
) -> None:
    bodies = [market.charge(1_00, buyer=number % 5) for number in range(100)]
    client = market.client()
    answers, listed = await asyncio.gather(
        asyncio.gather(*(client.post("/v1/payments", body) for body in bodies)), market.payments()
    )
    assert len({reply.json["id"] for reply in answers}) == 100
    ids = [one["id"] for one in listed]
    assert ids == sorted(set(ids), reverse=True)
    assert {reply.json["id"] for reply in answers} <= {one["id"] for one in await market.payments()}


async def test_of_a_hundred_refunds_as_many_succeed_as_the_payment_covers(market: Market) -> None:
    paid = await market.pay(50_00)
    bodies = [{"payment": paid["id"], "amount": 1_00, "reference": market.name("part")} for _ in range(100)]
    replies = await asyncio.gather(*(market.client().post("/v1/refunds", body) for body in bodies))
    assert count_statuses(replies) == {201: 50, 409: 50}
    assert {reply.code for reply in replies if reply.status == 409} == {"exceeds_refundable"}
    ended = await market.find(paid["id"])
    assert (ended["amount_refunded"], ended["fee"]) == (50_00, 0)
    assert sum(reply.json["fee_returned"] for reply in replies if reply.status == 201) == paid["fee"]


async def test_a_refund_of_one_reference_happens_once(market: Market) -> None:
    paid = await market.pay(50_00)
    body = {"payment": paid["id"], "amount": 7_00, "reference": market.name("refund")}
    replies = await at_once(market, 10, "/v1/refunds", body)
    assert count_statuses(replies) == {201: 1, 200: 9}
    assert len({reply.body for reply in replies}) == 1
    assert (await market.find(paid["id"]))["amount_refunded"] == 7_00
    other = await market.client().post("/v1/refunds", body | {"amount": 8_00})
    assert (other.status, other.code, other.json["object"]) == (409, "reference_used", replies[0].json["id"])


async def test_two_payments_at_once_of_a_balance_that_covers_one(market: Market) -> None:
    poor = len(market.buyers) - 1
    left = await market.balance(AccountKind.CUST, market.buyers[poor].id)
    assert 60_00 <= left < 120_00
    bodies = [market.charge(60_00, buyer=poor) for _ in range(2)]
    replies = await asyncio.gather(*(market.client().post("/v1/payments", body) for body in bodies))
    assert sorted(reply.status for reply in replies) == [201, 402]
    (declined,) = (reply for reply in replies if reply.status == 402)
    assert declined.code == "declined"
    assert declined.json["decline_code"] == "insufficient_funds"
    assert (await market.find(declined.json["payment"]["id"]))["status"] == "failed"
    assert await market.balance(AccountKind.CUST, market.buyers[poor].id) == left - 60_00


async def test_a_decline_is_the_answer_under_its_key(market: Market) -> None:
    body, key = market.charge(100_01), market.name("key")
    replies = await at_once(market, 10, "/v1/payments", body, key=key)
    assert all_equal(replies)
    assert (replies[0].status, replies[0].json["decline_code"]) == (402, "exceeds_charge_limit")


async def test_capture_void_and_reversal_race(market: Market) -> None:
    """One of them wins each time, and the money is where the winner says; `Market.prove` adds it up."""
    outcomes: Counter[str] = Counter()
    for round_ in range(12):
        held = await market.pay(10_00, capture_method="manual")
        path = f"/v1/payments/{held['id']}"
        asked = [
            (f"{path}/capture", {}),
            (f"{path}/cancel", {}),
            ("/v1/reversals", {"reference": held["reference"]}),
        ]
        asked = asked[round_ % 3 :] + asked[: round_ % 3]
        replies = await asyncio.gather(*(market.client().post(*one) for one in asked))
        ended = await market.find(held["id"])
        outcomes[ended["status"]] += 1
        assert ended["status"] in {
            "canceled",
            "reversed",
        }  # what was captured is reversed, whenever that comes
        assert all(reply.status == 200 or reply.code == "wrong_state" for reply in replies)
        assert ended["amount_captured"] - ended["amount_refunded"] == ended["fee"] == 0
    print(outcomes)


async def test_captures_at_once_take_no_more_than_is_held(market: Market) -> None:
    held = await market.pay(100_00, capture_method="manual")
    part = {"amount": 15_00, "final": False}
    replies = await asyncio.gather(
        *(market.client().post(f"/v1/payments/{held['id']}/capture", part) for _ in range(10))
    )
    assert count_statuses(list(replies)) == {200: 6, 409: 4}
    rest = await market.client().post(f"/v1/payments/{held['id']}/capture")
    whole = await market.pay(100_00)
    # The fee of the parts adds up to the fee of the whole.
    assert (rest.json["amount_captured"], rest.json["fee"]) == (100_00, whole["fee"])


async def test_a_charge_and_the_end_of_its_agreement_race(market: Market) -> None:
    agreement = market.buyers[1].agreements[market.sellers[1].id]
    client = market.client(1)
    charges = [market.charge(1_00, buyer=1, seller=1) for _ in range(20)]
    sent = [client.post("/v1/payments", body) for body in charges]
    sent.insert(10, client.post(f"/v1/agreements/{agreement}/cancel"))
    replies = await asyncio.gather(*sent)
    ended = replies.pop(10)
    assert (ended.status, ended.json["status"]) == (200, "canceled")
    assert {reply.status for reply in replies} <= {201, 402}
    late = await client.post("/v1/payments", market.charge(1_00, buyer=1, seller=1))
    assert (late.status, late.json["decline_code"]) == (402, "agreement_not_active")


async def test_two_customers_and_a_cancel_race_for_one_payment(market: Market) -> None:
    """One customer at most pays it; each is told what became of it, again too."""
    wallets = [Client(port=market.port, token=market.buyers[number].token) for number in (0, 1)]
    for round_ in range(8):
        body = {"amount": 7_00, "currency": "CNY", "reference": market.name()}
        method = "manual" if round_ % 2 else "automatic"
        made = (await market.client().post("/v1/payments", body | {"capture_method": method})).json
        said, key = {"payload": made["qr"]["payload"], "pin": PIN}, market.name("key")
        asked = [wallet.post("/v1/wallet/pay", said, key=key) for wallet in wallets]
        if round_ > 3:
            asked.append(market.client().post(f"/v1/payments/{made['id']}/cancel"))
        paid = (await asyncio.gather(*asked))[:2]
        ended = await market.find(made["id"])
        if ended["status"] == "canceled":
            assert {one.code for one in paid if one.status != 200} == {"wrong_state"}
            assert all(one.json["status"] == "authorized" for one in paid if one.status == 200)
            continue
        assert ended["status"] in {"succeeded", "authorized"}
        assert sorted(one.status for one in paid) == [200, 409]
        payer = next(number for number, one in enumerate(paid) if one.status == 200)
        again = await wallets[payer].post("/v1/wallet/pay", said, key=key)
        assert (again.body, again.is_again) == (paid[payer].body, True)
        await market.client().post(f"/v1/payments/{made['id']}/cancel")


async def test_a_retry_is_answered_though_its_time_to_pay_is_over(market: Market) -> None:
    """The answer under a key is kept as long as the payment, not as long as `expires_at` is to come."""
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    body = {"amount": 5_00, "currency": "CNY", "reference": market.name(), "expires_at": soon}
    key = market.name("key")
    first = await market.client().post("/v1/payments", body, key=key)
    assert (first.status, first.json["status"]) == (201, "awaiting_payment")
    await asyncio.sleep(2.1)
    again = await market.client().post("/v1/payments", body, key=key)
    assert (again.status, again.body) == (201, first.body)
    late = await market.client().post("/v1/payments", body | {"reference": market.name()})
    assert (late.status, late.code, late.json["param"]) == (400, "invalid_field", "expires_at")
