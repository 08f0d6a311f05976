"""The data directory: what lies where in it, and who may enter it.

The directory and the files in it are ours; `postgres` and `socket` belong to the server's user and are closed
to everybody else. As root we follow no link that the server's user could have laid there.
"""

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
OF_FILE_SYSTEM: Final = {"lost+found"}


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


def places_of(directory: Path) -> Places:
    """Give the places below a directory, however it is written."""
    return Places(directory=directory.expanduser().absolute())


def refuse_foreign_directory(places: Places) -> None:
    """Refuse a directory that is not ours to use: of another user, or with other things in it."""
    directory = places.directory
    if not directory.exists():
        return
    if not directory.is_dir():
        raise ServerRefused(f"{directory} is not a directory. Name another with --data.")
    owner = directory.stat().st_uid
    if owner != os.geteuid():
        raise ServerRefused(
            f"{directory} belongs to {directory.owner()}. Run as {directory.owner()}, or name another."
        )
    if places.lock.exists():
        return
    if any(entry.name not in OF_FILE_SYSTEM for entry in directory.iterdir()):
        raise ServerRefused(
            f"{directory} is not empty and holds no data of MilletPay. Name another with --data."
        )


def prepare_directory(places: Places, *, user: ServerUser) -> None:
    """Make the data directory where it is missing and let the server's user pass through it.

    Refuses one that the user cannot reach. The permissions of no other directory are changed.
    """
    directory = places.directory
    refuse_unreachable(directory.parent, user=user)
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ServerRefused(
            f"The directory {directory} cannot be made ({error}). Name another with --data."
        ) from error
    if user.is_other and not user.can_enter(directory):
        directory.chmod(directory.stat().st_mode | 0o111)
    refuse_unreachable(directory, user=user)


def refuse_unreachable(path: Path, *, user: ServerUser) -> None:
    """Refuse a path that the user cannot pass through, and name the directory that is closed."""
    while not path.exists():
        path = path.parent
    if not user.is_other or user.can_enter(path):
        return
    closed = next(step for step in (*reversed(path.parents), path) if not user.can_enter(step))
    raise ServerRefused(
        f"PostgreSQL runs as the user {user.name}, who may not enter {closed}. Choose a --data directory"
        " that everybody may reach, as /var/lib/milletpay/data, or run as an ordinary user."
    )


def make_socket_directory(places: Places, *, user: ServerUser) -> Path:
    """Have an empty 0700 directory for the server's socket, a short one elsewhere when the path is too long.

    Only while no server runs.
    """
    remove_socket_directory(places)
    if len(os.fsencode(places.socket / SOCKET_NAME)) <= SOCKET_PATH_MAX:
        make_own_directory(places.socket, user=user)
        return places.socket
    short = Path(tempfile.mkdtemp(prefix="millet-", dir=SHORT_ROOT))
    give(short, user=user)
    places.socket.symlink_to(short)
    return short


def remove_socket_directory(places: Places) -> None:
    """Remove the directory of the socket, wherever it is."""
    if places.socket.is_symlink():
        short = places.socket.readlink()
        # What the name leads to is not ours if somebody else made it since.
        if short.exists() and not short.is_symlink():
            shutil.rmtree(short, ignore_errors=True)
        places.socket.unlink()
    elif places.socket.exists():
        shutil.rmtree(places.socket)


def make_own_directory(path: Path, *, user: ServerUser) -> None:
    """Make an empty 0700 directory that belongs to the server's user."""
    if path.exists():
        shutil.rmtree(path)
    path.mkdir(mode=0o700)
    give(path, user=user)


def write_private(path: Path, *, text: str, user: ServerUser) -> None:
    """Write a new file that only its owner, the given user, reads."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    give(path, user=user)


def give(path: Path, *, user: ServerUser) -> None:
    """Make the path belong to the server's user."""
    if user.is_other:
        os.chown(path, user.uid, user.gid)
