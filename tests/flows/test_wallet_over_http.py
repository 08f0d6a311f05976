"""The wallet's API, as an app uses it: sign in, top up, send, pay, withdraw, and read every line of it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count, pairwise
from typing import Any

import pytest

from milletpay.rails import numbered_from
from milletpay.wallets import read_remark
from tests.flows.demonstration import Demo, demonstration, wait_until

CNY = "CNY"
numbers = count(1)


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with demonstration() as running:
        yield running


def person(demo: Demo, number: int) -> dict[str, Any]:
    found: dict[str, Any] = demo.town["customers"][number]
    return found


def balance(demo: Demo, token: str) -> int:
    available: int = demo.ask("GET", "/v1/wallet/me", key=token).json["balance"]["available"]
    return available


def test_whoever_has_the_phone_in_hand_signs_in_and_out(demo: Demo) -> None:
    someone = person(demo, 10)
    code = demo.ask("POST", "/v1/wallet/sessions/code", {"phone": someone["phone"]}).json["code"]
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    refused = demo.ask("POST", "/v1/wallet/sessions", {"phone": someone["phone"], "code": wrong})
    assert (refused.status, refused.code) == (403, "secret_wrong")
    opened = demo.ask("POST", "/v1/wallet/sessions", {"phone": someone["phone"], "code": code})
    assert opened.status == 201
    token, session = opened.json["token"], opened.json["session"]["id"]
    me = demo.ask("GET", "/v1/wallet/me", key=token).json
    assert (me["id"], me["phone"], me["has_pin"]) == (someone["id"], someone["phone"], True)
    assert me["balance"] == {"available": 50_000_00, "held": 0, "owed": 0, "currency": CNY}
    assert demo.ask("POST", "/v1/wallet/sessions", {"phone": someone["phone"], "code": code}).status == 403
    assert demo.ask("POST", f"/v1/wallet/sessions/{session}/end", key=token).status == 204
    wait_until(lambda: demo.ask("GET", "/v1/wallet/me", key=token).status == 401)


def test_somebody_new_signs_up_and_pays(demo: Demo) -> None:
    phone, shop = "+8613911112222", demo.merchant(0)

    def code() -> str:
        return str(demo.ask("POST", "/v1/wallet/sessions/code", {"phone": phone}).json["code"])

    said = {"phone": phone, "name": " 林小满 ", "pin": "730284"}
    nobody = demo.ask("POST", "/v1/wallet/sessions", {"phone": phone, "code": code()})
    assert (nobody.status, nobody.code) == (404, "not_found")
    given = code()
    easy = demo.ask("POST", "/v1/wallet/customers", said | {"code": given, "pin": "111111"})
    assert (easy.status, easy.code) == (400, "pin_refused")
    for name in ("  ", "a\nb"):
        assert demo.ask("POST", "/v1/wallet/customers", said | {"code": given, "name": name}).status == 400
    wrong = demo.ask("POST", "/v1/wallet/customers", said | {"code": f"{(int(given) + 1) % 10**6:06d}"})
    assert (wrong.status, wrong.code) == (403, "secret_wrong")
    opened = demo.ask("POST", "/v1/wallet/customers", said | {"code": given})
    assert (opened.status, opened.json["has_pin"]) == (201, True)
    token = opened.json["token"]
    me = demo.ask("GET", "/v1/wallet/me", key=token).json
    assert (me["name"], me["phone"], me["verification"]) == ("林小满", phone, "phone")
    assert me["balance"] == {"available": 0, "held": 0, "owed": 0, "currency": CNY}
    again = demo.ask("POST", "/v1/wallet/customers", said | {"code": code()})
    assert (again.status, again.code) == (409, "phone_taken")
    assert demo.ask("POST", "/v1/wallet/sessions", {"phone": phone, "code": code()}).status == 201

    number = numbered_from("629999000099001").digits
    card = demo.ask("POST", "/v1/wallet/cards", {"number": number}, key=token)
    assert card.status == 201
    top_up = {"amount": 50_00, "currency": CNY, "card": card.json["id"]}
    assert demo.ask("POST", "/v1/wallet/topups", top_up, key=token).status == 201
    wait_until(lambda: balance(demo, token) == 50_00)
    asked = {"amount": 20_00, "currency": CNY, "reference": f"order-{next(numbers)}"}
    payment = demo.ask("POST", "/v1/payments", asked, key=shop["secret_key"]).json
    paid = demo.ask("POST", "/v1/wallet/pay", {"payment": payment["id"], "pin": "730284"}, key=token)
    assert (paid.status, balance(demo, token)) == (200, 30_00)


def test_money_comes_from_a_card_and_goes_to_one(demo: Demo) -> None:
    someone = person(demo, 11)
    token = someone["token"]
    (card,) = demo.ask("GET", "/v1/wallet/cards", key=token).json["data"]
    before = balance(demo, token)
    asked = {"amount": 123_45, "currency": CNY, "card": card["id"]}
    made = demo.ask("POST", "/v1/wallet/topups", asked, key=token, idempotency_key="top-up")
    assert made.status == 201
    again = demo.ask("POST", "/v1/wallet/topups", asked, key=token, idempotency_key="top-up")
    assert again.body == made.body
    other = demo.ask("POST", "/v1/wallet/topups", {**asked, "amount": 1}, key=token, idempotency_key="top-up")
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    path = f"/v1/wallet/topups/{made.json['id']}"
    wait_until(lambda: demo.ask("GET", path, key=token).json["status"] == "succeeded")
    assert balance(demo, token) == before + 123_45
    assert demo.ask("GET", path, key=person(demo, 12)["token"]).status == 404

    out = {"amount": 23_45, "currency": CNY, "card": card["id"], "pin": someone["pin"]}
    taken = demo.ask("POST", "/v1/wallet/withdrawals", out, key=token).json
    assert (taken["status"], balance(demo, token)) == ("reserved", before + 100_00)
    path = f"/v1/wallet/withdrawals/{taken['id']}"
    wait_until(lambda: demo.ask("GET", path, key=token).json["status"] == "succeeded")
    declined = demo.ask("POST", "/v1/wallet/withdrawals", {**out, "amount": 49_999_99}, key=token)
    assert declined.status in {201, 402}
    too_much = demo.ask("POST", "/v1/wallet/withdrawals", {**out, "amount": 50_001_00}, key=token)
    assert (too_much.status, too_much.code) == (402, "declined")
    assert too_much.json["decline_code"] == "exceeds_limit"
    assert too_much.json["withdrawal"]["status"] == "failed"


def test_money_is_sent_once_and_with_the_pin_only(demo: Demo) -> None:
    sender, recipient = person(demo, 13), person(demo, 14)
    before = balance(demo, sender["token"]), balance(demo, recipient["token"])
    send = {
        "amount": 10_00,
        "currency": CNY,
        "recipient": recipient["phone"],
        "pin": sender["pin"],
        "note": "午饭",
        "reference": "lunch",
    }
    wrong = demo.ask("POST", "/v1/wallet/sends", {**send, "pin": "000001"}, key=sender["token"])
    assert (wrong.status, wrong.code, wrong.json["param"]) == (403, "secret_wrong", "pin")
    made = [demo.ask("POST", "/v1/wallet/sends", send, key=sender["token"]) for _ in range(3)]
    assert {reply.status for reply in made} == {201}
    assert len({reply.json["id"] for reply in made}) == 1
    after = balance(demo, sender["token"]), balance(demo, recipient["token"])
    assert after == (before[0] - 10_00, before[1] + 10_00)
    seen = demo.ask("GET", f"/v1/wallet/sends/{made[0].json['id']}", key=recipient["token"]).json
    assert (seen["note"], seen["sender"]) == ("午饭", sender["id"])
    stranger = {**send, "recipient": "13999999999", "reference": "nobody"}
    nobody = demo.ask("POST", "/v1/wallet/sends", stranger, key=sender["token"])
    assert (nobody.status, nobody.code) == (409, "recipient_not_found")


def test_what_a_merchant_asks_for_is_paid_with_the_pin(demo: Demo) -> None:
    shop, payer = demo.merchant(0), person(demo, 15)
    asked = {"amount": 199_00, "currency": CNY, "reference": f"order-{next(numbers)}"}
    payment = demo.ask("POST", "/v1/payments", asked, key=shop["secret_key"]).json
    assert payment["status"] == "awaiting_payment"
    assert payment["qr"]["payload"] == payment["checkout_url"]
    pay = {"payload": payment["qr"]["payload"], "pin": payer["pin"]}
    owed = demo.ask("GET", "/v1/balance", key=shop["secret_key"]).json["pending"]
    paid = demo.ask("POST", "/v1/wallet/pay", pay, key=payer["token"], idempotency_key="pay")
    assert (paid.status, paid.json["status"]) == (200, "succeeded")
    again = demo.ask("POST", "/v1/wallet/pay", pay, key=payer["token"], idempotency_key="pay")
    assert again.body == paid.body
    late = demo.ask(
        "POST", "/v1/wallet/pay", {**pay, "pin": person(demo, 16)["pin"]}, key=person(demo, 16)["token"]
    )
    assert (late.status, late.code) == (409, "wrong_state")
    assert demo.ask("GET", "/v1/balance", key=shop["secret_key"]).json["pending"] == owed + 199_00
    entry = demo.ask("GET", "/v1/balance_entries?limit=1", key=shop["secret_key"]).json["data"][0]
    assert (entry["amount"], entry["balance"], entry["about"]) == (199_00, owed + 199_00, payment["id"])


def test_an_agreement_is_signed_charged_and_ended_by_its_customer(demo: Demo) -> None:
    merchant, customer = demo.merchant(3), person(demo, 17)
    proposed = {
        "currency": CNY,
        "reference": "subscription",
        "charge_limit": 30_00,
        "day_limit": 50_00,
        "month_limit": 50_00,
    }
    agreement = demo.ask("POST", "/v1/agreements", proposed, key=merchant["secret_key"]).json
    assert agreement["sign_url"].startswith(demo.base_url)

    def charge(amount: int) -> str:
        said = {"amount": amount, "currency": CNY, "reference": f"charge-{next(numbers)}"}
        reply = demo.ask(
            "POST",
            "/v1/payments",
            {**said, "payer": {"agreement": agreement["id"]}},
            key=merchant["secret_key"],
        )
        return str(reply.json.get("decline_code") or reply.json["status"])

    path = f"/v1/wallet/agreements/{agreement['id']}"
    assert charge(30_00) == "agreement_not_active"
    other = demo.ask("POST", "/v1/agreements", proposed | {"reference": "other"}, key=merchant["secret_key"])
    word, link = {"pin": customer["pin"]}, agreement["sign_url"]
    for token in (
        "",
        agreement["id"],
        other.json["sign_url"],
        link[:-1] + "~",
        link.replace("/sign/", "/c/"),
    ):
        wrong = demo.ask("POST", f"{path}/sign", word | {"token": token}, key=customer["token"])
        assert (wrong.status, wrong.json["param"]) == (400, "token"), token
    assert demo.ask("POST", f"{path}/sign", word, key=customer["token"]).code == "missing_field"
    assert charge(30_00) == "agreement_not_active"
    signed = demo.ask("POST", f"{path}/sign", word | {"token": link}, key=customer["token"])
    assert signed.json["status"] == "active"
    last = word | {"token": link.rpartition("/")[2]}
    assert demo.ask("POST", f"{path}/sign", last, key=customer["token"]).status == 200
    came = [charge(amount) for amount in (30_00, 30_01, 20_01, 20_00, 1)]
    assert came == ["succeeded", "exceeds_charge_limit", "exceeds_limit", "succeeded", "exceeds_limit"]
    assert demo.ask("POST", f"{path}/cancel", key=person(demo, 18)["token"]).status == 404
    assert demo.ask("POST", f"{path}/cancel", key=customer["token"]).json["status"] == "canceled"
    assert charge(1_00) == "agreement_not_active"


def test_five_wrong_pins_lock_it_and_a_code_to_the_phone_sets_another(demo: Demo) -> None:
    someone = person(demo, 19)
    token = someone["token"]
    wrong = [demo.ask("POST", "/v1/wallet/pin/check", {"pin": "000001"}, key=token) for _ in range(6)]
    assert [reply.code for reply in wrong] == ["secret_wrong"] * 5 + ["locked"]
    assert int(wrong[-1].headers["Retry-After"]) > 0
    assert demo.ask("POST", "/v1/wallet/pin/check", {"pin": someone["pin"]}, key=token).status == 429
    code = demo.ask("POST", "/v1/wallet/sessions/code", {"phone": someone["phone"]}).json["code"]
    easy = demo.ask("POST", "/v1/wallet/pin", {"pin": "123456", "code": code}, key=token)
    assert (easy.status, easy.code) == (400, "pin_refused")
    code = demo.ask("POST", "/v1/wallet/sessions/code", {"phone": someone["phone"]}).json["code"]
    assert demo.ask("POST", "/v1/wallet/pin", {"pin": "730284", "code": code}, key=token).status == 200
    assert demo.ask("POST", "/v1/wallet/pin/check", {"pin": "730284"}, key=token).status == 200


def test_entries_are_continuous_and_limits_say_what_was_used(demo: Demo) -> None:
    someone = person(demo, 20)
    agreement = someone["agreements"][0]
    merchant = next(one for one in demo.town["merchants"] if one["id"] == agreement["merchant"])
    for number in range(1, 8):
        said = {"amount": number, "currency": CNY, "reference": f"small-{next(numbers)}"}
        demo.ask(
            "POST",
            "/v1/payments",
            {**said, "payer": {"agreement": agreement["id"]}},
            key=merchant["secret_key"],
        )
    entries: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = demo.ask("GET", f"/v1/wallet/entries?limit=3{cursor}", key=someone["token"]).json
        entries += page["data"]
        if not page["has_more"]:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert [entry["amount"] for entry in entries] == [-7, -6, -5, -4, -3, -2, -1, 50_000_00]
    for later, earlier in pairwise(entries):
        assert later["balance"] == earlier["balance"] + later["amount"]
    assert entries[0]["balance"] == balance(demo, someone["token"])
    limits = demo.ask("GET", "/v1/wallet/limits", key=someone["token"]).json["data"]
    used = {(limit["measure"], limit["span"]): limit["used"] for limit in limits}
    assert used["payments", "day"] == used["payments", "month"] == 28
    assert used["top_ups", "day"] == 50_000_00


def test_a_retry_is_answered_though_the_pin_is_another_or_locked(demo: Demo) -> None:
    someone, friend = person(demo, 21), person(demo, 22)
    token = someone["token"]
    send = {"amount": 1_00, "currency": CNY, "recipient": friend["phone"], "pin": someone["pin"]}
    change = {"pin": "730284", "current": someone["pin"]}
    before = balance(demo, token)

    def both() -> list[Any]:
        calls = (("sends", send, "send"), ("pin", change, "pin"))
        return [
            demo.ask("POST", f"/v1/wallet/{path}", said, key=token, idempotency_key=key)
            for path, said, key in calls
        ]

    first = both()
    assert [reply.status for reply in first] == [201, 200]
    assert [reply.body for reply in both()] == [reply.body for reply in first]
    for _ in range(5):
        demo.ask("POST", "/v1/wallet/pin/check", {"pin": "000001"}, key=token)
    assert demo.ask("POST", "/v1/wallet/pin/check", {"pin": "730284"}, key=token).code == "locked"
    again = both()
    assert [reply.body for reply in again] == [reply.body for reply in first]
    assert {reply.headers["Idempotent-Replayed"] for reply in again} == {"true"}
    assert balance(demo, token) == before - 1_00
    reused = demo.ask("POST", "/v1/wallet/sends", send | {"amount": 2}, key=token, idempotency_key="send")
    assert (reused.status, reused.code) == (422, "idempotency_key_reused")
    other = demo.ask("POST", "/v1/wallet/sends", send, key=token, idempotency_key="another")
    assert other.code == "locked"


def test_right_pins_at_once_lock_nobody_out(demo: Demo) -> None:
    someone, friend = person(demo, 23), person(demo, 24)
    send = {"amount": 1, "currency": CNY, "recipient": friend["phone"], "pin": someone["pin"]}
    with ThreadPoolExecutor(20) as threads:
        replies = list(
            threads.map(lambda _: demo.ask("POST", "/v1/wallet/sends", send, key=someone["token"]), range(20))
        )
    assert {reply.status for reply in replies} == {201}


def test_whoever_transfers_from_a_bank_is_told_where_to_and_with_which_remark(demo: Demo) -> None:
    mine, other = person(demo, 15)["token"], person(demo, 16)["token"]
    told = demo.ask("GET", "/v1/wallet/deposit_details", key=mine).json
    assert told == demo.ask("GET", "/v1/wallet/deposit_details", key=mine).json
    (account,) = told["accounts"]
    assert account["number"].isdecimal()
    assert read_remark(f"to {told['remark']}!") == int(told["remark"])
    assert demo.ask("GET", "/v1/wallet/deposit_details", key=other).json["remark"] != told["remark"]
