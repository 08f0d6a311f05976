"""Draws: the amount of a payment from a card. Its payment takes it, or it goes back by itself."""

from dataclasses import dataclass, replace
from typing import Final

from milletpay.customers import CustomerId
from milletpay.funding.facts import FundingFacts
from milletpay.funding.give_backs import start_give_back
from milletpay.funding.model import DRAW_ID, Draw, DrawId, FundingRefusal, FundingRefused, Step
from milletpay.funding.postings import drawn_late
from milletpay.money import Money
from milletpay.plumbing.clock import SECOND
from milletpay.rails import Direction, Outcome
from milletpay.rails import Order as BankOrder
from milletpay.wallets import Asking, CardId

GIVE_UP_NS: Final = 600 * SECOND
"""A draw that the bank has not heard of after so long has failed, so that the payer can try again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForDraw:
    """Get ready to ask the bank: from now on the money may have been drawn."""

    id: DrawId


def start_draw(
    facts: FundingFacts, *, payment: int, attempt: int, customer: CustomerId, card: CardId, amount: Money
) -> Draw:
    """Have an amount drawn from a customer's card, which is known to be usable."""
    bound = facts.wallets.card(card)
    assert bound is not None, f"no card {card}"
    draw = Draw(
        id=DrawId(facts.book.new_id()),
        payment=payment,
        attempt=attempt,
        customer=customer,
        card=card,
        bank=bound.bank,
        amount=amount,
        created_at=facts.book.now,
    )
    facts.ask_bank(draw)
    return facts.keep(draw)


def ask_for_draw(facts: FundingFacts, command: AskForDraw) -> Asking | Draw | FundingRefused:
    """What to ask the bank, or the draw when there is nothing to ask any more."""
    draw = facts.draws.get(command.id)
    if draw is None:
        return FundingRefused(refusal=FundingRefusal.NOT_FOUND, detail="there is no such draw")
    if draw.is_decided:
        return draw
    card = facts.wallets.card(draw.card)
    assert card is not None, f"no card of {draw}"
    first = draw.may(Step.SEND)
    if first:
        draw = facts.keep(draw.after(Step.SEND, sent_at=facts.book.now))
    too_old = facts.book.now - draw.sent_at > GIVE_UP_NS
    return Asking(
        bank=draw.bank,
        direction=Direction.COLLECT,
        order=BankOrder(reference=DRAW_ID.write(draw.id), token=card.token, amount=draw.amount),
        asked_before=not first,
        overdue=too_old or bool(draw.let_go_at),
    )


def let_go(facts: FundingFacts, draw: Draw) -> Draw:
    """Its payment ends without it: what the bank was not asked for is not asked for any more."""
    if draw.may(Step.DROP):
        return facts.keep(draw.after(Step.DROP, let_go_at=facts.book.now, decided_at=facts.book.now))
    return facts.keep(replace(draw, let_go_at=facts.book.now))


def succeed(facts: FundingFacts, draw: Draw, outcome: Outcome) -> Draw:
    """The bank drew it and its payment takes it."""
    return facts.keep(_decided(facts, draw, Step.SUCCEED, outcome))


def fail(facts: FundingFacts, draw: Draw, outcome: Outcome) -> Draw:
    """The bank refused it, or has never heard of it."""
    return facts.keep(_decided(facts, draw, Step.FAIL, outcome))


def come_late(facts: FundingFacts, draw: Draw, outcome: Outcome) -> Draw:
    """The bank drew it and nobody waits for it: all of it goes back by itself."""
    draw = replace(_decided(facts, draw, Step.COME_LATE, outcome), reason=None)
    facts.must_post(drawn_late(draw, link=facts.link(draw), ids=facts.book.new_id, date=facts.today))
    return start_give_back(facts, draw, amount=draw.amount, refund=None)


def lose_sight(facts: FundingFacts, draw: Draw) -> Draw:
    """The bank gave no answer."""
    return facts.keep(draw.after(Step.LOSE_SIGHT))


def _decided(facts: FundingFacts, draw: Draw, step: Step, outcome: Outcome) -> Draw:
    return draw.after(
        step,
        reason=outcome.reason,
        bank_reference=outcome.bank_reference,
        decided_at=facts.book.now,
    )
