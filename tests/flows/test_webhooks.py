"""Webhooks: each event arrives, signed, in order, and once for whoever looks at its id."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

import pytest
from standardwebhooks import WebhookVerificationError

from milletpay.ledger.chart import Mode
from milletpay.merchants import MerchantId
from milletpay.notifications import (
    ENDPOINT_ID,
    ENDPOINTS_MAX,
    EVENT_ID,
    Endpoint,
    EndpointStatus,
    Opened,
    Owner,
    Refusal,
    Refused,
    Wishes,
    attempts_of,
    delete_old_events,
    deliveries_of,
    endpoints_of,
    event_id,
    find_endpoint,
    secrets_of,
)
from milletpay.plumbing.clock import SECOND
from milletpay.plumbing.database import Database
from tests.flows.hooks import SHOP, Post, Receiver, answer, open_post, receiving, verify

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
        (newest,) = await secrets_of(connection, endpoint=endpoint, now=post.clock.now_ns())
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
    assert receiver.numbers(1000) == [1, 1, 2, 3]
    assert await post.states() == {"delivered": 4}


async def test_one_event_or_a_range_of_time_is_sent_again(post: Post, receiver: Receiver) -> None:
    opened = await post.open(receiver.url, "thing.made", "other.*")
    moments = []
    for sequence, kind in enumerate(("thing.made", "thing.changed", "thing.made"), 1):
        moments.append(post.clock.now_ns())
        await post.happen((1000, sequence), kind=kind)
        await post.send()
        post.clock.advance(duration_ns=SECOND)
    assert [heard.about[1] for heard in receiver.heard] == [1, 3]
    missed = event_id(about=1000, kind="thing.changed", sequence=2, at=moments[1])
    async with post.database.transaction() as connection:
        count = await post.endpoints.replay(
            connection, endpoint=opened.endpoint.id, owner=SHOP, since=moments[0], until=moments[2]
        )
        assert count == 1
        await post.endpoints.resend(connection, endpoint=opened.endpoint.id, event=missed, owner=SHOP)
    await post.send()
    assert [heard.about[1] for heard in receiver.heard[2:]] == [1, 2]
    assert (receiver.heard[2].id, receiver.heard[2].body) == (receiver.heard[0].id, receiver.heard[0].body)
    async with post.database.transaction() as connection:
        for owner, event, reason in (
            (STRANGER, missed, Refusal.ENDPOINT_NOT_FOUND),
            (SHOP, EVENT_ID.read("evt_01kdz9m4h0000g40r40m30e20d"), Refusal.EVENT_NOT_FOUND),
        ):
            refused = await post.endpoints.resend(
                connection, endpoint=opened.endpoint.id, event=event, owner=owner
            )
            assert isinstance(refused, Refused)
            assert refused.refusal is reason


async def test_resending_brings_a_retry_forward_and_ends_the_pause_of_a_server_that_was_down(
    post: Post, receiver: Receiver
) -> None:
    opened = await post.open(receiver.url)
    await receiver.stop()
    await post.happen((1000, 1), (1000, 2), (1001, 1))
    await post.send_until(duration_ns=HOUR, step_ns=60 * SECOND)
    assert await post.states() == {"due": 1, "queued": 2}
    await receiver.start()
    async with post.database.transaction() as connection:
        first = event_id(about=1000, kind="thing.changed", sequence=1, at=post.clock.now_ns() - HOUR)
        await post.endpoints.resend(connection, endpoint=opened.endpoint.id, event=first, owner=SHOP)
    await post.send()
    assert await post.states() == {"delivered": 3}
    await post.send_until(duration_ns=HOUR, step_ns=HOUR // 2)
    assert len(receiver.heard) == 3, "the job that waited for the server has nothing to do any more"


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


async def test_events_are_rendered_once_and_read_by_their_merchant_alone(
    post: Post, receiver: Receiver
) -> None:
    await post.happen((1000, 1), (999, 1))
    post.clock.advance(duration_ns=SECOND)
    await post.open(receiver.url)
    await post.happen((1000, 2))
    post.clock.advance(duration_ns=SECOND)
    await post.happen((1001, 1), kind="thing.made")
    await post.send()
    async with post.database.transaction() as connection:
        listed = await post.events.events_of(connection, owner=SHOP, most=10)
        assert [(event.kind, event.sequence) for event in listed] == [
            ("thing.made", 1),
            ("thing.changed", 2),
            ("thing.changed", 1),
        ]
        assert [event.payload for event in listed[:2]] == [heard.body for heard in receiver.heard[::-1]]
        for event in listed:
            assert await post.events.find(connection, id=event.id, owner=SHOP) == event
            assert await post.events.find(connection, id=event.id, owner=STRANGER) is None
        assert json.loads(listed[2].payload)["data"] == {"id": "thing 1000", "painted": 4}
        assert await post.events.events_of(connection, owner=STRANGER, most=10) == []
        part = await post.events.events_of(connection, owner=SHOP, most=10, before=listed[0].id, about=1000)
        assert part == listed[1:]
        assert await post.events.events_of(connection, owner=SHOP, most=10, since=listed[1].at) == listed[:2]
        assert await delete_old_events(connection, before=listed[0].at) == 2
        assert await post.events.events_of(connection, owner=SHOP, most=10) == listed[:1]


async def test_what_is_told_twice_is_one_event(post: Post, receiver: Receiver) -> None:
    await post.open(receiver.url)
    await post.happen((1000, 1))
    async with post.database.transaction() as connection:
        await connection.execute("UPDATE plumbing.outbox_consumer SET position = 0")
    assert await post.relay.deliver() == 1
    await post.send()
    assert len(receiver.heard) == 1


async def test_modes_and_merchants_do_not_meet(post: Post, receiver: Receiver) -> None:
    live = Owner(merchant=SHOP.merchant, mode=Mode.LIVE)
    post.things.owners = {1000: SHOP, 1001: live, 1002: STRANGER}
    for owner in (SHOP, live, STRANGER):
        await post.open(f"{receiver.url}?{owner.mode.name}{owner.merchant}", owner=owner)
    await post.happen((1000, 1), (1001, 1), (1002, 1))
    await post.send()
    assert {(heard.path, heard.about[0]) for heard in receiver.heard} == {
        ("/hooks?TEST8", "thing 1000"),
        ("/hooks?LIVE8", "thing 1001"),
        ("/hooks?TEST9", "thing 1002"),
    }


async def test_endpoints_are_changed_and_deleted_by_their_merchant(post: Post, receiver: Receiver) -> None:
    opened = await post.open("http://127.0.0.1:1/old")
    id = opened.endpoint.id
    await post.happen((1000, 1))
    async with post.database.transaction() as connection:
        wishes = Wishes(url=receiver.url, kinds=("thing.*",), description="new")
        refused = await post.endpoints.change(connection, endpoint=id, owner=STRANGER, wishes=wishes)
        assert isinstance(refused, Refused)
        changed = await post.endpoints.change(connection, endpoint=id, owner=SHOP, wishes=wishes)
        assert isinstance(changed, Endpoint)
        assert await find_endpoint(connection, id=id, owner=SHOP) == changed
    await post.send()
    assert len(receiver.heard) == 1
    async with post.database.transaction() as connection:
        assert await post.endpoints.delete(connection, endpoint=id, owner=SHOP) is None
        assert await endpoints_of(connection, owner=SHOP, most=10) == []
        assert await find_endpoint(connection, id=id, owner=SHOP) is None
        assert await secrets_of(connection, endpoint=id, now=0) == []
        again = await post.endpoints.delete(connection, endpoint=id, owner=SHOP)
        assert isinstance(again, Refused)
        assert again.refusal is Refusal.ENDPOINT_NOT_FOUND
        assert str(ENDPOINT_ID.write(id)).startswith("whe_")


@pytest.mark.parametrize(
    ("wishes", "refusal"),
    [
        (Wishes(url="ftp://127.0.0.1/"), Refusal.WRONG_URL),
        (Wishes(url="https://shop.example/", kinds=("payment",)), Refusal.WRONG_KINDS),
        (Wishes(url="https://shop.example/", kinds=("a.b",) * 51), Refusal.WRONG_KINDS),
        (Wishes(url="https://shop.example/", version="2020-01-01"), Refusal.WRONG_VERSION),
    ],
)
async def test_a_wrong_endpoint_is_refused(post: Post, wishes: Wishes, refusal: Refusal) -> None:
    async with post.database.transaction() as connection:
        refused = await post.endpoints.create(connection, owner=SHOP, wishes=wishes)
    assert isinstance(refused, Refused)
    assert refused.refusal is refusal


async def test_a_merchant_has_so_many_endpoints(post: Post) -> None:
    for _ in range(ENDPOINTS_MAX):
        await post.open("https://shop.example/")
    async with post.database.transaction() as connection:
        refused = await post.endpoints.create(
            connection, owner=SHOP, wishes=Wishes(url="https://shop.example/")
        )
        assert isinstance(refused, Refused)
        assert refused.refusal is Refusal.TOO_MANY
        assert isinstance(
            await post.endpoints.create(connection, owner=STRANGER, wishes=Wishes(url="https://a.example/")),
            Opened,
        )
