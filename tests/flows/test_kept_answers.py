"""Idempotency keys: whatever is asked again, at once or later, is done once and answered as it was."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import asyncpg
import pytest

from milletpay.apps.http.answers import PROBLEM, Answer
from milletpay.apps.http.once import kept_answer, submit_once, work_once
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.customers import Customers
from milletpay.ledger.chart import Mode
from milletpay.ledger.store import Book
from milletpay.ledger.trade import Trade
from milletpay.plumbing.answers import KeptAnswers, StillUnderWay, answer_once, ask, hash_of_body, scope_of
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.database import Connection, Database
from milletpay.plumbing.dates import day_of
from milletpay.plumbing.desk import Desk, DeskRow
from tests.flows.counter_shop import Holder, Sale
from tests.flows.trade_desk import new_customer

CLOCK = SystemClock()

Do = Callable[..., Awaitable[Answer]]
"""Does something once for a request; answers with a sale of the amount that was asked for, refuses 13."""


@asynccontextmanager
async def at_the_desk(database: Database) -> AsyncIterator[Do]:
    """Makes customers at a desk."""
    numbers = count(1)
    book = Book(clock=CLOCK, accounting_date=day_of)
    customers = Customers(book=book)
    kept = KeptAnswers(parts=[customers], now=lambda: book.now)
    desk: Desk[object, Trade, Any] = Desk(
        database=database,
        business=Trade(book=book, parts=[kept, customers]),
        proof=DeskRow(desk_id=1, clock=CLOCK),
        clock=CLOCK,
    )

    async def do(request: Request, *, amount: int) -> Answer:
        command = new_customer(next(numbers))
        return await submit_once(desk, command, request=request, show=lambda _: show(amount, request))

    async with desk:
        yield do


@asynccontextmanager
async def in_a_transaction(database: Database) -> AsyncIterator[Do]:
    """Registers consumers of the outbox, which needs no book."""
    numbers = count(1)

    async def do(request: Request, *, amount: int) -> Answer:
        async def work(connection: Connection) -> int:
            await connection.execute(
                "INSERT INTO plumbing.outbox_consumer (name) VALUES ($1)", f"consumer {next(numbers)}"
            )
            return amount

        return await work_once(
            database, work, request=request, show=lambda found: show(found, request), clock=CLOCK
        )

    yield do


def show(amount: int, request: Request) -> Answer:
    if amount == 13:
        raise Refuse(EdgeRefusal.UNAVAILABLE, "Not today.")
    return Answer(
        status=402 if amount == 14 else 201,
        content=Sale(id=request.request_id, amount=amount, reference="once"),
    )


numbers_of_requests = count(1)


def request(
    key: str | None, body: bytes = b"{}", *, owner: int = 7, mode: Mode = Mode.TEST, secret: bytes = b"kept"
) -> Request:
    made = Request({"method": "POST", "path": "/v1/sales"}, next(numbers_of_requests), answers_key=secret)
    made.headers = {} if key is None else {b"idempotency-key": key.encode()}
    made.principal = Holder(credential=1, owner=owner, mode=mode)
    made.raw = body
    return made


@pytest.fixture(params=[at_the_desk, in_a_transaction])
async def do(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[Do]:
    async with request.param(database) as doing:
        yield doing


async def done(database: Database) -> int:
    async with database.connection() as connection:
        counted = await connection.fetchval(
            "SELECT (SELECT count(*) FROM plumbing.outbox_consumer)"
            " + (SELECT count(*) FROM customers.customer)"
        )
    return int(counted)


async def test_a_hundred_at_once_are_one(do: Do, database: Database) -> None:
    replies = await asyncio.gather(*(do(request("k"), amount=1) for _ in range(100)))
    assert await done(database) == 1
    assert len({reply.content for reply in replies}) == 1
    assert {reply.status for reply in replies} == {201}
    assert sum((b"idempotent-replayed", b"true") in reply.headers for reply in replies) == 99
    again = await do(request("k"), amount=2)
    assert again.content == replies[0].content


async def test_another_body_is_refused(do: Do, database: Database) -> None:
    await do(request("k", b'{"amount":1}'), amount=1)
    with pytest.raises(Refuse) as refused:
        await do(request("k", b'{"amount": 1}'), amount=1)
    assert refused.value.refusal is EdgeRefusal.IDEMPOTENCY_KEY_REUSED
    assert await done(database) == 1


async def test_others_have_keys_of_their_own(do: Do, database: Database) -> None:
    first = await do(request("k"), amount=1)
    for other in (request("l"), request("k", owner=8), request("k", mode=Mode.LIVE)):
        assert (await do(other, amount=1)).content != first.content
    for _ in range(2):
        await do(request(None), amount=1)
    assert await done(database) == 6


async def test_a_decline_is_kept_and_a_refusal_is_not(do: Do) -> None:
    declined = await do(request("k"), amount=14)
    again = await do(request("k"), amount=1)
    assert (again.status, again.media, again.content) == (402, PROBLEM, declined.content)
    for _ in range(2):
        with pytest.raises(Refuse, match="Not today"):
            await do(request("other"), amount=13)
    assert (await do(request("other"), amount=1)).status == 201


async def test_work_that_breaks_is_undone_and_can_be_asked_again(database: Database) -> None:
    async def work(connection: Connection) -> int:
        await connection.execute("INSERT INTO plumbing.outbox_consumer (name) VALUES ('twice')")
        await connection.execute("INSERT INTO plumbing.outbox_consumer (name) VALUES ('twice')")
        return 1

    with pytest.raises(asyncpg.UniqueViolationError):
        await work_once(
            database, work, request=(asked := request("k")), show=lambda n: show(n, asked), clock=CLOCK
        )
    assert await done(database) == 0
    async with in_a_transaction(database) as do:
        assert (await do(request("k"), amount=1)).headers == ()


async def test_who_waits_too_long_is_told_to_come_again(database: Database) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()
    scope = scope_of(owner=1, mode="TEST", method="POST", path="/", key="k")
    asked = ask(scope, body=b"", secret=b"kept")

    async def linger(_connection: Connection) -> int:
        entered.set()
        await leave.wait()
        return 1

    first = asyncio.ensure_future(answer_once(database, asked=asked, work=linger, keep=lambda _: None, now=1))
    await entered.wait()
    with pytest.raises(StillUnderWay):
        await answer_once(database, asked=asked, work=linger, keep=lambda _: None, now=1, wait_seconds=0.2)
    leave.set()
    assert (await first).result == 1


async def test_a_body_cannot_be_tried_out_from_the_tables(do: Do, database: Database) -> None:
    """Whoever reads the tables and knows the key tries all PINs in vain; every process knows the retry."""
    body = b'{"pin":"702413"}'
    first = await do(request("lunch", body), amount=1)
    async with database.connection() as connection:
        (row,) = await connection.fetch("SELECT key, asked FROM plumbing.answer")
    scope = scope_of(owner=7, mode="TEST", method="POST", path="/v1/sales", key="lunch")
    assert row["key"] == hash_of_body(scope)
    for tried in (scope + b"\0" + body, body):
        assert row["asked"] != hash_of_body(tried)
    for guess in (b"", b"other"):
        with pytest.raises(Refuse) as refused:
            await do(request("lunch", body, secret=guess), amount=1)
        assert refused.value.refusal is EdgeRefusal.IDEMPOTENCY_KEY_REUSED
    again = await kept_answer(database, request=request("lunch", body))
    assert again is not None
    assert (again.content, again.headers) == (first.content, ((b"idempotent-replayed", b"true"),))
    for other in (request("dinner", body), request(None, body)):
        assert await kept_answer(database, request=other) is None
    with pytest.raises(Refuse):
        await kept_answer(database, request=request("lunch", b"{}"))
