"""What a rule of the house reads, and what it answers.

An honest exception is written where it is made, on the line or above the statement, with its reason:

    started = perf_counter()  # house: allow clock: a bench measures real time
"""

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "src/milletpay"

_EXCUSE = re.compile(r"house: allow (?P<rule>[a-z-]+): (?P<reason>\S.{7,})")


@dataclass(frozen=True)
class Breach:
    """One place where a rule is not kept: where, which rule, and what to do about it."""

    path: str
    line: int
    rule: str
    says: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.says}"


@dataclass(frozen=True)
class Source:
    """One file of the project, Python or SQL; `path` is relative to its root and written with slashes."""

    path: str
    text: str

    @property
    def is_python(self) -> bool:
        """Whether it is Python; else it is SQL."""
        return self.path.endswith(".py")

    @property
    def is_product(self) -> bool:
        """Whether it is a part of the product; else it is a test."""
        return self.path.startswith(PACKAGE)

    @property
    def package(self) -> str:
        """The package that it belongs to: `ledger` for src/milletpay/ledger/store.py, or nothing."""
        inside = self.path.removeprefix(PACKAGE + "/")
        return inside.split("/")[0] if self.is_product and "/" in inside else ""

    @property
    def name(self) -> str:
        """The name of the file, without its ending."""
        return Path(self.path).stem

    @cached_property
    def lines(self) -> list[str]:
        """Its lines, without their ends."""
        return self.text.splitlines()

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree of a Python file."""
        return ast.parse(self.text, filename=self.path)

    @cached_property
    def imported(self) -> dict[str, str]:
        """What each imported name stands for, such as `datetime.datetime` for `dt`."""
        names = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    names[alias.asname or alias.name.split(".")[0]] = (
                        alias.name if alias.asname else alias.name.split(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        return names

    def dotted(self, node: ast.AST) -> str:
        """The full name that an expression such as `dt.now` stands for, or nothing."""
        if isinstance(node, ast.Name):
            return self.imported.get(node.id, "")
        if isinstance(node, ast.Attribute):
            parent = self.dotted(node.value)
            return f"{parent}.{node.attr}" if parent else ""
        return ""

    @cached_property
    def excuses(self) -> dict[tuple[int, str], str]:
        """The exceptions that it claims: (line, rule) to reason."""
        return {
            (line, found["rule"]): found["reason"]
            for line, comment in self.comments
            if (found := _EXCUSE.search(comment))
        }

    def start_of(self, line: int) -> int:
        """The line on which the innermost statement begins that goes over a line."""
        if not self.is_python:
            return line
        nodes = (node for node in ast.walk(self.tree) if isinstance(node, ast.stmt))
        return max((n.lineno for n in nodes if n.lineno <= line <= (n.end_lineno or n.lineno)), default=line)

    @cached_property
    def comments(self) -> list[tuple[int, str]]:
        """Its comments, with the line of each."""
        if not self.is_python:
            return [(i, line.split("--", 1)[1]) for i, line in enumerate(self.lines, 1) if "--" in line]
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]


Rule = Callable[[Source], Iterable[Breach]]


def standing(rule: Rule, source: Source) -> Iterator[Breach]:
    """The breaches of a rule for which the file claims no exception."""
    return (breach for breach in rule(source) if excuse_of(breach, source) is None)


def excuse_of(breach: Breach, source: Source) -> tuple[int, str] | None:
    """The exception that covers a breach: on its line, on the line above, or above the statement it is in."""
    for line in (breach.line, breach.line - 1, source.start_of(breach.line) - 1):
        if (line, breach.rule) in source.excuses:
            return line, breach.rule
    return None


@cache
def sources() -> tuple[Source, ...]:
    """Every Python and SQL file of the product and of the tests."""
    paths = [
        path
        for folder in ("src", "tests", "examples")
        for ending in ("py", "sql")
        for path in (ROOT / folder).rglob(f"*.{ending}")
    ]
    return tuple(
        Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in sorted(paths)
    )
