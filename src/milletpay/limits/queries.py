"""The reads of limits."""

from collections.abc import Mapping
from typing import Final

from milletpay.limits.model import Measure, Span, Used
from milletpay.money import Currency
from milletpay.plumbing.database import Connection
from milletpay.plumbing.dates import Day
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.limits")


async def used_in(
    connection: Connection, *, subject: int, measure: Measure, currency: Currency, day: Day
) -> Mapping[Span, Used]:
    """What was counted for a subject on a day, and in the month of the day: to be shown, not decided on."""
    rows = await connection.fetch(
        SQL["used"], [subject], [measure.number], [currency.number], [month_of(day)]
    )
    days = {row["day"]: Used(amount=row["amount"], count=row["count"]) for row in rows}
    return {
        Span.DAY: days.get(day, Used()),
        Span.MONTH: Used(
            amount=sum(used.amount for used in days.values()),
            count=sum(used.count for used in days.values()),
        ),
    }


def month_of(day: Day) -> int:
    """The month of a day, as YYYYMM."""
    return day // 100
