"""For tools: the server of a data directory, whether another process runs it or nobody does."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from milletpay.plumbing.embedded.cluster import owner_url
from milletpay.plumbing.embedded.holding import DirectoryHeld, be_guest
from milletpay.plumbing.embedded.places import Places, places_of
from milletpay.plumbing.embedded.postmaster import find_postmaster
from milletpay.plumbing.embedded.processes import Say
from milletpay.plumbing.embedded.server import DATABASE, EmbeddedServer
from milletpay.plumbing.embedded.server_user import ServerRefused

WAIT_SECONDS: Final = 0.1


@asynccontextmanager
async def open_server(directory: Path, *, purpose: str, say: Say) -> AsyncIterator[str]:
    """Give the owner's URL of the server of an existing data directory, for as long as the block runs.

    Uses the server that runs, or starts it and stops it afterwards, when no other tool uses it any more.
    Refuses with `ServerRefused`.
    """
    places = places_of(directory)
    if not places.cluster.exists():
        raise ServerRefused(
            f"{places.directory} holds no data of MilletPay. `millet up --data DIR` makes it."
        )
    while True:
        try:
            server = await EmbeddedServer.start(directory, purpose=purpose, say=say)
        except DirectoryHeld:
            guest = _guest_of_ready_server(places)
            if guest is None:
                # It is starting or stopping, and says itself what takes long.
                await asyncio.sleep(WAIT_SECONDS)
                continue
            try:
                yield owner_url(places, database=DATABASE)
            finally:
                os.close(guest)
            return
        try:
            yield server.url
        finally:
            await server.stop_after_guests()
        return


def _guest_of_ready_server(places: Places) -> int | None:
    guest = be_guest(places)
    if guest is None:
        return None
    found = find_postmaster(places.cluster)
    if found is not None and found.status == "ready":
        return guest
    os.close(guest)
    return None
