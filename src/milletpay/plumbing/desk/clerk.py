"""The clerk: takes a batch through its transaction, and finds out what became of it when something breaks."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from enum import Enum, auto
from typing import Final, Generic, TypeAlias, TypeVar

import asyncpg

from milletpay.plumbing.database import BOOK_LOCK, Connection, Database, end_silent_writer, unavailable
from milletpay.plumbing.desk.business import Business, Facts, Proof, Slowly
from milletpay.plumbing.desk.line import Answer, Command, Entry, Line
from milletpay.plumbing.desk.refusals import Stopped, defect_of, unknown_after

STEP_SECONDS: Final = 30
"""How long one step of a transaction may take before its connection counts as broken."""

LOCK_SECONDS: Final = 30
"""How long to wait for the lock before asking whether its holder is still there."""

PAUSE_SECONDS: Final = (0.02, 1.0)
"""First and longest pause before another try when the database is gone."""

ANSWERED_TOGETHER: Final = 16
"""How many are answered within one turn of the loop."""

# One round trip. Each statement has its own snapshot, so what load reads is newer than the lock.
BEGIN: Final = f"BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({BOOK_LOCK})"

# Arrays are as short as batches, and a statement's plan is the same for each: it is made once, not each time.
PLANS_ARE_KEPT: Final = "SET plan_cache_mode = force_generic_plan"

# A plan that was made while a table was empty is kept as it grows, until the server has looked at the table:
# so plans are made anew, seldom, and at first whenever as much has been written as before.
BEGIN_WITH_NEW_PLANS: Final = f"DISCARD PLANS; {BEGIN}"
PLANS_LAST: Final = 8192
"""How many batches a plan lasts at most."""

_Command = TypeVar("_Command")
_Answer = TypeVar("_Answer")
Pieces: TypeAlias = list[list[Entry[_Command, _Answer]]]
"""Batches that must be tried, in order."""

log = logging.getLogger(__name__)


class Stage(Enum):
    """How far a batch is: what a broken connection means for it, and what a deadline means."""

    LOCKING = auto()
    """Not begun: the database, the lock or another try is awaited."""
    BEGUN = auto()
    """Under the lock; COMMIT was not sent: when the connection breaks, nothing was done."""
    COMMITTING = auto()
    """COMMIT was sent; its answer, or the look-up of a lost one, is under way."""
    DOUBT = auto()
    """COMMIT was not answered, and the database is not there to be asked."""


class Batch(Generic[Command, Facts, Answer]):
    """The entries of one transaction, and how far it is. `facts` is there once they are loaded."""

    facts: Facts

    def __init__(self, entries: list[Entry[Command, Answer]]) -> None:
        self.entries = entries
        self.answers: list[Answer] = []
        self.stage = Stage.LOCKING


class _Poison(Exception):
    """Names the entry whose decision raised; the cause is what it raised."""

    def __init__(self, entry: object) -> None:
        self.entry = entry


class Clerk(Generic[Command, Facts, Answer]):
    """Serves batch after batch over a connection of its own."""

    def __init__(
        self,
        *,
        database: Database,
        business: Business[Command, Facts, Answer],
        proof: Proof[Facts],
        line: Line[Command, Answer],
    ) -> None:
        self._database = database
        self._business = business
        self._proof = proof
        self._line = line
        self._pieces: Pieces[Command, Answer] = []
        self._batch: Batch[Command, Facts, Answer] | None = None
        self._unanswered: deque[tuple[Entry[Command, Answer], Answer]] = deque()
        self._connection: Connection | None = None
        self._failures = 0
        self._opened = 0
        self.leaving = False

    async def connect(self) -> Connection:
        """Connect anew; refuses with `DatabaseUnavailable`."""
        connection = await self._database.connect()
        try:
            await connection.execute(PLANS_ARE_KEPT)
            await self._proof.prepare(connection)
        except BaseException:
            connection.terminate()
            raise
        self._connection = connection
        return connection

    async def serve(self, entries: list[Entry[Command, Answer]]) -> None:
        """Run the entries as one batch, or where that breaks as several, until each is settled."""
        self._pieces = [entries]
        try:
            while self._pieces:
                self._batch = None
                piece = self._line.in_time(self._pieces.pop(0))
                if piece:
                    self._pieces[:0] = await self._attempt(Batch(piece))
            self._batch = None
        except BaseException:
            self._give_up()
            raise

    def sweep(self) -> None:
        """Settle the entries in hand whose deadline has passed, where they are not under way."""
        for piece in self._pieces:
            self._line.in_time(piece)
        batch = self._batch
        if batch is None:
            return
        if batch.stage is Stage.LOCKING:
            self._line.in_time(batch.entries)
        elif batch.stage is Stage.DOUBT:
            for entry in self._line.overdue(batch.entries):
                entry.refuse(unknown_after(self._line.trouble))

    async def leave(self) -> None:
        """Disconnect."""
        if self._connection is not None and not self._connection.is_closed():
            await self._connection.close(timeout=STEP_SECONDS)

    async def _attempt(self, batch: Batch[Command, Facts, Answer]) -> Pieces[Command, Answer]:
        """Run one transaction; give what must be tried again."""
        self._batch = batch
        try:
            connection = await self._begin()
        except Exception as error:  # noqa: BLE001 - whatever it is, the callers are told
            return await self._not_begun(batch, error)
        batch.entries = self._line.in_time(batch.entries)
        if not batch.entries:
            await self._undo(batch)
            return []
        batch.stage = Stage.BEGUN
        try:
            async with asyncio.timeout(STEP_SECONDS):
                batch.facts = await self._business.load(
                    connection, [entry.command for entry in batch.entries]
                )
            await self._decide(batch)
            async with asyncio.timeout(STEP_SECONDS):
                await self._business.save(connection, batch.facts)
            commit = f"{self._proof.closing(batch.facts)}; COMMIT"
        except _Poison as poison:
            await self._undo(batch)
            return [_without(poison, batch.entries)]
        except Exception as error:  # noqa: BLE001 - whatever it is, the callers are told
            return await self._broken(batch, error)
        batch.stage = Stage.COMMITTING
        try:
            async with asyncio.timeout(STEP_SECONDS):
                status = await connection.execute(commit)
        except Exception as error:  # noqa: BLE001 - whatever it is, the batch may have been kept
            return await self._resolve(batch, error)
        if status != "COMMIT":
            # COMMIT is answered with ROLLBACK when the transaction had failed before and nobody said so.
            return await self._broken(batch, RuntimeError("an error of the database was swallowed"))
        self._conclude(batch)
        return []

    async def _begin(self) -> Connection:
        """Open a transaction and wait for the lock; on a new connection where the old one does not work."""
        connection = self._connection
        if connection is not None:
            try:
                async with asyncio.timeout(LOCK_SECONDS):
                    await connection.execute(self._opening())
            except Exception as error:  # noqa: BLE001 - on a new connection it will show what it is
                log.warning("the desk connects anew: %s", error)
                self._disconnect()
            else:
                return connection
        connection = await self.connect()
        async with asyncio.timeout(LOCK_SECONDS):
            await end_silent_writer(connection, seconds=LOCK_SECONDS)
            await connection.execute(BEGIN)
        return connection

    def _opening(self) -> str:
        """What opens the next batch."""
        self._opened += 1
        count = self._opened
        return BEGIN if count & (count - 1) and count % PLANS_LAST else BEGIN_WITH_NEW_PLANS

    async def _decide(self, batch: Batch[Command, Facts, Answer]) -> None:
        decide, facts, answers = self._business.decide, batch.facts, batch.answers
        for entry in batch.entries:
            try:
                answer = decide(facts, entry.command)
                answers.append(await answer if isinstance(answer, Slowly) else answer)
            except Exception as error:
                raise _Poison(entry) from error

    def _conclude(self, batch: Batch[Command, Facts, Answer]) -> None:
        """The batch is kept: advance memory, answer everyone."""
        self._failures = 0
        self._line.trouble = None
        self._database.note_commit()
        try:
            self._business.committed(batch.facts)
        except Exception:
            log.exception("committed() raised: the batch is kept, and what it left in memory is dropped")
            self._forget(batch)
        under_way = bool(self._unanswered)
        self._unanswered.extend(zip(batch.entries, batch.answers, strict=True))
        if not under_way:
            self._answer_some()

    def _answer_some(self) -> None:
        """Answer a few of those whose batch is kept, and the others when the loop has been around.

        Whoever is answered has work to do at once, in this process. Were all answered together, that work
        would stand before the next batch, and the database would have nothing to do meanwhile.
        """
        unanswered = self._unanswered
        for _ in range(min(len(unanswered), ANSWERED_TOGETHER)):
            entry, answer = unanswered.popleft()
            entry.answer(answer)
        if unanswered:
            asyncio.get_running_loop().call_soon(self._answer_some)

    async def _not_begun(
        self, batch: Batch[Command, Facts, Answer], error: Exception
    ) -> Pieces[Command, Answer]:
        self._disconnect()
        if _passing(error):
            await self._pause(error)
            return [batch.entries]
        for entry in batch.entries:
            entry.refuse(defect_of(entry.command, what="No transaction could be opened for", error=error))
        return []

    async def _broken(
        self, batch: Batch[Command, Facts, Answer], error: Exception
    ) -> Pieces[Command, Answer]:
        """Load, save or COMMIT failed and nothing was kept: find out by halves whose fault it is.

        A batch whose connection broke is halved too: a command may be what breaks it.
        """
        passing = _passing(error) or self._connection is None or self._connection.is_closed()
        await self._undo(batch)
        if passing:
            await self._pause(error)
        entries = batch.entries
        if len(entries) > 1:
            middle = len(entries) // 2
            return [entries[:middle], entries[middle:]]
        if passing:
            return [entries]
        entries[0].refuse(defect_of(entries[0].command, what="This command cannot be saved:", error=error))
        return []

    async def _resolve(
        self, batch: Batch[Command, Facts, Answer], error: Exception
    ) -> Pieces[Command, Answer]:
        """COMMIT was not answered: find out whether the batch was kept.

        The old session may still be at work: it holds the lock until its outcome can be seen.
        """
        log.warning("COMMIT was not answered (%s); looking up whether the batch was kept", error)
        self._disconnect()
        kept = None
        while kept is None:
            try:
                connection = await self._begin()
                async with asyncio.timeout(STEP_SECONDS):
                    recorded = await self._proof.recorded(connection, batch.facts)
                    await connection.execute("ROLLBACK")
                kept = recorded
            except Exception as again:  # noqa: BLE001 - whatever it is, the question stays
                batch.stage = Stage.DOUBT
                self._disconnect()
                if self.leaving and all(entry.settled for entry in batch.entries):
                    return []
                await self._pause(again)
        if kept:
            self._conclude(batch)
            return []
        return await self._broken(batch, error)

    async def _undo(self, batch: Batch[Command, Facts, Answer]) -> None:
        """Roll back. What was begun counts as not begun."""
        batch.stage = Stage.LOCKING
        try:
            if self._connection is not None and self._connection.is_in_transaction():
                async with asyncio.timeout(STEP_SECONDS):
                    await self._connection.execute("ROLLBACK")
        except Exception:  # noqa: BLE001 - without its connection the transaction is undone all the same
            self._disconnect()
        if hasattr(batch, "facts"):
            self._forget(batch)

    def _forget(self, batch: Batch[Command, Facts, Answer]) -> None:
        try:
            self._business.aborted(batch.facts)
        except Exception:
            log.exception("aborted() raised")

    async def _pause(self, error: Exception) -> None:
        self._line.trouble = error
        first, longest = PAUSE_SECONDS
        pause = min(longest, first * 2 ** min(self._failures, 10))
        self._failures += 1
        log.warning("the desk tries again in %.2f s: %s", pause, error)
        await asyncio.sleep(pause)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    def _give_up(self) -> None:
        """The desk's task was cancelled, or broke: say what is known of the batch in hand."""
        self._disconnect()
        batch = self._batch
        if batch is not None and batch.stage in {Stage.COMMITTING, Stage.DOUBT}:
            for entry in batch.entries:
                entry.refuse(unknown_after(None))
        elif batch is not None:
            self._pieces.insert(0, batch.entries)
        for piece in self._pieces:
            for entry in piece:
                entry.refuse(Stopped("The desk was stopped; nothing was done."))


def _without(poison: _Poison, entries: Sequence[Entry[Command, Answer]]) -> list[Entry[Command, Answer]]:
    """Refuse the entry whose decision raised; give the others."""
    others = []
    for entry in entries:
        if entry is poison.entry:
            assert isinstance(poison.__cause__, Exception)
            what = "This command broke while it was decided:"
            entry.refuse(defect_of(entry.command, what=what, error=poison.__cause__))
        else:
            others.append(entry)
    return others


def _passing(error: Exception) -> bool:
    """Say whether the same transaction may succeed later as it is."""
    # asyncpg raises an internal error for a session that was ended while nothing was asked of it.
    return unavailable(error) or isinstance(
        error,
        (asyncpg.TransactionRollbackError, asyncpg.LockNotAvailableError, asyncpg.InternalClientError),
    )
