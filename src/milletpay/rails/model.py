"""What we and a bank say to each other: orders, outcomes, notices, statements. Values, and pure."""

from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Final

from milletpay.ledger.chart import Mode
from milletpay.money import Money
from milletpay.rails.card_number import CardNumber

REFERENCE_MAX: Final = 32
"""How long a reference of ours may be: what most banks take."""


class OutcomeStatus(StrEnum):
    """How far an order is, as far as the bank has told."""

    SUCCEEDED = auto()
    """Done."""
    REFUSED = auto()
    """Not done, and never will be under this reference."""
    PENDING = auto()
    """The bank has it and has not decided."""
    UNKNOWN = auto()
    """No answer. It may have been done, or not, or may still be."""
    NOT_FOUND = auto()
    """The bank has no order of this reference. One that is still on its way may yet arrive."""


class RefusalReason(StrEnum):
    """Why a bank refuses an order, or a card."""

    INSUFFICIENT_FUNDS = auto()
    """The card's account does not cover it."""
    CARD_CLOSED = auto()
    """The card is closed, lost, or the bank does not know it."""
    NAME_DIFFERS = auto()
    """The card belongs to somebody of another name."""
    BANK_LIMIT = auto()
    """It is above what the bank lets pass."""
    NOT_ALLOWED = auto()
    """The bank does not say more."""
    REFERENCE_REUSED = auto()
    """The reference names another order: a defect of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the bank is asked to do. Given again under its reference, it is the same order."""

    reference: str
    """Ours, never used for another order with this bank; at most `REFERENCE_MAX` characters."""
    token: str
    """The card, in the bank's own words."""
    amount: Money
    original: str = ""
    """The reference of the order of which it gives back, if it gives back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the bank said about an order, or that it said nothing."""

    status: OutcomeStatus
    bank_reference: str = ""
    """How the bank calls it, once it has it."""
    reason: RefusalReason | None = None
    """Why it was refused."""

    @property
    def is_final(self) -> bool:
        """Whether the bank has decided."""
        return self.status in {OutcomeStatus.SUCCEEDED, OutcomeStatus.REFUSED}


class NoticeKind(StrEnum):
    """What a bank tells by itself."""

    DECIDED = auto()
    """An order has come to its outcome. May be told twice, and after somebody asked."""
    COME_BACK = auto()
    """What an order moved was moved back: a payment was returned, a collection taken back. Days later."""
    RECEIVED = auto()
    """Somebody has transferred money to our safeguarded account, unasked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A transfer to our safeguarded account: the money is there."""

    bank_reference: str
    """The bank's, and unique with it."""
    amount: Money
    token: str
    """From which account, in the bank's own words."""
    payer: str = field(repr=False)
    """What may be shown of whose account it is."""
    remark: str = field(repr=False)
    """What the payer wrote to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that the bank told. It is told again until it is acknowledged."""

    id: int
    kind: NoticeKind
    reference: str
    """Of the order that it is about: ours; of what was received, the bank's."""
    outcome: Outcome
    """Where the order is now; what was received has succeeded."""
    received: Received | None = None
    """What was received, when that is what it tells."""
    moved_back: Money | None = None
    """How much was moved back, when that is what it tells: all of the order, less what we had given back."""


class LineKind(StrEnum):
    """What was booked on our account."""

    SETTLEMENT = auto()
    """In: what was collected until the day before, less what was taken back of it, in one sum."""
    PAYMENT = auto()
    """Out: an order to pay."""
    RETURN = auto()
    """In: a payment that came back."""
    RECEIPT = auto()
    """In: a transfer that somebody sent, unasked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the statement of our safeguarded account. The amount is positive in either direction."""

    kind: LineKind
    bank_reference: str
    """The bank's, and unique with it."""
    reference: str
    """Ours; empty for a settlement and for a receipt."""
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What a customer gives to bind a card; the bank checks that the three belong together."""

    number: CardNumber = field(repr=False)
    holder: str = field(repr=False)
    phone: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundCard:
    """A card that the bank lets us use: its token, and what may be shown of its number."""

    token: str
    masked: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotBound:
    """The bank does not let us use the card; None as a reason when it gave no answer."""

    reason: RefusalReason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OurAccount:
    """Our safeguarded account with a bank, as somebody has to write it who transfers money to it."""

    bank: str
    holder: str
    number: str


@dataclass(frozen=True, slots=True)
class BankKey:
    """Which bank, in which mode: money of test mode is moved by no real one."""

    mode: Mode
    code: str
    """Short and for ever, such as `icbc`."""
