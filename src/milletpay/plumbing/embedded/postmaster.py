"""A server that may be running in a cluster: what its pid file says, and whether that is true."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROCESSES: Final = Path("/proc")
STATUS_LINE: Final = 7


@dataclass(frozen=True, kw_only=True)
class Postmaster:
    """A running server: its process, and `ready`, `starting`, `stopping` or `standby`."""

    pid: int
    status: str


def find_postmaster(cluster: Path) -> Postmaster | None:
    """Read the cluster's pid file; None when there is none, or its process is gone or another program."""
    lines = _pid_file(cluster)
    if not lines or not lines[0].isdecimal() or not _serves(int(lines[0]), cluster=cluster):
        return None
    # The line of the status comes last, when the server knows what it is doing.
    status = lines[STATUS_LINE].strip() if len(lines) > STATUS_LINE else "starting"
    return Postmaster(pid=int(lines[0]), status=status)


def disown_stale_pid_file(cluster: Path) -> None:
    """Make a pid file whose process is no server of ours no obstacle; only while no server runs.

    The number may have gone to another program, which the server would take for itself. The file is kept: its
    last lines lead the server to shared memory that backends of a killed server may still use. Our own number
    is what a server that we start knows as its parent's.
    """
    path = cluster / "postmaster.pid"
    lines = _pid_file(cluster)
    if lines:
        text = "\n".join([str(os.getpid()), *lines[1:]]) + "\n"
        descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    elif path.exists():
        # Empty: the server was killed while it wrote it, before it had any shared memory.
        path.unlink()


def _pid_file(cluster: Path) -> list[str]:
    try:
        return (cluster / "postmaster.pid").read_text("utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []


def _serves(pid: int, *, cluster: Path) -> bool:
    """Say whether the process is a server of this cluster, started by us or by hand."""
    program, *arguments = _command(pid) or [""]
    if Path(program).name not in {"postgres", "postmaster"}:
        return False
    words = " ".join(arguments)
    return f"-D{cluster}" in words or f"-D {cluster}" in words


def _command(pid: int) -> list[str]:
    if PROCESSES.joinpath("self").exists():
        try:
            return PROCESSES.joinpath(str(pid), "cmdline").read_text("utf-8", errors="replace").split("\0")
        except (FileNotFoundError, ProcessLookupError):
            return []
    command = ["/bin/ps", "-o", "args=", "-p", str(pid)]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout.split()
