"""What is wrong on the wire, said in the log: why and where from, never what; and no more than helps."""

import logging
from collections import Counter
from typing import Final

from milletpay.plumbing.clock import SECOND, Clock

log = logging.getLogger(__name__)

SAID_A_SECOND: Final = 20
"""More than these are only counted: who floods us does not fill the disk."""


class Complaints:
    """Says and counts what is wrong."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._second = 0
        self._said = 0
        self.counted: Counter[str] = Counter()
        """How often each kind of thing was wrong."""

    def say(self, kind: str, *, detail: str, peer: str, terminal: int = 0) -> None:
        """Say what is wrong; `detail` holds nothing that was received but numbers of elements."""
        self.counted[kind] += 1
        second = self._clock.monotonic_ns() // SECOND
        if second != self._second:
            if self._said > SAID_A_SECOND:
                log.warning("terminals: %d more were wrong and not said", self._said - SAID_A_SECOND)
            self._second, self._said = second, 0
        self._said += 1
        if self._said <= SAID_A_SECOND:
            about = {"peer": peer, "terminal": f"{terminal:08}" if terminal else "unknown"}
            log.warning("terminals: %s: %s", kind, detail, extra=about)
