"""The desk's batches: the outcome is the same as one by one, and one command's fault is its own."""

import asyncio
import random

import asyncpg
import pytest

from milletpay.plumbing.database import Database
from milletpay.plumbing.desk import Busy, Defect, Stopped
from tests.flows.till import (
    BREAKS_COMMIT,
    BREAKS_DECIDE,
    BREAKS_LOAD,
    BREAKS_SAVE,
    Move,
    MoveIsProof,
    Outcome,
    TillDesk,
    Tills,
    build_tills,
    open_desk,
    read_balances,
    read_moves,
)


@pytest.fixture
async def tills(owner_url: str) -> Tills:
    await build_tills(owner_url)
    return Tills()


def moves(*amounts: int, till: int = 0) -> list[Move]:
    return [Move(id=number, till=till, amount=amount) for number, amount in enumerate(amounts, start=1)]


async def test_outcome_is_the_same_as_one_by_one(owner_url: str, database: Database, tills: Tills) -> None:
    chance = random.Random(11)
    commands = [
        Move(id=chance.randrange(1, 250), till=chance.randrange(3), amount=chance.randrange(-700, 500))
        for _ in range(400)
    ]
    async with open_desk(database, tills) as desk:
        together = await asyncio.gather(*(desk.submit(command) for command in commands))
    assert max(tills.batches) > 100
    async with database.connection() as connection:
        kept, balances = await read_moves(connection), await read_balances(connection)

    owner = await asyncpg.connect(owner_url)
    await owner.execute("TRUNCATE till.move; UPDATE till.balance SET amount = 1000")
    await owner.close()
    async with open_desk(database, tills, desk_id=2) as desk:
        alone = [await desk.submit(command) for command in commands]
    async with database.connection() as connection:
        assert await read_moves(connection) == kept
        assert await read_balances(connection) == balances
    assert together == alone
    assert {outcome.done for outcome in alone} == {True, False}


async def test_idle_desk_begins_at_once_and_a_batch_grows_while_another_is_under_way(
    database: Database, tills: Tills
) -> None:
    tills.gate.clear()
    async with open_desk(database, tills, batch_max=60) as desk:
        first = desk.submit(Move(id=1, till=0, amount=1))
        await tills.in_load.wait()
        others = [desk.submit(Move(id=number, till=1, amount=1)) for number in range(100, 200)]
        tills.gate.set()
        await asyncio.gather(first, *others)
    assert tills.batches == [1, 60, 40]


@pytest.mark.parametrize(
    ("poison", "said"),
    [
        (Move(id=1000, till=0, amount=BREAKS_DECIDE), "broke while it was decided.*amount=13.*thirteen"),
        (Move(id=1000, till=0, amount=BREAKS_SAVE), "cannot be saved.*amount=666.*CheckViolation"),
        (Move(id=1000, till=BREAKS_LOAD, amount=1), "cannot be saved.*till=-1.*no till of that number"),
        (
            Move(id=1000, till=0, amount=1, reference=BREAKS_COMMIT),
            "cannot be saved.*reference=7.*ForeignKey",
        ),
    ],
    ids=["decide", "save", "load", "commit"],
)
@pytest.mark.parametrize("place", [0, 99])
async def test_a_command_that_breaks_fails_alone(
    database: Database, tills: Tills, poison: Move, said: str, place: int
) -> None:
    good = moves(*[5] * 99)
    commands = [*good[:place], poison, *good[place:]]
    async with open_desk(database, tills) as desk:
        answers = await asyncio.gather(*map(desk.submit, commands), return_exceptions=True)
    failed = answers.pop(place)
    with pytest.raises(Defect, match=said):
        raise failed  # type: ignore[misc]  # it is an exception here
    assert failed.__cause__ is not None  # type: ignore[union-attr]  # it is an exception here
    assert answers == [Outcome(done=True, balance=1000 + 5 * number) for number in range(1, 100)]
    async with database.connection() as connection:
        assert await read_moves(connection) == [(move.id, 0, 5) for move in good]


async def test_many_that_break_leave_the_rest(database: Database, tills: Tills) -> None:
    bad = {3: BREAKS_DECIDE, 17: BREAKS_SAVE, 18: BREAKS_SAVE, 40: BREAKS_DECIDE, 63: BREAKS_SAVE}
    commands = moves(*(bad.get(number, 1) for number in range(64)))
    async with open_desk(database, tills) as desk:
        answers = await asyncio.gather(*map(desk.submit, commands), return_exceptions=True)
    assert [number for number, answer in enumerate(answers) if isinstance(answer, Defect)] == list(bad)
    assert answers[62] == Outcome(done=True, balance=1000 + 63 - 4)


async def test_an_error_that_save_swallows_is_never_answered_as_done(
    database: Database, tills: Tills
) -> None:
    tills.swallow = True
    async with open_desk(database, tills, proof=MoveIsProof()) as desk:
        with pytest.raises(Defect, match="swallowed"):
            await desk.submit(Move(id=1, till=0, amount=BREAKS_SAVE))
    async with database.connection() as connection:
        assert await read_moves(connection) == []


async def test_what_cannot_be_isolated_fails_all_and_the_desk_goes_on(
    owner_url: str, database: Database, tills: Tills
) -> None:
    owner = await asyncpg.connect(owner_url)
    async with open_desk(database, tills) as desk:
        await owner.execute("REVOKE EXECUTE ON FUNCTION pg_advisory_xact_lock(bigint) FROM PUBLIC")
        answers = await asyncio.gather(*map(desk.submit, moves(1, 2, 3)), return_exceptions=True)
        assert all(
            isinstance(answer, Defect) and "pg_advisory_xact_lock" in str(answer) for answer in answers
        )
        await owner.execute("GRANT EXECUTE ON FUNCTION pg_advisory_xact_lock(bigint) TO PUBLIC")
        assert (await desk.submit(Move(id=5, till=0, amount=4))).balance == 1004
    await owner.close()


async def test_a_full_line_refuses_at_once(database: Database, tills: Tills) -> None:
    tills.gate.clear()
    async with open_desk(database, tills) as desk:
        first = desk.submit(Move(id=1, till=0, amount=1))
        await tills.in_load.wait()
        others = [desk.submit(Move(id=number, till=0, amount=1)) for number in range(2, 1002)]
        assert desk.waiting == 1000
        with pytest.raises(Busy, match="1000 commands wait"):
            desk.submit(Move(id=5000, till=0, amount=1))
        tills.gate.set()
        await asyncio.gather(first, *others)
        assert (await desk.submit(Move(id=5000, till=0, amount=0))).balance == 2001


async def test_a_caller_that_goes_away_does_not_cancel_its_command(database: Database, tills: Tills) -> None:
    async def ask(desk: TillDesk, command: Move) -> Outcome:
        return await desk.submit(command)

    tills.gate.clear()
    async with open_desk(database, tills) as desk:
        begun = asyncio.create_task(ask(desk, Move(id=1, till=0, amount=1)))
        await tills.in_load.wait()
        waiting = asyncio.create_task(ask(desk, Move(id=2, till=0, amount=2)))
        await asyncio.sleep(0.01)
        assert begun.cancel()
        assert waiting.cancel()
        await asyncio.wait([begun, waiting])
        tills.gate.set()
        assert (await desk.submit(Move(id=3, till=0, amount=4))).balance == 1007
    async with database.connection() as connection:
        assert [id for id, *_ in await read_moves(connection)] == [1, 2, 3]


async def test_stop_finishes_what_waits_and_refuses_what_comes(database: Database, tills: Tills) -> None:
    desk = open_desk(database, tills, batch_max=10)
    with pytest.raises(Stopped):
        desk.submit(Move(id=1, till=0, amount=1))
    await desk.start()
    answers = [desk.submit(command) for command in moves(*[1] * 95)]
    stopping = asyncio.create_task(desk.stop())
    await asyncio.sleep(0)
    with pytest.raises(Stopped, match="stopping"):
        desk.submit(Move(id=500, till=0, amount=1))
    await stopping
    assert [answer.result().balance for answer in answers] == list(range(1001, 1096))


async def test_a_desk_that_is_cancelled_settles_everything(database: Database, tills: Tills) -> None:
    tills.gate.clear()
    desk = open_desk(database, tills, batch_max=2)
    await desk.start()
    answers = [desk.submit(command) for command in moves(1, 2, 3, 4)]
    await tills.in_load.wait()
    assert desk._task is not None
    desk._task.cancel()
    settled = await asyncio.gather(*answers, return_exceptions=True)
    assert all(isinstance(answer, Stopped) for answer in settled)
    async with database.connection() as connection:
        assert await read_moves(connection) == []


async def test_memory_that_breaks_is_dropped_and_the_answer_stays(database: Database, tills: Tills) -> None:
    tills.forgetful = True
    async with open_desk(database, tills) as desk:
        assert (await desk.submit(Move(id=1, till=0, amount=1))).done
    assert tills.aborted_batches == 1
