"""Who has a data directory: one process runs its server, and others may be guests of that server.

Locks are the kernel's (flock): they end with the process, however it ends.
"""

import fcntl
import os
from pathlib import Path

from milletpay.plumbing.embedded.places import Places
from milletpay.plumbing.embedded.server_user import ServerRefused


class DirectoryHeld(ServerRefused):
    """Another process runs the server of this data directory; the message names it."""


def hold(places: Places, *, purpose: str) -> int:
    """Take the data directory for this process; the caller closes the descriptor that is returned.

    Refuses with `DirectoryHeld` when another process has it.
    """
    descriptor = _lock(places.lock, kind=fcntl.LOCK_EX)
    if descriptor is None:
        holder = places.lock.read_text("utf-8", errors="replace").strip() or "another process"
        raise DirectoryHeld(
            f"{places.directory} is in use by {holder}. Use that one, stop it first,"
            " or name another directory with --data."
        )
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{purpose} (process {os.getpid()})\n".encode())
    return descriptor


def be_guest(places: Places) -> int | None:
    """Tell the process that runs the server that we use it; the caller closes the descriptor.

    None when that process has begun to stop the server.
    """
    return _lock(places.guests, kind=fcntl.LOCK_SH)


def close_to_guests(places: Places) -> int | None:
    """Let no further guest in; the caller closes the descriptor. None while there is a guest."""
    return _lock(places.guests, kind=fcntl.LOCK_EX)


def _lock(path: Path, *, kind: int) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
