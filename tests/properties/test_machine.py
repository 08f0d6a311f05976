"""The machine against the naive model: whatever happens, the same answers and the same books.

Three books live side by side: the naive model, the machine, and a machine that gets every batch cut in pieces
between its chains, and that is now and then replaced by one loaded with what was kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from milletpay.ledger import AMOUNT_MAX, Account, AccountFlags, Machine, PendingStatus, Resolution, Transfer
from tests.properties.events import EventGenerator, Pick
from tests.properties.naive_model import NaiveModel, chains

SECOND = 10**9
START = 1_767_225_600 * SECOND
NEAR_THE_END = 2**63 - 1 - 3600 * SECOND

Event = TypeVar("Event", Account, Transfer)
Status = TypeVar("Status")

BAD_VALUES: tuple[object, ...] = (-1, 2**128, 1.0, "1", None)


class Books(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.naive = NaiveModel()
        self.machine = Machine()
        self.pieces = Machine()
        self.events = EventGenerator(account_room=4)
        self.now = START

    @initialize(data=st.data(), start=st.sampled_from((START, START, START, NEAR_THE_END)))
    def open_accounts(self, data: st.DataObject, start: int) -> None:
        self.now = start
        self._accounts(self.events.opening(_pick(data)), self._moment(_pick(data), events=10))

    @rule(data=st.data())
    def create_accounts(self, data: st.DataObject) -> None:
        batch = self.events.accounts(_pick(data), most=5)
        self._accounts(batch, self._moment(_pick(data), events=len(batch)))

    @rule(data=st.data())
    def create_transfers(self, data: st.DataObject) -> None:
        self._transfers(_pick(data))

    @rule(data=st.data())
    def create_more_transfers(self, data: st.DataObject) -> None:
        self._transfers(_pick(data))

    @rule(data=st.data())
    def expire(self, data: st.DataObject) -> None:
        at = self._moment(_pick(data), events=len(self._due_times()) + 1)
        for book in (self.naive, self.machine, self.pieces):
            book.expire(at)

    @rule(data=st.data())
    def refuse_what_is_no_event(self, data: st.DataObject) -> None:
        pick = _pick(data)
        batch = self.events.transfers(pick, most=4)
        place = pick(range(len(batch)))
        field = pick(
            ("id", "amount", "debit_account_id", "timeout", "user_data_64", "ledger", "code", "flags")
        )
        batch[place] = replace(batch[place])
        setattr(batch[place], field, pick(BAD_VALUES))
        with pytest.raises((ValueError, TypeError)):
            self.machine.create_transfers(batch, self.now + len(batch))

    @rule(data=st.data())
    def refuse_time_that_does_not_rise(self, data: st.DataObject) -> None:
        pick = _pick(data)
        batch = self.events.transfers(pick, most=4)
        with pytest.raises(ValueError, match="timestamp"):
            self.machine.create_transfers(batch, self.machine.timestamp + len(batch) - 1)

    @rule()
    def load_what_was_kept(self) -> None:
        self.pieces = Machine()
        self.pieces.load(
            accounts=[_kept(self.machine.account(id)) for id in self.naive.accounts],
            transfers=[_kept(self.machine.transfer(id)) for id in self.naive.transfers],
            resolutions=[Resolution(id, PendingStatus.expired, self.now) for id in self.naive.expired],
            burnt=self.naive.burnt,
            timestamp=self.now,
        )

    @rule(data=st.data())
    def undo_what_was_done(self, data: st.DataObject) -> None:
        batch = self.events.transfers(_pick(data), most=6)
        self.machine.keep()
        self.machine.create_transfers(batch, self.now + len(batch) + 4 * SECOND)
        self.machine.expire(self.now + len(batch) + 8 * SECOND)
        self.machine.undo()

    @invariant()
    def the_same_accounts(self) -> None:
        for id in range(self.events.account_room + 3):
            expected = self.naive.account(id)
            assert self.machine.account(id) == expected
            assert self.pieces.account(id) == expected

    @invariant()
    def the_same_transfers(self) -> None:
        for id in range(self.events.transfers_made + 3):
            expected = self.naive.transfer(id)
            assert self.machine.transfer(id) == expected
            assert self.pieces.transfer(id) == expected

    @invariant()
    def debits_equal_credits_in_every_pool(self) -> None:
        accounts = [_kept(self.machine.account(id)) for id in self.naive.accounts]
        for ledger in {account.ledger for account in accounts}:
            pool = [account for account in accounts if account.ledger == ledger]
            assert sum(a.debits_posted for a in pool) == sum(a.credits_posted for a in pool)
            assert sum(a.debits_pending for a in pool) == sum(a.credits_pending for a in pool)

    @invariant()
    def balances_keep_their_bounds(self) -> None:
        for a in (_kept(self.machine.account(id)) for id in self.naive.accounts):
            debits, credited = a.debits_pending + a.debits_posted, a.credits_pending + a.credits_posted
            assert min(a.debits_pending, a.debits_posted, a.credits_pending, a.credits_posted) >= 0
            assert max(debits, credited) <= AMOUNT_MAX
            if a.flags & AccountFlags.debits_must_not_exceed_credits:
                assert debits <= a.credits_posted
            if a.flags & AccountFlags.credits_must_not_exceed_debits:
                assert credited <= a.debits_posted

    @invariant()
    def pending_sums_are_the_open_pendings(self) -> None:
        transfers = [_kept(self.machine.transfer(id)) for id in self.naive.transfers]
        still_open = [t for t in transfers if self.machine.pending_status(t.id) is PendingStatus.pending]
        for a in (_kept(self.machine.account(id)) for id in self.naive.accounts):
            assert a.debits_pending == sum(t.amount for t in still_open if t.debit_account_id == a.id)
            assert a.credits_pending == sum(t.amount for t in still_open if t.credit_account_id == a.id)

    def _accounts(self, batch: list[Account], at: int) -> None:
        expected = self.naive.create_accounts(batch, at)
        assert self.machine.create_accounts(batch, at) == expected
        assert _in_pieces(self.pieces.create_accounts, batch, at) == expected
        self.events.learn_accounts(batch, expected)

    def _transfers(self, pick: Pick) -> None:
        batch = self.events.transfers(pick, most=8)
        at = self._moment(pick, events=len(batch))
        expected = self.naive.create_transfers(batch, at)
        assert self.machine.create_transfers(batch, at) == expected
        assert _in_pieces(self.pieces.create_transfers, batch, at) == expected
        self.events.learn_transfers(batch, expected)

    def _moment(self, pick: Pick, *, events: int) -> int:
        """When a batch of so many events ends: at once, a second later, or about when a pending is due."""
        soonest = self.now + events
        moments = [due + shift for due in self._due_times() for shift in (0, -1, 1)]
        self.now = pick([soonest, soonest + SECOND, *(at for at in moments if at >= soonest)])
        return self.now

    def _due_times(self) -> list[int]:
        pendings = [t for t in self.naive.transfers.values() if self.naive.is_open(t)]
        return [t.timestamp + t.timeout * SECOND for t in pendings if 0 < t.timeout < 60]


TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)


def _pick(data: st.DataObject) -> Pick:
    def pick(options: Sequence[object], /) -> object:
        return data.draw(st.sampled_from(options))

    return pick  # type: ignore[return-value]  # sampled_from keeps the type, data.draw loses it


def _in_pieces(
    create: Callable[[Sequence[Event], int], list[Status]], batch: list[Event], at: int
) -> list[Status]:
    """Create the chains of a batch one by one, each event at the instant that it has in the whole batch."""
    statuses: list[Status] = []
    for chain in chains(batch):
        end = len(statuses) + len(chain)
        statuses += create(chain, at - len(batch) + end)
    return statuses


def _kept(found: Event | None) -> Event:
    assert found is not None
    return found
