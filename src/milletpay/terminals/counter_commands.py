"""What can be asked of a counter at the desk."""

from dataclasses import dataclass, field
from typing import TypeAlias

from milletpay.ledger.chart import Mode
from milletpay.merchants import MerchantId, StoreId, TerminalId
from milletpay.payments import Marked, Payment, Refunded, RefundPayment, Refused
from milletpay.terminals.counter_model import Cashier, CashierId, CounterRefused, Receipt, ReceiptKind, Shift


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCashier:
    """Let somebody work at the tills of a store."""

    id: CashierId
    merchant: MerchantId
    mode: Mode
    store: StoreId
    number: str
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireCashier:
    """Let a cashier sign in no longer."""

    id: CashierId
    merchant: MerchantId
    mode: Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenShift:
    """A cashier begins at a till; that it is the cashier was proved before. Again it is the same shift."""

    terminal: TerminalId
    cashier: CashierId
    opening_float: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseShift:
    """The cashier has counted the drawer, and ends."""

    terminal: TerminalId
    counted_cash: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteCash:
    """Cash that was taken or given back: a memo."""

    terminal: TerminalId
    kind: ReceiptKind
    amount: int
    currency: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidSale:
    """Undo the last sale of the shift, by its receipt. Again it is the same."""

    terminal: TerminalId
    merchant: MerchantId
    mode: Mode
    receipt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundAtTill:
    """Give a part of a payment back at a till, within what the till may."""

    refund: RefundPayment
    terminal: TerminalId


Command: TypeAlias = AddCashier | RetireCashier | OpenShift | CloseShift | NoteCash | VoidSale | RefundAtTill
Answer: TypeAlias = Cashier | Shift | Receipt | Payment | Marked | Refunded | Refused | CounterRefused
