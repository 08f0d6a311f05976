"""Lists of what may grow go on after a page, and say so."""

from typing import Any

from tests.flows.asking import Client
from tests.flows.market import Market


async def walk(client: Client, path: str) -> list[str]:
    """Every id of a list, two at a time, in its order."""
    found: list[str] = []
    cursor: Any = ""
    while True:
        page = (await client.get(f"{path}?limit=2{cursor}")).json
        assert 0 < len(page["data"]) <= 2
        found += [one["id"] for one in page["data"]]
        assert page["has_more"] is (page["next_cursor"] is not None)
        if not page["has_more"]:
            return found
        cursor = f"&cursor={page['next_cursor']}"


async def test_agreements_and_devices_of_a_customer_and_stores_go_on(market: Market) -> None:
    buyer = market.buyers[2]
    wallet, shop = Client(port=market.port, token=buyer.token), market.client()
    agreements = await walk(wallet, "/v1/wallet/agreements")
    assert sorted(agreements) == sorted(buyer.agreements.values())
    made = [(await shop.post("/v1/stores", {"name": f"Store {number}"})).json["id"] for number in range(3)]
    stores = await walk(shop, "/v1/stores")
    assert stores[:3] == made[::-1]
    for found in (agreements, stores):
        assert found == sorted(set(found), reverse=True), "the newest first, each once"
