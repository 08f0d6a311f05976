"""Days, timestamps and ids for any moment and any number."""

from datetime import UTC, date, datetime, timedelta
from typing import NewType
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from milletpay.plumbing.clock import ManualClock
from milletpay.plumbing.dates import (
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
)
from milletpay.plumbing.ids import ID_END, IdForm, IdSource, NotAnId, Prefix

ZONES = "Asia/Shanghai UTC Europe/Berlin America/New_York America/Sao_Paulo Pacific/Apia Australia/Lord_Howe"

CustomerId = NewType("CustomerId", int)
CUSTOMER_ID = IdForm(Prefix.CUSTOMER, CustomerId)

timestamps = st.integers(0, 2**63 - 1)
zones = st.sampled_from([ZoneInfo(name) for name in ZONES.split()])
days = st.dates(min_value=date(1970, 1, 2), max_value=date(2200, 1, 1))
ids = st.integers(1, ID_END - 1)


@given(timestamps, zones)
def test_a_moment_lies_in_its_day(timestamp: int, zone: ZoneInfo) -> None:
    day = day_of(timestamp, zone=zone)
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=timestamp // 1000)).astimezone(zone)
    assert format_day(day) == local.date().isoformat()
    assert day_start_ns(day, zone=zone) <= timestamp < day_start_ns(next_day(day), zone=zone)


@given(days, zones)
def test_a_day_begins_where_the_one_before_ends(calendar: date, zone: ZoneInfo) -> None:
    day = parse_day(f"{calendar:%Y%m%d}")
    start = day_start_ns(day, zone=zone)
    assert day_of(start - 1, zone=zone) in {previous_day(day), add_days(day, days=-2)}
    assert day_of(start, zone=zone) in {day, next_day(day)}  # the next one where a zone left a day out
    assert day_start_ns(next_day(day), zone=zone) >= start


@given(days, st.integers(-40_000, 40_000))
def test_counting_days_is_that_of_the_calendar(calendar: date, count: int) -> None:
    day = parse_day(f"{calendar:%Y-%m-%d}")
    later = add_days(day, days=count)
    assert format_day(later) == (calendar + timedelta(days=count)).isoformat()
    assert days_between(first=day, last=later) == count
    assert (later > day) == (count > 0)
    assert checked_day(int(later)) == later


@given(timestamps)
def test_timestamps_are_read_back(timestamp: int) -> None:
    assert parse_rfc3339(rfc3339_exact(timestamp)) == timestamp
    assert parse_rfc3339(rfc3339(timestamp)) == timestamp - timestamp % 1_000_000
    assert datetime.fromisoformat(rfc3339_exact(timestamp)[:26] + "+00:00") == utc(timestamp)


@given(ids, ids)
def test_ids_are_read_back_and_sort_as_their_text(first: int, second: int) -> None:
    one, other = CUSTOMER_ID.write(CustomerId(first)), CUSTOMER_ID.write(CustomerId(second))
    assert CUSTOMER_ID.read(one) == first
    assert (one < other) == (first < second)
    assert len(one) == 4 + 26


@given(st.text(max_size=40) | st.text("0123456789abcdefghijklmnopqrstuvwxyz", min_size=26, max_size=26))
def test_any_text_is_an_id_or_refused(text: str) -> None:
    for candidate in (text, f"cus_{text}"):
        try:
            number = CUSTOMER_ID.read(candidate)
        except NotAnId:
            continue
        assert CUSTOMER_ID.write(number) == candidate


@given(st.lists(st.tuples(timestamps, st.integers(0, 5)), max_size=20), st.data())
def test_ids_rise_however_the_clock_steps(steps: list[tuple[int, int]], data: st.DataObject) -> None:
    clock = ManualClock()
    chance = st.sampled_from([b"\x00", b"\x7f", b"\xff"])
    source = IdSource(clock=clock, entropy=lambda size: data.draw(chance) * size)
    made: list[int] = []
    for moment, count in steps:
        clock.set(now_ns=moment)
        made += source.take(count)
    assert made == sorted(set(made))
    assert all(0 < number < ID_END for number in made)
