"""Limits: how much may move, by whom, in how long; atomic with the money.

Words: a **limit** bounds an amount or a number of times within a **span**: each, a day, a month. A **pack**
is the limits that somebody decided on from a day on, with its source. A **measure** says what is counted, of
a **subject**: a customer, a person, an agreement. Days are accounting days.

What holds: a pack is never changed, only followed by a later one; what was taken is counted in the same batch
as the money that moves, on its day, and is given back to that very day; nothing falls below zero; a month has
seen the sum of its days.
"""

from milletpay.limits.model import (
    PACKS,
    Limit,
    LimitExceeded,
    Measure,
    NoPolicy,
    Pack,
    Span,
    Used,
    Verification,
    limits_in_force,
    limits_on,
)
from milletpay.limits.operations import Limits
from milletpay.limits.queries import used_in

__all__ = [
    "PACKS",
    "Limit",
    "LimitExceeded",
    "Limits",
    "Measure",
    "NoPolicy",
    "Pack",
    "Span",
    "Used",
    "Verification",
    "limits_in_force",
    "limits_on",
    "used_in",
]
