"""Payments that a card funds: the bank is asked, and says what becomes of them; and money back to the card.

The payment's own state decides, under the lock, what a success of the bank means: it pays the payment that
waits for it, and no other; whatever else was drawn goes back by itself.
"""

from dataclasses import dataclass, replace
from typing import Final

from milletpay.funding import Bar, Draw, DrawId, GiveBack, GiveBackId, GiveBackStatus, PaidCard, Source, Step
from milletpay.ledger import CreateTransferStatus
from milletpay.payments import postings
from milletpay.payments.announcements import free
from milletpay.payments.counting import uncount
from milletpay.payments.facts import Facts
from milletpay.payments.model import NO_DAY, Decline, Payment, PaymentId, Refusal, Refused
from milletpay.payments.moves import MoveKind
from milletpay.payments.presented import Presented
from milletpay.payments.states import Destination, Happening, Outcome, PaymentStatus, RefundStatus
from milletpay.plumbing.outbox import Event
from milletpay.rails import Outcome as BankOutcome
from milletpay.rails import OutcomeStatus

DECLINES: Final = {
    Bar.REMOVED: Decline.CARD_REMOVED,
    Bar.HOLDS_NOTHING: Decline.CARD_HOLDS_NOTHING,
    Bar.CONFIRMATION_NEEDED: Decline.CONFIRMATION_NEEDED,
    Bar.NOT_COVERED: Decline.INSUFFICIENT_FUNDS,
}
"""How it is called, in answers, that no source could pay: by the last bar, which is the nearest to money."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveDraw:
    """Take in what the bank said of a draw. What it said before, said again, changes nothing."""

    draw: DrawId
    outcome: BankOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveGiveBack:
    """Take in what the bank said of money on its way back to a card."""

    give_back: GiveBackId
    outcome: BankOutcome


def ask_card(payment: Payment, source: Source, facts: Facts) -> None:
    """Have the card asked for the payment: from now on it waits for the bank."""
    assert payment.customer is not None
    assert source.card is not None
    card = facts.funding.card(source.card)
    payment.card = PaidCard(bank=card.bank.code, last4=card.masked[-4:])
    # A charge that is made with its payer has itself as its only attempt.
    facts.funding.start(
        payment=payment.id,
        attempt=0 if payment.is_made_with_payer else payment.attempts + 1,
        customer=payment.customer,
        card=source.card,
        amount=payment.amount,
    )
    if payment.status is PaymentStatus.AWAITING_PAYMENT:
        payment.happen(Happening.ASK)
    facts.change(payment, news="payment.processing")


def resolve_draw(command: ResolveDraw, facts: Facts) -> Draw | Refused:
    """Decide what becomes of a draw, and of its payment."""
    draw = facts.funding.find_draw(command.draw)
    if draw is None:
        return Refused(refusal=Refusal.PAYMENT_NOT_FOUND, detail="There is no such draw.")
    outcome = command.outcome
    match outcome.status:
        case OutcomeStatus.SUCCEEDED if draw.is_awaited and draw.may(Step.SUCCEED):
            return _take(draw, outcome, facts)
        case OutcomeStatus.SUCCEEDED if draw.may(Step.COME_LATE):
            _note(draw, Outcome.GIVEN_BACK, None, facts)
            return facts.funding.come_late(draw, outcome=outcome)
        case OutcomeStatus.REFUSED if draw.may(Step.FAIL):
            return _fail(draw, Decline.REFUSED_BY_BANK, outcome, facts)
        case OutcomeStatus.NOT_FOUND if draw.may(Step.FAIL):
            return _fail(draw, Decline.NOT_KNOWN_TO_BANK, outcome, facts)
        case OutcomeStatus.UNKNOWN if draw.may(Step.LOSE_SIGHT):
            return facts.funding.lose_sight(draw)
    return draw


def let_go(payment: Payment, facts: Facts) -> None:
    """The payment ends while its bank is silent: what is drawn after all goes back by itself."""
    draw = facts.funding.awaited(payment.id)
    if draw is None:
        return
    facts.funding.let_go(draw)
    _note(draw, Outcome.LET_GO, None, facts)
    uncount(payment, amount=payment.amount.minor, whole=True, facts=facts)


def resolve_give_back(command: ResolveGiveBack, facts: Facts) -> GiveBack | Refused:
    """Decide what becomes of money on its way back, and of the refund that it carries out."""
    known = facts.funding.find_give_back(command.give_back)
    if known is None:
        return Refused(refusal=Refusal.PAYMENT_NOT_FOUND, detail="Nothing goes back under this id.")
    back = facts.funding.resolve_give_back(known, outcome=command.outcome)
    if back.is_decided and not known.is_decided and back.refund is not None:
        refund = facts.refunds[back.refund]
        failed = back.status is GiveBackStatus.FAILED
        done = replace(
            refund,
            status=RefundStatus.SUCCEEDED,
            destination=Destination.BALANCE if failed else Destination.CARD,
            events=refund.events + 1,
        )
        facts.know_refunds([done])
        facts.changed_refunds[done.id] = done
        facts.events.append(
            Event(kind="refund.updated", object=done.id, sequence=done.events, at=facts.book.now)
        )
    return back


def _take(draw: Draw, outcome: BankOutcome, facts: Facts) -> Draw:
    payment = facts.payments[PaymentId(draw.payment)]
    assert payment.status is PaymentStatus.PROCESSING, f"{payment} does not wait for {draw}"
    fee = payment.quote.fee.minor
    clearing = facts.funding.link(draw).clearing
    transfers = postings.paid_by_card(
        payment, fee=fee, clearing=clearing, ids=facts.book.new_id, date=facts.today
    )
    assert facts.post(transfers) is CreateTransferStatus.created
    payment.authorized = payment.captured = payment.amount.minor
    payment.fee = fee
    payment.due_at = 0
    payment.happen(Happening.PAY)
    facts.moved(MoveKind.SALE, payment, amount=payment.captured, terminal=payment.terminal)
    _note(draw, Outcome.TOOK_THE_MONEY, None, facts)
    facts.change(payment, news="payment.succeeded")
    facts.tell_flags(payment)
    return facts.funding.succeed(draw, outcome=outcome)


def _fail(draw: Draw, decline: Decline, outcome: BankOutcome, facts: Facts) -> Draw:
    decline_awaited(draw, decline, facts)
    return facts.funding.fail(draw, outcome=outcome)


def decline_awaited(draw: Draw, decline: Decline, facts: Facts) -> None:
    """The payment that waits for a draw, if one does, goes on without it."""
    payment = facts.payments[PaymentId(draw.payment)]
    if not draw.is_awaited:
        return
    uncount(payment, amount=payment.amount.minor, whole=True, facts=facts)
    _note(draw, Outcome.DECLINED, decline, facts)
    payment.counted_on = NO_DAY
    if payment.is_made_with_payer:
        free(payment, facts)
        payment.decline = decline
        payment.due_at = 0
        payment.happen(Happening.DECLINE)
        facts.change(payment, news="payment.failed")
    elif payment.presented is Presented.ASKED:
        # The customer showed a code and is still the one who is asked.
        payment.card = None
        facts.change(payment, news="payment.attempt_declined")
    else:
        payment.customer = payment.card = None
        payment.happen(Happening.FALL_BACK)
        facts.change(payment, news="payment.attempt_declined")


def _note(draw: Draw, outcome: Outcome, decline: Decline | None, facts: Facts) -> None:
    """Say what became of the attempt that a draw belongs to."""
    if draw.attempt:
        facts.came_to(PaymentId(draw.payment), number=draw.attempt, outcome=outcome, decline=decline)
