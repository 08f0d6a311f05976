"""A server that may be running in a cluster: what its pid file says, and whether that is true."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROCESSES: Final = Path("/proc")


@dataclass(frozen=True, kw_only=True)
class Postmaster:
    """A running server: its process, and `ready`, `starting` or `stopping`."""

    pid: int
    status: str


def find_postmaster(cluster: Path) -> Postmaster | None:
    """Read the cluster's pid file; None when there is none, or when the process is gone or another program."""
    try:
        lines = (cluster / "postmaster.pid").read_text("utf-8", errors="replace").splitlines()
        pid = int(lines[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None
    if not _serves(pid, cluster=cluster):
        return None
    # The eighth line is written when the server knows what it is doing.
    return Postmaster(pid=pid, status=lines[7].strip() if len(lines) > 7 else "starting")


def _serves(pid: int, *, cluster: Path) -> bool:
    """Say whether the process is a server of this cluster: its number may have gone to another program."""
    arguments = _arguments(pid)
    return f"-D{cluster}" in arguments


def _arguments(pid: int) -> list[str]:
    if PROCESSES.joinpath("self").exists():
        try:
            return PROCESSES.joinpath(str(pid), "cmdline").read_text("utf-8", errors="replace").split("\0")
        except (FileNotFoundError, ProcessLookupError):
            return []
    listed = subprocess.run(
        ["ps", "-o", "args=", "-p", str(pid)], check=False, capture_output=True, text=True
    )
    return listed.stdout.split()
