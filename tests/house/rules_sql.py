"""Rules on SQL: where it stands, how it is written, whose tables it touches."""

import ast
import configparser
import re
from collections.abc import Iterator

from tests.house.source import PACKAGE, ROOT, Breach, Source

# Words that begin a statement and are followed by what only SQL says next. CREATE and DROP of a database or a
# role are not among them: PostgreSQL prepares neither, and their names cannot be arguments.
_STATEMENT = re.compile(
    r"^\s*(?:"
    r"SELECT\s+[\w(*$'\"]|INSERT\s+INTO\s|UPDATE\s+[\w.{]+\s+SET\s|DELETE\s+FROM\s"
    r"|MERGE\s+INTO\s|TRUNCATE\s+[\w.{]"
    r"|WITH\s+(?:RECURSIVE\s+)?\w+\s*(?:\([^)]*\)\s*)?AS\s|COPY\s+[\w.({]"
    r"|(?:CREATE|ALTER|DROP)\s+(?:OR\s+REPLACE\s+)?(?:UNLOGGED\s+|TEMP\s+)?"
    r"(?:TABLE|INDEX|UNIQUE|SCHEMA|VIEW|FUNCTION|TYPE|DOMAIN|SEQUENCE|EXTENSION)\s"
    r"|(?:GRANT|REVOKE)\s+\w+.*\s(?:ON|TO|FROM)\s"
    r")"
)
_QUALIFIED = re.compile(r"\b([a-z_]+)\.([a-z_]+)\b")

# Roles and migrations work before there is a schema, with statements that PostgreSQL cannot prepare.
ADMINISTRATION = (
    f"{PACKAGE}/plumbing/embedded/",
    f"{PACKAGE}/plumbing/migration.py",
    f"{PACKAGE}/plumbing/roles.py",
)


def schemas() -> frozenset[str]:
    """The PostgreSQL schemas: one for each package that keeps tables, under the package's name."""
    return frozenset(path.parent.name for path in (ROOT / PACKAGE).glob("*/tables.sql"))


def sql_is_source(source: Source) -> Iterator[Breach]:
    """SQL stands in .sql files: formatted, described, prepared by a test."""
    if not (source.is_python and source.is_product) or source.path.startswith(ADMINISTRATION):
        return
    for text, line in _strings(source.tree):
        if _STATEMENT.match(text):
            yield Breach(
                source.path,
                line,
                "sql-is-source",
                f"SQL in Python ({text.strip().split()[0]} ...): move it to statements.sql of the package.",
            )


_WRITES = re.compile(r"\b(?:INSERT|UPDATE|DELETE|MERGE|TRUNCATE|CREATE|ALTER|DROP|GRANT|LOCK|CALL)\b")


def layers() -> list[str]:
    """The packages in their order, the top one first, as `.importlinter` has them."""
    contract = configparser.ConfigParser()
    contract.read(ROOT / ".importlinter", encoding="utf-8")
    return re.findall(r"\w+", contract["importlinter:contract:layers"]["layers"])


def own_schema(source: Source) -> Iterator[Breach]:
    """Only a package's own SQL touches its tables; migrations make those of all.

    A proof compares what a package says with what those below it say: `proofs.sql` reads their tables too.
    """
    if not source.is_product or source.package == "migrations":
        return
    foreign = schemas() | {"ledger", "plumbing"}
    if source.name == "proofs" and not source.is_python:
        order = layers()
        foreign -= set(order[order.index(source.package) :])
    if source.is_python:
        texts = [(text, line) for text, line in _strings(source.tree) if _STATEMENT.match(text)]
    else:
        texts = [(line.split("--", 1)[0], number) for number, line in enumerate(source.lines, 1)]
    for text, line in texts:
        for schema, table in _QUALIFIED.findall(text):
            if schema in foreign and schema != source.package:
                yield Breach(
                    source.path,
                    line,
                    "own-schema",
                    f"{schema}.{table} belongs to {schema}: call a public function of milletpay.{schema}.",
                )


def proofs_only_read(source: Source) -> Iterator[Breach]:
    """What proves changes nothing."""
    if source.is_python or source.name != "proofs":
        return
    for number, line in enumerate(source.lines, 1):
        found = _WRITES.search(line.split("--", 1)[0])
        if found:
            yield Breach(source.path, number, "proofs-only-read", f"{found[0]}: a proof only reads.")


def _strings(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every text of a Python file but its docstrings; what an f-string fills in is left as `{}`."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    unspoken = docstrings | inside
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield (
                "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values),
                node.lineno,
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in unspoken:
            yield node.value, node.lineno
