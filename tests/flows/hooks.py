"""A merchant's server for webhooks, and what sends to it, with a clock that the test moves."""

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook

from milletpay.ledger.chart import Mode
from milletpay.merchants import MerchantId
from milletpay.notifications import (
    Caller,
    Deliverer,
    Endpoints,
    Events,
    Opened,
    Owner,
    Picture,
    Queue,
    Reach,
    Resolver,
    Wishes,
    write_secret,
)
from milletpay.plumbing.clock import ManualClock
from milletpay.plumbing.database import Connection, Database
from milletpay.plumbing.envelopes import Envelope
from milletpay.plumbing.ids import IdSource, system_entropy
from milletpay.plumbing.outbox import Event, Relay, append
from milletpay.plumbing.shapes import Output
from milletpay.plumbing.worker import Worker

ENVELOPE = Envelope(b"the secret of the house, for webhooks")
"""In what the secrets of endpoints are kept."""

SHOP = Owner(merchant=MerchantId(8), mode=Mode.TEST)


@dataclass
class Heard:
    """One request that arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def about(self) -> tuple[str, int]:
        """Which object, and the number of the event among its own."""
        return self.event["data"]["id"], self.event["sequence"]


@dataclass
class Receiver:
    """A server on this machine: answers each request as `answer` says, and remembers it."""

    port: int = 0
    tls: ssl.SSLContext | None = None
    heard: list[Heard] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)
    """What the next requests are answered; then `ok` again."""
    ok: bytes = b"HTTP/1.1 204 No Content\r\n\r\n"
    delay: float = 0
    tail: float = 0
    """Seconds for which a connection stays open after the answer, unless the caller hangs up."""
    busy: dict[str, int] = field(default_factory=dict)
    """How many requests about each object are under way."""
    most_at_once: int = 0
    overlaps: int = 0
    first: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}/hooks"

    def numbers(self, thing: int) -> list[int]:
        """Of the events about a thing, as they came."""
        return [heard.about[1] for heard in self.heard if heard.about[0] == f"thing {thing}"]

    def once(self) -> list[Heard]:
        """What a merchant works through that passes over each `webhook-id` which it has had."""
        return list({heard.id: heard for heard in reversed(self.heard)}.values())[::-1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            line, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value for name, value in (text.split(": ", 1) for text in lines)}
            body = await reader.readexactly(int(headers["content-length"]))
            heard = Heard(line.split(" ")[1], headers, body)
            self.heard.append(heard)
            self.first.set()
            await self._work(heard)
            writer.write(self.answers.pop(0) if self.answers else self.ok)
            await writer.drain()
            if self.tail:
                await asyncio.wait_for(reader.read(), self.tail)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _work(self, heard: Heard) -> None:
        about = heard.event["data"]["id"] if "webhook-signature" in heard.headers else ""
        self.busy[about] = self.busy.get(about, 0) + 1
        self.overlaps += self.busy[about] > 1
        self.most_at_once = max(self.most_at_once, sum(self.busy.values()))
        await asyncio.sleep(self.delay)
        self.busy[about] -= 1


def answer(status: int, *, body: bytes = b"", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


class ThingShape(Output, frozen=True):
    """An object as it is shown: it counts how often it was painted."""

    id: str
    painted: int


@dataclass
class Things:
    """Objects of the shop; those below 1,000 concern nobody."""

    owners: dict[int, Owner] = field(default_factory=dict)
    painted: int = 0

    async def paint(self, connection: Connection, /, *, objects: Collection[int]) -> Mapping[int, Picture]:
        assert connection.is_in_transaction()
        self.painted += 1
        return {
            number: Picture(
                owner=self.owners.get(number, SHOP),
                shape=ThingShape(id=f"thing {number}", painted=self.painted),
            )
            for number in objects
            if number >= 1000
        }


@dataclass
class Post:
    """Everything that sends webhooks, by hand."""

    database: Database
    clock: ManualClock
    things: Things
    events: Events
    endpoints: Endpoints
    relay: Relay
    deliverer: Deliverer
    caller: Caller
    ids: IdSource

    def worker(self, *, parallel: int = 4) -> Worker:
        return Worker(
            database=self.database,
            kinds=self.deliverer.kinds(),
            clock=self.clock,
            entropy=system_entropy,
            new_id=self.ids.next,
            parallel=parallel,
        )

    async def happen(self, *happenings: tuple[int, int], kind: str = "thing.changed") -> None:
        """(object, sequence) happen, and are taken from the outbox."""
        async with self.database.transaction() as connection:
            await append(
                connection,
                events=[
                    Event(kind=kind, object=number, sequence=sequence, at=self.clock.now_ns())
                    for number, sequence in happenings
                ],
            )
        while await self.relay.deliver():
            pass

    async def send(self) -> int:
        """Do all jobs that are due; how many there were."""
        worker, done = self.worker(), 0
        while await worker.do_one():
            done += 1
        return done

    async def send_until(self, *, duration_ns: int, step_ns: int) -> None:
        """Let time pass, and do what is due on the way."""
        for _ in range(duration_ns // step_ns):
            self.clock.advance(duration_ns=step_ns)
            await self.send()

    async def open(self, url: str, *kinds: str, owner: Owner = SHOP) -> Opened:
        async with self.database.transaction() as connection:
            opened = await self.endpoints.create(connection, owner=owner, wishes=Wishes(url=url, kinds=kinds))
        assert isinstance(opened, Opened), opened
        return opened

    async def rows(self, statement: str, *arguments: object) -> Sequence[Any]:
        async with self.database.connection() as connection:
            return await connection.fetch(statement, *arguments)

    async def states(self) -> dict[str, int]:
        rows = await self.rows("SELECT state, count(*) FROM notifications.delivery GROUP BY state")
        return {row["state"]: row["count"] for row in rows}


def verify(heard: Heard, *, secret: bytes) -> Any:
    """What the standard's own library makes of it, or its refusal."""
    return Webhook(write_secret(secret)).verify(heard.body, heard.headers)


@asynccontextmanager
async def open_post(
    database: Database,
    *,
    clock: ManualClock | None = None,
    resolver: Resolver | None = None,
    patience_seconds: float = 5,
) -> AsyncIterator[Post]:
    """What sends, beginning with the machine's time: the library that verifies looks at its clock."""
    clock = clock or ManualClock(now_ns=time.time_ns())
    ids = IdSource(clock=clock, entropy=system_entropy)
    queue = Queue(ids=ids, entropy=system_entropy)
    things = Things()
    events = Events(painters={"thing": things.paint}, queue=queue, clock=clock)
    caller = Caller(reach=Reach.NEARBY, clock=clock, resolver=resolver, patience_seconds=patience_seconds)
    relay = Relay(database=database, consumer="webhooks", handler=events.announce, clock=clock)
    await relay.register()
    yield Post(
        database=database,
        clock=clock,
        things=things,
        events=events,
        endpoints=Endpoints(
            queue=queue,
            envelope=ENVELOPE,
            reach=Reach.NEARBY,
            clock=clock,
            ids=ids,
            entropy=system_entropy,
        ),
        relay=relay,
        deliverer=Deliverer(
            events=events, queue=queue, caller=caller, envelope=ENVELOPE, clock=clock, ids=ids
        ),
        caller=caller,
        ids=ids,
    )


@asynccontextmanager
async def receiving(*, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    receiver = Receiver(tls=tls)
    await receiver.start()
    try:
        yield receiver
    finally:
        await receiver.stop()
