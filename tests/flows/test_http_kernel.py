"""The kernel behind a real server: what is asked wrongly is refused before anything is done."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from milletpay.apps.http import bodies
from milletpay.apps.server import wire
from milletpay.plumbing.clock import SystemClock
from tests.flows.counter_shop import VERSION, Shop, make_shop
from tests.flows.served import Served, serve

SALE = {"amount": 1250, "currency": "CNY", "reference": "order-1"}
ID = "pay_01kdz9m4h0000g40r40m30e209"


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop()


@pytest.fixture(scope="module")
def served(shop: Shop) -> Iterator[Served]:
    with serve(make_shop(shop, clock=SystemClock())) as running:
        yield running


@pytest.fixture
def merchant(served: Served) -> Served:
    return replace(served, headers={"Authorization": "Bearer sk_test_a"})


def test_an_object_is_made_and_found(merchant: Served) -> None:
    made = merchant.ask("POST", "/v1/sales", SALE)
    assert made.status == 201
    assert made.json == {"object": "sale", "id": made.json["id"], "amount": 1250, "reference": "order-1"}
    assert made.headers["Content-Type"] == "application/json"
    assert made.headers["Cache-Control"] == "no-store"
    assert made.headers["X-Api-Version"] == VERSION
    # The request's id was used for the object.
    assert made.headers["Request-Id"].removeprefix("req_") == made.json["id"].removeprefix("pay_")
    found = merchant.ask("GET", f"/v1/sales/{made.json['id']}")
    assert (found.status, found.json["reference"]) == (200, "found")
    assert merchant.ask("POST", f"/v1/sales/{ID}/end").json["reference"] == "ended"
    assert merchant.ask("POST", f"/v1/sales/{ID}/end", {}).json["reference"] == "ended"
    assert merchant.ask("HEAD", f"/v1/sales/{ID}").body == b""


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        (b"", "malformed_body", None),
        (b"{", "malformed_body", None),
        (b"amount=1250&currency=CNY", "malformed_body", None),
        (b'{"amount":1,"currency":"CNY","reference":"a"} x', "malformed_body", None),
        (b'{"amount":1,"currency":"CNY","reference":"\xff"}', "malformed_body", None),
        (b'\xef\xbb\xbf{"amount":1,"currency":"CNY","reference":"a"}', "malformed_body", None),
        (b'{"amount":1,"amount":2,"currency":"CNY","reference":"a"}', "malformed_body", "amount"),
        (b'{"amount":1,"am\\u006funt":2,"currency":"CNY","reference":"a"}', "malformed_body", "amount"),
        (b'{"amount":1,"currency":"CNY","reference":"\\ud800"}', "malformed_body", None),
        (b'{"amount":1,"currency":"CNY","reference":"a\\u0000"}', "invalid_field", "reference"),
        (b'{"amount":1,"currency":"CNY","reference":"a\\\\u0000"}', "", None),
        (b'{"amount":1,"currency":"CNY","reference":"\\"amount\\":1"}', "", None),
        (b'{"amount":1,"currency":"CNY","reference":"a","buyer":{"agreement":"a"}}', "", None),
        (b'{"amount":1,"currency":"CNY","reference":"a","metadata":{"amount":"1"}}', "", None),
        (
            b'{"amount":1,"currency":"CNY","reference":"a","metadata":{"a":"1","a":"2"}}',
            "malformed_body",
            "a",
        ),
        (b'{"amount":1.0,"currency":"CNY","reference":"a"}', "invalid_field", "amount"),
        (b'{"amount":1e2,"currency":"CNY","reference":"a"}', "invalid_field", "amount"),
        (b'{"amount":NaN,"currency":"CNY","reference":"a"}', "malformed_body", None),
        (b'{"amount":"1","currency":"CNY","reference":"a"}', "invalid_field", "amount"),
        (b'{"amount":true,"currency":"CNY","reference":"a"}', "invalid_field", "amount"),
        (b'{"amount":0,"currency":"CNY","reference":"a"}', "invalid_field", "amount"),
        (b'{"amount":-1,"currency":"CNY","reference":"a"}', "invalid_field", "amount"),
        (b'{"amount":%d,"currency":"CNY","reference":"a"}' % 10**40, "invalid_field", "amount"),
        (b'{"amount":%s,"currency":"CNY","reference":"a"}' % (b"9" * 9999), "invalid_field", "amount"),
        (b'{"amount":1,"currency":"YUAN","reference":"a"}', "invalid_field", "currency"),
        (b'{"amount":1,"currency":"CNY"}', "missing_field", "reference"),
        (b'{"amount":1,"currency":"CNY","reference":"a","buyer":{}}', "missing_field", "buyer.agreement"),
        (b'{"amount":1,"currency":"CNY","reference":"a","x":1}', "unknown_field", "x"),
        (
            b'{"amount":1,"currency":"CNY","reference":"a","buyer":{"x":1}}',
            "unknown_field",
            "buyer.x",
        ),
        (
            b'{"amount":1,"currency":"CNY","reference":"a","metadata":{"a":1}}',
            "invalid_field",
            "metadata[...]",
        ),
        (b'{"amount":1,"currency":"CNY","reference":"a","buyer":' + b"[" * 90_000, "invalid_field", "buyer"),
        (b"[" * 90_000, "invalid_field", None),
        (b"null", "invalid_field", None),
    ],
    ids=lambda value: value[:50].decode("latin-1") if isinstance(value, bytes) else None,
)
def test_bodies(shop: Shop, merchant: Served, body: bytes, code: str, param: str | None) -> None:
    before = len(shop.calls)
    reply = merchant.ask("POST", "/v1/sales", raw=body)
    if not code:
        assert reply.status == 201
        return
    assert (reply.code, reply.json["param"]) == (code, param)
    assert reply.status == 400
    assert len(shop.calls) == before


def test_paths_and_methods(merchant: Served) -> None:
    assert merchant.ask("GET", "/v1/nowhere").code == "not_found"
    assert merchant.ask("GET", "/v1/sales/").code == "not_found"
    assert merchant.ask("GET", "/v1/sales//end").code == "not_found"
    assert merchant.ask("GET", "/v1/sales%2F" + ID).status == 200
    refused = merchant.ask("DELETE", "/v1/sales")
    assert (refused.code, refused.headers["Allow"]) == ("method_not_allowed", "POST, GET, HEAD")
    for name in ("mer_01kdz9m4h0000g40r40m30e209", "pay_1", ID.upper(), "%00", "%ff"):
        other = merchant.ask("GET", f"/v1/sales/{name}")
        assert (other.code, other.json["param"]) == ("not_found", "sale")
    assert "merchant" in merchant.ask("GET", "/v1/sales/mer_01kdz9m4h0000g40r40m30e209").json["detail"]


def test_lists(merchant: Served) -> None:
    seen = []
    cursor = ""
    while True:
        part = merchant.ask("GET", f"/v1/sales?limit=100{cursor}").json
        assert part["object"] == "list"
        seen += [one["amount"] for one in part["data"]]
        if not part["has_more"]:
            break
        cursor = f"&cursor={part['next_cursor']}"
    assert part["next_cursor"] is None
    assert seen == list(range(250, 0, -1))
    assert len(merchant.ask("GET", "/v1/sales").json["data"]) == 20
    for query, code, param in [
        ("limit=0", "invalid_field", "limit"),
        ("limit=101", "invalid_field", "limit"),
        ("limit=x", "invalid_field", "limit"),
        ("limit=1&limit=2", "invalid_field", "limit"),
        ("limit=", "invalid_field", "limit"),
        ("cursor=abc", "invalid_field", "cursor"),
        ("cursor=%FF", "invalid_field", None),
        ("cursor=%00", "invalid_field", "cursor"),
        ("color=red", "unknown_field", "color"),
        ("limit", "invalid_field", None),
    ]:
        refused = merchant.ask("GET", f"/v1/sales?{query}")
        assert (refused.code, refused.json["param"], refused.status) == (code, param, 400)
    assert merchant.ask("GET", f"/v1/sales/{ID}?x=1").code == "unknown_field"


def test_who_asks(served: Served) -> None:
    missing = served.ask("POST", "/v1/sales", SALE)
    assert (missing.status, missing.code) == (401, "credential_missing")
    assert missing.headers["WWW-Authenticate"] == 'Bearer realm="MilletPay"'
    for line in ("Bearer nobody", "Basic abc", "Bearer", "Bearer  "):
        wrong = served.ask("POST", "/v1/sales", SALE, Authorization=line)
        assert (wrong.status, wrong.code) == (401, "credential_invalid")
        assert 'error="invalid_token"' in wrong.headers["WWW-Authenticate"]
    other_kind = served.ask("POST", "/v1/sales", SALE, Authorization="Bearer pk_test_a")
    assert (other_kind.status, other_kind.code) == (403, "credential_not_allowed")
    no_scope = served.ask("POST", "/v1/sales", SALE, Authorization="Bearer rk_test_none")
    assert (no_scope.status, no_scope.code) == (403, "scope_missing")
    assert served.ask("POST", "/v1/sales", SALE, Authorization="bearer rk_test_sales").status == 201


def test_versions(merchant: Served) -> None:
    assert merchant.ask("GET", "/v1/sales", X_Api_Version=VERSION).status == 200
    refused = merchant.ask("GET", "/v1/sales", X_Api_Version="2019-01-01")
    assert (refused.status, refused.code) == (400, "version_unknown")


def test_rates(shop: Shop, served: Served) -> None:
    slow = replace(served, headers={"Authorization": "Bearer sk_test_slow"})
    first = slow.ask("POST", "/v1/sales", SALE)
    assert first.headers["RateLimit-Policy"] == '"requests";q=2;w=2'
    assert first.headers["RateLimit"] == '"requests";r=1;t=1'
    slow.ask("POST", "/v1/sales", SALE)
    done = len(shop.calls)
    refused = slow.ask("POST", "/v1/sales", SALE)
    assert (refused.status, refused.code) == (429, "rate_limited")
    assert refused.headers["Retry-After"] == "1"
    assert len(shop.calls) == done
    time.sleep(1)
    assert slow.ask("POST", "/v1/sales", SALE).status == 201


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("busy", (503, "busy", "1")),
        ("late", (503, "unavailable", "1")),
        ("unknown", (503, "unknown_outcome", "1")),
        ("defect", (500, "defect", None)),
        ("bug", (500, "defect", None)),
        ("sold-out", (409, "sold_out", None)),
    ],
)
def test_troubles(
    served: Served, caplog: pytest.LogCaptureFixture, kind: str, expected: tuple[int, str, str | None]
) -> None:
    reply = served.ask("GET", f"/v1/trouble?kind={kind}")
    assert (reply.status, reply.code, reply.headers["Retry-After"]) == expected
    assert b"42" not in reply.body.replace(reply.headers["Request-Id"].encode(), b"")
    logged = [record for record in caplog.records if record.levelname == "ERROR"]
    assert bool(logged) == (reply.status == 500)
    if logged:
        assert vars(logged[0])["request_id"] == reply.headers["Request-Id"]


def test_idempotency_keys_are_looked_at(merchant: Served) -> None:
    for key in ("", "x" * 256, "a\tb", "\u00e4"):
        refused = merchant.ask("POST", "/v1/sales", SALE, Idempotency_Key=key)
        assert (refused.status, refused.code) == (400, "idempotency_key_invalid")
    assert merchant.ask("POST", "/v1/sales", SALE, Idempotency_Key="x" * 255).status == 201


def test_a_body_that_is_too_large_is_not_taken(shop: Shop, merchant: Served) -> None:
    before = len(shop.calls)
    refused = merchant.ask("POST", "/v1/sales", raw=b" " * 10_000_000)
    assert (refused.status, refused.code) == (413, "body_too_large")
    assert refused.headers["Connection"] == "close"
    head = b"POST /v1/sales HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sk_test_a\r\n"
    # Who waits for leave to send is told at once.
    said = merchant.send(head + b"expect: 100-continue\r\ncontent-length: 99000000\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 413")
    # And who does not say how much it will be is stopped on the way.
    chunk = b"%x\r\n%s\r\n" % (600_000, b" " * 600_000)
    said = merchant.send(head + b"transfer-encoding: chunked\r\n\r\n" + chunk * 3 + b"0\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 413")
    assert len(shop.calls) == before


def test_headers_that_decide_are_there_once(merchant: Served) -> None:
    head = b"GET /v1/sales HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer sk_test_a\r\n"
    assert merchant.send(head + b"accept: a\r\naccept: b\r\n\r\n").startswith(b"HTTP/1.1 200")
    said = merchant.send(head + b"authorization: Bearer sk_test_b\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 400")
    assert b"header_doubled" in said


def test_what_is_not_http_is_refused_and_the_next_is_served(merchant: Served) -> None:
    for text in (b"\x16\x03\x01\x00\x00\r\n\r\n", b"GET /\xff HTTP/1.1\r\n\r\n", b"GET\r\n\r\n"):
        assert merchant.send(text).startswith(b"HTTP/1.1 400")
    assert merchant.ask("GET", "/v1/sales").status == 200


def test_requests_follow_each_other_on_one_connection(merchant: Served) -> None:
    connection = merchant.connect()
    for number in range(3):
        body = json.dumps(SALE | {"reference": f"n{number}", "amount": 0 if number == 1 else 1})
        connection.request("POST", "/v1/sales", body, merchant.headers)
        reply = connection.getresponse()
        reply.read()
        assert reply.status == (400 if number == 1 else 201)
    connection.close()


def test_who_goes_away_before_the_end_is_let_go(shop: Shop, merchant: Served) -> None:
    before = len(shop.calls)
    with socket.create_connection(("127.0.0.1", merchant.port)) as wire:
        wire.sendall(
            b"POST /v1/sales HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sk_test_a\r\n"
            b'content-length: 100\r\n\r\n{"amount"'
        )
        time.sleep(0.05)
    assert merchant.ask("GET", "/v1/sales").status == 200
    assert len(shop.calls) == before


def test_forms_and_pages(served: Served) -> None:
    done = served.ask("POST", "/form?utm=1", raw=b"kind=a%20b&times=3")
    assert (done.status, done.headers["Location"]) == (303, "/3")
    assert "X-Api-Version" not in done.headers
    assert served.ask("POST", "/form", raw=b"kind=a&times=x").code == "invalid_field"
    assert served.ask("POST", "/form", raw=b"kind=%ff").code == "invalid_field"


@pytest.mark.parametrize("came", [b"", b'{"amount":'], ids=["nothing of it", "a part of it"])
@pytest.mark.parametrize("announced", [b"content-length: 900", b"transfer-encoding: chunked"])
def test_a_body_that_does_not_come_is_not_waited_for(
    shop: Shop, merchant: Served, monkeypatch: pytest.MonkeyPatch, came: bytes, announced: bytes
) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.2)
    before = len(shop.calls)
    part = b"%x\r\n%s\r\n" % (len(came), came) if came and b"chunked" in announced else came
    head = b"POST /v1/sales HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sk_test_a\r\n" + announced
    with socket.create_connection(("127.0.0.1", merchant.port), timeout=10) as slow:
        slow.sendall(head + b"\r\n\r\n" + part)
        # Nobody else waits for it.
        assert merchant.ask("POST", "/v1/sales", SALE).status == 201
        said = slow.recv(65536)
        slow.shutdown(socket.SHUT_WR)
        while more := slow.recv(65536):
            said += more
    assert said.startswith(b"HTTP/1.1 408")
    assert b"\r\nconnection: close\r\n" in said.lower()
    assert b'"code":"body_too_slow"' in said
    assert len(shop.calls) == before + 1


@pytest.mark.parametrize(
    "came", [b"", b"GET /v1/sales HTTP/1.1\r\nhost: x\r\nx-slow: "], ids=["nothing", "half"]
)
@pytest.mark.parametrize("asked_before", [False, True], ids=["at first", "after a request"])
def test_who_never_says_what_it_wants_is_hung_up_on(
    merchant: Served, monkeypatch: pytest.MonkeyPatch, came: bytes, asked_before: object
) -> None:
    monkeypatch.setattr(wire, "HEAD_SECONDS", 0.3)
    with socket.create_connection(("127.0.0.1", merchant.port), timeout=10) as slow:
        if asked_before:
            slow.sendall(b"GET /nothing HTTP/1.1\r\nhost: x\r\n\r\n")
            assert slow.recv(65536).startswith(b"HTTP/1.1 404")
        slow.sendall(came)
        # Nobody else waits for it, and one that takes its time within bounds is answered.
        assert merchant.ask("POST", "/v1/sales", SALE).status == 201
        with suppress(ConnectionResetError):
            assert slow.recv(65536) == b""
    with socket.create_connection(("127.0.0.1", merchant.port), timeout=10) as patient:
        for piece in (b"GET /nothing HTTP/1.1\r\n", b"host: x\r\n", b"\r\n"):
            patient.sendall(piece)
            time.sleep(0.02)
        assert patient.recv(65536).startswith(b"HTTP/1.1 404")


def test_streams(shop: Shop, served: Served) -> None:
    ended = served.ask("GET", "/watch?kind=two&times=2")
    assert ended.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert ended.headers["Request-Id"]
    _, first, second, rest = ended.body.split(b"\n\n")
    assert first.startswith(b'id: 1\nevent: sale\ndata: {"object":"sale"')
    assert b"\\n" in second
    assert rest == b""
    resumed = served.ask("GET", "/watch?kind=two&times=2", Last_Event_Id="1")
    assert b"id: 1\n" not in resumed.body
    assert b"id: 2\n" in resumed.body
    assert shop.streams_ended == 2

    with socket.create_connection(("127.0.0.1", served.port), timeout=5) as wire:
        wire.sendall(b"GET /watch?kind=endless HTTP/1.1\r\nhost: x\r\n\r\n")
        seen = b""
        while seen.count(b": still here") < 2:
            seen += wire.recv(4096)
        assert shop.streams_ended == 2
    end = time.monotonic() + 5
    while shop.streams_ended < 3:
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("kind", ["bug", "busy"])
def test_a_stream_that_breaks_ends_and_the_next_one_goes_on(
    shop: Shop, served: Served, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    """The head is sent long ago: nothing else can be said, and whoever follows comes back for the rest."""
    before = shop.streams_ended
    broken = served.ask("GET", f"/watch?kind={kind}&times=2")
    assert broken.status == 200
    assert broken.body.endswith(b"}\n\n")
    assert b"id: 2\n" in broken.body
    assert shop.streams_ended == before + 1
    assert not [record for record in caplog.records if record.name.startswith("uvicorn")], caplog.text
    assert ("stream broke" in caplog.text) is (kind == "bug")
    assert b"id: 2\n" in served.ask("GET", "/watch?kind=two&times=2", Last_Event_Id="1").body


def test_streams_end_when_the_server_stops() -> None:
    shop = Shop()
    with serve(make_shop(shop, clock=SystemClock())) as running:
        wire = socket.create_connection(("127.0.0.1", running.port), timeout=5)
        wire.sendall(b"GET /watch?kind=endless&times=1 HTTP/1.1\r\nhost: x\r\n\r\n")
        seen = b""
        while b"event: sale" not in seen:
            seen += wire.recv(4096)
    with wire:
        while part := wire.recv(4096):
            seen += part
    assert seen.endswith(b"0\r\n\r\n")
    assert shop.streams_ended == 1
