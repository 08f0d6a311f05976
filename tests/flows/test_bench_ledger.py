"""`millet bench ledger` measures what it says, prints what is documented, and refuses what is untrue."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from milletpay.benches import (
    BENCH_DIRECTORY,
    LEDGER_WORKS,
    Figure,
    LedgerPlan,
    PeerFigure,
    Report,
    describe_ledger,
    open_place,
    run_ledger,
    run_peers,
)
from milletpay.plumbing.clock import SystemClock
from tests.servers import TestServer

NAMES = ["uniform", "hot", "small", "two_phase", "zipf"]
SMALL_WORKS = [replace(work, batch=60, accounts=100) for work in LEDGER_WORKS]
SHORT = LedgerPlan(works=SMALL_WORKS, seconds=0, seed=7)
MEMORY = Path("/dev/shm")


def _millet(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "milletpay.apps.cli", "bench", "ledger", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_the_rows_are_those_that_are_asked_for() -> None:
    asked = {work.name: (work.batch, work.accounts, work.required) for work in LEDGER_WORKS}
    assert asked == {
        "uniform": (8_000, 10_000, 100_000),
        "hot": (8_000, 100, 200_000),
        "small": (200, 10_000, 30_000),
        "two_phase": (8_000, 10_000, 50_000),
        "zipf": (8_000, 100_000, 100_000),
    }


@pytest.fixture
def directory() -> Iterator[Path]:
    """An empty directory on a disk, where any user may pass."""
    with tempfile.TemporaryDirectory(dir=BENCH_DIRECTORY) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


async def test_every_row_is_measured_on_a_book_that_proves_and_nothing_is_left_behind(
    directory: Path,
) -> None:
    rounds: list[tuple[str, int, int]] = []
    said: list[str] = []
    async with open_place(database_url=None, directory=directory, say=said.append) as place:
        settings = await describe_ledger(SHORT, place=place)
        figures = await run_ledger(
            SHORT,
            place=place,
            clock=SystemClock(),
            progress=lambda work, done, of: rounds.append((work.name, done, of)),
        )
        peers = await run_peers(
            environment={"PGLEDGER_SQL": "/nowhere/pgledger.sql", "PATH": ""},
            place=place,
            directory=directory,
            seed=1,
            clock=SystemClock(),
            say=said.append,
        )
    assert [figure.work.name for figure in figures] == NAMES
    for figure in figures:
        assert figure.created > 0
        assert figure.created % figure.work.batch == 0 or figure.work.name == "zipf"
        assert figure.transfers_per_s > 0
        assert 0 < figure.p50_ms <= figure.p99_ms
    assert rounds[:2] == [("uniform", 0, 1), ("uniform", 1, 1)]
    assert not peers
    assert said[-1].startswith("A peer is left out")
    assert settings["server"]["fsync"] == settings["server"]["synchronous_commit"] == "on"
    assert not list(directory.iterdir())


def test_json_is_all_that_is_printed_and_has_the_documented_shape() -> None:
    done = _millet("--json", "--no-peers", "--rows", "small", "--seconds", "0", "--seed", "3")
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)
    assert list(printed) == ["settings", "rows", "peers"]
    (row,) = printed["rows"]
    assert list(row) == ["name", "batch", "accounts", "transfers_per_s"]
    assert (row["name"], row["batch"], row["accounts"]) == ("small", 200, 10_000)
    assert isinstance(row["transfers_per_s"], int)
    assert printed["peers"] == []
    named = printed["settings"]
    assert named["seed"] == 3
    assert {"milletpay", "python", "postgresql", "asyncpg", "uvloop", "machine"} <= named.keys()
    assert {"cpu", "cores", "memory_gib"} <= named["machine"].keys()
    server = ("fsync", "synchronous_commit", "full_page_writes", "data_checksums")
    assert [named["server"][name] for name in server] == ["on"] * 4


def test_a_server_that_forgets_what_it_commits_is_not_measured(server: TestServer) -> None:
    done = _millet("--database-url", server.url, "--rows", "hot", "--seconds", "0")
    assert done.returncode == 1
    assert not done.stdout
    assert "The server has fsync = off, full_page_writes = off" in done.stderr


@pytest.mark.skipif(not MEMORY.is_dir(), reason="this system shows no memory as a directory")
def test_memory_is_not_measured() -> None:
    done = _millet("--directory", str(MEMORY), "--rows", "hot")
    assert done.returncode == 1
    assert "is in memory (tmpfs)" in done.stderr
    assert "--directory" in done.stderr


def test_a_row_that_is_none_is_refused_with_those_there_are() -> None:
    done = _millet("--rows", "hot,cold")
    assert done.returncode == 2
    assert "cold is no row; the rows are uniform, hot, small, two_phase, zipf" in done.stderr


def test_two_phase_must_reach_half_of_what_plain_transfers_did() -> None:
    works = {work.name: work for work in LEDGER_WORKS}
    rates = {"uniform": 150_000, "two_phase": 70_000, "hot": 1}
    figures = {name: _figure(works[name], rate) for name, rate in rates.items()}
    report = Report(
        settings={"seed": 1},
        figures=list(figures.values()),
        peers=[PeerFigure(name="p", version="1", workload="w", transfers_per_s=5)],
    )
    assert report.required_of(figures["two_phase"]) == 75_000
    assert report.required_of(figures["hot"]) == 200_000
    assert report.as_json()["peers"] == [{"name": "p", "version": "1", "workload": "w", "transfers_per_s": 5}]


def _figure(work: Any, rate: int) -> Figure:
    return Figure(
        work=work,
        transfers_per_s=rate,
        p50_ms=1,
        p99_ms=2,
        created=3,
        refused=0,
        python_us=1,
        postgresql_us=None,
    )
