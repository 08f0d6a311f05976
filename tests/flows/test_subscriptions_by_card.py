"""Months that a card pays: charged when its bank has said so, tried again when it refuses, however late."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from milletpay.entitlements import Offer, OfferId, add_offer
from milletpay.ledger.chart import Mode
from milletpay.merchants import Names
from milletpay.money import Money
from milletpay.payments import Decline, Payment, payments_of
from milletpay.plumbing.clock import SECOND, SystemClock
from milletpay.plumbing.database import Database
from milletpay.plumbing.dates import Day, add_days, day_of, day_start_ns
from milletpay.plumbing.ids import IdSource, system_entropy
from milletpay.rails import Fault, RefusalReason
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
from tests.flows.bank_contract import CNY
from tests.flows.card_desk import MING, SHOP, CardDesk, from_card, open_cards

PRICE = 15_00
ID = SubscriptionId(77 << 80 | 1)
HOUR, DAY = 3600, 24 * 3600
LATE = Fault(decided_after_ns=HOUR * SECOND)


class Died(Exception):
    """The process ended here."""


@dataclass(frozen=True)
class Months:
    """A subscription that a card pays, and what does its work."""

    house: CardDesk
    charging: Charging
    first_on: Day

    async def charge(self) -> None:
        """Do what the days ask for; no bank is asked meanwhile."""
        while await self.charging.work():
            pass

    async def answer(self, *, seconds: int = 60) -> None:
        """Let banks be asked and answer, then do what follows."""
        await self.house.pass_time(seconds=seconds)
        await self.charge()

    async def go_to(self, day: Day) -> None:
        """The morning of a day, and its work."""
        self.house.clock.advance(duration_ns=day_start_ns(day) - self.house.clock.now_ns() + 1)
        await self.charge()

    async def now(self) -> Subscription:
        async with self.house.database.connection() as connection:
            found = await find_subscription(connection, id=ID)
        assert found is not None
        return found

    async def payments(self) -> list[Payment]:
        async with self.house.database.connection() as connection:
            return list(reversed(await payments_of(connection, merchant=SHOP, mode=Mode.LIVE, most=50)))

    async def charges(self) -> list[tuple[Day, str]]:
        return [(day_of(one.created_at), one.status.value) for one in await self.payments()]

    async def news(self) -> list[str]:
        return [kind.removeprefix("subscription.") for kind in await self.house.events(ID)]

    async def skip(self) -> Subscription | SubscriptionRefused:
        async with self.house.database.transaction() as connection:
            return await skip_charge(
                connection,
                id=ID,
                customer=MING,
                period=0,
                submit=self.house.ask,
                now=self.house.clock.now_ns(),
            )

    async def cancel(self) -> None:
        async with self.house.database.transaction() as connection:
            await cancel_subscription(
                connection,
                id=ID,
                customer=MING,
                mode=Mode.LIVE,
                submit=self.house.ask,
                now=self.house.clock.now_ns(),
            )


async def begin(house: CardDesk, *, notice_days: int = 1) -> Months:
    """Somebody with nothing but a card subscribes, and the eve of the first charge comes."""
    await house.open(MING)
    agreement = await house.agree(MING, from_card(MING), notice_days=notice_days)
    offer = Offer(
        id=OfferId(5),
        merchant=SHOP,
        mode=Mode.LIVE,
        content="channel",
        names=Names(en="Channel", zh="频道"),
        amount=Money(PRICE, CNY),
        days=31,
        created_at=1,
    )
    first_on = add_days(day_of(house.clock.now_ns()), days=notice_days + 1)
    async with house.database.transaction() as connection:
        await add_offer(connection, offer=offer)
        made = await subscribe(
            connection,
            id=ID,
            merchant=SHOP,
            mode=Mode.LIVE,
            agreement=agreement,
            offer=offer.id,
            first_on=first_on,
            now=house.clock.now_ns(),
        )
    assert isinstance(made, Subscription)
    charging = Charging(
        database=house.database,
        submit=house.ask,
        ids=IdSource(clock=SystemClock(), entropy=system_entropy),
        clock=house.clock,
    )
    months = Months(house=house, charging=charging, first_on=first_on)
    for before in range(notice_days, 0, -1):
        await months.go_to(add_days(first_on, days=-before))
    return months


async def begin_and_charge(house: CardDesk, *, notice_days: int = 1) -> Months:
    """As `begin`, and on its day the bank is asked."""
    months = await begin(house, notice_days=notice_days)
    await months.go_to(months.first_on)
    return months


@pytest.mark.parametrize("notice_days", [1, 2])
async def test_a_month_is_charged_when_the_bank_has_paid_and_not_before(
    database: Database, notice_days: int
) -> None:
    async with open_cards(database) as house:
        months = await begin_and_charge(house, notice_days=notice_days)
        found = await months.now()
        assert (found.period, found.is_being_charged) == (0, True)
        assert await months.charges() == [(months.first_on, "processing")]
        assert "charged" not in await months.news()
        assert await months.charging.work() == 0, "it waits, and keeps nobody else waiting"
        skipped = await months.skip()
        assert isinstance(skipped, SubscriptionRefused)
        assert skipped.refusal is SubscriptionRefusal.CHARGED
        await months.answer()
        found = await months.now()
        assert (found.period, found.is_being_charged) == (1, False)
        assert found.charge_on == charge_day(months.first_on, period=1)
        assert await months.charges() == [(months.first_on, "succeeded")]
        assert (await months.news())[-1] == "charged"
        assert await house.on_card(MING) == PRICE


async def test_a_month_that_the_bank_pays_late_is_charged_once(database: Database) -> None:
    async with open_cards(database) as house:
        await house.err(LATE)
        months = await begin_and_charge(house)
        for _ in range(3):
            await months.answer(seconds=HOUR // 5)
            assert (await months.now()).is_being_charged
        await months.answer(seconds=2 * DAY)
        assert ((await months.now()).period, (await months.now()).is_being_charged) == (1, False)
        assert await months.charges() == [(months.first_on, "succeeded")]
        assert await months.news() == ["created", "announced", "charged"]
        assert await house.on_card(MING) == PRICE


@pytest.mark.parametrize("notice_days", [1, 2])
async def test_a_month_that_the_bank_refuses_is_tried_again_by_the_rule(
    database: Database, notice_days: int
) -> None:
    async with open_cards(database) as house:
        await house.err(replace(LATE, reason=RefusalReason.INSUFFICIENT_FUNDS))
        months = await begin_and_charge(house, notice_days=notice_days)
        await months.answer()
        assert (await months.now()).is_being_charged, "the bank has not decided"
        await months.answer(seconds=2 * HOUR)
        found = await months.now()
        assert (found.period, found.tries, found.is_being_charged) == (0, 1, False)
        assert (await months.news())[-1] == "charge_declined"
        assert [one.decline for one in await months.payments()] == [Decline.REFUSED_BY_BANK]
        following = add_days(months.first_on, days=1)
        await months.go_to(following)
        assert (await months.now()).is_being_charged
        await months.answer()
        assert await months.charges() == [(months.first_on, "failed"), (following, "succeeded")]
        assert ((await months.now()).period, (await months.now()).tries) == (1, 0)
        assert (await months.news())[-1] == "charged"
        assert await house.on_card(MING) == PRICE


async def test_after_the_last_try_that_the_bank_refuses_it_lapses(database: Database) -> None:
    async with open_cards(database) as house:
        await house.err(Fault(reason=RefusalReason.CARD_CLOSED), orders=4)
        months = await begin_and_charge(house)
        days = [add_days(months.first_on, days=days) for days in (0, 1, 3, 7)]
        for day in days[1:]:
            await months.answer()
            assert (await months.now()).status == "active"
            await months.go_to(day)
        await months.answer()
        assert await months.charges() == [(day, "failed") for day in days]
        assert ((await months.now()).status, (await months.now()).is_being_charged) == ("lapsed", False)
        assert await months.news() == ["created", "announced", *["charge_declined"] * 3, "lapsed"]
        await months.answer(seconds=40 * DAY)
        assert len(await months.charges()) == 4
        assert await house.on_card(MING) == 0


@pytest.mark.parametrize("is_refused", [True, False])
async def test_what_died_before_it_noted_that_a_bank_is_asked_loses_no_end(
    database: Database, is_refused: bool
) -> None:
    """Between desk and note, and again between the bank's word and its note: one charge, one end."""
    async with open_cards(database) as house:
        if is_refused:
            await house.err(Fault(reason=RefusalReason.INSUFFICIENT_FUNDS))
        months = await begin(house, notice_days=1)

        async def dies(command: object) -> Any:
            await house.ask(command)
            raise Died

        dying = replace(months.charging, submit=dies)
        house.clock.advance(duration_ns=DAY * SECOND)
        with pytest.raises(Died):
            await dying.work()
        assert await months.charges() == [(months.first_on, "processing")]
        assert not (await months.now()).is_being_charged
        skipped = await months.skip()
        assert isinstance(skipped, SubscriptionRefused), "what is not noted here is asked of the payment"
        await months.charge()
        assert (await months.now()).is_being_charged
        await house.pass_time(seconds=60)
        with pytest.raises(Died):
            await dying.work()
        await months.charge()
        found = await months.now()
        assert (found.period, found.tries) == ((0, 1) if is_refused else (1, 0))
        assert await months.charges() == [(months.first_on, "failed" if is_refused else "succeeded")]
        assert (await months.news())[-1] == ("charge_declined" if is_refused else "charged")


async def test_a_charge_under_way_that_the_merchant_undoes_is_not_made_again(database: Database) -> None:
    async with open_cards(database) as house:
        await house.err(LATE)
        months = await begin_and_charge(house)
        (charge,) = await months.payments()
        await house.cancel(charge.id)
        await months.answer(seconds=2 * DAY)
        assert await months.charges() == [(months.first_on, "canceled")]
        assert ((await months.now()).period, await months.news()) == (1, ["created", "announced", "skipped"])


async def test_what_is_canceled_while_a_bank_is_asked_is_never_charged_again(database: Database) -> None:
    async with open_cards(database) as house:
        await house.err(replace(LATE, reason=RefusalReason.INSUFFICIENT_FUNDS))
        months = await begin_and_charge(house)
        await months.cancel()
        await months.answer()
        await months.answer(seconds=40 * DAY)
        assert await months.charges() == [(months.first_on, "failed")]
        assert ((await months.now()).status, (await months.now()).is_being_charged) == ("canceled", False)
