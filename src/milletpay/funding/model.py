"""The values of funding: sources and their order, draws from cards, and what goes back to them."""

from dataclasses import dataclass, replace
from enum import StrEnum, auto
from typing import Any, Final, NewType, Self, TypeAlias

from milletpay.customers.model import CustomerId
from milletpay.money import Currency, Money
from milletpay.plumbing.ids import IdForm, Prefix
from milletpay.rails.model import BankKey, RefusalReason
from milletpay.wallets.model import CARD_ID, CardId

DrawId = NewType("DrawId", int)
GiveBackId = NewType("GiveBackId", int)

DRAW_ID: Final = IdForm(Prefix.DRAW, DrawId)
GIVE_BACK_ID: Final = IdForm(Prefix.GIVE_BACK, GiveBackId)

SOURCES_MAX: Final = 20
"""How many sources an order names at most."""


class SourceKind(StrEnum):
    """Where the money of a payment may come from. There will be more: a fund, credit."""

    BALANCE = auto()
    """The wallet's balance."""
    CARD = auto()
    """A bound bank card."""


@dataclass(frozen=True, slots=True)
class Source:
    """One place from which a payment can be paid."""

    kind: SourceKind
    card: CardId | None = None
    """Which card, if it is one."""

    def __str__(self) -> str:
        """As it is written everywhere: `balance`, or the id of a card."""
        return self.kind.value if self.card is None else CARD_ID.write(self.card)

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what `str` writes.

        :raises ValueError: when it names no source
        """
        if text == SourceKind.BALANCE:
            return cls(SourceKind.BALANCE)
        return cls(SourceKind.CARD, CARD_ID.read(text))


BALANCE: Final = Source(SourceKind.BALANCE)

Order: TypeAlias = tuple[Source, ...]
"""Sources, the one to be tried first in front."""

ONLY_BALANCE: Final[Order] = (BALANCE,)


def write_order(order: Order) -> str:
    """An order as one line: its sources with a space between."""
    return " ".join(map(str, order))


def read_order(text: str) -> Order:
    """Read what `write_order` writes.

    :raises ValueError: when it names something that is no source
    """
    return tuple(Source.read(word) for word in text.split())


class Manner(StrEnum):
    """How the payer has agreed to pay."""

    CONFIRMED = auto()
    """With the PIN, to this very payment."""
    AGREEMENT = auto()
    """Beforehand, to everything that one merchant charges under an agreement."""
    UNASKED = auto()
    """Not asked: a small amount that was paid by showing a code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What is to be paid, and what that asks of its source."""

    amount: Money
    manner: Manner
    is_held: bool
    """It is held first, and captured later."""


class Bar(StrEnum):
    """Why a source cannot pay, in order of precedence."""

    REMOVED = auto()
    """The customer has no such card any more."""
    HOLDS_NOTHING = auto()
    """The bank draws at once: it cannot hold money until a merchant captures it."""
    CONFIRMATION_NEEDED = auto()
    """It is more than a card may pay unasked."""
    NOT_COVERED = auto()
    """It is not there."""


UNASKED_FROM_CARD: Final = {Currency.CNY: 200_00}
"""What a card pays at most, in minor units, when the payer is not asked: announcement 43 of the People's Bank
of China of 2015, article 10 (3). What a fixed payee charges regularly is free of it, so an agreement is. A
currency that is not here has no rule that we know, and its cards pay nothing unasked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which source pays, if one does, and why those before it do not."""

    source: Source | None
    bars: tuple[Bar, ...]


def plan(order: Order, *, demand: Demand, balance: int, usable: frozenset[CardId]) -> Plan:
    """Choose the one source that pays: the first in the customer's order that can.

    :param balance: what the wallet has, in minor units
    :param usable: the customer's cards that are bound, of banks that move this currency for us
    """
    bars: list[Bar] = []
    for source in order:
        bar = _bar(source, demand=demand, balance=balance, usable=usable)
        if bar is None:
            return Plan(source=source, bars=tuple(bars))
        bars.append(bar)
    return Plan(source=None, bars=tuple(bars))


def _bar(source: Source, *, demand: Demand, balance: int, usable: frozenset[CardId]) -> Bar | None:
    if source.card is None:
        return Bar.NOT_COVERED if balance < demand.amount.minor else None
    if source.card not in usable:
        return Bar.REMOVED
    if demand.is_held:
        return Bar.HOLDS_NOTHING
    most = UNASKED_FROM_CARD.get(demand.amount.currency, 0)
    if demand.manner is Manner.UNASKED and demand.amount.minor > most:
        return Bar.CONFIRMATION_NEEDED
    return None


class Step(StrEnum):
    """What can happen to money on its way between a card and a payment."""

    SEND = auto()
    """The bank is going to be asked: from now on it may have been done."""
    LOSE_SIGHT = auto()
    """The bank gave no answer."""
    SUCCEED = auto()
    """The bank did it, and it was waited for."""
    COME_LATE = auto()
    """The bank drew it, and nobody waited for it any more."""
    FAIL = auto()
    """The bank refused, or has never heard of it."""
    DROP = auto()
    """It is not wanted any more, and the bank was not asked."""
    RETURN = auto()
    """The bank took all of it back before it had told that it drew it."""


class DrawStatus(StrEnum):
    """Where a draw is."""

    CREATED = auto()
    """The payment waits for it; the bank does not know of it."""
    SENT = auto()
    """The bank has been asked, or is being asked."""
    UNKNOWN = auto()
    """The bank gave no answer: it is asked again until it tells."""
    SUCCEEDED = auto()
    """The bank drew it, and the payment has it. Final."""
    UNWANTED = auto()
    """The bank drew it after its payment had ended or gone on: all of it goes back. Final."""
    FAILED = auto()
    """Refused, or never heard of by the bank. A success that comes after all is unwanted."""
    DROPPED = auto()
    """Its payment ended before the bank was asked. Final."""
    RETURNED = auto()
    """The bank took all of it back before anybody had it: nothing came of it. Final."""


class GiveBackStatus(StrEnum):
    """Where money is that goes back to a card."""

    CREATED = auto()
    """It has left the merchant; the bank does not know of it."""
    SENT = auto()
    """The bank has been asked, or is being asked."""
    UNKNOWN = auto()
    """The bank gave no answer: it is asked again until it tells. Never given up."""
    SUCCEEDED = auto()
    """It is on the card. Final."""
    FAILED = auto()
    """The bank refused, or had taken the draw back itself: it is in the customer's balance. Final."""


_D, _G = DrawStatus, GiveBackStatus

DRAW_TRANSITIONS: Final = {
    (_D.CREATED, Step.SEND): _D.SENT,
    (_D.CREATED, Step.DROP): _D.DROPPED,
    (_D.SENT, Step.LOSE_SIGHT): _D.UNKNOWN,
    (_D.SENT, Step.SUCCEED): _D.SUCCEEDED,
    (_D.SENT, Step.COME_LATE): _D.UNWANTED,
    (_D.SENT, Step.FAIL): _D.FAILED,
    (_D.UNKNOWN, Step.SUCCEED): _D.SUCCEEDED,
    (_D.UNKNOWN, Step.COME_LATE): _D.UNWANTED,
    (_D.UNKNOWN, Step.FAIL): _D.FAILED,
    (_D.FAILED, Step.COME_LATE): _D.UNWANTED,
    (_D.SENT, Step.RETURN): _D.RETURNED,
    (_D.UNKNOWN, Step.RETURN): _D.RETURNED,
    (_D.FAILED, Step.RETURN): _D.RETURNED,
}
"""What follows from what. What is not here cannot happen."""

GIVE_BACK_TRANSITIONS: Final = {
    (_G.CREATED, Step.SEND): _G.SENT,
    (_G.CREATED, Step.FAIL): _G.FAILED,
    (_G.SENT, Step.LOSE_SIGHT): _G.UNKNOWN,
    (_G.SENT, Step.SUCCEED): _G.SUCCEEDED,
    (_G.SENT, Step.FAIL): _G.FAILED,
    (_G.UNKNOWN, Step.SUCCEED): _G.SUCCEEDED,
    (_G.UNKNOWN, Step.FAIL): _G.FAILED,
}
"""What follows from what. What is not here cannot happen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """The whole amount of a payment from a card. Moments are nanoseconds since 1970, 0 for not yet."""

    id: DrawId
    payment: int
    """The id of the payment that it is for."""
    attempt: int
    """Which attempt of that payment it is; 0 for a charge that was made with its payer."""
    customer: CustomerId
    card: CardId
    bank: BankKey
    amount: Money
    status: DrawStatus = DrawStatus.CREATED
    reason: RefusalReason | None = None
    """What the bank said when it refused."""
    bank_reference: str = ""
    given_back: int = 0
    """What of it is back on the card, or on its way there, in minor units."""
    created_at: int
    sent_at: int = 0
    let_go_at: int = 0
    """When its payment ended without knowing what becomes of it."""
    decided_at: int = 0
    taken_back: int = 0
    """What the bank took back of it by itself, days later, in minor units."""
    claimed: int = 0
    """What of that was not there to be taken: the bank owes it to us."""
    shortfall: int = 0
    """What of the rest the customer's balance lacked: it came from us, and is owed to us."""
    taken_back_at: int = 0

    @property
    def is_decided(self) -> bool:
        """Whether the bank need not be asked any more."""
        return self.status not in {_D.CREATED, _D.SENT, _D.UNKNOWN}

    @property
    def is_awaited(self) -> bool:
        """Whether its payment goes on as soon as it is known."""
        return not self.is_decided and not self.let_go_at

    @property
    def borne(self) -> int:
        """What was taken back at the customer's expense, in minor units."""
        return self.taken_back - self.claimed

    @property
    def returnable(self) -> int:
        """How much more can go back to the card, in minor units: the bank may have taken it back."""
        return max(0, self.amount.minor - self.given_back - self.taken_back)

    def may(self, step: Step) -> bool:
        """Whether this can happen to it now."""
        return (self.status, step) in DRAW_TRANSITIONS

    def after(self, step: Step, **changes: Any) -> "Draw":  # noqa: ANN401 - its fields
        """The draw as it is after a step."""
        return replace(self, status=DRAW_TRANSITIONS[self.status, step], **changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveBack:
    """Money of a draw on its way back to the card. Moments are nanoseconds since 1970, 0 for not yet."""

    id: GiveBackId
    draw: DrawId
    payment: int
    refund: int | None
    """The id of the refund that it carries out; None when the payment was reversed or had ended before."""
    customer: CustomerId
    card: CardId
    bank: BankKey
    amount: Money
    status: GiveBackStatus = GiveBackStatus.CREATED
    reason: RefusalReason | None = None
    """What the bank said when it refused."""
    bank_reference: str = ""
    created_at: int
    sent_at: int = 0
    decided_at: int = 0

    @property
    def is_decided(self) -> bool:
        """Whether the bank need not be asked any more."""
        return self.status in {_G.SUCCEEDED, _G.FAILED}

    def may(self, step: Step) -> bool:
        """Whether this can happen to it now."""
        return (self.status, step) in GIVE_BACK_TRANSITIONS

    def after(self, step: Step, **changes: Any) -> "GiveBack":  # noqa: ANN401 - its fields
        """The money as it is after a step."""
        return replace(self, status=GIVE_BACK_TRANSITIONS[self.status, step], **changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidCard:
    """What may be shown of the card that pays."""

    bank: str
    last4: str


class FundingRefusal(StrEnum):
    """Why nothing was done, in order of precedence."""

    NOT_FOUND = auto()
    """There is no such draw, or nothing goes back under this id."""
    CUSTOMER_NOT_FOUND = auto()
    """There is no such customer in this mode."""
    CARD_NOT_FOUND = auto()
    """The customer has no such card."""
    NAMED_TWICE = auto()
    """An order names each source once, and at least one."""
    NOT_AS_KNOWN = auto()
    """The bank takes back what it was not asked for, or tells of the same money twice and differently."""
    OWN_FUNDS_LACKING = auto()
    """What of the pool is ours does not cover what the customer lacks: the bank tells it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingRefused:
    """A refusal, in words too."""

    refusal: FundingRefusal
    detail: str
