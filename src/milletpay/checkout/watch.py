"""The watch: tells everybody who looks at a payment, or at what a customer is asked, when it has changed.

One question to the database answers for all who look in this process, a few times a second while anybody
does; what was changed here is told at once. So it holds whichever process changed it, and nothing is sent to
nobody.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from milletpay.plumbing.clock import MILLISECOND, SECOND, Clock, wait_for
from milletpay.plumbing.database import Connection, Database, DatabaseUnavailable

Watched = TypeVar("Watched")

log = logging.getLogger(__name__)

EVERY_NS: Final = 400 * MILLISECOND

PRESENTED_NS: Final = 600 * SECOND
"""How long customers are told of what their codes were shown for."""


@dataclass(slots=True)
class _Waiting:
    """Somebody who waits for another version than this."""

    seen: int
    told: asyncio.Future[int]


class Versions(Protocol[Watched]):
    """Reads a number for each of these that is another one after every change."""

    async def __call__(
        self, connection: Connection, /, *, watched: Sequence[Watched]
    ) -> Mapping[Watched, int]:
        """Those that are not there are left out, which is as 0."""


class Watch(Generic[Watched]):
    """Belongs to one event loop. `close` it when the program ends."""

    def __init__(
        self, *, versions: Versions[Watched], database: Database, clock: Clock, every_ns: int = EVERY_NS
    ) -> None:
        self._versions = versions
        self._database = database
        self._clock = clock
        self._every_ns = every_ns
        self._waiting: dict[Watched, list[_Waiting]] = {}
        self._nudged = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    async def changed(self, watched: Watched, *, after: int) -> int:
        """Wait until the version of this is another one than `after`; which it is."""
        waiting = _Waiting(seen=after, told=asyncio.get_running_loop().create_future())
        self._waiting.setdefault(watched, []).append(waiting)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look(), name="watch")
        # What happened between the caller's look and this moment is seen without waiting.
        self._nudged.set()
        try:
            return await waiting.told
        finally:
            others = self._waiting[watched]
            others.remove(waiting)
            if not others:
                del self._waiting[watched]

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
        failed = False
        try:
            while self._waiting:
                self._nudged.clear()
                try:
                    await self._look_once()
                    failed = False
                except DatabaseUnavailable as error:
                    log.warning("the watch looks again: %s", error)
                except Exception:
                    # Whoever waits would wait for ever. It is told of once, until a look is well again.
                    if not failed:
                        log.exception("a look of the watch failed; it looks again")
                    failed = True
                await wait_for(self._nudged, clock=self._clock, duration_ns=self._every_ns)
        finally:
            if self._looking is asyncio.current_task():
                self._looking = None

    async def _look_once(self) -> None:
        async with self._database.connection() as connection:
            versions = await self._versions(connection, watched=list(self._waiting))
        for watched, all_waiting in self._waiting.items():
            version = versions.get(watched, 0)
            for waiting in all_waiting:
                if version != waiting.seen and not waiting.told.done():
                    waiting.told.set_result(version)
