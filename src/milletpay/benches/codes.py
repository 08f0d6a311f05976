"""The bench of payment codes: what it costs to find out whose a code is, among a million phones.

The phones are written into the tables by SQL, with keys as they have them; codes are drawn of phones that
the process has not met, of phones that it has met, and of nobody. What is measured is the desk's own part,
from the scanned digits to the customer, in batches as they are under load.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from milletpay.benches.payments import Progress
from milletpay.benches.place import Place, server_settings
from milletpay.benches.surroundings import ProcessorTime, machine, versions
from milletpay.codes import CodeKeys, Slot, epoch_at, step_of, word_of, write_code
from milletpay.customers import Customers, Devices
from milletpay.ledger import Book
from milletpay.ledger.chart import Mode
from milletpay.limits import Limits
from milletpay.merchants import MerchantId
from milletpay.money import Currency, Money
from milletpay.payments import CreatePayment, PaymentId, Presenters, Request
from milletpay.plumbing.clock import Clock
from milletpay.plumbing.database import Connection, Database, lock_book
from milletpay.plumbing.dates import day_of
from milletpay.plumbing.ids import IdSource, system_entropy
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.benches")

BATCH: Final = 64
MICROSECONDS_MAX: Final = 200
"""Of processor time a code, ours and the server's together."""

AT_ONCE: Final = 50_000
FIRST_DEVICE: Final = 1 << 100
FIRST_CUSTOMER: Final = 1 << 101
CUSTOMERS: Final = 100_000
MERCHANT: Final = MerchantId(1 << 102)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePlan:
    """What to measure."""

    phones: int = 1_000_000
    codes: int = 20_000
    """Of each row."""
    seed: int = 42


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFigure:
    """A row. Processor times are microseconds a code."""

    name: str
    codes: int
    python_us: float
    postgresql_us: float | None

    @property
    def reached(self) -> bool:
        """Whether it is what it must be."""
        return self.python_us + (self.postgresql_us or 0) < MICROSECONDS_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeReport:
    """All that a run has to say."""

    settings: Mapping[str, Any]
    figures: Sequence[CodeFigure]

    def as_json(self) -> dict[str, Any]:
        """The documented shape."""
        return {
            "settings": dict(self.settings),
            "rows": [
                {
                    "name": figure.name,
                    "codes": figure.codes,
                    "python_us": round(figure.python_us, 1),
                    "postgresql_us": None if figure.postgresql_us is None else round(figure.postgresql_us, 1),
                }
                for figure in self.figures
            ],
        }


async def run_codes(plan: CodePlan, *, place: Place, clock: Clock, progress: Progress) -> CodeReport:
    """Write the phones, then measure the rows."""
    async with place.database() as database:
        server = await server_settings(database)
        await _write_phones(database, count=plan.phones, progress=progress)
        figures = await _Recognizing(plan, database=database, place=place, clock=clock).rows(progress)
    settings = {
        **versions(),
        "postgresql": server.pop("server_version"),
        "machine": machine(),
        "server": server,
        "phones": plan.phones,
        "batch": BATCH,
        "measured": "from the digits to an active customer with a phone in use: codes taken apart, aliases"
        " decrypted, words compared, what is not in memory read, uses and guesses looked up",
    }
    return CodeReport(settings=settings, figures=figures)


async def _write_phones(database: Database, *, count: int, progress: Progress) -> None:
    for start in range(0, count, AT_ONCE):
        progress("phones", start, count)
        async with database.transaction() as connection:
            some = list(range(start + 1, min(start + AT_ONCE, count) + 1))
            new = [number for number in some if number <= CUSTOMERS]
            await connection.execute(SQL["add_customers"], [FIRST_CUSTOMER + number for number in new], new)
            owners = [FIRST_CUSTOMER + 1 + number % min(CUSTOMERS, count) for number in some]
            devices = [FIRST_DEVICE + number for number in some]
            await connection.execute(SQL["add_devices"], devices, owners)
            await connection.execute(SQL["add_phones"], some, devices, owners)
    progress("phones", count, count)


class _Recognizing:
    """The desk's part of payment codes, with those below it, one batch after the other."""

    def __init__(self, plan: CodePlan, *, database: Database, place: Place, clock: Clock) -> None:
        self._plan = plan
        self._database = database
        self._place = place
        self._clock = clock
        self._ids = IdSource(clock=clock, entropy=system_entropy)
        self._random = Random(plan.seed)
        self._keys = CodeKeys(self._random.randbytes(32))
        self._book = Book(clock=clock, accounting_date=day_of)
        self._devices, self._customers = Devices(book=self._book), Customers(book=self._book)
        self._presenters = Presenters(
            book=self._book,
            devices=self._devices,
            customers=self._customers,
            limits=Limits(book=self._book),
            keys=self._keys,
        )

    async def rows(self, progress: Progress) -> list[CodeFigure]:
        """Measure phones that are met for the first time, then the same again, then nobody's codes."""
        count = min(self._plan.codes, self._plan.phones)
        numbers = self._random.sample(range(1, self._plan.phones + 1), k=count)
        nobody = [
            write_code(alias=self._random.randrange(10**8), word=self._random.randrange(10**7))
            for _ in range(count)
        ]
        async with self._database.connection() as connection:
            return [
                await self._measure(connection, name, codes, progress=progress)
                for name, codes in (
                    ("met for the first time", self._shown(numbers, lane=0)),
                    ("met before", self._shown(numbers, lane=1)),
                    ("nobody's", nobody),
                )
            ]

    async def _measure(
        self, connection: Connection, name: str, codes: Sequence[str], *, progress: Progress
    ) -> CodeFigure:
        progress(name, 0, 1)
        commands = [self._command(code) for code in codes]
        before, found = ProcessorTime.now(postmaster=self._place.postmaster), 0
        for start in range(0, len(commands), BATCH):
            found += await self._recognize(connection, commands[start : start + BATCH])
        used = ProcessorTime.now(postmaster=self._place.postmaster) - before
        progress(name, 1, 1)
        assert found == (0 if name == "nobody's" else len(codes)), f"{found} of {name} were recognized"
        return CodeFigure(
            name=name,
            codes=len(codes),
            python_us=used.python / len(codes) * 1e6,
            postgresql_us=None if used.postgresql is None else used.postgresql / len(codes) * 1e6,
        )

    async def _recognize(self, connection: Connection, commands: Sequence[CreatePayment]) -> int:
        """Do what the desk does with a batch, up to the customer; nothing is kept."""
        parts = (self._presenters, self._devices, self._customers)
        await connection.execute("BEGIN")
        await lock_book(connection)
        await self._book.open(connection)
        for part in parts:
            part.begin()
        for command in commands:
            self._presenters.want_code(command)
        for part in parts:
            await part.load(connection)
        found = sum(self._presenters.recognize(command) is not None for command in commands)
        await connection.execute("ROLLBACK")
        return found

    def _shown(self, numbers: Sequence[int], *, lane: int) -> list[str]:
        """What the phones of these numbers show now."""
        now = self._clock.now_ns()
        step, epoch = step_of(now), epoch_at(now)
        codes = []
        for number in numbers:
            key = self._keys.phone_key(FIRST_DEVICE + number, version=1)
            alias = self._keys.alias_of(Slot(number=number, lane=lane), epoch=epoch)
            codes.append(write_code(alias=alias, word=word_of(key, step=step, lane=lane)))
        return codes

    def _command(self, code: str) -> CreatePayment:
        id = self._ids.next()
        return CreatePayment(
            id=PaymentId(id),
            # Each at a shop of its own, so that nobody's codes close none.
            merchant=MerchantId(MERCHANT + id),
            mode=Mode.TEST,
            amount=Money(1_00, Currency.CNY),
            request=Request(key_hash=0, body_hash=0, reference=str(id)),
            payment_code=code,
        )
