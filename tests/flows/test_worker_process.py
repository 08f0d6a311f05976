"""The worker as a process of its own: what is due ends, merchants are told, and who is killed is followed."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from milletpay.apps.worker.process import MODULE, READY, Order
from milletpay.bootstrap import make_links, make_webhooks, open_desk
from milletpay.money import Money
from milletpay.notifications import Opened, Reach, Wishes
from milletpay.payments import CreatePayment, Made, Payment, PaymentId, Request, find_payment
from milletpay.payments.shapes import Shown
from milletpay.plumbing.clock import MILLISECOND, SystemClock
from milletpay.plumbing.database import Database
from milletpay.plumbing.ids import IdSource, system_entropy
from tests.flows.hooks import SHOP, Receiver, receiving, verify
from tests.flows.trade_desk import CNY, new_merchant

CLOCK = SystemClock()
IDS = IdSource(clock=CLOCK, entropy=system_entropy)
SECRET = bytes(32)
BASE_URL = "https://pay.example"
PATIENCE_SECONDS = 20


@asynccontextmanager
async def working(app_url: str) -> AsyncIterator[Process]:
    """A worker that is ready; what is left of it at the end is killed."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", MODULE, stdin=PIPE, stdout=PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    order = Order(
        app_url=app_url, connections=4, base_url=BASE_URL, secret=SECRET.hex(), reach=Reach.NEARBY.name
    )
    process.stdin.write(order.line())
    try:
        assert await process.stdout.readline() == READY
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def stop(process: Process) -> int:
    assert process.stdin is not None
    process.stdin.close()
    return await asyncio.wait_for(process.wait(), PATIENCE_SECONDS)


async def open_shop(database: Database, *, url: str) -> Opened:
    """A merchant with an endpoint."""
    async with open_desk(database, secret=SECRET, clock=CLOCK, ids=IDS) as desk:
        await desk.submit(new_merchant(SHOP.merchant, mode=SHOP.mode))
    links = make_links(BASE_URL, secret=SECRET)
    webhooks = make_webhooks(links=links, secret=SECRET, reach=Reach.NEARBY, clock=CLOCK, ids=IDS)
    async with database.transaction() as connection:
        opened = await webhooks.endpoints.create(connection, owner=SHOP, wishes=Wishes(url=url))
    assert isinstance(opened, Opened)
    return opened


async def ask_for_money(database: Database, *, reference: str, lasts_ns: int) -> Payment:
    """A payment that nobody is going to pay."""
    async with open_desk(database, secret=SECRET, clock=CLOCK, ids=IDS) as desk:
        made = await desk.submit(
            CreatePayment(
                id=PaymentId(IDS.next()),
                merchant=SHOP.merchant,
                mode=SHOP.mode,
                amount=Money(5_00, CNY),
                request=Request(key_hash=0, body_hash=1, reference=reference),
                expires_at=CLOCK.now_ns() + lasts_ns,
            )
        )
    assert isinstance(made, Made), made
    return made.payment


async def hear(receiver: Receiver, *, kind: str, times: int = 1) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        # A thread hears: there is no event of this loop to wait for.
        while sum(one.event["type"] == kind for one in receiver.heard) < times:  # noqa: ASYNC110 - so it is
            await asyncio.sleep(0.02)


async def test_what_is_due_ends_and_its_merchant_is_told(app_url: str, database: Database) -> None:
    async with receiving() as receiver:
        opened = await open_shop(database, url=receiver.url)
        payment = await ask_for_money(database, reference="order 1", lasts_ns=300 * MILLISECOND)
        async with working(app_url) as first, working(app_url) as second:
            await hear(receiver, kind="payment.expired")
            assert [await stop(first), await stop(second)] == [0, 0]
        heard = receiver.heard[-1]
        assert verify(heard, secret=opened.secret)["type"] == "payment.expired"
        async with database.connection() as connection:
            ended = await find_payment(connection, id=payment.id)
        assert ended is not None
        assert ended.status == "expired"
        shown = Shown(links=make_links(BASE_URL, secret=SECRET)).payment(ended)
        assert heard.event["data"] == msgspec.to_builtins(shown)
        assert heard.event["sequence"] == ended.events


async def test_a_worker_that_is_killed_while_it_calls_is_followed(app_url: str, database: Database) -> None:
    async with receiving() as receiver:
        await open_shop(database, url=receiver.url)
        await ask_for_money(database, reference="order 1", lasts_ns=300 * MILLISECOND)
        receiver.delay = 5
        async with working(app_url) as killed:
            await hear(receiver, kind="payment.expired")
            killed.kill()
            await killed.wait()
        receiver.delay = 0
        async with database.transaction() as connection:  # the lease's half minute is over
            await connection.execute("UPDATE plumbing.job SET lease_until = 1 WHERE state = 'running'")
        async with working(app_url) as follower:
            await hear(receiver, kind="payment.expired", times=2)
            assert await stop(follower) == 0
        first, again = (heard for heard in receiver.heard if heard.event["type"] == "payment.expired")
        assert (first.id, first.body) == (again.id, again.body)
