"""Scenario 17 whole: at code plates, balance and card are counted apart, over all accounts of a person."""

from typing import Any

from milletpay.customers import CustomerId, LinkCustomer
from milletpay.funding import Order
from milletpay.ledger.chart import Mode
from milletpay.limits import Measure, Span, used_in
from milletpay.merchants import AddStore, MakePlate, Names, Plate, PlateId, StoreId
from milletpay.money import Money
from milletpay.payments import Decline, Flag, Outcome, Payment, PaymentId, PaymentStatus, PayPlate
from milletpay.plumbing.database import Database
from milletpay.plumbing.dates import day_of
from milletpay.rails import Fault, RefusalReason
from tests.flows.bank_contract import CNY
from tests.flows.card_desk import HONG, MING, SHOP, CardDesk, first_balance, from_card, open_cards


async def hang_plate(house: CardDesk) -> Plate:
    store = StoreId(next(house.ids))
    await house.ask(AddStore(id=store, merchant=SHOP, names=Names(en="North Gate", zh="北门店")))
    plate: Plate = await house.ask(
        MakePlate(id=PlateId(next(house.ids)), merchant=SHOP, mode=Mode.LIVE, store=store)
    )
    return plate


async def scan(house: CardDesk, plate: Plate, customer: CustomerId, amount: int, sources: Order) -> Payment:
    """Pay at a plate, and let the bank be asked."""
    payment = await begin_to_pay(house, plate, customer, amount, sources)
    await house.work()
    return await house.payment(payment)


async def begin_to_pay(
    house: CardDesk, plate: Plate, customer: CustomerId, amount: int, sources: Order
) -> PaymentId:
    """Pay at a plate; a bank is not asked yet."""
    made: Any = await house.ask(
        PayPlate(
            id=PaymentId(next(house.ids)),
            plate=plate.id,
            merchant=SHOP,
            customer=customer,
            mode=Mode.LIVE,
            amount=Money(amount, CNY),
            request=house.request(),
            sources=sources,
        )
    )
    return PaymentId(made.payment.id)


async def counted(house: CardDesk, measure: Measure) -> int:
    async with house.database.connection() as connection:
        today = day_of(house.clock.now_ns())
        used = await used_in(connection, subject=MING, measure=measure, currency=CNY, day=today)
    return used[Span.DAY].amount


async def test_balance_and_card_are_counted_apart_over_two_accounts(database: Database) -> None:
    async with open_cards(database) as house:
        await house.open(MING, HONG, balance=2_000_00)
        await house.ask(LinkCustomer(id=HONG, same_as=MING))
        plate = await hang_plate(house)
        by_balance = await scan(house, plate, MING, 500_00, first_balance(MING))
        assert (by_balance.status, by_balance.card) == (PaymentStatus.SUCCEEDED, None)
        by_card = await scan(house, plate, HONG, 300_00, first_balance(HONG))
        assert by_card.status is PaymentStatus.SUCCEEDED
        assert by_card.card is not None, "the balance may pay no more today, and the card may"
        assert (await counted(house, Measure.STATIC_FROM_BALANCE)) == 500_00
        assert (await counted(house, Measure.STATIC_FROM_CARDS)) == 300_00
        too_much = await scan(house, plate, MING, 200_01, first_balance(MING))
        assert too_much.decline is Decline.EXCEEDS_STATIC_LIMIT
        assert (await scan(house, plate, MING, 200_00, from_card(MING))).decline is None
        for customer in (MING, HONG):
            refused = await scan(house, plate, customer, 1, first_balance(customer))
            assert refused.decline is Decline.EXCEEDS_STATIC_LIMIT
        await house.reverse(by_card.id)
        assert (await counted(house, Measure.STATIC_FROM_CARDS)) == 200_00
        assert (await scan(house, plate, HONG, 300_00, from_card(HONG))).decline is None


async def test_a_card_that_its_bank_refuses_gives_the_limit_back(database: Database) -> None:
    async with open_cards(database) as house:
        await house.open(MING)
        plate = await hang_plate(house)
        await house.err(Fault(reason=RefusalReason.INSUFFICIENT_FUNDS))
        failed = await scan(house, plate, MING, 400_00, from_card(MING))
        assert (failed.status, failed.decline) == (PaymentStatus.FAILED, Decline.REFUSED_BY_BANK)
        assert (await counted(house, Measure.STATIC_FROM_CARDS)) == 0
        assert [attempt.outcome for attempt in await house.attempts(failed.id)] == [Outcome.DECLINED]
        empty = await scan(house, plate, MING, 10_00, first_balance(MING)[:1])
        assert empty.decline is Decline.INSUFFICIENT_FUNDS
        paid = await scan(house, plate, MING, 500_00, first_balance(MING))
        assert (paid.status, paid.plate) == (PaymentStatus.SUCCEEDED, plate.id)
        assert [attempt.outcome for attempt in await house.attempts(paid.id)] == [Outcome.TOOK_THE_MONEY]


async def test_what_is_unusual_is_told_of_what_was_paid_and_of_nothing_else(database: Database) -> None:
    """What a card pays is paid when its bank says so: a flag before that might be an alarm for nothing."""
    async with open_cards(database) as house:
        await house.open(MING)
        here, there = await hang_plate(house), await hang_plate(house)
        usual = await scan(house, here, MING, 10_00, from_card(MING))
        assert await house.events(usual.id) == ["payment.processing", "payment.succeeded"]
        await house.err(Fault(reason=RefusalReason.INSUFFICIENT_FUNDS))
        refused = await scan(house, there, MING, 10_00, from_card(MING))
        assert await house.events(refused.id) == ["payment.processing", "payment.failed"]
        paid = await scan(house, there, MING, 10_00, from_card(MING))
        assert paid.flags == (Flag.TWO_STORES,)
        assert await house.events(paid.id) == ["payment.processing", "payment.succeeded", "plate.flagged"]
