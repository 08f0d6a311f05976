"""Code plates over HTTP, in a demo: made, drawn, paid, revoked; and the many payers of one payment."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import zxingcpp

from milletpay.codes import read_payload
from tests.flows.demonstration import Demo, demonstration

PAYERS = 8


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with demonstration() as running:
        yield running


def person(demo: Demo, number: int) -> dict[str, Any]:
    found: dict[str, Any] = demo.town["customers"][number]
    return found


def balance(demo: Demo, someone: dict[str, Any]) -> int:
    me = demo.ask("GET", "/v1/wallet/me", key=someone["token"]).json
    available: int = me["balance"]["available"]
    return available


def make_plate(demo: Demo, *, merchant: int = 1) -> dict[str, Any]:
    key = demo.merchant(merchant)["secret_key"]
    store = demo.ask("POST", "/v1/stores", {"name": "North Gate", "name_zh": "北门店"}, key=key).json
    made = demo.ask("POST", "/v1/plates", {"store": store["id"]}, key=key, idempotency_key=store["id"])
    assert made.status == 201, made.json
    plate: dict[str, Any] = made.json
    again = demo.ask("POST", "/v1/plates", {"store": store["id"]}, key=key, idempotency_key=store["id"])
    assert again.json == plate
    return plate


def pay(
    demo: Demo, someone: dict[str, Any], payload: str, amount: int | None, *, key: str = ""
) -> tuple[int, dict[str, Any]]:
    """Pay from the balance: another source would go on where its limit ends."""
    said = {"payload": payload, "pin": someone["pin"], "source": "balance"}
    said |= {} if amount is None else {"amount": amount}
    reply = demo.ask("POST", "/v1/wallet/pay", said, key=someone["token"], idempotency_key=key)
    return reply.status, reply.json


def test_a_plate_from_the_first_to_the_last_day(demo: Demo) -> None:
    key, payer = demo.merchant(1)["secret_key"], person(demo, 20)
    plate = make_plate(demo)
    assert (plate["status"], plate["serial"], plate["terminal"]) == ("active", 1, None)
    assert demo.ask("GET", f"/v1/plates/{plate['id']}", key=key).json == plate
    assert demo.ask("GET", "/v1/plates", key=key).json["data"] == [plate]
    other = demo.merchant(2)["secret_key"]
    assert demo.ask("GET", f"/v1/plates/{plate['id']}", key=other).status == 404
    assert demo.ask("POST", f"/v1/plates/{plate['id']}/revoke", key=other).status == 404
    foreign = demo.ask("POST", "/v1/plates", {"store": plate["store"]}, key=other)
    assert (foreign.status, foreign.json["param"]) == (404, "store")

    before = balance(demo, payer)
    status, paid = pay(demo, payer, plate["url"], 12_50, key="page 1")
    assert (status, paid["amount"], paid["status"]) == (200, 12_50, "succeeded")
    assert pay(demo, payer, plate["url"], 12_50, key="page 1") == (200, paid)
    assert balance(demo, payer) == before - 12_50
    seen = demo.ask("GET", f"/v1/payments/{paid['id']}", key=key).json
    assert (seen["store"], seen["plate"], seen["flags"]) == (plate["store"], plate["id"], [])

    assert [attempt["outcome"] for attempt in seen["attempts"]] == ["took_the_money"]

    status, declined = pay(demo, payer, plate["url"], 487_51)
    assert (status, declined["decline_code"]) == (402, "exceeds_static_limit")
    kept = demo.ask("GET", f"/v1/payments/{declined['payment']}", key=key).json
    assert (kept["status"], kept["decline_code"]) == ("failed", "exceeds_static_limit")
    assert [attempt["outcome"] for attempt in kept["attempts"]] == ["declined"]
    limits = demo.ask("GET", "/v1/wallet/limits", key=payer["token"]).json["data"]
    of_day = {limit["measure"]: limit for limit in limits if limit["span"] == "day"}
    used = of_day["static_from_balance"]
    assert (used["amount"], used["used"], of_day["static_from_cards"]["used"]) == (500_00, 12_50, 0)

    revoked = demo.ask("POST", f"/v1/plates/{plate['id']}/revoke", key=key).json
    assert revoked["status"] == "revoked"
    status, refused = pay(demo, payer, plate["url"], 1_00)
    assert (status, refused["code"]) == (409, "plate_revoked")
    assert demo.ask("POST", f"/v1/plates/{plate['id']}/revoke", key=key).json == revoked


def test_the_pictures_of_a_plate_hold_its_link(demo: Demo) -> None:
    key = demo.merchant(2)["secret_key"]
    plate = make_plate(demo, merchant=2)
    drawn = demo.ask("GET", f"/v1/plates/{plate['id']}/qr.svg", key=key)
    assert drawn.headers["content-type"] == "image/svg+xml"
    (code,) = zxingcpp.read_barcodes(painted(drawn.body.decode()))
    assert code.text == plate["url"]
    picture = demo.ask("GET", f"/v1/plates/{plate['id']}/qr.png", key=key)
    assert (picture.headers["content-type"], picture.body[:4]) == ("image/png", b"\x89PNG")


def painted(drawn: str) -> memoryview:
    """An SVG of segno as a gray picture, four pixels a module: lines of dark modules, stroked."""
    root = ET.fromstring(drawn)  # noqa: S314 - drawn by us
    size = int(root.attrib["viewBox"].split()[2])
    rows = [bytearray(b"\xff" * size) for _ in range(size)]
    (path,) = [one.attrib["d"] for one in root.iter() if "stroke" in one.attrib]
    x, y = 0, -1
    for step, values in re.findall(r"([Mmh])([-0-9. ]+)", path):
        moved = [int(value.partition(".")[0]) for value in values.split()]
        if step == "M":
            x, y = moved[0], moved[1]
        elif step == "m":
            x, y = x + moved[0], y + moved[1]
        else:
            rows[y][x : x + moved[0]] = b"\x00" * moved[0]
            x += moved[0]
    wide = [bytes(value for value in row for _ in range(4)) for row in rows]
    return memoryview(b"".join(row * 4 for row in wide)).cast("B", shape=[4 * size, 4 * size])


def test_a_code_of_the_world_is_paid_as_ours(demo: Demo) -> None:
    """What is in EMVCo's form opens the plate, or a payment, whose amount it says."""
    key, payer = demo.merchant(3)["secret_key"], person(demo, 21)
    plate = make_plate(demo, merchant=3)
    code = demo.ask("GET", f"/v1/plates/{plate['id']}/qr", key=key).json
    assert code["payload"] == plate["url"]
    read = read_payload(code["emv"])
    assert (read.find("01"), read.find("54"), read.find("62.03")) == ("11", None, "North Gate")
    assert pay(demo, payer, code["emv"], 3_00)[0] == 200
    changed = code["emv"].replace("North", "South")
    status, refused = pay(demo, payer, changed, 3_00)
    assert (status, refused["param"]) == (400, "payload")

    new = {"amount": 23_72, "currency": "CNY", "reference": "emv 1"}
    made = demo.ask("POST", "/v1/payments", new, key=key).json
    code = demo.ask("GET", f"/v1/payments/{made['id']}/qr", key=key).json
    assert code["payload"] == made["qr"]["payload"]
    read = read_payload(code["emv"])
    assert (read.find("01"), read.find("54"), read.find("62.05")) == ("12", "23.72", "emv 1")
    assert pay(demo, payer, code["emv"], 23_72)[1]["param"] == "amount"
    assert pay(demo, payer, code["emv"], None)[0] == 200


def test_a_phone_is_told_whom_a_code_pays_before_it_does(demo: Demo) -> None:
    """Plates and payments, as links and in EMVCo's form; what is altered or of another mode is refused."""
    key, payer = demo.merchant(6)["secret_key"], person(demo, 23)
    plate = make_plate(demo, merchant=6)
    before = balance(demo, payer)

    def scan(payload: str) -> Any:
        return demo.ask("POST", "/v1/wallet/scan", {"payload": payload}, key=payer["token"])

    seen = scan(plate["url"])
    assert seen.status == 200
    told = ("kind", "url", "id", "is_open", "merchant", "store", "store_name", "store_name_zh", "amount")
    assert {name: seen.json[name] for name in told} == {
        "kind": "plate",
        "url": plate["url"],
        "id": plate["id"],
        "is_open": True,
        "merchant": plate["merchant"],
        "store": plate["store"],
        "store_name": "North Gate",
        "store_name_zh": "北门店",
        "amount": None,
    }
    assert seen.json["merchant_name"] == demo.merchant(6)["name"]
    emv = demo.ask("GET", f"/v1/plates/{plate['id']}/qr", key=key).json["emv"]
    assert scan(emv).json == seen.json
    new = {"amount": 12_30, "currency": "CNY", "reference": "seen 1", "store": plate["store"]}
    made = demo.ask("POST", "/v1/payments", new | {"description": "Tea"}, key=key).json
    asked = scan(made["qr"]["payload"]).json
    assert (asked["kind"], asked["id"], asked["amount"], asked["description"]) == (
        "payment",
        made["id"],
        12_30,
        "Tea",
    )
    assert (asked["store_name"], asked["is_open"]) == ("North Gate", True)
    assert balance(demo, payer) == before
    assert pay(demo, payer, made["qr"]["payload"], None)[0] == 200
    assert scan(made["qr"]["payload"]).json["is_open"] is False
    demo.ask("POST", f"/v1/plates/{plate['id']}/revoke", key=key)
    assert scan(plate["url"]).json["is_open"] is False
    altered = plate["url"][:-1] + ("A" if plate["url"][-1] != "A" else "B")
    for payload in (altered, emv.replace("North", "South"), "https://qr.example/fkx0123", "hello", " "):
        refused = scan(payload)
        assert (refused.status, refused.json["param"]) == (400, "payload"), payload


def test_a_plate_asks_for_an_amount_and_an_altered_one_is_refused(demo: Demo) -> None:
    payer, plate = person(demo, 22), make_plate(demo, merchant=4)
    status, refused = pay(demo, payer, plate["url"], None)
    assert (status, refused["param"]) == (400, "amount")
    altered = plate["url"][:-1] + ("A" if plate["url"][-1] != "A" else "B")
    status, refused = pay(demo, payer, altered, 1_00)
    assert (status, refused["param"]) == (400, "payload")
    assert "not made by us" in refused["detail"]


def test_one_payment_has_one_payer_and_the_next_is_told(demo: Demo) -> None:
    """Many scan the same dynamic code at once: one pays, each other is told so, and lacks nothing."""
    key = demo.merchant(5)["secret_key"]
    new = {"amount": 9_90, "currency": "CNY", "reference": "one for many"}
    made = demo.ask("POST", "/v1/payments", new, key=key).json
    payers = [person(demo, 30 + number) for number in range(PAYERS)]
    before = [balance(demo, payer) for payer in payers]
    with ThreadPoolExecutor(PAYERS) as threads:
        came = list(
            threads.map(lambda payer: pay(demo, payer, made["qr"]["payload"], None), payers, timeout=60)
        )
    assert sorted(status for status, _ in came) == [200] + [409] * (PAYERS - 1)
    told = {said["detail"] for status, said in came if status == 409}
    assert told == {"Somebody has paid it already. Nothing was taken from you."}
    spent = [was - balance(demo, payer) for was, payer in zip(before, payers, strict=True)]
    assert sorted(spent) == [0] * (PAYERS - 1) + [9_90]
    assert demo.ask("GET", f"/v1/payments/{made['id']}", key=key).json["amount_captured"] == 9_90
