"""The writer and PostgreSQL are killed again and again under load: what was acknowledged is there, once.

What was not acknowledged is there whole or not at all, and sent again under the same ids it happens once.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum
from pathlib import Path
from random import Random

from milletpay.ledger import Transfer, prove_books
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.database import Database, DatabaseUnavailable
from milletpay.plumbing.embedded import EmbeddedServer
from milletpay.plumbing.migration import migrate
from tests.flows.book_history import Call, History
from tests.flows.book_traffic import opening
from tests.flows.book_workers import Worker
from tests.flows.noted_book import open_noted_book
from tests.servers import QUICK

ROUNDS = 20
SEED = 1
PATIENCE_SECONDS = 30


class Victim(Enum):
    WRITER = "the writing process"
    SERVER = "PostgreSQL with all its processes"
    BACKEND = "one process of PostgreSQL, which makes it recover"
    BOTH = "the writing process and PostgreSQL"


def children_of(pid: int) -> list[int]:
    children = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(entry.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == pid:
            children.append(int(entry.parent.name))
    return children


def strike(victim: Victim, *, server: EmbeddedServer, worker: Worker, chance: Random) -> None:
    """SIGKILL."""
    doomed = []
    if victim in {Victim.WRITER, Victim.BOTH}:
        doomed.append(worker.process.pid)
    if victim in {Victim.SERVER, Victim.BOTH}:
        doomed += [server.pid, *children_of(server.pid)]
    if victim is Victim.BACKEND:
        doomed.append(chance.choice(children_of(server.pid)))
    chance.shuffle(doomed)
    for pid in doomed:
        with suppress(ProcessLookupError):  # it has noticed the end of another one
            os.kill(pid, signal.SIGKILL)


@asynccontextmanager
async def database_again(url: str) -> AsyncIterator[Database]:
    """The database, as soon as it takes work."""
    database = await open_again(url)
    yield database
    await database.close()


async def open_again(url: str) -> Database:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            with suppress(DatabaseUnavailable):
                database = await Database.open(url, connections=2)
                await database.prove_commit()
                return database
            await asyncio.sleep(0.02)


async def prove_acknowledged(database: Database, calls: list[Call]) -> int:
    """Every transfer of which somebody was told that it was created is there."""
    told = {
        event.id
        for call in calls
        for event, status in zip(call.events, call.statuses or (), strict=False)
        if status == "created" and isinstance(event, Transfer)
    }
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT id FROM ledger.transfer WHERE id = ANY($1)", list(told))
    assert {row["id"] for row in rows} == told
    return len(told)


class Ordeal:
    """A server, a worker that is replaced when it dies, and what all of them were told."""

    def __init__(self, *, server: EmbeddedServer, url: str, chance: Random) -> None:
        self.server = server
        self.url = url
        self.chance = chance
        self.history = History()
        self.workers: list[tuple[Worker, asyncio.Task[int]]] = []
        self.proved = 0

    async def start_worker(self) -> Worker:
        number = len(self.workers) + 1
        worker = await Worker.start(self.url, number=number, seed=SEED * 1000 + number, seconds=600)
        self.workers.append((worker, asyncio.create_task(worker.listen())))
        async with asyncio.timeout(PATIENCE_SECONDS):
            await worker.ready.wait()
        return worker

    async def round(self, victim: Victim, worker: Worker) -> Worker:
        """Work, death, recovery, proof."""
        before = len(worker.calls)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await worker.has_sent(before + 4)
        await asyncio.sleep(self.chance.uniform(0.05, 0.5))
        strike(victim, server=self.server, worker=worker, chance=self.chance)
        died = victim in {Victim.WRITER, Victim.BOTH}
        if died:
            await self.workers[-1][1]
        self.proved += await self.prove_acknowledged(list(worker.calls.values()))
        if died:
            async with database_again(self.url) as database:
                await self.try_again(database, worker)
            worker = await self.start_worker()
        return worker

    async def prove_acknowledged(self, calls: list[Call]) -> int:
        """Prove it as soon as the database answers: it may not have noticed yet that a part of it is dead."""
        while True:
            with suppress(DatabaseUnavailable):
                async with database_again(self.url) as database:
                    report = await prove_books(database=database, clock=SystemClock())
                    assert report.clean, report
                    return await prove_acknowledged(database, calls)

    async def try_again(self, database: Database, worker: Worker) -> None:
        """Send what a dead process was not answered once more, as its clients would."""
        self.history.calls += worker.calls.values()
        async with open_noted_book(database, desk_id=self.chance.getrandbits(100)) as book:
            for call in list(worker.calls.values()):
                if call.statuses is None:
                    again = await book.take(Call(0, call.events))
                    assert again.statuses is not None, again.refusal
                    self.history.calls.append(again)


async def test_what_was_acknowledged_survives_twenty_crashes(data: Path) -> None:
    chance = Random(SEED)
    victims = [*[Victim.WRITER] * 7, *[Victim.SERVER] * 6, *[Victim.BACKEND] * 3, *[Victim.BOTH] * 4]
    chance.shuffle(victims)
    server = await EmbeddedServer.start(data, purpose="a test", say=print, settings=QUICK)
    watch = asyncio.create_task(server.keep_running())
    ordeal = Ordeal(server=server, url=await migrate(owner_url=server.url), chance=chance)
    try:
        async with database_again(ordeal.url) as database, open_noted_book(database, desk_id=1) as book:
            ordeal.history.calls.append(await book.take(Call(0, opening())))
        worker = await ordeal.start_worker()
        for victim in victims[:ROUNDS]:
            worker = await ordeal.round(victim, worker)
        await worker.kill()
        await ordeal.workers[-1][1]
        async with database_again(ordeal.url) as database:
            await ordeal.try_again(database, worker)
            proved = await ordeal.history.prove(database)
            assert (await prove_books(database=database, clock=SystemClock())).clean
    finally:
        for worker, _ in ordeal.workers:
            await worker.kill()
        watch.cancel()
        await asyncio.gather(watch, *(task for _, task in ordeal.workers), return_exceptions=True)
        os.kill(server.pid, signal.SIGQUIT)  # it may still recover, and would not hear of a gentle stop
        await server.stop()
    kept = sum(call.timestamp > 0 for call in ordeal.history.unanswered)
    print(proved, f"{len(ordeal.history.unanswered)} calls were not answered, {kept} of them were kept")
    assert ordeal.proved > ROUNDS * 20
    assert ordeal.history.unanswered
