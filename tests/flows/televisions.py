"""Televisions of the market: paired as anybody's, with things to buy."""

import asyncio
from typing import Any

from tests.flows.asking import Client
from tests.flows.market import PIN, Market

PATIENCE_SECONDS = 20


def phone(market: Market, buyer: int = 0) -> Client:
    return Client(port=market.port, token=market.buyers[buyer].token)


async def begin(market: Market) -> Any:
    return (await Client(port=market.port).post("/v1/device/pairings", {"kind": "tv", "name": "客厅"})).json


async def claim(market: Market, pairing: Any) -> Any:
    path = f"/v1/device/pairings/{pairing['id']}/claim"
    return await Client(port=market.port).post(path, {"secret": pairing["secret"]})


async def pair(market: Market, buyer: int = 0) -> Client:
    """A television of a buyer."""
    await market.make_room(buyer)
    pairing = await begin(market)
    taken = await phone(market, buyer).post("/v1/wallet/devices", {"pin": PIN, "code": pairing["code"]})
    assert taken.status == 200, taken
    return Client(port=market.port, token=(await claim(market, pairing)).json["token"])


async def offer(market: Market, *, amount: int = 12_00, seller: int = 0) -> Any:
    terms = {"content": market.name(), "name_en": "The Long River", "name_zh": "长河", "currency": "CNY"}
    made = await market.client(seller).post("/v1/offers", terms | {"amount": amount})
    assert made.status == 201, made
    return made.json


async def order(tv: Client, offered: Any) -> Any:
    return await tv.post("/v1/device/payments", {"offer": offered["id"]})


async def pay(market: Market, payment: str, *, buyer: int = 0) -> Any:
    return await phone(market, buyer).post("/v1/wallet/pay", {"pin": PIN, "payment": payment})


async def contents(tv: Client) -> set[str]:
    return {one["content"] for one in (await tv.get("/v1/device/entitlements")).json["data"]}


async def until(tv: Client, content: str, *, there: bool) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (content in await contents(tv)) is not there:  # noqa: ASYNC110 - by HTTP
            await asyncio.sleep(0.05)
