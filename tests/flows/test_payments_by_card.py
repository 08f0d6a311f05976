"""Payments that a card funds: paid, refused, unknown, late, given back; one final state, money conserved."""

import asyncio
from collections.abc import Callable

import pytest

from milletpay.customers import CustomerId
from milletpay.funding import DrawStatus, GiveBackStatus, Order
from milletpay.ledger.chart import Mode
from milletpay.money import Money
from milletpay.payments import (
    AgreementId,
    AnnounceCharge,
    Announcement,
    AnnouncementId,
    CaptureMethod,
    CreatePayment,
    Decline,
    Destination,
    Outcome,
    PaymentId,
    PaymentStatus,
    RefundStatus,
    ReversePayment,
    WithdrawAnnouncement,
    find_announcement,
)
from milletpay.plumbing.clock import SECOND
from milletpay.plumbing.database import Database
from milletpay.plumbing.dates import add_days, day_of
from milletpay.rails import Direction, Fault, RefusalReason
from tests.flows.bank_contract import CNY
from tests.flows.card_desk import HONG, MING, SHOP, CardDesk, first_balance, from_card, open_cards

HOUR = 3600


async def test_a_card_pays_and_the_money_never_was_in_the_balance(database: Database) -> None:
    async with open_cards(database) as house:
        await house.open(MING)
        payment = await house.make(50_00)
        answer = await house.pay(payment, MING, from_card(MING))
        assert answer.payment.status is PaymentStatus.PROCESSING
        assert await house.books(MING) == {}
        assert await house.counted(MING) == 50_00
        await house.work()
        found = await house.payment(payment)
        assert (found.status, found.captured, found.fee) == (PaymentStatus.SUCCEEDED, 50_00, 19)
        assert found.card is not None
        assert await house.books(MING) == {"clearing": 50_00, "pending": 49_81, "fees": 19}
        assert await house.on_card(MING) == 50_00
        assert await house.events(payment) == ["payment.created", "payment.processing", "payment.succeeded"]
        assert [attempt.outcome for attempt in await house.attempts(payment)] == [Outcome.TOOK_THE_MONEY]
        # The bank settles the next day.
        await house.pass_time(seconds=60 * HOUR)
        assert await house.books(MING) == {"safe": 50_00, "pending": 49_81, "fees": 19}


async def test_the_plan_takes_the_balance_while_it_covers_and_then_the_card(database: Database) -> None:
    async with open_cards(database) as house:
        await house.open(MING, balance=60_00)
        first, second = await house.make(50_00), await house.make(50_00)
        assert (await house.pay(first, MING, first_balance(MING))).payment.status is PaymentStatus.SUCCEEDED
        answer = await house.pay(second, MING, first_balance(MING))
        assert answer.payment.status is PaymentStatus.PROCESSING
        await house.work()
        assert (await house.payment(second)).status is PaymentStatus.SUCCEEDED
        assert (await house.books(MING))["customer 11"] == 10_00


async def test_what_the_bank_refuses_may_be_tried_again(database: Database) -> None:
    async with open_cards(database) as house:
        await house.open(MING, HONG, balance=50_00)
        payment = await house.make(50_00)
        await house.err(Fault(reason=RefusalReason.INSUFFICIENT_FUNDS))
        await house.pay(payment, MING, from_card(MING))
        await house.work()
        found = await house.payment(payment)
        assert (found.status, found.customer, found.card) == (PaymentStatus.AWAITING_PAYMENT, None, None)
        assert await house.counted(MING) == 0
        assert (await house.pay(payment, HONG, first_balance(HONG))).payment.status is PaymentStatus.SUCCEEDED
        assert [(a.outcome, a.decline) for a in await house.attempts(payment)] == [
            (Outcome.DECLINED, Decline.REFUSED_BY_BANK),
            (Outcome.TOOK_THE_MONEY, None),
        ]


async def test_a_charge_under_an_agreement_is_paid_or_fails(database: Database) -> None:
    async with open_cards(database) as house:
        await house.open(MING)
        agreement = await house.agree(MING, from_card(MING))
        good = await house.make(50_00, agreement=agreement)
        assert (await house.payment(good)).status is PaymentStatus.PROCESSING
        await house.work()
        assert (await house.payment(good)).status is PaymentStatus.SUCCEEDED
        assert await house.counted(agreement) == 50_00
        await house.err(Fault(reason=RefusalReason.CARD_CLOSED))
        bad = await house.make(30_00, agreement=agreement)
        assert await house.counted(agreement) == 80_00
        await house.work()
        found = await house.payment(bad)
        assert (found.status, found.decline) == (PaymentStatus.FAILED, Decline.REFUSED_BY_BANK)
        assert await house.counted(agreement) == await house.counted(MING) == 50_00
        assert await house.events(bad) == ["payment.processing", "payment.failed"]


async def test_a_charge_that_the_bank_refuses_uses_no_announcement(database: Database) -> None:
    async with open_cards(database) as house:
        await house.open(MING)
        agreement = await house.agree(MING, from_card(MING), notice_days=1)
        tomorrow = add_days(day_of(house.clock.now_ns()), days=1)
        announced = AnnounceCharge(
            id=AnnouncementId(next(house.ids)),
            agreement=agreement,
            merchant=SHOP,
            mode=Mode.LIVE,
            amount=50_00,
            charge_on=tomorrow,
        )
        assert isinstance(await house.ask(announced), Announcement)
        await house.pass_time(seconds=30 * HOUR)
        await house.err(Fault(reason=RefusalReason.INSUFFICIENT_FUNDS))
        refused = await house.make(50_00, agreement=agreement)
        assert (await house.payment(await house.make(1_00, agreement=agreement))).decline is (
            Decline.NOT_ANNOUNCED
        )
        await house.work()
        assert (await house.payment(refused)).status is PaymentStatus.FAILED
        again = await house.make(50_00, agreement=agreement)
        await house.work()
        assert (await house.payment(again)).status is PaymentStatus.SUCCEEDED
        assert (await house.payment(await house.make(50_00, agreement=agreement))).decline is (
            Decline.NOT_ANNOUNCED
        )


async def announce_for_tomorrow(house: CardDesk, agreement: AgreementId, amount: int) -> AnnouncementId:
    """Tell of a charge, and let the day come."""
    id = AnnouncementId(next(house.ids))
    command = AnnounceCharge(
        id=id,
        agreement=agreement,
        merchant=SHOP,
        mode=Mode.LIVE,
        amount=amount,
        charge_on=add_days(day_of(house.clock.now_ns()), days=1),
    )
    assert isinstance(await house.ask(command), Announcement)
    await house.pass_time(seconds=30 * HOUR)
    return id


def charge_of(house: CardDesk, amount: int, agreement: AgreementId) -> CreatePayment:
    return CreatePayment(
        id=PaymentId(next(house.ids)),
        merchant=SHOP,
        mode=Mode.LIVE,
        amount=Money(amount, CNY),
        request=house.request(),
        agreement=agreement,
    )


@pytest.mark.parametrize("from_what", [from_card, first_balance])
async def test_a_charge_that_is_undone_uses_no_announcement(
    database: Database, from_what: Callable[[CustomerId], Order]
) -> None:
    """Also in one batch with what comes before and after it: the outcome is the one of one by one."""
    async with open_cards(database) as house:
        await house.open(MING, balance=50_00)
        agreement = await house.agree(MING, from_what(MING), notice_days=1)
        announced = await announce_for_tomorrow(house, agreement, 50_00)
        undone, charged, more = (charge_of(house, 50_00, agreement) for _ in range(3))
        undo = ReversePayment(payment=undone.id, merchant=SHOP, mode=Mode.LIVE)
        batch: list[object] = [undone, undo, charged, more]
        _, reversal, *answers = await asyncio.gather(*[house.desk.submit(command) for command in batch])
        assert reversal.status is PaymentStatus.REVERSED
        assert [answer.payment.decline for answer in answers] == [None, Decline.NOT_ANNOUNCED]
        await house.work()
        assert (await house.payment(charged.id)).status is PaymentStatus.SUCCEEDED
        await house.reverse(charged.id)
        async with house.database.connection() as connection:
            free = await find_announcement(connection, id=announced)
        assert free is not None
        assert free.payment is None
        assert (await house.payment(await house.make(50_00, agreement=agreement))).decline is None


async def test_whoever_hears_of_a_charge_to_come_hears_that_it_is_not_made(database: Database) -> None:
    async with open_cards(database) as house:
        await house.open(MING)
        agreement = await house.agree(MING, from_card(MING), notice_days=1)
        withdrawn = WithdrawAnnouncement(
            id=await announce_for_tomorrow(house, agreement, 50_00),
            agreement=agreement,
            merchant=SHOP,
            mode=Mode.LIVE,
        )
        await house.ask(withdrawn)
        await house.ask(withdrawn)
        assert await house.events(agreement) == [
            "agreement.created",
            "agreement.signed",
            "agreement.charge_announced",
            "agreement.charge_withdrawn",
        ]


async def test_no_card_is_asked_to_hold(database: Database) -> None:
    async with open_cards(database) as house:
        await house.open(MING)
        payment = await house.make(50_00, capture_method=CaptureMethod.MANUAL)
        assert await house.pay(payment, MING, from_card(MING)) is Decline.CARD_HOLDS_NOTHING
        assert await house.counted(MING) == 0


async def test_an_answer_that_does_not_come_is_asked_for_until_it_does(database: Database) -> None:
    async with open_cards(database) as house:
        await house.open(MING)
        payment = await house.make(50_00)
        await house.err(Fault(unanswered=3))
        await house.pay(payment, MING, from_card(MING))
        for _ in range(4):
            await house.work()
            (draw,) = await house.draws(payment)
            assert (await house.payment(payment)).status is (
                PaymentStatus.SUCCEEDED if draw.is_decided else PaymentStatus.PROCESSING
            )
            await house.pass_time(seconds=60)
        assert (await house.payment(payment)).status is PaymentStatus.SUCCEEDED
        assert await house.on_card(MING) == 50_00


async def test_a_success_that_is_told_twice_counts_once(database: Database) -> None:
    async with open_cards(database) as house:
        await house.open(MING)
        payment = await house.make(50_00)
        await house.err(Fault(notices=2))
        await house.pay(payment, MING, from_card(MING))
        await house.work()
        await house.pass_time(seconds=60)
        assert await house.books(MING) == {"clearing": 50_00, "pending": 49_81, "fees": 19}


async def test_paid_in_the_last_second_and_answered_90_seconds_late_it_goes_back(database: Database) -> None:
    async with open_cards(database) as house:
        await house.open(MING)
        payment = await house.make(50_00, seconds=60)
        house.clock.advance(duration_ns=59 * SECOND)
        await house.err(Fault(decided_after_ns=91 * SECOND, notices=1))
        await house.pay(payment, MING, from_card(MING))
        await house.work()
        await house.pass_time(seconds=2)
        assert (await house.expire(payment)).status is PaymentStatus.EXPIRED
        assert await house.counted(MING) == 0
        assert await house.on_card(MING) == 50_00
        await house.pass_time(seconds=90)
        await house.pass_time(seconds=60)
        found = await house.payment(payment)
        assert (found.status, found.captured) == (PaymentStatus.EXPIRED, 0)
        assert await house.events(payment) == ["payment.created", "payment.processing", "payment.expired"]
        assert await house.books(MING) == {}
        assert await house.on_card(MING) == 0
        assert [draw.status for draw in await house.draws(payment)] == [DrawStatus.UNWANTED]
        assert [attempt.outcome for attempt in await house.attempts(payment)] == [Outcome.GIVEN_BACK]


async def test_a_payment_that_ended_before_the_bank_was_asked_asks_nobody(database: Database) -> None:
    async with open_cards(database) as house:
        await house.open(MING)
        payment = await house.make(50_00)
        await house.pay(payment, MING, from_card(MING))
        assert (await house.cancel(payment)).status is PaymentStatus.CANCELED
        await house.work()
        assert [draw.status for draw in await house.draws(payment)] == [DrawStatus.DROPPED]
        assert await house.on_card(MING) == 0
        assert await house.counted(MING) == 0


async def test_of_two_sources_that_both_paid_the_second_goes_back(database: Database) -> None:
    """The bank has never heard of the draw, so the payer pays otherwise; then the draw arrives after all."""
    async with open_cards(database) as house:
        await house.open(MING, HONG, balance=50_00)
        payment = await house.make(50_00)
        await house.err(Fault(lost=True), orders=20)
        await house.pay(payment, MING, from_card(MING))
        for _ in range(12):
            await house.pass_time(seconds=120)
        await house.bank.heal()
        assert (await house.payment(payment)).status is PaymentStatus.AWAITING_PAYMENT
        assert (await house.pay(payment, MING, first_balance(MING))).payment.status is PaymentStatus.SUCCEEDED
        before = await house.books(MING, HONG)
        (draw,) = await house.draws(payment)
        await house.err(Fault(notices=2))
        await house.arrive(draw)
        await house.pass_time(seconds=60)
        await house.pass_time(seconds=60)
        assert await house.books(MING, HONG) == before
        assert [draw.status for draw in await house.draws(payment)] == [DrawStatus.UNWANTED]
        assert [back.status for back in await house.give_backs(payment)] == [GiveBackStatus.SUCCEEDED]
        assert await house.on_card(MING) == 50_00  # what filled the balance
        assert (await house.payment(payment)).captured == 50_00


async def test_a_refund_goes_to_the_card_and_says_when_it_is_there(database: Database) -> None:
    async with open_cards(database) as house:
        await house.open(MING)
        payment = await house.make(50_00)
        await house.pay(payment, MING, from_card(MING))
        await house.work()
        await house.err(Fault(unanswered=1), into=Direction.REFUND)
        refund = await house.refund(payment, 20_00)
        found = await house.found_refund(refund)
        assert (found.status, found.destination) == (RefundStatus.PENDING, Destination.CARD)
        books = {"clearing": 50_00, "pending": 29_89, "fees": 11, "on its way": 20_00}
        assert await house.books(MING) == books
        await house.work()
        assert await house.books(MING) == books
        await house.pass_time(seconds=60)
        found = await house.found_refund(refund)
        assert (found.status, found.destination) == (RefundStatus.SUCCEEDED, Destination.CARD)
        assert await house.books(MING) == {"clearing": 30_00, "pending": 29_89, "fees": 11}
        assert await house.on_card(MING) == 30_00
        assert await house.events(refund) == ["refund.updated"]
        # The bank nets it with what it settles.
        await house.pass_time(seconds=60 * HOUR)
        assert await house.books(MING) == {"safe": 30_00, "pending": 29_89, "fees": 11}


async def test_what_the_card_does_not_take_back_is_in_the_balance(database: Database) -> None:
    async with open_cards(database) as house:
        await house.open(MING)
        payment = await house.make(50_00)
        await house.pay(payment, MING, from_card(MING))
        await house.work()
        await house.err(Fault(reason=RefusalReason.CARD_CLOSED), into=Direction.REFUND)
        refund = await house.refund(payment, 20_00)
        await house.work()
        found = await house.found_refund(refund)
        assert (found.status, found.destination) == (RefundStatus.SUCCEEDED, Destination.BALANCE)
        assert (await house.books(MING))["customer 11"] == 20_00
        assert "on its way" not in await house.books(MING)


async def test_a_reversal_gives_back_what_was_paid_and_what_is_on_its_way(database: Database) -> None:
    async with open_cards(database) as house:
        await house.open(MING)
        paid, pending = await house.make(50_00), await house.make(30_00)
        await house.pay(paid, MING, from_card(MING))
        await house.work()
        await house.err(Fault(unanswered=2))
        await house.pay(pending, MING, from_card(MING))
        await house.work()
        assert (await house.reverse(paid)).status is PaymentStatus.REVERSED
        assert (await house.reverse(pending)).status is PaymentStatus.REVERSED
        assert await house.counted(MING) == 0
        for _ in range(4):
            await house.pass_time(seconds=60)
        assert await house.books(MING) == {}
        assert await house.on_card(MING) == 0
