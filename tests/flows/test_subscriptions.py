"""A subscription over months: announced, charged once, skipped, declined, tried again, lapsed."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from milletpay.customers import CustomerId
from milletpay.entitlements import Offer, OfferId, add_offer
from milletpay.ledger.chart import Mode
from milletpay.merchants import MerchantId, Names
from milletpay.money import Money
from milletpay.payments import AgreementId, CancelAgreement, Decline, announcements_of, payments_of
from milletpay.plumbing.database import Database
from milletpay.plumbing.dates import Day, add_days, day_of, day_start_ns
from milletpay.subscriptions import (
    Charging,
    Subscription,
    SubscriptionId,
    SubscriptionRefusal,
    SubscriptionRefused,
    cancel_subscription,
    charge_day,
    find_subscription,
    skip_charge,
    subscribe,
)
from tests.flows.payment_desk import Fill, PaymentDesk, open_payments
from tests.flows.trade_desk import CNY

ANNA, VIDEO = CustomerId(7), MerchantId(8)
PRICE, NOTICE = 15_00, 5
DAY_NS = 24 * 3600 * 10**9
ID = SubscriptionId(77 << 80 | 1)


class Died(Exception):
    """The process ended here."""


@dataclass
class Months:
    """A desk whose clock is moved from day to day, with what does the work of each."""

    desk: PaymentDesk
    charging: Charging

    @property
    def today(self) -> Day:
        return day_of(self.desk.clock.now_ns())

    async def work(self) -> None:
        while await self.charging.work():
            pass

    async def go_to(self, day: Day) -> None:
        """Live through every day until this one, with its work."""
        while self.today < day:
            tomorrow = day_start_ns(add_days(self.today, days=1))
            self.desk.clock.advance(duration_ns=tomorrow - self.desk.clock.now_ns() + 1)
            await self.work()

    async def now(self) -> Subscription:
        async with self.desk.database.connection() as connection:
            found = await find_subscription(connection, id=ID)
        assert found is not None
        return found

    async def skip(
        self,
        period: int,
        *,
        customer: CustomerId = ANNA,
        submit: Callable[[Any], Awaitable[Any]] | None = None,
    ) -> Any:
        async with self.desk.database.transaction() as connection:
            return await skip_charge(
                connection,
                id=ID,
                customer=customer,
                period=period,
                submit=submit or self.desk.ask,
                now=self.desk.clock.now_ns(),
            )

    async def cancel(self) -> None:
        async with self.desk.database.transaction() as connection:
            await cancel_subscription(
                connection,
                id=ID,
                customer=ANNA,
                mode=Mode.LIVE,
                submit=self.desk.ask,
                now=self.desk.clock.now_ns(),
            )

    async def charges(self) -> list[tuple[Day, str]]:
        """When what was charged, and how it ended, the first first."""
        async with self.desk.database.connection() as connection:
            found = await payments_of(connection, merchant=VIDEO, mode=Mode.LIVE, most=50)
        return [(day_of(one.created_at), one.status.value) for one in reversed(found)]


async def begin(
    desk: PaymentDesk, *, balance: int, first_on: Day | None = None
) -> tuple[Months, AgreementId]:
    """Somebody subscribes from the 31st of a month on."""
    made = await ask_to_begin(desk, balance=balance, first_on=first_on)
    assert isinstance(made, Subscription)
    charging = Charging(database=desk.database, submit=desk.ask, ids=desk.ids, clock=desk.clock)
    return Months(desk=desk, charging=charging), made.agreement


async def ask_to_begin(
    desk: PaymentDesk, *, balance: int, first_on: Day | None = None, notice_days: int = NOTICE
) -> Subscription | SubscriptionRefused:
    agreement = await desk.open_shop(VIDEO, ANNA, balance=balance, notice_days=notice_days)
    year = day_of(desk.clock.now_ns()) // 10_000 + 1
    offer = Offer(
        id=OfferId(5),
        merchant=VIDEO,
        mode=Mode.LIVE,
        content="channel",
        names=Names(en="Channel", zh="频道"),
        amount=Money(PRICE, CNY),
        days=31,
        created_at=1,
    )
    async with desk.database.transaction() as connection:
        await add_offer(connection, offer=offer)
        return await subscribe(
            connection,
            id=ID,
            merchant=VIDEO,
            mode=Mode.LIVE,
            agreement=agreement,
            offer=offer.id,
            first_on=first_on or Day(year * 10_000 + 131),
            now=desk.clock.now_ns(),
        )


@pytest.mark.parametrize(
    ("first", "days"),
    [
        (2027_01_31, [2027_01_31, 2027_02_28, 2027_03_31, 2027_04_30]),
        (2027_12_30, [2027_12_30, 2028_01_30, 2028_02_29, 2028_03_30]),
        (2027_11_15, [2027_11_15, 2027_12_15, 2028_01_15, 2028_02_15]),
    ],
)
def test_the_day_is_the_firsts_or_the_last_of_a_shorter_month(first: int, days: list[int]) -> None:
    assert [charge_day(Day(first), period=period) for period in range(4)] == days


async def test_three_months_are_announced_and_charged_once_each(database: Database) -> None:
    async with open_payments(database) as desk:
        months, agreement = await begin(desk, balance=100_00)
        first = (await months.now()).first_on
        due = [charge_day(first, period=period) for period in range(3)]
        for day in due:
            await months.go_to(add_days(day, days=-NOTICE - 1))
            assert not (await months.now()).is_announced
            await months.go_to(add_days(day, days=-NOTICE))
            async with database.connection() as connection:
                (told,) = await announcements_of(connection, agreement=agreement)
            assert (told.charge_on, told.amount) == (day, PRICE)
            # Any number of processes do the work of a day.
            await months.go_to(add_days(day, days=-1))
            await asyncio.gather(*(months.charging.work() for _ in range(4)))
            await months.go_to(day)
            await asyncio.gather(*(months.charging.work() for _ in range(4)))
        assert await months.charges() == [(day, "succeeded") for day in due]
        assert (await months.now()).charge_on == charge_day(first, period=3)


async def test_nobody_is_charged_every_month_without_a_notice(database: Database) -> None:
    async with open_payments(database) as desk:
        came = await ask_to_begin(desk, balance=100_00, notice_days=0)
        assert isinstance(came, SubscriptionRefused)
        assert came.refusal is SubscriptionRefusal.NOTICE_NEEDED


async def test_what_died_between_desk_and_note_is_done_again_once(database: Database) -> None:
    async with open_payments(database) as desk:
        months, agreement = await begin(desk, balance=100_00)
        first = (await months.now()).first_on

        async def dies(command: object) -> Any:
            await desk.ask(command)
            raise Died

        dying = Charging(database=database, submit=dies, ids=desk.ids, clock=desk.clock)
        await months.go_to(add_days(first, days=-NOTICE - 1))
        desk.clock.advance(duration_ns=DAY_NS)
        with pytest.raises(Died):
            await dying.work()
        assert not (await months.now()).is_announced
        await months.work()
        async with database.connection() as connection:
            assert len(await announcements_of(connection, agreement=agreement)) == 1
        await months.go_to(add_days(first, days=-1))
        desk.clock.advance(duration_ns=DAY_NS)
        with pytest.raises(Died):
            await dying.work()
        assert (await months.now()).period == 0
        await months.work()
        assert (await months.now()).period == 1
        assert await months.charges() == [(first, "succeeded")]


async def test_a_month_is_skipped_between_notice_and_charge(database: Database) -> None:
    async with open_payments(database) as desk:
        months, _ = await begin(desk, balance=100_00)
        first = (await months.now()).first_on
        await months.go_to(add_days(first, days=-1))
        assert isinstance(await months.skip(0, customer=CustomerId(99)), SubscriptionRefused)
        skipped = await months.skip(0)
        assert (skipped.period, skipped.is_announced) == (1, False)
        assert isinstance(await months.skip(0), SubscriptionRefused), "a second press skips no other month"
        await months.go_to(charge_day(first, period=1))
        assert await months.charges() == [(charge_day(first, period=1), "succeeded")]
        await months.cancel()
        await months.go_to(charge_day(first, period=2))
        assert len(await months.charges()) == 1


@pytest.mark.parametrize("end", ["skip", "cancel"])
async def test_what_was_skipped_or_canceled_cannot_be_charged_by_the_merchant_itself(
    database: Database, end: str
) -> None:
    async with open_payments(database) as desk:
        months, agreement = await begin(desk, balance=100_00)
        first = (await months.now()).first_on
        await months.go_to(add_days(first, days=-1))
        await (months.skip(0) if end == "skip" else months.cancel())
        async with database.connection() as connection:
            assert await announcements_of(connection, agreement=agreement) == []
        desk.clock.advance(duration_ns=2 * DAY_NS)
        tried = await desk.ask(desk.payment(VIDEO, PRICE, agreement=agreement))
        assert tried.payment.decline is Decline.NOT_ANNOUNCED


async def test_what_the_merchant_has_charged_cannot_be_skipped_any_more(database: Database) -> None:
    """Whichever comes first: one of the two, never both, and never neither."""
    async with open_payments(database) as desk:
        months, agreement = await begin(desk, balance=100_00)
        first = (await months.now()).first_on
        await months.go_to(add_days(first, days=-1))
        desk.clock.advance(duration_ns=DAY_NS)
        skipped, *charged = await asyncio.gather(
            months.skip(0),
            *(desk.ask(desk.payment(VIDEO, PRICE, agreement=agreement)) for _ in range(4)),
        )
        declines = {made.payment.decline for made in charged}
        assert declines <= {None, Decline.NOT_ANNOUNCED}
        assert (None in declines) is isinstance(skipped, SubscriptionRefused)
        again = await months.skip(0)
        assert isinstance(again, SubscriptionRefused)
        assert again.refusal is SubscriptionRefusal.CHARGED


@pytest.mark.parametrize("days", [-NOTICE, 0])
async def test_a_skip_that_died_half_done_is_done_when_its_day_comes(database: Database, days: int) -> None:
    """The announcement is withdrawn, the subscription does not know: its month is left out all the same."""
    async with open_payments(database) as desk:
        months, _ = await begin(desk, balance=100_00)
        first = (await months.now()).first_on

        async def dies(command: object) -> Any:
            await desk.ask(command)
            raise Died

        await months.go_to(add_days(first, days=-NOTICE - 1))
        desk.clock.advance(duration_ns=DAY_NS)
        if days:  # not even that it was announced is known
            with pytest.raises(Died):
                await replace(months.charging, submit=dies).work()
        else:
            await months.go_to(add_days(first, days=-1))
        with pytest.raises(Died):
            await months.skip(0, submit=dies)
        found = await months.now()
        assert (found.period, found.is_announced) == (0, days == 0)
        await months.go_to(charge_day(first, period=1))
        assert await months.charges() == [(charge_day(first, period=1), "succeeded")]


async def test_a_declined_charge_is_tried_by_the_rule_and_then_lapses(database: Database) -> None:
    async with open_payments(database) as desk:
        months, _ = await begin(desk, balance=1)
        first = (await months.now()).first_on
        await months.go_to(add_days(first, days=2))
        await desk.ask(Fill(ANNA, PRICE))
        await months.go_to(add_days(first, days=3))
        tried = [(add_days(first, days=days), end) for days, end in ((0, "failed"), (1, "failed"))]
        assert await months.charges() == [*tried, (add_days(first, days=3), "succeeded")]
        following = charge_day(first, period=1)
        assert (await months.now()).charge_on == following
        await months.go_to(add_days(following, days=10))
        ends = [add_days(following, days=days) for days in (0, 1, 3, 7)]
        assert (await months.charges())[3:] == [(day, "failed") for day in ends]
        assert (await months.now()).status == "lapsed"


async def test_without_its_agreement_nothing_is_charged(database: Database) -> None:
    async with open_payments(database) as desk:
        months, agreement = await begin(desk, balance=100_00)
        first = (await months.now()).first_on
        await months.go_to(add_days(first, days=-1))
        await desk.ask(CancelAgreement(agreement=agreement, mode=Mode.LIVE, customer=ANNA))
        await months.go_to(add_days(first, days=1))
        assert await months.charges() == [(first, "failed")]
        assert (await months.now()).status == "lapsed"
