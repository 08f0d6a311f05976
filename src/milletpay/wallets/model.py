"""The values of wallets: cards, top-ups, withdrawals, sends; their states; declines and refusals."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Final, NewType, Protocol

from milletpay.customers.model import CustomerId
from milletpay.ledger.chart import Mode
from milletpay.money import Money, Rounding, divide
from milletpay.plumbing.dates import Day
from milletpay.plumbing.ids import IdForm, Prefix
from milletpay.rails.model import BankKey, RefusalReason

CardId = NewType("CardId", int)
TopUpId = NewType("TopUpId", int)
WithdrawalId = NewType("WithdrawalId", int)
SendId = NewType("SendId", int)

CARD_ID: Final = IdForm(Prefix.CARD, CardId)
TOP_UP_ID: Final = IdForm(Prefix.TOP_UP, TopUpId)
WITHDRAWAL_ID: Final = IdForm(Prefix.WITHDRAWAL, WithdrawalId)
SEND_ID: Final = IdForm(Prefix.SEND, SendId)


NOT_COUNTED: Final = Day(0)
"""In place of the day on which something counts towards limits."""


class Step(StrEnum):
    """What can happen to money on its way between a bank and a wallet."""

    RESERVE = auto()
    """The money of a withdrawal leaves the balance."""
    SEND = auto()
    """The bank is going to be asked: from now on it may have been done."""
    LOSE_SIGHT = auto()
    """The bank gave no answer."""
    SUCCEED = auto()
    """The bank did it."""
    FAIL = auto()
    """It was declined by us, or refused by the bank."""
    COME_BACK = auto()
    """The bank undid what it had done."""


class TopUpStatus(StrEnum):
    """Where a top-up is."""

    CREATED = auto()
    """Asked for by the customer; the bank does not know of it."""
    SENT = auto()
    """The bank has been asked, or is being asked."""
    UNKNOWN = auto()
    """The bank gave no answer: it is asked again until it tells."""
    SUCCEEDED = auto()
    """The money is in the wallet."""
    FAILED = auto()
    """Declined, refused, or never heard of by the bank. A success that comes after all is still one."""
    CLAWED_BACK = auto()
    """The bank took the money back, days later. Final."""


class WithdrawalStatus(StrEnum):
    """Where a withdrawal is."""

    CREATED = auto()
    """Asked for by the customer. It is reserved or declined at once, so nobody ever sees it here."""
    RESERVED = auto()
    """The money has left the balance; the bank does not know of it."""
    SENT = auto()
    """The bank has been asked, or is being asked."""
    UNKNOWN = auto()
    """The bank gave no answer: it is asked again until it tells. Never given up."""
    SUCCEEDED = auto()
    """The bank paid."""
    FAILED = auto()
    """Declined, or refused by the bank: the money and the fee are back in the balance. Final."""
    RETURNED = auto()
    """Paid, and days later sent back by the bank: the money is back in the balance, the fee is not. Final."""


class SendStatus(StrEnum):
    """Where a send is: it is decided at once."""

    SUCCEEDED = auto()
    """The recipient has it."""
    FAILED = auto()
    """Declined."""


_T, _W = TopUpStatus, WithdrawalStatus

TOP_UP_TRANSITIONS: Final[Mapping[tuple[TopUpStatus, Step], TopUpStatus]] = {
    (_T.CREATED, Step.SEND): _T.SENT,
    (_T.CREATED, Step.FAIL): _T.FAILED,
    (_T.SENT, Step.LOSE_SIGHT): _T.UNKNOWN,
    (_T.SENT, Step.SUCCEED): _T.SUCCEEDED,
    (_T.SENT, Step.FAIL): _T.FAILED,
    (_T.UNKNOWN, Step.SUCCEED): _T.SUCCEEDED,
    (_T.UNKNOWN, Step.FAIL): _T.FAILED,
    (_T.FAILED, Step.SUCCEED): _T.SUCCEEDED,
    (_T.SUCCEEDED, Step.COME_BACK): _T.CLAWED_BACK,
}
"""What follows from what. What is not here cannot happen."""

WITHDRAWAL_TRANSITIONS: Final[Mapping[tuple[WithdrawalStatus, Step], WithdrawalStatus]] = {
    (_W.CREATED, Step.RESERVE): _W.RESERVED,
    (_W.CREATED, Step.FAIL): _W.FAILED,
    (_W.RESERVED, Step.SEND): _W.SENT,
    (_W.SENT, Step.LOSE_SIGHT): _W.UNKNOWN,
    (_W.SENT, Step.SUCCEED): _W.SUCCEEDED,
    (_W.SENT, Step.FAIL): _W.FAILED,
    (_W.UNKNOWN, Step.SUCCEED): _W.SUCCEEDED,
    (_W.UNKNOWN, Step.FAIL): _W.FAILED,
    (_W.SUCCEEDED, Step.COME_BACK): _W.RETURNED,
}
"""What follows from what. What is not here cannot happen."""


class WalletDecline(StrEnum):
    """Why it failed, in order of precedence. A decline is an answer and is kept."""

    CUSTOMER_NOT_ACTIVE = auto()
    """The customer's wallet is frozen or closed."""
    RECIPIENT_NOT_ACTIVE = auto()
    """The recipient's wallet is frozen or closed."""
    CARD_REMOVED = auto()
    """The customer has removed the card."""
    EXCEEDS_LIMIT = auto()
    """A limit of the house, on one at a time or per day or month, would be passed."""
    INSUFFICIENT_FUNDS = auto()
    """The balance does not cover it and its fee."""
    REFUSED_BY_BANK = auto()
    """The bank said no; its reason stands beside."""
    NOT_KNOWN_TO_BANK = auto()
    """The bank has not heard of it in all this time."""


class WalletRefusal(StrEnum):
    """Why nothing was done, in order of precedence. Nothing of it is kept."""

    NOT_FOUND = auto()
    """There is no such object, or it is another customer's."""
    REFERENCE_USED = auto()
    """The customer's reference, or the id, names another request."""
    CUSTOMER_NOT_FOUND = auto()
    """There is no such customer in this mode."""
    RECIPIENT_NOT_FOUND = auto()
    """There is no such recipient in this mode."""
    SAME_CUSTOMER = auto()
    """Nobody sends money to himself."""
    CARD_NOT_FOUND = auto()
    """The customer has no such card."""
    CURRENCY_NOT_SUPPORTED = auto()
    """There is no policy for this currency, or no bank that moves it."""
    WRONG_STATE = auto()
    """What it is now does not allow it."""
    OWN_FUNDS_LACKING = auto()
    """What of the pool is ours does not cover what the customer lacks: the treasury has to bring some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletRefused:
    """A refusal, in words too, and the object that stands in the way, if one does."""

    refusal: WalletRefusal
    detail: str
    object: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalFee:
    """What a withdrawal costs the customer, beside its amount. Free by default."""

    basis_points: int = 0
    minimum: int = 0
    """At least so many minor units."""

    def on(self, amount: Money, /) -> Money:
        """The fee on an amount: a fee is rounded half up, as all of ours."""
        exact = divide(amount.minor * self.basis_points, by=10_000, rounding=Rounding.HALF_UP)
        return Money(max(exact, self.minimum), amount.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A customer's bank card, bound: how the bank calls it, and what may be shown of it. Never its number."""

    id: CardId
    customer: CustomerId
    bank: BankKey
    token: str = field(repr=False)
    masked: str
    bound_at: int
    removed_at: int = 0
    """0 while it is bound."""
    version: int = 1
    """How many events it has had; so in all objects here."""

    @property
    def reference(self) -> str:
        """What is unique among a customer's cards: the bank and how it calls the card."""
        return f"{self.bank.code} {self.token}"


class Kept(Protocol):
    """What the objects that a customer makes have in common."""

    @property
    def id(self) -> int:
        """Its id."""

    @property
    def customer(self) -> CustomerId:
        """Who made it."""

    @property
    def reference(self) -> str:
        """The customer's own name of the request, unique among its requests of the kind; empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUp:
    """Money from a customer's card into the wallet. Moments are nanoseconds since 1970, 0 for not yet."""

    id: TopUpId
    customer: CustomerId
    amount: Money
    card: CardId
    bank: BankKey
    status: TopUpStatus = TopUpStatus.CREATED
    decline: WalletDecline | None = None
    reason: RefusalReason | None = None
    """What the bank said when it refused."""
    reference: str = ""
    counted_on: Day = NOT_COUNTED
    """The day on which it counts towards limits; 0 when it does not."""
    bank_reference: str = ""
    shortfall: int = 0
    """What of a claw-back the balance lacked, in minor units: the customer owes it to us."""
    created_at: int
    sent_at: int = 0
    decided_at: int = 0
    version: int = 1

    @property
    def is_decided(self) -> bool:
        """Whether the bank need not be asked any more."""
        return self.status not in {_T.CREATED, _T.SENT, _T.UNKNOWN}

    def may(self, step: Step) -> bool:
        """Whether this can happen to it now."""
        return (self.status, step) in TOP_UP_TRANSITIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """Money from the wallet to a customer's card. Moments are nanoseconds since 1970, 0 for not yet."""

    id: WithdrawalId
    customer: CustomerId
    amount: Money
    """What the card gets."""
    fee: Money
    """What it costs beside."""
    card: CardId
    bank: BankKey
    status: WithdrawalStatus = WithdrawalStatus.CREATED
    decline: WalletDecline | None = None
    reason: RefusalReason | None = None
    """What the bank said when it refused."""
    reference: str = ""
    counted_on: Day = NOT_COUNTED
    """The day on which it counts towards limits; 0 when it does not."""
    bank_reference: str = ""
    created_at: int
    sent_at: int = 0
    decided_at: int = 0
    version: int = 1

    @property
    def is_decided(self) -> bool:
        """Whether the bank need not be asked any more."""
        return self.status not in {_W.RESERVED, _W.SENT, _W.UNKNOWN}

    def may(self, step: Step) -> bool:
        """Whether this can happen to it now."""
        return (self.status, step) in WITHDRAWAL_TRANSITIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Money from one customer's wallet to another's."""

    id: SendId
    customer: CustomerId
    recipient: CustomerId
    mode: Mode
    amount: Money
    note: str = field(default="", repr=False)
    """What the sender wrote to it."""
    status: SendStatus = SendStatus.SUCCEEDED
    decline: WalletDecline | None = None
    reference: str = ""
    created_at: int
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What a customer has."""

    available: Money
    held: Money
    """By authorizations; not part of what is available."""
    owed: Money
    """To us, since a bank took back what was spent: the next money that comes pays it first."""
