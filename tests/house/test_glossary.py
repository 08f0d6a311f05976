"""GLOSSARY.md keeps its form, and every symbol in it is really there.

An entry is one paragraph:

    **pending** (挂起): One sentence that says what it is.
    *Symbol:* `milletpay.ledger.PendingStatus`. *Source:* TigerBeetle, two-phase transfers. *Not:* a queue.

A symbol is a name of the product's Python or a table of its SQL; several are set apart by commas.
"""

import importlib
import re

import pytest

from tests.house.documents import document
from tests.house.source import PACKAGE, ROOT, sources

ENTRY = re.compile(
    r"^\*\*(?P<word>[^*]+)\*\* \((?P<chinese>[^)]+)\): (?P<sentence>[^\n]+(?:\n(?!\*)[^\n]+)*)\n"
    r"\*Symbol:\* (?P<symbols>[^\n]+?)\. \*Source:\* (?P<source>[^\n]+(?:\n(?!\*)[^\n]+)*?)\."
    r"(?:\s\*Not:\* (?P<other>[^\n]+(?:\n(?!\*)[^\n]+)*?)\.)?$"
)


def _paragraphs() -> list[str]:
    return [part for part in document("GLOSSARY.md").text.split("\n\n") if part.startswith("**")]


ENTRIES = [(text, ENTRY.match(text.strip())) for text in _paragraphs()]


def _resolves(symbol: str) -> bool:
    """Whether a dotted name of Python, or a `schema.table` of SQL, is there."""
    if not symbol.startswith("milletpay"):
        create = re.compile(rf"CREATE (?:UNLOGGED )?(?:TABLE|VIEW) {re.escape(symbol)}\b")
        return any(create.search(s.text) for s in sources() if not s.is_python and s.path.startswith(PACKAGE))
    parts = symbol.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for name in parts[end:]:
            # A field of a record without a default is an annotation only.
            annotations = getattr(found, "__annotations__", {})
            found = getattr(found, name, annotations.get(name))
            if found is None:
                return False
        return True
    return False


def test_entries_have_their_form() -> None:
    assert ENTRIES
    for text, entry in ENTRIES:
        assert entry, f"write it as the docstring of {__name__} says:\n{text}"
        assert re.search(r"[\u4e00-\u9fff]", entry["chinese"]), (
            f"{entry['word']}: the Chinese name is in parentheses"
        )


def test_words_are_in_order_and_once() -> None:
    words = [entry["word"].lower() for _, entry in ENTRIES if entry]
    assert words == sorted(set(words))


@pytest.mark.parametrize("entry", [e for _, e in ENTRIES if e], ids=lambda entry: entry["word"])
def test_symbols_resolve(entry: re.Match[str]) -> None:
    symbols = re.findall(r"`([^`]+)`", entry["symbols"])
    assert symbols, f"{entry['word']}: which symbol is it?"
    for symbol in symbols:
        assert _resolves(symbol), f"{entry['word']}: there is no {symbol}"


def test_every_package_is_explained() -> None:
    """A package is a business noun, so its name is a word of the glossary or of ARCHITECTURE.md."""
    known = document("GLOSSARY.md").text + document("ARCHITECTURE.md").text
    for init in (ROOT / PACKAGE).glob("*/__init__.py"):
        assert f"`{init.parent.name}`" in known, f"say in ARCHITECTURE.md what `{init.parent.name}` is"


@pytest.mark.parametrize("symbol", ["milletpay.ledger.Acount", "milletpay.leger", "ledger.transferz"])
def test_a_wrong_symbol_is_found(symbol: str) -> None:
    assert not _resolves(symbol)
