"""Top-ups: money from a card into the wallet. The bank draws it; the wallet has it when the bank says so."""

from dataclasses import dataclass, replace
from typing import Any, Final

from milletpay.customers import Customer, CustomerId
from milletpay.ledger import CreateTransferStatus
from milletpay.ledger.chart import Mode
from milletpay.limits import Measure
from milletpay.money import Money
from milletpay.plumbing.clock import SECOND
from milletpay.rails import Direction, Order, Outcome, OutcomeStatus
from milletpay.treasury import BankLink
from milletpay.wallets.asking import Asking
from milletpay.wallets.debts import recover_debt, shortfall_of
from milletpay.wallets.facts import TOP_UP_JOB, WalletFacts
from milletpay.wallets.model import (
    NOT_COUNTED,
    TOP_UP_ID,
    TOP_UP_TRANSITIONS,
    Card,
    CardId,
    Step,
    TopUp,
    TopUpId,
    WalletDecline,
    WalletRefusal,
    WalletRefused,
)
from milletpay.wallets.postings import FROM_TOP_UP, clawed_back, topped_up

GIVE_UP_NS: Final = 3600 * SECOND
"""A top-up that the bank has not heard of after so long has failed, so that the customer can try again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTopUp:
    """Top up a wallet from a card. The same again, by id or reference, answers with the same top-up."""

    id: TopUpId
    mode: Mode
    customer: CustomerId
    card: CardId
    amount: Money
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForTopUp:
    """Get ready to ask the bank: from now on the money may have been drawn."""

    id: TopUpId


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveTopUp:
    """Take in what the bank said. What it said before, said again, changes nothing."""

    id: TopUpId
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ClawBackTopUp:
    """Take in that the bank took the money back."""

    id: TopUpId


def start_top_up(facts: WalletFacts, command: StartTopUp) -> TopUp | WalletRefused:
    """The top-up, created or declined."""
    known = facts.top_ups.same(command.id, customer=command.customer, reference=command.reference)
    if known is not None:
        return _again(known, command)
    customer = facts.member(command.customer, mode=command.mode)
    if customer is None:
        return _refused(WalletRefusal.CUSTOMER_NOT_FOUND, "there is no such customer in this mode")
    card = facts.cards.get(command.card)
    if card is None or card.customer != customer.id:
        return _refused(WalletRefusal.CARD_NOT_FOUND, "the customer has no such card")
    if facts.treasury.link(card.bank, currency=command.amount.currency) is None:
        detail = f"{card.bank.code} moves no {command.amount.currency} for us"
        return _refused(WalletRefusal.CURRENCY_NOT_SUPPORTED, detail)
    decline = _decline(facts, customer=customer, card=card, amount=command.amount)
    if isinstance(decline, WalletRefused):
        return decline
    top_up = TopUp(
        id=command.id,
        customer=customer.id,
        amount=command.amount,
        card=card.id,
        bank=card.bank,
        reference=command.reference,
        created_at=facts.book.now,
    )
    if decline is not None:
        failed = TOP_UP_TRANSITIONS[top_up.status, Step.FAIL]
        return _tell(facts, replace(top_up, status=failed, decline=decline, decided_at=facts.book.now))
    counted_on = facts.count(customer.id, measure=Measure.TOP_UPS, amount=command.amount)
    facts.ask_bank(TOP_UP_JOB, name=TOP_UP_ID.write(top_up.id))
    return _tell(facts, replace(top_up, counted_on=counted_on))


def ask_for_top_up(facts: WalletFacts, command: AskForTopUp) -> Asking | TopUp | WalletRefused:
    """What to ask the bank, or the top-up when there is nothing to ask any more."""
    top_up = facts.top_ups.get(command.id)
    if top_up is None:
        return _refused(WalletRefusal.NOT_FOUND, "there is no such top-up")
    if top_up.is_decided:
        return top_up
    card = facts.cards.get(top_up.card)
    assert card is not None, f"no card of {top_up}"
    first = top_up.may(Step.SEND)
    if first:
        top_up = _tell(facts, _step(top_up, Step.SEND, sent_at=facts.book.now))
    return Asking(
        bank=top_up.bank,
        direction=Direction.COLLECT,
        order=Order(reference=TOP_UP_ID.write(top_up.id), token=card.token, amount=top_up.amount),
        asked_before=not first,
        overdue=facts.book.now - top_up.sent_at > GIVE_UP_NS,
    )


def resolve_top_up(facts: WalletFacts, command: ResolveTopUp) -> TopUp | WalletRefused:
    """The top-up, as far as it is now known."""
    top_up = facts.top_ups.get(command.id)
    if top_up is None:
        return _refused(WalletRefusal.NOT_FOUND, "there is no such top-up")
    match command.outcome.status:
        case OutcomeStatus.SUCCEEDED if top_up.may(Step.SUCCEED):
            return _succeed(facts, top_up, command.outcome)
        case OutcomeStatus.REFUSED if top_up.may(Step.FAIL):
            return _fail(facts, top_up, decline=WalletDecline.REFUSED_BY_BANK, outcome=command.outcome)
        case OutcomeStatus.NOT_FOUND if top_up.may(Step.FAIL):
            return _fail(facts, top_up, decline=WalletDecline.NOT_KNOWN_TO_BANK, outcome=command.outcome)
        case OutcomeStatus.UNKNOWN if top_up.may(Step.LOSE_SIGHT):
            return _tell(facts, _step(top_up, Step.LOSE_SIGHT))
    return top_up


def claw_back_top_up(facts: WalletFacts, command: ClawBackTopUp) -> TopUp | WalletRefused:
    """The top-up, clawed back: from the balance as far as it goes; the rest the customer owes us."""
    top_up = facts.top_ups.get(command.id)
    if top_up is None:
        return _refused(WalletRefusal.NOT_FOUND, "there is no such top-up")
    if top_up.may(Step.SUCCEED):
        # The bank took back what it never told us to have drawn.
        top_up = _succeed(facts, top_up, Outcome(status=OutcomeStatus.SUCCEEDED))
    if not top_up.may(Step.COME_BACK):
        return top_up
    shortfall = shortfall_of(facts.book, customer=top_up.customer, mode=top_up.bank.mode, taken=top_up.amount)
    transfers = clawed_back(
        top_up,
        shortfall=shortfall,
        link=_link(facts, top_up),
        ids=facts.book.new_id,
        date=facts.today,
    )
    status = facts.post(transfers)
    if status is CreateTransferStatus.exceeds_credits:
        detail = (
            f"what of the pool is ours does not cover the {shortfall} minor units that the customer lacks"
        )
        return _refused(WalletRefusal.OWN_FUNDS_LACKING, detail)
    assert status is CreateTransferStatus.created, f"{status} for {top_up}"
    return _tell(facts, _step(top_up, Step.COME_BACK, shortfall=shortfall))


def _again(known: TopUp, command: StartTopUp) -> TopUp | WalletRefused:
    """What was asked before, if it was the same."""
    asked = (command.customer, command.mode, command.card, command.amount)
    if asked != (known.customer, known.bank.mode, known.card, known.amount):
        detail = "it names another top-up"
        return WalletRefused(refusal=WalletRefusal.REFERENCE_USED, detail=detail, object=known.id)
    return known


def _decline(
    facts: WalletFacts, *, customer: Customer, card: Card, amount: Money
) -> WalletDecline | WalletRefused | None:
    """Why it cannot be asked for, if it cannot."""
    assert amount.is_positive, f"nobody tops up {amount}"
    exceeded = facts.exceeded(customer, measure=Measure.TOP_UPS, amount=amount)
    if isinstance(exceeded, WalletRefused):
        return exceeded
    if not customer.is_active:
        return WalletDecline.CUSTOMER_NOT_ACTIVE
    if card.removed_at:
        return WalletDecline.CARD_REMOVED
    return None if exceeded is None else WalletDecline.EXCEEDS_LIMIT


def _succeed(facts: WalletFacts, top_up: TopUp, outcome: Outcome) -> TopUp:
    """The money is in the wallet, also of a customer who is frozen by now, and after we had given up."""
    facts.must_post(topped_up(top_up, link=_link(facts, top_up), ids=facts.book.new_id, date=facts.today))
    recover_debt(
        facts.book,
        customer=top_up.customer,
        mode=top_up.bank.mode,
        came=top_up.amount,
        about=top_up.id,
        codes=FROM_TOP_UP,
    )
    changed = _step(
        top_up,
        Step.SUCCEED,
        decline=None,
        reason=None,
        bank_reference=outcome.bank_reference,
        decided_at=facts.book.now,
    )
    return _tell(facts, changed)


def _fail(facts: WalletFacts, top_up: TopUp, *, decline: WalletDecline, outcome: Outcome) -> TopUp:
    facts.limits.give_back(
        top_up.customer, measure=Measure.TOP_UPS, amount=top_up.amount, day=top_up.counted_on
    )
    changed = _step(
        top_up,
        Step.FAIL,
        decline=decline,
        reason=outcome.reason,
        counted_on=NOT_COUNTED,
        bank_reference=outcome.bank_reference,
        decided_at=facts.book.now,
    )
    return _tell(facts, changed)


def _link(facts: WalletFacts, top_up: TopUp) -> BankLink:
    link = facts.treasury.link(top_up.bank, currency=top_up.amount.currency)
    assert link is not None, f"no link for {top_up}"
    return link


def _step(top_up: TopUp, step: Step, **changes: Any) -> TopUp:  # noqa: ANN401 - fields of a top-up
    """The top-up as it is after a step."""
    status = TOP_UP_TRANSITIONS[top_up.status, step]
    return replace(top_up, status=status, version=top_up.version + 1, **changes)


def _tell(facts: WalletFacts, top_up: TopUp) -> TopUp:
    """Keep it, and tell that it is what it is."""
    facts.tell(f"top_up.{top_up.status}", about=top_up.id, version=top_up.version)
    return facts.top_ups.keep(top_up)


def _refused(refusal: WalletRefusal, detail: str) -> WalletRefused:
    return WalletRefused(refusal=refusal, detail=detail)
