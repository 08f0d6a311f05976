"""The values of receipts: what somebody transferred to us, and the numbers by which it names a customer."""

from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Final, NewType

from milletpay.customers.model import CustomerId
from milletpay.money import Money
from milletpay.plumbing.ids import IdForm, Prefix
from milletpay.rails.model import BankKey, RefusalReason
from milletpay.wallets.model import Step

ReceiptId = NewType("ReceiptId", int)
ReceiptReturnId = NewType("ReceiptReturnId", int)
RECEIPT_ID: Final = IdForm(Prefix.RECEIPT, ReceiptId)
RECEIPT_RETURN_ID: Final = IdForm(Prefix.RECEIPT_RETURN, ReceiptReturnId)

WHY_MAX: Final = 200
"""How many characters the reason for a return has at most."""

DepositNumber = NewType("DepositNumber", int)
"""Ten digits with their check digit; the first is not zero."""


class ReceiptStatus(StrEnum):
    """Where the money of a receipt is."""

    CREDITED = auto()
    """In the customer's balance. Final."""
    UNCLAIMED = auto()
    """In suspense: nobody is named, or nobody who may have it now."""
    RETURNING = auto()
    """In suspense, and the bank is asked to send it back: nobody can claim it."""
    RETURNED = auto()
    """Back where it came from. Should the bank send it to us again, it is unclaimed again."""


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
    """The money is a customer's already, or on its way back."""


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


class ReturnStatus(StrEnum):
    """Where a receipt is that goes back to where it came from."""

    CREATED = auto()
    """Nobody can claim it; the bank does not know of it."""
    SENT = auto()
    """The bank has been asked, or is being asked."""
    UNKNOWN = auto()
    """The bank gave no answer: it is asked again until it tells. Never given up."""
    SUCCEEDED = auto()
    """The bank sent it."""
    FAILED = auto()
    """The bank refused: the receipt waits as before. Final."""
    CAME_BACK = auto()
    """The bank had sent it, and has it again, days later: the receipt waits as before. Final."""


_R = ReturnStatus

RETURN_TRANSITIONS: Final = {
    (_R.CREATED, Step.SEND): _R.SENT,
    (_R.SENT, Step.LOSE_SIGHT): _R.UNKNOWN,
    (_R.SENT, Step.SUCCEED): _R.SUCCEEDED,
    (_R.SENT, Step.FAIL): _R.FAILED,
    (_R.UNKNOWN, Step.SUCCEED): _R.SUCCEEDED,
    (_R.UNKNOWN, Step.FAIL): _R.FAILED,
    (_R.SUCCEEDED, Step.COME_BACK): _R.CAME_BACK,
}
"""What follows from what. What is not here cannot happen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptReturn:
    """One try to send a receipt back. Moments are nanoseconds since 1970, 0 for not yet."""

    id: ReceiptReturnId
    receipt: ReceiptId
    why: str
    """In the words of whoever of the house decided it."""
    status: ReturnStatus = ReturnStatus.CREATED
    reason: RefusalReason | None = None
    """What the bank said when it refused."""
    bank_reference: str = ""
    created_at: int
    sent_at: int = 0
    decided_at: int = 0

    @property
    def is_decided(self) -> bool:
        """Whether the bank need not be asked any more."""
        return self.status not in {_R.CREATED, _R.SENT, _R.UNKNOWN}

    def may(self, step: Step) -> bool:
        """Whether this can happen to it now."""
        return (self.status, step) in RETURN_TRANSITIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposits:
    """A customer's deposit number."""

    customer: CustomerId
    number: DepositNumber
