"""An ordinary user runs everything alone: no root, no user of its own, nothing outside the data directory."""

import os
import pwd
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from milletpay.plumbing.embedded.postmaster import find_postmaster
from tests.flows.millet_process import SOURCE, millet

# As root the tests become this user; as an ordinary user every other test proves the same.
NOBODY = "nobody"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="every test runs as an ordinary user already")


@pytest.fixture
def somebody(new_data: Path) -> dict[str, Any]:
    """What makes `millet` run as an ordinary user who may write beside the data directory."""
    user = pwd.getpwnam(NOBODY)
    identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    os.chown(new_data.parent, user.pw_uid, user.pw_gid)
    return {
        "python": python_for(identity),
        "cwd": "/",
        "environment": environment(new_data.parent),
        **identity,
    }


def environment(home: Path) -> dict[str, str]:
    spec = find_spec("asyncpg")
    assert spec is not None
    assert spec.origin is not None
    libraries = Path(spec.origin).parent.parent
    return {"HOME": str(home), "PYTHONPATH": f"{SOURCE}:{libraries}", "PYTHONDONTWRITEBYTECODE": "1"}


def python_for(identity: dict[str, Any]) -> str:
    """This Python, or the system's of the same version, whichever that user can run."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        try:
            subprocess.run([python, "-c", "import ssl"], check=True, capture_output=True, cwd="/", **identity)
        except (OSError, subprocess.CalledProcessError):
            continue
        return python
    pytest.skip(f"the user {NOBODY} can run no {version} on this machine")


def test_an_ordinary_user_runs_everything_alone(new_data: Path, somebody: dict[str, Any]) -> None:
    with millet("up", "--data", str(new_data), "--port", "0", **somebody) as running:
        running.wait_until_up()
        assert running.get("/healthz")[0] == 200
        found = find_postmaster(new_data / "postgres")
        assert found is not None
        for path in (
            new_data,
            new_data / "postgres",
            new_data / "owner-password",
            Path(f"/proc/{found.pid}"),
        ):
            assert path.owner() == NOBODY
        assert (new_data.stat().st_mode & 0o777, (new_data / "owner-password").stat().st_mode & 0o777) == (
            0o700,
            0o600,
        )
        with millet("up", "--data", str(new_data), "--port", "0") as root:
            assert root.wait() == 1
            assert f"{new_data} belongs to {NOBODY}. Run as {NOBODY}" in root.said()
        assert running.stop() == 0


def test_the_data_of_an_ordinary_user_live_in_its_home(new_data: Path, somebody: dict[str, Any]) -> None:
    with millet("up", "--port", "0", **somebody) as running:
        running.wait_until_up()
        assert (new_data.parent / ".local/share/milletpay/postgres/PG_VERSION").exists()
        assert running.stop() == 0
