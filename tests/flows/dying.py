"""A server process that dies at its worst moment: what was asked is just committed, or just not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from tests.flows.market import Market
from tests.flows.test_payments_survive_kills import small_market
from tests.flows.wire import Cut, Wire

PATIENCE_SECONDS = 30
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class MortalMarket:
    """A market whose server dies to order."""

    market: Market
    wire: Wire

    async def dies_over(self, asked: Awaitable[Answer], *, cut: Cut) -> "asyncio.Future[Answer]":
        """Ask; the server is killed over its COMMIT, and started again. The answer comes later."""
        self.wire.cut = cut
        answer = asyncio.ensure_future(asked)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.wire.cut is not Cut.NOWHERE or not self.wire.closed:  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.01)
        assert not answer.done(), "it was answered before it died"
        self.market.program.kill()
        self.wire.closed = False
        await asyncio.to_thread(self.market.program.start)
        return answer


@asynccontextmanager
async def mortal_market(app_url: str) -> AsyncIterator[MortalMarket]:
    """A market of its own, proved in the end."""
    async with Wire.to(app_url) as (wire, through), small_market(app_url, through=through) as market:
        wire.closed_by_cut = True  # so that the process cannot find out by itself before it dies
        yield MortalMarket(market, wire)
        await market.prove()
