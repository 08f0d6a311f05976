"""A bank takes back days later what a card had paid: the customer bears it, once, and everybody is told."""

import asyncio
from typing import Any

import pytest

from milletpay.bootstrap import business_proofs
from milletpay.customers import CustomerId
from milletpay.funding import (
    DRAW_ID,
    Draw,
    DrawId,
    DrawStatus,
    FundingRefusal,
    FundingRefused,
    GiveBackStatus,
)
from milletpay.ledger import prove_books
from milletpay.ledger.chart import AccountKind, Mode
from milletpay.money import Currency, Money
from milletpay.payments import (
    Decline,
    Destination,
    Outcome,
    PaymentId,
    PaymentStatus,
    RefundStatus,
    Refused,
    TakeBackDraw,
)
from milletpay.plumbing.clock import SECOND
from milletpay.plumbing.database import Database
from milletpay.rails import Direction, Fault
from milletpay.treasury import BookMovement, Movement, MovementKind
from milletpay.wallets import find_balance
from tests.flows.bank_contract import CNY, yuan
from tests.flows.business import find_wrong
from tests.flows.card_desk import HONG, MING, CardDesk, from_card, open_cards
from tests.flows.wallet_desk import BANK

DAY = 24 * 3600
PAID = {"pending": 49_81, "fees": 19}
"""What the shop has of fifty yuan, and we; whatever the bank does."""


async def prefund(house: CardDesk, amount: int = 1000) -> None:
    for kind in (MovementKind.CAPITAL, MovementKind.PREFUND):
        booked = BookMovement(kind=kind, bank=BANK, reference=f"{kind.name} {amount}", amount=yuan(amount))
        assert isinstance(await house.ask(booked), Movement)


async def pay(house: CardDesk, amount: int = 50_00, *, payer: CustomerId = MING) -> PaymentId:
    """A payment that a card has paid."""
    payment = await house.make(amount)
    await house.pay(payment, payer, from_card(payer))
    await house.work()
    assert (await house.payment(payment)).status is PaymentStatus.SUCCEEDED
    return payment


async def draw_of(house: CardDesk, payment: PaymentId) -> Draw:
    (draw,) = await house.draws(payment)
    return draw


async def disputed(house: CardDesk, payment: PaymentId, amount: int | None = None, *, told: int = 1) -> Draw:
    """The bank takes it back, or an amount of it, and tells; gives the draw as it is then."""
    reference = DRAW_ID.write((await draw_of(house, payment)).id)
    moved = None if amount is None else Money(amount, CNY)
    await house.bank.take_back(reference, amount=moved, told=told)
    await house.work()
    return await draw_of(house, payment)


async def owed(house: CardDesk, customer: CustomerId = MING) -> int:
    async with house.database.connection() as connection:
        balance = await find_balance(connection, customer=customer, mode=Mode.LIVE, currency=Currency.CNY)
    assert balance.owed.minor == await house.balance(AccountKind.CUST_RECV, customer)
    return balance.owed.minor


async def left_with_bank(house: CardDesk) -> int:
    """Notices that the bank still tells."""
    return len(await house.bank.notices(most=100))


async def test_days_later_it_comes_from_the_balance_and_the_merchant_keeps_its_money(
    database: Database,
) -> None:
    async with open_cards(database) as house:
        await house.open(MING, balance=80_00)
        await house.err(Fault(comes_back_after_ns=3 * DAY * SECOND))
        payment = await pay(house)
        before = await house.books(MING)
        await house.pass_time(seconds=2 * DAY)
        assert (await house.payment(payment)).taken_back == 0
        await house.pass_time(seconds=DAY)
        draw, found = await draw_of(house, payment), await house.payment(payment)
        assert (draw.status, draw.taken_back, draw.claimed, draw.shortfall) == (
            DrawStatus.SUCCEEDED,
            50_00,
            0,
            0,
        )
        assert (found.status, found.captured, found.refunded, found.taken_back) == (
            PaymentStatus.SUCCEEDED,
            50_00,
            0,
            50_00,
        )
        after = await house.books(MING)
        assert (after["pending"], after["fees"]) == (before["pending"], before["fees"]) == (49_81, 19)
        assert (before["customer 11"], after["customer 11"]) == (80_00, 30_00)
        # What the bank had settled it keeps from what it settles next.
        assert after["safe"] + after["clearing"] == 80_00
        assert await house.events(payment) == [
            "payment.created",
            "payment.processing",
            "payment.succeeded",
            "payment.taken_back",
        ]
        assert await left_with_bank(house) == 0


async def test_what_the_balance_lacks_is_owed_and_the_next_money_pays_it(database: Database) -> None:
    """The bank tells until the house has money of its own in the pool; then once is enough."""
    async with open_cards(database) as house:
        await house.open(MING)
        payment = await pay(house)
        draw = await disputed(house, payment)
        assert (draw.taken_back, await left_with_bank(house)) == (0, 1)
        assert "payment.taken_back" not in await house.events(payment)
        await prefund(house)
        await house.pass_time(seconds=60)
        draw = await draw_of(house, payment)
        assert (draw.taken_back, draw.shortfall, await left_with_bank(house)) == (50_00, 50_00, 0)
        assert await owed(house) == 50_00
        assert await house.balance(AccountKind.OWN_IN_POOL) == 950_00
        await house.open(MING, balance=30_00)
        assert (await owed(house), (await house.books(MING)).get("customer 11", 0)) == (20_00, 0)
        await house.open(MING, balance=30_00)
        assert (await owed(house), (await house.books(MING))["customer 11"]) == (0, 10_00)
        assert await house.balance(AccountKind.OWN_IN_POOL) == 1000_00
        report = await prove_books(database=database, clock=house.clock)
        assert report.clean, report


async def test_told_again_it_is_the_same_and_told_otherwise_it_stays_with_the_bank(
    database: Database,
) -> None:
    async with open_cards(database) as house:
        await house.open(MING, balance=80_00)
        payment = await pay(house)
        draw = await disputed(house, payment, told=3)
        assert await left_with_bank(house) == 0
        books = await house.books(MING)
        same = TakeBackDraw(draw=draw.id, amount=Money(50_00, CNY))
        assert await asyncio.gather(*(house.ask(same) for _ in range(4))) == [draw] * 4
        other = await house.ask(TakeBackDraw(draw=draw.id, amount=Money(49_99, CNY)))
        assert isinstance(other, FundingRefused)
        assert (other.refusal, bool(other.detail)) == (FundingRefusal.NOT_AS_KNOWN, True)
        foreign = await house.ask(TakeBackDraw(draw=draw.id, amount=Money(50_00, Currency.USD)))
        assert foreign.refusal is FundingRefusal.NOT_AS_KNOWN
        nobody = await house.ask(TakeBackDraw(draw=DrawId(77), amount=Money(1, CNY)))
        assert isinstance(nobody, Refused)
        assert await house.books(MING) == books
        assert (await house.events(payment)).count("payment.taken_back") == 1


async def test_what_went_back_to_the_card_is_not_taken_again(database: Database) -> None:
    """Twenty are on the card again: the bank takes the other thirty, and no refund goes to the card now."""
    async with open_cards(database) as house:
        await house.open(MING, balance=80_00)
        payment = await pay(house)
        await house.refund(payment, 20_00)
        await house.work()
        draw = await disputed(house, payment)
        assert (draw.given_back, draw.taken_back, draw.claimed) == (20_00, 30_00, 0)
        assert (await house.payment(payment)).taken_back == 30_00
        assert (await house.books(MING))["customer 11"] == 50_00
        refund = await house.found_refund(await house.refund(payment, 30_00))
        assert (refund.status, refund.destination) == (RefundStatus.SUCCEEDED, Destination.BALANCE)
        assert (await house.books(MING))["customer 11"] == 80_00
        await house.pass_time(seconds=60)
        assert len(await house.give_backs(payment)) == 1


async def test_a_bank_that_takes_too_much_has_a_claim_named_and_the_customer_bears_his_part(
    database: Database,
) -> None:
    async with open_cards(database) as house:
        await house.open(MING, balance=80_00)
        payment = await pay(house)
        await house.refund(payment, 20_00)
        await house.work()
        draw = await disputed(house, payment, 50_00)
        assert (draw.taken_back, draw.claimed, draw.borne) == (50_00, 20_00, 30_00)
        assert (await house.payment(payment)).taken_back == 30_00
        books = await house.books(MING)
        assert books["customer 11"] == 50_00
        # Twenty more than the bank will settle: it owes them to us.
        assert books["clearing"] == 80_00 + 50_00 - 20_00 - 30_00
        (finding,) = await find_wrong(database, proofs=business_proofs())
        assert "took back 5000 of a draw of 5000, and 2000 of that had gone back already" in str(finding)
        async with database.transaction() as connection:
            await connection.execute("UPDATE funding.draw SET claimed = 0, taken_back = 3000")


@pytest.mark.parametrize("sent", [False, True], ids=["unasked", "on its way"])
async def test_a_refund_on_its_way_ends_in_the_balance_and_pays_the_debt(
    database: Database,
    sent: bool,
) -> None:
    async with open_cards(database) as house:
        await house.open(MING)
        await prefund(house)
        payment = await pay(house)
        if sent:
            # The order to give back is lost on its way, and reaches the bank after the bank took all back.
            await house.err(Fault(lost=True), into=Direction.REFUND)
        refund = await house.refund(payment, 40_00)
        if sent:
            await house.work()
        reference = DRAW_ID.write((await draw_of(house, payment)).id)
        await house.bank.take_back(reference)
        await house.mailbox.empty()
        assert (await draw_of(house, payment)).taken_back == 50_00
        for _ in range(4):
            await house.pass_time(seconds=60)
        (back,) = await house.give_backs(payment)
        assert (back.status, bool(back.sent_at)) == (GiveBackStatus.FAILED, sent)
        found = await house.found_refund(refund)
        assert (found.status, found.destination) == (RefundStatus.SUCCEEDED, Destination.BALANCE)
        assert await house.events(refund) == ["refund.updated"]
        assert await owed(house) == 10_00
        assert (await house.books(MING)).get("customer 11", 0) == 0


async def test_a_part_leaves_room_for_refunds_to_the_card(database: Database) -> None:
    async with open_cards(database) as house:
        await house.open(MING, balance=80_00)
        payment = await pay(house)
        await disputed(house, payment, 20_00)
        first = await house.found_refund(await house.refund(payment, 30_00))
        second = await house.found_refund(await house.refund(payment, 20_00))
        assert (first.destination, second.destination) == (Destination.CARD, Destination.BALANCE)
        await house.work()
        assert (await house.found_refund(first.id)).status is RefundStatus.SUCCEEDED
        assert await house.on_card(MING) == 80_00 + 20_00
        assert (await house.books(MING))["customer 11"] == 80_00


async def test_what_came_and_went_before_we_heard_of_it_pays_nothing(database: Database) -> None:
    """The payer may try again; that the bank had drawn it, told afterwards, changes nothing."""
    async with open_cards(database) as house:
        await house.open(MING)
        payment = await house.make(50_00)
        await house.err(Fault(unanswered=50, notices=1))
        await house.pay(payment, MING, from_card(MING))
        await house.worker.do_one()
        house.clock.advance(duration_ns=SECOND)
        while await house.worker.do_one():
            pass
        (draw,) = await house.draws(payment)
        assert draw.status is DrawStatus.UNKNOWN
        answer = await house.ask(TakeBackDraw(draw=draw.id, amount=draw.amount))
        assert (answer.status, answer.taken_back) == (DrawStatus.RETURNED, 50_00)
        found = await house.payment(payment)
        assert (found.status, found.taken_back) == (PaymentStatus.AWAITING_PAYMENT, 0)
        await house.pass_time(seconds=60)
        assert await house.books(MING) == {}
        assert await house.counted(MING) == 0
        (attempt,) = await house.attempts(payment)
        assert (attempt.outcome, attempt.decline) == (Outcome.DECLINED, Decline.REFUSED_BY_BANK)
        assert (await draw_of(house, payment)).status is DrawStatus.RETURNED
        assert await left_with_bank(house) == 0


async def test_a_part_of_what_nobody_had_told_of_was_paid_first(database: Database) -> None:
    async with open_cards(database) as house:
        await house.open(MING, balance=80_00)
        payment = await house.make(50_00)
        await house.err(Fault(unanswered=50))
        await house.pay(payment, MING, from_card(MING))
        await house.work()
        (draw,) = await house.draws(payment)
        answer = await house.ask(TakeBackDraw(draw=draw.id, amount=Money(10_00, CNY)))
        assert (answer.status, answer.borne) == (DrawStatus.SUCCEEDED, 10_00)
        found = await house.payment(payment)
        assert (found.status, found.taken_back) == (PaymentStatus.SUCCEEDED, 10_00)
        assert (await house.books(MING))["customer 11"] == 70_00


async def test_what_was_drawn_too_late_is_taken_back_instead_of_given_back(database: Database) -> None:
    async with open_cards(database) as house:
        await house.open(MING)
        await prefund(house)
        payment = await house.make(50_00)
        await house.err(Fault(unanswered=1, notices=1))
        await house.pay(payment, MING, from_card(MING))
        await house.worker.do_one()
        house.clock.advance(duration_ns=SECOND)
        while await house.worker.do_one():
            pass
        await house.cancel(payment)
        reference = DRAW_ID.write((await draw_of(house, payment)).id)
        await house.mailbox.empty()
        await house.bank.take_back(reference)
        await house.mailbox.empty()
        for _ in range(4):
            await house.pass_time(seconds=60)
        draw, found = await draw_of(house, payment), await house.payment(payment)
        assert (draw.status, draw.taken_back) == (DrawStatus.UNWANTED, 50_00)
        assert (found.status, found.taken_back) == (PaymentStatus.CANCELED, 0)
        assert await owed(house) == 0
        assert "on its way" not in await house.books(MING)
        assert (await house.books(MING)).get("customer 11", 0) == 0


async def test_a_draw_that_no_bank_was_asked_for_cannot_be_taken_back(database: Database) -> None:
    async with open_cards(database) as house:
        await house.open(MING)
        payment = await house.make(50_00)
        await house.pay(payment, MING, from_card(MING))
        (draw,) = await house.draws(payment)
        refused = await house.ask(TakeBackDraw(draw=draw.id, amount=draw.amount))
        assert refused.refusal is FundingRefusal.NOT_AS_KNOWN
        await house.work()
        assert (await house.payment(payment)).status is PaymentStatus.SUCCEEDED


async def test_a_notice_races_refunds_and_a_reversal(database: Database) -> None:
    """Whoever is first: every refund pays what its take-back has cost."""
    async with open_cards(database) as house:
        await house.open(MING, HONG)
        await prefund(house)
        payments = [await pay(house, 10_00, payer=payer) for payer in (MING, HONG) * 12]
        for payment in payments:
            await house.bank.take_back(DRAW_ID.write((await draw_of(house, payment)).id))
        told = await house.bank.notices(most=100)
        assert len(told) == len(payments)

        async def give(payment: PaymentId, number: int) -> Any:
            if number % 4 == 3:
                return await house.reverse(payment)
            return [await house.refund(payment, amount) for amount in (3_00, 7_00)]

        await asyncio.gather(
            house.mailbox.empty(), *(give(payment, number) for number, payment in enumerate(payments))
        )
        for _ in range(4):
            await house.pass_time(seconds=60)
        for payment in payments:
            draw, found = await draw_of(house, payment), await house.payment(payment)
            assert (draw.taken_back, draw.claimed, found.refunded) == (10_00, 0, 10_00)
            assert all(back.status is GiveBackStatus.FAILED for back in await house.give_backs(payment))
        assert [await owed(house, payer) for payer in (MING, HONG)] == [0, 0]
        assert await house.books(MING, HONG) == {"safe": 1000_00}
        assert await house.balance(AccountKind.OWN_IN_POOL) == 1000_00
