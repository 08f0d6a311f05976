"""The terminals' bench: a thousand card terminals over TCP before the gateway, as shops meet it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from statistics import quantiles
from typing import Any, Final

from milletpay.benches.counters import CounterPlan, Counters, Progress, open_counters
from milletpay.benches.fleet import Fleet
from milletpay.benches.payments import BASE_URL, Answering, Serve
from milletpay.benches.place import Place
from milletpay.benches.proving import PROVED, conditions_of, prove_figures
from milletpay.benches.surroundings import ProcessorTime, processor_time_of
from milletpay.bootstrap import open_house
from milletpay.identity import open_pepper
from milletpay.plumbing.clock import MILLISECOND, SECOND, Clock
from milletpay.plumbing.collecting import standing
from milletpay.plumbing.database import Database
from milletpay.plumbing.migration import migrate

AMOUNT_MAX: Final = 3_00
"""Minor units: so small that nobody is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalWork:
    """A row, before it is measured: so many purchases are due in a second, whatever is answered."""

    name: str = "purchase by payment code"
    due_per_s: int = 1_050
    required_per_s: int = 1_000
    p99_ms_max: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalPlan:
    """What to measure."""

    seconds: float
    """About how long."""
    seed: int
    counters: CounterPlan
    work: TerminalWork = TerminalWork()
    warm_up_seconds: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalFigure:
    """The row, measured. Processor times are microseconds a purchase."""

    work: TerminalWork
    terminals: int
    purchases: int
    purchases_per_s: int
    p50_ms: float
    p99_ms: float
    gateway_us: float
    postgresql_us: float | None
    load_us: float
    cores_elsewhere: float | None

    @property
    def reached(self) -> bool:
        """Whether it is what it must be."""
        return self.purchases_per_s >= self.work.required_per_s and self.p99_ms < self.work.p99_ms_max


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalReport:
    """All that a run has to say."""

    settings: Mapping[str, Any]
    figures: Sequence[TerminalFigure]

    def as_json(self) -> dict[str, Any]:
        """The documented shape."""
        return {
            "settings": dict(self.settings),
            "rows": [
                {
                    "name": figure.work.name,
                    "terminals": figure.terminals,
                    "purchases_per_s": figure.purchases_per_s,
                    "p50_ms": round(figure.p50_ms, 2),
                    "p99_ms": round(figure.p99_ms, 2),
                }
                for figure in self.figures
            ],
        }


async def run_terminals(
    plan: TerminalPlan, *, place: Place, serve: Serve, clock: Clock, progress: Progress
) -> TerminalReport:
    """Measure, and prove the book afterwards."""
    random = Random(plan.seed)
    async with place.owner_url() as owner_url:
        app_url = await migrate(owner_url=owner_url)
        pepper = await open_pepper(owner_url=owner_url)
        async with open_house(app_url, pepper=pepper, base_url=BASE_URL, connections=2, clock=clock) as house:
            settings = await _settings(plan, place=place, database=house.database)
            counters = await open_counters(house, plan=plan.counters, progress=progress)
        async with serve(app_url=app_url, pepper=pepper) as answering:
            fleet = Fleet(
                clock=clock, codes=counters.codes.take, amounts=lambda: random.randint(1, AMOUNT_MAX)
            )
            measure = _Measuring(
                fleet=fleet, counters=counters, answering=answering, place=place, clock=clock
            )
            try:
                figure = await measure(plan, progress=progress)
            finally:
                fleet.close()
        await prove_figures(app_url, made=fleet.made, clock=clock)
    return TerminalReport(settings=settings, figures=[figure])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measuring:
    """Measures one row against one process."""

    fleet: Fleet
    counters: Counters
    answering: Answering
    place: Place
    clock: Clock

    async def __call__(self, plan: TerminalPlan, *, progress: Progress) -> TerminalFigure:
        work, fleet = plan.work, self.fleet
        progress(work.name, 0, 1)
        self.counters.codes.make()
        await fleet.connect(self.counters.terminals, host=self.answering.host, port=self.answering.port)
        await fleet.sell(round(work.due_per_s * plan.warm_up_seconds), per_second=work.due_per_s)
        count = max(100, round(work.due_per_s * plan.seconds))
        self.counters.codes.make()
        with standing():
            before, gateway_before = ProcessorTime.now(postmaster=self.place.postmaster), self._gateway()
            await fleet.sell(count, per_second=work.due_per_s)
            used = ProcessorTime.now(postmaster=self.place.postmaster) - before
            gateway = self._gateway() - gateway_before
        progress(work.name, 1, 1)
        cuts = quantiles(fleet.latencies, n=100)
        elsewhere = used.elsewhere()
        return TerminalFigure(
            work=work,
            terminals=len(self.counters.terminals),
            purchases=count,
            purchases_per_s=round(count * SECOND / fleet.nanoseconds),
            p50_ms=cuts[49] / MILLISECOND,
            p99_ms=cuts[98] / MILLISECOND,
            gateway_us=gateway / count * 1e6,
            postgresql_us=None if used.postgresql is None else used.postgresql / count * 1e6,
            load_us=used.python / count * 1e6,
            cores_elsewhere=(
                None if elsewhere is None else max(elsewhere - gateway, 0.0) * SECOND / fleet.nanoseconds
            ),
        )

    def _gateway(self) -> float:
        return processor_time_of(self.answering.pid) or 0.0


async def _settings(plan: TerminalPlan, *, place: Place, database: Database) -> dict[str, Any]:
    """The conditions of a run."""
    return {
        **await conditions_of(database, place=place),
        "seed": plan.seed,
        "seconds": plan.seconds,
        "customers": plan.counters.customers,
        "terminals": plan.counters.terminals,
        "measured": "0200 by payment code over TCP, each terminal on its connection: seal, code, limits, fee,"
        f" ledger, batch, event; {plan.work.due_per_s} due a second, latency from when each was due; one"
        " gateway process, load generator on the same machine; every answer is 00 and sealed",
        "proved": PROVED,
    }
