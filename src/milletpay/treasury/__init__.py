"""Treasury: where the money that the book tells of lies, and what of it is ours.

Words: a **link** says how we work with a bank in one currency: which clearing account carries what is in
transit with it, which safeguarded account that settles to, and where our own money lies. A **movement**
is money that moves between these by the house: **capital** that the company was given, **prefunding** of
the client pool with our own money, and **cash** that has arrived for what the book knew before.

What holds: a movement is booked once for its reference; client money and own money move in pools of their
own, and what of the client pool is ours stands equal on both sides of the bridge.
"""

from milletpay.treasury.cash import Submit, cash_job, cash_schedule
from milletpay.treasury.model import BankLink, Movement, MovementKind, TreasuryRefusal, TreasuryRefused
from milletpay.treasury.operations import BookMovement, OpenBank, Treasury
from milletpay.treasury.proofs import treasury_proofs
from milletpay.treasury.queries import find_links

__all__ = [
    "BankLink",
    "BookMovement",
    "Movement",
    "MovementKind",
    "OpenBank",
    "Submit",
    "Treasury",
    "TreasuryRefusal",
    "TreasuryRefused",
    "cash_job",
    "cash_schedule",
    "find_links",
    "treasury_proofs",
]
