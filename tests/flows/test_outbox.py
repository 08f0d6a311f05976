"""The outbox: every event to every consumer, in the order of COMMIT, its effect once."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import asyncpg
import pytest

from milletpay.plumbing.clock import MILLISECOND, SECOND, ManualClock, SystemClock
from milletpay.plumbing.database import Connection, Database
from milletpay.plumbing.outbox import Delivered, Event, Relay, append, delete_events, find_consumers
from tests.servers import every_server


def event(sequence: int, *, of: int = 7, at: int = 1) -> Event:
    return Event(kind="till.moved", object=of, sequence=sequence, at=at)


@dataclass
class Ears:
    """A consumer's handler: writes down what it hears, in the same transaction."""

    deaf_to: set[int] = field(default_factory=set)
    sizes: list[int] = field(default_factory=list)

    async def __call__(self, connection: Connection, /, *, events: Sequence[Delivered]) -> None:
        self.sizes.append(len(events))
        await connection.executemany(
            "INSERT INTO till.heard (object, sequence) VALUES ($1, $2)",
            [(e.object, e.sequence) for e in events],
        )
        for each in events:
            if each.sequence in self.deaf_to:
                raise ValueError(f"cannot hear {each.sequence}")


async def heard(connection: Connection) -> list[tuple[int, int]]:
    rows = await connection.fetch("SELECT object, sequence FROM till.heard ORDER BY place")
    return [(row["object"], row["sequence"]) for row in rows]


@pytest.fixture
async def ears(owner_url: str) -> Ears:
    owner = await asyncpg.connect(owner_url)
    await owner.execute(
        "CREATE SCHEMA till; GRANT USAGE ON SCHEMA till TO millet_app;"
        "CREATE TABLE till.heard (place bigint GENERATED ALWAYS AS IDENTITY, object uuid, sequence bigint);"
        "GRANT SELECT, INSERT ON till.heard TO millet_app"
    )
    await owner.close()
    return Ears()


def relay_of(database: Database, ears: Ears, *, consumer: str = "ears") -> Relay:
    return Relay(database=database, consumer=consumer, handler=ears, clock=SystemClock(), batch_max=10)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.001)


async def write(database: Database, *events: Event, fails: Exception | None = None) -> None:
    async with database.transaction() as connection:
        await append(connection, events=events)
        if fails is not None:
            raise fails


@every_server
async def test_what_is_kept_is_heard_once_in_order_and_what_is_rolled_back_is_not(
    database: Database, ears: Ears
) -> None:
    relay = relay_of(database, ears)
    await relay.register()
    await write(database, *map(event, range(1, 24)))
    with pytest.raises(ZeroDivisionError):
        await write(database, event(1000), fails=ZeroDivisionError())
    await write(database, event(24))
    assert [await relay.deliver() for _ in range(4)] == [10, 10, 4, 0]
    async with database.connection() as connection:
        assert await heard(connection) == [(7, sequence) for sequence in range(1, 25)]


async def test_a_later_writer_waits_so_that_no_position_appears_behind_a_reader(
    database: Database, ears: Ears
) -> None:
    relay = relay_of(database, ears)
    await relay.register()
    async with database.transaction() as slow:
        await append(slow, events=[event(1)])
        quick = asyncio.create_task(write(database, event(2)))
        await asyncio.sleep(0.1)
        assert not quick.done()
        assert await relay.deliver() == 0
    await quick
    assert await relay.deliver() == 2
    async with database.connection() as connection:
        assert await heard(connection) == [(7, 1), (7, 2)]


async def test_writers_and_relays_in_parallel(database: Database, ears: Ears) -> None:
    async def keep_writing(of: int, chance: random.Random) -> None:
        for sequence in range(40):
            async with database.transaction() as connection:
                await append(connection, events=[event(sequence, of=of)])
                await asyncio.sleep(chance.random() * 0.004)

    relays = [relay_of(database, ears) for _ in range(2)]
    running = [asyncio.create_task(relay.run()) for relay in relays]
    await asyncio.gather(*(keep_writing(of, random.Random(of)) for of in range(1, 5)))
    async with database.connection() as connection:
        async with asyncio.timeout(10):
            while len(await heard(connection)) < 160:
                relays[0].wake()
                await asyncio.sleep(0.02)
        for relay in relays:
            relay.stop()
        await asyncio.gather(*running)
        order = await heard(connection)
    assert len(order) == 160
    for of in range(1, 5):
        assert [sequence for each, sequence in order if each == of] == list(range(40))


async def test_an_event_that_cannot_be_heard_holds_what_follows_and_is_seen(
    database: Database, ears: Ears
) -> None:
    relay = relay_of(database, ears)
    await relay.register()
    await write(database, *map(event, range(1, 11)))
    ears.deaf_to = {4}
    for got_through in (0, 3, 0):
        for _ in range(got_through):
            assert await relay.deliver() == 1
        with pytest.raises(ValueError, match="cannot hear 4"):
            await relay.deliver()
    assert ears.sizes == [10, 1, 1, 1, 1, 1]
    async with database.connection() as connection:
        assert await heard(connection) == [(7, 1), (7, 2), (7, 3)]
        (consumer,) = await find_consumers(connection)
    assert (consumer.name, consumer.behind, consumer.failures) == ("ears", 7, 2)
    assert consumer.failure == "ValueError: cannot hear 4"

    ears.deaf_to.clear()
    while await relay.deliver():
        pass
    async with database.connection() as connection:
        assert [sequence for _, sequence in await heard(connection)] == list(range(1, 11))
        (consumer,) = await find_consumers(connection)
    assert (consumer.behind, consumer.failures, consumer.failure) == (0, 0, None)


async def test_each_consumer_has_a_position_and_events_stay_until_all_had_them(
    database: Database, ears: Ears
) -> None:
    first, second = relay_of(database, ears), relay_of(database, ears, consumer="others")
    await first.register()
    await second.register()
    await write(database, *(event(n, at=n * SECOND) for n in range(1, 11)))
    assert await first.deliver() == 10
    async with database.connection() as connection:
        assert await delete_events(connection, before=100 * SECOND) == 0
        assert await second.deliver() == 10
        assert await delete_events(connection, before=6 * SECOND) == 5
        assert len(await heard(connection)) == 20


async def test_a_relay_pauses_longer_and_longer_and_stops_when_told(database: Database, ears: Ears) -> None:
    clock = ManualClock()
    ears.deaf_to = {1}
    relay = Relay(database=database, consumer="ears", handler=ears, clock=clock)
    await write(database, event(1))
    running = asyncio.create_task(relay.run())
    for tries, pause_ms in enumerate((250, 500, 1000, 2000), start=1):
        await until(lambda: clock.sleepers == 1)
        clock.advance(duration_ns=pause_ms * MILLISECOND - 1)
        await asyncio.sleep(0.01)
        assert (clock.sleepers, len(ears.sizes)) == (1, tries)
        clock.advance(duration_ns=1)
        await until(lambda tries=tries: len(ears.sizes) == tries + 1)  # type: ignore[misc]  # a default
    await until(lambda: clock.sleepers == 1)
    relay.stop()
    await running
