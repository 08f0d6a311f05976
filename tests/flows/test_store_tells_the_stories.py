"""The contract holds with the store: whatever the batches, the process, the restarts, it is the same book."""

from pathlib import Path
from random import Random

import pytest

from milletpay.plumbing.database import Database
from tests.flows.stored_book import StoredBook
from tests.properties.events import EventGenerator
from tests.properties.naive_model import NaiveModel
from tests.servers import every_server
from tests.tables.engine import play, split
from tests.tables.story import START, read_stories

STORIES = read_stories(Path(__file__).parents[1] / "tables")

MILLISECOND = 1_000_000
SECOND = 1_000_000_000


@every_server
async def test_one_stored_book_tells_all_stories_in_any_split(database: Database) -> None:
    random = Random(2026)
    engine = StoredBook(database, random=random)
    for story in STORIES:
        await engine.expire(story.begins - MILLISECOND)
        await play(split(story, random), engine)


@every_server
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_stored_book_and_the_naive_model_agree_on_anything(database: Database, seed: int) -> None:
    random = Random(seed)
    stored, naive = StoredBook(database, random=random), NaiveModel()
    events = EventGenerator(account_room=6)
    at = START
    for turn in range(70):
        at = max(at, stored.happened_at) + random.choice((20, 20, SECOND // 3, SECOND))
        if turn == 0 or random.random() < 0.1:
            accounts = events.accounts(random.choice, most=5) if turn else events.opening(random.choice)
            opened = await stored.create_accounts(accounts, at)
            naive.expire(stored.opened_at)
            assert opened == naive.create_accounts(accounts, stored.happened_at)
            events.learn_accounts(accounts, opened)
        else:
            transfers = events.transfers(random.choice, most=15)
            moved = await stored.create_transfers(transfers, at)
            naive.expire(stored.opened_at)
            assert moved == naive.create_transfers(transfers, stored.happened_at)
            events.learn_transfers(transfers, moved)
    for id in range(events.account_room + 2):
        assert await stored.account(id) == naive.account(id)
    for id in range(events.transfers_made + 2):
        assert await stored.transfer(id) == naive.transfer(id)
