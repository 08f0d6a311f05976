"""Named SQL statements, read from the `statements.sql` of a package.

Each statement is written as

    -- name: find_account
    -- Find an account by its id.
    SELECT ... WHERE id = $1;
"""

import re
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

NAME_LINE: Final = re.compile(r"^-- name: *(\S*) *$", re.MULTILINE)
NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


class StatementsRefused(Exception):
    """A file of statements is not written as it must be; the message names the file and the statement."""


def load_statements(package: str, *, name: str = "statements.sql") -> Mapping[str, str]:
    """Read the statements of `package` by name.

    Refuses a file without statements, a doubled or ill-formed name, no description, an empty one.
    """
    return parse_statements(files(package).joinpath(name).read_text("utf-8"), source=f"{package}/{name}")


def parse_statements(text: str, *, source: str) -> Mapping[str, str]:
    """Split the text of a file at its `-- name:` lines; `source` is named in refusals."""
    _, *parts = NAME_LINE.split(text)
    statements: dict[str, str] = {}
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        if not NAME.fullmatch(name):
            raise StatementsRefused(f"{source}: {name!r} is not a lower_case name")
        if name in statements:
            raise StatementsRefused(f"{source}: {name} is there twice")
        description, _, statement = body.lstrip("\n").partition("\n")
        if not description.startswith("-- "):
            raise StatementsRefused(f"{source}: {name} has no line of description (`-- ...`) below its name")
        statement = statement.strip().removesuffix(";").rstrip()
        if not statement:
            raise StatementsRefused(f"{source}: {name} is empty")
        statements[name] = statement
    if not statements:
        raise StatementsRefused(f"{source}: no `-- name:` line")
    return MappingProxyType(statements)


def sparse(column: list[Any]) -> list[Any]:
    """A column for `unnest`, empty where no row has anything in it: what a shorter column lacks is NULL.

    The statement reads 0 and '' back with `coalesce`. Encoding an array costs by its elements.
    """
    return column if any(column) else []
