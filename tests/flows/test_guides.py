"""The guides are true: each is done from its first line to its last, as its reader would."""

import os
import shlex
import shutil
import socket
from pathlib import Path

import pytest

from tests.flows.guide import Shell, matches, open_shell, steps_of
from tests.flows.millet_process import data_directory, millet
from tests.house.documents import Block, document

GUIDES = ("docs/guides/integrate-in-an-hour.md", "docs/guides/running.md", "docs/guides/selling-in-a-shop.md")


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


@pytest.mark.parametrize("guide", GUIDES)
def test_what_can_be_tried_is_tried(guide: str) -> None:
    """A block of plain text is only looked at: what is in it runs for ever, or stands for something else."""
    for block in document(guide).blocks:
        if block.kind == "python":
            assert block.marks[0].startswith("file="), str(block)
        elif block.kind:
            assert (block.kind, block.marks[0]) in {("console", "up"), ("console", "demo")}, str(block)


@pytest.mark.skipif(
    shutil.which("curl") is None and "CI" not in os.environ, reason="the guides need curl, and there is none"
)
@pytest.mark.parametrize("guide", GUIDES)
def test_a_guide_is_done_from_its_first_line_to_its_last(guide: str) -> None:
    start, *rest = (block for block in document(guide).blocks if block.kind)
    with data_directory() as data:
        folder = data.parent
        with millet(*command_of(start), "--port", "0", cwd=folder) as process:
            process.wait_until_up()
            with open_shell(folder, port=free_port()) as shell:
                for block in rest:
                    do(block, shell=shell, folder=folder)
            assert process.stop() == 0


def do(block: Block, *, shell: Shell, folder: Path) -> None:
    if block.kind == "python":
        (folder / block.marks[0].removeprefix("file=")).write_text(block.text, encoding="utf-8")
        return
    for command, promised in steps_of(block):
        printed = shell.type(command)
        assert matches(printed, promised), f"{block}: `{command}` prints:\n{printed}"
