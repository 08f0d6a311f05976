"""The values of terminals: what stands in a store, and what may become of it."""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto, unique
from typing import Final

from milletpay.ledger.chart import Mode
from milletpay.merchants.model import MerchantId, StoreId, TerminalId

MINUTE: Final = 60 * 10**9
"""Nanoseconds."""

PAIRING_NS: Final = 10 * MINUTE
"""How long a pairing code is good."""

NUMBER_MAX: Final = 99_999_999
"""The last terminal number: eight digits."""


@unique
class TerminalKind(Enum):
    """What a terminal is. The number is how it is kept."""

    TILL = 1
    """A program at a counter, which calls the API."""
    POS = 2
    """A card terminal, which speaks ISO 8583."""


@unique
class TerminalStatus(StrEnum):
    """Whether a terminal may be used."""

    ACTIVE = auto()
    """It may be paired, and work."""
    RETIRED = auto()
    """Never again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """A till or card terminal in a store."""

    id: TerminalId
    merchant: MerchantId
    mode: Mode
    store: StoreId
    kind: TerminalKind
    name: str
    number: int
    """In its store, from 1: printed on receipts."""
    house_number: int
    """Of all terminals, from 1."""
    merchant_number: int
    """Of the merchant, among those that have terminals, from 1."""
    refund_max: int = 0
    """How much it may give back in one refund, in minor units; 0 for nothing."""
    created_at: int
    retired_at: int = 0
    """Nanoseconds, as all moments; 0 while it is in use."""
    pairings: int = 0
    """How often it was paired: its secrets are of the last time."""
    paired_at: int = 0
    """When it was paired last; 0: never."""
    pairing_mac: bytes = b""
    """Under what the code is known that pairs it; empty when there is none."""
    pairing_until: int = 0
    """When that code is good no longer."""

    @property
    def status(self) -> TerminalStatus:
        """Whether it may be used."""
        return TerminalStatus.RETIRED if self.retired_at else TerminalStatus.ACTIVE

    @property
    def tid(self) -> str:
        """Its terminal number, field 41 of ISO 8583: eight digits, no other terminal's."""
        return f"{self.house_number:08d}"

    @property
    def mid(self) -> str:
        """The acceptor number of its merchant, field 42 of ISO 8583: fifteen digits."""
        return f"{self.merchant_number:015d}"

    @property
    def references(self) -> str:
        """With what every reference begins that it makes with its key."""
        return f"{self.tid}-"


class TerminalRefusal(StrEnum):
    """Why nothing was done, in order of precedence."""

    ID_TAKEN = auto()
    """The id names another terminal."""
    STORE_NOT_FOUND = auto()
    """The merchant has no such store."""
    TERMINAL_NOT_FOUND = auto()
    """The merchant has no such terminal."""
    RETIRED = auto()
    """The terminal is out of use for ever."""
    PAIRING_REFUSED = auto()
    """No terminal waits for this code: mistyped, used, too old, or followed by another."""
    NUMBERS_USED_UP = auto()
    """There are as many terminals as can be numbered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalRefused:
    """A refusal, in words too."""

    refusal: TerminalRefusal
    detail: str
