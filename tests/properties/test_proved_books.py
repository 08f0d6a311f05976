"""Whatever happens to a stored book, `millet check` proves it after every step.

Random accounts, transfers, pendings that expire, two processes in turn that now and then start anew, a tail
that is folded: the naive model says what must have happened, the check that the tables hold it.
"""

import asyncio
from collections.abc import Coroutine
from random import Random
from typing import Any, TypeVar

import asyncpg
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from milletpay.ledger import Account, CreateAccountStatus, PublishedHead, prove_books
from milletpay.ledger.store import TAIL_BATCHES_MAX
from milletpay.plumbing.clock import SECOND, SystemClock
from milletpay.plumbing.database import Database
from tests.flows.stored_book import StoredBook
from tests.properties.events import EventGenerator, Pick
from tests.properties.naive_model import NaiveModel
from tests.tables.story import START

Result = TypeVar("Result")

EMPTY = "TRUNCATE ledger.batch, ledger.account, ledger.transfer, ledger.resolution, ledger.burnt, ledger.tail"


class ProvedBook(RuleBasedStateMachine):
    """A stored book from empty tables, beside the naive model."""

    def __init__(self, *, owner_url: str, app_url: str) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self._wait(self._open(owner_url, app_url))
        self.naive = NaiveModel()
        self.events = EventGenerator(account_room=5)
        self.at = START
        self.heads: list[PublishedHead] = []

    async def _open(self, owner_url: str, app_url: str) -> None:
        owner = await asyncpg.connect(owner_url)
        await owner.execute(EMPTY)
        await owner.close()
        self.database = await Database.open(app_url, connections=2)
        self.stored = StoredBook(self.database, random=Random(1))

    def teardown(self) -> None:
        self._wait(self.database.close())
        self.runner.close()

    @initialize(data=st.data())
    def open_accounts(self, data: st.DataObject) -> None:
        """In some books so many batches come first that the tail is folded a few steps later."""
        pick = _pick(data)
        self._accounts(pick, opening=True)
        for number in range(pick((0, 0, TAIL_BATCHES_MAX - 5))):
            self.at += 60
            self._create([Account(id=1000 + number, ledger=156, code=1)], at=self.at)

    @rule(data=st.data())
    def create_accounts(self, data: st.DataObject) -> None:
        self._accounts(_pick(data), opening=False)

    @rule(data=st.data())
    def create_transfers(self, data: st.DataObject) -> None:
        self._transfers(_pick(data), most=12)

    @rule(data=st.data())
    def create_more_transfers(self, data: st.DataObject) -> None:
        self._transfers(_pick(data), most=40)

    @rule(seconds=st.sampled_from((1, 3, 4)))
    def let_time_pass(self, seconds: int) -> None:
        self.at += seconds * SECOND
        self._wait(self.stored.expire(self.at))
        self.naive.expire(self.stored.opened_at)

    @rule()
    def start_anew(self) -> None:
        self.stored.books = [self.stored._new_book(), self.stored._new_book()]

    @invariant()
    def the_books_are_proved(self) -> None:
        report = self._wait(
            prove_books(database=self.database, clock=SystemClock(), published=self.heads[-3:])
        )
        assert report.clean, report
        self.heads.append(PublishedHead.parse(str(report.head)))

    def _accounts(self, pick: Pick, *, opening: bool) -> None:
        batch = self.events.opening(pick) if opening else self.events.accounts(pick, most=5)
        self.events.learn_accounts(batch, self._create(batch, at=self._moment(pick)))

    def _create(self, batch: list[Account], *, at: int) -> list[CreateAccountStatus]:
        statuses = self._wait(self.stored.create_accounts(batch, at))
        self.naive.expire(self.stored.opened_at)
        assert statuses == self.naive.create_accounts(batch, self.stored.happened_at)
        return statuses

    def _transfers(self, pick: Pick, *, most: int) -> None:
        batch = self.events.transfers(pick, most=most)
        statuses = self._wait(self.stored.create_transfers(batch, self._moment(pick)))
        self.naive.expire(self.stored.opened_at)
        assert statuses == self.naive.create_transfers(batch, self.stored.happened_at)
        self.events.learn_transfers(batch, statuses)

    def _moment(self, pick: Pick) -> int:
        self.at = max(self.at, self.stored.happened_at) + pick((60, 60, SECOND // 3, SECOND))
        return self.at

    def _wait(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)


async def test_books_are_proved_whatever_happens(owner_url: str, app_url: str) -> None:
    """Hypothesis is not asynchronous: it has a thread, and each of its books a loop of its own."""

    class BookOfThisDatabase(ProvedBook):
        def __init__(self) -> None:
            super().__init__(owner_url=owner_url, app_url=app_url)

    few = settings(max_examples=10, stateful_step_count=15, deadline=None)
    await asyncio.to_thread(run_state_machine_as_test, BookOfThisDatabase, settings=few)


def _pick(data: st.DataObject) -> Pick:
    def pick(options: Any, /) -> Any:
        return data.draw(st.sampled_from(options))

    return pick
