"""Rules on how code looks: its size, its names, how its functions are called."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import PurePosixPath

from tests.house.source import ROOT, Breach, Source

LINES_OF_A_FILE = 400
LINES_OF_A_FUNCTION = 60
LENGTH_OF_A_LINE = 110

DRAWERS = {
    "util",
    "utils",
    "helper",
    "helpers",
    "common",
    "base",
    "manager",
    "service",
    "misc",
    "shared",
    "lib",
}
EMPTY_WORDS = {"util", "utils", "helper", "helpers", "misc", "stuff", "tmp"}
PYTEST_WORDS = {"tmp_path", "tmp_path_factory"}
BRITISH = re.compile(
    r"authoris|recognis|organis|initialis|serialis|normalis|finalis|utilis|synchronis"
    r"|colour|behaviour|honour|favour|neighbour|cancelled|cancelling|licence|centre|catalogue"
)

# The steps of the desk and the two calls of the machine have these few arguments, the same in every domain.
CALLED_BY_POSITION = {
    "load",
    "decide",
    "save",
    "recorded",
    "committed",
    "create_accounts",
    "create_transfers",
}

LEFTOVERS = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|HA" + r"CK)\b")

AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef


def small(source: Source) -> Iterator[Breach]:
    """A function has at most 60 lines, a file 400, a line 110."""
    if source.package == "migrations":
        return  # written once, from the tables, and never changed
    if len(source.lines) > LINES_OF_A_FILE:
        yield Breach(
            source.path,
            1,
            "small",
            f"{len(source.lines)} lines; a file has at most {LINES_OF_A_FILE}. Split it by business noun.",
        )
    for number, line in enumerate(source.lines, 1):
        if len(line) > LENGTH_OF_A_LINE:
            yield Breach(
                source.path,
                number,
                "small",
                f"{len(line)} characters; a line has at most {LENGTH_OF_A_LINE}. Break it.",
            )
    if not source.is_python:
        return
    for function in _functions(source.tree):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > LINES_OF_A_FUNCTION:
            yield Breach(
                source.path,
                function.lineno,
                "small",
                f"{function.name} has {length} lines; a function has at most {LINES_OF_A_FUNCTION}. "
                "Give a part of it a name of its own.",
            )


def no_drawers(source: Source) -> Iterator[Breach]:
    """No file, folder or class is named for nothing in particular; no name says `stuff`."""
    for part in source.path.removesuffix(".py").removesuffix(".sql").split("/"):
        words = part.strip("_").split("_")
        if (drawer := words[-1]) in DRAWERS:
            yield Breach(
                source.path,
                1,
                "no-drawers",
                f"`{drawer}` is a drawer, not a business noun. Name what is in it.",
            )
    if not source.is_python:
        return
    for name, line in _defined(source.tree):
        words = _words(name)
        if name[:1].isupper() and words[-1] in DRAWERS:
            yield Breach(source.path, line, "no-drawers", f"{name}: say what it is, without `{words[-1]}`.")
        elif name not in PYTEST_WORDS and (empty := EMPTY_WORDS.intersection(words)):
            yield Breach(
                source.path, line, "no-drawers", f"{name}: `{empty.pop()}` says nothing. Name the thing."
            )


def american(source: Source) -> Iterator[Breach]:
    """The product's identifiers are spelled the American way, so that nobody has to guess."""
    if not (source.is_python and source.is_product):
        return
    for name, line in _defined(source.tree):
        if found := BRITISH.search(name.lower()):
            yield Breach(
                source.path,
                line,
                "american",
                f"{name}: spell `{found[0]}` the American way in an identifier.",
            )


def by_name(source: Source) -> Iterator[Breach]:
    """A public function of the product takes at most one argument by position, and returns no bare tuple."""
    if not (source.is_python and source.is_product) or source.package == "apps":
        return
    for function, is_method in _offered_functions(source):
        static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in function.decorator_list)
        positional = [a.arg for a in function.args.posonlyargs + function.args.args][
            is_method and not static :
        ]
        if len(positional) > 1 and function.name not in CALLED_BY_POSITION:
            yield Breach(
                source.path,
                function.lineno,
                "by-name",
                f"{function.name}({', '.join(positional)}): put `*` before `{positional[1]}` or earlier: "
                "two arguments by position can be swapped without a word.",
            )
        if _is_bare_tuple(function.returns):
            yield Breach(
                source.path,
                function.lineno,
                "by-name",
                f"{function.name} returns a bare tuple: give the result a name, as a frozen dataclass.",
            )


_SILENCED = re.compile(r"noqa: [A-Z0-9, ]+$|noqa$|type: ignore(?:\[[a-z, -]+\])?$")


def reasons(source: Source) -> Iterator[Breach]:
    """Whoever silences a check says why, beside it."""
    for line, comment in source.comments:
        if source.is_python and _SILENCED.search(comment.strip()):
            yield Breach(source.path, line, "reasons", f"`{comment.strip()}`: say why.")


def nothing_left_over(source: Source) -> Iterator[Breach]:
    """No note to oneself stays behind in the code."""
    for number, line in enumerate(source.lines, 1):
        if found := LEFTOVERS.search(line):
            yield Breach(
                source.path,
                number,
                "nothing-left-over",
                f"{found[0]}: do it, or file it as an issue, or write down why it is not done.",
            )


def _functions(tree: ast.AST) -> Iterator[AnyFunction]:
    return (node for node in ast.walk(tree) if isinstance(node, AnyFunction))


def _offered_functions(source: Source) -> Iterator[tuple[AnyFunction, bool]]:
    """The functions and methods that others may call, and whether each is a method."""
    offered = _offered(PurePosixPath(source.path).parent)
    for node in source.tree.body:
        if not isinstance(node, AnyFunction | ast.ClassDef) or node.name.startswith("_"):
            continue
        if offered and node.name not in offered:
            continue
        if isinstance(node, ast.ClassDef):
            for member in node.body:
                if isinstance(member, AnyFunction) and not member.name.startswith("_"):
                    yield member, True
        else:
            yield node, False


@cache
def _offered(folder: PurePosixPath) -> frozenset[str]:
    """What a package offers in its `__init__`; nothing when it offers its files instead."""
    init = ROOT / folder / "__init__.py"
    if not init.is_file():
        return frozenset()
    imports = [node for node in ast.parse(init.read_text("utf-8")).body if isinstance(node, ast.ImportFrom)]
    return frozenset(alias.asname or alias.name for node in imports for alias in node.names)


def _is_bare_tuple(returns: ast.expr | None) -> bool:
    if not (isinstance(returns, ast.Subscript) and isinstance(returns.value, ast.Name)):
        return False
    if returns.value.id != "tuple" or not isinstance(returns.slice, ast.Tuple):
        return False
    last = returns.slice.elts[-1]
    return not (isinstance(last, ast.Constant) and last.value is Ellipsis)


def _defined(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every name that a file itself gives to something, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, AnyFunction | ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno


def _words(name: str) -> list[str]:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_").split("_")
