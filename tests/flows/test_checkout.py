"""Checkout: what a payer sees, the way back, and who hears of a change."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from milletpay.checkout import (
    CheckoutKeys,
    Return,
    Session,
    Standing,
    Watch,
    find_session,
    read_return,
    standing_of,
    way_back,
)
from milletpay.codes import Links, key_for
from milletpay.customers import CustomerId
from milletpay.ledger.chart import Mode
from milletpay.merchants import MerchantId
from milletpay.payments import (
    CancelPayment,
    ExpirePayment,
    Payment,
    PaymentId,
    PaymentStatus,
    PayPayment,
    versions_of,
)
from milletpay.plumbing.clock import SECOND, SystemClock
from milletpay.plumbing.database import Connection, Database
from tests.flows.payment_desk import PaymentDesk, open_payments

SHOP, XIAOLI = MerchantId(7), CustomerId(9)
LINKS = Links(base_url="https://pay.example", key=key_for("links", secret=b"secret"))
KEYS = CheckoutKeys(secret=key_for("returns", secret=b"secret"))
MINUTE = 60 * SECOND


@pytest.fixture
async def till(database: Database) -> AsyncIterator[PaymentDesk]:
    async with open_payments(database) as desk:
        await desk.open_shop(SHOP, XIAOLI, balance=100_00)
        yield desk


async def new_session(till: PaymentDesk, *, return_url: str = "https://shop.example/orders/1") -> Session:
    command = till.payment(SHOP, 25_00, expires_at=till.clock.now_ns() + 15 * MINUTE)
    await till.ask(replace(command, return_url=return_url, description="A phone"))
    return await session_of(till, command.id)


async def session_of(till: PaymentDesk, payment: PaymentId) -> Session:
    token = LINKS.payment(payment).rpartition("/")[2]
    async with till.database.connection() as connection:
        session = await find_session(connection, token=token, links=LINKS, now=till.clock.now_ns())
    assert session is not None
    return session


def pay(payment: PaymentId) -> PayPayment:
    return PayPayment(payment=payment, customer=XIAOLI, mode=Mode.LIVE)


async def test_a_session_shows_the_payment_as_it_stands(till: PaymentDesk) -> None:
    session = await new_session(till)
    assert (session.standing, session.seconds_left) == (Standing.OPEN, 15 * 60)
    assert (session.merchant.names.en, session.payment.amount.minor) == ("Shop 7", 25_00)
    till.clock.advance(duration_ns=14 * MINUTE - 1)
    assert (await session_of(till, session.payment.id)).seconds_left == 61
    await till.ask(pay(session.payment.id))
    for _ in range(3):
        again = await session_of(till, session.payment.id)
        assert (again.standing, again.seconds_left) == (Standing.PAID, None)
        await till.ask(pay(session.payment.id))
    till.clock.advance(duration_ns=60 * MINUTE)
    assert (await session_of(till, session.payment.id)).standing is Standing.PAID


async def test_time_is_over_before_anybody_has_written_so(till: PaymentDesk) -> None:
    session = await new_session(till)
    till.clock.advance(duration_ns=15 * MINUTE)
    assert (await session_of(till, session.payment.id)).standing is Standing.EXPIRED
    await till.ask(ExpirePayment(payment=session.payment.id))
    assert (await session_of(till, session.payment.id)).standing is Standing.EXPIRED


async def test_no_token_no_session(till: PaymentDesk) -> None:
    session = await new_session(till)
    tokens = ("", "x", session.token[:-1] + "A", LINKS.payment(123).rpartition("/")[2])
    async with till.database.connection() as connection:
        for token in tokens:
            assert await find_session(connection, token=token, links=LINKS, now=0) is None


def test_every_status_has_a_standing() -> None:
    for status in PaymentStatus:
        payment = Payment.__new__(Payment)
        payment.status, payment.expires_at = status, 0
        assert standing_of(payment, now=1) in Standing


async def test_the_way_back_is_signed_for_one_merchant(till: PaymentDesk) -> None:
    session = await new_session(till, return_url="https://shop.example/orders/1?lang=zh#top")
    back = way_back(session, keys=KEYS)
    assert back is not None
    assert back.startswith("https://shop.example/orders/1?lang=zh&payment=pay_")
    assert back.endswith("#top")
    query, key, now = urlsplit(back).query, KEYS.of(SHOP), session.now
    word = Return(payment=session.payment.id, standing=Standing.OPEN)
    assert read_return(query, key=key, now=now) == word
    assert read_return(query, key=key, now=now + 14 * MINUTE) == word
    assert read_return(query, key=key, now=now + 16 * MINUTE) is None
    assert read_return(query, key=key, now=now - MINUTE) is None
    assert read_return(query, key=KEYS.of(MerchantId(8)), now=now) is None
    for changed in (
        query.replace("open", "paid"),
        query.replace("=pay_", "=pay_0"),
        "",
        "payment=x",
        "a=%ff",
    ):
        assert read_return(changed, key=key, now=now) is None


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "data:text/html,x", "/orders/1", "https://"])
async def test_no_way_back_to_what_is_no_page(till: PaymentDesk, url: str) -> None:
    assert way_back(await new_session(till, return_url=url), keys=KEYS) is None


async def test_all_who_look_hear_of_a_change(till: PaymentDesk) -> None:
    session, other = await new_session(till), await new_session(till)
    watch = Watch(versions=versions_of, database=till.database, clock=SystemClock(), every_ns=SECOND // 50)
    seen = session.payment.events
    looks = [asyncio.create_task(watch.changed(session.payment.id, after=seen)) for _ in range(20)]
    still = asyncio.create_task(watch.changed(other.payment.id, after=other.payment.events))
    await asyncio.sleep(0.1)
    assert not any(look.done() for look in looks)
    await till.ask(pay(session.payment.id))
    assert await asyncio.gather(*looks) == [seen + 1] * 20
    assert not still.done()
    assert await watch.changed(session.payment.id, after=seen) == seen + 1
    await till.ask(CancelPayment(payment=other.payment.id, merchant=SHOP, mode=Mode.LIVE))
    assert await still == other.payment.events + 1
    await watch.close()


async def test_a_nudge_is_quicker_than_the_clock(till: PaymentDesk) -> None:
    session = await new_session(till)
    watch = Watch(versions=versions_of, database=till.database, clock=SystemClock(), every_ns=3600 * SECOND)
    look = asyncio.create_task(watch.changed(session.payment.id, after=session.payment.events))
    await asyncio.sleep(0.1)
    await till.ask(pay(session.payment.id))
    watch.nudge()
    assert await asyncio.wait_for(look, 5) == session.payment.events + 1
    await watch.close()


async def test_a_look_that_fails_is_told_of_once_and_does_not_end_the_watch(
    till: PaymentDesk, caplog: pytest.LogCaptureFixture
) -> None:
    session = await new_session(till)
    payment, seen = session.payment.id, session.payment.events
    failures = 3

    async def failing(connection: Connection, /, *, watched: Sequence[PaymentId]) -> Mapping[PaymentId, int]:
        nonlocal failures
        if failures:
            failures -= 1
            await connection.fetchval("SELECT 1 / 0")
        return await versions_of(connection, watched=watched)

    watch = Watch(versions=failing, database=till.database, clock=SystemClock(), every_ns=SECOND // 50)
    look = asyncio.create_task(watch.changed(payment, after=seen))
    await till.ask(pay(payment))
    assert await asyncio.wait_for(look, 30) == seen + 1
    await watch.close()
    (told,) = [record for record in caplog.records if record.name == "milletpay.checkout.watch"]
    assert told.levelname == "ERROR"
    assert told.exc_info is not None
