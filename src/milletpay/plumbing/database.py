"""Connections to PostgreSQL as the application's role, and the book's lock.

Every connection has an empty `search_path` (all names are written with their schema) and turns `uuid` into
the 128-bit integer of its big-endian bytes and back, in arrays and COPY too, so that order is numeric.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

import asyncpg

from milletpay.plumbing.statements import load_statements

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy
    from asyncpg.transaction import Transaction

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
"""One session; what `Database.connection` and `Database.transaction` lend, and `Database.connect` gives."""

Row: TypeAlias = "asyncpg.Record"
"""What was read: columns by name."""

BOOK_LOCK: Final = 0x4D494C4C45540001
"""Advisory lock of the book: whoever holds it is the one writer."""

STATEMENTS: Final = load_statements("milletpay.plumbing")

log = logging.getLogger(__name__)

CONNECT_SECONDS: Final = 10
ACQUIRE_SECONDS: Final = 30
STATEMENTS_KEPT: Final = 1000
SESSION_SETTINGS: Final = {
    "application_name": "millet",
    "search_path": "",
    "timezone": "UTC",
    "jit": "off",
    # A process that is paused while it holds the book's lock must not hold everyone for ever.
    "idle_in_transaction_session_timeout": "15s",
    # A session whose client died while it waits for the lock must leave the queue.
    "client_connection_check_interval": "5s",
    # Nor may one whose machine died without a word; over a unix socket these say nothing.
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}


class DatabaseUnavailable(Exception):
    """The database is gone, refuses or is full; the message says what and what to do.

    Raised before COMMIT was sent: nothing of the transaction was kept. See `AnswerLost` for the other case.
    """


class AnswerLost(DatabaseUnavailable):
    """The connection broke while COMMIT was under way: the transaction is kept whole, or absent.

    Look up a row that only this transaction writes before answering or trying again.
    """


class Database:
    """A pool of connections as the application's role; open one for each process."""

    def __init__(self, *, url: str, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._url = url
        self._pool = pool
        self._committed_at: float | None = None

    @classmethod
    async def open(cls, url: str, *, connections: int = 8) -> "Database":
        """Connect with at most `connections` sessions; refuses with `DatabaseUnavailable`."""
        with connecting():
            pool = await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=connections,
                # Connections live as long as the pool: a new one would prepare every statement again.
                max_queries=2**62,
                max_inactive_connection_lifetime=0,
                init=_prepare_session,
                reset=_keep_session,
                timeout=CONNECT_SECONDS,
                statement_cache_size=STATEMENTS_KEPT,
                max_cached_statement_lifetime=0,
                max_cacheable_statement_size=0,
                server_settings=SESSION_SETTINGS,
            )
        return cls(url=url, pool=pool)

    async def close(self) -> None:
        """Wait until every lent connection is back, then disconnect."""
        await self._pool.close()

    async def connect(self) -> Connection:
        """Open a connection of the same kind outside the pool; the caller closes it."""
        with connecting():
            connection = await asyncpg.connect(
                self._url,
                timeout=CONNECT_SECONDS,
                statement_cache_size=STATEMENTS_KEPT,
                max_cached_statement_lifetime=0,
                max_cacheable_statement_size=0,
                server_settings=SESSION_SETTINGS,
            )
            await _prepare_session(connection)
        return connection

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection without a transaction; session state that is set here stays: set none."""
        with _translating():
            async with self._pool.acquire(timeout=ACQUIRE_SECONDS) as connection:
                yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """BEGIN (READ COMMITTED), lend the connection, COMMIT; ROLLBACK when the block raises.

        Raises `DatabaseUnavailable` when nothing was kept, `AnswerLost` when COMMIT was not answered.
        """
        async with self.connection() as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                yield connection
            except BaseException:
                await _roll_back(transaction)
                raise
            try:
                await transaction.commit()
            except Exception as error:
                if unavailable(error):
                    raise AnswerLost(describe(error)) from error
                raise
            self.note_commit()

    async def prove_commit(self) -> None:
        """Commit what must reach the disk and leaves nothing behind but a record in the write-ahead log."""
        async with self.transaction() as connection:
            await connection.execute(STATEMENTS["prove_commit"])

    def note_commit(self) -> None:
        """Remember that a commit succeeded just now; `transaction` does, whoever commits otherwise should."""
        self._committed_at = asyncio.get_running_loop().time()

    def seconds_since_commit(self) -> float | None:
        """Age of the last commit, or None before the first one."""
        if self._committed_at is None:
            return None
        return asyncio.get_running_loop().time() - self._committed_at


async def lock_book(connection: Connection) -> None:
    """Wait for the book's lock and keep it until the transaction ends.

    A statement of its own: what is read afterwards sees everything that the holders before committed.
    """
    await connection.execute(STATEMENTS["lock_book"], BOOK_LOCK)


async def end_silent_writer(connection: Connection, *, seconds: int) -> None:
    """Free the book's lock from a writer that has been silent for so long in the middle of its work.

    A process that is paused between two statements is ended by the server itself. One that is paused in the
    middle of a COPY is not: PostgreSQL heeds no timeout there, and would wait for ever.
    """
    if await connection.fetch(STATEMENTS["end_silent_writer"], BOOK_LOCK, seconds):
        log.warning("a writer that was silent for %d s in the middle of a batch was ended", seconds)


def unavailable(error: BaseException) -> bool:
    """Say whether the error means that the database is gone, refuses or is full (and not a defect)."""
    if isinstance(error, asyncpg.InterfaceError):
        # What asyncpg says of a connection that broke; all else that it says is a defect of the caller.
        return any(word in str(error) for word in ("closed", "closing", "released"))
    return isinstance(
        error,
        (
            DatabaseUnavailable,
            OSError,
            TimeoutError,
            # Asked between the server's farewell and the end of the connection, asyncpg is confused.
            asyncpg.InternalClientError,
            asyncpg.PostgresConnectionError,
            asyncpg.InsufficientResourcesError,
            asyncpg.InvalidAuthorizationSpecificationError,
            asyncpg.InvalidCatalogNameError,
            asyncpg.ReadOnlySQLTransactionError,
            asyncpg.IdleInTransactionSessionTimeoutError,
            asyncpg.AdminShutdownError,
            asyncpg.CrashShutdownError,
            asyncpg.CannotConnectNowError,
            asyncpg.DatabaseDroppedError,
            asyncpg.PostgresSystemError,
        ),
    )


def describe(error: BaseException) -> str:
    """Tell in a sentence or two what is wrong with the database and what to do."""
    # The first line; what PostgreSQL hints at below it, the sentence says.
    said = str(error).partition("\n")[0] or type(error).__name__
    match error:
        case asyncpg.TooManyConnectionsError():
            return f"The database has no free connection ({said}). Stop clients or raise max_connections."
        case asyncpg.DiskFullError():
            return f"The database's disk is full ({said}). Free some space; nothing was written in part."
        case asyncpg.InvalidAuthorizationSpecificationError():
            return f"The database refuses the login ({said}). Check the user and password in the URL."
        case asyncpg.InvalidCatalogNameError():
            return f"The database does not exist ({said}). Create it, or check its name in the URL."
        case asyncpg.CannotConnectNowError():
            return f"The database is starting or stopping ({said}). Try again in a moment."
        case asyncpg.ReadOnlySQLTransactionError():
            return f"The database is read-only ({said}). Connect to the primary server."
        case asyncpg.IdleInTransactionSessionTimeoutError():
            return f"The database ended a transaction that was paused too long ({said}). Try again."
        case TimeoutError():
            return "The database did not answer in time. It is overloaded, or the network to it is broken."
        case (
            OSError()
            | asyncpg.PostgresConnectionError()
            | asyncpg.InterfaceError()
            | asyncpg.InternalClientError()
        ):
            return f"The database cannot be reached ({said}). Check that it runs, and its address."
    return f"The database stopped the work ({said}). See its log; try again when it is back."


@contextmanager
def connecting() -> Iterator[None]:
    """Turn what can be wrong with a new connection, its URL included, into `DatabaseUnavailable`."""
    with _translating():
        try:
            yield
        except ValueError:
            # What it says may be a piece of the password.
            raise DatabaseUnavailable(
                "The database's URL is not understood. Write postgresql://USER:PASSWORD@HOST:PORT/DATABASE,"
                " with other than letters and digits in the password as %XX."
            ) from None


@contextmanager
def _translating() -> Iterator[None]:
    """Turn what `unavailable` knows into `DatabaseUnavailable`; any other error goes on as it is."""
    try:
        yield
    except DatabaseUnavailable:
        raise
    except Exception as error:
        if unavailable(error):
            raise DatabaseUnavailable(describe(error)) from error
        raise


async def _prepare_session(connection: Connection) -> None:
    await connection.set_type_codec(
        "uuid", schema="pg_catalog", encoder=_uuid_bytes, decoder=_uuid_number, format="binary"
    )


async def _keep_session(connection: Connection) -> None:
    """Instead of asyncpg's reset, which costs a round trip: nothing here leaves state in a session."""


async def _roll_back(transaction: "Transaction") -> None:
    try:
        await transaction.rollback()
    except Exception as error:
        # The error that ended the block says more than the ROLLBACK that could not be sent.
        if not unavailable(error):
            raise


def _uuid_bytes(number: int) -> bytes:
    return number.to_bytes(16, "big")


def _uuid_number(data: bytes) -> int:
    return int.from_bytes(data, "big")
