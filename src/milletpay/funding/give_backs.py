"""Give-backs: money of a draw on its way back to the card. What no card takes is the balance's."""

from dataclasses import dataclass, replace

from milletpay.customers import CustomerId
from milletpay.funding.facts import FundingFacts
from milletpay.funding.model import (
    DRAW_ID,
    GIVE_BACK_ID,
    Draw,
    FundingRefusal,
    FundingRefused,
    GiveBack,
    GiveBackId,
    Step,
)
from milletpay.funding.postings import given_back, given_to_balance
from milletpay.ledger.chart import Mode
from milletpay.money import Money
from milletpay.rails import Direction, Outcome, OutcomeStatus
from milletpay.rails import Order as BankOrder
from milletpay.wallets import FROM_REFUND, Asking, recover_debt


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForGiveBack:
    """Get ready to ask the bank: from now on the money may be on the card."""

    id: GiveBackId


def start_give_back(facts: FundingFacts, draw: Draw, *, amount: Money, refund: int | None) -> Draw:
    """Send a part of what was drawn back to the card; it is in `refund_transit`. Gives the draw as it is."""
    facts.ask_bank(
        facts.keep_back(
            GiveBack(
                id=GiveBackId(facts.book.new_id()),
                draw=draw.id,
                payment=draw.payment,
                refund=refund,
                customer=draw.customer,
                card=draw.card,
                bank=draw.bank,
                amount=amount,
                created_at=facts.book.now,
            )
        )
    )
    assert draw.given_back + amount.minor <= draw.amount.minor, f"{amount} more of {draw}"
    return facts.keep(replace(draw, given_back=draw.given_back + amount.minor))


def ask_for_give_back(facts: FundingFacts, command: AskForGiveBack) -> Asking | GiveBack | FundingRefused:
    """What to ask the bank, or the give-back when there is nothing to ask any more."""
    back = facts.give_backs.get(command.id)
    if back is None:
        return FundingRefused(refusal=FundingRefusal.NOT_FOUND, detail="nothing goes back under this id")
    if back.is_decided:
        return back
    card = facts.wallets.card(back.card)
    assert card is not None, f"no card of {back}"
    first = back.may(Step.SEND)
    if first:
        back = facts.keep_back(back.after(Step.SEND, sent_at=facts.book.now))
    return Asking(
        bank=back.bank,
        direction=Direction.REFUND,
        order=BankOrder(
            reference=GIVE_BACK_ID.write(back.id),
            token=card.token,
            amount=back.amount,
            original=DRAW_ID.write(back.draw),
        ),
        asked_before=not first,
        overdue=False,
    )


def recover_from_refund(
    facts: FundingFacts, *, customer: CustomerId, mode: Mode, came: Money, payment: int
) -> None:
    """Take out of what came to the balance instead of a card what the customer owes us."""
    recover_debt(facts.book, customer=customer, mode=mode, came=came, about=payment, codes=FROM_REFUND)


def resolve_give_back(facts: FundingFacts, back: GiveBack, outcome: Outcome) -> GiveBack:
    """Take in what the bank said. What it said before, said again, changes nothing."""
    match outcome.status:
        case OutcomeStatus.SUCCEEDED if back.may(Step.SUCCEED):
            recipe, step = given_back, Step.SUCCEED
        case OutcomeStatus.REFUSED if back.may(Step.FAIL):
            recipe, step = given_to_balance, Step.FAIL
        case OutcomeStatus.UNKNOWN if back.may(Step.LOSE_SIGHT):
            return facts.keep_back(back.after(Step.LOSE_SIGHT))
        case _:
            return back
    facts.must_post(recipe(back, link=facts.link(back), ids=facts.book.new_id, date=facts.today))
    if step is Step.FAIL:
        recover_from_refund(
            facts, customer=back.customer, mode=back.bank.mode, came=back.amount, payment=back.payment
        )
    return facts.keep_back(
        back.after(
            step,
            reason=outcome.reason,
            bank_reference=outcome.bank_reference,
            decided_at=facts.book.now,
        )
    )
