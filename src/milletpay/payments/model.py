"""The values of payments, and why one is declined or refused; their states are in `states`."""

from dataclasses import dataclass, replace
from enum import StrEnum, auto
from typing import NewType

from milletpay.customers.model import CustomerId, DeviceId, PersonId
from milletpay.fees.model import Quote
from milletpay.funding.model import ONLY_BALANCE, Order, PaidCard
from milletpay.ledger.chart import Mode
from milletpay.merchants.model import MerchantId, PlateId, StoreId, TerminalId
from milletpay.money import Currency, Money
from milletpay.payments.presented import Presented
from milletpay.payments.states import TRANSITIONS, Destination, Happening, Outcome, RefundStatus
from milletpay.payments.states import PaymentStatus as PaymentStatus  # noqa: PLC0414 - for pure code above
from milletpay.plumbing.dates import Day
from milletpay.plumbing.ids import IdForm, Prefix

PaymentId = NewType("PaymentId", int)
RefundId = NewType("RefundId", int)
AgreementId = NewType("AgreementId", int)
AnnouncementId = NewType("AnnouncementId", int)

PAYMENT_ID = IdForm(Prefix.PAYMENT, PaymentId)
REFUND_ID = IdForm(Prefix.REFUND, RefundId)
AGREEMENT_ID = IdForm(Prefix.AGREEMENT, AgreementId)
ANNOUNCEMENT_ID = IdForm(Prefix.ANNOUNCEMENT, AnnouncementId)


NO_DAY = Day(0)
"""No day at all."""


class CaptureMethod(StrEnum):
    """When the merchant gets the money."""

    AUTOMATIC = auto()
    """At once."""
    MANUAL = auto()
    """When it captures what was authorized."""


class Decline(StrEnum):
    """Why an attempt was declined, in order of precedence. A decline is an answer and is kept."""

    REVERSED = auto()
    """A reversal arrived before the payment."""
    PAYMENT_CODE_INVALID = auto()
    """The code is not one that can be paid with now; what is wrong with it is not told."""
    AGREEMENT_NOT_ACTIVE = auto()
    """The customer has not signed it, or has canceled it."""
    CUSTOMER_NOT_ACTIVE = auto()
    """The customer's account is frozen or closed."""
    DEVICE_NOT_ACTIVE = auto()
    """The device that asked for it is out of use."""
    NOT_ALLOWED_ON_DEVICE = auto()
    """Its customer allows no such merchant on the device, or not at this time of day."""
    NOT_ANNOUNCED = auto()
    """The agreement asks for notice, and this charge was not announced in time."""
    DECLINED_BY_CUSTOMER = auto()
    """The customer was asked on the phone, and said no."""
    EXCEEDS_CHARGE_LIMIT = auto()
    """More than one charge may be under the agreement."""
    EXCEEDS_LIMIT = auto()
    """A limit per day or month, of the agreement or of the house, would be passed."""
    EXCEEDS_STATIC_LIMIT = auto()
    """More than a person may pay by static codes in a day."""
    EXCEEDS_DEVICE_LIMIT = auto()
    """More than its customer allows on the device, at a time or on a day."""
    CARD_REMOVED = auto()
    """The customer has removed the card."""
    CARD_HOLDS_NOTHING = auto()
    """It is to be held until it is captured, and a bank card is drawn from at once."""
    CONFIRMATION_NEEDED = auto()
    """It is more than a card pays unless its owner confirms."""
    INSUFFICIENT_FUNDS = auto()
    """The balance does not cover it."""
    REFUSED_BY_BANK = auto()
    """The card's bank said no."""
    NOT_KNOWN_TO_BANK = auto()
    """The card's bank has not heard of it in all this time."""


class Refusal(StrEnum):
    """Why a request was refused, in order of precedence. Nothing of it is kept."""

    KEY_REUSED = auto()
    """The idempotency key was used for another request."""
    REFERENCE_USED = auto()
    """The merchant's reference names another payment or refund."""
    PAYMENT_NOT_FOUND = auto()
    """The merchant has no such payment."""
    PLATE_NOT_FOUND = auto()
    """There is no such code plate."""
    PLATE_REVOKED = auto()
    """The plate was taken out of use."""
    STORE_NOT_FOUND = auto()
    """The merchant has no such store."""
    DEVICE_NOT_FOUND = auto()
    """There is no such device in use."""
    AGREEMENT_NOT_FOUND = auto()
    """The merchant has no such agreement."""
    SOURCE_NOT_FOUND = auto()
    """The customer has no such card."""
    EXPIRES_IN_THE_PAST = auto()
    """It is to be made, and the time to pay it is over already."""
    MERCHANT_NOT_ACTIVE = auto()
    """The merchant may not take payments."""
    NO_CONTRACT = auto()
    """The merchant has no contract for this currency."""
    NOT_ALLOWED_ON_DEVICE = auto()
    """Its customer allows this not on the device that asks."""
    WRONG_STATE = auto()
    """The payment is not in a state in which this can be done."""
    NOTICE_TOO_SHORT = auto()
    """The agreement asks for a longer notice."""
    NOTICE_TOO_LONG = auto()
    """Nobody remembers an announcement for so long."""
    EXCEEDS_CHARGE_LIMIT = auto()
    """More than one charge may be under the agreement."""
    TOO_MANY_ANNOUNCED = auto()
    """As many announcements as there may be await their charge."""
    EXPIRED = auto()
    """Its time is over."""
    EXCEEDS_AUTHORIZED = auto()
    """More than is authorized and not captured."""
    EXCEEDS_REFUNDABLE = auto()
    """More than was captured and not refunded."""
    TOO_LATE_TO_REVERSE = auto()
    """A reversal is taken for seven days."""
    MERCHANT_LACKS_FUNDS = auto()
    """What is owed to the merchant does not cover it."""


class Flag(StrEnum):
    """What is unusual about a payment at a plate. It is shown to the merchant, and stops nothing."""

    MANY_PAYERS = auto()
    """More people paid at the plate within a minute than a till can serve."""
    UNUSUAL_AMOUNT = auto()
    """Far more than is usually paid at the plate."""
    TWO_STORES = auto()
    """The payer paid at another store a moment ago, and cannot be at both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A refusal and what it is about."""

    refusal: Refusal
    detail: str
    object: str | None = None
    """The public id of the object that stands in the way, if one does."""
    param: str | None = None
    """The field of the command at fault, if one is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Under which key and name a request was made: what makes a retry safe.

    Hashes are of 16 bytes, as integers: of the scope with the key (0 without one), and of the raw body.
    """

    key_hash: int
    body_hash: int
    reference: str


@dataclass(slots=True, kw_only=True)
class Payment:
    """A payment as it stands. Amounts are in minor units of its currency; times are nanoseconds."""

    id: PaymentId
    merchant: MerchantId
    mode: Mode
    amount: Money
    status: PaymentStatus
    capture_method: CaptureMethod
    quote: Quote
    request: Request
    created_at: int
    expires_at: int
    """When nobody can pay it any more; 0 for never."""
    due_at: int
    """When time ends it: what awaits payment at `expires_at`, what is held at its own end; 0: never."""
    customer: CustomerId | None = None
    agreement: AgreementId | None = None
    store: StoreId | None = None
    """Where it was sold."""
    terminal: TerminalId | None = None
    """At which till or card terminal."""
    device: DeviceId | None = None
    """Which device of the customer asked for it, or showed its code."""
    plate: PlateId | None = None
    """The code plate that was scanned; the payer typed the amount."""
    person: PersonId | None = None
    """Whose limit of static codes it counts towards."""
    flags: tuple[Flag, ...] = ()
    """What is unusual about it."""
    presented: Presented | None = None
    """How the customer agreed, if a payment code was shown."""
    authorized: int = 0
    captured: int = 0
    refunded: int = 0
    taken_back: int = 0
    """What the card's bank took back of it: the customer bears it, and the merchant keeps its money."""
    fee: int = 0
    """Of what is captured, less what was given back."""
    card: PaidCard | None = None
    """The card that pays it, or is asked to; None for the balance."""
    counted_on: Day = NO_DAY
    """The day on which it counts towards limits; 0 if it does not."""
    decline: Decline | None = None
    first_status: PaymentStatus = PaymentStatus.AWAITING_PAYMENT
    """With which the request that made it was answered."""
    description: str = ""
    return_url: str = ""
    metadata: str = ""
    """JSON, as the merchant gave it."""
    events: int = 0
    """How many events it has had."""
    attempts: int = 0
    """How often it was tried to pay it."""

    def as_made(self) -> "Payment":
        """The payment as the request that made it was answered, whatever has become of it."""
        if self.events == 1:
            return self
        paid, held = PaymentStatus.SUCCEEDED, PaymentStatus.AUTHORIZED
        return replace(
            self,
            status=self.first_status,
            authorized=self.amount.minor if self.first_status in {paid, held} else 0,
            captured=self.amount.minor if self.first_status is paid else 0,
            refunded=0,
            taken_back=0,
            fee=self.quote.fee.minor if self.first_status is paid else 0,
            card=self.card if self._asked_card_at_once else None,
            decline=self.decline if self.first_status is PaymentStatus.FAILED else None,
        )

    @property
    def _asked_card_at_once(self) -> bool:
        """Whether the request that made it was answered while a card's bank was asked."""
        return self.first_status is PaymentStatus.PROCESSING and self.is_made_with_payer

    @property
    def is_made_with_payer(self) -> bool:
        """Whether it was tried when it was made, and nobody else can try."""
        with_payer = self.agreement is not None or self.plate is not None
        return with_payer or self.presented is Presented.UNASKED

    def asks(self, customer: CustomerId) -> bool:
        """Whether it waits for this customer, and nobody else, to agree on the phone."""
        is_asked = self.presented is Presented.ASKED and self.status is PaymentStatus.PROCESSING
        return is_asked and self.card is None and self.customer == customer

    @property
    def only_outcome(self) -> Outcome:
        """What became of the only attempt of a payment that was made with its payer."""
        if self.status is PaymentStatus.FAILED:
            return Outcome.DECLINED
        if self.status is PaymentStatus.PROCESSING:
            return Outcome.PENDING
        return Outcome.LET_GO if self.card is not None and not self.captured else Outcome.TOOK_THE_MONEY

    def may(self, happening: Happening) -> bool:
        """Whether this can happen to it now."""
        return (self.status, happening) in TRANSITIONS

    def happen(self, happening: Happening) -> None:
        """Go on to the state that follows."""
        self.status = TRANSITIONS[self.status, happening]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money given back: at once to a balance, and with the bank's word to a card."""

    id: RefundId
    payment: PaymentId
    merchant: MerchantId
    mode: Mode
    amount: Money
    fee_back: int
    """What of our fee goes back with it, in minor units."""
    request: Request
    reason: str
    created_at: int
    status: RefundStatus = RefundStatus.SUCCEEDED
    destination: Destination = Destination.BALANCE
    events: int = 0
    """How many events it has had: as many as times it changed."""

    def as_made(self) -> "Refund":
        """The refund as the request that made it was answered, whatever has become of it.

        What goes to a balance never changes, and what goes to a card is on its way at first.
        """
        if not self.events:
            return self
        return replace(self, status=RefundStatus.PENDING, destination=Destination.CARD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A customer's try to pay a payment. At most one of a payment's attempts takes money."""

    payment: PaymentId
    number: int
    """Of its payment, from 1."""
    customer: CustomerId
    outcome: Outcome
    decline: Decline | None
    """Why it was declined."""
    at: int
    card: PaidCard | None = None
    """The card that was asked; None for the balance."""


class AgreementStatus(StrEnum):
    """Whether a merchant may charge under an agreement."""

    PENDING_SIGNATURE = auto()
    """The customer has not decided."""
    ACTIVE = auto()
    """Signed: charges within its limits need no question."""
    CANCELED = auto()
    """Ended, by either side. Final."""


@dataclass(slots=True, kw_only=True)
class Agreement:
    """A customer's standing permission for a merchant to charge without asking each time.

    Limits are in minor units of the currency: of one charge, of an accounting day, of a calendar month.
    """

    id: AgreementId
    merchant: MerchantId
    mode: Mode
    customer: CustomerId | None
    status: AgreementStatus
    currency: Currency
    charge_limit: int
    day_limit: int
    month_limit: int
    day_charges: int
    """How many charges a day."""
    notice_days: int
    """Each charge is announced so many days before it; 0 for not at all."""
    request: Request
    description: str
    sources: Order = ONLY_BALANCE
    """From what charges are paid, as the customer has signed it."""
    created_at: int = 0
    signed_at: int = 0
    canceled_at: int = 0
    events: int = 0
    """How many events it has had."""

    def as_made(self) -> "Agreement":
        """The agreement as the request that made it was answered, whatever has become of it."""
        return replace(
            self,
            status=AgreementStatus.PENDING_SIGNATURE,
            customer=None,
            sources=ONLY_BALANCE,
            signed_at=0,
            canceled_at=0,
        )


@dataclass(slots=True, kw_only=True)
class Announcement:
    """What a customer was told of a charge to come; good for one charge."""

    id: AnnouncementId
    agreement: AgreementId
    amount: int
    """At most so much, in minor units of the agreement's currency."""
    charge_on: Day
    """Not before this day."""
    announced_at: int
    payment: PaymentId | None = None
    """The charge that used it."""
    withdrawn_at: int = 0
    """When it was taken back, or 0: nothing is charged for it then."""

    @property
    def is_open(self) -> bool:
        """Whether a charge can still use it."""
        return self.payment is None and not self.withdrawn_at
