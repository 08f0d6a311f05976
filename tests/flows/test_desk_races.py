"""Desks of several processes on one database: one total order, nothing lost, nothing twice."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest

from milletpay.plumbing.database import Database
from tests.flows.till import build_tills, read_balances
from tests.servers import every_server

COMMANDS = 1200


Start = Callable[..., Awaitable[Process]]


@pytest.fixture
async def start(app_url: str) -> AsyncIterator[Start]:
    """Starts a process with a desk; what still runs after the test is killed."""
    started: list[Process] = []

    async def start_process(number: int, *, commands: int = COMMANDS) -> Process:
        module = ("-m", "tests.flows.till_process", app_url, str(number), str(commands))
        started.append(await asyncio.create_subprocess_exec(sys.executable, *module, stdout=PIPE))
        return started[-1]

    yield start_process
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def answers_of(process: Process, *, kill_after: int | None = None) -> dict[int, bool]:
    """Read what a process was answered; with `kill_after`, SIGKILL it after so many answers."""
    answers: dict[int, bool] = {}
    assert process.stdout is not None
    async for line in process.stdout:
        if not line.endswith(b"\n"):
            break  # killed in the middle of a line
        id, done = line.split()
        answers[int(id)] = bool(int(done))
        if kill_after is not None and len(answers) == kill_after:
            process.kill()
    await process.wait()
    return answers


async def check_book(database: Database, answers: dict[int, bool]) -> list[int]:
    """Prove the total order, and each answer; give the ids of all moves that were made."""
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT id, till, amount, left_over FROM till.move ORDER BY place")
        balances = await read_balances(connection)
    replayed = dict.fromkeys(balances, 1000)
    for row in rows:
        replayed[row["till"]] += row["amount"]
        assert replayed[row["till"]] == row["left_over"]
    assert replayed == balances
    made = [row["id"] for row in rows]
    assert len(set(made)) == len(made)
    assert {id for id, done in answers.items() if done} <= set(made)
    assert not {id for id, done in answers.items() if not done} & set(made)
    return made


@every_server
async def test_processes_share_one_order(owner_url: str, database: Database, start: Start) -> None:
    await build_tills(owner_url)
    processes = [await start(number) for number in range(1, 5)]
    answers = await asyncio.gather(*map(answers_of, processes))
    assert [process.returncode for process in processes] == [0] * 4
    together = {id: done for each in answers for id, done in each.items()}
    assert len(together) == 4 * COMMANDS
    made = await check_book(database, together)
    assert len(made) == sum(together.values())


async def test_a_killed_process_leaves_whole_batches_and_frees_the_others(
    owner_url: str, database: Database, start: Start
) -> None:
    await build_tills(owner_url)
    processes = [await start(1, commands=8000), await start(2, commands=8000), await start(3)]
    reads = [
        answers_of(processes[0], kill_after=300),
        answers_of(processes[1], kill_after=700),
        answers_of(processes[2]),
    ]
    answers = await asyncio.gather(*reads)
    assert [process.returncode for process in processes] == [-9, -9, 0]
    assert len(answers[2]) == COMMANDS
    await check_book(database, {id: done for each in answers for id, done in each.items()})


async def test_sessions_killed_again_and_again_lose_nothing(
    owner_url: str, database: Database, start: Start
) -> None:
    await build_tills(owner_url)
    processes = [await start(1, commands=4000), await start(2, commands=4000)]
    working = asyncio.gather(*map(answers_of, processes))
    owner = await asyncpg.connect(owner_url)
    kills = 0
    while not working.done():
        killed = await owner.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%COMMIT'"
        )
        kills += len(killed)
        await asyncio.sleep(0.03)
    await owner.close()
    answers = {id: done for each in await working for id, done in each.items()}
    assert kills > 2
    assert [process.returncode for process in processes] == [0, 0]
    made = await check_book(database, answers)
    assert len(made) == sum(answers.values())
