"""Guessing of payment codes: what was wrong is counted where it was scanned, and slows down who tries on.

Counted is for a till (or the store, where no till is named), for the merchant, and for an alias. A right code
takes one wrong one back, so that a busy place is not closed for what is misread there. A place that has seen
too many wrong ones is **closed** for a while that doubles each time: then no code is looked at there, and the
answer is the same. A customer who is near can pay elsewhere all the while.
"""

from dataclasses import dataclass
from typing import Final

MINUTE: Final = 60 * 10**9
DAY: Final = 24 * 60 * MINUTE

WRONG_AT_PLACE: Final = 10
WRONG_AT_MERCHANT: Final = 100
"""How many wrong codes a minute are borne, less the right ones."""

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
    closings: int = 0
    """How often in a row it was closed."""
    closed_until: int = 0

    def is_closed(self, *, now: int) -> bool:
        """Whether no code is looked at there."""
        return now < self.closed_until

    def right(self, *, now: int) -> bool:
        """Count a right code; whether that changed anything."""
        if not self.wrong or now - self.since >= MINUTE:
            return False
        self.wrong -= 1
        return True

    def guess(self, *, now: int, borne: int) -> bool:
        """Count a wrong code at a place; whether it is closed by it."""
        if now - self.since >= MINUTE:
            self.since, self.wrong = now, 0
        self.wrong += 1
        if self.wrong < borne:
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


def alias_subject(*, number: int, lane: int, epoch: int) -> int:
    """What stands for an alias: far below every id of an object."""
    return (epoch << 40) + (number << 8) + lane + 1
