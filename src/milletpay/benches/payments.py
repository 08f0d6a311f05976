"""The payments' bench: over HTTP, as a merchant's server meets it, with everything that a payment has."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from random import Random
from statistics import quantiles
from typing import Any, Final, Protocol

from milletpay.benches.load import Load
from milletpay.benches.market import AMOUNT_MAX, Market, MarketPlan, open_market
from milletpay.benches.phones import Codes, enroll
from milletpay.benches.place import Place
from milletpay.benches.proving import PROVED, conditions_of, prove_figures
from milletpay.benches.surroundings import ProcessorTime, processor_time_of
from milletpay.bootstrap import make_code_keys, open_house
from milletpay.identity import Pepper, open_pepper
from milletpay.plumbing.clock import MILLISECOND, SECOND, Clock
from milletpay.plumbing.collecting import standing
from milletpay.plumbing.database import Database
from milletpay.plumbing.migration import migrate

BASE_URL: Final = "http://127.0.0.1"

WARM_UP: Final = 2_000
"""Payments before a row that are not counted: they show how many a row takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentWork:
    """A row, before it is measured."""

    connections: int
    required_per_s: int | None
    p50_ms_max: float | None
    p99_ms_max: float | None
    name: str = "agreement"
    percent: int | None = None
    """At least so much of what the row before it does."""
    by_code: bool = False
    """Paid with a payment code that the customer's phone shows; else under an agreement."""


PAYMENT_WORKS: Final = (
    PaymentWork(connections=1, required_per_s=None, p50_ms_max=4, p99_ms_max=None),
    PaymentWork(connections=128, required_per_s=3_000, p50_ms_max=None, p99_ms_max=90),
    PaymentWork(
        name="payment_code",
        by_code=True,
        connections=128,
        required_per_s=None,
        percent=80,
        p50_ms_max=None,
        p99_ms_max=None,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentPlan:
    """What to measure."""

    seconds: float
    """About how long each row takes."""
    seed: int
    works: Sequence[PaymentWork] = PAYMENT_WORKS
    market: MarketPlan
    warm_up: int = WARM_UP


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFigure:
    """A row, measured. Processor times are microseconds a payment."""

    work: PaymentWork
    payments: int
    payments_per_s: int
    p50_ms: float
    p99_ms: float
    api_us: float
    """Of the process that answers."""
    postgresql_us: float | None
    load_us: float
    """Of what sends the requests."""
    cores_elsewhere: float | None

    @property
    def reached(self) -> bool:
        """Whether it is what it must be."""
        work = self.work
        return (
            (work.required_per_s is None or self.payments_per_s >= work.required_per_s)
            and (work.p50_ms_max is None or self.p50_ms < work.p50_ms_max)
            and (work.p99_ms_max is None or self.p99_ms < work.p99_ms_max)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReport:
    """All that a run has to say."""

    settings: Mapping[str, Any]
    figures: Sequence[PaymentFigure]

    def as_json(self) -> dict[str, Any]:
        """The documented shape."""
        return {
            "settings": dict(self.settings),
            "rows": [
                {
                    "name": figure.work.name,
                    "connections": figure.work.connections,
                    "payments_per_s": figure.payments_per_s,
                    "p50_ms": round(figure.p50_ms, 2),
                    "p99_ms": round(figure.p99_ms, 2),
                }
                for figure in self.figures
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """The process that is measured."""

    host: str
    port: int
    pid: int


class Serve(Protocol):
    """Starts the process that answers, as `millet up` does, and ends it."""

    def __call__(self, *, app_url: str, pepper: Pepper) -> AbstractAsyncContextManager[Answering]:
        """Give where it answers, for as long as the block runs."""


Progress = Callable[[str, int, int], None]
"""Told what is done, how far it is, and of how much."""


async def run_payments(
    plan: PaymentPlan, *, place: Place, serve: Serve, clock: Clock, progress: Progress
) -> PaymentReport:
    """Measure the rows one after the other in one market, and prove the book afterwards."""
    random = Random(plan.seed)
    async with place.owner_url() as owner_url:
        app_url = await migrate(owner_url=owner_url)
        pepper = await open_pepper(owner_url=owner_url)
        async with open_house(app_url, pepper=pepper, base_url=BASE_URL, connections=2, clock=clock) as house:
            settings = await _settings(plan, place=place, database=house.database)
            market = await open_market(house, plan=plan.market, random=random, progress=progress)
            codes = None
            if any(work.by_code for work in plan.works):
                presenters = await enroll(house, customers=market.customers)
                keys = make_code_keys(secret=house.secret)
                codes = Codes(keys=keys, presenters=presenters, clock=clock)
        requests = _Requests(market, random=random, codes=codes)
        figures: list[PaymentFigure] = []
        async with serve(app_url=app_url, pepper=pepper) as answering:
            for asked in plan.works:
                work = asked if asked.percent is None else _compared(asked, figures[-1])
                measure = _Measuring(
                    requests=requests, answering=answering, place=place, clock=clock, progress=progress
                )
                figures += [await measure(work, plan=plan)]
        await prove_figures(app_url, made=requests.made, clock=clock)
    return PaymentReport(settings=settings, figures=figures)


def _compared(work: PaymentWork, before: PaymentFigure) -> PaymentWork:
    """What a row must reach that is compared with the one before it."""
    assert work.percent is not None
    return replace(work, required_per_s=before.payments_per_s * work.percent // 100)


class _Requests:
    """Makes requests, no two of them the same."""

    def __init__(self, market: Market, *, random: Random, codes: Codes | None) -> None:
        self._market = market
        self._random = random
        self._codes = codes
        self._everybody = range(len(market.agreements))
        self.made = 0

    def most(self, count: int, *, work: PaymentWork) -> int:
        """So many, or as many as there are codes for at this moment."""
        if not work.by_code:
            return count
        assert self._codes is not None
        self._codes.make()
        return min(count, self._codes.left)

    def make(self, count: int, *, work: PaymentWork) -> Iterator[bytes]:
        """So many, ready to be sent."""
        market, random = self._market, self._random
        made = []
        for at in random.choices(self._everybody, cum_weights=market.shares, k=count):
            self.made += 1
            body = (
                f'{{"amount":{random.randint(1, AMOUNT_MAX)},"currency":"CNY",'
                f'"reference":"order-{self.made}","payer":{{{self._payer(at, work)}}}}}'
            )
            made.append(
                f"POST /v1/payments HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                f"Authorization: Bearer {market.keys[at]}\r\n"
                f"Idempotency-Key: {random.getrandbits(128):032x}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
            )
        return iter(made)

    def _payer(self, at: int, work: PaymentWork) -> str:
        # A code is shown to any shop; each customer shows as many as every other.
        if not work.by_code:
            return f'"agreement":"{self._market.agreements[at]}"'
        assert self._codes is not None
        return f'"payment_code":"{self._codes.take()}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measuring:
    """Measures rows against one process."""

    requests: _Requests
    answering: Answering
    place: Place
    clock: Clock
    progress: Progress

    async def __call__(self, work: PaymentWork, *, plan: PaymentPlan) -> PaymentFigure:
        name = f"{work.name}, {work.connections} connections"
        self.progress(name, 0, 1)
        # One connection does less in the same time.
        count = plan.warm_up if work.connections > 1 else plan.warm_up // 4
        # Whoever pays under an agreement has mostly paid before; so has each phone been met once.
        first = max(work.connections, plan.market.customers if work.by_code else count)
        warm_up = await self._send(min(first, (self.requests.most(2 * first, work=work) + 1) // 2), work)
        rate = len(warm_up.latencies) * SECOND / warm_up.nanoseconds
        count = self.requests.most(max(100, work.connections, round(rate * plan.seconds)), work=work)
        before, api_before = ProcessorTime.now(postmaster=self.place.postmaster), self._api()
        load = await self._send(count, work)
        used, api = ProcessorTime.now(postmaster=self.place.postmaster) - before, self._api() - api_before
        self.progress(name, 1, 1)
        cuts = quantiles(load.latencies, n=100)
        elsewhere = used.elsewhere()
        return PaymentFigure(
            work=work,
            payments=count,
            payments_per_s=round(count * SECOND / load.nanoseconds),
            p50_ms=cuts[49] / MILLISECOND,
            p99_ms=cuts[98] / MILLISECOND,
            api_us=api / count * 1e6,
            postgresql_us=None if used.postgresql is None else used.postgresql / count * 1e6,
            load_us=used.python / count * 1e6,
            cores_elsewhere=(
                None if elsewhere is None else max(elsewhere - api, 0.0) * SECOND / load.nanoseconds
            ),
        )

    async def _send(self, count: int, work: PaymentWork) -> Load:
        load = Load(requests=self.requests.make(count, work=work), clock=self.clock)
        with standing():
            await load.run(host=self.answering.host, port=self.answering.port, connections=work.connections)
        return load

    def _api(self) -> float:
        return processor_time_of(self.answering.pid) or 0.0


async def _settings(plan: PaymentPlan, *, place: Place, database: Database) -> dict[str, Any]:
    """The conditions of a run."""
    return {
        **await conditions_of(database, place=place),
        "seed": plan.seed,
        "seconds": plan.seconds,
        "customers": plan.market.customers,
        "merchants": plan.market.merchants,
        "measured": "POST /v1/payments under an agreement, or with a payment code, over HTTP on connections"
        " that stay open: key, idempotency key, limits, fee, ledger, event; one process, load generator on"
        " the same machine; every answer is 201 and `succeeded`",
        "proved": PROVED,
    }
