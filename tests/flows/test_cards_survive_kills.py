"""Who works for cards is killed at the worst moments: the payment is paid once, or the money goes back."""

import asyncio
import sys
from asyncio.subprocess import PIPE

import pytest

from milletpay.funding import DRAW_ID
from milletpay.payments import PaymentStatus
from milletpay.plumbing.database import Database
from tests.flows.card_desk import MING, CardDesk, from_card, open_cards

MOMENTS = ("asked", "answered", "kept")
PATIENCE_SECONDS = 60
LEASE_SECONDS = 31


async def killed(app_url: str, house: CardDesk, *, moment: str) -> None:
    """Another process does the jobs that wait, and is killed at a moment."""
    seconds = (house.clock.now_ns() - 1_767_225_600 * 10**9) // 10**9 + 1
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.flows.card_process", app_url, str(seconds), moment, stdout=PIPE
    )
    assert process.stdout is not None
    said = await asyncio.wait_for(process.stdout.readline(), PATIENCE_SECONDS)
    process.kill()
    await process.wait()
    assert said == b"there\n"
    house.clock.advance(duration_ns=2 * 10**9)


async def follow(house: CardDesk) -> None:
    """Another one finds that the first is gone, and after a moment does what it left."""
    await house.pass_time(seconds=LEASE_SECONDS)
    await house.pass_time(seconds=LEASE_SECONDS)


@pytest.mark.parametrize("moment", MOMENTS)
async def test_the_payment_that_waits_is_paid_once(app_url: str, database: Database, moment: str) -> None:
    async with open_cards(database) as house:
        await house.open(MING)
        payment = await house.make(50_00)
        await house.pay(payment, MING, from_card(MING))
        await killed(app_url, house, moment=moment)
        assert await house.on_card(MING) == 50_00
        found = await house.payment(payment)
        assert found.status is (PaymentStatus.SUCCEEDED if moment == "kept" else PaymentStatus.PROCESSING)
        await follow(house)
        assert (await house.payment(payment)).status is PaymentStatus.SUCCEEDED
        assert await house.books(MING) == {"clearing": 50_00, "pending": 49_81, "fees": 19}
        assert await house.on_card(MING) == 50_00
        # And on the way back to the card.
        await house.refund(payment, 50_00)
        await killed(app_url, house, moment=moment)
        await follow(house)
        assert await house.books(MING) == {}
        assert await house.on_card(MING) == 0


@pytest.mark.parametrize("moment", ["heard", "booked"])
async def test_what_the_bank_took_back_is_booked_once(app_url: str, database: Database, moment: str) -> None:
    async with open_cards(database) as house:
        await house.open(MING, balance=80_00)
        payment = await house.make(50_00)
        await house.pay(payment, MING, from_card(MING))
        await house.work()
        (draw,) = await house.draws(payment)
        await house.bank.take_back(DRAW_ID.write(draw.id))
        await killed(app_url, house, moment=moment)
        booked = 0 if moment == "heard" else 50_00
        assert (await house.payment(payment)).taken_back == booked
        assert len(await house.bank.notices(most=10)) == 1
        await follow(house)
        assert (await house.payment(payment)).taken_back == 50_00
        assert (await house.books(MING))["customer 11"] == 30_00
        assert await house.bank.notices(most=10) == []
        assert (await house.events(payment)).count("payment.taken_back") == 1


@pytest.mark.parametrize("moment", MOMENTS[:2])
async def test_the_payment_that_has_expired_meanwhile_is_given_back(
    app_url: str, database: Database, moment: str
) -> None:
    async with open_cards(database) as house:
        await house.open(MING)
        payment = await house.make(50_00, seconds=20)
        await house.pay(payment, MING, from_card(MING))
        await killed(app_url, house, moment=moment)
        house.clock.advance(duration_ns=30 * 10**9)
        assert (await house.expire(payment)).status is PaymentStatus.EXPIRED
        await follow(house)
        await house.pass_time(seconds=LEASE_SECONDS)
        assert (await house.payment(payment)).status is PaymentStatus.EXPIRED
        assert await house.events(payment) == ["payment.created", "payment.processing", "payment.expired"]
        assert await house.books(MING) == {}
        assert await house.on_card(MING) == 0
