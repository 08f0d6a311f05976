"""The examples run, and print what stands beside them."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.demonstration import Demo, demonstration
from tests.house.source import ROOT

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
ID = re.compile(r"\b(?P<prefix>[a-z]{3})_[0-9a-z]{26}\b")


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with demonstration() as running:
        yield running


def put_plainly(text: str) -> str:
    """Ids by their prefix and number of appearance: `pay_1`."""
    known: dict[str, str] = {}
    counts: dict[str, int] = {}

    def plain(found: re.Match[str]) -> str:
        if found[0] not in known:
            counts[found["prefix"]] = counts.get(found["prefix"], 0) + 1
            known[found[0]] = f"{found['prefix']}_{counts[found['prefix']]}"
        return known[found[0]]

    return ID.sub(plain, text)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_prints_what_stands_beside_it(path: Path, demo: Demo) -> None:
    done = subprocess.run(
        [sys.executable, path, demo.data], check=False, capture_output=True, text=True, timeout=300
    )
    assert not done.returncode, done.stderr
    expected = path.with_suffix(".out").read_text(encoding="utf-8")
    assert put_plainly(done.stdout) == expected, f"write it to {path.stem}.out, if it is right"


def test_there_is_an_example() -> None:
    assert EXAMPLES
