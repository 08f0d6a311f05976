"""Sends: one customer's money becomes another's, at once."""

from dataclasses import dataclass, field, replace

from milletpay.customers import Customer, CustomerId
from milletpay.ledger import CreateTransferStatus
from milletpay.ledger.chart import Mode
from milletpay.limits import Measure
from milletpay.money import Money
from milletpay.wallets.facts import WalletFacts
from milletpay.wallets.model import Send, SendId, SendStatus, WalletDecline, WalletRefusal, WalletRefused
from milletpay.wallets.postings import sent


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMoney:
    """Send money to another customer. The same again, by id or reference, answers with the same send."""

    id: SendId
    mode: Mode
    customer: CustomerId
    recipient: CustomerId
    amount: Money
    note: str = field(default="", repr=False)
    reference: str = ""


def send_money(facts: WalletFacts, command: SendMoney) -> Send | WalletRefused:
    """The send, succeeded or declined."""
    known = facts.sends.same(command.id, customer=command.customer, reference=command.reference)
    if known is not None:
        return _again(known, command)
    sender = facts.member(command.customer, mode=command.mode)
    recipient = facts.member(command.recipient, mode=command.mode)
    if sender is None:
        return _refused(WalletRefusal.CUSTOMER_NOT_FOUND, "there is no such customer in this mode")
    if recipient is None:
        return _refused(WalletRefusal.RECIPIENT_NOT_FOUND, "there is no such recipient in this mode")
    if sender.id == recipient.id:
        return _refused(WalletRefusal.SAME_CUSTOMER, "nobody sends money to himself")
    send = Send(
        id=command.id,
        customer=sender.id,
        recipient=recipient.id,
        mode=command.mode,
        amount=command.amount,
        note=command.note,
        reference=command.reference,
        created_at=facts.book.now,
    )
    decline = _post(facts, send, sender=sender, recipient=recipient)
    if isinstance(decline, WalletRefused):
        return decline
    if decline is not None:
        send = replace(send, status=SendStatus.FAILED, decline=decline)
    facts.tell(f"send.{send.status}", about=send.id, version=send.version)
    return facts.sends.keep(send)


def _post(
    facts: WalletFacts, send: Send, *, sender: Customer, recipient: Customer
) -> WalletDecline | WalletRefused | None:
    """Move the money, or say why not."""
    assert send.amount.is_positive, f"nobody sends {send.amount}"
    exceeded = facts.exceeded(sender, measure=Measure.SENDS, amount=send.amount)
    if isinstance(exceeded, WalletRefused):
        return exceeded
    if not sender.is_active:
        return WalletDecline.CUSTOMER_NOT_ACTIVE
    if not recipient.is_active:
        return WalletDecline.RECIPIENT_NOT_ACTIVE
    if exceeded is not None:
        return WalletDecline.EXCEEDS_LIMIT
    status = facts.post(sent(send, ids=facts.book.new_id, date=facts.today))
    if status is CreateTransferStatus.exceeds_credits:
        return WalletDecline.INSUFFICIENT_FUNDS
    assert status is CreateTransferStatus.created, f"{status} for {send}"
    facts.count(sender.id, measure=Measure.SENDS, amount=send.amount)
    return None


def _again(known: Send, command: SendMoney) -> Send | WalletRefused:
    """What was asked before, if it was the same."""
    asked = (command.customer, command.recipient, command.mode, command.amount, command.note)
    if asked != (known.customer, known.recipient, known.mode, known.amount, known.note):
        detail = "it names another send"
        return WalletRefused(refusal=WalletRefusal.REFERENCE_USED, detail=detail, object=known.id)
    return known


def _refused(refusal: WalletRefusal, detail: str) -> WalletRefused:
    return WalletRefused(refusal=refusal, detail=detail)
