"""Whether this process can commit: by the age of its last commit, or by a probe, at most one a second."""

import asyncio
from typing import Final, Literal

from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Route
from milletpay.apps.http.shapes import Output
from milletpay.plumbing.clock import SECOND, Clock
from milletpay.plumbing.database import Database, DatabaseUnavailable

FRESH_SECONDS: Final = 1
PATIENCE_SECONDS: Final = 2


class Health:
    """Knows whether the database takes commits; asked any number of times, it probes once a second."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._probe: asyncio.Task[None] | None = None
        self._probed_at = 0

    async def trouble(self) -> str | None:
        """Say what is wrong, None when a commit succeeded within the last second or succeeds now."""
        age = self._database.seconds_since_commit()
        if age is not None and age < FRESH_SECONDS:
            return None
        now = self._clock.monotonic_ns()
        if self._probe is None or (self._probe.done() and now - self._probed_at >= SECOND):
            self._probe = asyncio.create_task(self._database.prove_commit())
            self._probed_at = now
        # All who ask meanwhile wait for the same probe. It is not cancelled: that could take as long.
        patience = PATIENCE_SECONDS - (now - self._probed_at) / SECOND
        await asyncio.wait({self._probe}, timeout=max(patience, 0))
        return self._verdict(self._probe)

    async def close(self) -> None:
        """End a probe that is under way."""
        if self._probe is not None:
            self._probe.cancel()
            await asyncio.gather(self._probe, return_exceptions=True)

    def _verdict(self, probe: "asyncio.Task[None]") -> str | None:
        if not probe.done():
            return f"The database has not confirmed a commit within {PATIENCE_SECONDS} s."
        error = probe.exception()
        if error is None or isinstance(error, DatabaseUnavailable):
            return None if error is None else str(error)
        return f"A commit failed ({type(error).__name__}: {error}). See the database's log."


class Healthy(Output, frozen=True, kw_only=True):
    """The process can commit."""

    status: Literal["ok"] = "ok"

    @classmethod
    def example(cls) -> "Healthy":
        """All is well."""
        return cls()


def health_routes(health: Health) -> tuple[Route, ...]:
    """`GET /healthz`."""

    async def look(_request: Request) -> Healthy:
        trouble = await health.trouble()
        if trouble is not None:
            raise Refuse(EdgeRefusal.UNAVAILABLE, trouble)
        return Healthy()

    return (
        Route(
            method="GET",
            path="/healthz",
            handler=look,
            summary="Can this process commit?",
            answers={200: Healthy},
            tag="Operation",
        ),
    )
