"""A guide, done step by step as its reader would: a demo, a shell that stays open, files that are written.

    ```console up        starts what goes on: `millet up ...`
    ```console demo      lines with `$ ` are typed, one after the other; below each is its output
    ```python file=NAME  is written to the file

A command goes on over lines that end with a backslash, or that are indented. In an output `...` is any text.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.house.documents import Block

END = "-- that was it:"
STEP_SECONDS = 60


def steps_of(block: Block) -> list[tuple[str, str]]:
    """The commands of a block, each with its promised output."""
    steps = []
    for step in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        lines = step.splitlines()
        size = 1
        while size < len(lines) and (lines[size - 1].endswith("\\") or _is_open("\n".join(lines[:size]))):
            size += 1
        steps.append(("\n".join(lines[:size]), "\n".join(lines[size:])))
    return steps


def _is_open(command: str) -> bool:
    """Whether a quotation goes on to the next line."""
    return command.count("'") % 2 == 1


def matches(printed: str, promised: str) -> bool:
    """Whether an output is what the guide promises."""
    pattern = re.escape(promised.strip()).replace(r"\.\.\.", ".*?")
    return re.fullmatch(pattern, printed.strip(), flags=re.DOTALL) is not None


class Shell:
    """A shell that somebody types into."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def type(self, command: str) -> str:
        """Give what a command prints; one that fails, or does not end, is an error."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f'{command}\necho "{END} $?"\n')
        self._process.stdin.flush()
        printed: list[str] = []
        for line in self._process.stdout:
            if END in line:
                before, _, status = line.partition(END)
                output = "".join([*printed, before])
                assert status.strip() == "0", f"`{command}` ended with {status.strip()}:\n{output}"
                return output
            printed.append(line)
        raise AssertionError(f"`{command}` ended the shell:\n{''.join(printed)}")


@contextmanager
def open_shell(folder: Path, *, port: int) -> Iterator[Shell]:
    """A shell in a folder, with the product's Python first; `port` is one that its programs may take."""
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "PORT": str(port),
        "HOME": str(folder),
    }
    # A step that hangs is ended with the shell, and seen as one that ended it.
    with subprocess.Popen(
        ["/usr/bin/timeout", str(STEP_SECONDS), "/bin/bash", "-o", "pipefail"],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield Shell(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(STEP_SECONDS)
