"""Eight processes, one book: nothing lost, nothing twice, one order that explains every answer.

Some are stopped in the worst places: under the lock, in the middle of a COPY, and after COMMIT was sent.
"""

import asyncio
import time

from milletpay.ledger import ProofReport, prove_books
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.database import Database
from tests.flows.book_history import Call, History
from tests.flows.book_traffic import opening
from tests.flows.book_workers import Worker
from tests.flows.noted_book import Pause, open_noted_book

SECONDS = 30
SEED = 20260101
STOPPED_SECONDS = 6
"""Who waits for a stopped writer ends it within two seconds, and two may have stopped one after the other."""
EXPECTED = {"created", "exists", "exceeds_credits", "id_already_failed", "pending_transfer_already_posted"}
PAUSES = {1: Pause.LOCKED, 2: Pause.COMMITTING, 3: Pause.COPYING}


async def wake(worker: Worker, stops: list[tuple[int, int, int]]) -> None:
    """Let a process go on, each time it has stopped; note who it was, and when."""
    while True:
        await worker.stopped.wait()
        stopped_at = time.time_ns()
        await asyncio.sleep(STOPPED_SECONDS)
        stops.append((worker.number, stopped_at, time.time_ns()))
        worker.stopped.clear()
        worker.go_on()


async def prove_beside(database: Database, reports: list[ProofReport]) -> None:
    """What `millet check` does, while everybody works."""
    while True:
        await asyncio.sleep(SECONDS / 5)
        reports.append(await prove_books(database=database, clock=SystemClock()))


async def test_eight_processes_keep_one_book(app_url: str, database: Database) -> None:
    history, stops = History(), list[tuple[int, int, int]]()
    async with open_noted_book(database, desk_id=1) as book:
        history.calls.append(await book.take(Call(0, opening())))
    workers = [
        await Worker.start(app_url, number=n, seed=SEED + n, seconds=SECONDS, pause=PAUSES.get(n))
        for n in range(1, 9)
    ]
    reports: list[ProofReport] = []
    beside = [asyncio.create_task(wake(worker, stops)) for worker in workers if worker.number in PAUSES]
    beside.append(asyncio.create_task(prove_beside(database, reports)))
    try:
        async with asyncio.timeout(SECONDS + 30):
            statuses = await asyncio.gather(*(worker.listen() for worker in workers))
    finally:
        for task in beside:
            task.cancel()
        for worker in workers:
            await worker.kill()
    assert statuses == [0] * 8
    history.calls += [call for worker in workers for call in worker.calls.values()]
    # Who waits behind several stopped processes may be too late: then nothing was done.
    assert all(call.nothing_was_done for call in history.unanswered)
    assert len(history.unanswered) < len(history.calls) // 20
    assert len(reports) > 1
    assert all(
        report.clean for report in [*reports, await prove_books(database=database, clock=SystemClock())]
    )
    proved = await history.prove(database)
    print(proved)
    assert proved.statuses.keys() >= EXPECTED
    for number, since, until in stops:
        others = [call for call in history.calls if call.process != number and since < call.timestamp < until]
        assert others, f"nobody worked while process {number} was stopped"
    assert {number for number, *_ in stops} == set(PAUSES)
    assert proved.expired > 0
