"""The one place where things are wired: from settings to a database that is ready for work."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from milletpay.ledger import Bookkeeper, Proof, open_bookkeeper
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.database import Database
from milletpay.plumbing.embedded import EmbeddedServer, Say, open_server
from milletpay.plumbing.ids import IdSource, system_entropy
from milletpay.plumbing.migration import migrate
from milletpay.plumbing.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Served:
    """A database that this program serves to others."""

    app_url: str = field(repr=False)
    place: str
    """Where it is, for people; without its password."""
    keep_running: Callable[[], Coroutine[Any, Any, None]] | None
    """Watches the server and starts it again until cancelled; None when the server is not ours."""


@asynccontextmanager
async def serve_database(settings: Settings, *, purpose: str, say: Say) -> AsyncIterator[Served]:
    """Run the database that the settings name, its schema brought to this version, until the block ends.

    A data directory is made where there is none. Its server is ours alone: it stops though tools use it.
    """
    if settings.database_url is not None:
        app_url = await migrate(owner_url=settings.database_url, app_url=settings.app_database_url)
        yield Served(app_url=app_url, place="the server of --database-url", keep_running=None)
        return
    server = await EmbeddedServer.start(settings.data, purpose=purpose, say=say)
    try:
        app_url = await migrate(owner_url=server.url)
        place = f"PostgreSQL {server.binaries.version} in {server.places.directory}"
        yield Served(app_url=app_url, place=place, keep_running=server.keep_running)
    finally:
        await server.stop()


@asynccontextmanager
async def open_owner(settings: Settings, *, purpose: str, say: Say) -> AsyncIterator[str]:
    """Give the owner's URL of the books that the settings name, for as long as the block runs.

    A data directory must exist; its server is used if it runs, else started and stopped again.
    `purpose` names the command to whoever finds the directory in use; `say` is told what takes long.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    async with open_server(settings.data, purpose=purpose, say=say) as url:
        yield url


@asynccontextmanager
async def open_application(settings: Settings, *, purpose: str, say: Say) -> AsyncIterator[str]:
    """As `open_owner`, with the schema brought to this version; gives the URL of the application's login."""
    async with open_owner(settings, purpose=purpose, say=say) as owner_url:
        yield await migrate(owner_url=owner_url, app_url=settings.app_database_url)


@asynccontextmanager
async def open_database(
    settings: Settings, *, purpose: str, say: Say, connections: int = 8
) -> AsyncIterator[Database]:
    """As `open_application`; gives the database opened as the application."""
    async with open_application(settings, purpose=purpose, say=say) as app_url:
        database = await Database.open(app_url, connections=connections)
        try:
            yield database
        finally:
            await database.close()


@asynccontextmanager
async def open_book(database: Database) -> AsyncIterator[Bookkeeper]:
    """Open a desk of this process's own for the book."""
    clock = SystemClock()
    ids = IdSource(clock=clock, entropy=system_entropy)
    async with open_bookkeeper(database=database, clock=clock, desk_id=ids.next()) as bookkeeper:
        yield bookkeeper


def business_proofs() -> tuple[Proof, ...]:
    """What `millet check` proves beside the book itself: each package's own money, once there is one."""
    return ()
