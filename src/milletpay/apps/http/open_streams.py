"""The streams that are open: so many of each caller, and the oldest ends when one more begins.

The oldest, and not the newest: a phone whose network comes and goes leaves streams behind that nobody reads
any more, and is to be told of things all the same. Whoever was ended is asked to stay away for a minute, so
that callers with too many do not end their own in turns. With several processes each counts its own.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

OF_A_CREDENTIAL: Final = 100
OF_AN_ADDRESS: Final = 500
"""Of those who show no credential, or one that everybody can read: many may share an address."""

AWAY_MILLISECONDS: Final = 60_000


class End:
    """Whether a stream is to end, and what its caller is told about coming back."""

    __slots__ = ("_event", "away_milliseconds")

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.away_milliseconds: int | None = None
        """After how long it may come back; None for when it likes."""

    def come(self, *, away_milliseconds: int | None = None) -> None:
        """Let the stream end."""
        self.away_milliseconds = away_milliseconds
        self._event.set()

    @property
    def has_come(self) -> bool:
        """Whether it is to end."""
        return self._event.is_set()

    async def wait(self) -> None:
        """Wait until it is to end."""
        await self._event.wait()


class OpenStreams:
    """Those of one process, by callers."""

    def __init__(self) -> None:
        self._of: dict[object, list[End]] = {}
        self._stopping = False

    def stop(self) -> None:
        """End all, and each that begins from now on."""
        self._stopping = True
        for ends in self._of.values():
            for end in ends:
                end.come()

    @contextmanager
    def begin(self, caller: object, *, most: int) -> Iterator[End]:
        """Count a stream of a caller while the block runs; its oldest ends when it has more than `most`."""
        end, ends = End(), self._of.setdefault(caller, [])
        ends.append(end)
        if self._stopping:
            end.come()
        lasting = [one for one in ends if not one.has_come]
        for one in lasting[:-most]:
            one.come(away_milliseconds=AWAY_MILLISECONDS)
        try:
            yield end
        finally:
            ends.remove(end)
            if not ends:
                del self._of[caller]
