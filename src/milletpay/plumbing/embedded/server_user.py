"""The operating system's user that PostgreSQL runs as: ourselves, or one of its own when we are root."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

NAME: Final = "milletpay"
USERADD: Final = (
    "useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent",
    "--shell", "/usr/sbin/nologin", NAME,
)  # fmt: skip


class ServerRefused(Exception):
    """The embedded server cannot be used as asked; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class ServerUser:
    """A user that is not root; `is_other` when it is not the one that we run as."""

    name: str
    uid: int
    gid: int
    is_other: bool

    def of_process(self) -> dict[str, Any]:
        """Give the arguments of `subprocess` that make a program run as this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.is_other else {}

    def can_enter(self, path: Path) -> bool:
        """Ask the system whether this user may pass through the directory."""
        command = ["/usr/bin/test", "-x", str(path)]
        return subprocess.run(command, check=False, cwd="/", **self.of_process()).returncode == 0


def server_user(*, cluster: Path) -> ServerUser:
    """Choose the user: ourselves, or as root the owner of the existing cluster, else `milletpay`.

    The user `milletpay` is made when it is missing; refuses when that cannot be.
    """
    if os.geteuid() != 0:
        name = _name_of(os.geteuid())
        return ServerUser(name=name, uid=os.geteuid(), gid=os.getegid(), is_other=False)
    if cluster.exists():
        # By number: in a container that was built anew the name may have another one.
        owner = cluster.stat()
        return ServerUser(name=_name_of(owner.st_uid), uid=owner.st_uid, gid=owner.st_gid, is_other=True)
    entry = _find_user() or _make_user()
    return ServerUser(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid, is_other=True)


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"number {uid}"


def _find_user() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        return None


def _make_user() -> pwd.struct_passwd:
    advice = f"PostgreSQL does not run as root. Create a system user {NAME}, or run as an ordinary user."
    program = shutil.which(USERADD[0], path=f"{os.defpath}:/usr/sbin:/sbin")
    if program is None:
        raise ServerRefused(f"{advice} (The program useradd, which would create it, was not found.)")
    made = subprocess.run([program, *USERADD[1:]], check=False, capture_output=True, text=True)
    # Another process may have made it in the same moment: what counts is that it is there.
    entry = _find_user()
    if entry is None:
        raise ServerRefused(f"{advice} (useradd failed: {made.stderr.strip()})")
    return entry
