"""The values of entitlements: what a merchant offers, and who may use what was bought."""

from dataclasses import dataclass
from enum import StrEnum, auto
from hashlib import sha256
from typing import Final, NewType

from milletpay.customers.model import CustomerId, DeviceId
from milletpay.ledger.chart import Mode
from milletpay.merchants.model import MerchantId, Names
from milletpay.money import Money
from milletpay.payments.model import Payment, PaymentId, PaymentStatus
from milletpay.plumbing.ids import IdForm, Prefix

OfferId = NewType("OfferId", int)
EntitlementId = NewType("EntitlementId", int)

OFFER_ID: Final = IdForm(Prefix.OFFER, OfferId)
ENTITLEMENT_ID: Final = IdForm(Prefix.ENTITLEMENT, EntitlementId)

DAY_NS: Final = 24 * 3600 * 10**9
CHANCE_BITS: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Something that a merchant sells for use: a film, a month of a channel. Its terms never change."""

    id: OfferId
    merchant: MerchantId
    mode: Mode
    content: str
    """The merchant's own name for what may be used."""
    names: Names
    amount: Money
    days: int | None
    """How long it may be used; None for ever."""
    created_at: int
    retired_at: int = 0
    """Nanoseconds; 0 while it is sold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlement:
    """What one payment has bought: a customer may use something, until it ends or is taken back."""

    id: EntitlementId
    payment: PaymentId
    offer: OfferId
    merchant: MerchantId
    mode: Mode
    customer: CustomerId
    device: DeviceId | None
    """On which it was bought; it may be used on all of the customer's."""
    content: str
    granted_at: int
    ends_at: int
    """Nanoseconds; 0 for never."""
    revoked_at: int = 0
    """Nanoseconds; 0 while it stands."""


class OfferRefusal(StrEnum):
    """Why nothing was done, in order of precedence."""

    NOT_FOUND = auto()
    """There is no such offer."""
    RETIRED = auto()
    """It is sold no longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRefused:
    """A refusal, in words too."""

    refusal: OfferRefusal
    detail: str


def entitlement_id(payment: PaymentId) -> EntitlementId:
    """The id of what a payment buys: it follows from the payment, so that there is one however often."""
    chance = sha256(b"entitlement\0" + payment.to_bytes(16)).digest()[: CHANCE_BITS // 8]
    return EntitlementId(payment >> CHANCE_BITS << CHANCE_BITS | int.from_bytes(chance))


def entitles(payment: Payment) -> bool:
    """Whether what a payment has bought may be used: it is paid, and not given back whole.

    A part that is given back is a lower price. Whoever wants the content back refunds all, or reverses.
    """
    return payment.status is PaymentStatus.SUCCEEDED and payment.refunded < payment.captured
