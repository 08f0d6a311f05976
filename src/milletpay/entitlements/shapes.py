"""How offers and entitlements are shown in public: in answers of the API and in webhooks alike."""

from typing import Literal, Self

from milletpay.customers import CUSTOMER_ID, DEVICE_ID
from milletpay.entitlements.model import ENTITLEMENT_ID, OFFER_ID, Entitlement, Offer
from milletpay.ledger.chart import Mode
from milletpay.merchants import MERCHANT_ID
from milletpay.payments import PAYMENT_ID
from milletpay.plumbing.dates import rfc3339
from milletpay.plumbing.shapes import Output


class OfferShape(Output, frozen=True, kw_only=True):
    """Something that is sold for use."""

    id: str
    object: Literal["offer"] = "offer"
    created_at: str
    livemode: bool
    merchant: str
    content: str
    name_en: str
    name_zh: str
    amount: int
    currency: str
    days: int | None
    retired_at: str | None

    @classmethod
    def example(cls) -> Self:
        """A month of a channel."""
        return cls(
            id="off_01kdz9m4h0000g40r40m30e20f",
            created_at="2026-12-01T02:03:04.005Z",
            livemode=False,
            merchant="mer_01kdz9m4h0000g40r40m30e20a",
            content="channel-nature",
            name_en="Nature, one month",
            name_zh="自然频道，一个月",
            amount=1500,
            currency="CNY",
            days=31,
            retired_at=None,
        )


class EntitlementShape(Output, frozen=True, kw_only=True):
    """That a customer may use something."""

    id: str
    object: Literal["entitlement"] = "entitlement"
    created_at: str
    livemode: bool
    status: Literal["granted", "revoked"]
    merchant: str
    customer: str
    device: str | None
    payment: str
    offer: str
    content: str
    ends_at: str | None
    revoked_at: str | None

    @classmethod
    def example(cls) -> Self:
        """A film that was bought on a television."""
        return cls(
            id="ent_01kdz9m4h0000g40r40m30e20g",
            created_at="2026-12-01T02:03:04.005Z",
            livemode=False,
            status="granted",
            merchant="mer_01kdz9m4h0000g40r40m30e20a",
            customer="cus_01kdz9m4h0000g40r40m30e20h",
            device="dev_01kdz9m4h0000g40r40m30e20j",
            payment="pay_01kdz9m4h0000g40r40m30e209",
            offer="off_01kdz9m4h0000g40r40m30e20f",
            content="film-the-long-river",
            ends_at=None,
            revoked_at=None,
        )


def show_offer(offer: Offer) -> OfferShape:
    """An offer as it stands."""
    return OfferShape(
        id=OFFER_ID.write(offer.id),
        created_at=rfc3339(offer.created_at),
        livemode=offer.mode is Mode.LIVE,
        merchant=MERCHANT_ID.write(offer.merchant),
        content=offer.content,
        name_en=offer.names.en,
        name_zh=offer.names.zh,
        amount=offer.amount.minor,
        currency=offer.amount.currency.code,
        days=offer.days,
        retired_at=rfc3339(offer.retired_at) if offer.retired_at else None,
    )


def show_entitlement(entitlement: Entitlement) -> EntitlementShape:
    """An entitlement as it stands."""
    return EntitlementShape(
        id=ENTITLEMENT_ID.write(entitlement.id),
        created_at=rfc3339(entitlement.granted_at),
        livemode=entitlement.mode is Mode.LIVE,
        status="revoked" if entitlement.revoked_at else "granted",
        merchant=MERCHANT_ID.write(entitlement.merchant),
        customer=CUSTOMER_ID.write(entitlement.customer),
        device=None if entitlement.device is None else DEVICE_ID.write(entitlement.device),
        payment=PAYMENT_ID.write(entitlement.payment),
        offer=OFFER_ID.write(entitlement.offer),
        content=entitlement.content,
        ends_at=rfc3339(entitlement.ends_at) if entitlement.ends_at else None,
        revoked_at=rfc3339(entitlement.revoked_at) if entitlement.revoked_at else None,
    )
