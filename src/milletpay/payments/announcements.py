"""Announcements: under an agreement with notice, each charge is announced to the customer days ahead."""

from dataclasses import dataclass, replace

from milletpay.ledger.chart import Mode
from milletpay.merchants import MerchantId
from milletpay.payments.facts import Facts
from milletpay.payments.model import (
    AGREEMENT_ID,
    Agreement,
    AgreementId,
    AgreementStatus,
    Announcement,
    AnnouncementId,
    Payment,
    Refusal,
    Refused,
)
from milletpay.plumbing.dates import Day, add_days, format_day
from milletpay.plumbing.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceCharge:
    """Tell the customer of a charge to come: at most so much, not before that day."""

    id: AnnouncementId
    agreement: AgreementId
    merchant: MerchantId
    mode: Mode
    amount: int
    charge_on: Day


def announce(command: AnnounceCharge, facts: Facts) -> Announcement | Refused:
    """Decide an announcement."""
    agreement = facts.agreements[command.agreement]
    if agreement is None or (agreement.merchant, agreement.mode) != (command.merchant, command.mode):
        return Refused(refusal=Refusal.AGREEMENT_NOT_FOUND, detail="There is no such agreement.")
    if agreement.status is not AgreementStatus.ACTIVE:
        detail = f"The agreement is {agreement.status}: nothing can be charged under it."
        return Refused(refusal=Refusal.WRONG_STATE, detail=detail, object=AGREEMENT_ID.write(agreement.id))
    earliest = add_days(facts.today, days=agreement.notice_days)
    if command.charge_on < earliest:
        detail = (
            f"{format_day(command.charge_on)} is too soon: announced today, it may be charged "
            f"from {format_day(earliest)} on."
        )
        return Refused(
            refusal=Refusal.NOTICE_TOO_SHORT, detail=detail, object=AGREEMENT_ID.write(agreement.id)
        )
    made = Announcement(
        id=command.id,
        agreement=agreement.id,
        amount=command.amount,
        charge_on=command.charge_on,
        announced_at=facts.book.now,
    )
    facts.announcements.setdefault(agreement.id, []).append(made)
    facts.changed_announcements[made.id] = made
    told = replace(agreement, events=agreement.events + 1)
    facts.know_agreements([told])
    facts.changed_agreements[told.id] = told
    facts.events.append(
        Event(kind="agreement.charge_announced", object=told.id, sequence=told.events, at=facts.book.now)
    )
    facts.book.note()
    return made


def fitting(payment: Payment, agreement: Agreement, facts: Facts) -> Announcement | None:
    """The earliest announcement that a charge may use: unused, its day has come, its amount covers it."""
    usable = [
        announced
        for announced in facts.announcements.get(agreement.id, ())
        if announced.payment is None
        and announced.charge_on <= facts.today
        and payment.amount.minor <= announced.amount
    ]
    return min(usable, key=lambda announced: announced.charge_on, default=None)


def use(announced: Announcement, payment: Payment, facts: Facts) -> None:
    """One announcement is good for one charge."""
    announced.payment = payment.id
    facts.changed_announcements[announced.id] = announced
