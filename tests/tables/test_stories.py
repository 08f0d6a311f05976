"""The contract of the book, told as stories and played by every engine that claims to keep it."""

from pathlib import Path
from random import Random

import pytest

from milletpay.ledger import CreateAccountStatus, CreateTransferStatus
from tests.properties.naive_model import NaiveModel
from tests.tables.engine import InMemory, play, split
from tests.tables.story import START, AccountBatch, Story, StoryError, TransferBatch, read_stories

STORIES = read_stories(Path(__file__).parent)

each_story = pytest.mark.parametrize("story", STORIES, ids=str)


@each_story
async def test_machine_tells_each_story_as_written(story: Story) -> None:
    await play(story, InMemory())


@each_story
async def test_naive_model_tells_each_story_as_written(story: Story) -> None:
    await play(story, InMemory(NaiveModel()))


@pytest.mark.parametrize("seed", range(3))
async def test_one_machine_tells_all_stories_in_any_split(seed: int) -> None:
    engine = InMemory()
    for story in STORIES:
        await engine.expire(story.begins - 1_000_000)
        await play(split(story, Random(seed)), engine)


def test_every_status_is_told() -> None:
    of_accounts: set[str] = set()
    of_transfers: set[str] = set()
    for story in STORIES:
        for batch in _batches(story):
            told = of_accounts if isinstance(batch, AccountBatch) else of_transfers
            told.update(batch.expected)
    assert of_accounts == {status.value for status in CreateAccountStatus}
    assert of_transfers == {status.value for status in CreateTransferStatus}


def test_splits_keep_chains_and_instants() -> None:
    for story in STORIES:
        batches = _batches(story)
        pieces = _batches(split(story, Random(1)))
        assert _instants(batches) == _instants(pieces)
        ends_with_a_link = sum(bool(batch.events[-1].flags & 1) for batch in batches)
        assert sum(bool(piece.events[-1].flags & 1) for piece in pieces) == ends_with_a_link


def _batches(story: Story) -> list[AccountBatch | TransferBatch]:
    return [step for step in story.steps if isinstance(step, AccountBatch | TransferBatch)]


def _instants(batches: list[AccountBatch | TransferBatch]) -> list[tuple[int, str]]:
    return [
        (batch.timestamp - len(batch.events) + 1 + place, repr(event))
        for batch in batches
        for place, event in enumerate(batch.events)
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("transfers\n  id  status\n  a   creatd\n", "creatd"),
        ("transfers\n  id  amuont  status\n  a   1       created\n", "amuont"),
        ("transfers\n  id  amount  status\n  a   created\n", "2 cells"),
        ("transfers at noon\n  id  status\n  a   created\n", "noon"),
        ("expire at due(nothing)\n", "nothing"),
        ("pay Ann\n", "no such step: pay"),
        ("balances\n  account  debits\n  Ann      1\n", "debits"),
    ],
)
def test_a_story_with_a_slip_names_the_place(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "slip.story").write_text(f"story A slip.\n\n{text}")
    with pytest.raises(StoryError, match=r"slip\.story, line 3") as error:
        read_stories(tmp_path)
    assert complaint in str(error.value)


def test_stories_follow_each_other_in_time() -> None:
    begins = [story.begins for story in STORIES]
    assert begins == sorted(set(begins))
    assert begins[0] > START
