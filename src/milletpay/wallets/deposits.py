"""The values of receipts: what somebody transferred to us, and the numbers by which it names a customer."""

from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Final, NewType

from milletpay.customers.model import CustomerId
from milletpay.money import Money
from milletpay.plumbing.ids import IdForm, Prefix
from milletpay.rails.model import BankKey

ReceiptId = NewType("ReceiptId", int)
RECEIPT_ID: Final = IdForm(Prefix.RECEIPT, ReceiptId)

DepositNumber = NewType("DepositNumber", int)
"""Ten digits with their check digit; the first is not zero."""


class ReceiptStatus(StrEnum):
    """Where the money of a receipt is."""

    CREDITED = auto()
    """In the customer's balance. Final."""
    UNCLAIMED = auto()
    """In suspense: nobody is named, or nobody who may have it now."""


class Unclaimed(StrEnum):
    """Why a receipt waits in suspense, in order of precedence."""

    NAMES_NOBODY = auto()
    """There is no deposit number of ours in the remark, or more than one."""
    CUSTOMER_NOT_ACTIVE = auto()
    """The customer's wallet is frozen or closed."""
    EXCEEDS_LIMIT = auto()
    """A limit on topping up would be passed."""


class ReceiptRefusal(StrEnum):
    """Why nothing was done, in order of precedence."""

    NOT_FOUND = auto()
    """There is no such receipt."""
    CUSTOMER_NOT_FOUND = auto()
    """There is no such customer in this mode, or it may have no money now."""
    NUMBER_TAKEN = auto()
    """The deposit number that was drawn is another customer's: draw again."""
    REFERENCE_USED = auto()
    """The bank's reference names another receipt."""
    CURRENCY_NOT_SUPPORTED = auto()
    """We do not work with this bank in this currency."""
    WRONG_STATE = auto()
    """The money is another customer's already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRefused:
    """A refusal, in words too."""

    refusal: ReceiptRefusal
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Money that came without an order of ours."""

    id: ReceiptId
    bank: BankKey
    bank_reference: str
    amount: Money
    token: str
    payer: str = field(repr=False)
    remark: str = field(repr=False)
    status: ReceiptStatus
    customer: CustomerId | None
    unclaimed: Unclaimed | None
    """Why it waited, also after it was claimed."""
    received_at: int
    claimed_at: int = 0
    """Nanoseconds; 0 when it never waited, or still does."""
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposits:
    """A customer's deposit number."""

    customer: CustomerId
    number: DepositNumber
