"""The machine against the naive model: whatever happens, the same answers and the same books."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.properties.books import NEAR_THE_END, START, ThreeBooks
from tests.properties.events import Pick


class Books(RuleBasedStateMachine):
    """What Hypothesis finds it can shrink: every choice is its own."""

    def __init__(self) -> None:
        super().__init__()
        self.books = ThreeBooks()

    @initialize(data=st.data(), start=st.sampled_from((START, START, START, NEAR_THE_END)))
    def open_accounts(self, data: st.DataObject, start: int) -> None:
        self.books.now = start
        self.books.open_accounts(_pick(data))

    @rule(data=st.data())
    def create_accounts(self, data: st.DataObject) -> None:
        self.books.create_accounts(_pick(data))

    @rule(data=st.data())
    def create_transfers(self, data: st.DataObject) -> None:
        self.books.create_transfers(_pick(data))

    @rule(data=st.data())
    def create_more_transfers(self, data: st.DataObject) -> None:
        self.books.create_transfers(_pick(data))

    @rule(data=st.data())
    def expire(self, data: st.DataObject) -> None:
        self.books.expire(_pick(data))

    @rule(data=st.data())
    def refuse_what_is_no_event(self, data: st.DataObject) -> None:
        self.books.refuse_what_is_no_event(_pick(data))

    @rule(data=st.data())
    def refuse_time_that_does_not_rise(self, data: st.DataObject) -> None:
        self.books.refuse_time_that_does_not_rise(_pick(data))

    @rule()
    def load_what_was_kept(self) -> None:
        self.books.load_what_was_kept()

    @rule(data=st.data())
    def undo_what_was_done(self, data: st.DataObject) -> None:
        self.books.undo_what_was_done(_pick(data))

    @invariant()
    def the_books_agree_and_are_sound(self) -> None:
        self.books.check()


TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=50, stateful_step_count=20, deadline=None)


@pytest.mark.parametrize("seed", range(120))
def test_long_lives_of_books_agree(seed: int) -> None:
    random = Random(seed)
    books = ThreeBooks(now=NEAR_THE_END if seed % 8 == 7 else START)
    books.events.account_room = random.choice((2, 3, 5))
    books.open_accounts(random.choice)
    for _ in range(80):
        match random.randrange(16):
            case 0:
                books.create_accounts(random.choice)
            case 1 | 2:
                books.expire(random.choice)
            case 3:
                books.load_what_was_kept()
            case 4 | 5:
                books.undo_what_was_done(random.choice)
            case _:
                books.create_transfers(random.choice)
    books.check()


def _pick(data: st.DataObject) -> Pick:
    def pick(options: Sequence[object], /) -> object:
        return data.draw(st.sampled_from(options))

    return pick  # type: ignore[return-value]  # sampled_from keeps the type, data.draw loses it
