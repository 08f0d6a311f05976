"""Withdrawals: money from the wallet to a card. It leaves the balance, then the bank is asked to pay."""

from dataclasses import dataclass, replace
from typing import Any

from milletpay.customers import Customer, CustomerId
from milletpay.ledger import CreateTransferStatus
from milletpay.ledger.chart import Mode
from milletpay.limits import Measure
from milletpay.money import Money
from milletpay.rails import Direction, Order, Outcome, OutcomeStatus
from milletpay.treasury import BankLink
from milletpay.wallets.asking import Asking
from milletpay.wallets.facts import WITHDRAWAL_JOB, WalletFacts
from milletpay.wallets.model import (
    NOT_COUNTED,
    WITHDRAWAL_ID,
    WITHDRAWAL_TRANSITIONS,
    Card,
    CardId,
    Step,
    WalletDecline,
    WalletRefusal,
    WalletRefused,
    Withdrawal,
    WithdrawalId,
)
from milletpay.wallets.postings import paid, rejected, reserved, returned


@dataclass(frozen=True, slots=True, kw_only=True)
class StartWithdrawal:
    """Withdraw to a card. The same again, by id or reference, answers with the same withdrawal."""

    id: WithdrawalId
    mode: Mode
    customer: CustomerId
    card: CardId
    amount: Money
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForWithdrawal:
    """Get ready to ask the bank: from now on it may have paid."""

    id: WithdrawalId


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveWithdrawal:
    """Take in what the bank said. What it said before, said again, changes nothing."""

    id: WithdrawalId
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnWithdrawal:
    """Take in that the bank sent back what it had paid."""

    id: WithdrawalId


def start_withdrawal(facts: WalletFacts, command: StartWithdrawal) -> Withdrawal | WalletRefused:
    """The withdrawal, reserved or declined."""
    known = facts.withdrawals.same(command.id, customer=command.customer, reference=command.reference)
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
    withdrawal = Withdrawal(
        id=command.id,
        customer=customer.id,
        amount=command.amount,
        fee=facts.fee.on(command.amount),
        card=card.id,
        bank=card.bank,
        reference=command.reference,
        created_at=facts.book.now,
    )
    decline = _reserve(facts, withdrawal, customer=customer, card=card)
    if isinstance(decline, WalletRefused):
        return decline
    if decline is not None:
        failed = WITHDRAWAL_TRANSITIONS[withdrawal.status, Step.FAIL]
        return _tell(facts, replace(withdrawal, status=failed, decline=decline, decided_at=facts.book.now))
    status = WITHDRAWAL_TRANSITIONS[withdrawal.status, Step.RESERVE]
    counted_on = facts.count(customer.id, measure=Measure.WITHDRAWALS, amount=command.amount)
    facts.ask_bank(WITHDRAWAL_JOB, name=WITHDRAWAL_ID.write(withdrawal.id))
    return _tell(facts, replace(withdrawal, status=status, counted_on=counted_on))


def ask_for_withdrawal(facts: WalletFacts, command: AskForWithdrawal) -> Asking | Withdrawal | WalletRefused:
    """What to ask the bank, or the withdrawal when there is nothing to ask any more."""
    withdrawal = facts.withdrawals.get(command.id)
    if withdrawal is None:
        return _refused(WalletRefusal.NOT_FOUND, "there is no such withdrawal")
    if withdrawal.is_decided:
        return withdrawal
    card = facts.cards.get(withdrawal.card)
    assert card is not None, f"no card of {withdrawal}"
    first = withdrawal.may(Step.SEND)
    if first:
        withdrawal = _tell(facts, _step(withdrawal, Step.SEND, sent_at=facts.book.now))
    return Asking(
        bank=withdrawal.bank,
        direction=Direction.PAY,
        order=Order(reference=WITHDRAWAL_ID.write(withdrawal.id), token=card.token, amount=withdrawal.amount),
        asked_before=not first,
        overdue=False,
    )


def resolve_withdrawal(facts: WalletFacts, command: ResolveWithdrawal) -> Withdrawal | WalletRefused:
    """The withdrawal, as far as it is now known."""
    withdrawal = facts.withdrawals.get(command.id)
    if withdrawal is None:
        return _refused(WalletRefusal.NOT_FOUND, "there is no such withdrawal")
    match command.outcome.status:
        case OutcomeStatus.SUCCEEDED if withdrawal.may(Step.SUCCEED):
            return _succeed(facts, withdrawal, command.outcome)
        case OutcomeStatus.REFUSED if withdrawal.may(Step.FAIL):
            return _fail(facts, withdrawal, command.outcome)
        case OutcomeStatus.UNKNOWN if withdrawal.may(Step.LOSE_SIGHT):
            return _tell(facts, _step(withdrawal, Step.LOSE_SIGHT))
    return withdrawal


def return_withdrawal(facts: WalletFacts, command: ReturnWithdrawal) -> Withdrawal | WalletRefused:
    """The withdrawal, returned: the money is back in the balance, whatever the customer is by now."""
    withdrawal = facts.withdrawals.get(command.id)
    if withdrawal is None:
        return _refused(WalletRefusal.NOT_FOUND, "there is no such withdrawal")
    if withdrawal.may(Step.SUCCEED):
        # The bank sends back what it never told us to have paid.
        withdrawal = _succeed(facts, withdrawal, Outcome(status=OutcomeStatus.SUCCEEDED))
    if not withdrawal.may(Step.COME_BACK):
        return withdrawal
    facts.must_post(
        returned(withdrawal, link=_link(facts, withdrawal), ids=facts.book.new_id, date=facts.today)
    )
    _give_back(facts, withdrawal)
    return _tell(facts, _step(withdrawal, Step.COME_BACK, counted_on=NOT_COUNTED))


def _reserve(
    facts: WalletFacts, withdrawal: Withdrawal, *, customer: Customer, card: Card
) -> WalletDecline | WalletRefused | None:
    """Take the money from the balance, or say why not."""
    assert withdrawal.amount.is_positive, f"nobody withdraws {withdrawal.amount}"
    exceeded = facts.exceeded(customer, measure=Measure.WITHDRAWALS, amount=withdrawal.amount)
    if isinstance(exceeded, WalletRefused):
        return exceeded
    if not customer.is_active:
        return WalletDecline.CUSTOMER_NOT_ACTIVE
    if card.removed_at:
        return WalletDecline.CARD_REMOVED
    if exceeded is not None:
        return WalletDecline.EXCEEDS_LIMIT
    link = _link(facts, withdrawal)
    status = facts.post(reserved(withdrawal, link=link, ids=facts.book.new_id, date=facts.today))
    if status is CreateTransferStatus.exceeds_credits:
        return WalletDecline.INSUFFICIENT_FUNDS
    assert status is CreateTransferStatus.created, f"{status} for {withdrawal}"
    return None


def _succeed(facts: WalletFacts, withdrawal: Withdrawal, outcome: Outcome) -> Withdrawal:
    facts.must_post(paid(withdrawal, link=_link(facts, withdrawal), ids=facts.book.new_id, date=facts.today))
    changed = _step(
        withdrawal, Step.SUCCEED, bank_reference=outcome.bank_reference, decided_at=facts.book.now
    )
    return _tell(facts, changed)


def _fail(facts: WalletFacts, withdrawal: Withdrawal, outcome: Outcome) -> Withdrawal:
    facts.must_post(
        rejected(withdrawal, link=_link(facts, withdrawal), ids=facts.book.new_id, date=facts.today)
    )
    _give_back(facts, withdrawal)
    changed = _step(
        withdrawal,
        Step.FAIL,
        decline=WalletDecline.REFUSED_BY_BANK,
        reason=outcome.reason,
        counted_on=NOT_COUNTED,
        bank_reference=outcome.bank_reference,
        decided_at=facts.book.now,
    )
    return _tell(facts, changed)


def _give_back(facts: WalletFacts, withdrawal: Withdrawal) -> None:
    facts.limits.give_back(
        withdrawal.customer,
        measure=Measure.WITHDRAWALS,
        amount=withdrawal.amount,
        day=withdrawal.counted_on,
    )


def _again(known: Withdrawal, command: StartWithdrawal) -> Withdrawal | WalletRefused:
    """What was asked before, if it was the same."""
    asked = (command.customer, command.mode, command.card, command.amount)
    if asked != (known.customer, known.bank.mode, known.card, known.amount):
        detail = "it names another withdrawal"
        return WalletRefused(refusal=WalletRefusal.REFERENCE_USED, detail=detail, object=known.id)
    return known


def _link(facts: WalletFacts, withdrawal: Withdrawal) -> BankLink:
    link = facts.treasury.link(withdrawal.bank, currency=withdrawal.amount.currency)
    assert link is not None, f"no link for {withdrawal}"
    return link


def _step(withdrawal: Withdrawal, step: Step, **changes: Any) -> Withdrawal:  # noqa: ANN401 - its fields
    """The withdrawal as it is after a step."""
    status = WITHDRAWAL_TRANSITIONS[withdrawal.status, step]
    return replace(withdrawal, status=status, version=withdrawal.version + 1, **changes)


def _tell(facts: WalletFacts, withdrawal: Withdrawal) -> Withdrawal:
    """Keep it, and tell that it is what it is."""
    facts.tell(f"withdrawal.{withdrawal.status}", about=withdrawal.id, version=withdrawal.version)
    return facts.withdrawals.keep(withdrawal)


def _refused(refusal: WalletRefusal, detail: str) -> WalletRefused:
    return WalletRefused(refusal=refusal, detail=detail)
