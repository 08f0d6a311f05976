"""Devices are bound to one customer, retired for ever, and known to the desk of every process."""

import asyncio

from milletpay.customers import (
    CustomerId,
    DeviceId,
    DeviceKind,
    DeviceRefusal,
    DeviceRefused,
    RegisterDevice,
    RetireDevice,
    devices_of,
)
from milletpay.customers.devices import DEVICES_EVER, DEVICES_MAX
from milletpay.ledger.chart import Mode
from milletpay.plumbing.database import Database
from tests.flows.trade_desk import new_customer, open_trade

OWNER, OTHER = CustomerId(1), CustomerId(2)


def registered(
    number: int, *, customer: CustomerId = OWNER, kind: DeviceKind = DeviceKind.PHONE
) -> RegisterDevice:
    return RegisterDevice(id=DeviceId(number), customer=customer, mode=Mode.LIVE, kind=kind, name="Phone")


async def test_a_device_is_one_customers_and_asking_again_changes_nothing(database: Database) -> None:
    async with open_trade(database) as trade:
        await trade.ask(new_customer(OWNER))
        device = await trade.ask(registered(10))
        assert device.is_active
        assert await trade.ask(registered(10)) == device
        taken = await trade.ask(registered(10, customer=OTHER))
        assert isinstance(taken, DeviceRefused)
        assert taken.refusal is DeviceRefusal.ID_TAKEN
        foreign = await trade.ask(RetireDevice(id=device.id, customer=OTHER))
        assert isinstance(foreign, DeviceRefused)
        assert foreign.refusal is DeviceRefusal.NOT_FOUND
        async with database.connection() as connection:
            assert await devices_of(connection, customer=OWNER, most=2) == [device]
            assert await devices_of(connection, customer=OTHER, most=2) == []


async def test_a_retired_device_is_retired_for_ever_at_every_desk(database: Database) -> None:
    async with open_trade(database) as here, open_trade(database, desk_id=2) as there:
        await here.ask(registered(10))
        assert (await there.ask(registered(10))).is_active
        retired = await here.ask(RetireDevice(id=DeviceId(10), customer=OWNER))
        assert not retired.is_active
        assert await there.ask(RetireDevice(id=DeviceId(10), customer=OWNER)) == retired
        assert await there.ask(registered(10)) == retired, "who gets it next registers it anew"


async def test_a_customer_has_so_many_devices_however_many_ask_at_once(database: Database) -> None:
    async with open_trade(database) as here, open_trade(database, desk_id=2) as there:
        desks = (here, there)
        answers = await asyncio.gather(
            *[desks[number % 2].ask(registered(100 + number)) for number in range(DEVICES_MAX + 10)]
        )
        refused = [answer for answer in answers if isinstance(answer, DeviceRefused)]
        assert [answer.refusal for answer in refused] == [DeviceRefusal.TOO_MANY] * 10
        kept = next(answer for answer in answers if not isinstance(answer, DeviceRefused))
        await here.ask(RetireDevice(id=kept.id, customer=OWNER))
        assert (await there.ask(registered(999, kind=DeviceKind.TV))).is_active


async def test_who_registers_and_retires_all_day_comes_to_an_end(database: Database) -> None:
    """Each phone that shows codes has a number for ever, and there are not endlessly many."""
    async with open_trade(database) as here:
        for begin in range(0, DEVICES_EVER, DEVICES_MAX):
            some = range(1_000 + begin, 1_000 + begin + DEVICES_MAX)
            for answer in await asyncio.gather(*[here.ask(registered(id)) for id in some]):
                assert answer.is_active
            await asyncio.gather(*[here.ask(RetireDevice(id=DeviceId(id), customer=OWNER)) for id in some])
        refused = await here.ask(registered(9))
        assert refused.refusal is DeviceRefusal.TOO_MANY
