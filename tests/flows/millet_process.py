"""`millet` as people run it: a process with arguments, output, signals and an exit status."""

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import milletpay
from milletpay.plumbing.embedded import EmbeddedServer
from milletpay.plumbing.embedded.postmaster import find_postmaster
from tests.servers import PLACE

SOURCE = Path(milletpay.__file__).parent.parent
UP = re.compile(r"http://([\d.]+):(\d+)/healthz")
PATIENCE_SECONDS = 60


class MilletProcess:
    """One run of a command."""

    def __init__(
        self,
        *arguments: str,
        python: str = sys.executable,
        environment: dict[str, str] | None = None,
        **of_process: Any,
    ) -> None:
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by `end`
        self.process = subprocess.Popen(
            [python, "-m", "milletpay.apps.cli", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            env={**os.environ, **(environment or {})},
            **of_process,
        )
        self.address = ("", 0)

    def wait_until_up(self) -> None:
        assert self.process.stdout is not None
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            found = UP.search(line)
            if found:
                self.address = (found[1], int(found[2]))
            if line.startswith("Ctrl-C"):
                return
        raise AssertionError(f"millet ended early: {lines} {self.said()}")

    def get(self, path: str, *, method: str = "GET") -> tuple[int, http.client.HTTPMessage, Any]:
        connection = http.client.HTTPConnection(*self.address, timeout=PATIENCE_SECONDS)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            body = answer.read()
            return answer.status, answer.headers, json.loads(body) if body else None
        finally:
            connection.close()

    def said(self) -> str:
        """What was written to standard error."""
        self._said.seek(0)
        return self._said.read()

    def wait(self) -> int:
        return self.process.wait(PATIENCE_SECONDS)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.wait()

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._said.close()


@contextmanager
def millet(*arguments: str, **more: Any) -> Iterator[MilletProcess]:
    """Run a command and leave nothing of it behind."""
    process = MilletProcess(*arguments, **more)
    try:
        yield process
    finally:
        process.end()


async def make_data(directory: Path) -> None:
    """Have the server make its data, and stop it."""
    server = await EmbeddedServer.start(directory, purpose="tests", say=print)
    await server.stop()


@contextmanager
def data_directory() -> Iterator[Path]:
    """A place for a data directory that the server's own user can reach; a server left in it is ended."""
    place = Path(tempfile.mkdtemp(prefix="millet-tests-", dir=PLACE))
    place.chmod(0o755)
    try:
        yield place / "data"
    finally:
        left = find_postmaster(place / "data" / "postgres")
        if left is not None:
            os.kill(left.pid, signal.SIGQUIT)
        while left is not None and find_postmaster(place / "data" / "postgres") is not None:
            time.sleep(0.02)
        shutil.rmtree(place, ignore_errors=True)
