"""The one place where things are wired: from settings to a database that is ready for work."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from milletpay.plumbing.database import Database
from milletpay.plumbing.embedded import Say, open_server
from milletpay.plumbing.migration import migrate
from milletpay.plumbing.settings import Settings


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
