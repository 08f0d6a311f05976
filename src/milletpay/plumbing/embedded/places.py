"""The data directory: what lies where in it, who may enter it, and who holds it.

The directory and the files in it are ours; `postgres` and `socket` belong to the server's user and are closed
to everybody else. As root we write nothing inside those two, so that nothing there can lead us elsewhere.
"""

import fcntl
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from milletpay.plumbing.embedded.server_user import ServerRefused, ServerUser

SOCKET_PATH_MAX: Final = 103
"""Bytes that a socket's address holds on every system (Linux takes 107, macOS 103)."""

SOCKET_NAME: Final = ".s.PGSQL.5432"
SHORT_ROOT: Final = Path("/tmp")  # noqa: S108 - only a new 0700 directory is made in it, by mkdtemp


@dataclass(frozen=True, kw_only=True)
class Places:
    """What lies where below an absolute data directory."""

    directory: Path

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.directory / "postgres"

    @property
    def partial(self) -> Path:
        """A cluster that is being made; half of one never has the final name."""
        return self.directory / "postgres.partial"

    @property
    def password(self) -> Path:
        """The owner's password, for ourselves alone."""
        return self.directory / "owner-password"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.directory / "postgres.log"

    @property
    def lock(self) -> Path:
        """Locked by the process that runs the server; names it."""
        return self.directory / "lock"

    @property
    def guests(self) -> Path:
        """Locked together by the tools that use a server which another process runs."""
        return self.directory / "guests"

    @property
    def socket(self) -> Path:
        """The directory of the server's socket, or a link to a shorter one."""
        return self.directory / "socket"

    def cluster_owner(self) -> int | None:
        """Give the user id that the cluster belongs to, None when there is none yet."""
        return self.cluster.stat().st_uid if self.cluster.exists() else None


def prepare_directory(places: Places, *, user: ServerUser) -> None:
    """Make the data directory where it is missing and let the server's user pass through it.

    Refuses one that the user cannot reach, and one that holds something else. No other directory is changed.
    """
    directory = places.directory
    if directory.exists() and not places.lock.exists() and any(directory.iterdir()):
        raise ServerRefused(f"{directory} is not empty and not a data directory of MilletPay. Name another.")
    refuse_unreachable(directory.parent, user=user)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if user.is_other and not user.can_enter(directory):
        directory.chmod(directory.stat().st_mode | 0o111)
    refuse_unreachable(directory, user=user)


def refuse_unreachable(path: Path, *, user: ServerUser) -> None:
    """Refuse a path that the user cannot pass through, with the directory that is closed."""
    while not path.exists():
        path = path.parent
    if not user.is_other or user.can_enter(path):
        return
    closed = next(step for step in (*reversed(path.parents), path) if not user.can_enter(step))
    raise ServerRefused(
        f"PostgreSQL runs as the user {user.name}, who may not enter {closed}. Choose a --data directory below"
        " one that everybody may pass through, as /var/lib/milletpay, or run as an ordinary user."
    )


def hold(places: Places, *, purpose: str) -> int:
    """Take the data directory for this process; the caller closes the descriptor that is returned.

    Refuses when another process has it, and names that.
    """
    descriptor = os.open(places.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 200).decode(errors="replace").strip() or "another process"
        os.close(descriptor)
        raise DirectoryHeld(
            f"{places.directory} is in use by {holder}. Use that, stop it first, or name another --data directory."
        ) from None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{purpose} (process {os.getpid()})\n".encode())
    return descriptor


class DirectoryHeld(ServerRefused):
    """Another process runs the server of this data directory."""


def make_socket_directory(places: Places, *, user: ServerUser) -> Path:
    """Make the 0700 directory of the server's socket, a short one elsewhere when the path would be too long."""
    if len(os.fsencode(places.socket / SOCKET_NAME)) <= SOCKET_PATH_MAX:
        if places.socket.is_symlink():
            places.socket.unlink()
        places.socket.mkdir(mode=0o700, exist_ok=True)
        _give(places.socket, user=user)
        return places.socket
    if places.socket.is_symlink():
        target = places.socket.readlink()
        if target.is_dir() and not target.is_symlink() and target.stat().st_uid == user.uid:
            return target
        places.socket.unlink()
    elif places.socket.exists():
        # The data was moved from a shorter path.
        shutil.rmtree(places.socket)
    target = Path(tempfile.mkdtemp(prefix="millet-", dir=SHORT_ROOT))
    _give(target, user=user)
    places.socket.symlink_to(target)
    return target


def remove_short_socket_directory(places: Places) -> None:
    """Remove the short directory of a server that has stopped."""
    if places.socket.is_symlink():
        shutil.rmtree(places.socket.readlink(), ignore_errors=True)
        places.socket.unlink()


def make_own_directory(path: Path, *, user: ServerUser) -> None:
    """Make an empty 0700 directory that belongs to the server's user."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=0o700)
    _give(path, user=user)


def write_private(path: Path, *, text: str, user: ServerUser) -> None:
    """Write a new file that only its owner, the given user, reads."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    _give(path, user=user)


def _give(path: Path, *, user: ServerUser) -> None:
    if user.is_other:
        os.chown(path, user.uid, user.gid)
