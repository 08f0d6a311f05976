"""Payments at the desk: charged, captured, refunded, reversed; what the book and the limits then say."""

import asyncio
from dataclasses import replace
from functools import partial

from milletpay.customers import CustomerId
from milletpay.ledger.chart import AccountKind, Mode
from milletpay.merchants import MerchantId, MerchantStatus, SetMerchantStatus
from milletpay.money import Currency
from milletpay.payments import (
    PAYMENT_ID,
    Agreement,
    AgreementId,
    AgreementStatus,
    AnnounceCharge,
    AnnouncementId,
    CancelPayment,
    CaptureMethod,
    CapturePayment,
    Decline,
    ExpirePayment,
    Made,
    Marked,
    PaymentStatus,
    PayPayment,
    ProposeAgreement,
    Refunded,
    Refusal,
    Refused,
    ReversePayment,
    SignAgreement,
    attempts_of,
    find_payment,
)
from milletpay.plumbing.database import Database
from milletpay.plumbing.dates import add_days, day_of
from tests.flows.payment_desk import PaymentDesk, open_payments
from tests.flows.trade_desk import new_customer

ANNA, SHOP = CustomerId(7), MerchantId(8)
DAY = 24 * 3600 * 10**9


async def money(desk: PaymentDesk) -> dict[str, int]:
    """Where the money of this small town is."""
    return {
        "anna": await desk.balance(AccountKind.CUST, ANNA),
        "held": await desk.balance(AccountKind.CUST_HOLD, ANNA),
        "shop": await desk.balance(AccountKind.MER_PEND, SHOP),
        "fees": await desk.balance(AccountKind.FEE_ACCRUED),
    }


async def test_a_charge_under_an_agreement_pays_at_once(database: Database) -> None:
    """Gross to the merchant, the fee from the merchant to us; the payment says the same."""
    async with open_payments(database) as desk:
        agreement = await desk.open_shop(SHOP, ANNA, balance=500_00)
        made = await desk.ask(desk.payment(SHOP, 100_00, agreement=agreement))
        assert isinstance(made, Made)
        assert (made.payment.status, made.payment.captured, made.payment.fee) == ("succeeded", 100_00, 38)
        assert await money(desk) == {"anna": 400_00, "held": 0, "shop": 99_62, "fees": 38}
        async with database.connection() as connection:
            assert await find_payment(connection, id=made.payment.id) == made.payment


async def test_the_same_request_has_one_effect(database: Database) -> None:
    """By key, by reference, at once and later, in one batch and after a restart."""
    async with open_payments(database) as desk:
        agreement = await desk.open_shop(SHOP, ANNA, balance=500_00)
        request = desk.request("order 1", key=77)
        first = desk.payment(SHOP, 10_00, agreement=agreement, request=request)
        again = [desk.payment(SHOP, 10_00, agreement=agreement, request=request) for _ in range(99)]
        answers = await asyncio.gather(*[desk.ask(command) for command in [first, *again]])
        assert {answer.payment.id for answer in answers} == {first.id}
        assert [answer.is_new for answer in answers] == [True] + [False] * 99
        assert await desk.balance(AccountKind.CUST, ANNA) == 490_00
    async with open_payments(database, desk_id=2) as desk:
        late = await desk.ask(desk.payment(SHOP, 10_00, agreement=agreement, request=request))
        assert (late.payment.id, late.is_new) == (first.id, False)
        other = desk.request("order 1", key=77, body=2)
        refused = await desk.ask(desk.payment(SHOP, 11_00, agreement=agreement, request=other))
        assert (refused.refusal, refused.object) == (Refusal.KEY_REUSED, PAYMENT_ID.write(first.id))
        other = desk.request("order 1", key=78, body=2)
        refused = await desk.ask(desk.payment(SHOP, 11_00, agreement=agreement, request=other))
        assert (refused.refusal, refused.object) == (Refusal.REFERENCE_USED, PAYMENT_ID.write(first.id))


async def test_two_payments_and_a_balance_for_one(database: Database) -> None:
    """One succeeds, the other is declined and kept as failed; its part of the limits is given back."""
    async with open_payments(database) as desk:
        agreement = await desk.open_shop(SHOP, ANNA, balance=15_00)
        made = await asyncio.gather(
            *[desk.ask(desk.payment(SHOP, 10_00, agreement=agreement)) for _ in range(2)]
        )
        assert [m.payment.status for m in made] == [PaymentStatus.SUCCEEDED, PaymentStatus.FAILED]
        assert made[1].payment.decline is Decline.INSUFFICIENT_FUNDS
        assert await desk.balance(AccountKind.CUST, ANNA) == 5_00


async def test_the_limits_of_an_agreement(database: Database) -> None:
    """Of one charge, and of a day; the next day begins anew."""
    async with open_payments(database) as desk:
        agreement = await desk.open_shop(SHOP, ANNA, balance=5_000_00)
        made = await desk.ask(desk.payment(SHOP, 100_01, agreement=agreement))
        assert made.payment.decline is Decline.EXCEEDS_CHARGE_LIMIT
        paid = await asyncio.gather(
            *[desk.ask(desk.payment(SHOP, 100_00, agreement=agreement)) for _ in range(12)]
        )
        declines = [m.payment.decline for m in paid]
        assert declines == [None] * 10 + [Decline.EXCEEDS_LIMIT] * 2
        desk.clock.advance(duration_ns=DAY)
        made = await desk.ask(desk.payment(SHOP, 100_00, agreement=agreement))
        assert made.payment.decline is None


async def test_a_hundred_refunds_of_one_on_fifty(database: Database) -> None:
    """Exactly fifty succeed, and with the last one all of the fee is back."""
    async with open_payments(database) as desk:
        agreement = await desk.open_shop(SHOP, ANNA, balance=500_00)
        made = await desk.ask(desk.payment(SHOP, 50_00, agreement=agreement))
        answers = await asyncio.gather(
            *[desk.ask(desk.refund(made.payment.id, SHOP, 1_00)) for _ in range(100)]
        )
        assert sum(isinstance(answer, Refunded) for answer in answers) == 50
        refused = [answer for answer in answers if isinstance(answer, Refused)]
        assert {answer.refusal for answer in refused} == {Refusal.EXCEEDS_REFUNDABLE}
        assert await money(desk) == {"anna": 500_00, "held": 0, "shop": 0, "fees": 0}


async def test_one_refund_reference_ten_times(database: Database) -> None:
    """One refund, and ten answers that name it."""
    async with open_payments(database) as desk:
        agreement = await desk.open_shop(SHOP, ANNA, balance=500_00)
        made = await desk.ask(desk.payment(SHOP, 50_00, agreement=agreement))
        request = desk.request("back")
        answers = await asyncio.gather(
            *[desk.ask(desk.refund(made.payment.id, SHOP, 1_00, request=request)) for _ in range(10)]
        )
        assert len({answer.refund.id for answer in answers}) == 1
        assert await desk.balance(AccountKind.CUST, ANNA) == 451_00


async def test_captures_in_parts_then_the_end(database: Database) -> None:
    """The parts of the fee add up; the final capture releases the rest, to the limits too."""
    async with open_payments(database) as desk:
        agreement = await desk.open_shop(SHOP, ANNA, balance=500_00)
        manual = CaptureMethod.MANUAL
        held = (
            await desk.ask(desk.payment(SHOP, 100_00, agreement=agreement, capture_method=manual))
        ).payment
        assert held.status is PaymentStatus.AUTHORIZED
        assert await money(desk) == {"anna": 400_00, "held": 100_00, "shop": 0, "fees": 0}
        for amount in (33_33, 33_33):
            part = await desk.ask(
                CapturePayment(payment=held.id, merchant=SHOP, mode=Mode.LIVE, amount=amount, final=False)
            )
            assert part.status is PaymentStatus.AUTHORIZED
        over = await desk.ask(
            CapturePayment(payment=held.id, merchant=SHOP, mode=Mode.LIVE, amount=33_35, final=False)
        )
        assert over.refusal is Refusal.EXCEEDS_AUTHORIZED
        last = await desk.ask(
            CapturePayment(payment=held.id, merchant=SHOP, mode=Mode.LIVE, amount=33_34, final=True)
        )
        assert (last.status, last.fee) == (PaymentStatus.SUCCEEDED, 38)
        assert await money(desk) == {"anna": 400_00, "held": 0, "shop": 99_62, "fees": 38}


async def test_capture_void_and_expiry_race(database: Database) -> None:
    """Exactly one wins, and the money is where the winner says."""
    async with open_payments(database) as desk:
        agreement = await desk.open_shop(SHOP, ANNA, balance=1_000_00)
        manual = CaptureMethod.MANUAL
        for first in range(3):
            made = await desk.ask(desk.payment(SHOP, 10_00, agreement=agreement, capture_method=manual))
            payment = made.payment.id
            desk.clock.set(now_ns=made.payment.due_at - (first < 2))
            commands = [
                CapturePayment(payment=payment, merchant=SHOP, mode=Mode.LIVE, amount=None, final=True),
                CancelPayment(payment=payment, merchant=SHOP, mode=Mode.LIVE),
                ExpirePayment(payment=payment),
            ]
            await asyncio.gather(*[desk.ask(c) for c in commands[first:] + commands[:first]])
            async with database.connection() as connection:
                ended = await find_payment(connection, id=payment)
            assert ended is not None
            expected = (PaymentStatus.SUCCEEDED, PaymentStatus.CANCELED, PaymentStatus.EXPIRED)
            assert ended.status is expected[first]
        assert await money(desk) == {"anna": 990_00, "held": 0, "shop": 9_96, "fees": 4}


async def test_a_reversal_before_its_payment_and_after(database: Database) -> None:
    """Before: a mark, and the late payment is declined without a debit. After: all is undone, once."""
    async with open_payments(database) as desk:
        agreement = await desk.open_shop(SHOP, ANNA, balance=500_00)
        early = ReversePayment(merchant=SHOP, mode=Mode.LIVE, reference="early")
        assert await desk.ask(early) == Marked(reference="early")
        made = await desk.ask(desk.payment(SHOP, 10_00, agreement=agreement, request=desk.request("early")))
        assert (made.payment.status, made.payment.decline) == (PaymentStatus.FAILED, Decline.REVERSED)
        await desk.ask(desk.payment(SHOP, 10_00, agreement=agreement, request=desk.request("late")))
        late = ReversePayment(merchant=SHOP, mode=Mode.LIVE, reference="late")
        undone = await asyncio.gather(*[desk.ask(late) for _ in range(5)])
        assert {payment.status for payment in undone} == {PaymentStatus.REVERSED}
        assert await money(desk) == {"anna": 500_00, "held": 0, "shop": 0, "fees": 0}


async def test_a_payment_that_awaits_is_paid_once(database: Database) -> None:
    """The customer who pays twice at once pays once; after its time nobody pays."""
    async with open_payments(database) as desk:
        await desk.open_shop(SHOP, ANNA, balance=50_00)
        made = await desk.ask(desk.payment(SHOP, 20_00, expires_at=desk.clock.now_ns() + DAY))
        assert made.payment.status is PaymentStatus.AWAITING_PAYMENT
        pay = PayPayment(payment=made.payment.id, customer=ANNA, mode=Mode.LIVE)
        answers = await asyncio.gather(desk.ask(pay), desk.ask(pay))
        assert [answer.is_new for answer in answers] == [True, False]
        late = await desk.ask(desk.payment(SHOP, 20_00, expires_at=desk.clock.now_ns() + DAY))
        desk.clock.advance(duration_ns=DAY)
        refused = await desk.ask(PayPayment(payment=late.payment.id, customer=ANNA, mode=Mode.LIVE))
        assert refused.refusal is Refusal.EXPIRED
        assert await desk.balance(AccountKind.CUST, ANNA) == 30_00


async def test_every_try_to_pay_is_kept(database: Database) -> None:
    """A decline leaves the payment open, with the try; the one that took the money is the last."""
    poor = CustomerId(9)
    async with open_payments(database) as desk:
        agreement = await desk.open_shop(SHOP, ANNA, balance=50_00)
        await desk.ask(new_customer(poor))
        made = (await desk.ask(desk.payment(SHOP, 20_00))).payment
        for customer in (poor, poor, ANNA, ANNA):
            await desk.ask(PayPayment(payment=made.id, customer=customer, mode=Mode.LIVE))
        charged = (await desk.ask(desk.payment(SHOP, 5_00, agreement=agreement))).payment
        async with database.connection() as connection:
            paid = await find_payment(connection, id=made.id)
            assert paid is not None
            tries = await attempts_of(connection, payment=paid)
            only = await attempts_of(connection, payment=charged)
        short = Decline.INSUFFICIENT_FUNDS
        assert [(t.customer, t.decline) for t in tries] == [(poor, short), (poor, short), (ANNA, None)]
        assert [(t.number, t.customer, t.decline) for t in only] == [(1, ANNA, None)]


async def test_a_charge_that_must_be_announced(database: Database) -> None:
    """Without its announcement it is declined; with one it is made once, from its day on."""
    async with open_payments(database) as desk:
        agreement = await desk.open_shop(SHOP, ANNA, balance=500_00, notice_days=3)
        today = day_of(desk.clock.now_ns())
        charge = partial(desk.payment, SHOP, 10_00, agreement=agreement)
        assert (await desk.ask(charge())).payment.decline is Decline.NOT_ANNOUNCED
        announce = AnnounceCharge(
            id=AnnouncementId(desk.ids.next()),
            agreement=agreement,
            merchant=SHOP,
            mode=Mode.LIVE,
            amount=10_00,
            charge_on=add_days(today, days=3),
        )
        soon = replace(announce, charge_on=add_days(today, days=2))
        assert (await desk.ask(soon)).refusal is Refusal.NOTICE_TOO_SHORT
        await desk.ask(announce)
        assert (await desk.ask(charge())).payment.decline is Decline.NOT_ANNOUNCED
        desk.clock.advance(duration_ns=3 * DAY)
        too_much = await desk.ask(desk.payment(SHOP, 10_01, agreement=agreement))
        assert too_much.payment.decline is Decline.NOT_ANNOUNCED
        twice = await asyncio.gather(desk.ask(charge()), desk.ask(charge()))
        assert [made.payment.decline for made in twice] == [None, Decline.NOT_ANNOUNCED]


async def test_what_is_announced_has_an_end(database: Database) -> None:
    """Not above the charge limit, not in two years, not without number; what was not used lapses."""
    async with open_payments(database) as desk:
        agreement = await desk.open_shop(SHOP, ANNA, balance=500_00, notice_days=3)
        first = add_days(day_of(desk.clock.now_ns()), days=3)

        def announce(amount: int = 10_00, *, days: int = 0) -> AnnounceCharge:
            return AnnounceCharge(
                id=AnnouncementId(desk.ids.next()),
                agreement=agreement,
                merchant=SHOP,
                mode=Mode.LIVE,
                amount=amount,
                charge_on=add_days(first, days=days),
            )

        assert (await desk.ask(announce(100_01))).refusal is Refusal.EXCEEDS_CHARGE_LIMIT
        assert (await desk.ask(announce(days=398))).refusal is Refusal.NOTICE_TOO_LONG
        both = await asyncio.gather(*[desk.ask(announce(days=number % 3)) for number in range(40)])
        refused = [answer.refusal for answer in both if isinstance(answer, Refused)]
        assert refused == [Refusal.TOO_MANY_ANNOUNCED] * 9
        desk.clock.advance(duration_ns=3 * DAY)
        made = await desk.ask(desk.payment(SHOP, 10_00, agreement=agreement))
        assert made.payment.decline is None
        assert (await desk.ask(announce(days=397))).amount == 10_00
        assert (await desk.ask(announce(days=50))).refusal is Refusal.TOO_MANY_ANNOUNCED
        desk.clock.advance(duration_ns=34 * DAY)
        late = await desk.ask(desk.payment(SHOP, 10_00, agreement=agreement))
        assert late.payment.decline is Decline.NOT_ANNOUNCED
        assert (await desk.ask(announce(days=50))).amount == 10_00


async def test_a_merchant_that_may_take_nothing_is_paid_nothing(database: Database) -> None:
    """What was made before is not paid while it is suspended, nor signed; afterwards it is."""
    async with open_payments(database) as desk:
        agreement = await desk.open_shop(SHOP, ANNA, balance=500_00)
        made = await desk.ask(desk.payment(SHOP, 10_00))
        pay = PayPayment(payment=made.payment.id, customer=ANNA, mode=Mode.LIVE)
        proposed = await desk.ask(ProposeAgreement(agreement=another(desk, Currency.CNY)))
        sign = SignAgreement(agreement=proposed.agreement.id, customer=ANNA, mode=Mode.LIVE)
        await desk.ask(SetMerchantStatus(id=SHOP, status=MerchantStatus.SUSPENDED))
        for command in (pay, sign, desk.payment(SHOP, 10_00, agreement=agreement)):
            assert (await desk.ask(command)).refusal is Refusal.MERCHANT_NOT_ACTIVE
        assert (await money(desk))["anna"] == 500_00
    async with open_payments(database, desk_id=2) as desk:
        for command in (pay, sign):
            assert (await desk.ask(command)).refusal is Refusal.MERCHANT_NOT_ACTIVE
        await desk.ask(SetMerchantStatus(id=SHOP, status=MerchantStatus.ACTIVE))
        assert (await desk.ask(pay)).payment.status is PaymentStatus.SUCCEEDED
        assert (await desk.ask(sign)).agreement.status is AgreementStatus.ACTIVE
        await desk.ask(SetMerchantStatus(id=SHOP, status=MerchantStatus.SUSPENDED))
        # Who asks again is told what was done.
        assert (await desk.ask(pay)).is_new is False
        assert (await desk.ask(sign)).is_new is False


async def test_no_agreement_without_a_contract_for_its_currency(database: Database) -> None:
    async with open_payments(database) as desk:
        await desk.open_shop(SHOP, ANNA, balance=500_00)
        answer = await desk.ask(ProposeAgreement(agreement=another(desk, Currency.USD)))
        assert answer.refusal is Refusal.NO_CONTRACT
        async with database.transaction() as connection:
            await connection.execute(
                "UPDATE payments.agreement SET status = 'pending_signature', currency = 'USD'"
            )
    async with open_payments(database, desk_id=2) as desk:
        async with database.connection() as connection:
            (id,) = [row["id"] for row in await connection.fetch("SELECT id FROM payments.agreement")]
        answer = await desk.ask(SignAgreement(agreement=AgreementId(id), customer=ANNA, mode=Mode.LIVE))
        assert answer.refusal is Refusal.NO_CONTRACT


def another(desk: PaymentDesk, currency: Currency) -> Agreement:
    return Agreement(
        id=AgreementId(desk.ids.next()),
        merchant=SHOP,
        mode=Mode.LIVE,
        customer=None,
        status=AgreementStatus.PENDING_SIGNATURE,
        currency=currency,
        charge_limit=1_00,
        day_limit=1_00,
        month_limit=1_00,
        day_charges=1,
        notice_days=0,
        request=desk.request("another"),
        description="",
    )
