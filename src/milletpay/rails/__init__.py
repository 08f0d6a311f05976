"""Rails: money outside of our book. Each adapter stands beside a simulator that meets the same contract.

Words: a **bank** moves money between its customers' cards and our safeguarded account with it. An
**order** asks it to, under a **reference** of ours; an **outcome** says how far it is, and may be
unknown. A **notice** is what the bank tells by itself, later: an outcome, or that money has come back. A
**statement** lists what was booked on our account in a day.

What holds: an order is done at most once for its reference, however often it is given; no answer means
unknown, never refused; a bank is called outside of any transaction of ours; of a card we keep the bank's
token and what may be shown, never the number.
"""

from milletpay.rails.bank import Bank
from milletpay.rails.card_number import CardNumber, NotACardNumber, luhn, numbered_from, read_card_number
from milletpay.rails.faults import AnyOf, Direction, Fault, NextOrders
from milletpay.rails.mailbox import RECEIVED, Banks, Hear, Mailbox
from milletpay.rails.model import (
    BankKey,
    Binding,
    BoundCard,
    Line,
    LineKind,
    NotBound,
    Notice,
    NoticeKind,
    Order,
    OurAccount,
    Outcome,
    OutcomeStatus,
    Received,
    RefusalReason,
)
from milletpay.rails.simulated_bank import SimulatedBank

__all__ = [
    "RECEIVED",
    "AnyOf",
    "Bank",
    "BankKey",
    "Banks",
    "Binding",
    "BoundCard",
    "CardNumber",
    "Direction",
    "Fault",
    "Hear",
    "Line",
    "LineKind",
    "Mailbox",
    "NextOrders",
    "NotACardNumber",
    "NotBound",
    "Notice",
    "NoticeKind",
    "Order",
    "OurAccount",
    "Outcome",
    "OutcomeStatus",
    "Received",
    "RefusalReason",
    "SimulatedBank",
    "luhn",
    "numbered_from",
    "read_card_number",
]
