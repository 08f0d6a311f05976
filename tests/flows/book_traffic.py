"""Random work for a book that several processes share: batches that meet on the same accounts and pendings.

The ids of pending transfers are counted per process, so that one process can guess those of another and post
or void them. Other ids are drawn at random or counted upward: above and below the greatest one of the book.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import ClassVar

from milletpay.ledger import AMOUNT_MAX, Account, AccountFlags, Transfer, TransferFlags

A = AccountFlags
T = TransferFlags

HOT = range(1, 4)
COLD = range(10, 50)
LIMITED_DEBITS = range(100, 110)
LIMITED_CREDITS = range(110, 115)
CLOSABLE = range(120, 128)
OTHER_LEDGER = 130
MOVING = [*HOT] * 8 + [*COLD] + [*LIMITED_DEBITS] * 2 + [*LIMITED_CREDITS]

SIZES = (1, 1, 1, 2, 3, 5, 8, 20, 60)
LARGE = (600, 1300)
"""More than the book decides at a stretch: these are sent to the database piece by piece."""


def opening() -> list[Account]:
    """The accounts that every process uses."""
    kinds = [
        (HOT, A(0)),
        (COLD, A(0)),
        (LIMITED_DEBITS, A.debits_must_not_exceed_credits),
        (LIMITED_CREDITS, A.credits_must_not_exceed_debits),
        (CLOSABLE, A(0)),
    ]
    plain = [Account(id=id, ledger=156, code=1, flags=flags) for ids, flags in kinds for id in ids]
    return [*plain, Account(id=OTHER_LEDGER, ledger=1156, code=1)]


@dataclass
class Traffic:
    """What one process sends, all from its seed. `number` keeps its ids apart from those of the others."""

    number: int
    random: Random
    processes: int = 8
    large: bool = True
    past: "deque[list[Transfer]]" = field(default_factory=lambda: deque(maxlen=30))
    """Batches that were answered: they may be sent again."""
    made: int = 0
    pendings: int = 0
    accounts_made: int = 0

    ROOM: ClassVar = 1 << 40

    def accounts(self) -> list[Account]:
        """A few new accounts, at times a chain that fails."""
        count = self.random.randrange(1, 4)
        self.accounts_made += count
        first = self.number * self.ROOM + self.accounts_made
        events = [Account(id=first - place, ledger=156, code=2) for place in range(count)]
        if self.random.random() < 0.2:
            broken = Account(id=self.random.choice(COLD), ledger=156, code=9)
            events = [*(replace(event, flags=A.linked) for event in events), broken]
        return events

    def between(self, accounts: list[Account]) -> list[Transfer]:
        """A transfer to each of these accounts, which may have been created a moment ago."""
        return [
            self._plain(debit=self.random.choice(COLD), credit=account.id, amount=self.random.randrange(50))
            for account in accounts
        ]

    def transfers(self) -> list[Transfer]:
        """One batch; its chains are whole."""
        if self.past and self.random.random() < 0.12:
            return self._again(self.random.choice(self.past))
        large = self.large and self.random.random() < 0.02
        size = self.random.choice(LARGE if large else SIZES)
        events: list[Transfer] = []
        while len(events) < size:
            events += self._chain() if self.random.random() < 0.08 else [self._event()]
        return events

    def _again(self, batch: list[Transfer]) -> list[Transfer]:
        """The same batch, at times with one event changed."""
        if self.random.random() < 0.7:
            return [*batch]  # a call of its own
        place = self.random.randrange(len(batch))
        changed = replace(batch[place], amount=batch[place].amount ^ 1)
        return [*batch[:place], changed, *batch[place + 1 :]]

    def _chain(self) -> list[Transfer]:
        events = [self._event() for _ in range(self.random.randrange(2, 5))]
        return [*(replace(event, flags=event.flags | T.linked) for event in events[:-1]), events[-1]]

    def _event(self) -> Transfer:
        kinds: list[Callable[[], Transfer]] = [
            *[self._move] * 9,
            *[self._pending] * 5,
            *[self._resolution] * 5,
            self._balancing,
            self._closing,
            self._mistaken,
        ]
        return self.random.choice(kinds)()

    def _move(self) -> Transfer:
        debit, credit = self.random.sample(MOVING, 2)
        return self._plain(debit=debit, credit=credit, amount=self.random.randrange(100))

    def _pending(self) -> Transfer:
        self.pendings += 1
        timeout = self.random.choice((0, 0, 1, 1, 2, 3600))
        return replace(self._move(), id=self._pending_id(), flags=T.pending, timeout=timeout)

    def _closing(self) -> Transfer:
        self.pendings += 1
        debit, credit = self.random.choice(CLOSABLE), self.random.choice(COLD)
        event = self._plain(debit=debit, credit=credit, amount=self.random.randrange(3))
        return replace(event, id=self._pending_id(), flags=T.pending | T.closing_debit, timeout=1)

    def _resolution(self) -> Transfer:
        """Post or void a pending transfer of any process, made about as long ago as ours."""
        number = self.random.randrange(1, self.processes + 1)
        place = max(1, self.pendings - self.random.randrange(-2, 40))
        flags = self.random.choice(
            (T.post_pending_transfer, T.post_pending_transfer, T.void_pending_transfer)
        )
        whole = AMOUNT_MAX if flags & T.post_pending_transfer else 0
        return Transfer(
            id=self._transfer_id(),
            pending_id=number * self.ROOM + place,
            amount=self.random.choice((whole, whole, 1)),
            flags=flags,
        )

    def _balancing(self) -> Transfer:
        event = self._plain(
            debit=self.random.choice(LIMITED_DEBITS), credit=self.random.choice(HOT), amount=9
        )
        return replace(event, flags=self.random.choice((T.balancing_debit, T.pending | T.balancing_debit)))

    def _mistaken(self) -> Transfer:
        """Something that is refused, for good or for now."""
        event = self._move()
        mistakes = (
            {"credit_account_id": OTHER_LEDGER},
            {"debit_account_id": 999},
            {"code": 0},
            {"timeout": 5},
        )
        return replace(event, **self.random.choice(mistakes))

    def _plain(self, *, debit: int, credit: int, amount: int) -> Transfer:
        same = debit == credit
        return Transfer(
            id=self._transfer_id(),
            debit_account_id=COLD[0] if same else debit,
            credit_account_id=COLD[1] if same else credit,
            amount=amount,
            ledger=156,
            code=1,
            user_data_128=self.random.choice((0, 2**127 + 5)),
            user_data_64=self.random.choice((0, 2**63 + 1)),
            user_data_32=self.random.choice((0, 2**32 - 1)),
        )

    def _pending_id(self) -> int:
        return self.number * self.ROOM + self.pendings

    def _transfer_id(self) -> int:
        self.made += 1
        if self.random.random() < 0.5:
            return (self.number << 100) + self.made
        return (self.random.getrandbits(120) << 8) + self.number + 1
