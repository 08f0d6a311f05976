"""The same books under another address: a retry is answered as it was, with links that lead here."""

from typing import Any

from tests.flows.asking import Client
from tests.flows.conftest import OpenMarket
from tests.flows.market import Market
from tests.flows.server_process import serve_house


def moved(shown: Any, there: str, here: str) -> Any:
    """What was shown under one address, with its links to us under another; nothing else is touched."""
    qr = shown.get("qr")
    links = {
        name: shown[name].replace(there, here) for name in ("checkout_url", "sign_url") if shown.get(name)
    }
    return shown | links | ({"qr": qr | {"payload": qr["payload"].replace(there, here)}} if qr else {})


async def test_a_replay_leads_to_where_the_house_is_now(market: Market, open_market: OpenMarket) -> None:
    """The same bytes at one address; at another only the links differ, and the old tokens hold."""
    token = market.sellers[0].keys["secret"]
    asked = {
        "/v1/payments": {
            "amount": 5_00,
            "currency": "CNY",
            "reference": market.name(),
            "return_url": f"http://127.0.0.1:{market.port}/mine",
        },
        "/v1/agreements": {
            "currency": "CNY",
            "reference": market.name(),
            "charge_limit": 5_00,
            "day_limit": 5_00,
            "month_limit": 5_00,
        },
    }
    here = Client(port=market.port, token=token)
    first = {path: await here.post(path, said, key="before the move") for path, said in asked.items()}
    with serve_house(open_market.app_url) as (_, port):
        there = Client(port=port, token=token)
        for path, said in asked.items():
            at_once = await here.post(path, said, key="before the move")
            assert at_once.body == first[path].body
            again = await there.post(path, said, key="before the move")
            assert (again.status, again.headers["idempotent-replayed"]) == (201, "true")
            assert again.body != first[path].body
            was, base = first[path].json, f"http://127.0.0.1:{market.port}"
            assert again.json == moved(was, base, f"http://127.0.0.1:{port}")
            link = was.get("checkout_url") or was["sign_url"]
            page = await there.get(link.removeprefix(base))
            assert page.status == 200
