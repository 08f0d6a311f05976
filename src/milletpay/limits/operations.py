"""The writes of limits: counting at the desk, in the batch that moves the money."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, NoReturn

from milletpay.ledger.store import Book
from milletpay.limits.model import Limit, LimitExceeded, Measure, Span, Used, first_exceeded
from milletpay.limits.queries import month_of
from milletpay.money import Currency, Money
from milletpay.plumbing.database import Connection
from milletpay.plumbing.dates import Day
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.limits")

REMEMBERED_MAX: Final = 1_000_000
"""How many days of subjects memory holds before it begins anew."""


class _Place(NamedTuple):
    """Where it is counted: a subject, a measure, a currency, and a day or month as YYYYMMDD or YYYYMM."""

    subject: int
    measure: int
    currency: int
    period: int


class Limits:
    """The part of a desk that counts. It has no commands: the parts above it take and give back.

    They say `want_used` before a batch loads, for the day of each that they will ask about.
    """

    commands: tuple[type, ...] = ()

    def __init__(self, *, book: Book) -> None:
        self._book = book
        self._days: dict[_Place, Used] = {}
        self._months: dict[_Place, Used] = {}
        self._wanted: set[_Place] = set()
        self._changed: set[_Place] = set()
        self._opened_in = 0

    def begin(self) -> None:
        """A new batch."""
        self._wanted.clear()
        self._changed.clear()
        self._opened_in = month_of(Day(self._book.accounting_date))
        if len(self._days) > REMEMBERED_MAX:
            self.forget()

    def forget(self) -> None:
        """What is counted may have changed."""
        self._days.clear()
        self._months.clear()
        self._changed.clear()

    def want(self, command: object, /) -> NoReturn:
        """There are no commands."""
        raise AssertionError(f"limits decide no commands, such as {command!r:.100}")

    def decide(self, command: object, /) -> NoReturn:
        """There are no commands."""
        raise AssertionError(f"limits decide no commands, such as {command!r:.100}")

    def want_used(self, subject: int, *, measure: Measure, currency: Currency, day: Day) -> None:
        """Note that the batch will take, check or give back on this day."""
        month = _Place(subject, measure.value, currency.number, month_of(day))
        if month not in self._months:
            self._wanted.add(month)

    async def load(self, connection: Connection) -> None:
        """Bring the months that are wanted and not remembered, day by day."""
        if not self._wanted:
            return
        rows = await connection.fetch(SQL["used"], *_columns(self._wanted))
        for month in self._wanted:
            self._months[month] = Used()
        for row in rows:
            used = Used(amount=row["amount"], count=row["count"])
            day = _Place(row["subject"], row["measure"], row["currency"], row["day"])
            self._days[day] = used
            self._add(self._months, _month(day), used)

    def check(
        self, subject: int, *, measure: Measure, limits: Iterable[Limit], amount: Money, day: Day
    ) -> LimitExceeded | None:
        """Say which of the limits one more of this amount on this day would pass, if any. Counts nothing."""
        place = self._place(subject, measure=measure, currency=amount.currency, day=day)
        return first_exceeded(limits, amount=amount, used=self._used(place))

    def take(
        self, subject: int, *, measure: Measure, limits: Iterable[Limit], amount: Money, day: Day
    ) -> LimitExceeded | None:
        """Count the amount on this day; or say which limit it would pass, and count nothing.

        Keep the day beside what was taken: `give_back` asks for it.
        """
        place = self._place(subject, measure=measure, currency=amount.currency, day=day)
        exceeded = first_exceeded(limits, amount=amount, used=self._used(place))
        if exceeded is None:
            self._change(place, amount=amount.minor, count=1)
        return exceeded

    def give_back(self, subject: int, *, measure: Measure, amount: Money, day: Day, count: int = 1) -> None:
        """Count the amount no longer on the day on which it was taken.

        :param count: 0 where a part is given back and the rest stays: it happened all the same
        """
        place = self._place(subject, measure=measure, currency=amount.currency, day=day)
        used = self._days.get(place, Used())
        assert 0 <= amount.minor <= used.amount, f"{amount} is given back of {used} on {day}"
        assert 0 <= count <= used.count, f"{count} are given back of {used} on {day}"
        self._change(place, amount=-amount.minor, count=-count)

    def used(self, subject: int, *, measure: Measure, currency: Currency, day: Day) -> Mapping[Span, Used]:
        """What was counted on this day, and in its month."""
        return self._used(self._place(subject, measure=measure, currency=currency, day=day))

    async def save(self, connection: Connection) -> None:
        """Write every day that has changed."""
        if not self._changed:
            return
        changed = sorted(self._changed)
        used = [self._days[place] for place in changed]
        await connection.execute(
            SQL["write_used"], *_columns(changed), [u.amount for u in used], [u.count for u in used]
        )

    def _place(self, subject: int, *, measure: Measure, currency: Currency, day: Day) -> _Place:
        place = _Place(subject, measure.value, currency.number, day)
        month = _month(place)
        if month not in self._months:
            # A month that opens within a batch has seen nothing; all others are asked for before they load.
            assert month.period > self._opened_in, f"{place} is counted and was not wanted"
            self._months[month] = Used()
        return place

    def _used(self, place: _Place) -> Mapping[Span, Used]:
        return {Span.DAY: self._days.get(place, Used()), Span.MONTH: self._months[_month(place)]}

    def _change(self, place: _Place, *, amount: int, count: int) -> None:
        by = Used(amount=amount, count=count)
        self._add(self._days, place, by)
        self._add(self._months, _month(place), by)
        self._changed.add(place)
        self._book.note()

    @staticmethod
    def _add(counted: dict[_Place, Used], place: _Place, by: Used) -> None:
        used = counted.get(place, Used())
        counted[place] = Used(amount=used.amount + by.amount, count=used.count + by.count)


def _month(day: _Place) -> _Place:
    return _Place(day.subject, day.measure, day.currency, month_of(Day(day.period)))


def _columns(places: Iterable[_Place]) -> list[list[int]]:
    return [list(column) for column in zip(*places, strict=True)]
