"""Allowances: what may be bought on a device, as its customer has decided; for a family's television.

An allowance bounds what a device may ask for, whoever then pays it: so much at a time, so much a day, from
merchants of some categories, within some hours. It never pays anything by itself.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto
from typing import Final

from milletpay.limits.model import Limit, Span
from milletpay.money import Money
from milletpay.plumbing.dates import SHANGHAI

SECOND: Final = 10**9
HOURS: Final = 24
CATEGORIES_MAX: Final = 50
"""So many categories an allowance may name."""


class Objection(StrEnum):
    """Why a device may not ask for something, in order of precedence."""

    CATEGORY = auto()
    """Merchants of this category are not among those allowed."""
    HOUR = auto()
    """It is not the time of day for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What may be bought on a device. One that says nothing allows what the customer's own limits do."""

    each: Money | None = None
    """At most so much at a time."""
    day: Money | None = None
    """At most so much on an accounting day."""
    categories: frozenset[int] = frozenset()
    """Merchant category codes; none for all."""
    from_hour: int = 0
    to_hour: int = HOURS
    """From the first hour until before the second, by the clock of Asia/Shanghai; 20 to 8 spans midnight."""

    def objection(self, *, category: int, now: int) -> Objection | None:
        """Why nothing may be bought from such a merchant now, or nothing."""
        if self.categories and category not in self.categories:
            return Objection.CATEGORY
        hour = datetime.fromtimestamp(now // SECOND, SHANGHAI).hour
        first, end = self.from_hour, self.to_hour
        within = first <= hour < end if first < end else hour >= first or hour < end
        return None if within else Objection.HOUR

    @property
    def limits(self) -> tuple[Limit, ...]:
        """What is counted: the device is the subject."""
        spans = ((Span.EACH, self.each), (Span.DAY, self.day))
        return tuple(Limit(span=span, amount=amount) for span, amount in spans if amount is not None)


EVERYTHING: Final = Allowance()
"""What a device may ask for until its customer says otherwise."""
