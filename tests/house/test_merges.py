"""What was merged was merged to the end."""

import re
from itertools import chain

from tests.house.source import ROOT

MARK = re.compile(rb"^(<{7}|>{7}|\|{7})( |$)", re.MULTILINE)
FOLDERS = ("src", "tests", "docs", "examples")


def test_no_file_holds_what_a_merge_could_not_decide() -> None:
    inside = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))
    files = [path for path in chain(ROOT.glob("*.*"), inside) if path.is_file() and path.suffix != ".pyc"]
    assert len(files) > 100
    marked = [str(path.relative_to(ROOT)) for path in files if MARK.search(path.read_bytes())]
    assert marked == []
