"""What is written is true: commands run, paths and links lead somewhere, records have their form.

A fenced block is tried when its first line says so:

    ```sh run        the commands run, one after the other, in an empty folder; the first failure ends it
    ```console run   lines with `$ ` run so too, and what stands below each is its output; `...` is any text
    ```pycon         is a session of Python, tried by doctest
"""

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.documents import Block, Document, document, documents
from tests.house.source import PACKAGE, ROOT

DOCUMENTS = documents()
BLOCKS = [block for doc in DOCUMENTS for block in doc.blocks]
COMMANDS = [block for block in BLOCKS if "run" in block.marks]
SESSIONS = [block for block in BLOCKS if block.kind == "pycon"]
DECISIONS = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))

SECTIONS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
LEFTOVERS = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|TB" + r"D|HA" + r"CK)\b")


def _run(command: str, *, folder: Path) -> str:
    """Run a command of a document as a person would who has activated .venv; gives what it printed."""
    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", command],
        check=False,
        cwd=folder,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    assert not done.returncode, f"{command}\nended with {done.returncode} and said:\n{done.stdout}"
    return done.stdout


def _steps(block: Block) -> list[tuple[str, str | None]]:
    """The commands of a block, each with the output that is promised, if one is."""
    if block.kind == "sh":
        return [(block.text, None)]
    steps = re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]
    return [(command, output) for command, _, output in (step.partition("\n") for step in steps)]


def _as_pattern(promised: str) -> str:
    return re.escape(promised.rstrip()).replace(r"\.\.\.", ".*?")


@pytest.mark.parametrize("block", COMMANDS, ids=str)
def test_commands_run(block: Block, tmp_path: Path) -> None:
    assert block.kind in {"sh", "console"}, f"{block}: only sh and console blocks can be run"
    for command, promised in _steps(block):
        printed = _run(command, folder=tmp_path)
        if promised is not None:
            matches = re.fullmatch(_as_pattern(promised), printed.rstrip(), flags=re.DOTALL)
            assert matches, f"{block}: `{command}` prints something else:\n{printed}"


@pytest.mark.parametrize("block", SESSIONS, ids=str)
def test_python_sessions_are_real(block: Block) -> None:
    test = doctest.DocTestParser().get_doctest(block.text, {}, str(block), str(block.path), block.line)
    said: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=said.append)
    assert result.attempted, f"{block}: nothing to try"
    assert not result.failed, "".join(said)


def test_the_readme_is_tried() -> None:
    assert [block for block in COMMANDS if block.path.name == "README.md"]


@pytest.mark.parametrize("doc", DOCUMENTS, ids=lambda doc: str(doc.path))
def test_links_lead_somewhere(doc: Document) -> None:
    for link in doc.links:
        if not re.match(r"[a-z]+:|#", link):
            target = ROOT / doc.path.parent / link.split("#")[0]
            assert target.exists(), f"{doc.path}: the link to {link} leads nowhere"


def _exists(path: str) -> bool:
    """Whether there is such a path, from the root or from the package; a bare name may be deeper."""
    places = [(ROOT / start).glob(path.rstrip("/")) for start in ("", "src", PACKAGE)]
    if "/" not in path:
        places.append((ROOT / PACKAGE).rglob(path))
    return any(found for place in places for found in place)


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "GLOSSARY.md"])
def test_paths_exist(name: str) -> None:
    """A path in backticks is there; what is only planned is written in *italics*."""
    for code in document(name).codes:
        if re.fullmatch(r"[\w.*-]+(/[\w.*-]*)+|\w+\.(py|sql|md|toml|lock)", code):
            assert _exists(code), (
                f"{name}: {code} does not exist; write it in *italics* while it is only planned"
            )


def test_one_payment_in_six_files_is_where_it_says() -> None:
    """Each item names files, and what to look for in one of them."""
    section = (
        document("ARCHITECTURE.md").text.partition("## One payment in six files\n")[2].partition("\n## ")[0]
    )
    items = re.findall(r"^\d\. (.*(?:\n   .*)*)", section, flags=re.MULTILINE)
    assert len(items) == 6
    for item in items:
        links = re.findall(r"\]\(([^)]+)\)", item)
        codes = re.findall(r"`([^`]+)`", item)
        paths = [path for path in codes + links if re.search(r"\.(py|md|out)$", path)]
        assert paths, item
        texts = [_read(path) for path in paths]
        for name in (code for code in codes if re.fullmatch(r"\w+(\.\w+)?", code)):
            for word in name.split("."):
                assert any(re.search(rf"\b{word}\b", text) for text in texts), f"{word} is not in {paths}"


def _read(path: str) -> str:
    place = next(ROOT / start / path for start in ("", PACKAGE) if (ROOT / start / path).exists())
    return place.read_text(encoding="utf-8")


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):.*  ## ", makefile, flags=re.MULTILINE))
    phony = re.findall(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)[0].split()
    assert targets == set(phony), "every target of the Makefile says what it does, after `##`, and is .PHONY"
    for doc in DOCUMENTS:
        text = "\n".join(doc.codes) + "\n".join(
            block.text for block in doc.blocks if block.kind in {"sh", "console"}
        )
        named = set(re.findall(r"^(?:\$ )?make ([a-z]+)", text, flags=re.MULTILINE))
        assert named <= targets, f"{doc.path}: make has no target {named - targets}"


@pytest.mark.parametrize("doc", DOCUMENTS, ids=lambda doc: str(doc.path))
def test_nothing_is_left_over(doc: Document) -> None:
    found = LEFTOVERS.search(doc.text)
    assert not found, f"{doc.path}: `{found[0]}`: do it, or say why it is not done"


def test_the_changelog_has_its_form() -> None:
    """Keep a Changelog: `## [Unreleased]`, then `## [1.2.3] - 2026-01-31`, each with its kinds of change."""
    text = document("CHANGELOG.md").text
    versions = re.findall(r"^## (.*)$", text, flags=re.MULTILINE)
    assert versions[0] == "[Unreleased]"
    for version in versions[1:]:
        assert re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}", version), version
    kinds = re.findall(r"^### (.*)$", text, flags=re.MULTILINE)
    assert kinds
    assert set(kinds) <= SECTIONS


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_is_one_page(path: Path) -> None:
    """See docs/decisions/0000-template.md."""
    text = path.read_text(encoding="utf-8")
    number = int(path.name[:4])
    assert re.match(rf"# {number}\. \S", text), f"the title of {path.name} is `# {number}. Title`"
    headings = re.findall(r"^## (.*)$", text, flags=re.MULTILINE)
    assert headings == ["Context", "Decision", "Consequences"], f"{path.name} has {headings}"
    assert re.search(r"^Status: (proposed|accepted|superseded by \d{4})\b", text, flags=re.MULTILINE)
    assert len(text.splitlines()) <= 80, f"{path.name} is longer than a page; keep what decides"


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(len(DECISIONS)))
