"""The documents that the API brings along: true, whole, and read without a network."""

import json
import re
from collections.abc import Iterator
from enum import Enum
from importlib import import_module
from pkgutil import iter_modules

import pytest

from milletpay.apps import api
from milletpay.apps.api.application import make_application
from milletpay.apps.api.health import Health
from milletpay.apps.api.problems import PROBLEMS
from milletpay.apps.http.cookies import THEME_COOKIE, THEMES
from milletpay.apps.http.endpoints import Endpoint
from milletpay.apps.http.kernel import Kernel
from milletpay.apps.http.openapi import NameUsedTwice, describe
from milletpay.apps.http.problems import Problems
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Route, Surface, Table
from milletpay.apps.http.shapes import Output
from milletpay.apps.http.streams import EventStream
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.database import Database
from milletpay.plumbing.ids import IdSource, system_entropy
from tests.flows.api_document import check_document
from tests.flows.counter_shop import ABOUT, SHOP_PROBLEMS, Shop, make_shop, routes, who
from tests.flows.market import Market
from tests.flows.served import Served, serve

CLOCK = SystemClock()
LINK = re.compile(rb"""(?:src|href|url\()\s*=?\s*["']?([^"'\s>)]+)""")


@pytest.fixture(scope="module")
def kernel() -> Kernel:
    return make_shop(Shop(), clock=CLOCK)


@pytest.fixture(scope="module")
def served(kernel: Kernel) -> Iterator[Served]:
    with serve(kernel) as running:
        yield running


def test_the_document_is_valid_and_complete(served: Served, kernel: Kernel) -> None:
    reply = served.ask("GET", "/openapi.json")
    assert reply.headers["Content-Type"] == "application/json"
    check_document(reply.json, kernel=kernel, problems=SHOP_PROBLEMS)
    sell = reply.json["paths"]["/v1/sales"]["post"]
    assert "sold_out" in sell["responses"]["409"]["content"]["application/problem+json"]["examples"]
    assert "idempotency_key_reused" in str(sell["responses"]["422"])
    assert "422" not in reply.json["paths"]["/v1/sales"]["get"]["responses"]
    assert [one["name"] for one in reply.json["paths"]["/v1/sales"]["get"]["parameters"][:2]] == [
        "limit",
        "cursor",
    ]
    assert set(reply.json["components"]["securitySchemes"]) == {"secret_key", "publishable_key"}


async def test_the_documents_of_the_product_are_valid_and_complete(database: Database) -> None:
    health = Health(database=database, clock=CLOCK)
    ids = IdSource(clock=CLOCK, entropy=system_entropy)
    kernel = make_application(health=health, ids=ids, clock=CLOCK, answers_key=b"kept")
    with serve(kernel) as running:
        check_document(running.ask("GET", "/openapi.json").json, kernel=kernel, problems=PROBLEMS)
        assert running.ask("GET", "/docs").status == 200
        assert running.ask("GET", "/docs/problems").status == 200
        assert running.ask("GET", "/v1/nowhere").headers["X-Api-Version"] == "2026-12-01"


async def test_whatever_the_whole_document_refers_to_is_there(market: Market) -> None:
    document = (await market.client().get("/openapi.json")).json
    referred = set(re.findall(r'"\$ref": ?"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert len(referred) > 100
    assert not referred - document["components"]["schemas"].keys()


async def follow_sale(_request: Request) -> EventStream:
    raise NotImplementedError


def test_a_stream_is_promised_as_one() -> None:
    route = Route(
        method="GET", path="/v1/sale", handler=follow_sale, summary="Follow", answers={200: Sale}, tag="Sales"
    )
    with pytest.raises(AssertionError, match="a stream"):
        Endpoint(route, Surface(prefix="/v1", headers=(), authenticate=who))


class Sale(Output, frozen=True, kw_only=True):
    """Another one than the shop's."""

    worth: int

    @classmethod
    def example(cls) -> "Sale":
        return cls(worth=1)


async def find_sale(_request: Request) -> Sale:
    return Sale.example()


def test_two_shapes_of_one_name_are_told_when_the_document_is_written() -> None:
    """Else both would be described, and what refers to either would lead nowhere."""
    other = Route(
        method="GET", path="/v1/other", handler=find_sale, summary="Other", answers={200: Sale}, tag="Other"
    )
    surface = Surface(prefix="/v1", headers=(), authenticate=who)
    shop = Table(surface=surface, routes=(*routes(Shop()), other))
    with pytest.raises(NameUsedTwice, match=r"counter_shop\.Sale"):
        describe([shop], problems=SHOP_PROBLEMS, about=ABOUT)


@pytest.mark.parametrize("path", ["/docs", "/docs/problems"])
def test_pages_need_no_network_and_lead_somewhere(served: Served, path: str) -> None:
    page = served.ask("GET", path)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert b"style=" not in page.body
    assert b"&lt;code&gt;" not in page.body
    for link in {found.decode() for found in LINK.findall(page.body)}:
        assert link.startswith(("/", "#")), link
        target, _, place = link.partition("#")
        there = served.ask("GET", target) if target else page
        assert there.status == 200, link
        assert not place or f'id="{place}"'.encode() in there.body, link


@pytest.mark.parametrize("path", ["/docs", "/docs/problems"])
def test_pages_keep_to_the_theme_that_was_chosen(served: Served, path: str) -> None:
    for theme in THEMES:
        page = served.ask("GET", path, cookie=f"a=b; {THEME_COOKIE}={theme}")
        assert f'<html lang="en" data-theme="{theme}">' in page.body.decode()
    for nothing in ("a=b", f"{THEME_COOKIE}=pink", f"{THEME_COOKIE}=", "=;=="):
        assert '<html lang="en">' in served.ask("GET", path, cookie=nothing).body.decode()


def test_the_page_shows_what_can_be_pasted(served: Served) -> None:
    page = served.ask("GET", "/docs").body.decode()
    assert f"curl -X POST http://127.0.0.1:{served.port}/v1/sales" in page
    assert "sk_test_..." in page
    strange = served.ask("GET", "/docs", Host='"><script>')
    assert b"<script>" not in strange.body


def test_every_refusal_that_an_edge_knows_has_a_problem() -> None:
    """What is imported to be answered can be answered."""
    known = set()
    for module in iter_modules(api.__path__, f"{api.__name__}."):
        if module.name.endswith(".process"):
            continue
        for value in vars(import_module(module.name)).values():
            if isinstance(value, type) and issubclass(value, Enum) and value.__name__.endswith("Refusal"):
                known.add(value)
    assert known
    assert known <= set(PROBLEMS.enums), "give each its rows in milletpay.apps.api.problems"


def test_a_table_of_problems_has_no_holes() -> None:
    class Refusal(Enum):
        ONE = 1
        TWO = 2

    (one,) = (kind for kind in SHOP_PROBLEMS.kinds.values() if kind.code == "sold_out")
    with pytest.raises(AssertionError, match=r"Refusal\.TWO has no problem"):
        Problems({Refusal: {Refusal.ONE: one}}, exceptions={})
