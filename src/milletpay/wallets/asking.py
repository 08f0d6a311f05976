"""What a bank is to be asked about an object, and how."""

from dataclasses import dataclass

from milletpay.rails import BankKey, Direction, Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """An order that a bank may have, or not."""

    bank: BankKey
    direction: Direction
    order: Order
    asked_before: bool
    """It may have been given already, by a process that died or gave up: query first."""
    overdue: bool
    """An order that the bank has not heard of by now is not given again."""
