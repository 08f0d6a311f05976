"""The guides are true: each is done from its first line to its last, as its reader would."""

import json
import os
import shlex
import shutil
import socket
from pathlib import Path

import pytest

from tests.flows.guide import matches, open_shell, steps_of
from tests.flows.millet_process import data_directory, millet
from tests.house.documents import Block, document

GUIDE = "docs/guides/integrate-in-an-hour.md"
BLOCKS = list(document(GUIDE).blocks)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def command_of(block: Block) -> list[str]:
    """The arguments of the `millet` that a block starts."""
    ((command, _),) = steps_of(block)
    program, *arguments = shlex.split(command)
    assert program == "millet"
    return arguments


def test_nothing_in_the_guide_goes_untried() -> None:
    for block in BLOCKS:
        tried = (block.kind, block.marks[:1]) in [("console", ["up"]), ("console", ["demo"])]
        assert tried or (block.kind == "python" and block.marks[0].startswith("file=")), str(block)


@pytest.mark.skipif(
    shutil.which("curl") is None and "CI" not in os.environ, reason="the guide needs curl, and there is none"
)
def test_integrate_in_an_hour() -> None:
    start, *rest = BLOCKS
    with data_directory() as data:
        folder = data.parent
        with millet(*command_of(start), "--port", "0", cwd=folder) as process:
            process.wait_until_up()
            assert json.loads((data / "demo.json").read_text(encoding="utf-8"))["merchants"]
            with open_shell(folder, port=free_port()) as shell:
                for block in rest:
                    if block.kind == "python":
                        name = block.marks[0].removeprefix("file=")
                        Path(folder / name).write_text(block.text, encoding="utf-8")
                        continue
                    for command, promised in steps_of(block):
                        printed = shell.type(command)
                        assert matches(printed, promised), f"{block}: `{command}` prints:\n{printed}"
            assert process.stop() == 0
