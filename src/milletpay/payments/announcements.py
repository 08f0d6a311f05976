"""Announcements: under an agreement with notice, each charge is announced to the customer days ahead.

An announcement is good for one charge, from its day on and for a month, unless it is withdrawn before. What a
customer can be told has an end: no charge above what the agreement allows, none years ahead, and only so many
that are still to come.
"""

from dataclasses import dataclass, replace
from typing import Final

from milletpay.ledger.chart import Mode
from milletpay.merchants import MerchantId
from milletpay.payments.facts import Facts
from milletpay.payments.model import (
    AGREEMENT_ID,
    ANNOUNCEMENT_ID,
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

AHEAD_MAX: Final = 400
"""So many days before its day a charge is announced at most: a yearly one still can be."""

GOOD_FOR: Final = 31
"""So many days after its day an announcement can still be used."""

OUTSTANDING_MAX: Final = 31
"""So many announcements of an agreement may await their charge: one for each day of a month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceCharge:
    """Tell the customer of a charge to come: at most so much, not before that day."""

    id: AnnouncementId
    agreement: AgreementId
    merchant: MerchantId
    mode: Mode
    amount: int
    charge_on: Day


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawAnnouncement:
    """Take an announcement back: the charge that the customer was told of is not made."""

    id: AnnouncementId
    agreement: AgreementId
    merchant: MerchantId
    mode: Mode


def announce(command: AnnounceCharge, facts: Facts) -> Announcement | Refused:
    """Decide an announcement. Again under its id it is given as it stands, used and withdrawn ones too."""
    agreement = facts.agreements[command.agreement]
    if agreement is None or (agreement.merchant, agreement.mode) != (command.merchant, command.mode):
        return Refused(refusal=Refusal.AGREEMENT_NOT_FOUND, detail="There is no such agreement.")
    known = _known(command.id, agreement, facts)
    if known is not None:
        return known
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
    refused = _too_much(command, agreement, facts)
    if refused is not None:
        return refused
    made = Announcement(
        id=command.id,
        agreement=agreement.id,
        amount=command.amount,
        charge_on=command.charge_on,
        announced_at=facts.book.now,
    )
    facts.announcements.setdefault(agreement.id, []).append(made)
    facts.changed_announcements[made.id] = made
    _tell(agreement, facts, news="agreement.charge_announced")
    return made


def withdraw(command: WithdrawAnnouncement, facts: Facts) -> Announcement | Refused | None:
    """Decide a withdrawal. Again it changes nothing; nothing was announced: None, and so it stays."""
    agreement = facts.agreements[command.agreement]
    if agreement is None or (agreement.merchant, agreement.mode) != (command.merchant, command.mode):
        return Refused(refusal=Refusal.AGREEMENT_NOT_FOUND, detail="There is no such agreement.")
    known = _known(command.id, agreement, facts)
    if known is None or known.withdrawn_at:
        return known
    if known.payment is not None:
        detail = "The charge was made: its announcement cannot be withdrawn."
        return Refused(refusal=Refusal.WRONG_STATE, detail=detail, object=ANNOUNCEMENT_ID.write(known.id))
    known.withdrawn_at = facts.book.now
    facts.changed_announcements[known.id] = known
    _tell(agreement, facts, news="agreement.charge_withdrawn")
    return known


def _tell(agreement: Agreement, facts: Facts, *, news: str) -> None:
    told = replace(agreement, events=agreement.events + 1)
    facts.know_agreements([told])
    facts.changed_agreements[told.id] = told
    facts.events.append(Event(kind=news, object=told.id, sequence=told.events, at=facts.book.now))
    facts.book.note()


def _known(id: AnnouncementId, agreement: Agreement, facts: Facts) -> Announcement | None:
    return next((one for one in facts.announcements.get(agreement.id, ()) if one.id == id), None)


def _too_much(command: AnnounceCharge, agreement: Agreement, facts: Facts) -> Refused | None:
    """Why so large, so late or one more charge cannot be announced, or nothing."""
    latest = add_days(facts.today, days=AHEAD_MAX)
    waiting = [announced for announced in facts.announcements.get(agreement.id, ()) if announced.is_open]
    if command.charge_on > latest:
        refusal = Refusal.NOTICE_TOO_LONG
        detail = f"{format_day(command.charge_on)} is too far: {format_day(latest)} is the last day."
    elif command.amount > agreement.charge_limit:
        refusal = Refusal.EXCEEDS_CHARGE_LIMIT
        detail = f"The agreement allows {agreement.charge_limit} in one charge, not {command.amount}."
    elif len(waiting) >= OUTSTANDING_MAX:
        refusal = Refusal.TOO_MANY_ANNOUNCED
        detail = f"{len(waiting)} announced charges are not made yet; there may be {OUTSTANDING_MAX}."
    else:
        return None
    return Refused(refusal=refusal, detail=detail, object=AGREEMENT_ID.write(agreement.id))


def since(today: Day) -> Day:
    """The day of the oldest announcements that can be used today."""
    return add_days(today, days=-GOOD_FOR)


def fitting(payment: Payment, agreement: Agreement, facts: Facts) -> Announcement | None:
    """The earliest announcement that a charge may use: its day has come, its amount covers it."""
    usable = [
        announced
        for announced in facts.announcements.get(agreement.id, ())
        if announced.is_open
        and since(facts.today) <= announced.charge_on <= facts.today
        and payment.amount.minor <= announced.amount
    ]
    return min(usable, key=lambda announced: announced.charge_on, default=None)


def use(announced: Announcement, payment: Payment, facts: Facts) -> None:
    """One announcement is good for one charge."""
    announced.payment = payment.id
    facts.changed_announcements[announced.id] = announced


def free(payment: Payment, facts: Facts) -> None:
    """A charge has ended without money: another one may use what announced it."""
    if payment.agreement is None:
        return
    facts.unused.append(payment.id)
    for announced in facts.announcements.get(payment.agreement, ()):
        if announced.payment == payment.id:
            announced.payment = None
            facts.changed_announcements[announced.id] = announced
