"""Guessing of payment codes: what was wrong is counted where it was scanned, and slows down who tries on.

Counted is for a till (or the store, where no till is named), for the merchant, and for an alias. A right code
takes one wrong one back, so that a busy place is not closed for what is misread there. A place that has seen
too many wrong ones is **closed** for a while that doubles each time: then no code is looked at there, and the
answer is the same. A customer who is near can pay elsewhere all the while.

A wrong code is a **guess** when it might have been right: its digits fit, and its word is nobody's. Guesses
are **owed for** besides, each for minutes: so nobody gets far who guesses slowly, or pays between.
"""

from dataclasses import dataclass
from typing import Final

MINUTE: Final = 60 * 10**9
DAY: Final = 24 * 60 * MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What is borne of one kind of subject."""

    wrong: int
    """How many wrong codes a minute, less the right ones."""
    owed: int
    """How long one guess is owed for, nanoseconds."""


AT_PLACE: Final = Bound(wrong=10, owed=10 * MINUTE)
AT_MERCHANT: Final = Bound(wrong=100, owed=MINUTE)

OWED_MOST: Final = 200 * MINUTE
"""Who owes for more is closed: after some twenty guesses at a till, and some two hundred at a merchant."""

TAKES_BACK: Final = 50
"""One right code of so many takes a guess back: what stands too long on a screen is shown at busy places."""

WRONG_AT_ALIAS: Final = 5
"""How many wrong words an alias bears; then it is worth nothing until its epoch is over."""

CLOSED_FIRST: Final = MINUTE
CLOSED_MOST: Final = 60 * MINUTE
"""How long a place is closed the first time, and at most."""

FORGOTTEN_AFTER: Final = DAY
"""A place that was not closed for so long begins anew."""


@dataclass(slots=True, kw_only=True)
class Guesses:
    """What was counted of a subject: a till, a store, a merchant, an alias. Times are nanoseconds."""

    subject: int
    since: int = 0
    """When its minute began."""
    wrong: int = 0
    """In this minute, less the right ones."""
    owed_until: int = 0
    """When its guesses are paid off."""
    closings: int = 0
    """How often in a row it was closed."""
    closed_until: int = 0

    def is_closed(self, *, now: int) -> bool:
        """Whether no code is looked at there."""
        return now < self.closed_until

    def right(self, *, now: int, word: int, bound: Bound) -> bool:
        """Count a right code with this word; whether that changed anything."""
        counted, owed = self.wrong > 0 and now - self.since < MINUTE, self.owed_until > now
        taken_back = owed and word % TAKES_BACK == 0
        if counted:
            self.wrong -= 1
        if taken_back:
            self.owed_until -= bound.owed
        return counted or taken_back

    def guess(self, *, now: int, bound: Bound) -> bool:
        """Count a wrong code that might have been right; whether the place is closed by it."""
        self.owed_until = max(self.owed_until, now) + bound.owed
        return self.err(now=now, bound=bound)

    def err(self, *, now: int, bound: Bound) -> bool:
        """Count a wrong code at a place; whether it is closed by it."""
        if now - self.since >= MINUTE:
            self.since, self.wrong = now, 0
        self.wrong += 1
        if self.wrong < bound.wrong and self.owed_until - now <= OWED_MOST:
            return False
        if now - self.closed_until >= FORGOTTEN_AFTER:
            self.closings = 0
        self.closings += 1
        self.closed_until = now + min(CLOSED_FIRST << (self.closings - 1), CLOSED_MOST)
        self.wrong = 0
        return True

    def miss(self, *, until: int) -> None:
        """Count a wrong word of an alias, whose time ends then."""
        self.since = until
        self.wrong += 1
        if self.wrong >= WRONG_AT_ALIAS:
            self.closed_until = until


def bounds_of(merchant: int, *, place: int | None) -> dict[int, Bound]:
    """Where wrong codes are counted: for the merchant, and at the till or else the store."""
    return {merchant: AT_MERCHANT} if place is None else {merchant: AT_MERCHANT, place: AT_PLACE}


def alias_subject(*, number: int, lane: int, epoch: int) -> int:
    """What stands for an alias: far below every id of an object."""
    return (epoch << 40) + (number << 8) + lane + 1
