"""Making a payment, and paying it."""

from dataclasses import dataclass, field
from functools import lru_cache

from milletpay.customers import CustomerId, DeviceId
from milletpay.fees import quote
from milletpay.funding import BALANCE, ONLY_BALANCE, Bar, Demand, Manner, Order, Source, plan
from milletpay.ledger import CreateTransferStatus
from milletpay.ledger.chart import Mode
from milletpay.limits import Limit, Measure, Span, limits_in_force
from milletpay.merchants import MerchantId, StoreId, TerminalId
from milletpay.money import Currency, Money
from milletpay.payments import postings
from milletpay.payments.announcements import fitting, use
from milletpay.payments.cards import DECLINES, ask_card
from milletpay.payments.device_rules import asking, count, forbidden, may_not_ask
from milletpay.payments.facts import Facts
from milletpay.payments.model import (
    PAYMENT_ID,
    Agreement,
    AgreementId,
    AgreementStatus,
    CaptureMethod,
    Decline,
    Payment,
    PaymentId,
    Refusal,
    Refused,
    Request,
)
from milletpay.payments.moves import MoveKind
from milletpay.payments.states import Happening, PaymentStatus
from milletpay.plumbing.dates import rfc3339

DAY_NS = 24 * 3600 * 10**9
AUTHORIZATION_NS = 7 * DAY_NS
"""How long money is held for a merchant that names no other time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePayment:
    """Make a payment. With an agreement or a code it is paid at once; without, it awaits its payer."""

    id: PaymentId
    merchant: MerchantId
    mode: Mode
    amount: Money
    request: Request
    capture_method: CaptureMethod = CaptureMethod.AUTOMATIC
    agreement: AgreementId | None = None
    payment_code: str = field(default="", repr=False)
    """What was scanned from the customer's phone; never beside an agreement."""
    scanned_at: int = 0
    """When a till without a network scanned it, nanoseconds; 0 for now. Nobody can be asked then."""
    store: StoreId | None = None
    terminal: TerminalId | None = None
    """Known before as one of the merchant's, in the store."""
    device: DeviceId | None = None
    """The customer's television or box that asks for it, as its own credential has shown."""
    expires_at: int = 0
    """Nanoseconds; 0 for never."""
    description: str = ""
    return_url: str = ""
    metadata: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayPayment:
    """A customer pays a payment that awaits its payer; that it is the customer was proved before."""

    payment: PaymentId
    customer: CustomerId
    mode: Mode
    sources: Order = ONLY_BALANCE
    """From what the customer pays, the first first."""
    manner: Manner = Manner.CONFIRMED


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A payment, and whether this request made it: if not, it was made before by the same request."""

    payment: Payment
    is_new: bool


def create(command: CreatePayment, facts: Facts) -> Made | Refused:
    """Decide a new payment: under an agreement, or one that awaits its payer."""
    payment = begin(command, facts)
    if not isinstance(payment, Payment):
        return payment
    agreement = None if command.agreement is None else facts.agreements[command.agreement]
    if is_marked(payment, facts):
        fail(payment, Decline.REVERSED, facts)
    elif agreement is not None:
        _charge(payment, agreement, facts)
    else:
        facts.change(payment, news="payment.created")
    return finish(payment, facts)


def begin(command: CreatePayment, facts: Facts) -> Payment | Made | Refused:
    """The payment that a merchant asks for; or what was made before, or why it may not be."""
    known = made_before(command, facts)
    if known is not None:
        return known
    if command.store is not None:
        store = facts.merchants.store(command.store)
        if store is None or store.merchant != command.merchant:
            return Refused(refusal=Refusal.STORE_NOT_FOUND, detail="There is no such store.", param="store")
    if command.agreement is not None:
        agreement = facts.agreements[command.agreement]
        if agreement is None or (agreement.merchant, agreement.mode) != (command.merchant, command.mode):
            return Refused(refusal=Refusal.AGREEMENT_NOT_FOUND, detail="There is no such agreement.")
    return draft(command, facts)


def is_marked(payment: Payment, facts: Facts) -> bool:
    """Whether a reversal came before it."""
    return (payment.merchant, payment.mode, payment.request.reference) in facts.marks


def finish(payment: Payment, facts: Facts) -> Made:
    """Take in a new payment, as it is answered."""
    payment.first_status = payment.status
    facts.add(payment)
    return Made(payment=payment, is_new=True)


def draft(command: CreatePayment, facts: Facts) -> Payment | Refused:
    """The payment that is asked for, which nobody knows of yet, or why its merchant may not ask for it."""
    if command.expires_at and command.expires_at <= facts.book.now:
        return Refused(
            refusal=Refusal.EXPIRES_IN_THE_PAST,
            detail=f"{rfc3339(command.expires_at)} has passed: give a time to come.",
            param="expires_at",
        )
    merchant = facts.merchants.merchant(command.merchant)
    if merchant is None or not merchant.is_active:
        return Refused(refusal=Refusal.MERCHANT_NOT_ACTIVE, detail="The merchant may not take payments now.")
    contract = facts.merchants.contract(command.merchant, currency=command.amount.currency, day=facts.today)
    if contract is None:
        return Refused(
            refusal=Refusal.NO_CONTRACT,
            detail=f"There is no contract for payments in {command.amount.currency.code}.",
        )
    if command.device is not None:
        refused = may_not_ask(
            command.device, mode=command.mode, merchant=merchant, amount=command.amount, facts=facts
        )
        if refused is not None:
            return refused
    return Payment(
        id=command.id,
        merchant=command.merchant,
        mode=command.mode,
        amount=command.amount,
        status=PaymentStatus.AWAITING_PAYMENT,
        capture_method=command.capture_method,
        quote=quote(contract, amount=command.amount),
        request=command.request,
        created_at=facts.book.now,
        expires_at=command.expires_at,
        due_at=command.expires_at,
        agreement=command.agreement,
        store=command.store,
        terminal=command.terminal,
        device=command.device,
        description=command.description,
        return_url=command.return_url,
        metadata=command.metadata,
    )


def made_before(command: CreatePayment, facts: Facts) -> Made | Refused | None:
    """What was made under the same key or reference, or why that stands in the way."""
    request = command.request
    known = facts.payments_by_key.get(request.key_hash)
    if known is not None:
        if known.request.body_hash == request.body_hash:
            return Made(payment=known, is_new=False)
        return Refused(
            refusal=Refusal.KEY_REUSED,
            detail="The idempotency key was used with another body.",
            object=PAYMENT_ID.write(known.id),
        )
    known = facts.payments_by_name.get((command.merchant, command.mode, request.reference))
    if known is None:
        return None
    if known.request.body_hash == request.body_hash:
        return Made(payment=known, is_new=False)
    return Refused(
        refusal=Refusal.REFERENCE_USED,
        detail="The reference names another payment of yours, with another body.",
        object=PAYMENT_ID.write(known.id),
    )


def _charge(payment: Payment, agreement: Agreement, facts: Facts) -> None:
    """Pay under an agreement, or fail: there is nobody to try again."""
    if agreement.status is not AgreementStatus.ACTIVE or agreement.customer is None:
        fail(payment, Decline.AGREEMENT_NOT_ACTIVE, facts)
        return
    payment.customer = agreement.customer
    announced = fitting(payment, agreement, facts) if agreement.notice_days else None
    if agreement.notice_days and announced is None:
        fail(payment, Decline.NOT_ANNOUNCED, facts)
        return
    if payment.amount.minor > agreement.charge_limit or payment.amount.currency is not agreement.currency:
        fail(payment, Decline.EXCEEDS_CHARGE_LIMIT, facts)
        return
    limits = _allowed(agreement.currency, agreement.day_limit, agreement.day_charges, agreement.month_limit)
    exceeded = facts.limits.take(
        agreement.id, measure=Measure.PAYMENTS, limits=limits, amount=payment.amount, day=facts.today
    )
    decline: Decline | None = Decline.EXCEEDS_LIMIT
    if exceeded is None:
        decline = take_money(payment, facts, sources=agreement.sources, manner=Manner.AGREEMENT)
    if decline is not None:
        if exceeded is None:
            facts.limits.give_back(
                agreement.id, measure=Measure.PAYMENTS, amount=payment.amount, day=facts.today
            )
        fail(payment, decline, facts)
    elif announced is not None:
        use(announced, payment, facts)


def fail(payment: Payment, decline: Decline, facts: Facts) -> None:
    """The payment fails: its payer was named with it, and nobody can try again."""
    payment.decline = decline
    payment.due_at = 0
    payment.happen(Happening.DECLINE)
    facts.change(payment, news="payment.failed")


def pay(command: PayPayment, facts: Facts) -> Made | Decline | Refused:
    """Decide an attempt of a customer. A decline leaves the payment as it was: it may be tried again."""
    payment = facts.payments.get(command.payment)
    if payment is None or payment.mode is not command.mode:
        return Refused(refusal=Refusal.PAYMENT_NOT_FOUND, detail="There is no such payment.")
    undertaken = payment.status in PAID or (
        payment.status is PaymentStatus.PROCESSING and payment.card is not None
    )
    if payment.customer == command.customer and undertaken:
        return Made(payment=payment, is_new=False)
    merchant = facts.merchants.merchant(payment.merchant)
    if merchant is None or not merchant.is_active:
        return Refused(refusal=Refusal.MERCHANT_NOT_ACTIVE, detail="The merchant may not take payments now.")
    if payment.status is not PaymentStatus.AWAITING_PAYMENT and not payment.asks(command.customer):
        detail = TAKEN.get(payment.status, f"The payment is {payment.status}: it cannot be paid.")
        return Refused(refusal=Refusal.WRONG_STATE, detail=detail, object=PAYMENT_ID.write(payment.id))
    if payment.due_at and payment.due_at <= facts.book.now:
        return Refused(
            refusal=Refusal.EXPIRED, detail="The time to pay is over.", object=PAYMENT_ID.write(payment.id)
        )
    named, payment.customer = payment.customer, command.customer
    decline = take_money(payment, facts, sources=command.sources, manner=command.manner)
    facts.tried(payment, customer=command.customer, decline=decline)
    if decline is not None:
        payment.customer = named
        return decline
    return Made(payment=payment, is_new=True)


PAID = {PaymentStatus.AUTHORIZED, PaymentStatus.SUCCEEDED}

TAKEN = {
    PaymentStatus.PROCESSING: "Somebody is paying it at this moment. Nothing was taken from you.",
    PaymentStatus.AUTHORIZED: "Somebody has paid it already. Nothing was taken from you.",
    PaymentStatus.SUCCEEDED: "Somebody has paid it already. Nothing was taken from you.",
}
"""What the next payer of one payment is told: the first one has it."""


def take_money(
    payment: Payment, facts: Facts, *, sources: Order = ONLY_BALANCE, manner: Manner = Manner.CONFIRMED
) -> Decline | None:
    """Take the payment from one of its customer's sources, or say why not; then nothing has changed.

    A card's bank is asked when this is committed, and until it has answered the payment is processing.
    """
    assert payment.customer is not None
    customer = facts.customers.customer(payment.customer)
    if customer is None or not customer.is_active:
        return Decline.CUSTOMER_NOT_ACTIVE
    decline = forbidden(payment, facts)
    if decline is not None:
        return decline
    day = facts.today
    limits = limits_in_force(
        day,
        measure=Measure.PAYMENTS,
        verification=customer.verification,
        currency=payment.amount.currency,
    )
    if facts.limits.take(
        customer.id, measure=Measure.PAYMENTS, limits=limits, amount=payment.amount, day=day
    ):
        return Decline.EXCEEDS_LIMIT
    too_much = count(payment, facts)
    if too_much is not None:
        facts.limits.give_back(customer.id, measure=Measure.PAYMENTS, amount=payment.amount, day=day)
        return too_much
    source = BALANCE if sources == ONLY_BALANCE else chosen(payment, facts, sources=sources, manner=manner)
    decline = source if isinstance(source, Decline) else None
    if isinstance(source, Source) and source.card is None:
        decline = _take_balance(payment, facts)
    if decline is not None:
        device = asking(payment.device, facts)
        for subject in (customer.id, None if device is None else device.id):
            if subject is not None:
                facts.limits.give_back(subject, measure=Measure.PAYMENTS, amount=payment.amount, day=day)
        return decline

    # From here it must succeed.
    payment.counted_on = day
    if isinstance(source, Source) and source.card is not None:
        ask_card(payment, source, facts)
    return None


def chosen(
    payment: Payment, facts: Facts, *, sources: Order, manner: Manner = Manner.CONFIRMED
) -> Source | Decline:
    """The one source that pays, as `funding` plans it."""
    assert payment.customer is not None
    currency = payment.amount.currency
    demand = Demand(
        amount=payment.amount, manner=manner, is_held=payment.capture_method is CaptureMethod.MANUAL
    )
    planned = plan(
        sources,
        demand=demand,
        balance=facts.available(payment.customer, mode=payment.mode, currency=currency),
        usable=facts.funding.usable(sources, customer=payment.customer, currency=currency),
    )
    return planned.source or DECLINES[max(planned.bars, key=list(Bar).index)]


def _take_balance(payment: Payment, facts: Facts) -> Decline | None:
    """Take the payment from the balance, or say that it does not cover it."""
    day, amount = facts.today, payment.amount.minor
    now = payment.capture_method is CaptureMethod.AUTOMATIC
    fee = payment.quote.fee.minor if now else 0
    recipe = postings.paid(payment, fee=fee, ids=facts.book.new_id, date=day) if now else None
    transfers = recipe or postings.authorized(payment, ids=facts.book.new_id, date=day)
    if facts.post(transfers) is not CreateTransferStatus.created:
        return Decline.INSUFFICIENT_FUNDS

    # From here it must succeed.
    payment.authorized = amount
    if now:
        payment.captured = amount
        payment.fee = fee
        payment.due_at = 0
        payment.happen(Happening.PAY)
        facts.moved(MoveKind.SALE, payment, amount=amount, terminal=payment.terminal)
        facts.change(payment, news="payment.succeeded")
    else:
        payment.due_at = facts.book.now + AUTHORIZATION_NS
        payment.happen(Happening.AUTHORIZE)
        facts.change(payment, news="payment.authorized")
    return None


@lru_cache(maxsize=10_000)
def _allowed(currency: Currency, day: int, charges: int, month: int) -> tuple[Limit, ...]:
    """What a customer has allowed under an agreement: so much and so often a day, so much a month."""
    return (
        Limit(span=Span.DAY, amount=Money(day, currency), count=charges),
        Limit(span=Span.MONTH, amount=Money(month, currency)),
    )
