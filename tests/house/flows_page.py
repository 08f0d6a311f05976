"""The flows of money as a page: `docs/accounting/flows.md` is what this writes, and a test compares."""

import importlib
import inspect
import sys
from collections.abc import Iterator
from itertools import groupby

from tests.house.recipes import Recipe, recipes

HEAD = """\
# Flows

This page is made from the docstrings of the recipes, `postings.py` in each package; a test fails when the two
differ, and another one holds each table against what its recipe gives. Change the recipes, then run
`python -m tests.house.flows_page > docs/accounting/flows.md`. What the accounts are says
[the chart](chart.md).

The legs of one table are linked: all or none. A leg of zero is left out. A leg stays in its pool; where a
flow touches client money and own money, it posts in both.
"""


def flows_page() -> str:
    """The page in Markdown."""
    lines = [HEAD]
    for package, group in groupby(recipes(), key=lambda recipe: recipe.package):
        module = importlib.import_module(f"milletpay.{package}.postings")
        lines += [f"## {package.capitalize()}\n", f"{_first_sentence(module)}\n"]
        for recipe in group:
            lines += [f"### `{recipe.name}`\n", f"{recipe.story}\n", *_table(recipe), ""]
    return "\n".join(lines).rstrip() + "\n"


def _table(recipe: Recipe) -> Iterator[str]:
    heads = list(recipe.legs[0].cells)
    yield f"| {' | '.join(heads)} |"
    yield "|" + "---|" * len(heads)
    for leg in recipe.legs:
        cells = [f"`{cell}`" if head in {"debit", "credit"} else cell for head, cell in leg.cells.items()]
        yield f"| {' | '.join(cells)} |"


def _first_sentence(module: object) -> str:
    return (inspect.getdoc(module) or "").partition(". ")[0].partition(".\n")[0].rstrip(".") + "."


if __name__ == "__main__":
    sys.stdout.write(flows_page())
