"""What a desk knows and says when its connection breaks, the database goes away, or others hold the lock."""

import asyncio

import asyncpg
import pytest

from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.database import Database, lock_book
from milletpay.plumbing.desk import DeskRow, TooLate, Unavailable, Unknown
from tests.flows.till import Move, MoveIsProof, Tills, build_tills, open_desk, read_moves
from tests.flows.wire import Cut, Wire

BLINK_NS = 300_000_000


@pytest.fixture
async def tills(owner_url: str) -> Tills:
    await build_tills(owner_url)
    return Tills()


async def end_sessions(owner_url: str) -> None:
    """Kill every session of the application, as an administrator may."""
    owner = await asyncpg.connect(owner_url)
    await owner.fetch(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await owner.close()


@pytest.mark.parametrize("cut", [Cut.BEFORE_COMMIT, Cut.AFTER_COMMIT])
@pytest.mark.parametrize("size", [1, 50])
async def test_a_lost_answer_is_looked_up(
    app_url: str, database: Database, tills: Tills, cut: Cut, size: int
) -> None:
    async with Wire.to(app_url) as (wire, url):
        wired = await Database.open(url, connections=1)
        async with open_desk(wired, tills) as desk:
            wire.cut = cut
            commands = [Move(id=number, till=0, amount=1) for number in range(1, size + 1)]
            answers = await asyncio.gather(*map(desk.submit, commands))
            assert (await desk.submit(Move(id=5000, till=0, amount=0))).balance == 1000 + size
        await wired.close()
    assert wire.cuts == 1
    assert [answer.balance for answer in answers] == list(range(1001, 1001 + size))
    async with database.connection() as connection:
        assert [id for id, *_ in await read_moves(connection)] == [*range(1, size + 1), 5000]
    assert tills.aborted_batches == (cut is Cut.BEFORE_COMMIT)
    assert sum(tills.batches) == (size * 2 if cut is Cut.BEFORE_COMMIT else size) + 1


class Amnesia(DeskRow):
    """A proof that finds nothing: what the desk would do without one."""

    async def recorded(self, connection: object, facts: object) -> bool:  # noqa: ARG002 - the port
        return False


async def test_without_a_proof_a_lost_answer_would_be_tried_again(app_url: str, tills: Tills) -> None:
    async with Wire.to(app_url) as (wire, url):
        wired = await Database.open(url, connections=1)
        async with open_desk(wired, tills, proof=Amnesia(desk_id=1, clock=SystemClock())) as desk:
            wire.cut = Cut.AFTER_COMMIT
            await desk.submit(Move(id=1, till=0, amount=1))
        await wired.close()
    assert tills.batches == [1, 1]


async def test_doubt_that_lasts_is_said_and_resolved_later(
    app_url: str, database: Database, tills: Tills
) -> None:
    async with Wire.to(app_url) as (wire, url):
        wired = await Database.open(url, connections=1)
        async with open_desk(wired, tills) as desk:
            wire.cut, wire.closed_by_cut = Cut.AFTER_COMMIT, True
            impatient = desk.submit(Move(id=1, till=0, amount=1), patience_ns=BLINK_NS)
            patient = desk.submit(Move(id=2, till=0, amount=1))
            await asyncio.sleep(0.1)
            behind = desk.submit(Move(id=3, till=0, amount=1), patience_ns=BLINK_NS)
            with pytest.raises(Unknown, match="same idempotency key"):
                await impatient
            with pytest.raises(Unavailable, match="nothing was done"):
                await behind
            assert not patient.done()
            wire.closed = False
            assert (await patient).balance == 1002
            assert tills.committed_batches == 1
        await wired.close()
    async with database.connection() as connection:
        assert [id for id, *_ in await read_moves(connection)] == [1, 2]


async def test_a_desk_in_doubt_stops_when_everyone_was_told(app_url: str, tills: Tills) -> None:
    async with Wire.to(app_url) as (wire, url):
        wired = await Database.open(url, connections=1)
        desk = open_desk(wired, tills)
        await desk.start()
        wire.cut, wire.closed_by_cut = Cut.BEFORE_COMMIT, True
        begun = desk.submit(Move(id=1, till=0, amount=1), patience_ns=BLINK_NS)
        await asyncio.sleep(0.1)
        waiting = desk.submit(Move(id=2, till=0, amount=1), patience_ns=BLINK_NS)
        await desk.stop()
        assert isinstance(begun.exception(), Unknown)
        assert isinstance(waiting.exception(), Unavailable)
        await wired.close()


@pytest.mark.parametrize("cut", [Cut.BEFORE_COMMIT, Cut.AFTER_COMMIT])
async def test_a_business_may_bring_its_own_proof(app_url: str, tills: Tills, cut: Cut) -> None:
    async with Wire.to(app_url) as (wire, url):
        wired = await Database.open(url, connections=1)
        async with open_desk(wired, tills, proof=MoveIsProof()) as desk:
            wire.cut = cut
            assert (await desk.submit(Move(id=1, till=0, amount=1))).balance == 1001
        await wired.close()
    assert tills.batches == ([1] if cut is Cut.AFTER_COMMIT else [1, 1])


async def test_a_database_that_is_gone_is_waited_for_until_the_deadline(
    app_url: str, owner_url: str, tills: Tills
) -> None:
    async with Wire.to(app_url) as (wire, url):
        wired = await Database.open(url, connections=1)
        async with open_desk(wired, tills) as desk:
            wire.closed = True
            await end_sessions(owner_url)
            impatient = [desk.submit(Move(id=n, till=0, amount=1), patience_ns=BLINK_NS) for n in (1, 2)]
            patient = desk.submit(Move(id=3, till=0, amount=1))
            for answer in impatient:
                with pytest.raises(Unavailable, match="not available; nothing was done"):
                    await answer
            wire.closed = False
            assert (await patient).balance == 1001
        await wired.close()


@pytest.mark.parametrize(("size", "batches"), [(1, [1, 1]), (20, [20, 10, 10])])
async def test_a_session_killed_under_way_is_tried_again(
    owner_url: str, database: Database, tills: Tills, size: int, batches: list[int]
) -> None:
    tills.gate.clear()
    async with open_desk(database, tills) as desk:
        answers = [desk.submit(Move(id=number, till=0, amount=1)) for number in range(1, size + 1)]
        await tills.in_load.wait()
        await end_sessions(owner_url)
        tills.gate.set()
        settled = await asyncio.gather(*answers)
    assert [answer.balance for answer in settled] == list(range(1001, 1001 + size))
    assert tills.batches == batches


async def test_a_deadline_passes_while_another_holds_the_lock(database: Database, tills: Tills) -> None:
    async with open_desk(database, tills, batch_max=1) as desk:
        async with database.transaction() as connection:
            await lock_book(connection)
            late = [desk.submit(Move(id=n, till=0, amount=1), patience_ns=BLINK_NS) for n in (1, 2)]
            patient = desk.submit(Move(id=3, till=0, amount=1))
            for answer in late:
                with pytest.raises(TooLate, match="before it was begun"):
                    await answer
        assert (await patient).balance == 1001
    async with database.connection() as connection:
        assert [id for id, *_ in await read_moves(connection)] == [3]


async def test_a_command_that_is_begun_is_finished(database: Database, tills: Tills) -> None:
    tills.gate.clear()
    async with open_desk(database, tills) as desk:
        begun = desk.submit(Move(id=1, till=0, amount=1), patience_ns=BLINK_NS)
        await tills.in_load.wait()
        waiting = desk.submit(Move(id=2, till=0, amount=1), patience_ns=BLINK_NS)
        with pytest.raises(TooLate):
            await waiting
        await asyncio.sleep(0.1)
        assert not begun.done()
        tills.gate.set()
        assert (await begun).done


async def test_a_desk_paused_under_the_lock_holds_the_others_and_they_see_what_it_did(
    database: Database, tills: Tills
) -> None:
    paused = Tills()
    paused.gate.clear()
    async with (
        open_desk(database, paused, desk_id=1) as first,
        open_desk(database, tills, desk_id=2) as second,
    ):
        taking = first.submit(Move(id=1, till=0, amount=-900))
        await paused.in_load.wait()
        refused = second.submit(Move(id=2, till=0, amount=-200))
        await asyncio.sleep(0.1)
        assert not refused.done()
        assert tills.batches == []
        paused.gate.set()
        assert (await taking).balance == 100
        assert not (await refused).done
