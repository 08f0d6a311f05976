"""Somebody guesses at codes, a card terminal's batch differs: the till shows it, and the merchant is told."""

import asyncio
import json
from typing import Any

import pytest

from milletpay.codes.payment_codes import check_digit
from milletpay.merchants import MERCHANT_ID, TERMINAL_ID
from milletpay.notifications.pictures import paint_guessing
from milletpay.simulation.card_terminal import CardTerminal
from milletpay.simulation.terminal_journal import Journal
from milletpay.terminals import GuessingShape, MasterKey
from tests.flows.asking import Client
from tests.flows.conftest import OpenMarket
from tests.flows.market import Market
from tests.flows.server_process import work_for_house
from tests.flows.terminal_shop import serve_terminals
from tests.flows.test_terminals_over_http import offer, pair, paired_till, register

NOTICES = "/v1/terminals/this/notices"
EVENT_SECONDS = 60
BORNE = 10
"""So many wrong codes close a till."""


async def events(shop: Client, kind: str, **about: str) -> list[dict[str, Any]]:
    """What a merchant was told of a kind, once there is something."""
    async with asyncio.timeout(EVENT_SECONDS):
        while True:
            wanted = "".join(f"&{name}={value}" for name, value in about.items())
            found: list[dict[str, Any]] = (await shop.get(f"/v1/events?type={kind}{wanted}")).json["data"]
            if found:
                return found
            await asyncio.sleep(0.1)


async def test_who_guesses_at_codes_is_told_of(
    market: Market, open_market: OpenMarket, capfd: pytest.CaptureFixture[str]
) -> None:
    paired, till = await paired_till(market)
    terminal = paired["terminal"]
    assert (await till.get(NOTICES)).json == {
        "object": "notices",
        "codes_closed": False,
        "guessing": [],
        "batches": [],
    }
    for guess in range(BORNE):
        digits = f"72{guess:015d}"
        body = {"amount": 100, "currency": "CNY", "reference": f"{terminal['tid']}-{guess}"}
        reply = await till.post(
            "/v1/payments", body | {"payer": {"payment_code": digits + check_digit(digits)}}
        )
        assert reply.status == 402, reply
    told = (await till.get(NOTICES)).json
    assert told["codes_closed"] is True
    (guessing,) = told["guessing"]
    assert (guessing["terminal"], guessing["store"]) == (terminal["id"], terminal["store"])
    assert guessing["closings"] == 1
    # Another till of the merchant, in another store, goes on.
    _, other = await paired_till(market)
    assert (await other.get(NOTICES)).json["codes_closed"] is False
    capfd.readouterr()
    with work_for_house(open_market.app_url):
        (event,) = await events(market.client(), "codes.guessing", object=terminal["id"])
    warned = [json.loads(line) for line in capfd.readouterr().err.splitlines() if '"merchant"' in line]
    where = [
        {name: line.get(name) for name in ("level", "merchant", "store", "terminal", "closings")}
        for line in warned
    ]
    assert {
        "level": "warning",
        "merchant": MERCHANT_ID.write(market.sellers[0].id),
        "store": terminal["store"],
        "terminal": terminal["id"],
        "closings": 1,
    } in where
    assert event["data"] == guessing
    assert (await market.client(1).get("/v1/events?type=codes.guessing")).json["data"] == []
    # What was counted is forgotten one day: an event that is read then has the place alone.
    id, nowhere = TERMINAL_ID.read(terminal["id"]), 12345
    async with market.database.connection() as connection:
        await connection.execute("DELETE FROM payments.guesses WHERE subject = $1", id)
        pictures = await paint_guessing(connection, objects=[id, nowhere, market.sellers[0].id])
    assert set(pictures) == {id, market.sellers[0].id}
    assert pictures[id].shape == GuessingShape(
        store=terminal["store"], terminal=terminal["id"], closings=0, closed_until=None
    )


async def test_a_batch_that_differs_is_told_of(market: Market, open_market: OpenMarket) -> None:
    _, till = await paired_till(market)
    store = (await till.get("/v1/terminals/this")).json["store"]
    pos = await register(market, kind="pos", store=store)
    reply = await pair(market, await offer(market, pos["id"]))
    master = MasterKey(bytes.fromhex(reply.json["master_key"]))
    journal = Journal()
    journal.add(do="send", batch=1, stan=9, kind="purchase", amount=5_00)
    journal.add(do="answer", batch=1, stan=9, code="00")
    with serve_terminals(open_market.app_url) as (_, port), work_for_house(open_market.app_url):
        device = CardTerminal(
            number=int(pos["tid"]), master=master, host="127.0.0.1", port=port, journal=journal
        )
        await device.sign_on()
        assert (await device.close()).batch == 2
        # An empty one, in which both sides have the same.
        assert (await device.close()).batch == 3
        device.disconnect()
        (event,) = [
            one
            for one in await events(market.client(), "batch.differed")
            if one["data"]["terminal"] == pos["id"]
        ]
    shown = event["data"]
    assert (shown["number"], shown["differences"]) == (1, 1)
    assert (shown["book"]["debits"], shown["terminal_totals"]["debits"]) == (0, 5_00)
    listed = (await market.client().get(f"/v1/terminals/{pos['id']}/batches")).json["data"]
    assert [one["differences"] for one in listed] == [0, 1]
    assert listed[1] == shown
    first = (await market.client().get(f"/v1/terminals/{pos['id']}/batches?limit=1")).json
    assert first["has_more"]
    rest = await market.client().get(
        f"/v1/terminals/{pos['id']}/batches?limit=1&cursor={first['next_cursor']}"
    )
    assert first["data"] + rest.json["data"] == listed
    assert (await till.get(NOTICES)).json["batches"] == [shown]
    _, elsewhere = await paired_till(market)
    assert (await elsewhere.get(NOTICES)).json["batches"] == []
    assert (await market.client(1).get(f"/v1/terminals/{pos['id']}/batches")).status == 404
