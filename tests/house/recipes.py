"""The recipes for money: every function of a `postings.py` that gives transfers, and its table.

The docstring of a recipe is its debit/credit table:

    ==========  ===========  ================
    debit       credit       amount
    ==========  ===========  ================
    cust        mer_pend     the payment
    ==========  ===========  ================

A column `pool` may say in which pool a leg is, and a column `when` which of several movements it belongs to.
"""

import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from milletpay.ledger.chart import AccountKind
from milletpay.ledger.model import Transfer
from tests.house.source import PACKAGE, ROOT

RULE = re.compile(r"^=+(?:\s+=+)*$")
ACCOUNT = re.compile(r"(?P<kind>[a-z_]+)(?: \((?P<who>[a-z]+)\))?")


@dataclass(frozen=True)
class Leg:
    """One row of a table: an account of one kind is debited, and one of another kind credited."""

    debit: AccountKind
    credit: AccountKind
    amount: str
    when: str
    cells: dict[str, str]
    """As they are written, by the head of the column."""


@dataclass(frozen=True)
class Recipe:
    """One recipe of a package."""

    package: str
    name: str
    function: Callable[..., list[Transfer]]
    story: str
    """What stands above the table."""
    legs: tuple[Leg, ...]

    def __str__(self) -> str:
        return f"{self.package}.{self.name}"


def recipes() -> list[Recipe]:
    """Every recipe of every package, the packages in order, the recipes as they are written."""
    return [
        _read(package, name, function)
        for package in sorted(path.parent.name for path in (ROOT / PACKAGE).glob("*/postings.py"))
        for name, function in _functions(package)
    ]


def _functions(package: str) -> Iterator[tuple[str, Callable[..., list[Transfer]]]]:
    module = importlib.import_module(f"milletpay.{package}.postings")
    for name, function in vars(module).items():
        is_own = inspect.isfunction(function) and function.__module__ == module.__name__ and name[0] != "_"
        if is_own and inspect.signature(function).return_annotation == list[Transfer]:
            yield name, function


def _read(package: str, name: str, function: Callable[..., list[Transfer]]) -> Recipe:
    lines = inspect.cleandoc(function.__doc__ or "").splitlines()
    rules = [number for number, line in enumerate(lines) if RULE.match(line)]
    assert len(rules) == 3, f"{package}.{name}: its docstring is its debit/credit table, with three rules"
    first, head, last = rules
    starts = [found.start() for found in re.finditer("=+", lines[first])]
    names = _cells(lines[first + 1], starts)
    assert names[:2] == ["debit", "credit"], f"{package}.{name}: the table begins with debit and credit"
    rows = [dict(zip(names, _cells(line, starts), strict=True)) for line in lines[head + 1 : last]]
    legs = tuple(_leg(f"{package}.{name}", row) for row in rows)
    return Recipe(package, name, function, " ".join(lines[:first]).strip(), legs)


def _cells(line: str, starts: list[int]) -> list[str]:
    ends: list[Any] = [*starts[1:], None]
    return [line[start:end].strip() for start, end in zip(starts, ends, strict=True)]


def _leg(recipe: str, row: dict[str, str]) -> Leg:
    debit, credit = (_kind(recipe, row[side]) for side in ("debit", "credit"))
    assert debit.pool is credit.pool, f"{recipe}: {row} joins two pools"
    pool = debit.pool.name.lower()
    assert row.get("pool", pool) == pool, f"{recipe}: {row['debit']} is in the pool {pool}"
    return Leg(debit, credit, row.get("amount", ""), row.get("when", ""), {**row, "pool": pool})


def _kind(recipe: str, text: str) -> AccountKind:
    found = ACCOUNT.fullmatch(text)
    assert found, f"{recipe}: {text!r} names no account"
    return AccountKind[found["kind"].upper()]
