"""Limits count at authorization, shrink at capture, and get back what ends, on the day that counted it."""

import asyncio
from dataclasses import replace

from milletpay.customers import CustomerId
from milletpay.fees import Contract, ContractId
from milletpay.ledger.chart import Mode
from milletpay.limits import Measure, Span, Used, used_in
from milletpay.merchants import AddContract, MerchantId
from milletpay.money import Currency, Money
from milletpay.payments import (
    AgreementId,
    CancelPayment,
    CaptureMethod,
    CapturePayment,
    Decline,
    ExpirePayment,
    Payment,
    PaymentId,
    PaymentStatus,
    PayPayment,
    ReversePayment,
)
from milletpay.plumbing.database import Database
from milletpay.plumbing.dates import Day, day_of
from tests.flows.payment_desk import PaymentDesk, open_payments
from tests.flows.trade_desk import CNY, contract_for, new_customer, new_merchant

ANNA, SHOP = CustomerId(7), MerchantId(8)
HOUR = 3600 * 10**9
DAY = 24 * HOUR


async def counted(desk: PaymentDesk, day: Day, *subjects: int) -> Used:
    """What counts on a day, the same for each of the subjects."""
    async with desk.database.connection() as connection:
        found = [
            (await used_in(connection, subject=subject, measure=Measure.PAYMENTS, currency=CNY, day=day))[
                Span.DAY
            ]
            for subject in subjects
        ]
    assert len({(used.amount, used.count) for used in found}) == 1, found
    return found[0]


async def hold(desk: PaymentDesk, agreement: AgreementId, amount: int) -> Payment:
    command = desk.payment(SHOP, amount, agreement=agreement, capture_method=CaptureMethod.MANUAL)
    payment: Payment = (await desk.ask(command)).payment
    return payment


def capture(payment: PaymentId, amount: int, *, final: bool) -> CapturePayment:
    return CapturePayment(payment=payment, merchant=SHOP, mode=Mode.LIVE, amount=amount, final=final)


def cancel(payment: PaymentId) -> CancelPayment:
    return CancelPayment(payment=payment, merchant=SHOP, mode=Mode.LIVE)


async def test_what_ends_days_later_is_given_back_to_the_day_on_which_it_was_counted(
    database: Database,
) -> None:
    async with open_payments(database) as desk:
        agreement = await desk.open_shop(SHOP, ANNA, balance=2_000_00)
        both = (ANNA, agreement)
        first = day_of(desk.clock.now_ns())
        held = [await hold(desk, agreement, 100_00) for _ in range(5)]
        assert await counted(desk, first, *both) == Used(amount=500_00, count=5)
        part = await desk.ask(capture(held[0].id, 30_00, final=False))
        assert (part.captured, await counted(desk, first, *both)) == (30_00, Used(amount=500_00, count=5))

        desk.clock.advance(duration_ns=2 * DAY)
        later = day_of(desk.clock.now_ns())
        assert later > first
        await hold(desk, agreement, 50_00)
        await desk.ask(capture(held[0].id, 20_00, final=True))
        assert await counted(desk, first, *both) == Used(amount=450_00, count=5)
        await desk.ask(cancel(held[1].id))
        assert await counted(desk, first, *both) == Used(amount=350_00, count=4)
        reverse = ReversePayment(merchant=SHOP, mode=Mode.LIVE, payment=held[2].id)
        await asyncio.gather(*(desk.ask(reverse) for _ in range(3)))
        await desk.ask(ReversePayment(merchant=SHOP, mode=Mode.LIVE, payment=held[0].id))
        assert await counted(desk, first, *both) == Used(amount=200_00, count=2)

        desk.clock.advance(duration_ns=5 * DAY + 10**6)
        ended = await asyncio.gather(*(desk.ask(ExpirePayment(payment=one.id)) for one in held))
        assert [one is not None for one in ended] == [False, False, False, True, True]
        assert await counted(desk, first, *both) == Used()
        assert await counted(desk, later, *both) == Used(amount=50_00, count=1)


async def test_a_limit_of_the_day_holds_however_many_come_at_once(database: Database) -> None:
    """A thousand yuan a day: of thirty authorizations of a hundred ten are taken, and one for one ended."""
    async with open_payments(database) as desk:
        agreement = await desk.open_shop(SHOP, ANNA, balance=5_000_00)
        held = await asyncio.gather(*(hold(desk, agreement, 100_00) for _ in range(30)))
        taken = [one for one in held if one.decline is None]
        assert len(taken) == 10
        assert {one.decline for one in held} == {None, Decline.EXCEEDS_LIMIT}
        today = day_of(desk.clock.now_ns())
        answers = await asyncio.gather(
            desk.ask(cancel(taken[0].id)), *(hold(desk, agreement, 100_00) for _ in range(5))
        )
        assert sum(one.decline is None for one in answers[1:]) == 1
        assert await counted(desk, today, ANNA, agreement) == Used(amount=1_000_00, count=10)
        # The next day begins at midnight in Shanghai, with nothing.
        midnight = DAY - (desk.clock.now_ns() + 8 * HOUR) % DAY
        desk.clock.advance(duration_ns=midnight - 1)
        assert (await hold(desk, agreement, 1)).decline is Decline.EXCEEDS_LIMIT
        desk.clock.advance(duration_ns=10**6)
        assert (await hold(desk, agreement, 100_00)).decline is None


async def test_what_is_declined_for_want_of_money_does_not_count(database: Database) -> None:
    async with open_payments(database) as desk:
        agreement = await desk.open_shop(SHOP, ANNA, balance=150_00)
        held = [await hold(desk, agreement, 100_00) for _ in range(3)]
        assert [one.decline for one in held] == [None, *[Decline.INSUFFICIENT_FUNDS] * 2]
        today = day_of(desk.clock.now_ns())
        assert await counted(desk, today, ANNA, agreement) == Used(amount=100_00, count=1)


async def test_in_a_currency_for_which_nobody_has_set_limits_nothing_is_paid(database: Database) -> None:
    """A contract is not enough: how much may move is the house's to say, and until it does, nothing may."""
    async with open_payments(database) as desk:
        await desk.ask(new_merchant(SHOP))
        await desk.ask(new_customer(ANNA))
        contract = replace(
            contract_for(SHOP),
            id=ContractId(99),
            minimum=Money.zero(Currency.USD),
            effective_from=day_of(desk.clock.now_ns()),
        )
        assert isinstance(await desk.ask(AddContract(contract=contract)), Contract)
        made = desk.payment(SHOP, 1)
        made = replace(made, amount=Money(1, Currency.USD))
        assert (await desk.ask(made)).payment.status is PaymentStatus.AWAITING_PAYMENT
        pay = PayPayment(payment=made.id, customer=ANNA, mode=Mode.LIVE)
        assert await desk.ask(pay) is Decline.EXCEEDS_LIMIT
