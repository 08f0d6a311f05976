"""What is unusual about a payment at a plate, by a dated policy. Pure.

A plate that was pasted over, or a phone that was taken over, shows in places and speeds that people do not
have. What is found is a flag on the payment for its merchant to see; it stops nothing, since an honest queue
may look the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Final

from milletpay.customers.model import CustomerId
from milletpay.merchants.model import PlateId, StoreId
from milletpay.payments.model import Flag
from milletpay.plumbing.dates import Day

SECOND: Final = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """A payment at a plate that took money; its amount in minor units."""

    plate: PlateId
    store: StoreId
    customer: CustomerId
    amount: int
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatePolicy:
    """What somebody decided to call unusual, from a day on, until a later policy takes its place."""

    name: str
    source: str
    effective_from: Day
    payers: int
    """How many different people may pay at a plate within `payers_seconds`."""
    payers_seconds: int
    usual_of: int
    """From how many payments on, and of how many at most, the usual amount is the median."""
    usual_from: int
    times_usual: int
    """How many times the usual amount is not unusual yet."""
    stores_seconds: int
    """How long somebody needs at least from one store to another."""


POLICIES: Final = (
    PlatePolicy(
        name="plates-1",
        source="House policy 1 on code plates: what one cashier can serve, and a walk to the next door.",
        effective_from=Day(2014_01_01),
        payers=12,
        payers_seconds=60,
        usual_of=30,
        usual_from=8,
        times_usual=20,
        stores_seconds=20,
    ),
)
"""Every policy, the oldest first. A policy is never changed once it holds; a later one follows it."""


def policy_on(day: Day) -> PlatePolicy:
    """The policy that holds on a day; before the first, the first."""
    return next((policy for policy in reversed(POLICIES) if policy.effective_from <= day), POLICIES[0])


def flags_of(
    paid: Scanned, *, at_plate: Sequence[Scanned], by_customer: Scanned | None, policy: PlatePolicy
) -> tuple[Flag, ...]:
    """What is unusual about a payment, beside the last ones at its plate and the last one of its payer.

    :param at_plate: the newest first, without this one
    """
    return tuple(_flags(paid, at_plate, by_customer, policy))


def _flags(
    paid: Scanned, at_plate: Sequence[Scanned], by_customer: Scanned | None, policy: PlatePolicy
) -> Iterator[Flag]:
    since = paid.at - policy.payers_seconds * SECOND
    payers = {paid.customer, *(one.customer for one in at_plate if one.at > since)}
    if len(payers) > policy.payers:
        yield Flag.MANY_PAYERS
    if len(at_plate) >= policy.usual_from:
        usual = median_low(one.amount for one in at_plate)
        if paid.amount > usual * policy.times_usual:
            yield Flag.UNUSUAL_AMOUNT
    if (
        by_customer is not None
        and by_customer.store != paid.store
        and paid.at - by_customer.at < policy.stores_seconds * SECOND
    ):
        yield Flag.TWO_STORES
