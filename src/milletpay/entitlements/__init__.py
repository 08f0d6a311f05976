"""Entitlements: what was bought may be used, until it ends or the money goes back.

Words: an **offer** is something that a merchant sells for use, with a price and for how long; its **content**
is the merchant's own name for what may be used. An **entitlement** is what one payment has bought: of the
customer whose device asked for it, else of whoever paid. Any payment whose metadata names an offer of its
merchant buys it.

What holds: an entitlement follows its payment by the outbox, and is granted once and taken back once however
often the news comes, and whichever process dies in between; it stands while the payment is paid and not given
back whole; an **order** of a device is one payment for as long as it can be paid, however often it is shown.
"""

from milletpay.entitlements.hearing import GRANTING, Granting
from milletpay.entitlements.model import (
    ENTITLEMENT_ID,
    OFFER_ID,
    Entitlement,
    EntitlementId,
    Offer,
    OfferId,
    OfferRefusal,
    OfferRefused,
    entitlement_id,
    entitles,
)
from milletpay.entitlements.operations import add_offer, retire_offer
from milletpay.entitlements.orders import (
    Orders,
    is_order_of,
    metadata_of,
    offer_named,
    ordered,
    ordered_names,
)
from milletpay.entitlements.queries import (
    entitlements_of,
    find_entitlement,
    find_entitlements,
    find_offer,
    offers_of,
)
from milletpay.entitlements.shapes import EntitlementShape, OfferShape, show_entitlement, show_offer

__all__ = [
    "ENTITLEMENT_ID",
    "GRANTING",
    "OFFER_ID",
    "Entitlement",
    "EntitlementId",
    "EntitlementShape",
    "Granting",
    "Offer",
    "OfferId",
    "OfferRefusal",
    "OfferRefused",
    "OfferShape",
    "Orders",
    "add_offer",
    "entitlement_id",
    "entitlements_of",
    "entitles",
    "find_entitlement",
    "find_entitlements",
    "find_offer",
    "is_order_of",
    "metadata_of",
    "offer_named",
    "offers_of",
    "ordered",
    "ordered_names",
    "retire_offer",
    "show_entitlement",
    "show_offer",
]
