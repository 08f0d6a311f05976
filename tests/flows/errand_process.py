"""A process with a worker: `python -m tests.flows.errand_process URL` runs errands until none waits.

An errand here takes a moment between its effect and its acknowledgement. Prints a line for each run.
"""

import asyncio
import sys

from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.database import Connection, Database
from milletpay.plumbing.ids import IdSource, system_entropy
from milletpay.plumbing.jobs import Job, Kind
from milletpay.plumbing.worker import Worker
from tests.flows.errands import count_states, say


async def errand(connection: Connection, /, *, job: Job) -> None:
    await say(connection, job=job, said="done")
    print(job.id, flush=True)
    await asyncio.sleep(0.002)


async def run(url: str) -> None:
    clock = SystemClock()
    database = await Database.open(url)
    worker = Worker(
        database=database,
        kinds=[Kind(name="errand", does=errand)],
        clock=clock,
        entropy=system_entropy,
        new_id=IdSource(clock=clock, entropy=system_entropy).next,
    )
    working = asyncio.create_task(worker.run())
    while (await count_states(database)).get("waiting"):  # noqa: ASYNC110 - a queue in a database
        await asyncio.sleep(0.1)
    worker.stop()
    await working
    await database.close()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1]))
