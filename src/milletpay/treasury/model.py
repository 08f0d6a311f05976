"""The values of the treasury: links to banks, and movements of the house's making."""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto, unique

from milletpay.money import Currency, Money
from milletpay.rails.model import BankKey


@dataclass(frozen=True, slots=True, kw_only=True)
class BankLink:
    """How we work with a bank in one currency. The three numbers are the owners of accounts in the book."""

    bank: BankKey
    currency: Currency
    clearing: int
    """Of `clearing`: what is in transit with the bank."""
    safe: int
    """Of `bank_safe`: the safeguarded account that it settles to, and from which it pays."""
    own: int
    """Of `bank_own`: our own account."""


@unique
class MovementKind(Enum):
    """Why the house moves money. The number is how it is kept."""

    CAPITAL = 1
    """The company is given money, on its own account."""
    PREFUND = 2
    """Own money enters the safeguarded account, to cover what a customer or merchant lacks."""
    CASH = 3
    """The bank has settled what was collected: the safeguarded account has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Money that the house has moved."""

    kind: MovementKind
    bank: BankKey
    reference: str
    """The bank's or the operator's; unique with the bank in its mode."""
    amount: Money
    booked_at: int


class TreasuryRefusal(StrEnum):
    """Why nothing was done, in order of precedence."""

    NOT_LINKED = auto()
    """We do not work with this bank in this currency."""
    LINKED_OTHERWISE = auto()
    """We do, with other accounts."""
    REFERENCE_USED = auto()
    """The reference names another movement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreasuryRefused:
    """A refusal, in words too."""

    refusal: TreasuryRefusal
    detail: str
