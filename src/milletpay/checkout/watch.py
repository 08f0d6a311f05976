"""The watch: tells everybody who looks at a payment, or at what a customer is asked, when it has changed.

One question to the database answers for all who look in this process, a few times a second while anybody
does; what was changed here is told at once. So it holds whichever process changed it, and nothing is sent to
nobody.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Generic, Protocol, TypeVar

from milletpay.plumbing.clock import MILLISECOND, Clock, wait_for
from milletpay.plumbing.database import Connection, Database, DatabaseUnavailable

Watched = TypeVar("Watched")

log = logging.getLogger(__name__)

EVERY_NS: Final = 400 * MILLISECOND


@dataclass(slots=True)
class _Looked:
    """Something that somebody looks at: the last version that was seen, and who waits for another."""

    version: int
    waiting: list[asyncio.Future[int]] = field(default_factory=list)

    def tell(self, version: int) -> None:
        """Somebody has seen this version: all who wait for a later one than before hear of it."""
        if version > self.version:
            self.version = version
            for waiting in self.waiting:
                if not waiting.done():
                    waiting.set_result(version)


class Versions(Protocol[Watched]):
    """Reads how far each of these has come: a number that grows with every change."""

    async def __call__(
        self, connection: Connection, /, *, watched: Sequence[Watched]
    ) -> Mapping[Watched, int]:
        """What is not there, or has not changed yet, may be left out."""


class Watch(Generic[Watched]):
    """Belongs to one event loop. `close` it when the program ends."""

    def __init__(
        self, *, versions: Versions[Watched], database: Database, clock: Clock, every_ns: int = EVERY_NS
    ) -> None:
        self._versions = versions
        self._database = database
        self._clock = clock
        self._every_ns = every_ns
        self._looked: dict[Watched, _Looked] = {}
        self._nudged = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    async def changed(self, watched: Watched, *, after: int) -> int:
        """Wait until this has come further than `after`; how far that is."""
        looked = self._looked.setdefault(watched, _Looked(version=after))
        if looked.version > after:
            return looked.version
        looked.tell(after)
        waiting: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        looked.waiting.append(waiting)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look(), name="watch")
        # What happened between the caller's look and this moment is seen without waiting.
        self._nudged.set()
        try:
            return await waiting
        finally:
            looked.waiting.remove(waiting)
            if not looked.waiting:
                self._looked.pop(watched, None)

    def nudge(self) -> None:
        """Something was changed here: look now."""
        self._nudged.set()

    async def close(self) -> None:
        """Stop looking; whoever still waits is told nothing more."""
        looking, self._looking = self._looking, None
        if looking is not None:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking

    async def _look(self) -> None:
        try:
            while self._looked:
                self._nudged.clear()
                try:
                    await self._look_once()
                except DatabaseUnavailable as error:
                    log.warning("the watch looks again: %s", error)
                await wait_for(self._nudged, clock=self._clock, duration_ns=self._every_ns)
        finally:
            if self._looking is asyncio.current_task():
                self._looking = None

    async def _look_once(self) -> None:
        async with self._database.connection() as connection:
            versions = await self._versions(connection, watched=list(self._looked))
        for watched, version in versions.items():
            if (looked := self._looked.get(watched)) is not None:
                looked.tell(version)
