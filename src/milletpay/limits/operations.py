"""The writes of limits: counting at the desk, in the batch that moves the money."""

from collections.abc import Iterable, Mapping
from typing import Final, NoReturn, TypeAlias

from milletpay.ledger import Book
from milletpay.limits.model import Limit, LimitExceeded, Measure, Span, Used, first_exceeded
from milletpay.limits.queries import month_of
from milletpay.money import Currency, Money
from milletpay.plumbing.database import Connection
from milletpay.plumbing.dates import Day
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.limits")

REMEMBERED_MAX: Final = 500_000
"""How many months of subjects memory holds before it begins anew."""


_Key: TypeAlias = tuple[int, int, int, int]
"""A subject, the number of a measure, that of a currency, and a month or day as YYYYMM or YYYYMMDD."""


class _Counter:
    """What was counted."""

    __slots__ = ("amount", "count")

    def __init__(self) -> None:
        self.amount = 0
        self.count = 0

    def used(self) -> Used:
        return Used(amount=self.amount, count=self.count)


class _Month(_Counter):
    """What was counted in a month, and on each of its days."""

    __slots__ = ("days",)

    def __init__(self) -> None:
        super().__init__()
        self.days: dict[int, _Counter] = {}

    def day(self, day: int) -> _Counter:
        found = self.days.get(day)
        if found is None:
            found = self.days[day] = _Counter()
        return found


class Limits:
    """The part of a desk that counts. It has no commands: the parts above it take and give back.

    They say `want_used` before a batch loads, for the day of each that they will ask about.
    """

    commands: tuple[type, ...] = ()

    def __init__(self, *, book: Book) -> None:
        self._book = book
        self._months: dict[_Key, _Month] = {}
        self._wanted: set[_Key] = set()
        self._changed: dict[_Key, _Counter] = {}
        self._opened_in = 0

    def begin(self) -> None:
        """A new batch."""
        self._wanted.clear()
        self._changed.clear()
        self._opened_in = month_of(Day(self._book.accounting_date))
        if len(self._months) > REMEMBERED_MAX:
            self.forget()

    def forget(self) -> None:
        """What is counted may have changed."""
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
        key = (subject, measure.number, currency.number, day // 100)
        if key not in self._months:
            self._wanted.add(key)

    async def load(self, connection: Connection) -> None:
        """Bring the months that are wanted and not remembered, day by day."""
        if not self._wanted:
            return
        rows = await connection.fetch(SQL["used"], *_columns(self._wanted))
        for key in self._wanted:
            self._months[key] = _Month()
        for row in rows:
            day: int = row["day"]
            month = self._months[row["subject"], row["measure"], row["currency"], day // 100]
            _add(month, month.day(day), amount=row["amount"], count=row["count"])

    def check(
        self, subject: int, *, measure: Measure, limits: Iterable[Limit], amount: Money, day: Day
    ) -> LimitExceeded | None:
        """Say which of the limits one more of this amount on this day would pass, if any. Counts nothing."""
        month = self._month(subject, measure=measure, currency=amount.currency, day=day)
        return first_exceeded(limits, amount=amount, day=month.day(day), month=month)

    def take(
        self, subject: int, *, measure: Measure, limits: Iterable[Limit], amount: Money, day: Day
    ) -> LimitExceeded | None:
        """Count the amount on this day; or say which limit it would pass, and count nothing.

        Keep the day beside what was taken: `give_back` asks for it.
        """
        month = self._month(subject, measure=measure, currency=amount.currency, day=day)
        counter = month.day(day)
        exceeded = first_exceeded(limits, amount=amount, day=counter, month=month)
        if exceeded is None:
            _add(month, counter, amount=amount.minor, count=1)
            self._changed[subject, measure.number, amount.currency.number, day] = counter
            self._book.note()
        return exceeded

    def give_back(self, subject: int, *, measure: Measure, amount: Money, day: Day, count: int = 1) -> None:
        """Count the amount no longer on the day on which it was taken.

        :param count: 0 where a part is given back and the rest stays: it happened all the same
        """
        month = self._month(subject, measure=measure, currency=amount.currency, day=day)
        counter = month.day(day)
        assert 0 <= amount.minor <= counter.amount, f"{amount} given back of {counter.used()} on {day}"
        assert 0 <= count <= counter.count, f"{count} given back of {counter.used()} on {day}"
        _add(month, counter, amount=-amount.minor, count=-count)
        self._changed[subject, measure.number, amount.currency.number, day] = counter
        self._book.note()

    def used(self, subject: int, *, measure: Measure, currency: Currency, day: Day) -> Mapping[Span, Used]:
        """What was counted on this day, and in its month."""
        month = self._month(subject, measure=measure, currency=currency, day=day)
        return {Span.DAY: month.day(day).used(), Span.MONTH: month.used()}

    async def save(self, connection: Connection) -> None:
        """Write every day that has changed."""
        if not self._changed:
            return
        changed = sorted(self._changed)
        used = [self._changed[key] for key in changed]
        await connection.execute(
            SQL["write_used"], *_columns(changed), [u.amount for u in used], [u.count for u in used]
        )

    def _month(self, subject: int, *, measure: Measure, currency: Currency, day: Day) -> _Month:
        key = (subject, measure.number, currency.number, day // 100)
        month = self._months.get(key)
        if month is None:
            # A month that opens within a batch has seen nothing; all others are asked for before they load.
            assert key[3] > self._opened_in, f"{key} is counted and was not wanted"
            month = self._months[key] = _Month()
        return month


def _add(month: _Month, day: _Counter, *, amount: int, count: int) -> None:
    day.amount += amount
    day.count += count
    month.amount += amount
    month.count += count


def _columns(keys: Iterable[_Key]) -> list[list[int]]:
    return [list(column) for column in zip(*keys, strict=True)]
