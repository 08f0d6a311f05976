"""The values of a counter: cashiers, shifts, and the receipts of what moved at a till."""

from dataclasses import dataclass, field
from enum import StrEnum, auto, unique
from typing import NewType

from milletpay.ledger.chart import Mode
from milletpay.merchants.model import MerchantId, StoreId, TerminalId
from milletpay.payments.model import PaymentId, RefundId
from milletpay.plumbing.ids import IdForm, Prefix

CashierId = NewType("CashierId", int)
CASHIER_ID = IdForm(Prefix.CASHIER, CashierId)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cashier:
    """Who works at the tills of a store. The PIN is kept where PINs are."""

    id: CashierId
    merchant: MerchantId
    mode: Mode
    store: StoreId
    number: str
    """With which the cashier signs in: short, one in its store."""
    name: str = field(repr=False)
    created_at: int
    retired_at: int = 0
    """Nanoseconds; 0 while the cashier may sign in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """The time of one cashier at one till, from the count of the drawer to the next.

    It has the receipts after the last one of the shift before, up to its own last: what was paid while nobody
    was signed in is in the next one, so that no receipt is in none.
    """

    terminal: TerminalId
    number: int
    """Of the terminal, from 1 without a gap: the number of its Z report."""
    cashier: CashierId
    opened_at: int
    opening_float: int
    """Cash in the drawer at first, in minor units."""
    after_receipt: int
    """The last receipt before it."""
    closed_at: int = 0
    """Nanoseconds; 0 while it goes on."""
    last_receipt: int = 0
    """Its last receipt, once it is closed."""
    counted_cash: int = 0
    """Cash in the drawer at the end, as it was counted."""


@unique
class ReceiptKind(StrEnum):
    """What a receipt is for."""

    SALE = auto()
    """Money from a customer."""
    REFUND = auto()
    """A part back."""
    REVERSAL = auto()
    """A sale undone."""


@unique
class Tender(StrEnum):
    """With what it was paid."""

    PAYMENT_CODE = auto()
    """The wallet; the till has scanned the customer's code."""
    MERCHANT_CODE = auto()
    """The wallet; the customer has scanned a code made for this payment."""
    PLATE = auto()
    """The wallet; the customer has scanned the code plate."""
    AGREEMENT = auto()
    """The wallet, under an agreement."""
    CARD = auto()
    """A bank card that is bound to the wallet, however the code came."""
    CASH = auto()
    """Notes and coins: a memo of the till's, which no book of ours has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One thing that moved at a till."""

    terminal: TerminalId
    number: int
    """Of the terminal, from 1 without a gap."""
    at: int
    kind: ReceiptKind
    tender: Tender
    amount: int
    """Minor units, above zero whichever way it went."""
    currency: str
    payment: PaymentId | None
    """What was paid, or of what a part went back; None for cash."""
    refund: RefundId | None = None
    reference: str = ""
    """Of cash: the till's own, so that it is noted once."""
    prints: int = 0
    """How often it was printed."""


@unique
class CounterRefusal(StrEnum):
    """Why nothing was done, in order of precedence."""

    STORE_NOT_FOUND = auto()
    """The merchant has no such store."""
    CASHIER_NUMBER_TAKEN = auto()
    """Another cashier of the store signs in with this number."""
    CASHIER_NOT_FOUND = auto()
    """There is no such cashier at work."""
    TERMINAL_NOT_ACTIVE = auto()
    """The terminal is retired, or there is none."""
    SHIFT_OPEN = auto()
    """Another cashier's shift goes on."""
    NO_SHIFT = auto()
    """Nobody is signed in."""
    RECEIPT_NOT_FOUND = auto()
    """The terminal has no such receipt."""
    NOT_THE_LAST_SALE = auto()
    """Only the last sale of the shift can be voided; others are refunded."""
    EXCEEDS_TILL_LIMIT = auto()
    """More than the till may give back at once."""
    REFERENCE_USED = auto()
    """The till's reference names other cash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterRefused:
    """A refusal, in words too."""

    refusal: CounterRefusal
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a report says of one tender in one currency, in minor units."""

    tender: Tender
    currency: str
    sales: int = 0
    sold: int = 0
    refunds: int = 0
    refunded: int = 0
    reversals: int = 0
    reversed: int = 0

    @property
    def net(self) -> int:
        """What is left of it."""
        return self.sold - self.refunded - self.reversed


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A shift in figures: an X report while it goes on, its Z report once it is closed."""

    shift: Shift
    cashier: Cashier
    lines: tuple[Line, ...]
    """One for each tender and currency that occurred, in the order of `Tender`."""
    last_receipt: int

    @property
    def expected_cash(self) -> int:
        """What should be in the drawer."""
        return self.shift.opening_float + sum(line.net for line in self.lines if line.tender is Tender.CASH)
