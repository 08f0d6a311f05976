"""Code plates at the desk: made, revoked, paid once, counted by person, and what is unusual is flagged."""

import asyncio
from typing import Any

from milletpay.customers import CUSTOMER_ID, CustomerId, LinkCustomer
from milletpay.ledger.chart import AccountKind, Mode
from milletpay.limits import PACKS, Measure
from milletpay.merchants import (
    AddStore,
    MakePlate,
    MerchantId,
    MerchantStatus,
    Names,
    Plate,
    PlateId,
    PlateRefusal,
    PlateRefused,
    RevokePlate,
    SetMerchantStatus,
    StoreId,
    TerminalId,
    find_plate,
    plates_of,
)
from milletpay.money import Currency, Money
from milletpay.payments import (
    Decline,
    Flag,
    Made,
    Payment,
    PaymentId,
    PaymentStatus,
    PayPlate,
    Refusal,
    Refused,
    ReversePayment,
    find_payment,
)
from milletpay.payments.unusual import POLICIES
from milletpay.plumbing.clock import SECOND
from milletpay.plumbing.database import Database
from tests.flows.payment_desk import Fill, PaymentDesk, open_payments
from tests.flows.test_check_command import say as millet_says
from tests.flows.trade_desk import new_customer, new_merchant

SHOP, OTHER_SHOP = MerchantId(1), MerchantId(2)
NORTH, SOUTH = StoreId(11), StoreId(12)
ANNA, BEN = CustomerId(21), CustomerId(22)
DAY = 24 * 3600 * SECOND


async def open_stores(desk: PaymentDesk, *customers: CustomerId, balance: int = 5_000_00) -> None:
    await desk.ask(new_merchant(SHOP))
    for store in (NORTH, SOUTH):
        await desk.ask(AddStore(id=store, merchant=SHOP, names=Names(en=f"Store {store}", zh="店")))
    for customer in customers:
        await desk.ask(new_customer(customer))
        await desk.ask(Fill(customer, balance))


async def make_plate(desk: PaymentDesk, store: StoreId = NORTH, **given: Any) -> Plate:
    made = await desk.ask(
        MakePlate(id=PlateId(desk.ids.next()), merchant=SHOP, mode=Mode.LIVE, store=store, **given)
    )
    assert isinstance(made, Plate), made
    return made


def scan(
    desk: PaymentDesk, plate: Plate, customer: CustomerId, amount: int, *, reference: str = ""
) -> PayPlate:
    id = PaymentId(desk.ids.next())
    return PayPlate(
        id=id,
        plate=plate.id,
        merchant=plate.merchant,
        customer=customer,
        mode=Mode.LIVE,
        amount=Money(amount, Currency.CNY),
        request=desk.request(reference or f"scan {id}", body=amount),
    )


async def paid(desk: PaymentDesk, plate: Plate, customer: CustomerId, amount: int) -> Payment:
    made = await desk.ask(scan(desk, plate, customer, amount))
    assert isinstance(made, Made), made
    return made.payment


async def test_a_plate_is_one_stores_and_has_a_number(database: Database) -> None:
    async with open_payments(database) as desk:
        await open_stores(desk)
        first = await make_plate(desk)
        second = await make_plate(desk, SOUTH, terminal=TerminalId(5))
        assert (first.serial, second.serial, second.terminal) == (1, 2, TerminalId(5))
        again = MakePlate(id=first.id, merchant=SHOP, mode=Mode.LIVE, store=NORTH)
        assert await desk.ask(again) == first
        refused = [
            await desk.ask(MakePlate(id=first.id, merchant=SHOP, mode=Mode.LIVE, store=SOUTH)),
            await desk.ask(MakePlate(id=PlateId(9), merchant=SHOP, mode=Mode.LIVE, store=StoreId(99))),
            await desk.ask(RevokePlate(id=first.id, merchant=OTHER_SHOP, mode=Mode.LIVE)),
            await desk.ask(RevokePlate(id=first.id, merchant=SHOP, mode=Mode.TEST)),
        ]
        assert [one.refusal for one in refused] == [
            PlateRefusal.ID_TAKEN,
            PlateRefusal.STORE_NOT_FOUND,
            PlateRefusal.NOT_FOUND,
            PlateRefusal.NOT_FOUND,
        ]
        await desk.ask(SetMerchantStatus(id=SHOP, status=MerchantStatus.SUSPENDED))
        shut = await desk.ask(MakePlate(id=PlateId(9), merchant=SHOP, mode=Mode.LIVE, store=NORTH))
        assert isinstance(shut, PlateRefused)
        assert shut.refusal is PlateRefusal.MERCHANT_NOT_ACTIVE
        async with database.connection() as connection:
            assert await plates_of(connection, merchant=SHOP, mode=Mode.LIVE, most=9) == [second, first]
            assert await plates_of(connection, merchant=SHOP, mode=Mode.TEST, most=9) == []
            assert await find_plate(connection, id=second.id) == second


async def test_plates_made_at_two_desks_have_different_numbers(database: Database) -> None:
    async with open_payments(database) as here, open_payments(database, desk_id=2) as there:
        await open_stores(here)
        made = await asyncio.gather(*[make_plate(desk) for desk in (here, there) for _ in range(20)])
        assert sorted(plate.serial for plate in made) == list(range(1, 41))


async def test_scanning_makes_a_payment_and_pays_it_once(database: Database) -> None:
    async with open_payments(database) as desk:
        await open_stores(desk, ANNA)
        plate = await make_plate(desk, terminal=TerminalId(5))
        command = scan(desk, plate, ANNA, 12_50, reference="page 1")
        answers = await asyncio.gather(
            *[desk.ask(scan(desk, plate, ANNA, 12_50, reference="page 1")) for _ in range(20)],
            desk.ask(command),
        )
        assert {answer.payment.id for answer in answers} == {answers[0].payment.id}
        assert [answer.is_new for answer in answers] == [True] + [False] * 20
        payment = answers[0].payment
        assert (payment.status, payment.store, payment.terminal) == (
            PaymentStatus.SUCCEEDED,
            NORTH,
            TerminalId(5),
        )
        assert (payment.plate, payment.customer, payment.first_status) == (plate.id, ANNA, "succeeded")
        assert await desk.balance(AccountKind.CUST, ANNA) == 4_987_50
        async with database.connection() as connection:
            assert await find_payment(connection, id=payment.id) == payment
        other = await desk.ask(scan(desk, plate, ANNA, 13_00, reference="page 1"))
        assert other.refusal is Refusal.REFERENCE_USED


async def test_a_revoked_plate_takes_nothing_at_any_desk(database: Database) -> None:
    async with open_payments(database) as here, open_payments(database, desk_id=2) as there:
        await open_stores(here, ANNA)
        plate = await make_plate(here)
        before = scan(there, plate, ANNA, 1_00, reference="before")
        assert (await there.ask(before)).payment.status is PaymentStatus.SUCCEEDED
        revoked = await here.ask(RevokePlate(id=plate.id, merchant=SHOP, mode=Mode.LIVE))
        assert not revoked.is_active
        assert await here.ask(RevokePlate(id=plate.id, merchant=SHOP, mode=Mode.LIVE)) == revoked
        refused = await there.ask(scan(there, plate, ANNA, 1_00))
        assert refused.refusal is Refusal.PLATE_REVOKED
        assert (await there.ask(before)).is_new is False, "what was paid before is still known"
        strange = Plate(
            id=PlateId(77), merchant=SHOP, mode=Mode.LIVE, store=NORTH, terminal=None, serial=1, created_at=1
        )
        refused = await here.ask(scan(here, strange, ANNA, 1_00))
        assert isinstance(refused, Refused)
        assert refused.refusal is Refusal.PLATE_NOT_FOUND


async def test_scanning_declined_is_kept_and_takes_nothing(database: Database) -> None:
    async with open_payments(database) as desk:
        await open_stores(desk, ANNA, balance=10_00)
        plate = await make_plate(desk)
        failed = await paid(desk, plate, ANNA, 11_00)
        assert (failed.status, failed.decline) == (PaymentStatus.FAILED, Decline.INSUFFICIENT_FUNDS)
        assert (await paid(desk, plate, ANNA, 10_00)).decline is None
        async with database.connection() as connection:
            assert await find_payment(connection, id=failed.id) == failed


async def test_scenario_17_five_hundred_a_day_for_one_person_with_two_accounts(database: Database) -> None:
    """Two accounts of one person count together; another person by itself; the next day begins anew."""
    async with open_payments(database) as desk:
        await open_stores(desk, ANNA, BEN)
        plates = [await make_plate(desk), await make_plate(desk, SOUTH)]
        assert (await paid(desk, plates[0], BEN, 500_00)).decline is None
        desk.clock.advance(duration_ns=DAY)
        linked = await desk.ask(LinkCustomer(id=BEN, same_as=ANNA))
        assert linked.person == ANNA
        assert await desk.ask(LinkCustomer(id=ANNA, same_as=BEN)) != linked
        assert (await paid(desk, plates[0], ANNA, 300_00)).decline is None
        too_much = await paid(desk, plates[1], BEN, 200_01)
        assert too_much.decline is Decline.EXCEEDS_STATIC_LIMIT
        assert (await paid(desk, plates[1], BEN, 200_00)).decline is None
        assert (await paid(desk, plates[0], ANNA, 1)).decline is Decline.EXCEEDS_STATIC_LIMIT
        assert await desk.balance(AccountKind.CUST, ANNA) == 4_700_00
        desk.clock.advance(duration_ns=DAY)
        assert (await paid(desk, plates[0], ANNA, 500_00)).decline is None
        assert (await paid(desk, plates[0], BEN, 1)).decline is Decline.EXCEEDS_STATIC_LIMIT


async def test_somebody_of_the_house_links_the_accounts_of_a_person(
    database: Database, owner_url: str
) -> None:
    """From then on the running desk counts both as one."""
    async with open_payments(database) as desk:
        await open_stores(desk, ANNA, BEN)
        plate = await make_plate(desk)
        anna, ben, nobody = (CUSTOMER_ID.write(CustomerId(id)) for id in (ANNA, BEN, 77))
        link = ("admin", "link-customers", "--database-url", owner_url, ben)
        said = await asyncio.to_thread(millet_says, *link, anna)
        assert said == f"{ben} and {anna} are one person's.\n"
        assert await asyncio.to_thread(millet_says, *link, anna) == said
        assert "Nothing was done" in await asyncio.to_thread(millet_says, *link, nobody, status=1)
        assert (await paid(desk, plate, ANNA, 300_00)).decline is None
        assert (await paid(desk, plate, BEN, 200_01)).decline is Decline.EXCEEDS_STATIC_LIMIT


async def test_two_accounts_of_one_person_at_two_desks_at_once(database: Database) -> None:
    """However many scan at once: never more than 500 yuan, and to the cent what the balances lack."""
    async with open_payments(database) as here, open_payments(database, desk_id=2) as there:
        await open_stores(here, ANNA, BEN)
        await here.ask(LinkCustomer(id=BEN, same_as=ANNA))
        plate = await make_plate(here)
        came = await asyncio.gather(
            *[
                paid(desk, plate, customer, 60_00)
                for desk, customer in ((here, ANNA), (there, BEN))
                for _ in range(10)
            ]
        )
        declines = [payment.decline for payment in came]
        assert declines.count(None) == 8
        assert declines.count(Decline.EXCEEDS_STATIC_LIMIT) == 12
        left = [await here.balance(AccountKind.CUST, customer) for customer in (ANNA, BEN)]
        assert sum(left) == 2 * 5_000_00 - 8 * 60_00


async def test_a_reversal_gives_the_limit_back_to_whom_it_was_taken_from(database: Database) -> None:
    """Also when the account has become another person's since."""
    async with open_payments(database) as desk:
        await open_stores(desk, ANNA, BEN)
        plate = await make_plate(desk)
        first = await paid(desk, plate, BEN, 400_00)
        await desk.ask(LinkCustomer(id=BEN, same_as=ANNA))
        undone = await desk.ask(ReversePayment(merchant=SHOP, mode=Mode.LIVE, payment=first.id, reference=""))
        assert undone.status is PaymentStatus.REVERSED
        second = await paid(desk, plate, BEN, 500_00)
        assert second.decline is None
        await desk.ask(ReversePayment(merchant=SHOP, mode=Mode.LIVE, payment=second.id, reference=""))
        assert (await paid(desk, plate, ANNA, 500_00)).decline is None


async def test_before_the_rule_the_house_alone_decided() -> None:
    first, second = PACKS[:2]
    assert (first.effective_from, second.effective_from) == (20140101, 20180401)
    assert "No. 296" in second.source
    for measure in (Measure.STATIC_FROM_BALANCE, Measure.STATIC_FROM_CARDS):
        for verification, limits in second.limits.items():
            assert [str(limit.amount) for limit in limits[measure][:2]] == ["CNY 500.00", "CNY 500.00"]
            assert first.limits[verification][measure] == first.limits[verification][Measure.PAYMENTS]


async def test_what_is_unusual_is_flagged_and_stops_nothing(database: Database) -> None:
    policy = POLICIES[-1]
    people = [CustomerId(100 + number) for number in range(policy.payers + 1)]
    async with open_payments(database) as desk:
        await open_stores(desk, ANNA, *people)
        here, there = await make_plate(desk), await make_plate(desk, SOUTH)
        queue = [await paid(desk, here, customer, 10_00) for customer in people]
        assert [payment.flags for payment in queue] == [()] * policy.payers + [(Flag.MANY_PAYERS,)]
        desk.clock.advance(duration_ns=(policy.payers_seconds + 1) * SECOND)
        large = await paid(desk, here, ANNA, policy.times_usual * 10_00 + 1)
        assert (large.flags, large.decline) == ((Flag.UNUSUAL_AMOUNT,), None)
        desk.clock.advance(duration_ns=(policy.stores_seconds - 1) * SECOND)
        at_once = await paid(desk, there, ANNA, 1_00)
        assert (at_once.flags, at_once.status) == ((Flag.TWO_STORES,), PaymentStatus.SUCCEEDED)
        desk.clock.advance(duration_ns=policy.stores_seconds * SECOND)
        assert (await paid(desk, here, ANNA, 1_00)).flags == ()
        async with database.connection() as connection:
            assert await find_payment(connection, id=at_once.id) == at_once
            rows = await connection.fetch(
                "SELECT object FROM plumbing.outbox WHERE kind = 'plate.flagged' ORDER BY position"
            )
        assert [row["object"] for row in rows] == [queue[-1].id, large.id, at_once.id], "told once of each"


async def test_flags_see_what_comes_in_one_batch(database: Database) -> None:
    policy = POLICIES[-1]
    people = [CustomerId(100 + number) for number in range(policy.payers + 3)]
    async with open_payments(database) as desk:
        await open_stores(desk, *people)
        plate = await make_plate(desk)
        queue = await asyncio.gather(*[paid(desk, plate, customer, 10_00) for customer in people])
        flagged = [payment for payment in queue if payment.flags]
        assert len(flagged) == 3
