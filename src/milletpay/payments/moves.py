"""What has moved at a terminal, for whoever keeps the terminal's books."""

from dataclasses import dataclass
from enum import StrEnum, auto

from milletpay.merchants.model import TerminalId
from milletpay.payments.model import Payment, RefundId


class MoveKind(StrEnum):
    """Which way money went at a terminal."""

    SALE = auto()
    """From the customer to the merchant."""
    REFUND = auto()
    """A part of a payment back."""
    REVERSAL = auto()
    """All that was left of a payment back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Money that has moved at a terminal: for whoever keeps the terminal's books."""

    kind: MoveKind
    payment: Payment
    terminal: TerminalId
    amount: int
    """Minor units of the payment's currency, as the customer sees it: fees are not in it."""
    refund: RefundId | None = None
