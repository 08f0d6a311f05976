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
        command = ["test", "-x", str(path)]
        return subprocess.run(command, check=False, cwd="/", **self.of_process()).returncode == 0


def server_user(*, data_owner: int | None) -> ServerUser:
    """Choose the user: ourselves, or as root the owner of the existing data, else `milletpay`, made when missing.

    Refuses data that belongs to somebody else.
    """
    ours = os.geteuid()
    if ours != 0:
        if data_owner not in {None, ours}:
            owner = pwd.getpwuid(data_owner).pw_name if data_owner is not None else ""
            raise ServerRefused(f"The data belongs to the user {owner}. Run as {owner} or as root.")
        return ServerUser(name=pwd.getpwuid(ours).pw_name, uid=ours, gid=os.getegid(), is_other=False)
    if data_owner:
        entry = pwd.getpwuid(data_owner)
    else:
        entry = _own_user()
    return ServerUser(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid, is_other=True)


def _own_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        pass
    advice = (
        f"PostgreSQL does not run as root. Create a system user named {NAME}, or run as an ordinary user."
    )
    if shutil.which(USERADD[0]) is None:
        raise ServerRefused(f"{advice} (The program useradd, which would create it, was not found.)")
    made = subprocess.run(USERADD, check=False, capture_output=True, text=True)
    # Another process may have made it in the same moment: what counts is that it is there.
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        raise ServerRefused(f"{advice} (useradd failed: {made.stderr.strip()})") from None
