"""`millet up` starts everything, says what runs where, survives what is killed, and stops in order."""

import os
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from milletpay.plumbing.embedded.postmaster import Postmaster, find_postmaster
from tests.flows.millet_process import PATIENCE_SECONDS, MilletProcess, millet
from tests.servers import every_server


def server_in(data: Path) -> Postmaster:
    found = find_postmaster(data / "postgres")
    assert found is not None
    return found


def children_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def processes_of(pid: int) -> dict[str, int]:
    """The processes of ours that a `millet up` has started: `server`, `worker`."""
    commands = {child: Path(f"/proc/{child}/cmdline").read_text().split("\0") for child in children_of(pid)}
    return {
        command[2].split(".")[2]: child
        for child, command in commands.items()
        if command[1:2] == ["-m"] and command[2].startswith("milletpay.apps.")
    }


def wait_until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, "it has not come true"
        time.sleep(0.05)


def is_healthy(process: MilletProcess) -> bool:
    try:
        return process.get("/healthz")[0] == 200
    except OSError:
        return False


def test_it_answers_refuses_a_second_one_and_stops(new_data: Path) -> None:
    with millet("up", "--data", str(new_data), "--port", "0", "--workers", "2", "--demo") as first:
        first.wait_until_up()
        assert (new_data / "demo.json").stat().st_mode & 0o777 == 0o600
        status, headers, body = first.get("/healthz")
        assert (status, body) == (200, {"status": "ok"})
        assert headers["Request-Id"].startswith("req_")
        assert first.get("/healthz", method="HEAD")[2] is None
        refusals = [first.get("/v1/nowhere"), first.get("/healthz", method="DELETE")]
        for status, headers, body in refusals:
            assert headers["Content-Type"] == "application/problem+json"
            assert status == body["status"]
            assert body["request_id"] == headers["Request-Id"]
        assert [body["code"] for _, _, body in refusals] == ["not_found", "method_not_allowed"]
        assert refusals[1][1]["Allow"] == "GET, HEAD"

        with millet("up", "--data", str(new_data), "--port", "0") as second:
            assert second.wait() == 1
            assert f"in use by millet up (process {first.process.pid})" in second.said()
        with millet("up", "--data", str(new_data), "--port", str(first.address[1])) as third:
            assert third.wait() == 1
            assert "cannot be listened on" in third.said()

        server = server_in(new_data)
        assert first.stop() == 0
        assert find_postmaster(new_data / "postgres") is None
        assert not Path(f"/proc/{server.pid}").exists()
        assert "database system is shut down" in (new_data / "postgres.log").read_text()
        assert not (new_data / "socket").exists()
        assert "nanobind" not in first.said(), "no library of a process has anything to tell of the end"


def test_killed_with_all_its_work_left_behind_it_starts_again(data: Path) -> None:
    with millet("up", "--data", str(data), "--port", "0") as first:
        first.wait_until_up()
        server = server_in(data)
        processes = processes_of(first.process.pid)
        assert set(processes) == {"server", "terminal_gateway", "worker"}
        first.stop(signal.SIGKILL)
        assert server_in(data) == server
        # They end with the program that started them: nobody would answer for the database's state.
        wait_until(lambda: all(is_zombie(pid) for pid in processes.values()))
    with millet("up", "--data", str(data), "--port", "0") as second:
        second.wait_until_up()
        assert f"left behind (process {server.pid})" in second.said()
        assert is_healthy(second)
        assert server_in(data).pid != server.pid
        assert second.stop(signal.SIGINT) == 0


def is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_what_dies_under_it_is_started_again(data: Path) -> None:
    with millet("up", "--data", str(data), "--port", "0") as running:
        running.wait_until_up()
        server = server_in(data)
        processes = processes_of(running.process.pid)
        names = {
            "server": "The API process",
            "worker": "The worker process",
            "terminal_gateway": "The terminal gateway process",
        }
        for name, said in names.items():
            os.kill(processes[name], signal.SIGKILL)
            wait_until(partial(lambda said: f"{said} has died (status -9)" in running.said(), said))
        wait_until(lambda: len(processes_of(running.process.pid)) == len(names) and is_healthy(running))

        os.kill(server.pid, signal.SIGKILL)
        wait_until(lambda: "PostgreSQL has died (status -9" in running.said())
        wait_until(lambda: "automatic recovery in progress" in (data / "postgres.log").read_text())
        wait_until(lambda: is_healthy(running))
        assert server_in(data).pid != server.pid
        assert running.stop() == 0


def test_interrupted_while_it_makes_the_data_it_makes_them_again(new_data: Path) -> None:
    with millet("up", "--data", str(new_data), "--port", "0") as first:
        wait_until((new_data / "postgres.partial").exists)
        assert first.stop() == 0
        assert not (new_data / "postgres").exists()
    with millet("up", "--data", str(new_data), "--port", "0") as second:
        second.wait_until_up()
        assert second.stop() == 0


def test_it_says_when_the_database_does_not_commit(data: Path) -> None:
    with millet("up", "--data", str(data), "--port", "0") as running:
        running.wait_until_up()
        pids = [server_in(data).pid, *children_of(server_in(data).pid)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(1.1)
            # It answers while nothing of the database does: that goes on only afterwards.
            status, headers, body = running.get("/healthz")
            assert (status, body["code"]) == (503, "unavailable")
            assert headers["Retry-After"] == "1"
            assert "not confirmed a commit" in body["detail"]
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        wait_until(lambda: is_healthy(running))
        assert running.stop() == 0


@every_server
def test_it_runs_on_a_server_named_by_url(owner_url: str) -> None:
    with millet("up", "--port", "0", environment={"MILLET_DATABASE_URL": owner_url}) as running:
        running.wait_until_up()
        assert is_healthy(running)
        assert running.stop() == 0


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql://me:hush@127.0.0.1:1/books", "cannot be reached"),
        ("postgresql://me:hush@/books?host=/nowhere", "cannot be reached"),
        ("postgresql://me:hush/hush@here/books", "URL is not understood"),
        ("mysql://me:hush@here/books", "URL is not understood"),
    ],
)
def test_it_says_why_a_server_cannot_be_used(url: str, sentence: str) -> None:
    with millet("up", "--port", "0", "--database-url", url) as running:
        assert running.wait() == 1
        assert sentence in running.said()
        assert "hush" not in running.said()
        assert "Traceback" not in running.said()
