"""Tills, the line and the server are cut and killed: each sale ends once, the same on both sides."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from milletpay.ledger.chart import AccountKind
from milletpay.plumbing.ids import system_entropy
from milletpay.simulation.till import Journal, OpenSale, Server
from milletpay.simulation.till import Till as SimulatedTill
from milletpay.terminals.till_loop import Attempt, End, Phase, Step, begin, sending
from tests.flows.asking import Client, NoAnswer
from tests.flows.cutting import LATE_SECONDS, CuttingLine
from tests.flows.market import PIN, Market
from tests.flows.sale_process import HastyClock, Order

SEED = 11
SALES = 7
HASTE = 60
"""45 seconds are three quarters of one."""
DEATHS, SERVER_DEATHS = 9, 2


@dataclass
class Till:
    """A till's process, started again whenever it was killed."""

    order: Order
    process: "subprocess.Popen[bytes] | None" = None
    deaths: int = 0

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.flows.sale_process", json.dumps(asdict(self.order))]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        assert self.process is not None
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.deaths += 1
            self.start()

    @property
    def is_done(self) -> bool:
        assert self.process is not None
        return self.process.poll() is not None


async def pay_some(market: Market, chance: Random) -> None:
    """Customers who pay what awaits them, sooner or later or never."""
    wallet = Client(port=market.port, token=market.buyers[1].token)
    seen: set[str] = set()
    while True:
        await asyncio.sleep(0.02)
        try:
            for one in (await market.client().get("/v1/payments?limit=20")).json["data"]:
                if one["status"] == "awaiting_payment" and one["id"] not in seen and chance.random() < 0.15:
                    seen.add(one["id"])
                    await wallet.post("/v1/wallet/pay", {"payload": one["qr"]["payload"], "pin": PIN})
        except (NoAnswer, KeyError):
            continue


def agrees(attempt: Attempt, payments: list[dict[str, Any]]) -> bool:
    """Whether the till's end is the server's."""
    match attempt.end:
        case End.PAID:
            return [one["status"] for one in payments] == ["succeeded"]
        case End.UNDONE:
            return all(one["status"] in {"reversed", "failed"} for one in payments)
        case End.DECLINED:
            return [one["status"] for one in payments] == ["failed"]
        case _:
            return not payments


async def prefix_of(market: Market) -> str:
    """With what the references of the till begin."""
    this = (await market.client(key="till").get("/v1/terminals/this")).json
    return f"{this['tid']}-{market.name('sale')}-"


async def open_tills(market: Market, folder: Path, *, port: int) -> list[Till]:
    """One whose customers scan its code, one with agreements, and a merchant's server in the place of one."""
    agreement = {"agreement": market.buyers[2].agreements[market.sellers[0].id]}
    return [
        Till(
            order=Order(
                journal=str(folder / name),
                port=port,
                key=market.sellers[0].keys[key],
                prefix=prefix,
                payer=payer,
                haste=HASTE,
                sales=SALES,
            )
        )
        for name, key, prefix, payer in (
            ("scanned", "till", await prefix_of(market), None),
            ("agreed", "secret", market.name("counter") + "-", agreement),
            ("linked", "secret", market.name("counter") + "-", None),
        )
    ]


async def test_sales_survive_kills_of_till_and_server_and_a_line_that_is_cut(
    market: Market, tmp_path: Path
) -> None:
    chance = Random(SEED)
    async with CuttingLine.to(market.port, chance=chance, rate=0.25) as (line, port):
        tills = await open_tills(market, tmp_path, port=port)
        paying = asyncio.create_task(pay_some(market, Random(SEED)))
        for till in tills:
            till.start()
        for death in range(DEATHS):
            await asyncio.sleep(chance.uniform(0.2, 0.5))
            chance.choice(tills).kill()
            if death % (DEATHS // SERVER_DEATHS) == 1:
                market.program.kill()
                await asyncio.to_thread(market.program.start)
        async with asyncio.timeout(60):
            while not all(till.is_done for till in tills):  # noqa: ASYNC110 - processes
                await asyncio.sleep(0.05)
        paying.cancel()
        # What was late is there by now.
        await asyncio.sleep(LATE_SECONDS)
    attempts = [attempt for till in tills for attempt in Journal(Path(till.order.journal)).attempts]
    print(line.cuts, Counter(attempt.end for attempt in attempts), [till.deaths for till in tills])
    assert line.cuts.total() > SALES
    assert sum(till.deaths for till in tills) > DEATHS // 3
    assert len({attempt.reference for attempt in attempts}) == len(attempts) == 3 * SALES
    for attempt in attempts:
        found = (await market.client().get(f"/v1/payments?reference={attempt.reference}")).json["data"]
        assert agrees(attempt, found), (attempt, found)
    assert {End.PAID, End.UNDONE} <= {attempt.end for attempt in attempts}


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
        till = SimulatedTill(server=server, journal=journal, clock=HastyClock(HASTE), entropy=system_entropy)
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
    till = SimulatedTill(server=server, journal=journal, clock=HastyClock(HASTE), entropy=system_entropy)
    with pytest.raises(OpenSale):
        await till.sell(reference=reference + "2", amount=1)
    # Whether the payment was sent is not known: it is reversed before it arrives, and then declined.
    assert [ended.end for ended in await till.settle()] == [End.UNDONE]
    late = await client.post("/v1/payments", raw=body.encode(), key="k")
    assert (late.status, late.json["decline_code"]) == (402, "reversed")
    assert Journal(path).open == []
