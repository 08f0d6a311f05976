"""What merchants are shown of the objects that events are about: the same as when they ask for them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from milletpay.entitlements import EntitlementId, find_entitlements, show_entitlement
from milletpay.ledger.chart import Mode
from milletpay.merchants import Merchant, MerchantId, Store, StoreId, TerminalId, find_merchants, find_stores
from milletpay.notifications.events import Painter, Picture
from milletpay.notifications.model import Owner
from milletpay.payments import (
    Agreement,
    AgreementId,
    Guesses,
    Payment,
    PaymentId,
    Refund,
    RefundId,
    find_agreements,
    find_guesses,
    find_payments,
    find_refunds,
)
from milletpay.plumbing.database import Connection
from milletpay.plumbing.shapes import Output
from milletpay.subscriptions import SubscriptionId, find_subscriptions, show_subscription
from milletpay.terminals import GuessedAt, Terminal, find_batches, find_terminals, show_batch, show_guessing


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


async def paint_batches(connection: Connection, /, *, objects: Collection[int]) -> Mapping[int, Picture]:
    """Pictures of closed batches."""
    found = await find_batches(connection, objects=objects)
    return {about: _picture(of, show_batch(of)) for about, of in found.items()}


async def paint_guessing(connection: Connection, /, *, objects: Collection[int]) -> Mapping[int, Picture]:
    """Pictures of terminals, stores and merchants where codes were guessed at.

    What was counted is forgotten after a while: then the place stands there alone.
    """
    ids = list(objects)
    terminals: dict[int, Terminal] = {
        one.id: one for one in await find_terminals(connection, ids=[TerminalId(id) for id in ids])
    }
    stores: dict[int, Store] = {
        one.id: one for one in await find_stores(connection, ids=[StoreId(id) for id in ids])
    }
    owners = [MerchantId(id) for id in ids] + [store.merchant for store in stores.values()]
    merchants: dict[int, Merchant] = {one.id: one for one in await find_merchants(connection, ids=owners)}
    counted = {one.subject: one for one in await find_guesses(connection, subjects=ids)}
    found: dict[int, Picture] = {}
    for about in ids:
        terminal, store = terminals.get(about), stores.get(about)
        merchant = merchants.get(about if store is None else store.merchant)
        guesses = counted.get(about) or Guesses(subject=about)
        if terminal is not None:
            owner = Owner(merchant=terminal.merchant, mode=terminal.mode)
            at = GuessedAt(store=terminal.store, terminal=terminal.id, guesses=guesses)
        elif merchant is not None:
            owner = Owner(merchant=merchant.id, mode=merchant.mode)
            at = GuessedAt(store=None if store is None else store.id, terminal=None, guesses=guesses)
        else:
            continue
        found[about] = Picture(owner=owner, shape=show_guessing(at))
    return found


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
        "batch": paint_batches,
        "codes": paint_guessing,
    }


def _picture(owned: Owned, shape: Output) -> Picture:
    return Picture(owner=Owner(merchant=owned.merchant, mode=owned.mode), shape=shape)
