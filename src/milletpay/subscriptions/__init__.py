"""Subscriptions: an offer that is charged every month under an agreement, each time announced before.

Words: a **subscription** is a customer's offer of a merchant, from a first day on. A **period** is one month
of it, with one charge. What is announced can be **skipped**, and the subscription **canceled**, until the
charge; either withdraws the announcement, so that nothing can be charged for it by any other way.

What holds: a month has one charge however often the work is done, for its reference follows from the period;
the day is the first one's day, or the last of a shorter month; nothing is charged that was not announced so
many days before as the agreement asks; a charge that is declined is tried again by a rule, and then the
subscription lapses. A charge that a card pays is under way until its bank has decided: only then is its
month charged, or the charge declined.
"""

from milletpay.subscriptions.charging import Charging
from milletpay.subscriptions.model import (
    SUBSCRIPTION_ID,
    Subscription,
    SubscriptionId,
    SubscriptionRefusal,
    SubscriptionRefused,
    SubscriptionStatus,
    charge_day,
)
from milletpay.subscriptions.operations import cancel_subscription, skip_charge, subscribe
from milletpay.subscriptions.queries import (
    find_subscription,
    find_subscriptions,
    subscriptions_of_customer,
    subscriptions_of_merchant,
)
from milletpay.subscriptions.shapes import SubscriptionShape, show_subscription

__all__ = [
    "SUBSCRIPTION_ID",
    "Charging",
    "Subscription",
    "SubscriptionId",
    "SubscriptionRefusal",
    "SubscriptionRefused",
    "SubscriptionShape",
    "SubscriptionStatus",
    "cancel_subscription",
    "charge_day",
    "find_subscription",
    "find_subscriptions",
    "show_subscription",
    "skip_charge",
    "subscribe",
    "subscriptions_of_customer",
    "subscriptions_of_merchant",
]
