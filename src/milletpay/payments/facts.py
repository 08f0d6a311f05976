"""What a batch knows of payments, and what the batch has changed so far."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from milletpay.customers import CustomerId, Customers, Devices
from milletpay.funding import Funding
from milletpay.ledger import Book, CreateTransferStatus, Transfer
from milletpay.ledger.chart import Mode
from milletpay.limits import Limits
from milletpay.merchants import MerchantId, Merchants, PlateId, Plates, TerminalId
from milletpay.money import Currency
from milletpay.payments.model import (
    Agreement,
    AgreementId,
    Announcement,
    AnnouncementId,
    Attempt,
    Decline,
    Payment,
    PaymentId,
    Refund,
    RefundId,
)
from milletpay.payments.moves import Move, MoveKind
from milletpay.payments.states import Outcome, PaymentStatus
from milletpay.payments.unusual import Scanned
from milletpay.plumbing.dates import Day
from milletpay.plumbing.outbox import Event
from milletpay.wallets import balance_account

Name = tuple[MerchantId, Mode, str]
"""A merchant's reference, with whose it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What became of an attempt, and why if it was declined."""

    outcome: Outcome
    decline: Decline | None


@dataclass(slots=True, kw_only=True)
class Facts:
    """Payments, refunds, marks and agreements of a batch, by each way to name them, and the parts below.

    What a command decides goes in here, so that the next one sees it; what is new or changed is written.
    """

    book: Book
    limits: Limits
    customers: Customers
    devices: Devices
    merchants: Merchants
    plates: Plates
    funding: Funding
    agreements: dict[AgreementId, Agreement | None] = field(default_factory=dict)
    """Remembered from batch to batch; None for one that does not exist."""
    payments: dict[PaymentId, Payment] = field(default_factory=dict)
    payments_by_key: dict[int, Payment] = field(default_factory=dict)
    payments_by_name: dict[Name, Payment] = field(default_factory=dict)
    refunds: dict[int, Refund] = field(default_factory=dict)
    refunds_by_key: dict[int, Refund] = field(default_factory=dict)
    refunds_by_name: dict[Name, Refund] = field(default_factory=dict)
    agreements_by_key: dict[int, Agreement] = field(default_factory=dict)
    agreements_by_name: dict[Name, Agreement] = field(default_factory=dict)
    announcements: dict[AgreementId, list[Announcement]] = field(default_factory=dict)
    """Those of these weeks, of agreements that are charged with notice or announce."""
    marks: set[Name] = field(default_factory=set)
    paid_at: dict[PlateId, list[Scanned]] = field(default_factory=dict)
    """What was last paid at plates, the newest first."""
    paid_by: dict[CustomerId, Scanned] = field(default_factory=dict)
    """What customers last paid at any plate."""
    new_payments: dict[PaymentId, Payment] = field(default_factory=dict)
    changed_payments: dict[PaymentId, Payment] = field(default_factory=dict)
    changed_agreements: dict[AgreementId, Agreement] = field(default_factory=dict)
    changed_announcements: dict[AnnouncementId, Announcement] = field(default_factory=dict)
    new_refunds: list[Refund] = field(default_factory=list)
    changed_refunds: dict[RefundId, Refund] = field(default_factory=dict)
    new_marks: list[Name] = field(default_factory=list)
    new_attempts: list[Attempt] = field(default_factory=list)
    unused: list[PaymentId] = field(default_factory=list)
    """Charges that have ended without money: what announced them may be charged after all."""
    changed_attempts: dict[tuple[PaymentId, int], Came] = field(default_factory=dict)
    """What became of attempts of earlier batches."""
    events: list[Event] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    """What has moved at terminals."""
    taken_back: dict[PaymentId, int] = field(default_factory=dict)
    """What banks took back of payments."""

    def clear(self) -> None:
        """Begin a batch: only agreements are remembered."""
        for known in (
            self.payments,
            self.payments_by_key,
            self.payments_by_name,
            self.refunds,
            self.refunds_by_key,
            self.refunds_by_name,
            self.agreements_by_key,
            self.agreements_by_name,
            self.announcements,
            self.changed_announcements,
            self.marks,
            self.paid_at,
            self.paid_by,
            self.new_payments,
            self.changed_payments,
            self.changed_agreements,
            self.new_refunds,
            self.changed_refunds,
            self.new_marks,
            self.new_attempts,
            self.changed_attempts,
            self.unused,
            self.events,
            self.moves,
            self.taken_back,
        ):
            known.clear()

    @property
    def today(self) -> Day:
        """The accounting date of the batch."""
        return Day(self.book.accounting_date)

    def know(self, payments: Iterable[Payment]) -> None:
        """Take in payments that exist."""
        for payment in payments:
            self.payments[payment.id] = payment
            self.payments_by_name[payment.merchant, payment.mode, payment.request.reference] = payment
            if payment.request.key_hash:
                self.payments_by_key[payment.request.key_hash] = payment

    def know_refunds(self, refunds: Iterable[Refund]) -> None:
        """Take in refunds that exist."""
        for refund in refunds:
            self.refunds[refund.id] = refund
            self.refunds_by_name[refund.merchant, refund.mode, refund.request.reference] = refund
            if refund.request.key_hash:
                self.refunds_by_key[refund.request.key_hash] = refund

    def know_agreements(self, agreements: Iterable[Agreement]) -> None:
        """Take in agreements that exist."""
        for agreement in agreements:
            self.agreements[agreement.id] = agreement
            name = agreement.merchant, agreement.mode, agreement.request.reference
            self.agreements_by_name[name] = agreement
            if agreement.request.key_hash:
                self.agreements_by_key[agreement.request.key_hash] = agreement

    def add(self, payment: Payment) -> None:
        """Take in a payment that the batch makes."""
        self.know([payment])
        self.new_payments[payment.id] = payment

    def change(self, payment: Payment, *, news: str) -> None:
        """Note that a payment has changed, and that the merchant is to be told."""
        if payment.id not in self.new_payments:
            self.changed_payments[payment.id] = payment
        payment.events += 1
        self.events.append(Event(kind=news, object=payment.id, sequence=payment.events, at=self.book.now))

    def tell_flags(self, payment: Payment) -> None:
        """Tell what is unusual about a payment that has taken money, if anything is."""
        if payment.flags:
            self.change(payment, news="plate.flagged")

    def tried(self, payment: Payment, *, customer: CustomerId, decline: Decline | None) -> None:
        """Note that a customer tried to pay."""
        payment.attempts += 1
        if payment.id not in self.new_payments:
            self.changed_payments[payment.id] = payment
        self.new_attempts.append(
            Attempt(
                payment=payment.id,
                number=payment.attempts,
                customer=customer,
                outcome=_outcome(payment, decline),
                decline=decline,
                at=self.book.now,
                card=payment.card,
            )
        )

    def came_to(self, payment: PaymentId, *, number: int, outcome: Outcome, decline: Decline | None) -> None:
        """Note what became of an attempt that was pending."""
        for index, attempt in enumerate(self.new_attempts):
            if (attempt.payment, attempt.number) == (payment, number):
                self.new_attempts[index] = replace(attempt, outcome=outcome, decline=decline)
                return
        self.changed_attempts[payment, number] = Came(outcome=outcome, decline=decline)

    def available(self, customer: CustomerId, *, mode: Mode, currency: Currency) -> int:
        """What the balance of a customer of the batch has, in minor units."""
        standing = self.book.machine.standing(balance_account(customer, mode=mode, currency=currency))
        if standing is None:
            return 0
        return standing.credits_posted - standing.debits_posted - standing.debits_pending

    def moved(
        self,
        kind: MoveKind,
        payment: Payment,
        *,
        amount: int,
        terminal: TerminalId | None,
        refund: RefundId | None = None,
    ) -> None:
        """Note that money has moved, if that was at a terminal."""
        if terminal is not None and amount:
            self.moves.append(
                Move(kind=kind, payment=payment, terminal=terminal, amount=amount, refund=refund)
            )

    def post(self, transfers: Sequence[Transfer]) -> CreateTransferStatus:
        """Move money: `created`, or the first status that is not, and then nothing has moved."""
        failed = CreateTransferStatus.linked_event_failed
        statuses = self.book.post(transfers)
        for status in statuses:
            if status is not CreateTransferStatus.created and status is not failed:
                return status
        return CreateTransferStatus.created


def _outcome(payment: Payment, decline: Decline | None) -> Outcome:
    if decline is not None:
        return Outcome.DECLINED
    return Outcome.PENDING if payment.status is PaymentStatus.PROCESSING else Outcome.TOOK_THE_MONEY
