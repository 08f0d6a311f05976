"""Processes of our own, as `millet up` runs them: started together, restarted alone, stopped in order.

Each is a module that reads its order, one line, from standard input, writes `ready` to standard output when
it works, and ends when its standard input does: none outlives the program that started it, however that ends.
"""

import asyncio
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from typing import Final

import click

from milletpay.plumbing.embedded import Say

READY: Final = b"ready\n"
STOP_SECONDS: Final = 15
"""Longer than a process lets its last work take."""


def listen(*, host: str, port: int, option: str = "--port") -> socket.socket:
    """Take the address; nobody is answered before a process listens. Refuses an address that is not free.

    `option` is what one gives to choose another.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        raise click.ClickException(
            f"{host}:{port} cannot be listened on ({error.strerror}). Choose another with {option} or --host."
        ) from error
    return listener


class Processes:
    """So many processes of one module with one order."""

    def __init__(self, *, name: str, module: str, order: bytes, descriptors: Sequence[int], say: Say) -> None:
        """`name` is said to people; the processes inherit the `descriptors`."""
        self._name = name
        self._module = module
        self._order = order
        self._descriptors = descriptors
        self._say = say
        self._processes: list[Process] = []

    async def start(self, *, count: int) -> None:
        """Start the processes and wait until each is ready."""
        self._processes = list(await asyncio.gather(*(self._launch() for _ in range(count))))
        ready = await asyncio.gather(*(_is_ready(process) for process in self._processes))
        if not all(ready):
            raise click.ClickException(
                f"The {self._name} process ended before it was ready. Its log is above."
            )

    @property
    def pids(self) -> list[int]:
        """Their process ids."""
        return [process.pid for process in self._processes]

    async def keep_running(self) -> None:
        """Watch the processes until cancelled; one that dies is said and replaced."""
        await asyncio.gather(*(self._keep_one(index) for index in range(len(self._processes))))

    async def stop(self) -> None:
        """Let each finish what it has in hand, and wait for all."""
        for process in self._processes:
            _close_input(process)
        await asyncio.gather(*(_ended(process) for process in self._processes))

    async def _keep_one(self, index: int) -> None:
        while True:
            status = await self._processes[index].wait()
            self._say(f"The {self._name} process has died (status {status}); starting another.")
            self._processes[index] = await self._launch()
            if not await _is_ready(self._processes[index]):
                await asyncio.sleep(1)

    async def _launch(self) -> Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self._module,
            stdin=PIPE,
            stdout=PIPE,
            pass_fds=self._descriptors,
            # Ctrl-C in the terminal is for us: we end the processes in order.
            start_new_session=True,
        )
        assert process.stdin is not None, "it is a pipe"
        process.stdin.write(self._order)
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
