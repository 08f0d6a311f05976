"""The values of selling without a network: what is allowed, what a till has sealed, what became of it."""

import hmac
from dataclasses import dataclass, field
from enum import StrEnum, auto, unique
from typing import Final

from milletpay.ledger.chart import Mode
from milletpay.merchants.model import MerchantId, TerminalId
from milletpay.payments.model import PaymentId

HOUR: Final = 3600 * 10**9
UPLOADED_WITHIN: Final = 24 * HOUR
"""A sale that is uploaded later is declined."""

AHEAD_MAX: Final = 120 * 10**9
"""How far a till's clock may be ahead of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflinePolicy:
    """How much a merchant's tills may take without a network, at its own risk. Amounts in minor units."""

    merchant: MerchantId
    mode: Mode
    effective_at: int
    """Nanoseconds; it holds until the next one."""
    each: int
    """Of one sale; 0 where nothing is taken."""
    total: int
    """Of all that one terminal takes within 24 hours."""
    count: int
    """How many of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """One sale as the till has written and sealed it, text for text."""

    payment_code: str = field(repr=False)
    amount: int
    currency: str
    taken_at: str
    """RFC 3339."""
    pairing: int
    """Under which pairing of the terminal it was sealed."""
    sequence: int
    """Of the pairing, from 1 without a gap."""

    def text(self) -> bytes:
        """What is sealed."""
        parts = (
            self.payment_code,
            str(self.amount),
            self.currency,
            self.taken_at,
            str(self.pairing),
            str(self.sequence),
        )
        return "\n".join(parts).encode()

    def seal(self, key: bytes) -> str:
        """HMAC-SHA256 under the seal key of the terminal, in hex."""
        return hmac.digest(key, self.text(), "sha256").hex()


@unique
class OfflineFault(StrEnum):
    """Why a record is not even looked at, in order of precedence. It may be sent again, mended."""

    TERMINAL_NOT_FOUND = auto()
    """There is no such terminal."""
    SEAL_WRONG = auto()
    """It is not what the till has sealed."""
    SEQUENCE_REUSED = auto()
    """Another sale has this number: one of the two was made up, or the till has lost its count."""


@unique
class OfflineReason(StrEnum):
    """Why a sale was declined, in order of precedence."""

    NOT_ALLOWED = auto()
    """The merchant did not allow sales without a network at that time."""
    IN_THE_FUTURE = auto()
    """The till's clock was wrong."""
    TOO_LATE = auto()
    """It was uploaded more than 24 hours after it was taken."""
    BEFORE_PAIRING = auto()
    """It is older than the pairing that it names."""
    EXCEEDS_EACH = auto()
    """More than one sale may be."""
    EXCEEDS_TOTAL = auto()
    """More than the terminal may take within 24 hours."""
    EXCEEDS_COUNT = auto()
    """More sales than the terminal may make within 24 hours."""
    PAYMENT_DECLINED = auto()
    """The payment was declined or refused: the payment says why, if there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineSale:
    """What became of one record, once and for all."""

    terminal: TerminalId
    pairing: int
    sequence: int
    taken_at: int
    amount: int
    currency: str
    digest: bytes = field(repr=False)
    """SHA-256 of what was sealed: the code itself is not kept."""
    reason: OfflineReason | None
    """Why it was declined; None for one that was accepted."""
    payment: PaymentId | None
    after_gap: bool
    """Whether numbers before it had not come when it came."""
    uploaded_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineRefused:
    """A refusal, in words too."""

    fault: OfflineFault
    detail: str
