"""What merchants do with endpoints and events: read, change, send again; and nobody else's."""

import base64
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import asyncpg
import pytest

from milletpay.ledger.chart import Mode
from milletpay.merchants import MerchantId
from milletpay.notifications import (
    ENDPOINT_ID,
    ENDPOINTS_MAX,
    EVENT_ID,
    Endpoint,
    Opened,
    Owner,
    Refusal,
    Refused,
    Wishes,
    delete_old_events,
    endpoints_of,
    event_id,
    find_endpoint,
    secrets_of,
)
from milletpay.plumbing.clock import SECOND
from milletpay.plumbing.database import Connection, Database
from milletpay.plumbing.envelopes import Envelope, NotOurEnvelope
from tests.flows.hooks import ENVELOPE, SHOP, Post, Receiver, open_post, receiving

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


async def rows_read(connection: Connection, *, query: str, arguments: Sequence[object]) -> int:
    """How many rows the database looks at along its indexes."""
    await connection.execute("SET LOCAL enable_seqscan = off")
    node = json.loads(await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", *arguments))[0][
        "Plan"
    ]
    while "Plans" in node:
        (node,) = node["Plans"]
    return int(node["Actual Rows"] + node.get("Rows Removed by Filter", 0))


async def test_what_happened_to_an_object_is_looked_for_from_when_it_was_made(post: Post) -> None:
    today = post.clock.now_ns()
    post.clock.set(now_ns=today - 20 * DAY)
    await post.happen(*((number, 1) for number in range(1000, 1300)))
    post.clock.set(now_ns=today)
    made = post.ids.next()
    await post.happen((made, 1), (made, 2))
    post.clock.set(now_ns=today - HOUR // 2)  # the clock of whoever tells goes after that of whoever made it
    await post.happen((made, 3))
    asked: list[Any] = []
    async with post.database.transaction() as connection:
        with connection.query_logger(asked.append):
            found = await post.events.events_of(connection, owner=SHOP, most=10, about=made)
        assert [event.sequence for event in found] == [2, 1, 3]
        assert await rows_read(connection, query=asked[0].query, arguments=asked[0].args) == 3
        everything = await post.events.events_of(connection, owner=SHOP, most=1000)
        assert len(everything) == 303
        (first,) = await post.events.events_of(connection, owner=SHOP, most=10, about=1000)
        assert first.at == today - 20 * DAY, "a small number says nothing of when"


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
        assert await secrets_of(connection, endpoint=id, envelope=ENVELOPE, now=0) == []
        again = await post.endpoints.delete(connection, endpoint=id, owner=SHOP)
        assert isinstance(again, Refused)
        assert again.refusal is Refusal.ENDPOINT_NOT_FOUND
        assert str(ENDPOINT_ID.write(id)).startswith("whe_")


async def test_no_table_shows_what_messages_are_signed_with(
    post: Post, receiver: Receiver, owner_url: str
) -> None:
    opened = await post.open(receiver.url)
    async with post.database.transaction() as connection:
        rotated = await post.endpoints.rotate_secret(connection, endpoint=opened.endpoint.id, owner=SHOP)
    assert isinstance(rotated, Opened)
    await post.happen((1000, 1))
    await post.send()
    assert len(receiver.heard) == 1
    owner = await asyncpg.connect(owner_url)
    try:
        tables = await owner.fetch(
            "SELECT schemaname || '.' || tablename AS name FROM pg_tables WHERE schemaname !~ '^(pg|inf)'"
        )
        dump = {
            table["name"]: await owner.fetch(f"SELECT t::text FROM {table['name']} t") for table in tables
        }
    finally:
        await owner.close()
    assert len(dump["notifications.secret"]) == 2
    for secret in (opened.secret, rotated.secret):
        shown = (secret.hex(), base64.b64encode(secret).decode())
        assert [name for name, rows in dump.items() for row in rows if any(s in row[0] for s in shown)] == []


async def test_a_secret_opens_in_its_own_row_alone_and_for_this_house(post: Post, receiver: Receiver) -> None:
    opened, other = await post.open(receiver.url), await post.open(f"{receiver.url}/other")
    now = post.clock.now_ns()
    async with post.database.transaction() as connection:
        for endpoint in (opened, other):
            (kept,) = await secrets_of(connection, endpoint=endpoint.endpoint.id, envelope=ENVELOPE, now=now)
            assert kept.value == endpoint.secret
        with pytest.raises(NotOurEnvelope):
            await secrets_of(
                connection, endpoint=opened.endpoint.id, envelope=Envelope(b"another house"), now=now
            )
        # Who can write to the table puts a secret that is their own in the place of another's.
        await connection.execute(
            """
            UPDATE notifications.secret AS s SET closed = o.closed
            FROM notifications.secret AS o WHERE s.endpoint = $1 AND o.endpoint = $2
            """,
            opened.endpoint.id,
            other.endpoint.id,
        )
        with pytest.raises(NotOurEnvelope):
            await secrets_of(connection, endpoint=opened.endpoint.id, envelope=ENVELOPE, now=now)
    await post.happen((1000, 1))
    await post.send()
    assert [heard.path for heard in receiver.heard] == ["/hooks/other"], "what cannot be signed is not sent"


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
