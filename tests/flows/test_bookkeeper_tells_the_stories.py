"""The contract holds at the desk too: the stories in any split, with restarts of the process between."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random

import pytest

from milletpay.ledger import Account, Bookkeeper, CreateAccountStatus, CreateTransferStatus, Transfer
from milletpay.ledger import bookkeeping as pieces
from milletpay.ledger.bookkeeping import open_bookkeeper
from milletpay.plumbing.database import Database
from tests.flows.stored_book import StoredBook
from tests.servers import every_server
from tests.tables.engine import play, split
from tests.tables.story import read_stories

STORIES = read_stories(Path(__file__).parents[1] / "tables")
MILLISECOND = 1_000_000


class DeskedBook(StoredBook):
    """A bookkeeper with a desk, which now and then is stopped and started anew with an empty memory."""

    def __init__(self, database: Database, *, random: Random) -> None:
        super().__init__(database, random=random)
        self.restarts = 0
        self._bookkeeper: Bookkeeper | None = None
        self._running = AsyncExitStack()

    async def stop(self) -> None:
        await self._running.aclose()
        self._bookkeeper = None

    @asynccontextmanager
    async def _at_desk(self, *, now: int) -> AsyncIterator[Bookkeeper]:
        self.clock.set(now_ns=now)
        if self._bookkeeper is None or self.random.random() < 0.1:
            await self.stop()
            self.restarts += 1
            opening = open_bookkeeper(database=self.database, clock=self.clock, desk_id=self.restarts)
            self._bookkeeper = await self._running.enter_async_context(opening)
        yield self._bookkeeper

    async def create_accounts(self, events: Sequence[Account], timestamp: int) -> list[CreateAccountStatus]:
        async with self._at_desk(now=timestamp - len(events)) as bookkeeper:
            return await bookkeeper.create_accounts(events)

    async def create_transfers(
        self, events: Sequence[Transfer], timestamp: int
    ) -> list[CreateTransferStatus]:
        async with self._at_desk(now=timestamp - len(events)) as bookkeeper:
            return await bookkeeper.create_transfers(events)

    async def expire(self, timestamp: int) -> None:
        async with self._at_desk(now=timestamp) as bookkeeper:
            await bookkeeper.expire_due()


@every_server
@pytest.mark.parametrize("stretch", [1, 500])
async def test_a_bookkeeper_tells_all_stories_in_any_split(
    database: Database, stretch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Decided at a stretch, and piece by piece with what is decided already under way to the database."""
    monkeypatch.setattr(pieces, "SLICE", stretch)
    engine = DeskedBook(database, random=Random(stretch))
    for story in STORIES:
        await engine.expire(story.begins - MILLISECOND)
        await play(split(story, engine.random), engine)
    await engine.stop()
    assert engine.restarts > 5
