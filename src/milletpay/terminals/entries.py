"""What a terminal has done, as the house keeps it: entries in batches. Pure.

An **entry** is one message that was decided for good, or is in progress, under its terminal, batch and STAN.
A **batch** is what a terminal does between two closings. Totals are made of the entries that stand.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum, unique
from typing import Final, NamedTuple

from milletpay.money import Currency, Money
from milletpay.payments.model import PaymentId
from milletpay.terminals.messages.kinds import Authorize, Complete, Purchase, Refund, Request, Totals, Void
from milletpay.terminals.messages.responses import ResponseCode

KEY_NS: Final = 24 * 3600 * 10**9
"""How long a session key is good."""

BATCH_MAX: Final = 999_999
"""After the batch of this number comes number 1."""

NUMBER_BITS: Final = 20
"""How many bits the number of a batch has."""


class Place(NamedTuple):
    """Where an entry stands."""

    terminal: int
    """The terminal's number."""
    batch: int
    stan: int


@unique
class EntryKind(IntEnum):
    """What was asked for. The number is how it is kept."""

    PURCHASE = 1
    HOLD = 2
    VOID = 3
    COMPLETION = 4
    REFUND = 5
    MARK = 6
    """A reversal that came before its original."""


@unique
class EntryState(IntEnum):
    """What became of it afterwards. The number is how it is kept."""

    STANDS = 1
    COMPLETED = 2
    """A hold of which a completion took what it wanted."""
    VOIDED = 3
    REVERSED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A message and its answer."""

    place: Place
    kind: EntryKind
    state: EntryState = EntryState.STANDS
    amount: Money
    code: ResponseCode
    asked: int
    """128 bits of the hash of what was asked for: another request of the same number has another."""
    payment: PaymentId | None = None
    """Which it made, or was about."""
    refunded: int = 0
    """What terminals gave back of it, in minor units."""
    at: int
    """When it was decided, in nanoseconds."""
    turned_at: int = 0
    """When it was undone; 0 while it is not."""

    @property
    def stands(self) -> bool:
        """Whether it counts."""
        return self.code is ResponseCode.APPROVED and self.state is EntryState.STANDS

    @property
    def is_open(self) -> bool:
        """Whether nothing has undone it."""
        return self.state is EntryState.STANDS

    @property
    def totals(self) -> Totals:
        """What it adds to the totals of its batch."""
        amount = self.amount.minor
        if self.stands and self.kind in {EntryKind.PURCHASE, EntryKind.COMPLETION}:
            return Totals(debits=amount, debit_count=1, credits=0, credit_count=0)
        if self.stands and self.kind is EntryKind.REFUND:
            return Totals(debits=0, debit_count=0, credits=amount, credit_count=1)
        return NOTHING

    def turned(self, state: EntryState, *, at: int) -> "Entry":
        """The same in another state."""
        return replace(self, state=state, turned_at=at)


NOTHING: Final = Totals(debits=0, debit_count=0, credits=0, credit_count=0)


def added(parts: Iterable[Totals]) -> Totals:
    """Totals together."""
    listed = list(parts)
    return Totals(
        debits=sum(part.debits for part in listed),
        debit_count=sum(part.debit_count for part in listed),
        credits=sum(part.credits for part in listed),
        credit_count=sum(part.credit_count for part in listed),
    )


def less(whole: Totals, *, part: Totals) -> Totals:
    """Totals without a part of them."""
    return Totals(
        debits=whole.debits - part.debits,
        debit_count=whole.debit_count - part.debit_count,
        credits=whole.credits - part.credits,
        credit_count=whole.credit_count - part.credit_count,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """Where a terminal is in its work: its session key and its open batch."""

    terminal: int
    pairing: int = 0
    """The pairing that the keys belong to; the terminal's own count may have gone on."""
    key: int = 0
    """The number of the session key that was given last; 0 for none."""
    key_before: int = 0
    """The one before it, while the new one was not used; 0 for none."""
    key_at: int = 0
    """When the last one was given, in nanoseconds; 0 after sign-off."""
    key_before_at: int = 0
    """When the one before it was given."""
    batch: int = 1
    """The open batch."""

    def takes(self, key: int, *, now: int) -> bool:
        """Whether what is sealed with the session key of this number is heard."""
        given_at = {self.key_before: self.key_before_at, self.key: self.key_at}.get(key, 0)
        return key != 0 and self.key_at != 0 and now < given_at + KEY_NS

    def with_new_key(self, *, terminal: int, pairing: int, now: int) -> "Station":
        """As it is when a session key was given. What is in use stays good until the new one is used."""
        in_use, since = self.key, self.key_at
        if self.key_before:
            in_use, since = self.key_before, self.key_before_at
        if pairing != self.pairing or not self.takes(in_use, now=now):
            in_use = since = 0
        return replace(
            self,
            terminal=terminal,
            pairing=pairing,
            key=self.key + 1,
            key_at=now,
            key_before=in_use,
            key_before_at=since,
        )

    def with_key_used(self, key: int) -> "Station":
        """As it is when a message came under a key: the one before is over when the last is used."""
        return replace(self, key_before=0, key_before_at=0) if key == self.key and self.key_before else self

    def with_batch(self, number: int) -> "Station":
        """As it is when another batch is open."""
        return replace(self, batch=number)

    def without_key(self) -> "Station":
        """As it is after sign-off."""
        return replace(self, key_at=0, key_before=0, key_before_at=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedBatch:
    """A batch that was closed: by the book, by the terminal, and how many entries differed."""

    terminal: int
    number: int
    currency: Currency
    closed_at: int
    book: Totals
    terminal_totals: Totals
    differences: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """What a terminal said that it has under a number, and what the house found."""

    place: Place
    amount: Money
    is_credit: bool
    finding: ResponseCode


def batch_object(*, terminal: int, number: int) -> int:
    """By what events name a batch: it has no id of its own."""
    return terminal << NUMBER_BITS | number


def next_batch(number: int) -> int:
    """The batch after this one."""
    return number % BATCH_MAX + 1


def written(batch: int, *, stan: int) -> str:
    """A message's retrieval reference number: its batch and number."""
    return f"{batch:06}{stan:06}"


def kind_of(request: Request) -> EntryKind:
    """What kind of entry a request makes."""
    return _KINDS[type(request)]


_KINDS: Final[dict[type[Request], EntryKind]] = {
    Purchase: EntryKind.PURCHASE,
    Authorize: EntryKind.HOLD,
    Void: EntryKind.VOID,
    Complete: EntryKind.COMPLETION,
    Refund: EntryKind.REFUND,
}


def hash_of(request: Purchase | Authorize | Void | Complete | Refund) -> int:
    """By what a repeat is known: 127 bits of all that the request asks for, and not under which key."""
    amount = request.amount
    about = request.payment_code if isinstance(request, Purchase | Authorize) else str(request.original)
    text = f"{type(request).__name__}\0{amount.minor}\0{amount.currency}\0{about}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16]) >> 1 | 1
