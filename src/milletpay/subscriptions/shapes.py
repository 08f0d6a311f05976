"""How subscriptions are shown in public: in answers of the API and in webhooks alike."""

from typing import Annotated, Literal, Self

import msgspec

from milletpay.customers import CUSTOMER_ID
from milletpay.entitlements import OFFER_ID
from milletpay.ledger.chart import Mode
from milletpay.merchants import MERCHANT_ID
from milletpay.payments import AGREEMENT_ID
from milletpay.plumbing.dates import format_day
from milletpay.plumbing.shapes import Output
from milletpay.subscriptions.model import SUBSCRIPTION_ID, Subscription, SubscriptionStatus


class SubscriptionShape(Output, frozen=True, kw_only=True):
    """An offer that is charged every month."""

    id: str
    object: Literal["subscription"] = "subscription"
    livemode: bool
    status: SubscriptionStatus
    merchant: str
    customer: str
    agreement: str
    offer: str
    amount: int
    currency: str
    first_on: str
    period: Annotated[int, msgspec.Meta(description="Which month is charged next, from 0.")]
    charge_on: str
    is_announced: bool
    is_being_charged: Annotated[
        bool, msgspec.Meta(description="A card's bank is asked, and has not decided.")
    ]
    declined: Annotated[int, msgspec.Meta(description="How often this month's charge was declined.")]

    @classmethod
    def example(cls) -> Self:
        """A channel, before its first charge."""
        return cls(
            id="sub_01kdz9m4h0000g40r40m30e20m",
            livemode=False,
            status=SubscriptionStatus.ACTIVE,
            merchant="mer_01kdz9m4h0000g40r40m30e20a",
            customer="cus_01kdz9m4h0000g40r40m30e20h",
            agreement="agr_01kdz9m4h0000g40r40m30e20b",
            offer="off_01kdz9m4h0000g40r40m30e20f",
            amount=1500,
            currency="CNY",
            first_on="2027-01-31",
            period=0,
            charge_on="2027-01-31",
            is_announced=False,
            is_being_charged=False,
            declined=0,
        )


def show_subscription(subscription: Subscription) -> SubscriptionShape:
    """A subscription as it stands."""
    return SubscriptionShape(
        id=SUBSCRIPTION_ID.write(subscription.id),
        livemode=subscription.mode is Mode.LIVE,
        status=subscription.status,
        merchant=MERCHANT_ID.write(subscription.merchant),
        customer=CUSTOMER_ID.write(subscription.customer),
        agreement=AGREEMENT_ID.write(subscription.agreement),
        offer=OFFER_ID.write(subscription.offer),
        amount=subscription.amount.minor,
        currency=subscription.amount.currency.code,
        first_on=format_day(subscription.first_on),
        period=subscription.period,
        charge_on=format_day(subscription.charge_on),
        is_announced=subscription.is_announced,
        is_being_charged=subscription.is_being_charged,
        declined=subscription.tries,
    )
