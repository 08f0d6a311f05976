"""The part of the desk that decides payments: what commands need, which story decides, what is written."""

from typing import Final

from milletpay.customers import CustomerId, Customers, Devices, PersonId
from milletpay.funding import Funding
from milletpay.ledger import Book
from milletpay.ledger.chart import Mode
from milletpay.limits import Limits, Measure
from milletpay.merchants import MerchantId, Merchants, Plates
from milletpay.money import Currency
from milletpay.payments.agreements import CancelAgreement, ProposeAgreement, SignAgreement
from milletpay.payments.announcements import AnnounceCharge, WithdrawAnnouncement, since
from milletpay.payments.attempts import CreatePayment, PayPayment
from milletpay.payments.captures import CancelPayment, CapturePayment, ExpirePayment
from milletpay.payments.cards import ResolveDraw, ResolveGiveBack
from milletpay.payments.coded import DeclinePayment, create_by_code
from milletpay.payments.counting import counted
from milletpay.payments.facts import Facts, Name
from milletpay.payments.model import Agreement, AgreementId, PaymentId, RefundId
from milletpay.payments.plates import STATIC, PayPlate
from milletpay.payments.postings import accounts_of
from milletpay.payments.presenters import Presenters
from milletpay.payments.records import (
    agreement_of,
    announcement_of,
    columns_of_agreements,
    columns_of_announcements,
    columns_of_attempts,
    columns_of_changed_attempts,
    columns_of_changed_payments,
    columns_of_changed_refunds,
    columns_of_names,
    columns_of_new_payments,
    columns_of_refunds,
    mode_of,
    payment_of,
    refund_of,
    scanned_of,
)
from milletpay.payments.refunds import RefundPayment, ReversePayment
from milletpay.payments.stories import DECIDES, Answer, Command
from milletpay.payments.take_backs import TakeBackDraw
from milletpay.payments.unusual import policy_on
from milletpay.plumbing.database import Connection
from milletpay.plumbing.dates import Day
from milletpay.plumbing.outbox import append
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.payments")

REMEMBERED_MAX: Final = 200_000
"""How many agreements memory holds before it begins anew."""


class Payments:
    """The heart: it decides on payments, with customers, merchants and limits below it."""

    commands: tuple[type, ...] = tuple(DECIDES)

    def __init__(
        self,
        *,
        book: Book,
        limits: Limits,
        customers: Customers,
        devices: Devices,
        merchants: Merchants,
        plates: Plates,
        presenters: Presenters,
        funding: Funding,
    ) -> None:
        self._presenters = presenters
        self._facts = Facts(
            book=book,
            limits=limits,
            customers=customers,
            devices=devices,
            merchants=merchants,
            plates=plates,
            funding=funding,
        )
        self.moves: Final = self._facts.moves
        self._ids: set[PaymentId] = set()
        self._keys: set[int] = set()
        self._names: set[Name] = set()
        self._refund_keys: set[int] = set()
        self._refund_names: set[Name] = set()
        self._agreement_ids: set[AgreementId] = set()
        self._agreement_keys: set[int] = set()
        self._agreement_names: set[Name] = set()
        self._charges: list[CreatePayment] = []
        self._payers: list[PayPayment] = []
        self._scanners: list[PayPlate] = []
        self._looked_at: list[AgreementId] = []  # signed, or announced under

    def begin(self) -> None:
        """A new batch."""
        self._facts.clear()
        for wanted in (
            self._ids,
            self._keys,
            self._names,
            self._refund_keys,
            self._refund_names,
            self._agreement_ids,
            self._agreement_keys,
            self._agreement_names,
        ):
            wanted.clear()
        self._charges.clear()
        self._payers.clear()
        self._scanners.clear()
        self._looked_at.clear()
        if len(self._facts.agreements) > REMEMBERED_MAX:
            self.forget()

    def forget(self) -> None:
        """Agreements may have changed."""
        self._facts.agreements.clear()

    def want(self, command: Command, /) -> None:
        """Note what a command is about."""
        match command:
            case CreatePayment():
                _want_request(command, self._keys, self._names)
                self._facts.merchants.want_merchant(command.merchant)
                self._charges.append(command)
                if command.store is not None:
                    self._facts.merchants.want_store(command.store)
                if command.agreement is not None:
                    self._want_agreement(command.agreement)
                if command.payment_code:
                    self._presenters.want_code(command)
            case PayPayment():
                self._ids.add(command.payment)
                self._facts.customers.want_customer(command.customer)
                self._payers.append(command)
                self._facts.funding.want_cards(command.sources)
            case PayPlate():
                self._want_scanner(command)
            case RefundPayment():
                _want_request(command, self._refund_keys, self._refund_names)
                self._ids.add(command.payment)
            case ReversePayment(payment=None):
                self._names.add((command.merchant, command.mode, command.reference))
            case ReversePayment(payment=payment) if payment is not None:
                self._ids.add(payment)
            case CapturePayment() | CancelPayment() | ExpirePayment() | DeclinePayment():
                self._ids.add(command.payment)
            case ProposeAgreement(agreement=agreement):
                _want_request(agreement, self._agreement_keys, self._agreement_names)
                self._facts.merchants.want_merchant(agreement.merchant)
            case SignAgreement():
                self._want_agreement(command.agreement)
                self._facts.customers.want_customer(command.customer)
                self._looked_at.append(command.agreement)
                self._facts.funding.want_cards(command.sources)
            case ResolveDraw():
                self._facts.funding.want_draw(command.draw)
            case ResolveGiveBack():
                self._facts.funding.want_give_back(command.give_back)
            case TakeBackDraw():
                self._facts.funding.want_take_back(command.draw)
            case AnnounceCharge() | WithdrawAnnouncement():
                self._want_agreement(command.agreement)
                self._looked_at.append(command.agreement)
            case CancelAgreement():
                self._want_agreement(command.agreement)

    async def load(self, connection: Connection) -> None:
        """Bring what is wanted, then say what the parts below must bring for it."""
        facts = self._facts
        await self._load_heard(connection)
        if self._ids or self._keys or self._names:
            rows = await connection.fetch(
                SQL["payments"], self._ids, self._keys, *columns_of_names(self._names)
            )
            facts.know([payment_of(row) for row in rows])
            marks = await connection.fetch(SQL["marks"], *columns_of_names(self._names))
            facts.marks.update([(row["merchant"], mode_of(row), row["reference"]) for row in marks])
        if self._refund_keys or self._refund_names:
            rows = await connection.fetch(
                SQL["refunds"], self._refund_keys, *columns_of_names(self._refund_names)
            )
            facts.know_refunds([refund_of(row) for row in rows])
        if self._agreement_ids or self._agreement_keys or self._agreement_names:
            facts.agreements.update(dict.fromkeys(self._agreement_ids))
            rows = await connection.fetch(
                SQL["agreements"],
                self._agreement_ids,
                self._agreement_keys,
                *columns_of_names(self._agreement_names),
            )
            facts.know_agreements([agreement_of(row) for row in rows])
        await self._load_announcements(connection)
        await self._load_scanned(connection)
        for looked_at in map(facts.agreements.get, self._looked_at):
            if looked_at is not None:
                facts.merchants.want_merchant(looked_at.merchant)
        funded = [payment.id for payment in facts.payments.values() if payment.card is not None]
        facts.funding.want_payments(funded)
        for payment in facts.payments.values():
            self._want_below(payment.merchant, payment.customer, payment.amount.currency, payment.mode)
            if payment.device is not None:
                facts.devices.want_device(payment.device)
                self._count(payment.device, payment.amount.currency, facts.today)
            if payment.counted_on:
                for subject, measure in counted(payment, device=payment.device):
                    self._count(subject, payment.amount.currency, payment.counted_on, measure)
        for charge in self._charges:
            if charge.device is not None:
                facts.devices.want_device(charge.device)
                self._count(charge.device, charge.amount.currency, facts.today)
            agreement = charge.agreement and facts.agreements[charge.agreement]
            if agreement:
                self._want_below(charge.merchant, agreement.customer, charge.amount.currency, charge.mode)
                facts.funding.want_cards(agreement.sources)
                self._count(agreement.customer, charge.amount.currency, facts.today)
                self._count(agreement.id, charge.amount.currency, facts.today)
        for payer in self._payers:
            paid = facts.payments.get(payer.payment)
            if paid is not None:
                self._want_below(paid.merchant, payer.customer, paid.amount.currency, paid.mode)
                self._count(payer.customer, paid.amount.currency, facts.today)

    def decide(self, command: Command, /) -> Answer:
        """Decide one command."""
        if isinstance(command, CreatePayment) and command.payment_code:
            return create_by_code(command, self._facts, self._presenters)
        return DECIDES[type(command)](command, self._facts)

    async def save(self, connection: Connection) -> None:
        """Write what is new and what has changed, and the news of it."""
        facts = self._facts
        if facts.new_payments:
            payments = list(facts.new_payments.values())
            await connection.execute(SQL["add_payments"], *columns_of_new_payments(payments))
        # What the batch makes, it writes once, as it is in the end.
        changed = [p for id, p in facts.changed_payments.items() if id not in facts.new_payments]
        if changed:
            await connection.execute(SQL["change_payments"], *columns_of_changed_payments(changed))
        if facts.new_attempts:
            await connection.execute(SQL["add_attempts"], *columns_of_attempts(facts.new_attempts))
        if facts.changed_attempts:
            await connection.execute(
                SQL["change_attempts"], *columns_of_changed_attempts(facts.changed_attempts)
            )
        if facts.new_refunds:
            await connection.execute(SQL["add_refunds"], *columns_of_refunds(facts.new_refunds))
        if facts.changed_refunds:
            refunds = list(facts.changed_refunds.values())
            await connection.execute(SQL["change_refunds"], *columns_of_changed_refunds(refunds))
        if facts.taken_back:
            taken_back = list(facts.taken_back), list(facts.taken_back.values())
            await connection.execute(SQL["write_taken_back"], *taken_back)
        if facts.new_marks:
            columns = columns_of_names(facts.new_marks)
            await connection.execute(SQL["add_marks"], *columns, facts.book.now)
        if facts.unused:
            await connection.execute(SQL["free_announcements"], facts.unused)
        if announced := list(facts.changed_announcements.values()):
            await connection.execute(SQL["write_announcements"], *columns_of_announcements(announced))
        if agreed := list(facts.changed_agreements.values()):
            await connection.execute(SQL["write_agreements"], *columns_of_agreements(agreed))
        if facts.events:
            await append(connection, events=facts.events)

    async def _load_heard(self, connection: Connection) -> None:
        """Bring the draws and give-backs that a bank is asked or heard about: they name their payments."""
        facts = self._facts
        await facts.funding.bring(connection)
        self._ids.update(PaymentId(draw.payment) for draw in facts.funding.draws)
        refunds = [RefundId(b.refund) for b in facts.funding.give_backs if b.refund is not None]
        if refunds:
            rows = await connection.fetch(SQL["refunds_by_id"], refunds)
            facts.know_refunds([refund_of(row) for row in rows])

    async def _load_announcements(self, connection: Connection) -> None:
        """Bring what was announced under the agreements that ask for it and are charged, or announce."""
        charged = [self._facts.agreements[c.agreement] for c in self._charges if c.agreement is not None]
        ids = {agreement.id for agreement in charged if agreement is not None and agreement.notice_days}
        ids.update(self._looked_at)
        if ids:
            for row in await connection.fetch(SQL["announcements"], ids, since(self._facts.today)):
                announced = announcement_of(row)
                self._facts.announcements.setdefault(announced.agreement, []).append(announced)

    def _want_scanner(self, command: PayPlate) -> None:
        """Note a payment at a plate. Who pays is known before the limits load: they count by person."""
        facts, currency = self._facts, command.amount.currency
        _want_request(command, self._keys, self._names)
        facts.plates.want_plate(command.plate)
        facts.customers.want_person(
            command.customer, tell=lambda person: self._count_static(person, currency)
        )
        facts.funding.want_cards(command.sources)
        self._scanners.append(command)

    def _count_static(self, person: PersonId, currency: Currency) -> None:
        for measure in STATIC.values():
            self._count(person, currency, self._facts.today, measure)

    async def _load_scanned(self, connection: Connection) -> None:
        """Bring what was last paid at the plates and by the people, to see what is unusual."""
        if not self._scanners:
            return
        facts = self._facts
        plates = {scanner.plate for scanner in self._scanners}
        most = policy_on(facts.today).usual_of
        for scanned in map(scanned_of, await connection.fetch(SQL["paid_at_plates"], plates, most)):
            facts.paid_at.setdefault(scanned.plate, []).append(scanned)
        customers = {scanner.customer for scanner in self._scanners}
        for scanned in map(scanned_of, await connection.fetch(SQL["paid_by_scanners"], customers)):
            facts.paid_by[scanned.customer] = scanned
        for scanner in self._scanners:
            facts.merchants.want_merchant(scanner.merchant)
            self._want_below(scanner.merchant, scanner.customer, scanner.amount.currency, scanner.mode)
            self._count(scanner.customer, scanner.amount.currency, facts.today)

    def _want_agreement(self, id: AgreementId) -> None:
        if id not in self._facts.agreements:
            self._agreement_ids.add(id)

    def _want_below(
        self, merchant: MerchantId, customer: CustomerId | None, currency: Currency, mode: Mode
    ) -> None:
        facts = self._facts
        facts.merchants.want_merchant(merchant)
        if customer is not None:
            facts.customers.want_customer(customer)
            facts.book.want(*accounts_of(customer, merchant=merchant, currency=currency, mode=mode))

    def _count(
        self, subject: int | None, currency: Currency, day: Day, measure: Measure = Measure.PAYMENTS
    ) -> None:
        if subject is not None:
            self._facts.limits.want_used(subject, measure=measure, currency=currency, day=day)


def _want_request(
    made: CreatePayment | PayPlate | RefundPayment | Agreement, keys: set[int], names: set[Name]
) -> None:
    request = made.request
    if request.key_hash:
        keys.add(request.key_hash)
    names.add((made.merchant, made.mode, request.reference))
