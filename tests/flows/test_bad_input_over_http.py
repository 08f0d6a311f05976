"""What cannot be meant is refused, with the right problem, and leaves nothing behind."""

import asyncio
import json
from typing import Any

import pytest

from tests.flows.asking import Client
from tests.flows.market import Market

HUGE = 2**63
DEEP = b'{"metadata":' + b'{"a":' * 50_000

FIELDS: list[tuple[dict[str, Any], int, str, str]] = [
    ({"amount": -1}, 400, "invalid_field", "amount"),
    ({"amount": 0}, 400, "invalid_field", "amount"),
    ({"amount": HUGE}, 400, "invalid_field", "amount"),
    ({"amount": 10**400}, 400, "invalid_field", "amount"),
    ({"amount": 12.5}, 400, "invalid_field", "amount"),
    ({"amount": 12.0}, 400, "invalid_field", "amount"),
    ({"amount": "1250"}, 400, "invalid_field", "amount"),
    ({"amount": None}, 400, "invalid_field", "amount"),
    ({"amount": True}, 400, "invalid_field", "amount"),
    ({"amount": [1]}, 400, "invalid_field", "amount"),
    ({"currency": "XXZ"}, 400, "invalid_field", "currency"),
    ({"currency": "cny"}, 400, "invalid_field", "currency"),
    ({"currency": "CNYY"}, 400, "invalid_field", "currency"),
    ({"currency": "元"}, 400, "invalid_field", "currency"),
    ({"currency": "JPY"}, 409, "no_contract", ""),
    ({"reference": ""}, 400, "invalid_field", "reference"),
    ({"reference": " a"}, 400, "invalid_field", "reference"),
    ({"reference": "a "}, 400, "invalid_field", "reference"),
    ({"reference": "a  b"}, 400, "invalid_field", "reference"),
    ({"reference": "a\n"}, 400, "invalid_field", "reference"),
    ({"reference": "a\u200bb"}, 400, "invalid_field", "reference"),
    ({"reference": "订单"}, 400, "invalid_field", "reference"),
    ({"reference": "a" * 65}, 400, "invalid_field", "reference"),
    ({"reference": 5}, 400, "invalid_field", "reference"),
    ({"description": "a" * 501}, 400, "invalid_field", "description"),
    ({"description": "a\0b"}, 400, "invalid_field", "description"),
    ({"description": "a\u202eb"}, 400, "invalid_field", "description"),
    ({"description": "a\u2066b"}, 400, "invalid_field", "description"),
    ({"metadata": {"a": "\u202d1"}}, 400, "invalid_field", "a"),
    ({"metadata": {"a\u202e": "1"}}, 400, "invalid_field", "a"),
    ({"description": "\ud800"}, 400, "malformed_body", ""),
    ({"capture_method": "later"}, 400, "invalid_field", "capture_method"),
    ({"return_url": "javascript:alert(1)"}, 400, "invalid_field", "return_url"),
    ({"return_url": "https://shop.example/\n"}, 400, "invalid_field", "return_url"),
    ({"return_url": "https://shop.example/" + "a" * 2000}, 400, "invalid_field", "return_url"),
    ({"expires_at": "tomorrow"}, 400, "invalid_field", "expires_at"),
    ({"expires_at": "2020-01-01T00:00:00Z"}, 400, "invalid_field", "expires_at"),
    ({"expires_at": "0001-01-01T00:00:00+23:59"}, 400, "invalid_field", "expires_at"),
    ({"expires_at": "9999-12-31T23:59:59Z"}, 400, "invalid_field", "expires_at"),
    ({"expires_at": "2262-04-11T23:47:17Z"}, 400, "invalid_field", "expires_at"),
    ({"expires_at": 1_900_000_000}, 400, "invalid_field", "expires_at"),
    ({"metadata": {"a": 1}}, 400, "invalid_field", "metadata[...]"),
    ({"metadata": {"a" * 41: "1"}}, 400, "invalid_field", "metadata"),
    ({"metadata": {"a": "1" * 501}}, 400, "invalid_field", "metadata[...]"),
    ({"metadata": {str(n): "1" for n in range(51)}}, 400, "invalid_field", "metadata"),
    ({"metadata": {"a": {"b": "c"}}}, 400, "invalid_field", "metadata[...]"),
    ({"metadata": {"a\0": "b"}}, 400, "invalid_field", ""),
    ({"payer": {}}, 400, "invalid_field", "payer"),
    ({"payer": {"agreement": "agr_1"}}, 400, "invalid_field", "payer.agreement"),
    ({"payer": {"agreement": "pay_01kdz9m4h0000g40r40m30e209"}}, 400, "invalid_field", "payer.agreement"),
    ({"payer": {"agreement": "agr_01kdz9m4h0000g40r40m30e209"}}, 404, "not_found", ""),
    ({"payer": "agr_01kdz9m4h0000g40r40m30e209"}, 400, "invalid_field", "payer"),
    ({"ammount": 1}, 400, "unknown_field", "ammount"),
    ({"status": "succeeded"}, 400, "unknown_field", "status"),
    ({"fee": 0}, 400, "unknown_field", "fee"),
    ({"merchant": "mer_01kdz9m4h0000g40r40m30e20a"}, 400, "unknown_field", "merchant"),
]


def named(case: object) -> str:
    return repr(case)[:60] if isinstance(case, dict | bytes) else ""


@pytest.mark.parametrize(("fields", "status", "code", "param"), FIELDS, ids=named)
async def test_a_field_that_cannot_be_is_refused(
    market: Market, fields: dict[str, Any], status: int, code: str, param: str
) -> None:
    body = {"amount": 12_50, "currency": "CNY", "reference": market.name()} | fields
    before = await market.moment()
    for key in ("", market.name("key")):
        reply = await market.client().post("/v1/payments", body, key=key)
        assert (reply.status, reply.code) == (status, code), reply
        assert not param or reply.json["param"] == param
    assert await market.moment() == before


BODIES: list[tuple[bytes, str]] = [
    (b"", "missing_field"),
    (b"{", "malformed_body"),
    (b"[]", "invalid_field"),
    (b"null", "invalid_field"),
    (b"1", "invalid_field"),
    (b'"amount"', "invalid_field"),
    (b"amount=1250&currency=CNY", "malformed_body"),
    (b'{"amount": 1, "currency": "CNY", "reference": "\xff\xfe"}', "malformed_body"),
    (b'{"amount": 1, "currency": "CNY", "reference": "a\xed\xa0\x80"}', "malformed_body"),
    (b'\xef\xbb\xbf{"amount": 1, "currency": "CNY", "reference": "a"}', "malformed_body"),
    ('{"amount": 1, "currency": "CNY", "reference": "a"}'.encode("utf-16"), "malformed_body"),
    (b'{"amount": NaN, "currency": "CNY", "reference": "a"}', "malformed_body"),
    (b'{"amount": 01, "currency": "CNY", "reference": "a"}', "malformed_body"),
    (b'{"amount": 1e2, "currency": "CNY", "reference": "a"}', "invalid_field"),
    (b'{"amount": 1, "amount": 2, "currency": "CNY", "reference": "a"}', "malformed_body"),
    (b'{"amount": 1, "\\u0061mount": 2, "currency": "CNY", "reference": "a"}', "malformed_body"),
    (b'{"amount": 1, "currency": "CNY", "reference": "a"} {}', "malformed_body"),
    ('{"amount": 1, "currency": "CNY", "reference": "a", "description": "\u202e"}'.encode(), "invalid_field"),
    ('{"amount": 1, "currency": "CNY", "reference": "a", "description": "\u2069"}'.encode(), "invalid_field"),
    (DEEP, "invalid_field"),
    (b"[" * 200_000, "invalid_field"),
]


@pytest.mark.parametrize(("body", "code"), BODIES, ids=named)
async def test_a_body_that_is_not_one_is_refused(market: Market, body: bytes, code: str) -> None:
    before = await market.moment()
    reply = await market.client().post("/v1/payments", raw=body, key=market.name("key"))
    assert reply.status == 400
    assert reply.code in {code, "malformed_body"}
    assert await market.moment() == before


async def test_signs_beside_those_that_turn_text_are_taken(market: Market) -> None:
    """Quotation marks and dashes of print share their first bytes."""
    description = "\u2018a\u2019 \u201cb\u201d \u2014 \u2026 \u2030 \u2044"
    body = json.dumps(market.charge(1_00) | {"description": description}, ensure_ascii=False).encode()
    reply = await market.client().post("/v1/payments", raw=body, key=market.name("key"))
    assert reply.status == 201
    assert reply.json["description"] == description


async def test_ten_megabytes_are_not_read(market: Market) -> None:
    before = await market.moment()
    body = json.dumps(market.charge(1_00) | {"description": "x" * 10_000_000}).encode()
    reply = await market.client().post("/v1/payments", raw=body)
    assert (reply.status, reply.code) == (413, "body_too_large")
    assert reply.headers["connection"] == "close"
    assert await market.moment() == before


CAPTURES: list[tuple[dict[str, Any], int, str]] = [
    ({"amount": 0}, 400, "invalid_field"),
    ({"amount": -5}, 400, "invalid_field"),
    ({"amount": 10_01}, 409, "exceeds_authorized"),
    ({"amount": HUGE - 1}, 409, "exceeds_authorized"),
    ({"final": "yes"}, 400, "invalid_field"),
    ({"amount": 1, "currency": "CNY"}, 400, "unknown_field"),
]


async def test_captures_and_refunds_that_cannot_be_are_refused(market: Market) -> None:
    held = await market.pay(10_00, capture_method="manual")
    paid = await market.pay(10_00)
    client = market.client()
    before = await market.moment()
    for body, status, code in CAPTURES:
        reply = await client.post(f"/v1/payments/{held['id']}/capture", body)
        assert (reply.status, reply.code) == (status, code), body
        if "amount" in body and status == 400 and code == "invalid_field":
            refund = {"payment": paid["id"], "reference": market.name(), **body}
            reply = await client.post("/v1/refunds", refund)
            assert (reply.status, reply.code) == (400, "invalid_field")
    refund = {"payment": paid["id"], "amount": 10_01, "reference": market.name()}
    refusals = [
        (await client.post("/v1/refunds", refund), 409, "exceeds_refundable"),
        (await client.post("/v1/refunds", refund | {"payment": held["id"]}), 409, "wrong_state"),
        (
            await client.post("/v1/refunds", refund | {"payment": "ref" + held["id"][3:]}),
            400,
            "invalid_field",
        ),
        (await client.post("/v1/refunds", refund | {"payment": held["id"].upper()}), 400, "invalid_field"),
        (await client.post(f"/v1/payments/{paid['id']}/capture"), 409, "wrong_state"),
        (await client.post(f"/v1/payments/{paid['id']}/cancel"), 409, "wrong_state"),
        (await client.post(f"/v1/payments/agr{paid['id'][3:]}/cancel"), 404, "not_found"),
        (await client.post(f"/v1/payments/{paid['id'].upper()}/cancel"), 404, "not_found"),
        (await client.post("/v1/reversals", {}), 400, "invalid_field"),
        (
            await client.post("/v1/reversals", {"payment": paid["id"], "reference": paid["reference"]}),
            400,
            "invalid_field",
        ),
        (await client.get("/v1/payments?limit=0"), 400, "invalid_field"),
        (await client.get("/v1/payments?limit=101"), 400, "invalid_field"),
        (await client.get("/v1/payments?limit=1&limit=2"), 400, "invalid_field"),
        (await client.get("/v1/payments?cursor=AAAA"), 400, "invalid_field"),
        (await client.get("/v1/payments?status=failed"), 400, "unknown_field"),
        (await client.get("/v1/payments?reference=%00"), 400, "invalid_field"),
        (await client.get("/v1/payments?reference=%ff"), 400, "invalid_field"),
    ]
    for reply, status, code in refusals:
        assert (reply.status, reply.code) == (status, code), reply
    assert await market.moment() == before
    await client.post(f"/v1/payments/{held['id']}/cancel")


async def test_a_cursor_is_a_place_and_nothing_else(market: Market) -> None:
    """Whatever place somebody writes into a cursor, the list holds the caller's own payments only."""
    await market.pay(1_00)
    own = {one["id"] for one in await market.payments(seller=1)}
    for cursor in ("_____________________w", "AAAAAAAAAAAAAAAAAAAAAA", "f____________________A"):
        reply = await market.client(1).get(f"/v1/payments?limit=100&cursor={cursor}")
        assert reply.status == 200, reply
        assert {one["id"] for one in reply.json["data"]} <= own


KEYS = [("", 201), ("k" * 255, 201), ("k" * 256, 400), ("a\tb", 400), ("\x7f", 400), ("schlüssel", 400)]


@pytest.mark.parametrize(("key", "status"), KEYS, ids=["none", "255", "256", "tab", "del", "latin"])
async def test_idempotency_keys_are_plain_text(market: Market, key: str, status: int) -> None:
    body = json.dumps(market.charge(1_00)).encode()
    line = f"Idempotency-Key: {key}\r\n".encode("latin-1") if key else b""
    token = market.sellers[0].keys["secret"].encode()
    text = (
        b"POST /v1/payments HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer %b\r\n"
        b"%bContent-Length: %d\r\n\r\n%b" % (token, line, len(body), body)
    )
    answer = await market.client().send(text)
    assert answer.startswith(b"HTTP/1.1 %d" % status), answer


def smuggled(token: str, second: str) -> list[tuple[str, bytes]]:
    """Requests of which two readers could disagree."""
    head = f"POST /v1/payments HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n"
    return [
        ("two lengths", f"{head}Content-Length: 2\r\nContent-Length: 90\r\n\r\n{{}}{second}".encode()),
        (
            "length and chunks",
            f"{head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{second}".encode(),
        ),
        ("two chunks", f"{head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{second}".encode()),
        ("space before colon", f"{head}Content-Length : 2\r\n\r\n{{}}{second}".encode()),
        ("two owners", f"{head}Authorization: Bearer {token}\r\nContent-Length: 2\r\n\r\n{{}}".encode()),
        (
            "two keys",
            f"{head}Idempotency-Key: a\r\nidempotency-key: b\r\nContent-Length: 2\r\n\r\n{{}}".encode(),
        ),
        ("folded", f"{head}X-A: b\r\n Authorization: c\r\nContent-Length: 2\r\n\r\n{{}}".encode()),
        ("bare newline", f"{head}X-A: b\nContent-Length: 2\r\n\r\n{{}}{second}".encode()),
        ("negative length", f"{head}Content-Length: -2\r\n\r\n{{}}".encode()),
        ("path of bytes", b"GET /v1/\xff\xfe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
        ("nothing of ours", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    ]


async def test_what_two_readers_would_read_differently_is_not_read_at_all(market: Market) -> None:
    before = await market.moment()
    token = market.sellers[0].keys["secret"]
    body = json.dumps(market.charge(1_00))
    second = (
        f"POST /v1/payments HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )
    for name, text in smuggled(token, second):
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", market.port)
            writer.write(text)
            writer.write_eof()
            answer = await reader.read()
            writer.close()
        assert b" 201 " not in answer, name
        assert b" 50" not in answer[:20], (name, answer)
        assert not answer or answer.startswith(b"HTTP/1.1 4"), (name, answer)
    assert await market.moment() == before


async def test_requests_in_a_row_are_answered_in_order(market: Market) -> None:
    """Pipelined, one of them refused in between: each has its own answer, and none is lost."""
    token = market.sellers[0].keys["secret"]
    texts = []
    for number in range(10):
        body = json.dumps(market.charge(1_00) if number % 3 else {"amount": number})
        end = "Connection: close\r\n" if number == 9 else ""
        texts.append(
            f"POST /v1/payments HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n{end}"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        )
    answer = await market.client().send("".join(texts).encode())
    statuses = [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"201" if number % 3 else b"400" for number in range(10)]


async def test_nothing_is_done_for_half_a_request(market: Market) -> None:
    before = await market.moment()
    token = market.sellers[0].keys["secret"]
    head = f"POST /v1/payments HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n"
    body = "Content-Length: 900\r\n\r\n" + json.dumps(market.charge(1_00))
    for _ in range(5):
        _, writer = await asyncio.open_connection("127.0.0.1", market.port)
        writer.write(head.encode() + body.encode())
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.transport.abort()
    assert (await Client(port=market.port).get("/healthz")).status == 200
    assert await market.moment() == before
