"""The server process and PostgreSQL are killed under payments: asked again, each happens once."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from random import Random

from milletpay.ledger.chart import AccountKind
from milletpay.plumbing.database import Database
from milletpay.plumbing.embedded import EmbeddedServer
from milletpay.plumbing.migration import migrate
from tests.flows.asking import Client, NoAnswer, Reply
from tests.flows.market import Market, fill_market
from tests.flows.server_process import serve_house
from tests.flows.test_book_survives_crashes import children_of, open_again
from tests.flows.wire import Cut, Wire
from tests.servers import QUICK

CALLERS = 8
DEATHS = 9
SEED = 3


@asynccontextmanager
async def small_market(app_url: str, *, through: str | None = None) -> AsyncIterator[Market]:
    """A market of its own; its server process reaches the database by the URL `through`."""
    sellers, buyers = await fill_market(app_url, buyers=4)
    database = await Database.open(app_url, connections=4)
    with ExitStack() as opened:
        # In a thread, for the wire to the database is in this loop.
        program, port = await asyncio.to_thread(opened.enter_context, serve_house(through or app_url))
        yield Market(port=port, database=database, program=program, sellers=sellers, buyers=buyers)
        await asyncio.to_thread(opened.close)
    await database.close()


async def until_answered(client: Client, path: str, body: object, *, key: str) -> tuple[Reply, int]:
    """Ask with the same key until it is known what became of it, as a careful merchant does."""
    for attempt in count(1):
        with suppress(NoAnswer, TimeoutError):
            reply = await client.post(path, body, key=key)
            if reply.status < 500:
                return reply, attempt
        assert attempt < 600, "it is never answered"
        await asyncio.sleep(0.05)
    raise AssertionError


async def test_killed_between_commit_and_answer_it_answers_the_retry_and_does_nothing(app_url: str) -> None:
    async with Wire.to(app_url) as (wire, through), small_market(app_url, through=through) as market:
        wire.closed_by_cut = True  # so that the process cannot find out by itself before it dies
        buyer = market.buyers[0].id
        paid = await market.pay(50_00)
        asked = [
            ("/v1/payments", market.charge(10_00)),
            ("/v1/refunds", {"payment": paid["id"], "amount": 3_00, "reference": market.name()}),
            ("/v1/reversals", {"payment": paid["id"]}),
        ]
        for path, body in asked:
            before = await market.balance(AccountKind.CUST, buyer)
            wire.cut = Cut.AFTER_COMMIT
            key = market.name("key")
            lost = asyncio.create_task(market.client().post(path, body, key=key))
            async with asyncio.timeout(10):
                while wire.cut is not Cut.NOWHERE or not wire.closed:  # noqa: ASYNC110 - as plain as it is
                    await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)
            assert not lost.done(), "it was answered before it died"
            market.program.kill()
            wire.closed = False
            await asyncio.to_thread(market.program.start)
            # What was asked meanwhile was kept by the socket, or is not known: both end well.
            with suppress(NoAnswer):
                await lost
            after = await market.balance(AccountKind.CUST, buyer)
            assert after != before, f"{path} was committed before the kill"
            again = await market.client().post(path, body, key=key)
            assert (again.status, again.is_again) == (200 if path == "/v1/reversals" else 201, True)
            assert await market.balance(AccountKind.CUST, buyer) == after
        await market.prove()


class Trade:
    """Callers who pay, capture, refund and reverse until they are told to stop."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.going = True
        self.attempts = 0
        self.told: dict[str, tuple[dict[str, object], Reply]] = {}

    async def call(self, number: int) -> None:
        chance, client = Random(SEED * 100 + number), self.market.client()
        while self.going:
            manual = chance.random() < 0.3
            body = self.market.charge(
                chance.randrange(1_00, 20_00),
                buyer=number % 4,
                capture_method="manual" if manual else "automatic",
            )
            made = await self.ask(client, "/v1/payments", body)
            self.told[body["reference"]] = body, made
            if made.status != 201:
                continue
            payment = made.json["id"]
            if manual:
                await self.ask(client, f"/v1/payments/{payment}/{chance.choice(('capture', 'cancel'))}", {})
            elif chance.random() < 0.4:
                part = {"payment": payment, "amount": 50, "reference": self.market.name("refund")}
                assert (await self.ask(client, "/v1/refunds", part)).status == 201
            elif chance.random() < 0.2:
                undone = await self.ask(client, "/v1/reversals", {"reference": body["reference"]})
                assert undone.json["payment"]["status"] == "reversed"

    async def ask(self, client: Client, path: str, body: object) -> Reply:
        reply, attempts = await until_answered(client, path, body, key=self.market.name("key"))
        self.attempts += attempts - 1
        return reply

    async def prove(self) -> None:
        """Whatever was told is so: each reference names one payment, the one of its answer."""
        found = {one["reference"]: one for one in await self.market.payments()}
        assert set(found) == set(self.told)
        for reference, (body, reply) in self.told.items():
            told = reply.json if reply.status == 201 else reply.json["payment"]
            assert found[reference]["id"] == told["id"]
            assert found[reference]["amount"] == body["amount"]
            assert (found[reference]["status"] == "failed") is (reply.status == 402)
        await self.market.prove()


async def test_payments_survive_kills_of_the_server_and_of_postgresql(data: Path) -> None:
    chance = Random(SEED)
    server = await EmbeddedServer.start(data, purpose="a test", say=print, settings=QUICK)
    watch = asyncio.create_task(server.keep_running())
    try:
        app_url = await migrate(owner_url=server.url)
        async with small_market(app_url) as market:
            trade = Trade(market)
            callers = [asyncio.create_task(trade.call(number)) for number in range(CALLERS)]
            for death in range(DEATHS):
                await asyncio.sleep(chance.uniform(0.1, 0.3))
                if death % 3 < 2:
                    market.program.kill()
                if death % 3 > 0:
                    doomed = [server.pid, *children_of(server.pid)]
                    for pid in doomed if death % 2 else [chance.choice(doomed)]:
                        with suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGKILL)
                if market.program.process is None:
                    await (await open_again(app_url)).close()
                    await asyncio.to_thread(market.program.start)
            trade.going = False
            async with asyncio.timeout(30):
                await asyncio.gather(*callers)
            market.database = await open_again(app_url)
            await trade.prove()
            await market.database.close()
            print(f"{len(trade.told)} payments, {trade.attempts} attempts without an answer")
            assert trade.attempts >= DEATHS
    finally:
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
        os.kill(server.pid, signal.SIGQUIT)
        await server.stop()
