"""Files of statements: read by name, refused when one is not written as it must be."""

import pytest

from milletpay.plumbing.statements import StatementsRefused, load_statements, parse_statements

GOOD = """-- Anything before the first name is for readers.

-- name: find_one
-- Find it.
SELECT 1
FROM nowhere;  -- not the end

-- name: find_two
-- Find the other.
SELECT 2;
"""


def test_statements_are_read_by_name_without_their_last_semicolon() -> None:
    assert parse_statements(GOOD, source="here") == {
        "find_one": "SELECT 1\nFROM nowhere;  -- not the end",
        "find_two": "SELECT 2",
    }
    assert load_statements("milletpay.plumbing")["lock_book"] == "SELECT pg_advisory_xact_lock($1)"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "here: no `-- name:` line"),
        ("SELECT 1;", "here: no `-- name:` line"),
        ("-- name: FindOne\n-- Find it.\nSELECT 1;", "here: 'FindOne' is not a lower_case name"),
        ("-- name: \n-- Find it.\nSELECT 1;", "here: '' is not a lower_case name"),
        ("-- name: a\n-- A.\nSELECT 1;\n-- name: a\n-- A.\nSELECT 1;", "here: a is there twice"),
        ("-- name: a\nSELECT 1;", "here: a has no line of description"),
        ("-- name: a\n-- A.\n;", "here: a is empty"),
    ],
)
def test_what_is_not_written_so_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(StatementsRefused, match=f"^{sentence}"):
        parse_statements(text, source="here")
