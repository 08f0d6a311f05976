"""Funding: which source pays, in what order, and payments that a bank card funds.

Words: a **source** is the balance or a bound card; an **order** names sources, the first to be tried first;
the **plan** picks the one that pays. A **draw** is what a payment takes from a card, a **give-back** is what
goes to the card again.

What holds: one source pays the whole of a payment; a draw is its payment's, or goes back by itself, whenever
the bank says so and however often; a card gets back at most what was drawn from it; money that its card does
not take is in the customer's balance; what the bank did not answer is unknown, and asked again.
"""

from milletpay.funding.draws import GIVE_UP_NS, AskForDraw
from milletpay.funding.facts import DRAW_JOB, GIVE_BACK_JOB
from milletpay.funding.give_backs import AskForGiveBack
from milletpay.funding.model import (
    BALANCE,
    DRAW_ID,
    GIVE_BACK_ID,
    ONLY_BALANCE,
    SOURCES_MAX,
    Bar,
    Demand,
    Draw,
    DrawId,
    DrawStatus,
    FundingRefusal,
    FundingRefused,
    GiveBack,
    GiveBackId,
    GiveBackStatus,
    Manner,
    Order,
    PaidCard,
    Plan,
    Source,
    SourceKind,
    Step,
    plan,
    read_order,
    write_order,
)
from milletpay.funding.operations import ChooseSources, Chosen, Funding
from milletpay.funding.proofs import debt_proof, funding_proofs
from milletpay.funding.queries import draws_of, give_backs_of, order_of

__all__ = [
    "BALANCE",
    "DRAW_ID",
    "DRAW_JOB",
    "GIVE_BACK_ID",
    "GIVE_BACK_JOB",
    "GIVE_UP_NS",
    "ONLY_BALANCE",
    "SOURCES_MAX",
    "AskForDraw",
    "AskForGiveBack",
    "Bar",
    "ChooseSources",
    "Chosen",
    "Demand",
    "Draw",
    "DrawId",
    "DrawStatus",
    "Funding",
    "FundingRefusal",
    "FundingRefused",
    "GiveBack",
    "GiveBackId",
    "GiveBackStatus",
    "Manner",
    "Order",
    "PaidCard",
    "Plan",
    "Source",
    "SourceKind",
    "Step",
    "debt_proof",
    "draws_of",
    "funding_proofs",
    "give_backs_of",
    "order_of",
    "plan",
    "read_order",
    "write_order",
]
