"""Faults of a simulated bank: what can go wrong with an order, and with which orders."""

from dataclasses import dataclass
from enum import Enum

from milletpay.rails.model import RefusalReason


class Direction(Enum):
    """What an order does. The number is how it is kept."""

    COLLECT = 1
    """Draws money from a card."""
    PAY = 2
    """Pays money to a card."""
    REFUND = 3
    """Gives money that was drawn back to its card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """How an order goes. The defaults are a good day; any of them may differ, alone or together.

    * refused: `Fault(reason=RefusalReason.CARD_CLOSED)`
    * late: `Fault(decided_after_ns=..., notices=1)`: the answer is that the bank has it; a notice tells
      the rest
    * twice: `Fault(notices=2)`: answered, and then told two times more
    * never: `Fault(unanswered=1)`: done, but the caller does not learn it; a query tells
    * lost: `Fault(lost=True)`: the bank never got it
    * a success after we gave up: `Fault(unanswered=1, decided_after_ns=..., notices=1)`
    * come back days later: `Fault(comes_back_after_ns=...)`
    """

    lost: bool = False
    reason: RefusalReason | None = None
    unanswered: int = 0
    """How many calls about the order, beginning with the one that brings it, get no answer."""
    decided_after_ns: int = 0
    notices: int = 0
    """How many times the bank tells the outcome by itself."""
    comes_back_after_ns: int | None = None
    """After it was decided."""


@dataclass(frozen=True, slots=True)
class NextOrders:
    """The next so many orders."""

    count: int = 1


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Of every 10,000 orders about so many, from now on; which ones follows from the bank's seed."""

    per_10_000: int
