"""Settings of PostgreSQL, sized to the machine."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MIB: Final = 1024 * 1024
GIB: Final = 1024 * MIB
CGROUP_LIMIT: Final = Path("/sys/fs/cgroup/memory.max")


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What the server may use: memory and free disk space, in bytes."""

    memory: int
    free_disk: int


def this_machine(*, data: Path) -> Machine:
    """Measure this machine, or the container that we are in, and the disk of `data`."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if CGROUP_LIMIT.exists():
        limit = CGROUP_LIMIT.read_text("ascii").strip()
        if limit.isdecimal():
            memory = min(memory, int(limit))
    return Machine(memory=memory, free_disk=shutil.disk_usage(data).free)


def settings_for(machine: Machine) -> dict[str, str]:
    """Choose the settings that differ from PostgreSQL's defaults, and those that money depends on."""
    shared = _between(machine.memory // 4, low=64 * MIB, high=2 * GIB)
    wal = _between(machine.free_disk // 10, low=256 * MIB, high=16 * GIB)
    return {
        # Money depends on these: a configuration file cannot change what stands on the command line.
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        # Nobody reaches the server but through the socket in a closed directory.
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "shared_buffers": _mib(shared),
        "effective_cache_size": _mib(machine.memory // 2),
        "maintenance_work_mem": _mib(_between(machine.memory // 32, low=32 * MIB, high=512 * MIB)),
        "work_mem": "16MB",
        # Few checkpoints: each makes every page that changes after it go into the log whole.
        "checkpoint_timeout": "15min",
        "max_wal_size": _mib(wal),
        "min_wal_size": _mib(min(wal // 4, 2 * GIB)),
        "wal_buffers": _mib(_between(shared // 32, low=4 * MIB, high=64 * MIB)),
        # Short statements: compiling them costs more than it gains.
        "jit": "off",
        "random_page_cost": "1.1",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %q%u@%d ",
    }


def _between(value: int, *, low: int, high: int) -> int:
    return max(low, min(value, high))


def _mib(size: int) -> str:
    return f"{size // MIB}MB"
