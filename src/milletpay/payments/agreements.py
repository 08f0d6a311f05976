"""Agreements: a merchant proposes, the customer signs, either ends it."""

from dataclasses import dataclass, replace

from milletpay.customers import CustomerId
from milletpay.funding import ONLY_BALANCE, Order
from milletpay.ledger.chart import Mode
from milletpay.merchants import MerchantId
from milletpay.payments.facts import Facts
from milletpay.payments.model import AGREEMENT_ID, Agreement, AgreementId, AgreementStatus, Refusal, Refused
from milletpay.plumbing.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeAgreement:
    """Make an agreement that awaits the customer's signature. Its times and customer are empty."""

    agreement: Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class SignAgreement:
    """The customer signs, having proved with the PIN that it is the customer."""

    agreement: AgreementId
    customer: CustomerId
    mode: Mode
    sources: Order = ONLY_BALANCE
    """From what charges are paid, the first first: fixed from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAgreement:
    """The merchant or the customer ends it: exactly one of the two is named."""

    agreement: AgreementId
    mode: Mode
    merchant: MerchantId | None = None
    customer: CustomerId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """An agreement, and whether this request changed it."""

    agreement: Agreement
    is_new: bool


def propose(command: ProposeAgreement, facts: Facts) -> Agreed | Refused:
    """Decide a new agreement."""
    proposed = command.agreement
    request = proposed.request
    known = facts.agreements_by_key.get(request.key_hash) if request.key_hash else None
    if known is not None and known.request.body_hash != request.body_hash:
        detail = "The idempotency key was used with another body."
        return Refused(refusal=Refusal.KEY_REUSED, detail=detail, object=AGREEMENT_ID.write(known.id))
    name = proposed.merchant, proposed.mode, request.reference
    known = known or facts.agreements_by_name.get(name)
    if known is not None and known.request.body_hash != request.body_hash:
        detail = "The reference names another agreement of yours, with another body."
        return Refused(refusal=Refusal.REFERENCE_USED, detail=detail, object=AGREEMENT_ID.write(known.id))
    if known is not None:
        return Agreed(agreement=known, is_new=False)
    refused = _may_not_take(proposed, facts)
    if refused is not None:
        return refused
    made = replace(proposed, created_at=facts.book.now)
    _keep(made, facts, news="agreement.created")
    return Agreed(agreement=made, is_new=True)


def sign(command: SignAgreement, facts: Facts) -> Agreed | Refused:
    """Decide a signature. Signing again changes nothing."""
    agreement = facts.agreements[command.agreement]
    # What another customer has signed is no business of this one.
    if (
        agreement is None
        or agreement.mode is not command.mode
        or agreement.customer not in {None, command.customer}
    ):
        return _not_found()
    if agreement.status is AgreementStatus.ACTIVE:
        return Agreed(agreement=agreement, is_new=False)
    refused = _may_not_take(agreement, facts)
    if refused is not None:
        return refused
    if agreement.status is not AgreementStatus.PENDING_SIGNATURE:
        detail = f"The agreement is {agreement.status}: it cannot be signed."
        return Refused(refusal=Refusal.WRONG_STATE, detail=detail, object=AGREEMENT_ID.write(agreement.id))
    customer = facts.customers.customer(command.customer)
    if customer is None or not customer.is_active:
        detail = "The customer's account is not active."
        return Refused(refusal=Refusal.WRONG_STATE, detail=detail, object=AGREEMENT_ID.write(agreement.id))
    cards = {source.card for source in command.sources if source.card is not None}
    usable = facts.funding.usable(command.sources, customer=command.customer, currency=agreement.currency)
    if not command.sources or cards - usable:
        return Refused(
            refusal=Refusal.SOURCE_NOT_FOUND, detail="The customer has no such card.", param="sources"
        )
    signed = replace(
        agreement,
        status=AgreementStatus.ACTIVE,
        customer=command.customer,
        sources=command.sources,
        signed_at=facts.book.now,
    )
    _keep(signed, facts, news="agreement.signed")
    return Agreed(agreement=signed, is_new=True)


def cancel(command: CancelAgreement, facts: Facts) -> Agreed | Refused:
    """Decide the end of an agreement. Ending it again changes nothing."""
    agreement = facts.agreements[command.agreement]
    if (
        agreement is None
        or agreement.mode is not command.mode
        or (command.merchant is not None and agreement.merchant != command.merchant)
        or (command.customer is not None and agreement.customer != command.customer)
    ):
        return _not_found()
    if agreement.status is AgreementStatus.CANCELED:
        return Agreed(agreement=agreement, is_new=False)
    canceled = replace(agreement, status=AgreementStatus.CANCELED, canceled_at=facts.book.now)
    _keep(canceled, facts, news="agreement.canceled")
    return Agreed(agreement=canceled, is_new=True)


def _may_not_take(agreement: Agreement, facts: Facts) -> Refused | None:
    """Why the merchant could charge nothing under the agreement, so that nobody need sign it; or nothing."""
    merchant = facts.merchants.merchant(agreement.merchant)
    if merchant is None or not merchant.is_active:
        return Refused(refusal=Refusal.MERCHANT_NOT_ACTIVE, detail="The merchant may not take payments now.")
    if facts.merchants.contract(agreement.merchant, currency=agreement.currency, day=facts.today) is None:
        detail = f"There is no contract for payments in {agreement.currency.code}."
        return Refused(refusal=Refusal.NO_CONTRACT, detail=detail)
    return None


def _keep(agreement: Agreement, facts: Facts, *, news: str) -> None:
    agreement.events += 1
    facts.know_agreements([agreement])
    facts.changed_agreements[agreement.id] = agreement
    facts.events.append(Event(kind=news, object=agreement.id, sequence=agreement.events, at=facts.book.now))
    facts.book.note()


def _not_found() -> Refused:
    return Refused(refusal=Refusal.AGREEMENT_NOT_FOUND, detail="There is no such agreement.")
