"""Starts processes that work on a book, and notes outside of them what they say."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass, field

from milletpay.ledger import CreateAccountStatus, CreateTransferStatus
from tests.flows.book_history import Call
from tests.flows.noted_book import Pause

LINE_MAX = 2**24


@dataclass
class Worker:
    """One process, and what it has said."""

    number: int
    process: Process
    calls: dict[int, Call] = field(default_factory=dict)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    progress: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    async def start(
        cls, url: str, *, number: int, seed: int, seconds: float, pause: Pause | None = None
    ) -> "Worker":
        words = [url, str(number), str(seed), str(seconds), *([pause.value] if pause else [])]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.flows.book_process", *words, stdout=PIPE, limit=LINE_MAX
        )
        return cls(number=number, process=process)

    async def listen(self) -> int:
        """Note what it says until it has ended; its exit status."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            if line.endswith(b"\n"):  # otherwise it was killed in the middle of a line
                self._note(json.loads(line))
        return await self.process.wait()

    async def has_sent(self, calls: int) -> None:
        """Wait until it has said so many calls."""
        while len(self.calls) < calls:
            self.progress.clear()
            await self.progress.wait()

    def _note(self, line: list[object]) -> None:
        self.progress.set()
        match line:
            case ["ready"]:
                self.ready.set()
            case ["call", int(place), list(events)]:
                self.calls[place] = Call.of_line(self.number, events)
            case ["done", int(place), int(timestamp), list(statuses)]:
                call = self.calls[place]
                call.timestamp = timestamp
                words = CreateAccountStatus if call.of_accounts else CreateTransferStatus
                told = [words(status) for status in statuses]
                call.statuses = told  # type: ignore[assignment]  # one kind or the other
            case ["refused", int(place), str(refusal)]:
                self.calls[place].refusal = refusal
            case ["stops", _]:
                self.stopped.set()
            case _:
                raise AssertionError(f"process {self.number} said {line!r}")

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    async def kill(self) -> None:
        """End it at once, if it has not ended."""
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
