"""The project's prose: its documents, and the parts of them that can be tried."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.house.source import ROOT

_BLOCK = re.compile(r"^```(?P<kind>[a-z]*)(?P<mark>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\((?P<to>[^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Document:
    """One Markdown file; `path` is relative to the project's root."""

    path: Path
    text: str

    @property
    def prose(self) -> str:
        """The text without its fenced blocks."""
        return _BLOCK.sub("", self.text)

    @property
    def blocks(self) -> Iterator["Block"]:
        """The fenced blocks, with the line on which the text of each starts."""
        for found in _BLOCK.finditer(self.text):
            line = self.text.count("\n", 0, found.start()) + 2
            yield Block(self.path, line, found["kind"], found["mark"].split(), found["text"])

    @property
    def links(self) -> list[str]:
        """Where its links lead."""
        return [found["to"] for found in _LINK.finditer(self.prose)]

    @property
    def codes(self) -> list[str]:
        """What stands between backticks."""
        return _CODE.findall(self.prose)


@dataclass(frozen=True)
class Block:
    """A fenced block of a document: its language, the words after it, its text."""

    path: Path
    line: int
    kind: str
    marks: list[str]
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


def document(name: str) -> Document:
    """Read one document."""
    return Document(Path(name), (ROOT / name).read_text(encoding="utf-8"))


def documents() -> list[Document]:
    """Every document of the project."""
    at_the_top = sorted(ROOT.glob("*.md"))
    deeper = sorted(path for folder in ("docs", "examples", "src") for path in (ROOT / folder).rglob("*.md"))
    return [document(str(path.relative_to(ROOT))) for path in at_the_top + deeper]
