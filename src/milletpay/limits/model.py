"""What limits are, which hold on a day, and whether one would be passed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, unique
from functools import lru_cache
from typing import Final, Protocol

from milletpay.money import Currency, Money
from milletpay.plumbing.dates import Day


@unique
class Measure(Enum):
    """What is counted. The number is how it is kept."""

    def __init__(self, number: int) -> None:
        self.number: int = number

    PAYMENTS = 1
    """What is paid to merchants; under an agreement, its charges."""
    SENDS = 2
    """What is sent to other customers."""
    WITHDRAWALS = 3
    """What leaves for a bank account."""
    TOP_UPS = 4
    """What comes from a bank account."""
    STATIC_FROM_BALANCE = 5
    """What a person pays by static codes from balances."""
    STATIC_FROM_CARDS = 6
    """What a person pays by static codes from bank cards."""
    WITHOUT_PIN = 7
    """What is paid to merchants by showing a code, without being asked."""


@unique
class Span(Enum):
    """Over how long a limit adds up."""

    EACH = "each"
    """One at a time."""
    DAY = "day"
    """One accounting day."""
    MONTH = "month"
    """One calendar month of accounting days."""


@unique
class Verification(Enum):
    """How well a customer is known, which decides how much may move. The number is how it is kept."""

    PHONE = 1
    """By a phone number that answered."""
    BASIC = 2
    """By name and identity number, checked with one source."""
    FULL = 3
    """In person, or checked with several independent sources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most so much, and so often, within a span; None where there is no such bound."""

    span: Span
    amount: Money | None = None
    count: int | None = None


NOTHING_AT_ALL: Final = (Limit(span=Span.EACH, count=0),)
"""What may move of a currency for which nobody has decided how much may."""


class Counted(Protocol):
    """What was counted in a span: minor units of the currency asked for, and how often."""

    @property
    def amount(self) -> int:
        """Minor units."""

    @property
    def count(self) -> int:
        """How often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What was counted in a span, as it stood: minor units of the currency asked for, and how often."""

    amount: int = 0
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitExceeded:
    """Why it is declined: the first limit that would be passed, and what of it was used before."""

    limit: Limit
    used: Used


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """The limits that somebody decided on, from a day on, until a later pack takes its place."""

    name: str
    source: str
    """Who decided it, and where that is written."""
    effective_from: Day
    limits: Mapping[Verification, Mapping[Measure, tuple[Limit, ...]]]


def _yuan(each: int, day: int, month: int) -> tuple[Limit, ...]:
    """Bounds in whole yuan."""
    return tuple(
        Limit(span=span, amount=Money(bound * 100, Currency.CNY))
        for span, bound in ((Span.EACH, each), (Span.DAY, day), (Span.MONTH, month))
    )


def _without_pin(each: int, day: int, month: int, *, times: int) -> tuple[Limit, ...]:
    """Bounds in whole yuan, and how often a day."""
    return tuple(
        replace(limit, count=times) if limit.span is Span.DAY else limit for limit in _yuan(each, day, month)
    )


def _at_first(each: int, day: int, month: int) -> Mapping[Measure, tuple[Limit, ...]]:
    """The same for all that is counted, and a thousand yuan at a time of which the payer is not asked."""
    shown = _without_pin(min(each, 1_000), min(day, 5_000), min(month, 50_000), times=20)
    return dict.fromkeys(Measure, _yuan(each, day, month)) | {Measure.WITHOUT_PIN: shown}


def _by_bar_code(each: int, day: int, month: int) -> Mapping[Measure, tuple[Limit, ...]]:
    """As `_at_first`, but for codes: the rule puts static ones into class D, and those without PIN into C."""
    static = _yuan(500, 500, 31 * 500)
    return {
        **_at_first(each, day, month),
        Measure.STATIC_FROM_BALANCE: static,
        Measure.STATIC_FROM_CARDS: static,
        Measure.WITHOUT_PIN: _without_pin(1_000, 1_000, 5_000, times=20),
    }


PACKS: Final = (
    Pack(
        name="house-1",
        source="House policy 1: what the operator's risk staff allow before any regulation asks for less.",
        effective_from=Day(2014_01_01),
        limits={
            Verification.PHONE: _at_first(1_000, 1_000, 5_000),
            Verification.BASIC: _at_first(10_000, 20_000, 100_000),
            Verification.FULL: _at_first(50_000, 200_000, 1_000_000),
        },
    ),
    Pack(
        name="house-2",
        source="House policy 1, and the rules of the People's Bank of China for payment by bar code, Yin Fa"
        " [2017] No. 296. Static codes are of class D: 500 yuan a day for one customer at one institution,"
        " balances counted by themselves and bank cards too. A payment code without PIN is verified by one"
        " factor, the phone, and so of class C: 1,000 yuan a day. In force since 2018-04-01.",
        effective_from=Day(2018_04_01),
        limits={
            Verification.PHONE: _by_bar_code(1_000, 1_000, 5_000),
            Verification.BASIC: _by_bar_code(10_000, 20_000, 100_000),
            Verification.FULL: _by_bar_code(50_000, 200_000, 1_000_000),
        },
    ),
)
"""Every pack, the oldest first. A pack is never changed once it holds; a later one follows it."""


class NoPolicy(LookupError):
    """Nobody has decided how much of this currency may move on this day."""


@lru_cache(maxsize=1000)
def limits_on(
    day: Day, *, measure: Measure, verification: Verification, currency: Currency
) -> tuple[Limit, ...]:
    """The limits that the house sets for a customer on a day.

    :raises NoPolicy: with the day and currency, when no pack is about them
    """
    pack = next((pack for pack in reversed(PACKS) if pack.effective_from <= day), None)
    if pack is None:
        raise NoPolicy(f"no policy pack holds on {day}; the first begins on {PACKS[0].effective_from}")
    limits = pack.limits[verification][measure]
    ours = tuple(limit for limit in limits if limit.amount is None or limit.amount.currency is currency)
    if not any(limit.amount for limit in ours):
        raise NoPolicy(f"the policy pack {pack.name} says nothing about {currency}")
    return ours


@lru_cache(maxsize=1000)
def limits_in_force(
    day: Day, *, measure: Measure, verification: Verification, currency: Currency
) -> tuple[Limit, ...]:
    """As `limits_on`; where no pack says anything, nothing may move."""
    try:
        return limits_on(day, measure=measure, verification=verification, currency=currency)
    except NoPolicy:
        return NOTHING_AT_ALL


def first_exceeded(
    limits: Iterable[Limit], *, amount: Money, day: Counted, month: Counted
) -> LimitExceeded | None:
    """The first of the limits that one more of this amount would pass, after what day and month have seen."""
    for limit in limits:
        span = limit.span
        before = day if span is Span.DAY else month if span is Span.MONTH else _NOTHING
        most, often = limit.amount, limit.count
        if (most is not None and before.amount + amount.minor > most.minor) or (
            often is not None and before.count + 1 > often
        ):
            return LimitExceeded(limit=limit, used=Used(amount=before.amount, count=before.count))
    return None


_NOTHING: Final = Used()
