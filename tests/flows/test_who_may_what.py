"""All routes with all credentials: nobody reads or moves what is not theirs."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from milletpay.apps.api.health import Health
from milletpay.apps.http.routes import Route
from milletpay.apps.server.process import make_house_application
from milletpay.apps.web.backing import make_backing
from milletpay.bootstrap import house_secret, make_links, open_house
from milletpay.codes import Link, LinkKind
from milletpay.merchants import MERCHANT_ID
from milletpay.payments import AGREEMENT_ID
from milletpay.plumbing.clock import SystemClock
from tests.flows.asking import Client, Reply
from tests.flows.code_phone import enroll_phone
from tests.flows.conftest import OpenMarket
from tests.flows.market import PIN, Market
from tests.flows.server_process import PEPPER, work_for_house
from tests.flows.televisions import offer, order, pair, until

STRANGERS: dict[str, tuple[str, str]] = {
    "nobody": ("", ""),
    "garbage": ("sk_test_garbage", ""),
    "expired": ("expired", "secret_key"),
    "revoked": ("revoked", "secret_key"),
    "publishable": ("publishable", "publishable_key"),
    "narrow": ("reads", "restricted_key"),
    "other merchant": ("other secret", "secret_key"),
    "other mode": ("live secret", "secret_key"),
    "other customer": ("customer", "customer_session"),
    "till of another store": ("till", "terminal_key"),
    "till of another merchant": ("other till", "terminal_key"),
    "television of another customer": ("television", "device_session"),
}
"""What is shown, and what kind of credential it is; none where it is not valid."""

LINKS = make_links("http://127.0.0.1:1", secret=house_secret(PEPPER))
INVALID = {"garbage", "expired", "revoked"}
ENDLESS = (
    "/payments/{payment}/events",
    "/payment_codes/events",
    "/device_requests/events",
    "/v1/terminals/this/feed",
)
"""Streams, which an owner would read for ever."""
CASHIER = {"number": "07", "name": "Li Na", "pin": "730284"}
NARROW_SCOPES = {"refunds:read"}


@dataclass(frozen=True, kw_only=True)
class Property:
    """What is the first merchant's or the first customer's: the ids that stand in paths and bodies."""

    ids: dict[str, str]
    queries: dict[str, str]
    """What some paths ask for beside."""
    televisions: tuple[Client, Client]
    """Of the first customer, and of another one."""
    till: str
    """The key of our till, where a cashier is signed in."""

    def path(self, route: Route) -> str:
        path = route.path.replace("{receipt}", "1").replace("{shift}", "1")
        for name in route.ids:
            # What a device is told of is what it has asked for.
            of_device = path.startswith("/v1/device/") and name == "payment"
            path = path.replace(f"{{{name}}}", self.ids["order" if of_device else name])
        return path + self.queries.get(route.path, "")

    def body(self, route: Route) -> Any:
        """The example of the route's body, about what is ours."""
        if route.body is None:
            return None
        said = msgspec.to_builtins(route.body.example())
        for name in ("payment", "card"):
            if said.get(name):
                said[name] = self.ids[name]
        if "store" in said:
            said["store"] = self.ids["store"]
        if "payer" in said:
            said["payer"] = {"agreement": self.ids["agreement"]}
        for name in ("pin", "current"):
            if name in said:
                said[name] = PIN
        if "token" in said:
            agreement = AGREEMENT_ID.read(self.ids["agreement"])
            said["token"] = LINKS.token(Link(kind=LinkKind.AGREEMENT, object=agreement))
        return said

    def is_told_in(self, reply: Reply) -> bool:
        """Whether an answer that is no problem tells of it."""
        return reply.status < 300 and any(id.encode() in reply.body for id in self.ids.values())


def credential(market: Market, name: str, *, belongings: Property) -> str:
    match STRANGERS[name][0]:
        case "television":
            return belongings.televisions[1].token
        case "other secret":
            return market.sellers[1].keys["secret"]
        case "live secret":
            return market.sellers[2].keys["secret"]
        case "other till":
            return market.sellers[1].keys["till"]
        case "customer":
            return market.buyers[1].token
        case "" | "sk_test_garbage" as token:
            return token
        case key:
            return market.sellers[0].keys[key]


async def monthly(market: Market) -> str:
    """An agreement of the first customer that promises notice, as subscriptions need it."""
    terms = {"currency": "CNY", "charge_limit": 100_00, "day_limit": 100_00, "day_charges": 1}
    terms |= {"month_limit": 100_00, "notice_days": 3, "reference": market.name()}
    asked = (await market.client().post("/v1/agreements", terms)).json
    buyer = Client(port=market.port, token=market.buyers[0].token)
    word = {"pin": PIN, "token": asked["sign_url"]}
    signed = await buyer.post(f"/v1/wallet/agreements/{asked['id']}/sign", word)
    assert signed.json["status"] == "active", signed
    return str(asked["id"])


async def acquire(market: Market, app_url: str) -> Property:
    """Make one of each, for the first merchant and the first customer."""
    seller, buyer = market.client(), Client(port=market.port, token=market.buyers[0].token)
    held = await market.pay(10_00, capture_method="manual")
    paid = await market.pay(10_00)
    refund = {"payment": paid["id"], "amount": 1_00, "reference": market.name()}
    endpoint = {"url": "https://8.8.8.8/hook", "description": "of the first"}
    made = {
        "payment": held["id"],
        "refund": (await seller.post("/v1/refunds", refund)).json["id"],
        "agreement": market.buyers[0].agreements[market.sellers[0].id],
        "card": (await buyer.get("/v1/wallet/cards")).json["data"][0]["id"],
    }
    money = {"amount": 1_00, "currency": "CNY"}
    top_up = await buyer.post("/v1/wallet/topups", money | {"card": made["card"]})
    withdrawal = await buyer.post("/v1/wallet/withdrawals", money | {"card": made["card"], "pin": PIN})
    send = money | {"recipient": "+8613800000103", "pin": PIN}
    made |= {
        "top_up": top_up.json["id"],
        "withdrawal": withdrawal.json["id"],
        "send": (await buyer.post("/v1/wallet/sends", send)).json["id"],
        "session": "ses_00000000000000000000000001",
        "store": (store := (await seller.post("/v1/stores", {"name": "Ours"})).json["id"]),
        "plate": (await seller.post("/v1/plates", {"store": store})).json["id"],
        "terminal": (
            till := (await seller.post("/v1/terminals", {"name": "Ours", "store": store})).json["id"]
        ),
        "cashier": (await seller.post("/v1/cashiers", CASHIER | {"store": store})).json["id"],
    }
    made["phone"] = (await enroll_phone(market)).device
    televisions = (await pair(market), await pair(market, 1))
    offered = await offer(market)
    bought = (await order(televisions[0], offered)).json["id"]
    assert (await buyer.post("/v1/wallet/pay", {"pin": PIN, "payment": bought})).status == 200
    made |= {
        "offer": offered["id"],
        "device": (await televisions[0].get("/v1/device")).json["id"],
        "order": (await order(televisions[0], await offer(market))).json["id"],
    }
    first = {"agreement": await monthly(market), "offer": offered["id"], "first_on": "2099-01-31"}
    made["subscription"] = (await seller.post("/v1/subscriptions", first)).json["id"]
    endpoints = await seller.post("/v1/webhook_endpoints", endpoint)
    with work_for_house(app_url):
        async with asyncio.timeout(20):
            while not (events := (await seller.get("/v1/events")).json["data"]):  # noqa: ASYNC110 - by HTTP
                await asyncio.sleep(0.05)
        await until(televisions[0], offered["content"], there=True)
    made["entitlement"] = (await seller.get(f"/v1/entitlements?payment={bought}")).json["data"][0]["id"]
    return Property(
        televisions=televisions,
        queries={
            "/v1/wallet/payment_codes/phones/{phone}/aliases": "?from_epoch=5900000&epochs=1",
            "/v1/entitlements": f"?device={made['device']}",
            # Whose offers are nobody's secret.
            "/v1/device/offers": f"?merchant={MERCHANT_ID.write(market.sellers[2].id)}",
        },
        till=await open_till(market, till),
        ids=made
        | {"event": events[0]["id"], "endpoint": endpoints.json.get("id", "whe_00000000000000000000000001")},
    )


async def open_till(market: Market, terminal: str) -> str:
    """The key of a till with a cashier and a receipt."""
    code = (await market.client().post(f"/v1/terminals/{terminal}/pairing")).json["code"]
    # From an address of its own: another test may have tried out codes from the usual one.
    address = {"X-Forwarded-For": market.name("address")}
    asked = await Client(port=market.port).ask("POST", "/v1/terminals/pair", {"code": code}, headers=address)
    assert asked.status == 201, asked.json
    paired = asked.json
    till = Client(port=market.port, token=paired["key"])
    signed_in = {"cashier": CASHIER["number"], "pin": CASHIER["pin"]}
    assert (await till.post("/v1/terminals/this/shift", signed_in)).status == 200
    cash = {"amount": 1, "currency": "CNY", "reference": f"{paired['terminal']['tid']}-1"}
    assert (await till.post("/v1/terminals/this/cash", cash)).status == 200
    key: str = paired["key"]
    return key


async def routes_of(open_market: OpenMarket) -> list[Route]:
    """Every call of the API that asks who it is, from the tables that the process serves."""
    async with open_house(
        open_market.app_url,
        pepper=PEPPER,
        base_url="http://127.0.0.1:1",
        connections=1,
        clock=SystemClock(),
    ) as house:
        health = Health(database=house.database, clock=house.clock)
        backing = make_backing(house, demo_file=None)
        kernel = make_house_application(house, health=health, backing=backing)
        await backing.close()
    (api,) = (table for table in kernel.tables if table.surface.prefix == "/v1")
    return [route for route in api.routes if route.who and route.path != "/v1/terminals/this/feed"]


def expected(route: Route, stranger: str) -> set[int]:
    """With what a stranger is answered."""
    kind = STRANGERS[stranger][1]
    if stranger in INVALID or stranger == "nobody":
        return {401}
    if kind not in route.who or (kind == "restricted_key" and route.scope not in NARROW_SCOPES):
        return {403}
    if kind == "restricted_key":
        return {200}
    if route.ids:
        return {404}
    if route.path == "/v1/wallet/devices" and route.method == "POST":
        # The code of the example is shown by no device.
        return {403}
    if route.path == "/v1/terminals/this/shift" and route.method == "POST":
        return {403}  # nobody of theirs has this PIN
    # Their own lists and objects; what they name of ours is not found.
    return {200, 201, 204, 400, 402, 404, 409}


def all_cases(routes: list[Route]) -> Iterator[tuple[Route, str]]:
    for route in routes:
        for stranger in STRANGERS:
            # A stream of their own has no end.
            if not (route.path.endswith(ENDLESS) and 200 in expected(route, stranger)):
                yield route, stranger


@pytest.fixture
async def belongings(market: Market, open_market: OpenMarket) -> Property:
    return await acquire(market, open_market.app_url)


async def test_nobody_reads_or_moves_what_is_not_theirs(
    market: Market, open_market: OpenMarket, belongings: Property
) -> None:
    routes = await routes_of(open_market)
    assert len(routes) > 25
    owners = {
        "secret_key": market.client(),
        "customer_session": Client(port=market.port, token=market.buyers[0].token),
        "device_session": belongings.televisions[0],
        "terminal_key": Client(port=market.port, token=belongings.till),
    }
    looks = [route for route in routes if route.method == "GET" and not route.path.endswith(ENDLESS)]

    async def look() -> dict[str, bytes]:
        """All that the owners can see."""
        seen = {}
        for route in looks:
            owner = next(client for kind, client in owners.items() if kind in route.who)
            reply = await owner.get(belongings.path(route))
            assert reply.status == 200 or "ses_" in belongings.path(route), (route.path, reply)
            seen[route.path] = reply.body
        return seen

    before, cases = await look(), 0
    for route, stranger in all_cases(routes):
        client = Client(port=market.port, token=credential(market, stranger, belongings=belongings))
        reply = await client.ask(route.method, belongings.path(route), belongings.body(route))
        what = f"{stranger}: {route.method} {route.path} {reply}"
        assert reply.status in expected(route, stranger) | ({204} if "session" in route.ids else set()), what
        assert reply.status < 300 or reply.status == 402 or reply.code, what
        if "restricted" not in STRANGERS[stranger][1]:
            assert not belongings.is_told_in(reply), what
        cases += 1
    assert await look() == before
    print(f"{len(routes)} routes, {cases} cases")


async def test_what_is_foreign_is_answered_as_what_is_not(market: Market) -> None:
    """The same problem in the same words for another's id, for one of the other mode, and for none."""
    theirs = await market.pay(1_00)
    live = await market.client(2).post(
        "/v1/payments", {"amount": 1_00, "currency": "CNY", "reference": market.name()}
    )
    assert (live.status, live.json["livemode"]) == (201, True)
    said = set()
    for id in (theirs["id"], live.json["id"], "pay_01kdz9m4h0000g40r40m30e209"):
        for path in (f"/v1/payments/{id}", f"/v1/payments/{id}/cancel", f"/v1/payments/{id}/capture"):
            method = "GET" if path.endswith(id) else "POST"
            reply = await market.client(1).ask(method, path)
            assert reply.status == 404
            problem = reply.json | {"request_id": ""}
            said.add((method, path.removeprefix(f"/v1/payments/{id}"), str(problem).replace(id, "ID")))
        body = {"payment": id, "amount": 1, "reference": market.name()}
        assert (await market.client(1).post("/v1/refunds", body)).code == "not_found"
        assert (await market.client(1).post("/v1/reversals", {"payment": id})).code == "not_found"
    assert len(said) == 3
    # A mark of one merchant is nothing to another.
    mark = await market.client(1).post("/v1/reversals", {"reference": theirs["reference"]})
    assert mark.json["status"] == "marked"
    assert (await market.find(theirs["id"]))["status"] == "succeeded"
