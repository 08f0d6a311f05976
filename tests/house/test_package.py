"""What is installed is what was chosen: the lock fits, licences are free enough, the wheel is whole."""

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import PackageNotFoundError, metadata, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.source import PACKAGE, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")

FREE = re.compile(r"Apache|\bBSD|\bMIT\b|PostgreSQL|PSF|Python Software|ISC|Unlicense|0BSD", re.IGNORECASE)


def _at_run_time() -> set[str]:
    """Every library that an installed MilletPay runs with, on this machine."""
    waiting = list(PROJECT["project"]["dependencies"])
    found: set[str] = set()
    while waiting:
        requirement = Requirement(waiting.pop())
        name = canonicalize_name(requirement.name)
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        try:
            waiting += requires(name) or []
        except PackageNotFoundError:
            continue  # for another platform
        found.add(name)
    return found


def test_the_lock_fits_the_project() -> None:
    """Every dependency is pinned to a version that the project allows, with hashes; else: `make lock`."""
    pinned = dict(re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", LOCK, flags=re.MULTILINE))
    wanted = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    for requirement in map(Requirement, wanted):
        version = pinned.get(canonicalize_name(requirement.name))
        assert version, f"{requirement.name} is not in requirements.lock: run `make lock`"
        assert version in requirement.specifier, f"the lock has {requirement.name} {version}: run `make lock`"
    assert LOCK.count("--hash=sha256:") >= len(pinned)


def test_licences_let_a_company_use_it() -> None:
    """No library that we run with asks more of its users than our own licence does."""
    libraries = _at_run_time()
    assert "asyncpg" in libraries
    for name in libraries:
        about = metadata(name)
        fields = ("License-Expression", "License", "Classifier")
        licences = " ".join(line for field in fields for line in about.get_all(field) or [])
        assert FREE.search(licences), f"{name}: is its licence free enough? It says: {licences[:200]}"
        assert not re.search(r"\b[AL]?GPL", licences), f"{name} is under {licences[:200]}"


def test_the_wheel_is_whole(tmp_path: Path) -> None:
    """What is built for others has every file of the package, SQL included."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        check=True,
        cwd=ROOT,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    files = [path for path in (ROOT / PACKAGE).rglob("*") if path.is_file() and path.suffix != ".pyc"]
    missing = {path.relative_to(ROOT / "src").as_posix() for path in files} - packed
    assert not missing, f"not in the wheel: {missing}"
