"""Rules on what code may reach: other packages, the clock, chance, floats, the world outside."""

import ast
from collections.abc import Iterator

from tests.house.source import PACKAGE, ROOT, Breach, Source

CLOCKS = {
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "time.clock_gettime",
    "time.clock_gettime_ns",
    "time.gmtime",
    "time.localtime",
    "time.monotonic",
    "time.monotonic_ns",
    "time.perf_counter",
    "time.perf_counter_ns",
    "time.process_time",
    "time.process_time_ns",
    "time.time",
    "time.time_ns",
}
CLOCK_FILE = f"{PACKAGE}/plumbing/clock.py"

CHANCE = {"os.urandom", "os.getrandom", "uuid.uuid1", "uuid.uuid4"}
CHANCE_FILES = {
    f"{PACKAGE}/plumbing/ids.py",  # new ids
    f"{PACKAGE}/plumbing/roles.py",  # the password of the application's login
}

EXACT_MATH = {
    "math.ceil",
    "math.comb",
    "math.factorial",
    "math.floor",
    "math.gcd",
    "math.isqrt",
    "math.lcm",
    "math.prod",
}

# Libraries that only some packages may import. The layers make sure that nobody reaches them through another.
WEB = {"apps"}
HTTP = {"rails", "notifications", "simulation", "benches"}
RESERVED = {
    "click": WEB,
    "jinja2": WEB,
    "starlette": WEB,
    "uvicorn": WEB,
    "http.server": WEB,
    "aiohttp": HTTP,
    "http.client": HTTP,
    "httpcore": HTTP,
    "httpx": HTTP,
    "urllib.request": HTTP,
    "urllib3": HTTP,
    "websockets": HTTP,
}

# Packages whose files are named by what they hold. Of all others, outsiders know the package and its facts.
OPEN_PACKAGES = {"plumbing", "apps", "benches", "simulation"}
PURE_FILES = {"model", "machine", "chart", "till_loop", "forwarding"}


def downward_in_the_open(source: Source) -> Iterator[Breach]:
    """Imports stand at the top of a file, are absolute, and name another package by its public names."""
    if not source.is_python:
        return
    inner = _inside_functions(source.tree)
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        if id(node) in inner:
            yield Breach(
                source.path,
                node.lineno,
                "imports",
                "an import inside a function hides a dependency. Move it to the top; if that makes a cycle, "
                "the word that both need belongs to the lower package.",
            )
        if isinstance(node, ast.ImportFrom) and node.level:
            yield Breach(source.path, node.lineno, "imports", "a relative import. Write milletpay.<package>.")
        if inside := next(filter(None, (_private_name(source, module) for module in _modules(node))), None):
            yield Breach(
                source.path,
                node.lineno,
                "imports",
                f"{inside} is the inside of a package: import the public name from its __init__ "
                "(pure code: from its `model`).",
            )


def reserved_libraries(source: Source) -> Iterator[Breach]:
    """The web framework stays in apps, HTTP clients stay where the outside world is."""
    if not (source.is_python and source.is_product):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for module in _modules(node):
                for library, packages in RESERVED.items():
                    if (
                        module == library or module.startswith(library + ".")
                    ) and source.package not in packages:
                        yield Breach(
                            source.path,
                            node.lineno,
                            "libraries",
                            f"{library} is for {', '.join(sorted(packages))}. Take a Protocol instead.",
                        )


def no_clock(source: Source) -> Iterator[Breach]:
    """Time is an argument: the machine's clock is read in one file."""
    if not (source.is_python and source.is_product) or source.path == CLOCK_FILE:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute | ast.Name) and (name := source.dotted(node)) in CLOCKS:
            yield Breach(
                source.path,
                node.lineno,
                "clock",
                f"{name}: take the time as an argument, or a clock of milletpay.plumbing.clock.",
            )


def no_chance(source: Source) -> Iterator[Breach]:
    """Chance is an argument: new ids and secrets have an owner, everything else is seeded by its caller."""
    if not (source.is_python and source.is_product) or source.path in CHANCE_FILES:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute | ast.Name) and _is_chance(name := source.dotted(node)):
            yield Breach(
                source.path,
                node.lineno,
                "chance",
                f"{name}: new ids and secrets come from milletpay.plumbing.ids; "
                "for anything else take a random.Random that was seeded by the caller.",
            )
        if isinstance(node, ast.Call) and source.dotted(node.func) == "random.Random" and not node.args:
            yield Breach(source.path, node.lineno, "chance", "random.Random(): give it the caller's seed.")


def no_float(source: Source) -> Iterator[Breach]:
    """No float near money: not in money, not in the ledger, not in any model or recipe."""
    near_money = source.package in {"money", "ledger"} or source.name in {"model", "postings"}
    if not (source.is_python and source.is_product and near_money):
        return
    asked_for = _arguments_of_isinstance(source.tree)
    for node in ast.walk(source.tree):
        if found := _float_in(source, node):
            if id(node) in asked_for:
                continue
            yield Breach(
                source.path,
                getattr(node, "lineno", 1),
                "float",
                f"{found}: money is whole minor units. Use // or divmod, or a Fraction; name the rounding.",
            )


def no_mocks(source: Source) -> Iterator[Breach]:
    """Own code is never mocked, in no test; a limit, written in capitals, may be set to a smaller one."""
    if not source.is_python or source.is_product:
        return
    for node in ast.walk(source.tree):
        mocked = isinstance(node, ast.Import | ast.ImportFrom) and any(
            module.startswith("unittest.mock") for module in _modules(node)
        )
        if mocked or (isinstance(node, ast.Call) and _replaces_code(node)):
            yield Breach(
                source.path,
                getattr(node, "lineno", 1),
                "mocks",
                "own code is never mocked: pass the real thing, a fake clock, or a simulator.",
            )


def _replaces_code(call: ast.Call) -> bool:
    """Whether a call is `monkeypatch.setattr` or `delattr` of anything but a limit such as `BATCH_MAX`."""
    match call:
        case ast.Call(func=ast.Attribute(value=ast.Name("monkeypatch"), attr="setattr" | "delattr")):
            names = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            return not (names and names[0].rpartition(".")[2].isupper())
    return False


def _private_name(source: Source, module: str) -> str:
    """The file inside another package that an import reaches for, or nothing."""
    parts = module.split(".")
    if not source.is_product or parts[0] != "milletpay" or len(parts) < 3:
        return ""
    package, name = parts[1], parts[2]
    if package == source.package or package in OPEN_PACKAGES or name in PURE_FILES:
        return ""
    return f"milletpay.{package}.{name}" if _is_module(package, name) else ""


def _is_module(package: str, name: str) -> bool:
    """`from milletpay.money import Amount` names a thing, `from milletpay.money import amount` a file."""
    folder = ROOT / PACKAGE / package
    return (folder / f"{name}.py").is_file() or (folder / name).is_dir()


def _modules(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    module = node.module or ""
    return [module] + [f"{module}.{alias.name}" for alias in node.names]


def _inside_functions(tree: ast.AST) -> set[int]:
    return {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
    }


def _is_chance(name: str) -> bool:
    if name in CHANCE:
        return True
    module, _, rest = name.partition(".")
    return (module == "secrets" and bool(rest)) or (module == "random" and rest not in {"", "Random"})


def _arguments_of_isinstance(tree: ast.AST) -> set[int]:
    """Names in a question about a type, as in `isinstance(amount, float)`: that is how one is refused."""
    return {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance"
        for argument in node.args[1:]
        for inner in ast.walk(argument)
    }


def _float_in(source: Source, node: ast.AST) -> str:
    match node:
        case ast.Constant(value=float() | complex()):
            return repr(node.value)
        case ast.Name(id="float"):
            return "float"
        case ast.Call(func=ast.Name(id="round")):
            return "round()"
        case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
            return "/"
    name = source.dotted(node)
    return name if name.startswith("math.") and name not in EXACT_MATH else ""
