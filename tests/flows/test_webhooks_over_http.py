"""Webhook endpoints and events over HTTP: the demo, worker and all, tells a shop's server."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from milletpay.apps.api.events import KINDS
from milletpay.apps.api.webhook_bodies import OVERLAP_HOURS_MAX
from milletpay.notifications import OVERLAP_MAX_NS
from tests.flows.demonstration import Demo, demonstration, wait_until
from tests.house.source import PACKAGE, ROOT

ENDPOINTS = "/v1/webhook_endpoints"
PAID = "/v1/events?type=payment.succeeded"


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with demonstration() as running:
        yield running


@dataclass
class Hooks:
    """A shop's server: it remembers what it was told, and answers as `status` says."""

    url: str = ""
    status: int = 204
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.heard]


@contextmanager
def hooks() -> Iterator[Hooks]:
    heard = Hooks()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            heard.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(heard.status)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that it has there
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        heard.url = f"http://127.0.0.1:{server.server_address[1]}/hooks"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield heard
        finally:
            server.shutdown()
            thread.join()


def pay(demo: Demo, merchant: dict[str, Any]) -> dict[str, Any]:
    said = {
        "amount": 1200,
        "currency": "CNY",
        "reference": uuid4().hex,
        "payer": {"agreement": demo.agreement_with(merchant)},
    }
    reply = demo.ask("POST", "/v1/payments", said, key=merchant["secret_key"])
    assert reply.status == 201, reply.body
    paid: dict[str, Any] = reply.json
    return paid


def test_a_payment_is_told_signed_and_read_again(demo: Demo) -> None:
    merchant = demo.merchant(1)
    key = merchant["secret_key"]
    with hooks() as shop:
        said = {"url": shop.url, "events": ["payment.succeeded"], "description": "the shop's"}
        made = demo.ask("POST", ENDPOINTS, said, key=key, idempotency_key="one")
        assert made.status == 201, made.body
        again = demo.ask("POST", ENDPOINTS, said, key=key, idempotency_key="one")
        assert (again.body, again.headers["Idempotent-Replayed"]) == (made.body, "true")
        assert (
            demo.ask("POST", ENDPOINTS, {**said, "events": []}, key=key, idempotency_key="one").status == 422
        )
        secret, path = made.json["secret"], f"{ENDPOINTS}/{made.json['id']}"
        shown = demo.ask("GET", path, key=key).json
        assert {**shown, "secret": secret} == made.json
        assert demo.ask("GET", ENDPOINTS, key=key).json["data"] == [shown]

        paid = pay(demo, merchant)
        wait_until(lambda: shop.heard)
        headers, body = shop.heard[0]
        event = Webhook(secret).verify(body, headers)
        assert (event["type"], event["data"]) == ("payment.succeeded", paid)
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body.replace(b"succeeded", b"failed"), headers)

        assert demo.ask("GET", f"/v1/events/{event['id']}", key=key).body == body
        listed = demo.ask("GET", f"/v1/events?object={paid['id']}", key=key).json["data"]
        assert listed == [event]
        assert demo.ask("GET", "/v1/events?type=payment.failed", key=key).json["data"] == []
        wait_until(
            lambda: demo.ask("GET", f"{path}/attempts", key=key).json["data"][0]["duration_ms"] is not None
        )
        (attempt,) = demo.ask("GET", f"{path}/attempts?event={event['id']}", key=key).json["data"]
        assert (attempt["status"], attempt["response_status"], attempt["number"]) == ("succeeded", 204, 1)

        for replay in ({"event": event["id"]}, {"since": event["timestamp"]}):
            before = len(shop.heard)
            reply = demo.ask("POST", f"{path}/replay", replay, key=key)
            assert (reply.status, reply.json["events"]) == (200, 1), reply.body
            wait_until(lambda before=before: len(shop.heard) == before + 1)  # type: ignore[misc]  # a default
            assert shop.heard[-1][1] == body
        assert set(shop.ids()) == {event["id"]}
        assert demo.ask("DELETE", path, key=key).json["deleted"] is True
        assert demo.ask("GET", path, key=key).status == 404


def test_secrets_overlap_and_what_a_server_missed_is_replayed(demo: Demo) -> None:
    merchant = demo.merchant(2)
    key = merchant["secret_key"]
    with hooks() as shop:
        made = demo.ask("POST", ENDPOINTS, {"url": shop.url, "events": ["payment.*"]}, key=key).json
        path = f"{ENDPOINTS}/{made['id']}"
        rotated = demo.ask("POST", f"{path}/rotate_secret", {"overlap_hours": 1}, key=key).json
        assert rotated["secret"] != made["secret"]
        pay(demo, merchant)
        wait_until(lambda: shop.heard)
        headers, body = shop.heard[0]
        for secret in (made["secret"], rotated["secret"]):
            Webhook(secret).verify(body, headers)
        last = demo.ask("POST", f"{path}/rotate_secret", {"overlap_hours": 0}, key=key).json["secret"]

        disabled = demo.ask("POST", path, {"enabled": False}, key=key)
        assert (disabled.json["enabled"], disabled.json["events"]) == (False, ["payment.*"])
        refused = demo.ask("POST", f"{path}/replay", {"since": made["created_at"]}, key=key)
        assert (refused.status, refused.code) == (409, "not_enabled")
        missed = pay(demo, merchant)
        wait_until(lambda: len(demo.ask("GET", PAID, key=key).json["data"]) == 2)
        assert demo.ask("POST", path, {"enabled": True, "description": "back"}, key=key).json["enabled"]
        assert demo.ask("POST", f"{path}/replay", {"since": made["created_at"]}, key=key).json["events"] == 2
        wait_until(lambda: len(shop.heard) == 3)
        events = [Webhook(last).verify(body, headers) for headers, body in shop.heard[1:]]
        assert missed["id"] in {event["data"]["id"] for event in events}
        with pytest.raises(WebhookVerificationError):
            Webhook(made["secret"]).verify(shop.heard[-1][1], shop.heard[-1][0])


def test_nobody_sees_or_changes_what_is_another_s(demo: Demo) -> None:
    mine, other = demo.merchant(3), demo.merchant(4)
    made = demo.ask("POST", ENDPOINTS, {"url": "http://127.0.0.1:9/"}, key=mine["secret_key"]).json
    path = f"{ENDPOINTS}/{made['id']}"
    pay(demo, mine)
    wait_until(lambda: demo.ask("GET", PAID, key=mine["secret_key"]).json["data"])
    (event,) = demo.ask("GET", PAID, key=mine["secret_key"]).json["data"]
    calls: list[tuple[str, str, object]] = [
        ("GET", path, None),
        ("POST", path, {"enabled": False}),
        ("DELETE", path, None),
        ("POST", f"{path}/rotate_secret", {}),
        ("GET", f"{path}/attempts", None),
        ("POST", f"{path}/replay", {"event": event["id"]}),
        ("GET", f"/v1/events/{event['id']}", None),
    ]
    for method, target, said in calls:
        assert demo.ask(method, target, said, key=other["secret_key"]).code == "not_found", target
        assert demo.ask(method, target, said, key=mine["publishable_key"]).status == 403, target
        assert demo.ask(method, target, said).status == 401, target
    for nothing in (ENDPOINTS, PAID):
        assert demo.ask("GET", nothing, key=other["secret_key"]).json["data"] == []
    assert demo.ask("GET", path, key=mine["secret_key"]).json["enabled"]


@pytest.mark.parametrize(
    ("path", "said", "param"),
    [
        ("", {"url": "ftp://127.0.0.1/"}, "url"),
        ("", {"url": "http://user@127.0.0.1/"}, "url"),
        ("", {"url": "http://127.0.0.1/", "events": ["payment"]}, "events"),
        ("", {"url": "http://127.0.0.1/", "api_version": "2020-01-01"}, "api_version"),
        ("", {"events": []}, "url"),
        ("/replay", {}, "event"),
        ("/replay", {"until": "2026-12-01T00:00:00Z", "event": "evt_01kdz9m4h0000g40r40m30e20d"}, "until"),
        ("/replay", {"event": "pay_01kdz9m4h0000g40r40m30e20d"}, "event"),
        ("/replay", {"since": "yesterday"}, "since"),
        ("/rotate_secret", {"overlap_hours": OVERLAP_HOURS_MAX + 1}, "overlap_hours"),
    ],
)
def test_what_cannot_be_is_refused(demo: Demo, path: str, said: object, param: str) -> None:
    where = f"{ENDPOINTS}/whe_01kdz9m4h0000g40r40m30e20e{path}" if path else ENDPOINTS
    reply = demo.ask("POST", where, said, key=demo.merchant(5)["secret_key"])
    assert (reply.status, reply.json["param"]) == (400, param), reply.body


def test_the_edge_takes_what_the_package_takes() -> None:
    assert OVERLAP_HOURS_MAX * 3600 * 10**9 == OVERLAP_MAX_NS


def test_every_kind_of_event_is_documented(demo: Demo) -> None:
    """The kinds stand beside what happens, in the payments' stories."""
    folders = [folder for folder in (ROOT / PACKAGE).iterdir() if folder.is_dir() and folder.name != "apps"]
    stories = "\n".join(
        file.read_text(encoding="utf-8") for folder in folders for file in folder.rglob("*.py")
    )
    told = set(re.findall(r'news="([a-z_.]+)"', stories))
    assert told <= set(KINDS)
    ways = {kind: (f'"{kind}"', f'"{kind.partition(".")[2]}"') for kind in set(KINDS) - told}
    unsaid = {kind for kind, words in ways.items() if not any(word in stories for word in words)}
    assert not unsaid, "nothing tells them"
    document = demo.ask("GET", "/openapi.json").json
    assert set(document["webhooks"]) == set(KINDS)
    assert "webhook-signature" in str(document["webhooks"]["payment.succeeded"])
