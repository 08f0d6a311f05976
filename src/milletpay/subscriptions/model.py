"""The values of subscriptions: when what is charged, and what follows from a decline. Pure."""

from calendar import monthrange
from dataclasses import dataclass
from enum import StrEnum, auto
from hashlib import sha256
from typing import Final, NewType

from milletpay.customers.model import CustomerId
from milletpay.entitlements.model import OfferId
from milletpay.ledger.chart import Mode
from milletpay.merchants.model import MerchantId
from milletpay.money import Money
from milletpay.payments.model import AgreementId, AnnouncementId
from milletpay.plumbing.dates import Day, add_days
from milletpay.plumbing.ids import IdForm, Prefix

SubscriptionId = NewType("SubscriptionId", int)
SUBSCRIPTION_ID: Final = IdForm(Prefix.SUBSCRIPTION, SubscriptionId)

RETRIED_AFTER: Final = (1, 3, 7)
"""So many days after its day a charge is tried again; after the last one the subscription lapses."""


class SubscriptionStatus(StrEnum):
    """Whether it is charged."""

    ACTIVE = auto()
    """Each month."""
    CANCELED = auto()
    """By either side, for ever."""
    LAPSED = auto()
    """The last try was declined. For ever; the customer subscribes anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """An offer that is charged every month."""

    id: SubscriptionId
    merchant: MerchantId
    mode: Mode
    customer: CustomerId
    agreement: AgreementId
    offer: OfferId
    amount: Money
    notice_days: int
    first_on: Day
    """The day of the first charge, whose day of the month all others have."""
    status: SubscriptionStatus = SubscriptionStatus.ACTIVE
    period: int = 0
    """Which month is charged next, from 0."""
    charge_on: Day
    """The day of the next charge: the month's, or later where it was announced late."""
    is_announced: bool = False
    tries: int = 0
    """How often this month's charge was declined."""
    look_at: int = 0
    """When it is looked how the charge under way stands, in nanoseconds; 0: none is under way."""
    events: int = 1
    """How many events it has had."""

    @property
    def due_on(self) -> Day:
        """When there is something to do: to announce, to charge, to try again."""
        if not self.is_announced:
            return add_days(self.charge_on, days=-self.notice_days)
        return add_days(self.charge_on, days=(0, *RETRIED_AFTER)[self.tries])

    @property
    def is_being_charged(self) -> bool:
        """Whether a bank is asked for this month's charge, and has not decided."""
        return self.look_at > 0

    @property
    def announcement(self) -> AnnouncementId:
        """The id of what this month's charge is announced as: it follows from the month."""
        return AnnouncementId(self._derived("announcement"))

    @property
    def reference(self) -> str:
        """The reference of this month's charge, one for each try."""
        return f"sub-{self._derived('charge'):032x}-{self.tries}"

    def _derived(self, what: str) -> int:
        digest = sha256(f"{what}\0{self.id:032x}\0{self.period}".encode()).digest()
        return self.id >> 80 << 80 | int.from_bytes(digest[:10])


class SubscriptionRefusal(StrEnum):
    """Why nothing was done, in order of precedence."""

    NOT_FOUND = auto()
    """There is no such subscription, agreement or offer."""
    NOT_ACTIVE = auto()
    """It, or the agreement under which it is charged, is not active."""
    NOTICE_NEEDED = auto()
    """The agreement promises no notice, and each month is announced."""
    EXCEEDS_CHARGE_LIMIT = auto()
    """The agreement does not allow so much in one charge."""
    TOO_SOON = auto()
    """The first day leaves no time to announce it."""
    CHARGED = auto()
    """That month was charged, or skipped, already; or a bank is asked for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionRefused:
    """A refusal, in words too."""

    refusal: SubscriptionRefusal
    detail: str


def charge_day(first_on: Day, *, period: int) -> Day:
    """The day of a month's charge: as the first one's, or the last day where the month is shorter."""
    months = first_on // 10_000 * 12 + first_on // 100 % 100 - 1 + period
    year, month = months // 12, months % 12 + 1
    return Day(year * 10_000 + month * 100 + min(first_on % 100, monthrange(year, month)[1]))
