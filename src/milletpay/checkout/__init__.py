"""Checkout: what a payer sees of a payment, and the way back to the shop.

Words: a **session** is one payment as its payer sees it. There is nothing to keep: the link's token names the
payment, and the payment is the truth; so two tabs, a refresh and the back button show the same, and the
payment is paid once however often somebody presses. Its **standing** is what can still be done. The **way
back** leads to the shop with a signed word on how the payment stands.

What holds: one payment has one session and one link; the way back is a courtesy: a shop that reads it asks
for the payment all the same.
"""

from milletpay.checkout.model import (
    CheckoutKeys,
    Return,
    Session,
    Standing,
    read_return,
    standing_of,
    way_back,
)
from milletpay.checkout.plates import PlateSession, find_plate_session, pay_at, payment_payload, plate_payload
from milletpay.checkout.queries import find_session
from milletpay.checkout.watch import PRESENTED_NS, Watch

__all__ = [
    "PRESENTED_NS",
    "CheckoutKeys",
    "PlateSession",
    "Return",
    "Session",
    "Standing",
    "Watch",
    "find_plate_session",
    "find_session",
    "pay_at",
    "payment_payload",
    "plate_payload",
    "read_return",
    "standing_of",
    "way_back",
]
