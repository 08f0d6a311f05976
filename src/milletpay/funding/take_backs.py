"""Take-backs: what a bank takes back of a draw by itself, days later, as its customer disputed it.

The customer bears it: the balance as far as it goes, and the rest is owed to us. What of it was not there any
more, as it had gone back to the card, is no customer's debt: it is claimed from the bank.
"""

from collections.abc import Sequence
from dataclasses import replace

from milletpay.funding.facts import FundingFacts
from milletpay.funding.model import (
    Draw,
    DrawStatus,
    FundingRefusal,
    FundingRefused,
    GiveBackId,
    GiveBackStatus,
    Step,
)
from milletpay.funding.postings import taken_back
from milletpay.ledger import CreateTransferStatus
from milletpay.money import Money
from milletpay.wallets import shortfall_of


def why_not(draw: Draw, *, amount: Money) -> FundingRefused | None:
    """Why it cannot be taken in, if it cannot; the notice stays with the bank then."""
    told_before = draw.taken_back and draw.taken_back != amount.minor
    if amount.currency is not draw.amount.currency or told_before:
        known = f"{draw.taken_back} minor units of {draw.amount}"
        return _refused(f"the bank says that {amount} was taken back; what we know is {known}")
    if draw.status in {DrawStatus.CREATED, DrawStatus.DROPPED}:
        return _refused(f"the bank takes back {amount} of a draw that it was not asked for")
    return None


def return_draw(facts: FundingFacts, draw: Draw, *, amount: Money) -> Draw:
    """All of it was taken back before anybody had it: nothing moves."""
    return facts.keep(
        draw.after(
            Step.RETURN,
            reason=None,
            taken_back=amount.minor,
            claimed=amount.minor - draw.amount.minor,
            taken_back_at=facts.book.now,
            decided_at=facts.book.now,
        )
    )


def not_to_be_asked(facts: FundingFacts, draw: Draw) -> Sequence[GiveBackId]:
    """What no bank was asked to give back yet, and would not: it has taken it back itself."""
    mine = [back for back in facts.give_backs.values() if back.draw == draw.id]
    going = sum(back.amount.minor for back in mine if back.status is not GiveBackStatus.FAILED)
    if going + draw.taken_back <= draw.amount.minor:
        return []
    return [back.id for back in mine if back.status is GiveBackStatus.CREATED]


def take_back(facts: FundingFacts, draw: Draw, *, amount: Money) -> Draw | FundingRefused:
    """The draw, less what the bank took back of it; all give-backs of it are here."""
    given = sum(
        back.amount.minor
        for back in facts.give_backs.values()
        if back.draw == draw.id and back.status is GiveBackStatus.SUCCEEDED
    )
    borne = Money(min(amount.minor, draw.amount.minor - given), amount.currency)
    shortfall = shortfall_of(facts.book, customer=draw.customer, mode=draw.bank.mode, taken=borne)
    taken = replace(
        draw,
        taken_back=amount.minor,
        claimed=amount.minor - borne.minor,
        shortfall=shortfall,
        taken_back_at=facts.book.now,
    )
    if borne.minor:
        transfers = taken_back(taken, link=facts.link(draw), ids=facts.book.new_id, date=facts.today)
        statuses = set(facts.book.post(transfers))
        if CreateTransferStatus.exceeds_credits in statuses:
            detail = f"what of the pool is ours does not cover the {shortfall} that the customer lacks"
            return FundingRefused(refusal=FundingRefusal.OWN_FUNDS_LACKING, detail=detail)
        assert statuses == {CreateTransferStatus.created}, f"{statuses} for {draw}"
    return facts.keep(taken)


def _refused(detail: str) -> FundingRefused:
    return FundingRefused(refusal=FundingRefusal.NOT_AS_KNOWN, detail=detail)
