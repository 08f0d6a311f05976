"""The process that serves HTTP, as `millet up` runs it: started, killed, started again on the same socket."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from milletpay.apps.server import process as server
from milletpay.apps.worker import process as worker
from milletpay.bootstrap import house_secret
from milletpay.identity import Pepper
from milletpay.notifications import Reach

PEPPER = Pepper(b"p" * 32)
PATIENCE_SECONDS = 30


class Program:
    """A process of ours that can be killed and started again."""

    def __init__(self, *, module: ModuleType, order: bytes, descriptors: list[int]) -> None:
        self._module = module.MODULE
        self._order = order
        self._descriptors = descriptors
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=self._descriptors,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(self._order)
        self.process.stdin.flush()
        assert self.process.stdout.readline() == b"ready\n"

    def kill(self) -> None:
        """SIGKILL: it has no time for anything."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self._end()

    def stop(self) -> None:
        """Let it finish what it has in hand."""
        if self.process is not None:
            assert self.process.stdin is not None
            self.process.stdin.close()
            self._end()

    def _end(self) -> None:
        assert self.process is not None
        self.process.wait(PATIENCE_SECONDS)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        self.process = None


@contextmanager
def serve_house(app_url: str, *, demo_file: str | None = None) -> Iterator[tuple[Program, int]]:
    """A running server process and its port. Requests wait in its socket while it is dead."""
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as listener:
        port: int = listener.getsockname()[1]
        order = server.Order(
            app_url=app_url,
            listener=listener.fileno(),
            connections=8,
            base_url=f"http://127.0.0.1:{port}",
            pepper=PEPPER.reveal(),
            demo_file=demo_file,
        )
        program = Program(module=server, order=order.line(), descriptors=[listener.fileno()])
        try:
            program.start()
            yield program, port
        finally:
            program.stop()


@contextmanager
def work_for_house(app_url: str) -> Iterator[Program]:
    """A running worker process."""
    order = worker.Order(
        app_url=app_url,
        connections=4,
        base_url="http://127.0.0.1:1",
        secret=house_secret(PEPPER).hex(),
        reach=Reach.NEARBY.name,
    )
    program = Program(module=worker, order=order.line(), descriptors=[])
    try:
        program.start()
        yield program
    finally:
        program.stop()
