"""Contracts on fees, and how much is taken of what."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, unique
from typing import Final, NewType

from milletpay.money import Currency, Money, Rounding, divide
from milletpay.plumbing.dates import Day

ContractId = NewType("ContractId", int)

BASIS_POINTS_MAX: Final = 10_000
"""All of the amount."""

ROUNDING: Final = Rounding.HALF_UP
"""How every fee becomes whole minor units: as people learn at school."""


class NotAContract(ValueError):
    """Terms that cannot hold together."""


@unique
class FeeOnRefund(Enum):
    """What a refund does to the fee that was taken. The number is how it is kept."""

    GIVEN_BACK = 1
    """The merchant gets the refund's share of the fee back."""
    KEPT = 2
    """The fee stays with us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What a merchant pays us from a day on, until a later contract in the same currency takes its place.

    :raises NotAContract: with the term that is wrong
    """

    id: ContractId
    merchant: int
    effective_from: Day
    basis_points: int
    """Hundredths of a percent of the amount, 0 to 10,000."""
    minimum: Money
    """At least so much, but never more than the amount itself."""
    cap: Money | None
    """At most so much; None for no cap."""
    on_refund: FeeOnRefund

    def __post_init__(self) -> None:
        if not 0 <= self.basis_points <= BASIS_POINTS_MAX:
            raise NotAContract(f"a fee of {self.basis_points} basis points: give 0 to {BASIS_POINTS_MAX}")
        if self.minimum.is_negative:
            raise NotAContract(f"a minimum of {self.minimum}: give zero or more")
        if self.cap is not None and self.cap < self.minimum:
            raise NotAContract(f"a cap of {self.cap} is below the minimum of {self.minimum}")

    @property
    def currency(self) -> Currency:
        """The currency of the payments that it is about."""
        return self.minimum.currency


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a contract makes of one amount: kept with the payment, whatever contracts come later."""

    contract: ContractId
    amount: Money
    fee: Money
    on_refund: FeeOnRefund


def valid_on(contracts: Iterable[Contract], *, currency: Currency, day: Day) -> Contract | None:
    """The contract in a currency that holds on a day, of all contracts of one merchant."""
    found: Contract | None = None
    for contract in contracts:
        if contract.minimum.currency is not currency or contract.effective_from > day:
            continue
        if found is None or contract.effective_from > found.effective_from:
            found = contract
    return found


def quote(contract: Contract, *, amount: Money) -> Quote:
    """The fee on an amount: its rate, at least the minimum, at most the cap, never more than the amount."""
    assert amount.minor > 0, f"nobody pays {amount}"
    assert amount.currency is contract.minimum.currency, f"{contract} is not about {amount}"
    fee = divide(amount.minor * contract.basis_points, by=BASIS_POINTS_MAX, rounding=ROUNDING)
    fee = max(fee, contract.minimum.minor)
    if contract.cap is not None:
        fee = min(fee, contract.cap.minor)
    return Quote(
        contract=contract.id,
        amount=amount,
        fee=Money(min(fee, amount.minor), amount.currency),
        on_refund=contract.on_refund,
    )


def fee_of_part(quote: Quote, *, captured_before: Money, part: Money) -> Money:
    """The fee on one capture of several: what is due on all so far, less what was taken before.

    Due on a sum is its share of the quoted fee, rounded once. So the parts of the whole add up to the quote,
    captures of less than the whole to their share of it, and no part's fee is above the part.
    """
    return _due_on(quote, captured_before + part) - _due_on(quote, captured_before)


def fee_back(quote: Quote, *, refunded_before: Money, part: Money) -> Money:
    """The fee that one refund of several gives back; zero where the contract keeps it.

    It is reckoned as `fee_of_part`: refunding all that was captured gives back exactly what was taken, in
    whatever parts and order the two happened.
    """
    if quote.on_refund is FeeOnRefund.KEPT:
        return Money.zero(quote.fee.currency)
    return _due_on(quote, refunded_before + part) - _due_on(quote, refunded_before)


def _due_on(quote: Quote, captured: Money) -> Money:
    assert Money.zero(captured.currency) <= captured <= quote.amount, f"{captured} of {quote.amount}"
    exact = quote.fee.minor * captured.minor
    return Money(divide(exact, by=quote.amount.minor, rounding=ROUNDING), captured.currency)
