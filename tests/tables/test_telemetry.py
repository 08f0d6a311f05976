"""Logs say what happened in one line, for people or for machines, and hide secrets in both."""

import io
import json
import logging
import sys

import pytest

from milletpay.plumbing.telemetry import ConsoleLines, JsonLines, Style, redact, start_logging

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"postgresql://me:{SECRET}@/books?host=/run", "postgresql://me:***@/books?host=/run"),
        (f"postgresql://me:{SECRET}@host:5432/books", "postgresql://me:***@host:5432/books"),
        (f"Authorization: Bearer {SECRET}", "Authorization: Bearer ***"),
        (f"key sk_test_{SECRET}, next", "key sk_***, next"),
        (f"whsec_{SECRET}", "whsec_***"),
        (f"password={SECRET} rest", "password=*** rest"),
        (f'{{"pin": "{SECRET}", "amount": 5}}', '{"pin": "***", "amount": 5}'),
        (f"token: {SECRET}", "token: ***"),
        ("https://example.com/a:b@c of the spinning town", "https://example.com/a:b@c of the spinning town"),
        ("pay_01kdz9m4h0000g40r40m30e209 took 100 of CNY", "pay_01kdz9m4h0000g40r40m30e209 took 100 of CNY"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, shown: str) -> None:
    assert redact(text) == shown


def record_with_everything() -> logging.LogRecord:
    try:
        raise ValueError(f"refused postgresql://me:{SECRET}@/books")
    except ValueError:
        error = sys.exc_info()
    record = logging.LogRecord("mill", logging.WARNING, __file__, 1, "at %s", (f"x://me:{SECRET}@h",), error)
    record.created = 1_767_225_600.5
    vars(record).update(payment="pay_1", rows=3, password=SECRET, app_url="x", note=f"token={SECRET}")
    return record


def test_a_machine_reads_json() -> None:
    text = JsonLines().format(record_with_everything())
    assert SECRET not in text
    line = json.loads(text)
    assert line.pop("error").endswith("ValueError: refused postgresql://me:***@/books")
    assert line == {
        "time": "2026-01-01T00:00:00.500Z",
        "level": "warning",
        "logger": "mill",
        "message": "at x://me:***@h",
        "payment": "pay_1",
        "rows": 3,
        "password": "***",
        "app_url": "***",
        "note": "token=***",
    }


def test_people_read_lines() -> None:
    text = ConsoleLines().format(record_with_everything())
    assert SECRET not in text
    first, *_, last = text.splitlines()
    assert first == (
        "2026-01-01T00:00:00.500Z warning at x://me:***@h payment=pay_1 rows=3 password=*** app_url=***"
        " note=token=***"
    )
    assert last == "ValueError: refused postgresql://me:***@/books"


def test_a_file_is_not_a_terminal_and_gets_json() -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    try:
        start_logging(stream=stream)
        logging.getLogger("mill").info("hello")
        start_logging(stream=stream, style=Style.CONSOLE)
        logging.getLogger("mill").info("hello")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    machine, people = stream.getvalue().splitlines()
    assert json.loads(machine)["message"] == "hello"
    assert people.endswith("info    hello")
