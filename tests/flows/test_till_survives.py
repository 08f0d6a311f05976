"""What a till hears late, and what it finds when it is started: the sale ends the same on both sides.

Many tills that are killed, with all they talk to, are in `test_street_in_any_order.py`.
"""

import asyncio
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from milletpay.ledger.chart import AccountKind
from milletpay.plumbing.ids import system_entropy
from milletpay.simulation.till import Journal, OpenSale, Server, Till
from milletpay.terminals.till_loop import End, Phase, Step, begin, sending
from tests.flows.asking import Client
from tests.flows.cutting import CuttingLine
from tests.flows.market import PIN, Market
from tests.flows.tills_process import HastyClock

SEED = 11
HASTE = 60
"""45 seconds are three quarters of one."""


async def prefix_of(market: Market) -> str:
    """With what the references of the till begin."""
    this = (await market.client(key="till").get("/v1/terminals/this")).json
    return f"{this['tid']}-{market.name('sale')}-"


async def test_the_payer_pays_in_the_last_second_and_the_reversal_wins(
    market: Market, tmp_path: Path
) -> None:
    """Scenario 2: the till hears nothing, and the payer pays before the end; it is undone on both sides."""
    client, buyer = market.client(key="till"), market.buyers[1]
    wallet = Client(port=market.port, token=buyer.token)
    before = await market.balance(AccountKind.CUST, buyer.id)
    reference = await prefix_of(market) + "last"
    journal = Journal(tmp_path / "journal")
    async with CuttingLine.to(market.port, chance=Random(SEED), rate=0) as (line, port):
        line.is_mute = True
        server = Server(host="127.0.0.1", port=port, key=client.token)
        till = Till(server=server, journal=journal, clock=HastyClock(HASTE), entropy=system_entropy)
        selling = asyncio.create_task(till.sell(reference=reference, amount=8_00))
        async with asyncio.timeout(10):
            found: list[Any] = []
            while not found:
                found = (await client.get(f"/v1/payments?reference={reference}")).json["data"]
            said = {"payload": found[0]["qr"]["payload"], "pin": PIN}
            paid = await wallet.post("/v1/wallet/pay", said)
            if paid.status == 200:
                assert await market.balance(AccountKind.CUST, buyer.id) == before - 8_00
            while journal.open[0].phase is not Phase.REVERSING:  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.01)
            line.is_mute = False
            attempt = await selling
    (last,) = (await client.get(f"/v1/payments?reference={reference}")).json["data"]
    assert (paid.status, attempt.end, last["status"]) == (200, End.UNDONE, "reversed")
    assert await market.balance(AccountKind.CUST, buyer.id) == before


async def test_a_sale_begun_before_is_ended_before_the_next(market: Market, tmp_path: Path) -> None:
    client, path = market.client(key="till"), tmp_path / "journal"
    server = Server(host="127.0.0.1", port=market.port, key=client.token)
    reference = await prefix_of(market) + "1"
    body = json.dumps({"amount": 3_00, "currency": "CNY", "reference": reference})
    attempt = sending(begin(reference=reference, key="k", body=body, now=0), Step.PAY, now=0)
    Journal(path).write(attempt)
    with path.open("a") as file:
        file.write('\n{"reference": "cut o')
    journal = Journal(path)
    till = Till(server=server, journal=journal, clock=HastyClock(HASTE), entropy=system_entropy)
    with pytest.raises(OpenSale):
        await till.sell(reference=reference + "2", amount=1)
    # Whether the payment was sent is not known: it is reversed before it arrives, and then declined.
    assert [ended.end for ended in await till.settle()] == [End.UNDONE]
    late = await client.post("/v1/payments", raw=body.encode(), key="k")
    assert (late.status, late.json["decline_code"]) == (402, "reversed")
    assert Journal(path).open == []
