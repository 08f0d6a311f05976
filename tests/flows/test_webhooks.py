"""Webhooks: each event arrives, signed, in order, and once for whoever looks at its id."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from standardwebhooks import WebhookVerificationError

from milletpay.ledger.chart import Mode
from milletpay.merchants import MerchantId
from milletpay.notifications import (
    EVENT_ID,
    EndpointStatus,
    Opened,
    Owner,
    Refusal,
    Refused,
    attempts_of,
    deliveries_of,
    event_id,
    find_endpoint,
    secrets_of,
)
from milletpay.plumbing.clock import SECOND
from milletpay.plumbing.database import Database
from tests.flows.hooks import ENVELOPE, SHOP, Post, Receiver, answer, open_post, receiving, verify

HOUR = 3600 * SECOND
DAY = 24 * HOUR
STRANGER = Owner(merchant=MerchantId(9), mode=Mode.TEST)


@pytest.fixture
async def post(database: Database) -> AsyncIterator[Post]:
    async with open_post(database) as opened:
        yield opened


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as opened:
        yield opened


async def test_an_event_arrives_as_the_standard_wants_it(post: Post, receiver: Receiver) -> None:
    opened = await post.open(receiver.url)
    await post.happen((1000, 1), kind="thing.made")
    assert await post.send() == 1
    (heard,) = receiver.heard
    assert verify(heard, secret=opened.secret) == heard.event
    assert heard.path == "/hooks"
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["host"] == f"127.0.0.1:{receiver.port}"
    at = post.clock.now_ns()
    id = EVENT_ID.write(event_id(about=1000, kind="thing.made", sequence=1, at=at))
    assert heard.id == heard.event["id"] == id
    assert heard.event["type"] == "thing.made"
    assert heard.event["livemode"] is False
    assert heard.event["data"] == {"id": "thing 1000", "painted": 1}
    assert await post.states() == {"delivered": 1}
    assert await post.send() == 0


async def test_a_tampered_body_or_another_secret_does_not_verify(post: Post, receiver: Receiver) -> None:
    opened = await post.open(receiver.url)
    await post.happen((1000, 1))
    await post.send()
    (heard,) = receiver.heard
    with pytest.raises(WebhookVerificationError):
        verify(heard, secret=bytes(32))
    heard.body = heard.body.replace(b"thing 1000", b"thing 1001")
    with pytest.raises(WebhookVerificationError):
        verify(heard, secret=opened.secret)


async def test_down_for_six_hours_then_everything_arrives_in_order_once(
    post: Post, receiver: Receiver
) -> None:
    opened = await post.open(receiver.url)
    post.clock.set(now_ns=time.time_ns() - 7 * HOUR)
    await receiver.stop()
    for sequence in range(1, 13):  # something happens every half an hour
        await post.happen(*[(number, sequence) for number in range(1000, 1010)])
        await post.send_until(duration_ns=HOUR // 2, step_ns=5 * 60 * SECOND)
    assert await post.states() == {"queued": 119, "due": 1}
    async with post.database.connection() as connection:
        attempts = await attempts_of(connection, endpoint=opened.endpoint.id, most=1000)
    assert len(attempts) < 80, "a server that is gone is not asked for every event"
    assert all(attempt.failure and "connection failed" in attempt.failure for attempt in attempts)
    await receiver.start()
    post.clock.set(now_ns=time.time_ns() - 60 * SECOND)
    await post.send_until(duration_ns=60 * SECOND, step_ns=20 * SECOND)
    assert await post.states() == {"delivered": 120}
    for number in range(1000, 1010):
        numbers = [
            sequence for thing, sequence in (h.about for h in receiver.once()) if thing == f"thing {number}"
        ]
        assert numbers == list(range(1, 13))
    assert len(receiver.heard) == len(receiver.once()) == 120
    for heard in receiver.heard:
        verify(heard, secret=opened.secret)


async def test_one_event_that_is_not_taken_holds_up_only_its_object(post: Post, receiver: Receiver) -> None:
    await post.open(receiver.url)
    receiver.answers = [answer(500, body=b"who is thing 1000?")]
    await post.happen((1000, 1))
    await post.send()
    await post.happen((1000, 2), (1001, 1), (1001, 2))
    await post.send()
    assert [heard.about for heard in receiver.heard] == [
        ("thing 1000", 1),
        ("thing 1001", 1),
        ("thing 1001", 2),
    ]
    assert await post.states() == {"due": 1, "queued": 1, "delivered": 2}
    first = receiver.heard[0]
    post.clock.advance(duration_ns=5 * SECOND)
    await post.send()
    assert [heard.about for heard in receiver.heard[3:]] == [("thing 1000", 1), ("thing 1000", 2)]
    assert (receiver.heard[3].id, receiver.heard[3].body) == (first.id, first.body)


async def test_an_event_is_tried_for_three_days_then_the_next_one_has_its_turn(
    post: Post, receiver: Receiver
) -> None:
    opened = await post.open(receiver.url)
    receiver.ok = answer(500)
    await post.happen((1000, 1), (1000, 2))
    await post.send_until(duration_ns=3 * DAY - HOUR, step_ns=HOUR)
    assert await post.states() == {"due": 1, "queued": 1}
    receiver.ok = answer(200)
    receiver.answers = [answer(500)]
    await post.send_until(duration_ns=6 * HOUR, step_ns=HOUR)
    assert await post.states() in ({"failed": 1, "delivered": 1}, {"delivered": 2})
    async with post.database.connection() as connection:
        attempts = await attempts_of(connection, endpoint=opened.endpoint.id, most=1000)
    starts = sorted(attempt.started_at for attempt in attempts if attempt.event == attempts[-1].event)
    assert starts[-1] - starts[0] >= 3 * DAY - 4 * HOUR
    assert 20 < len(starts) < 60


async def test_an_event_that_is_never_taken_is_given_up_after_three_days(
    post: Post, receiver: Receiver
) -> None:
    await post.open(receiver.url)
    receiver.ok = answer(404)
    await post.happen((1000, 1))
    await post.send_until(duration_ns=3 * DAY + 5 * HOUR, step_ns=HOUR)
    assert await post.states() == {"failed": 1}
    heard = len(receiver.heard)
    await post.send_until(duration_ns=DAY, step_ns=HOUR)
    assert len(receiver.heard) == heard


async def test_a_server_that_never_comes_back_is_given_up_after_three_days(
    post: Post, receiver: Receiver
) -> None:
    await post.open(receiver.url)
    await receiver.stop()
    await post.happen(*[(number, sequence) for number in (1000, 1001) for sequence in (1, 2, 3)])
    await post.send_until(duration_ns=3 * DAY - HOUR, step_ns=HOUR)
    assert await post.states() == {"queued": 5, "due": 1}
    await post.send_until(duration_ns=3 * HOUR, step_ns=HOUR // 4)
    assert await post.states() == {"failed": 6}
    await receiver.start()
    await post.happen((1000, 4))
    await post.send()
    assert [heard.about for heard in receiver.heard] == [("thing 1000", 4)]


async def test_a_crash_between_call_and_result_sends_the_same_again(post: Post, receiver: Receiver) -> None:
    opened = await post.open(receiver.url)
    await post.happen((1000, 1), (1000, 2))
    worker = asyncio.create_task(post.worker().do_one())
    receiver.delay = 30
    await receiver.first.wait()
    worker.cancel()  # it has been heard, and nobody here will remember
    await asyncio.gather(worker, return_exceptions=True)
    receiver.delay = 0
    assert await post.send() == 0
    post.clock.advance(duration_ns=31 * SECOND)
    await post.worker().keep_house()
    post.clock.advance(duration_ns=10 * SECOND)
    await post.send()
    assert [heard.about[1] for heard in receiver.heard] == [1, 1, 2]
    assert receiver.heard[0].id == receiver.heard[1].id
    assert receiver.heard[0].body == receiver.heard[1].body
    async with post.database.connection() as connection:
        last, again, lost = await attempts_of(connection, endpoint=opened.endpoint.id, most=9)
    assert lost.failure is not None
    assert "not known" in lost.failure
    assert (lost.number, again.number, last.number) == (1, 2, 1)
    assert (lost.status, again.status) == (None, 204)


async def test_parallel_deliverers_keep_each_object_in_order(post: Post, receiver: Receiver) -> None:
    await post.open(receiver.url)
    things, events = range(1000, 1010), range(1, 9)
    await post.happen(*[(thing, sequence) for sequence in events for thing in things])
    receiver.delay = 0.005
    workers = [post.worker(parallel=3) for _ in range(2)]
    running = [asyncio.create_task(worker.run()) for worker in workers]
    while await post.states() != {"delivered": 80}:  # noqa: ASYNC110 - the database is asked
        await asyncio.sleep(0.05)
    for worker in workers:
        worker.stop()
    post.clock.advance(duration_ns=SECOND)
    await asyncio.gather(*running)
    assert receiver.overlaps == 0
    assert receiver.most_at_once > 1
    for thing in things:
        said = [sequence for name, sequence in (h.about for h in receiver.heard) if name == f"thing {thing}"]
        assert said == list(events)


async def test_during_a_rotation_both_secrets_sign(post: Post, receiver: Receiver) -> None:
    opened = await post.open(receiver.url)
    old, endpoint = opened.secret, opened.endpoint.id
    async with post.database.transaction() as connection:
        rotated = await post.endpoints.rotate_secret(
            connection, endpoint=endpoint, owner=SHOP, overlap_ns=60 * SECOND
        )
    assert isinstance(rotated, Opened)
    await post.happen((1000, 1))
    await post.send()
    assert len(receiver.heard[0].headers["webhook-signature"].split(" ")) == 2
    for secret in (old, rotated.secret):
        verify(receiver.heard[0], secret=secret)
    post.clock.advance(duration_ns=61 * SECOND)
    await post.happen((1000, 2))
    await post.send()
    verify(receiver.heard[1], secret=rotated.secret)
    with pytest.raises(WebhookVerificationError):
        verify(receiver.heard[1], secret=old)
    async with post.database.transaction() as connection:
        (newest,) = await secrets_of(
            connection, endpoint=endpoint, envelope=ENVELOPE, now=post.clock.now_ns()
        )
        assert newest.value == rotated.secret
        for _ in range(4):
            await post.endpoints.rotate_secret(connection, endpoint=endpoint, owner=SHOP)
        refused = await post.endpoints.rotate_secret(connection, endpoint=endpoint, owner=SHOP)
    assert isinstance(refused, Refused)
    assert refused.refusal is Refusal.TOO_MANY


async def test_an_endpoint_that_answers_410_is_disabled(post: Post, receiver: Receiver) -> None:
    opened = await post.open(receiver.url)
    receiver.answers = [answer(410)]
    await post.happen((1000, 1), (1000, 2), (1001, 1))
    await post.send()
    assert len(receiver.heard) == 1
    first = receiver.numbers(1000)  # nothing, when the other object's event went first
    assert await post.states() == {"canceled": 3}
    await post.happen((1000, 3))
    assert await post.send() == 0
    async with post.database.transaction() as connection:
        found = await find_endpoint(connection, id=opened.endpoint.id, owner=SHOP)
        assert found is not None
        assert found.status is EndpointStatus.DISABLED
        assert found.disabled_because == "It answered 410 Gone."
        refused = await post.endpoints.replay(connection, endpoint=found.id, owner=SHOP, since=0)
        assert isinstance(refused, Refused)
        assert refused.refusal is Refusal.NOT_ENABLED
        await post.endpoints.enable(connection, endpoint=found.id, owner=SHOP)
        assert await post.endpoints.replay(connection, endpoint=found.id, owner=SHOP, since=0) == 4
    await post.send()
    assert receiver.numbers(1000) == [*first, 1, 2, 3]
    assert await post.states() == {"delivered": 4}


async def test_attempts_can_be_seen(post: Post, receiver: Receiver) -> None:
    opened = await post.open(receiver.url)
    receiver.answers = [
        answer(500, body=b"\xff\0" + b"x" * 5000),
        answer(302, headers="Location: http://10.0.0.1/\r\n"),
    ]
    await post.happen((1000, 1))
    await post.send_until(duration_ns=60 * SECOND, step_ns=10 * SECOND)
    async with post.database.connection() as connection:
        attempts = await attempts_of(connection, endpoint=opened.endpoint.id, most=10)
        (delivery,) = await deliveries_of(connection, event=attempts[0].event)
        assert (
            await attempts_of(connection, endpoint=opened.endpoint.id, most=10, before=attempts[0].id)
            == attempts[1:]
        )
    assert [(a.number, a.status, a.failure) for a in attempts] == [
        (3, 204, None),
        (2, 302, None),
        (1, 500, None),
    ]
    assert attempts[2].snippet == "\ufffd\ufffd" + "x" * 1022
    assert all(attempt.duration is not None for attempt in attempts)
    assert delivery.attempts == 3
