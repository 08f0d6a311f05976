"""Days and timestamps as people and programs write them. Pure: the moment is always an argument.

A **day** is a calendar day as the whole number YYYYMMDD, which sorts as the days do and fits `user_data_32`
of a transfer. The **accounting date** of a moment is its day in one zone, Asia/Shanghai unless the house is
set up otherwise. A **timestamp** is in nanoseconds since 1970; written down it is RFC 3339 in UTC.
"""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NewType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Day = NewType("Day", int)
"""A calendar day as YYYYMMDD: 20260131."""

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""The zone of the accounting date unless settings name another."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ONE_SECOND = timedelta(seconds=1)
_SECOND = 1_000_000_000
_MILLISECOND = 1_000_000
_RFC3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.([0-9]{1,9}))?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


class NotADay(ValueError):
    """A number or text that is not a day of the calendar."""


class NotATimestamp(ValueError):
    """A text that is not a moment in RFC 3339."""


class UnknownZone(ValueError):
    """A name that is not a time zone of the IANA database."""


def zone_named(name: str) -> ZoneInfo:
    """The time zone of a name such as `Asia/Shanghai`.

    :raises UnknownZone: with the name
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UnknownZone(f"{name!r} is not a time zone; give a name such as Asia/Shanghai or UTC") from None


def day_of(timestamp_ns: int, *, zone: ZoneInfo = SHANGHAI) -> Day:
    """The calendar day of a moment in a zone.

    It never falls as time goes on, but in the few zones that once set their clocks back across midnight.
    """
    moment = datetime.fromtimestamp(timestamp_ns // _SECOND, zone)
    return Day(moment.year * 10_000 + moment.month * 100 + moment.day)


def day_start_ns(day: Day, *, zone: ZoneInfo = SHANGHAI) -> int:
    """The first moment of a day in a zone: midnight, or the change where clocks are put on at midnight."""
    calendar = _calendar(day)
    return _since_1970(datetime(calendar.year, calendar.month, calendar.day, tzinfo=zone)) * _SECOND


def checked_day(number: int) -> Day:
    """A number as a day.

    :raises NotADay: with the number, when the calendar has no such day
    """
    return _day(_calendar(number))


def parse_day(text: str) -> Day:
    """The day of `2026-01-31` or `20260131`.

    :raises NotADay: with the text
    """
    if not re.fullmatch(r"[0-9]{4}(-?)[0-9]{2}\1[0-9]{2}", text):
        raise NotADay(f"{text[:40]!r} is not a day; write it as 2026-01-31")
    return checked_day(int(text.replace("-", "")))


def format_day(day: Day) -> str:
    """A day as ISO 8601 writes it: `2026-01-31`."""
    return _calendar(day).isoformat()


def next_day(day: Day) -> Day:
    """The day after."""
    return add_days(day, days=1)


def previous_day(day: Day) -> Day:
    """The day before."""
    return add_days(day, days=-1)


def add_days(day: Day, *, days: int) -> Day:
    """The day so many days later, or earlier when below zero.

    :raises NotADay: beyond the years 1 to 9999
    """
    try:
        return _day(_calendar(day) + timedelta(days=days))
    except OverflowError:
        raise NotADay(f"{days} days from {day} is beyond the calendar, years 1 to 9999") from None


def days_between(*, first: Day, last: Day) -> int:
    """How many days `last` is after `first`; below zero when it is before."""
    return (_calendar(last) - _calendar(first)).days


def utc(timestamp_ns: int) -> datetime:
    """A timestamp as an aware `datetime` in UTC, cut to its microsecond: for libraries that want one."""
    seconds, rest = divmod(timestamp_ns, _SECOND)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)


def rfc3339(timestamp_ns: int) -> str:
    """A timestamp for the API, cut to its millisecond: `2026-01-31T09:30:00.250Z`."""
    seconds, rest = divmod(timestamp_ns, _SECOND)
    return f"{_second(seconds)}.{rest // _MILLISECOND:03d}Z"


def rfc3339_exact(timestamp_ns: int) -> str:
    """A timestamp with all its nanoseconds: `2026-01-31T09:30:00.250000001Z`."""
    seconds, rest = divmod(timestamp_ns, _SECOND)
    return f"{_second(seconds)}.{rest:09d}Z"


def parse_rfc3339(text: str) -> int:
    """The timestamp of a moment in RFC 3339, with any offset and up to nine decimals of a second.

    :raises NotATimestamp: with the text; a leap second is one too, for the count of nanoseconds has none, and
        what 64 bits of nanoseconds do not reach: before 1677 and after 2262
    """
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise NotATimestamp(f"{text[:40]!r} is not a time; write it as 2026-01-31T09:30:00Z")
    day, clock, fraction, offset = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{'+00:00' if offset in 'Zz' else offset}")
    except ValueError as error:
        raise NotATimestamp(f"{text!r} is not a time: {error}") from None
    timestamp = _since_1970(moment) * _SECOND + int((fraction or "").ljust(9, "0"))
    if not -(2**63) <= timestamp < 2**63:
        raise NotATimestamp(f"{text!r} is not a time that can be kept: the years 1678 to 2261 can")
    return timestamp


@lru_cache(maxsize=100)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()[: len("2026-01-31T09:30:00")]


def _since_1970(moment: datetime) -> int:
    """Whole seconds, without a float on the way."""
    return (moment - _EPOCH) // _ONE_SECOND


def _calendar(number: int) -> date:
    if type(number) is not int:
        raise TypeError(
            f"a day is a whole number such as 20260131; {number!r} is of type {type(number).__name__}"
        )
    rest, day = divmod(number, 100)
    year, month = divmod(rest, 100)
    try:
        return date(year, month, day)
    except (ValueError, OverflowError):
        raise NotADay(f"{number} is not a day of the calendar; write it as 20260131") from None


def _day(calendar: date) -> Day:
    return Day(calendar.year * 10_000 + calendar.month * 100 + calendar.day)
