"""Take-backs: a card's bank takes back by itself, days later, what a payment was paid with.

The payment stands: the merchant has delivered and keeps its money, and is told. The customer bears it. What
is refunded from then on goes to the balance, as far as the bank has it no more.
"""

from dataclasses import dataclass
from typing import Final

from milletpay.funding import Draw, DrawId, DrawStatus, FundingRefused, Step
from milletpay.money import Money
from milletpay.payments.cards import (
    ResolveDraw,
    ResolveGiveBack,
    decline_awaited,
    resolve_draw,
    resolve_give_back,
)
from milletpay.payments.facts import Facts
from milletpay.payments.model import Decline, PaymentId, Refusal, Refused
from milletpay.rails import Outcome, OutcomeStatus, RefusalReason

DREW_IT: Final = Outcome(status=OutcomeStatus.SUCCEEDED)
WOULD_NOT: Final = Outcome(status=OutcomeStatus.REFUSED, reason=RefusalReason.NOT_ALLOWED)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBackDraw:
    """Take in that the bank took back so much of a draw. Told again, it changes nothing."""

    draw: DrawId
    amount: Money


def take_back_draw(command: TakeBackDraw, facts: Facts) -> Draw | Refused | FundingRefused:
    """Decide what becomes of a draw that its bank has taken back, and who is told."""
    draw = facts.funding.find_draw(command.draw)
    if draw is None:
        return Refused(refusal=Refusal.PAYMENT_NOT_FOUND, detail="There is no such draw.")
    refused = facts.funding.why_not_take_back(draw, amount=command.amount)
    if refused is not None:
        return refused
    if draw.taken_back:
        return draw
    if draw.may(Step.RETURN):
        if command.amount.minor >= draw.amount.minor:
            # It came and went before we heard of it: nobody was given anything for it.
            decline_awaited(draw, Decline.REFUSED_BY_BANK, facts)
            return facts.funding.return_draw(draw, amount=command.amount)
        resolved = resolve_draw(ResolveDraw(draw=draw.id, outcome=DREW_IT), facts)
        assert isinstance(resolved, Draw), resolved
        draw = resolved
    taken = facts.funding.take_back(draw, amount=command.amount)
    if isinstance(taken, FundingRefused):
        return taken

    # From here it must succeed.
    for back in facts.funding.not_to_be_asked(taken):
        resolve_give_back(ResolveGiveBack(give_back=back, outcome=WOULD_NOT), facts)
    if taken.status is DrawStatus.SUCCEEDED:
        payment = facts.payments[PaymentId(taken.payment)]
        payment.taken_back = facts.taken_back[payment.id] = taken.borne
        facts.change(payment, news="payment.taken_back")
    return taken
