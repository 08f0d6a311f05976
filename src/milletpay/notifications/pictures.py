"""What merchants are shown of the objects that events are about: the same as when they ask for them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from milletpay.entitlements import EntitlementId, find_entitlements, show_entitlement
from milletpay.ledger.chart import Mode
from milletpay.merchants import MerchantId
from milletpay.notifications.events import Painter, Picture
from milletpay.notifications.model import Owner
from milletpay.payments import (
    Agreement,
    AgreementId,
    Payment,
    PaymentId,
    Refund,
    RefundId,
    find_agreements,
    find_payments,
    find_refunds,
)
from milletpay.plumbing.database import Connection
from milletpay.plumbing.shapes import Output
from milletpay.subscriptions import SubscriptionId, find_subscriptions, show_subscription


class Owned(Protocol):
    """An object of a merchant."""

    @property
    def merchant(self) -> MerchantId:
        """Whose it is."""

    @property
    def mode(self) -> Mode:
        """In which mode."""


@dataclass(frozen=True, slots=True)
class PaymentPictures:
    """Paints payments."""

    show: Callable[[Payment], Output]

    async def __call__(self, connection: Connection, /, *, objects: Collection[int]) -> Mapping[int, Picture]:
        """Pictures of payments."""
        payments = await find_payments(connection, ids=[PaymentId(id) for id in objects])
        return {payment.id: _picture(payment, self.show(payment)) for payment in payments}


@dataclass(frozen=True, slots=True)
class RefundPictures:
    """Paints refunds."""

    show: Callable[[Refund], Output]

    async def __call__(self, connection: Connection, /, *, objects: Collection[int]) -> Mapping[int, Picture]:
        """Pictures of refunds."""
        refunds = await find_refunds(connection, ids=[RefundId(id) for id in objects])
        return {refund.id: _picture(refund, self.show(refund)) for refund in refunds}


@dataclass(frozen=True, slots=True)
class AgreementPictures:
    """Paints agreements."""

    show: Callable[[Agreement], Output]

    async def __call__(self, connection: Connection, /, *, objects: Collection[int]) -> Mapping[int, Picture]:
        """Pictures of agreements."""
        agreements = await find_agreements(connection, ids=[AgreementId(id) for id in objects])
        return {agreement.id: _picture(agreement, self.show(agreement)) for agreement in agreements}


async def paint_entitlements(connection: Connection, /, *, objects: Collection[int]) -> Mapping[int, Picture]:
    """Pictures of entitlements."""
    found = await find_entitlements(connection, ids=[EntitlementId(id) for id in objects])
    return {entitlement.id: _picture(entitlement, show_entitlement(entitlement)) for entitlement in found}


async def paint_subscriptions(
    connection: Connection, /, *, objects: Collection[int]
) -> Mapping[int, Picture]:
    """Pictures of subscriptions."""
    found = await find_subscriptions(connection, ids=[SubscriptionId(id) for id in objects])
    return {one.id: _picture(one, show_subscription(one)) for one in found}


def painters(
    *,
    payment: Callable[[Payment], Output],
    refund: Callable[[Refund], Output],
    agreement: Callable[[Agreement], Output],
) -> Mapping[str, Painter]:
    """By the first word of a kind of event, who paints what it is about.

    Events of all other kinds concern no merchant.
    """
    return {
        "payment": PaymentPictures(payment),
        "plate": PaymentPictures(payment),  # flagged is what was paid there
        "refund": RefundPictures(refund),
        "agreement": AgreementPictures(agreement),
        "entitlement": paint_entitlements,
        "subscription": paint_subscriptions,
    }


def _picture(owned: Owned, shape: Output) -> Picture:
    return Picture(owner=Owner(merchant=owned.merchant, mode=owned.mode), shape=shape)
