"""The ledger's bench: each row in a new book, through the desk and the real store."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from statistics import median, quantiles
from typing import Any, Final

from milletpay.benches.place import Place, server_settings
from milletpay.benches.report import Figure, Work
from milletpay.benches.surroundings import ProcessorTime, machine, versions
from milletpay.benches.works import Events, Scene
from milletpay.ledger import Bookkeeper, CreateTransferStatus, open_bookkeeper, prove_books
from milletpay.plumbing.clock import MILLISECOND, SECOND, Clock
from milletpay.plumbing.collecting import standing
from milletpay.plumbing.database import Database
from milletpay.plumbing.ids import IdSource

IN_FLIGHT: Final = 1
"""Batches under way at once. What waits at the desk goes into one transaction: more than one in flight would
make the batches larger than the row says."""

ROUNDS: Final = 5
"""The fewest rounds of a row; the median is given."""

ROUND_SECONDS_MAX: Final = 2
"""About the longest round: its events are in memory before it begins."""

WARM_UP_BATCHES: Final = 4
"""Sent before the rounds and not counted; they show how many batches a round takes."""

MICROSECONDS: Final = 1_000_000
"""In a second."""

CREATED: Final = CreateTransferStatus.created
DECLINES: Final = {CREATED, CreateTransferStatus.exceeds_credits}
"""How a transfer of the bench may end."""

Progress = Callable[[Work, int, int], None]
"""Told of a row how many of its rounds are done, and how many it has."""


class BookBroken(Exception):
    """The book did in a bench what it must never do; the figures are worth nothing."""


@dataclass(frozen=True, kw_only=True)
class LedgerPlan:
    """What to measure. The same seed makes the same events, but for the time in their ids."""

    works: Sequence[Work]
    seconds: float
    """How long the rounds of a row take together, about; 0 for one short round, to see that it works."""
    seed: int

    @property
    def rounds(self) -> int:
        """How many rounds a row has."""
        return max(ROUNDS, round(self.seconds / ROUND_SECONDS_MAX)) if self.seconds else 1


@dataclass(kw_only=True)
class _Tally:
    """What became of the events of one round."""

    nanoseconds: int = 0
    used: ProcessorTime = field(default_factory=ProcessorTime)
    latencies: list[int] = field(default_factory=list)
    """Of each batch from its submission to its answer, in nanoseconds."""
    statuses: Counter[CreateTransferStatus] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Transfers created in a second."""
        return self.statuses[CREATED] * SECOND / self.nanoseconds


async def describe_ledger(plan: LedgerPlan, *, place: Place) -> dict[str, Any]:
    """The conditions of a run: versions, machine, the server's settings, and what is measured how.

    Refuses a server that does not keep what it commits.
    """
    async with place.database() as database:
        server = await server_settings(database)
    return {
        **versions(),
        "postgresql": server.pop("server_version"),
        "machine": machine(),
        "file_system": place.file_system or "the server's own",
        "server": server,
        "seed": plan.seed,
        "seconds": plan.seconds,
        "rounds": plan.rounds,
        "batches_in_flight": IN_FLIGHT,
        "measured": "transfers created, from the first submission to the last answer, through desk and store;"
        " every status counted; median of the rounds; one transaction a batch",
        "proved": "each row's book, by all proofs of `millet check`",
        "not_measured": "making the events, whose ids are time-ordered, and the collector's look at them"
        f" (gc.freeze); {WARM_UP_BATCHES} batches of warm-up",
    }


async def run_ledger(plan: LedgerPlan, *, place: Place, clock: Clock, progress: Progress) -> Sequence[Figure]:
    """Measure the rows of the plan one after the other, each in a new book that is proved afterwards."""
    figures = []
    for work in plan.works:
        async with place.database() as database:
            figures.append(
                await _measure(
                    work, plan=plan, database=database, place=place, clock=clock, progress=progress
                )
            )
    return figures


async def _measure(
    work: Work, *, plan: LedgerPlan, database: Database, place: Place, clock: Clock, progress: Progress
) -> Figure:
    random = Random(f"{plan.seed} {work.name}")
    ids = IdSource(clock=clock, entropy=random.randbytes)
    scene = Scene(work=work, random=random, ids=ids)
    progress(work, 0, plan.rounds)
    tallies = []
    async with open_bookkeeper(database=database, clock=clock, desk_id=ids.next()) as bookkeeper:
        await _prepare(bookkeeper, scene)
        warm_up = await _round(bookkeeper, scene.batches(WARM_UP_BATCHES), place=place, clock=clock)
        batches = max(2, round(plan.seconds / plan.rounds * warm_up.rate / work.batch))
        for number in range(1, plan.rounds + 1):
            tallies.append(await _round(bookkeeper, scene.batches(batches), place=place, clock=clock))
            progress(work, number, plan.rounds)
    await _prove(database, clock=clock)
    return _figure(work, tallies)


def _figure(work: Work, tallies: Sequence[_Tally]) -> Figure:
    statuses = sum((tally.statuses for tally in tallies), Counter[CreateTransferStatus]())
    latencies = quantiles([latency for tally in tallies for latency in tally.latencies], n=100)
    used = [tally.used for tally in tallies]
    server = [time.postgresql for time in used if time.postgresql is not None]
    elsewhere = [seconds for time in used if (seconds := time.elsewhere()) is not None]
    duration = sum(tally.nanoseconds for tally in tallies) / SECOND
    per_transfer = MICROSECONDS / statuses.total()
    return Figure(
        work=work,
        transfers_per_s=round(median(tally.rate for tally in tallies)),
        p50_ms=latencies[49] / MILLISECOND,
        p99_ms=latencies[98] / MILLISECOND,
        created=statuses[CREATED],
        refused=statuses.total() - statuses[CREATED],
        python_us=sum(time.python for time in used) * per_transfer,
        postgresql_us=sum(server) * per_transfer if server else None,
        cores_elsewhere=round(sum(elsewhere) / duration, 2) if elsewhere else None,
    )


async def _prepare(bookkeeper: Bookkeeper, scene: Scene) -> None:
    for accounts in scene.accounts():
        await bookkeeper.create_accounts(accounts)
    for transfers in scene.funds():
        await bookkeeper.create_transfers(transfers)


async def _round(bookkeeper: Bookkeeper, batches: list[Events], *, place: Place, clock: Clock) -> _Tally:
    """Send these batches in order, so many in flight, and count every answer."""
    tally = _Tally()
    waiting = iter(batches)

    async def send() -> None:
        for events in waiting:
            submitted = clock.monotonic_ns()
            statuses = await bookkeeper.create_transfers(events)
            tally.latencies.append(clock.monotonic_ns() - submitted)
            created = statuses.count(CREATED)
            tally.statuses[CREATED] += created
            if created < len(events):
                tally.statuses.update(status for status in statuses if status is not CREATED)

    with standing():
        before = ProcessorTime.now(postmaster=place.postmaster)
        began = clock.monotonic_ns()
        async with asyncio.TaskGroup() as senders:
            for _ in range(IN_FLIGHT):
                senders.create_task(send())
        tally.nanoseconds = clock.monotonic_ns() - began
        tally.used = ProcessorTime.now(postmaster=place.postmaster) - before
    if tally.statuses.total() != sum(map(len, batches)) or not tally.statuses.keys() <= DECLINES:
        raise BookBroken(f"{sum(map(len, batches))} events were sent; their statuses: {dict(tally.statuses)}")
    return tally


async def _prove(database: Database, *, clock: Clock) -> None:
    """Refuse the figures of a book that does not prove."""
    report = await prove_books(database=database, clock=clock)
    findings = [str(finding) for proof in report.proofs for finding in proof.findings]
    if findings:
        raise BookBroken(f"The book of the bench is not in order, and its figures are void: {findings}")
