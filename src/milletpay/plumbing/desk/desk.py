"""The desk itself: takes commands in, serves them in batches, and stops cleanly."""

import asyncio
from asyncio import Future
from typing import Final, Generic

from milletpay.plumbing.clock import Clock
from milletpay.plumbing.database import Database
from milletpay.plumbing.desk.business import Business, Facts, Proof
from milletpay.plumbing.desk.clerk import Clerk
from milletpay.plumbing.desk.line import Answer, Command, Line
from milletpay.plumbing.desk.refusals import Stopped

BATCH_MAX: Final = 500
WAITING_MAX: Final = 10_000
PATIENCE_NS: Final = 10_000_000_000
"""How long a command may wait when its caller does not say."""

SWEEP_SECONDS: Final = 0.05
"""How late a passed deadline may be noticed."""


class Desk(Generic[Command, Facts, Answer]):
    """Serves one business: `async with Desk(...) as desk: answer = await desk.submit(command)`."""

    def __init__(
        self,
        *,
        database: Database,
        business: Business[Command, Facts, Answer],
        proof: Proof[Facts],
        clock: Clock,
        batch_max: int = BATCH_MAX,
        waiting_max: int = WAITING_MAX,
        patience_ns: int = PATIENCE_NS,
    ) -> None:
        self._line: Line[Command, Answer] = Line(clock=clock, longest=waiting_max)
        self._clerk = Clerk(database=database, business=business, proof=proof, line=self._line)
        self._batch_max = batch_max
        self._patience_ns = patience_ns
        self._open = False
        self._busy = False
        self._wake = asyncio.Event()
        self._sweeper: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Desk[Command, Facts, Answer]":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Connect and begin to serve; refuses with `DatabaseUnavailable`."""
        assert self._task is None, "a desk is started once; make another one"
        await self._clerk.connect()
        self._open = True
        self._task = asyncio.create_task(self._run(), name="desk")

    async def stop(self) -> None:
        """Take no more commands, finish those that wait, disconnect."""
        self._open = False
        self._clerk.leaving = True
        self._wake.set()
        if self._task is not None:
            await self._task

    @property
    def waiting(self) -> int:
        """How many commands wait for a batch."""
        return len(self._line)

    def submit(self, command: Command, *, patience_ns: int | None = None) -> "Future[Answer]":
        """Take a command in; await what is returned for its answer.

        :param patience_ns: a command that is not begun after so many nanoseconds is refused
        :raises Stopped: at once, when the desk does not serve
        :raises Busy: at once, when `waiting_max` commands wait already

        What is returned may raise `TooLate`, `Unavailable`, `Defect` or `Stopped` (nothing was done), and
        `Unknown`. Cancelling it does not cancel the command.
        """
        if not self._open:
            raise Stopped("The desk takes no commands: it is stopping, or was not started.")
        if patience_ns is None:
            patience_ns = self._patience_ns
        future = self._line.join(command, patience_ns=patience_ns)
        if not self._busy:
            self._busy = True
            self._wake.set()
            if self._sweeper is None:
                self._sweep()
        return future

    async def _run(self) -> None:
        try:
            while self._open or self._line:
                if self._line:
                    await self._clerk.serve(self._line.take(self._batch_max))
                else:
                    self._busy = False
                    self._wake.clear()
                    await self._wake.wait()
            await self._clerk.leave()
        finally:
            self._open = False
            if self._sweeper is not None:
                self._sweeper.cancel()
            for entry in self._line.take(len(self._line)):
                entry.refuse(Stopped("The desk was stopped; nothing was done."))

    def _sweep(self) -> None:
        """Notice passed deadlines while the desk itself waits for the lock or for the database."""
        self._line.sweep()
        self._clerk.sweep()
        self._sweeper = None
        if self._busy:
            self._sweeper = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep)
