"""PostgreSQL's programs as processes of the server's user, waited for without a limit of time."""

import asyncio
import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from milletpay.plumbing.embedded.server_user import ServerUser

POLL_SECONDS: Final = 0.02
SAY_SECONDS: Final = 5
LOG_BYTES_MAX: Final = 64 * 1024 * 1024
SAID_MAX: Final = 2000

Say = Callable[[str], None]
"""Told what takes long, in sentences for people."""


class Process:
    """A program that runs as the server's user and writes to a log."""

    def __init__(self, arguments: Sequence[str], *, log: Path, user: ServerUser) -> None:
        if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
            log.replace(log.with_suffix(".log.1"))
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._log = log
        self._log_start = os.fstat(descriptor).st_size
        try:
            self._popen = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                cwd="/",
                # Nothing in our environment changes what the programs do.
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                # Ctrl-C in the terminal is for us: we stop the server when our own work is done.
                start_new_session=True,
                **user.of_process(),
            )
        finally:
            os.close(descriptor)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._popen.pid

    def status(self) -> int | None:
        """Give the exit status, None while the program runs."""
        return self._popen.poll()

    def signal(self, number: int) -> None:
        """Send a signal, unless the program has ended."""
        self._popen.send_signal(number)

    def kill(self) -> None:
        """End the program at once."""
        self._popen.kill()
        self._popen.wait()

    def said(self) -> str:
        """Give the end of what the program wrote to the log since it was started."""
        with self._log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace").strip()[-SAID_MAX:]


async def run_to_end(
    arguments: Sequence[str], *, log: Path, user: ServerUser, say: Say
) -> tuple[int | None, str]:
    """Run a program; give its exit status and the end of what it wrote. A cancellation ends it too."""
    process = Process(arguments, log=log, user=user)
    try:
        await wait_while(lambda: process.status() is None, doing=Path(arguments[0]).name, say=say)
    except BaseException:
        process.kill()
        raise
    return process.status(), process.said()


async def wait_while(
    condition: Callable[[], bool], *, doing: str, say: Say, every_seconds: int = SAY_SECONDS
) -> None:
    """Poll without a limit of time, and say every so often what is waited for."""
    clock = asyncio.get_running_loop().time
    start, said = clock(), 0
    while condition():
        await asyncio.sleep(POLL_SECONDS)
        if clock() - start > (said + 1) * every_seconds:
            said += 1
            say(f"{doing}: {said * every_seconds} s so far; it is given all the time it needs.")
