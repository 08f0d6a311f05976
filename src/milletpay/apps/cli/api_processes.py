"""The API's processes, as `millet up` runs them: started together, restarted alone, stopped in order."""

import asyncio
import socket
import sys
from asyncio.subprocess import PIPE, Process
from typing import Final

import click

from milletpay.apps.api.process import READY, Order
from milletpay.plumbing.embedded import Say

MODULE: Final = "milletpay.apps.api.process"
STOP_SECONDS: Final = 15
"""Longer than a process lets its last requests take."""


def listen(*, host: str, port: int) -> socket.socket:
    """Take the address; nobody is answered before a process listens. Refuses an address that is not free."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        raise click.ClickException(
            f"{host}:{port} cannot be listened on ({error.strerror}). Choose another with --port or --host."
        ) from error
    return listener


class ApiProcesses:
    """So many processes that answer on one socket."""

    def __init__(self, *, listener: socket.socket, order: Order, say: Say) -> None:
        self._listener = listener
        self._order = order
        self._say = say
        self._processes: list[Process] = []

    async def start(self, *, count: int) -> None:
        """Start the processes and wait until each answers."""
        self._processes = list(await asyncio.gather(*(self._launch() for _ in range(count))))
        ready = await asyncio.gather(*(_is_ready(process) for process in self._processes))
        if not all(ready):
            raise click.ClickException("An API process ended before it was ready. Its log is above.")

    async def keep_running(self) -> None:
        """Watch the processes until cancelled; one that dies is said and replaced."""
        await asyncio.gather(*(self._keep_one(index) for index in range(len(self._processes))))

    async def stop(self) -> None:
        """Let requests under way finish, and wait for every process."""
        for process in self._processes:
            _close_input(process)
        await asyncio.gather(*(_ended(process) for process in self._processes))

    async def _keep_one(self, index: int) -> None:
        while True:
            status = await self._processes[index].wait()
            self._say(f"An API process has died (status {status}); starting another.")
            self._processes[index] = await self._launch()
            if not await _is_ready(self._processes[index]):
                await asyncio.sleep(1)

    async def _launch(self) -> Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            MODULE,
            stdin=PIPE,
            stdout=PIPE,
            pass_fds=[self._listener.fileno()],
            # Ctrl-C in the terminal is for us: we end the processes in order.
            start_new_session=True,
        )
        assert process.stdin is not None, "it is a pipe"
        process.stdin.write(self._order.line())
        return process


async def _is_ready(process: Process) -> bool:
    assert process.stdout is not None, "it is a pipe"
    return await process.stdout.readline() == READY


def _close_input(process: Process) -> None:
    assert process.stdin is not None, "it is a pipe"
    process.stdin.close()


async def _ended(process: Process) -> None:
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
