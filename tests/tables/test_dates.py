"""Days and timestamps by example, the odd zones among them."""

from collections.abc import Callable
from typing import Any

import pytest

from milletpay.plumbing.dates import (
    SHANGHAI,
    Day,
    NotADay,
    NotATimestamp,
    UnknownZone,
    add_days,
    checked_day,
    day_of,
    day_start_ns,
    days_between,
    format_day,
    next_day,
    parse_day,
    parse_rfc3339,
    previous_day,
    rfc3339,
    rfc3339_exact,
    utc,
    zone_named,
)


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        ("2026-01-31T15:59:59.999999999Z", "Asia/Shanghai", 20260131),
        ("2026-01-31T16:00:00Z", "Asia/Shanghai", 20260201),
        ("2026-01-31T16:00:00Z", "UTC", 20260131),
        ("2024-02-28T16:00:00Z", "Asia/Shanghai", 20240229),
        ("1970-01-01T00:00:00Z", "Asia/Shanghai", 19700101),
        ("1969-12-31T23:59:59.5Z", "UTC", 19691231),
        ("1988-07-01T15:30:00Z", "Asia/Shanghai", 19880702),  # summer time in China, 1986 to 1991
        ("2026-03-29T00:59:59Z", "Europe/Berlin", 20260329),
        ("2026-10-24T21:59:59Z", "Europe/Berlin", 20261024),  # still summer time
        ("2026-10-25T22:59:59Z", "Europe/Berlin", 20261025),  # no longer
        ("2011-12-30T09:59:59Z", "Pacific/Apia", 20111229),
        ("2011-12-30T10:00:00Z", "Pacific/Apia", 20111231),  # Samoa left out the 30th
        ("2026-01-01T00:00:00Z", "Asia/Kathmandu", 20260101),
        ("2025-12-31T18:15:00Z", "Asia/Kathmandu", 20260101),
    ],
)
def test_day_of_a_moment(moment: str, zone: str, day: int) -> None:
    assert day_of(parse_rfc3339(moment), zone=zone_named(zone)) == day


@pytest.mark.parametrize(
    ("day", "zone", "moment"),
    [
        (20260201, "Asia/Shanghai", "2026-01-31T16:00:00.000Z"),
        (20260201, "UTC", "2026-02-01T00:00:00.000Z"),
        (20261025, "Europe/Berlin", "2026-10-24T22:00:00.000Z"),
        (20261026, "Europe/Berlin", "2026-10-25T23:00:00.000Z"),
        (20181104, "America/Sao_Paulo", "2018-11-04T03:00:00.000Z"),  # no midnight: it begins at 01:00
        (20111230, "Pacific/Apia", "2011-12-30T10:00:00.000Z"),  # an empty day begins where the next does
        (20111231, "Pacific/Apia", "2011-12-30T10:00:00.000Z"),
    ],
)
def test_start_of_a_day(day: int, zone: str, moment: str) -> None:
    assert rfc3339(day_start_ns(Day(day), zone=zone_named(zone))) == moment


def test_shanghai_unless_told_otherwise() -> None:
    assert day_of(0) == day_of(0, zone=SHANGHAI) == 19700101
    assert rfc3339(day_start_ns(Day(20260101))) == "2025-12-31T16:00:00.000Z"


@pytest.mark.parametrize(
    ("day", "following"),
    [
        (20260131, 20260201),
        (20251231, 20260101),
        (20240228, 20240229),
        (20250228, 20250301),
        (21000228, 21000301),
    ],
)
def test_days_follow_each_other(day: int, following: int) -> None:
    assert next_day(Day(day)) == following
    assert previous_day(Day(following)) == day
    assert days_between(first=Day(day), last=Day(following)) == 1


def test_counting_days() -> None:
    assert add_days(Day(20260101), days=365) == 20270101
    assert add_days(Day(20260101), days=-1) == 20251231
    assert days_between(first=Day(20260101), last=Day(20260101)) == 0
    assert days_between(first=Day(20270101), last=Day(20260101)) == -365
    with pytest.raises(NotADay, match="beyond the calendar"):
        next_day(Day(99991231))
    with pytest.raises(NotADay, match="beyond the calendar"):
        add_days(Day(20260101), days=10**12)


def test_days_as_text() -> None:
    assert parse_day("2026-01-31") == parse_day("20260131") == 20260131
    assert format_day(Day(20260131)) == "2026-01-31"
    assert format_day(Day(10101)) == "0001-01-01"


@pytest.mark.parametrize(
    "text",
    ["", "2026-1-31", "2026-0131", "2026-02-30", "20261301", "2026/01/31", " 2026-01-31", "٢٠٢٦-٠١-٣١"],
)
def test_texts_that_are_not_days(text: str) -> None:
    with pytest.raises(NotADay):
        parse_day(text)


@pytest.mark.parametrize("number", [0, -20260131, 20260230, 20261301, 20260100, 2026013, 10**20])
@pytest.mark.parametrize("use", [checked_day, next_day, format_day, day_start_ns])
def test_numbers_that_are_not_days(use: Callable[[Any], object], number: int) -> None:
    with pytest.raises(NotADay, match=str(number)):
        use(number)


@pytest.mark.parametrize("number", [20260131.0, True, "20260131"])
def test_a_day_is_a_whole_number(number: Any) -> None:
    with pytest.raises(TypeError, match="whole number"):
        checked_day(number)


@pytest.mark.parametrize("name", ["", "Shanghai", "Asia/Nowhere", "../etc/passwd", "/etc/localtime", "Asia"])
def test_unknown_zones(name: str) -> None:
    with pytest.raises(UnknownZone, match="give a name such as Asia/Shanghai"):
        zone_named(name)


@pytest.mark.parametrize(
    ("text", "timestamp"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.000000001Z", 1),
        ("1970-01-01T08:00:00+08:00", 0),
        ("1969-12-31t23:59:59.9z", -100_000_000),
        ("2262-04-11T23:47:16.854775807Z", 2**63 - 1),
        ("2026-01-31T09:30:00.25-00:30", 1_769_853_600_250_000_000),
    ],
)
def test_reading_rfc3339(text: str, timestamp: int) -> None:
    assert parse_rfc3339(text) == timestamp


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-31",
        "2026-01-31T09:30:00",
        "2026-01-31 09:30:00Z",
        "2026-01-31T09:30Z",
        "2026-01-31T09:30:00.Z",
        "2026-01-31T09:30:00.1234567890Z",
        "2026-02-30T09:30:00Z",
        "2026-01-31T24:00:01Z",
        "2016-12-31T23:59:60Z",
        "2026-01-31T09:30:00+25:00",
        "2026-01-31T09:30:00+0800",
        "2262-04-11T23:47:17Z",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00+23:59",
    ],
)
def test_texts_that_are_not_times(text: str) -> None:
    with pytest.raises(NotATimestamp, match="is not a time"):
        parse_rfc3339(text)


def test_writing_rfc3339_cuts_and_never_rounds_up() -> None:
    timestamp = parse_rfc3339("2026-01-31T23:59:59.999999999Z")
    assert rfc3339(timestamp) == "2026-01-31T23:59:59.999Z"
    assert rfc3339_exact(timestamp) == "2026-01-31T23:59:59.999999999Z"
    assert utc(timestamp).isoformat() == "2026-01-31T23:59:59.999999+00:00"
    assert rfc3339(0) == "1970-01-01T00:00:00.000Z"
    assert rfc3339(2**63 - 1) == "2262-04-11T23:47:16.854Z"
