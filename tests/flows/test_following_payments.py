"""Following a payment: from a server, from a page with the publishable key and the link; and the way back."""

import asyncio
import html
import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from milletpay.checkout import Standing, read_return
from milletpay.plumbing.clock import SystemClock
from tests.flows.asking import Client
from tests.flows.market import Market

ORIGIN = {"Origin": "https://shop.example"}
PREFLIGHT = ORIGIN | {
    "Access-Control-Request-Method": "GET",
    "Access-Control-Request-Headers": "authorization",
}
ANY_PAGE = "access-control-allow-origin"


async def open_payment(market: Market, **more: Any) -> dict[str, Any]:
    body = {"amount": 10_00, "currency": "CNY", "reference": market.name()} | more
    made: dict[str, Any] = (await market.client().post("/v1/payments", body)).json
    assert made["status"] == "awaiting_payment"
    return made


async def follow(client: Client, path: str, **headers: str) -> "Following":
    """Begin to follow; the head of the answer has come."""
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    lines = {"Host": "here", "Authorization": f"Bearer {client.token}"} | headers
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    writer.write(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode())
    came = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    assert came.startswith("http/1.1 200"), came
    assert "content-type: text/event-stream" in came
    return Following(reader, writer, came)


class Following:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str) -> None:
        self._reader, self._writer, self.head = reader, writer, head

    async def next(self) -> tuple[str, dict[str, Any]] | None:
        """The id and the data of the next event; None at the end."""
        id = ""
        async with asyncio.timeout(15):
            while line := (await self._reader.readline()).decode():
                if line.startswith("id: "):
                    id = line.removeprefix("id: ").strip()
                if line.startswith("data: "):
                    return id, json.loads(line.removeprefix("data: "))
                if line == "0\r\n":
                    return None
        return None

    def leave(self) -> None:
        self._writer.transport.abort()


@pytest.mark.parametrize("seen", ["9" * 5000, "9" * 19, "-1", "1e3", "x"])
async def test_what_was_never_seen_is_no_reason_to_break(market: Market, seen: str) -> None:
    """Whatever somebody says to have seen last, the stream begins; text that is no version counts as none."""
    wallet = Client(port=market.port, token=market.buyers[0].token)
    following = await follow(wallet, "/v1/wallet/payment_codes/events", **{"Last-Event-ID": seen})
    assert (await following.next()) is not None
    following.leave()


async def test_a_server_follows_a_payment_and_goes_on_after_a_break(market: Market) -> None:
    made = await open_payment(market)
    path = f"/v1/payments/{made['id']}/events"
    following = await follow(market.client(), path)
    first = await following.next()
    assert first is not None
    assert (first[1]["status"], first[1]["payment"]) == ("awaiting_payment", made["id"])
    following.leave()
    waiting = await follow(market.client(), path, **{"Last-Event-ID": first[0]})
    later = asyncio.ensure_future(waiting.next())
    await asyncio.sleep(0.3)
    assert not later.done()
    await market.client().post(f"/v1/payments/{made['id']}/cancel")
    second = await later
    assert second is not None
    assert (second[1]["status"], int(second[0])) == ("canceled", int(first[0]) + 1)
    assert await waiting.next() is None
    waiting.leave()
    again = await follow(market.client(), path, **{"Last-Event-ID": second[0]})
    assert await again.next() is None
    again.leave()
    whole = await follow(market.client(), path, **{"Last-Event-ID": "x"})
    assert await whole.next() == second
    whole.leave()


async def test_a_page_follows_what_it_was_given_the_link_of(market: Market) -> None:
    made, other = await open_payment(market), await open_payment(market)
    page = market.client(key="publishable")
    path = f"/v1/payments/{made['id']}/events"
    link = other["checkout_url"].rpartition("/")[2]
    for wrong in (path, f"{path}?token=", f"{path}?token={link}", f"{path}?token={made['id']}"):
        assert (await page.get(wrong)).code == "not_found"
    token = made["checkout_url"].rpartition("/")[2]
    strange = market.client(1, key="publishable")
    assert (await strange.get(f"{path}?token={token}")).code == "not_found"
    following = await follow(page, f"{path}?token={token}", **ORIGIN)
    came = await following.next()
    assert came is not None
    assert came[1]["status"] == "awaiting_payment"
    assert f"{ANY_PAGE}: *" in following.head
    following.leave()


async def test_pages_of_other_sites_call_with_the_publishable_key_alone(market: Market) -> None:
    made = await open_payment(market)
    path = f"/v1/payments/{made['id']}/events"
    nobody = Client(port=market.port)
    allowed = await nobody.ask("OPTIONS", path, headers=PREFLIGHT)
    assert (allowed.status, allowed.headers[ANY_PAGE]) == (204, "*")
    assert allowed.headers["access-control-allow-methods"] == "GET"
    assert "authorization" in allowed.headers["access-control-allow-headers"]
    assert "last-event-id" in allowed.headers["access-control-allow-headers"]
    # A page reads why its key is refused, whatever is wrong with it; nobody else's answer is told.
    for token in (market.sellers[0].keys["publishable"], "pk_test_garbage"):
        refused = await Client(port=market.port, token=token).ask("GET", path, headers=ORIGIN)
        assert (refused.status in {401, 404}, refused.headers[ANY_PAGE]) == (True, "*")
    following = await follow(market.client(), path, **ORIGIN)
    assert ANY_PAGE not in following.head
    following.leave()
    for token in ("", "sk_test_garbage", market.buyers[0].token, market.sellers[0].keys["revoked"]):
        refused = await Client(port=market.port, token=token).ask("GET", path, headers=ORIGIN)
        assert ANY_PAGE not in refused.headers
    # What takes no publishable key is no page's business, also with one.
    for method, closed in (("POST", "/v1/payments"), ("GET", "/v1/return_key"), ("POST", path)):
        asked = PREFLIGHT | {"Access-Control-Request-Method": method}
        reply = await nobody.ask("OPTIONS", closed, headers=asked)
        assert (reply.status, ANY_PAGE in reply.headers) == (405, False)
        reply = await market.client(key="publishable").ask(method, closed, headers=ORIGIN)
        assert (reply.status in {403, 405}, ANY_PAGE in reply.headers) == (True, False)
    plain = await nobody.ask("OPTIONS", path)
    assert plain.status == 405


@pytest.mark.parametrize("seller", [0, 1])
async def test_the_way_back_is_checked_with_the_return_key(market: Market, seller: int) -> None:
    made = await open_payment(market, return_url="https://shop.example/thanks?order=7")
    page = await Client(port=market.port).get(urlsplit(made["checkout_url"]).path)
    found = re.search(r'href="(https://shop\.example/[^"]+)"', page.body.decode())
    assert found
    query = urlsplit(html.unescape(found[1])).query
    key = (await market.client(seller).get("/v1/return_key")).json
    word = read_return(query, key=bytes.fromhex(key["key"]), now=SystemClock().now_ns())
    if seller == 0:
        assert word is not None
        assert word.standing is Standing.OPEN
    else:
        assert word is None
    for other in ("publishable", "reads"):
        assert (await market.client(key=other).get("/v1/return_key")).status == 403
