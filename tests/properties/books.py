"""Three books side by side that must never differ, and what may happen to them.

The naive model, the machine, and a machine that gets every batch cut in pieces between its chains and that is
now and then replaced by one loaded with what was kept. Whatever happens, `check` proves that they hold the
same and that what they hold is sound.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import pytest

from milletpay.ledger import AMOUNT_MAX, Account, AccountFlags, Machine, PendingStatus, Resolution, Transfer
from tests.properties.events import EventGenerator, Pick
from tests.properties.naive_model import NaiveModel, chains

SECOND = 10**9
START = 1_767_225_600 * SECOND
NEAR_THE_END = 2**63 - 1 - 3600 * SECOND

BAD_FIELDS = ("id", "amount", "debit_account_id", "timeout", "user_data_64", "ledger", "code", "flags")
BAD_VALUES: tuple[object, ...] = (-1, 2**128, 1.0, "1", None)

Event = TypeVar("Event", Account, Transfer)
Status = TypeVar("Status")


@dataclass
class ThreeBooks:
    """The three books, the events that they are given, and the time."""

    now: int = START
    naive: NaiveModel = field(default_factory=NaiveModel)
    machine: Machine = field(default_factory=Machine)
    pieces: Machine = field(default_factory=Machine)
    events: EventGenerator = field(default_factory=lambda: EventGenerator(account_room=4))

    def open_accounts(self, pick: Pick) -> None:
        """Open the accounts that transfers will use."""
        self._create_accounts(pick, self.events.opening(pick))

    def create_accounts(self, pick: Pick) -> None:
        """Ask for some accounts."""
        self._create_accounts(pick, self.events.accounts(pick, most=5))

    def create_transfers(self, pick: Pick) -> None:
        """Ask for some transfers."""
        batch = self.events.transfers(pick, most=8)
        at = self._moment(pick, events=len(batch))
        expected = self.naive.create_transfers(batch, at)
        assert self.machine.create_transfers(batch, at) == expected
        assert _in_pieces(self.pieces.create_transfers, batch, at) == expected
        self.events.learn_transfers(batch, expected)

    def expire(self, pick: Pick) -> None:
        """Let time pass, and what is due expire."""
        at = self._moment(pick, events=len(self._due_times()) + 1)
        for book in (self.naive, self.machine, self.pieces):
            book.expire(at)

    def refuse_what_is_no_event(self, pick: Pick) -> None:
        """Spoil one event of a batch so that the whole batch is none."""
        batch = self.events.transfers(pick, most=4)
        place = pick(range(len(batch)))
        batch[place] = replace(batch[place])
        setattr(batch[place], pick(BAD_FIELDS), pick(BAD_VALUES))
        with pytest.raises((ValueError, TypeError)):
            self.machine.create_transfers(batch, self.now + len(batch))

    def refuse_time_that_does_not_rise(self, pick: Pick) -> None:
        """Send a batch that would begin at the last timestamp."""
        batch = self.events.transfers(pick, most=4)
        with pytest.raises(ValueError, match="timestamp"):
            self.machine.create_transfers(batch, self.machine.timestamp + len(batch) - 1)

    def load_what_was_kept(self) -> None:
        """Replace the machine of pieces by one that knows only what the other kept."""
        self.pieces = Machine()
        self.pieces.load(
            accounts=[_found(self.machine.account(id)) for id in self.naive.accounts],
            transfers=[_found(self.machine.transfer(id)) for id in self.naive.transfers],
            resolutions=[Resolution(id, PendingStatus.expired, self.now) for id in self.naive.expired],
            burnt=self.naive.burnt,
            timestamp=self.now,
        )

    def undo_what_was_done(self, pick: Pick) -> None:
        """Decide a batch and an expiry that are not kept."""
        batch = self.events.transfers(pick, most=6)
        self.machine.keep()
        self.machine.create_transfers(batch, self.now + len(batch) + 4 * SECOND)
        self.machine.expire(self.now + len(batch) + 8 * SECOND)
        self.machine.undo()

    def check(self) -> None:
        """Prove that the three hold the same, and that it is sound."""
        for id in range(self.events.account_room + 3):
            assert self.machine.account(id) == self.pieces.account(id) == self.naive.account(id)
        for id in range(self.events.transfers_made + 3):
            assert self.machine.transfer(id) == self.pieces.transfer(id) == self.naive.transfer(id)
        accounts = [_found(self.machine.account(id)) for id in self.naive.accounts]
        transfers = [_found(self.machine.transfer(id)) for id in self.naive.transfers]
        debits_equal_credits(accounts)
        balances_keep_their_bounds(accounts)
        still_open = [t for t in transfers if self.machine.pending_status(t.id) is PendingStatus.pending]
        pending_sums_are_the_open_pendings(accounts, still_open)

    def _create_accounts(self, pick: Pick, batch: list[Account]) -> None:
        at = self._moment(pick, events=len(batch))
        expected = self.naive.create_accounts(batch, at)
        assert self.machine.create_accounts(batch, at) == expected
        assert _in_pieces(self.pieces.create_accounts, batch, at) == expected
        self.events.learn_accounts(batch, expected)

    def _moment(self, pick: Pick, *, events: int) -> int:
        """When a batch of so many events ends: at once, a second later, or about when a pending is due."""
        soonest = self.now + events
        moments = [due + shift for due in self._due_times() for shift in (0, -1, 1)]
        self.now = pick([soonest, soonest + SECOND, *(at for at in moments if at >= soonest)])
        return self.now

    def _due_times(self) -> list[int]:
        pendings = [t for t in self.naive.transfers.values() if self.naive.is_open(t)]
        return [t.timestamp + t.timeout * SECOND for t in pendings if 0 < t.timeout < 60]


def debits_equal_credits(accounts: Sequence[Account]) -> None:
    """In every pool, pending and posted alike."""
    for ledger in {account.ledger for account in accounts}:
        pool = [account for account in accounts if account.ledger == ledger]
        assert sum(a.debits_posted for a in pool) == sum(a.credits_posted for a in pool)
        assert sum(a.debits_pending for a in pool) == sum(a.credits_pending for a in pool)


def balances_keep_their_bounds(accounts: Sequence[Account]) -> None:
    """No balance is negative, too great, or beyond the limit of its account."""
    for a in accounts:
        debit_sum, credit_sum = a.debits_pending + a.debits_posted, a.credits_pending + a.credits_posted
        assert min(a.debits_pending, a.debits_posted, a.credits_pending, a.credits_posted) >= 0
        assert max(debit_sum, credit_sum) <= AMOUNT_MAX
        if a.flags & AccountFlags.debits_must_not_exceed_credits:
            assert debit_sum <= a.credits_posted
        if a.flags & AccountFlags.credits_must_not_exceed_debits:
            assert credit_sum <= a.debits_posted


def pending_sums_are_the_open_pendings(accounts: Sequence[Account], still_open: Sequence[Transfer]) -> None:
    """What is reserved is reserved by somebody."""
    for a in accounts:
        assert a.debits_pending == sum(t.amount for t in still_open if t.debit_account_id == a.id)
        assert a.credits_pending == sum(t.amount for t in still_open if t.credit_account_id == a.id)


def _in_pieces(
    create: Callable[[Sequence[Event], int], list[Status]], batch: list[Event], at: int
) -> list[Status]:
    """Create the chains of a batch one by one, each event at the instant that it has in the whole batch."""
    statuses: list[Status] = []
    for chain in chains(batch):
        end = len(statuses) + len(chain)
        statuses += create(chain, at - len(batch) + end)
    return statuses


def _found(found: Event | None) -> Event:
    assert found is not None
    return found
