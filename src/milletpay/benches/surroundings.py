"""Under which conditions a figure was taken: versions, machine, and what it costs the processors."""

import os
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from milletpay import __version__

PROCESSES: Final = Path("/proc")
GIB: Final = 1024**3


def versions() -> dict[str, str]:
    """The versions of what runs in this process."""
    return {
        "milletpay": __version__,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "asyncpg": _version_of("asyncpg"),
        "uvloop": _version_of("uvloop"),
    }


def machine() -> dict[str, Any]:
    """What this machine is."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(memory / GIB, 1),
        "system": f"{platform.system()} {platform.release()}",
    }


@dataclass(frozen=True, kw_only=True)
class ProcessorTime:
    """Processor time used so far, in seconds, where it can be seen."""

    python: float = 0.0
    """By this process."""
    postgresql: float | None = None
    """By the processes of the server."""
    machine: float | None = None
    """By everything on this machine."""

    @classmethod
    def now(cls, *, postmaster: int | None) -> "ProcessorTime":
        """Read it."""
        times = os.times()
        return cls(
            python=times.user + times.system,
            postgresql=None if postmaster is None or not PROCESSES.exists() else _used_below(postmaster),
            machine=_used_by_all(),
        )

    def __sub__(self, earlier: "ProcessorTime") -> "ProcessorTime":
        """What was used since."""
        return ProcessorTime(
            python=self.python - earlier.python,
            postgresql=_difference(self.postgresql, earlier.postgresql),
            machine=_difference(self.machine, earlier.machine),
        )

    def elsewhere(self) -> float | None:
        """What other programs used."""
        ours = None if self.postgresql is None else self.python + self.postgresql
        left = _difference(self.machine, ours)
        return None if left is None else max(left, 0.0)


def _difference(later: float | None, earlier: float | None) -> float | None:
    return None if later is None or earlier is None else later - earlier


def _used_by_all() -> float | None:
    described = PROCESSES / "stat"
    if not described.exists():
        return None
    # user, nice, system, idle, waiting for a disk, interrupts, soft interrupts, taken by the host
    ticks = [int(field) for field in described.read_text("utf-8").split("\n", 1)[0].split()[1:9]]
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")


def _used_below(parent: int) -> float:
    """Processor time of the processes that a process has started, those that have ended left out."""
    ticks = 0
    for entry in PROCESSES.iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            said = entry.joinpath("stat").read_text("utf-8")
        except OSError:
            continue  # It has just ended.
        # The name, in parentheses, may hold anything.
        fields = said.rpartition(")")[2].split()
        if int(fields[1]) == parent:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def processor_time_of(process: int) -> float | None:
    """Processor time that one process has used, in seconds; None where that cannot be seen."""
    try:
        said = PROCESSES.joinpath(str(process), "stat").read_text("utf-8")
    except OSError:
        return None
    fields = said.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _processor() -> str:
    described = PROCESSES / "cpuinfo"
    if described.exists():
        for line in described.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
