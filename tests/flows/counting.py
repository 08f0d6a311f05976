"""A part for tests that only counts: takes under limits, and gives back."""

from dataclasses import dataclass

from milletpay.ledger.store import Book
from milletpay.limits import Limit, LimitExceeded, Limits, Measure
from milletpay.money import Money
from milletpay.plumbing.database import Connection
from milletpay.plumbing.dates import Day


@dataclass(frozen=True, kw_only=True)
class Take:
    """Count this for the subject today."""

    subject: int
    amount: Money
    limits: tuple[Limit, ...]
    measure: Measure = Measure.PAYMENTS


@dataclass(frozen=True, kw_only=True)
class GiveBack:
    """Count this no longer on that day."""

    subject: int
    amount: Money
    day: Day
    count: int = 1
    measure: Measure = Measure.PAYMENTS


@dataclass(frozen=True, kw_only=True)
class Taken:
    day: Day


class Counting:
    """Answers a take with its day, or with the limit that it would pass."""

    commands: tuple[type, ...] = (Take, GiveBack)

    def __init__(self, *, book: Book, limits: Limits) -> None:
        self._book = book
        self._limits = limits

    def begin(self) -> None: ...

    def forget(self) -> None: ...

    def want(self, command: Take | GiveBack, /) -> None:
        day = command.day if isinstance(command, GiveBack) else Day(self._book.accounting_date)
        self._limits.want_used(
            command.subject, measure=command.measure, currency=command.amount.currency, day=day
        )

    async def load(self, connection: Connection, /) -> None: ...

    def decide(self, command: Take | GiveBack, /) -> Taken | LimitExceeded | None:
        if isinstance(command, GiveBack):
            self._limits.give_back(
                command.subject,
                measure=command.measure,
                amount=command.amount,
                day=command.day,
                count=command.count,
            )
            return None
        day = Day(self._book.accounting_date)
        exceeded = self._limits.take(
            command.subject, measure=command.measure, limits=command.limits, amount=command.amount, day=day
        )
        return exceeded or Taken(day=day)

    async def save(self, connection: Connection, /) -> None: ...
