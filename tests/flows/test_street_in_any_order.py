"""Tills and card terminals sell in any order while everything is cut and killed: each sale has one end.

Reversals come before, during and after their payments, from the client of a till over HTTP and from terminals
over the gateway. What the journals of tills and terminals say is what the API tells and the book has.
"""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random

from milletpay.plumbing.embedded import EmbeddedServer
from milletpay.plumbing.migration import migrate
from milletpay.simulation.card_terminal import Fault
from tests.flows.cutting import LATE_SECONDS
from tests.flows.millet_process import millet
from tests.flows.street import Size, kill_in_turn, open_street
from tests.flows.test_book_survives_crashes import children_of, open_again
from tests.servers import QUICK

SEED = 23
LONG = Size(processes=4, tills=8, sales=16, terminals=16, deeds=32, buyers=48)
SHORT = Size(processes=2, tills=6, sales=10, terminals=8, deeds=15, buyers=24)
SERVER_DEATHS, TILL_DEATHS, GATEWAY_DEATHS, DATABASE_DEATHS = 5, 6, 5, 4
PATIENCE_SECONDS = 300


async def test_a_thousand_sales_in_any_order_with_kills(app_url: str, owner_url: str, tmp_path: Path) -> None:
    assert LONG.at_tills + LONG.at_terminals >= 1_000
    async with open_street(app_url, tmp_path, size=LONG, seed=SEED) as street:
        at_tills = [street.kill_tills, street.kill_server] * SERVER_DEATHS + [street.kill_tills]
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(
                street.trade(chance=Random(SEED)),
                kill_in_turn(at_tills, done=lambda: street.at_tills),
                kill_in_turn([street.kill_gateway] * GATEWAY_DEATHS, done=lambda: street.at_terminals),
            )
        # What was late is there by now.
        await asyncio.sleep(LATE_SECONDS)
        ends = await street.prove()
        met = sum((day.met for day in street.days), Counter[Fault]())
        deaths = [process.deaths for process in street.processes]
        print(ends, street.line.cuts, met, deaths)
        assert sum(deaths) >= TILL_DEATHS - 1, "one that ends at this very moment is not killed"
        assert min(ends[f"reversed {when}"] for when in ("before", "during", "after")) > 3
        assert ends["paid"] > LONG.at_tills // 4
        assert min(met[fault] for fault in Fault) > 10
    with millet("check", "--database-url", owner_url) as check:
        assert check.wait() == 0, check.said()


async def test_postgresql_dies_in_the_midst_of_sales(data: Path, tmp_path: Path) -> None:
    chance = Random(SEED)
    async with kept_running(data) as server:
        app_url = await migrate(owner_url=server.url)
        async with open_street(app_url, tmp_path, size=SHORT, seed=SEED) as street:

            async def kill_postgresql() -> None:
                """All of it, or one process, whereupon it ends the others and recovers."""
                doomed = [server.pid, *children_of(server.pid)]
                for pid in doomed if chance.random() < 0.6 else [chance.choice(doomed)]:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                await (await open_again(app_url)).close()

            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.gather(
                    street.trade(chance=Random(SEED)),
                    kill_in_turn([kill_postgresql] * DATABASE_DEATHS, done=lambda: street.at_tills),
                    kill_in_turn([kill_postgresql] * DATABASE_DEATHS, done=lambda: street.at_terminals),
                )
            await asyncio.sleep(LATE_SECONDS)
            street.market.database = await open_again(app_url)
            ends = await street.prove()
            await street.market.database.close()
            print(ends, street.line.cuts)
            assert ends["paid"] > SHORT.at_tills // 4
        with millet("check", "--database-url", server.url) as check:
            assert check.wait() == 0, check.said()


@asynccontextmanager
async def kept_running(data: Path) -> AsyncIterator[EmbeddedServer]:
    """PostgreSQL as `millet up` runs it, started again whenever it dies."""
    server = await EmbeddedServer.start(data, purpose="a test", say=print, settings=QUICK)
    watch = asyncio.create_task(server.keep_running())
    try:
        yield server
    finally:
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
        with suppress(ProcessLookupError):
            os.kill(server.pid, signal.SIGQUIT)
        await server.stop()
