"""Stores and terminals over HTTP: registered, paired once with a code, and what a till may and may not."""

import asyncio
from typing import Any

from milletpay.terminals import PairTerminal
from tests.flows.asking import Client, Reply
from tests.flows.market import PIN, Market

TURN_SECONDS = 30
"""After a second every process knows that a key is good no longer; a busy machine may take longer."""


async def register(market: Market, *, kind: str = "till", store: str = "", **more: Any) -> dict[str, Any]:
    merchant = market.client()
    if not store:
        store = (await merchant.post("/v1/stores", {"name": "Peace Street", "name_zh": "和平街店"})).json[
            "id"
        ]
    reply = await merchant.post("/v1/terminals", {"store": store, "name": "1", "kind": kind} | more)
    assert reply.status == 201, reply
    made: dict[str, Any] = reply.json
    return made


async def offer(market: Market, terminal: str) -> str:
    reply = await market.client().post(f"/v1/terminals/{terminal}/pairing")
    assert reply.status == 201, reply
    code: str = reply.json["code"]
    return code


async def pair(market: Market, code: str) -> Reply:
    """From an address of its own, so that wrong tries of one test are not held against another."""
    return await Client(port=market.port).ask(
        "POST", "/v1/terminals/pair", {"code": code}, headers={"X-Forwarded-For": market.name("address")}
    )


async def paired_till(market: Market, **more: Any) -> tuple[dict[str, Any], Client]:
    made = await register(market, **more)
    reply = await pair(market, await offer(market, made["id"]))
    assert reply.status == 201, reply
    return reply.json, Client(port=market.port, token=reply.json["key"])


async def until_refused(client: Client, path: str) -> Reply:
    async with asyncio.timeout(TURN_SECONDS):
        while (reply := await client.get(path)).status != 401:  # noqa: ASYNC110 - as plain as it is
            await asyncio.sleep(0.05)
    return reply


async def test_terminals_are_numbered_in_their_store_and_of_all(market: Market) -> None:
    first = await register(market, refund_max=5_00)
    second = await register(market, store=first["store"], kind="pos")
    elsewhere = await register(market)
    assert (first["number"], second["number"], elsewhere["number"]) == (1, 2, 1)
    assert (first["kind"], second["kind"], first["refund_max"]) == ("till", "pos", 5_00)
    tids = [int(one["tid"]) for one in (first, second, elsewhere)]
    assert tids == list(range(tids[0], tids[0] + 3))
    assert {len(one["tid"]) for one in (first, second)} == {8}
    assert {one["mid"] for one in (first, second, elsewhere)} == {first["mid"]}
    assert len(first["mid"]) == 15
    listed = (await market.client().get("/v1/terminals?limit=3")).json["data"]
    assert [one["id"] for one in listed] == [elsewhere["id"], second["id"], first["id"]]
    stores = (await market.client().get("/v1/stores")).json["data"]
    assert first["store"] in [one["id"] for one in stores]
    foreign = await market.client(1).post("/v1/terminals", {"store": first["store"], "name": "x"})
    assert (foreign.status, foreign.code) == (404, "not_found")


async def test_a_code_pairs_once_and_the_key_is_told_once(market: Market) -> None:
    made = await register(market, kind="pos")
    void, code = await offer(market, made["id"]), await offer(market, made["id"])
    assert (await pair(market, void)).code == "pairing_refused"
    written = f"{code[:4]} {code[4:]}".lower()
    replies = await asyncio.gather(*(pair(market, written) for _ in range(4)))
    (paired,) = [reply.json for reply in replies if reply.status == 201]
    assert [reply.code for reply in replies if reply.status != 201] == ["pairing_refused"] * 3
    assert paired["terminal"]["id"] == made["id"]
    assert (len(paired["master_key"]), len(paired["seal_key"])) == (32, 64)
    this = await Client(port=market.port, token=paired["key"]).get("/v1/terminals/this")
    assert this.json == paired["terminal"]
    async with market.database.connection() as connection:
        kept = await connection.fetch(
            "SELECT t::text AS whole FROM terminals.terminal AS t"
            " UNION ALL SELECT k::text FROM identity.terminal_key AS k"
        )
    for secret in (code, paired["key"][8:40], paired["master_key"], paired["seal_key"]):
        assert not any(secret in row["whole"] for row in kept)


async def test_pairing_again_rotates_the_key_and_retiring_ends_it(market: Market) -> None:
    before, old = await paired_till(market)
    id = before["terminal"]["id"]
    reply = await pair(market, await offer(market, id))
    after, new = reply.json, Client(port=market.port, token=reply.json["key"])
    assert (before["pairing"], after["pairing"]) == (1, 2)
    assert before["seal_key"] != after["seal_key"]
    assert (await until_refused(old, "/v1/terminals/this")).code == "credential_invalid"
    assert (await new.get("/v1/terminals/this")).status == 200
    waiting = await offer(market, id)
    assert (await market.client(1).post(f"/v1/terminals/{id}/retire")).status == 404
    retired = await market.client().post(f"/v1/terminals/{id}/retire")
    assert (retired.status, retired.json["status"]) == (200, "retired")
    await until_refused(new, "/v1/terminals/this")
    assert (await pair(market, waiting)).code == "pairing_refused"
    assert (await market.client().post(f"/v1/terminals/{id}/pairing")).code == "terminal_retired"
    assert (await market.client().post(f"/v1/terminals/{id}/retire")).json == retired.json


async def test_who_tries_codes_is_locked_out(market: Market) -> None:
    code = await offer(market, (await register(market))["id"])
    address = {"X-Forwarded-For": market.name("address")}

    async def attempt(code: str) -> Reply:
        client = Client(port=market.port)
        return await client.ask("POST", "/v1/terminals/pair", {"code": code}, headers=address)

    wrong = [await attempt("22222222") for _ in range(5)]
    assert {(reply.status, reply.code) for reply in wrong} == {(403, "pairing_refused")}
    locked = await attempt(code)
    assert (locked.status, locked.code, int(locked.headers["retry-after"]) > 0) == (429, "locked", True)
    # Everybody else is served.
    assert (await pair(market, code)).status == 201


async def test_a_till_sells_and_sees_only_in_its_store(market: Market) -> None:
    paired, till = await paired_till(market)
    tid, store = paired["terminal"]["tid"], paired["store"]["id"]
    body = {"amount": 5_00, "currency": "CNY", "reference": f"{tid}-1"}
    made = await till.post("/v1/payments", body, key="till-1")
    assert made.status == 201, made
    assert (made.json["store"], made.json["terminal"]) == (store, paired["terminal"]["id"])
    found = (await till.get(f"/v1/payments?reference={tid}-1")).json["data"]
    assert [one["id"] for one in found] == [made.json["id"]]
    # What it has not made in its store is not there for it.
    elsewhere = await market.pay(5_00)
    for path in (f"/v1/payments/{elsewhere['id']}", "/v1/refunds/ref_01kdz9m4h0000g40r40m30e20c"):
        assert (await till.get(path)).status == 404
    assert (await till.get(f"/v1/payments?reference={elsewhere['reference']}")).json["data"] == []
    assert [one["id"] for one in (await till.get("/v1/payments")).json["data"]] == [made.json["id"]]
    assert (await till.post("/v1/reversals", {"payment": elsewhere["id"]})).code == "not_found"
    # It takes no other's names, so that it cannot reverse what another is about to make.
    for path, said in (
        ("/v1/payments", body | {"reference": "order-9"}),
        ("/v1/payments", body | {"reference": f"{tid}-2", "store": (await register(market))["store"]}),
        ("/v1/payments", market.charge(1_00) | {"reference": f"{tid}-3"}),
        ("/v1/reversals", {"reference": elsewhere["reference"]}),
        ("/v1/reversals", {"reference": "not made yet"}),
    ):
        assert (await till.post(path, said)).code == "invalid_field", said
    for path in ("/v1/balance", "/v1/events", "/v1/webhook_endpoints", "/v1/terminals", "/v1/stores"):
        assert (await till.get(path)).status == 403
    undone = await till.post("/v1/reversals", {"reference": f"{tid}-1"})
    assert undone.json["payment"]["status"] == "reversed"
    marked = await till.post("/v1/reversals", {"reference": f"{tid}-4"})
    assert marked.json["status"] == "marked"


async def test_a_till_undoes_no_sale_of_another_however_it_names_it(market: Market) -> None:
    """A sale that another till of the store made is refunded, within the limit; a reversal has no limit."""
    paired, till = await paired_till(market)
    _, other = await paired_till(market, store=paired["store"]["id"])
    body = {"amount": 5_00, "currency": "CNY", "reference": f"{paired['terminal']['tid']}-1"}
    made = (await till.post("/v1/payments", body)).json
    wallet = Client(port=market.port, token=market.buyers[0].token)
    assert (await wallet.post("/v1/wallet/pay", {"payload": made["qr"]["payload"], "pin": PIN})).status == 200
    assert (await other.get(f"/v1/payments/{made['id']}")).json["status"] == "succeeded"
    refused = await other.post("/v1/reversals", {"payment": made["id"]})
    assert (refused.status, refused.code) == (404, "not_found")
    assert (await till.get(f"/v1/payments/{made['id']}")).json["status"] == "succeeded"
    undone = await till.post("/v1/reversals", {"payment": made["id"]})
    assert undone.json["payment"]["status"] == "reversed"


def test_a_command_that_pairs_tells_no_secret() -> None:
    assert "beef" not in repr(PairTerminal(mac=b"\xbe\xef" * 16, keys=[]))
    assert "\\xbe" not in repr(PairTerminal(mac=b"\xbe\xef" * 16, keys=[]))
