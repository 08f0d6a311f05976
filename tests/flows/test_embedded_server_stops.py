"""A server that recovers from the death of one of its processes stops when it is told to."""

import asyncio
import os
import signal
from pathlib import Path

import asyncpg
import pytest

from milletpay.plumbing.embedded import EmbeddedServer, server
from tests.servers import QUICK


async def test_a_server_stops_while_it_recovers(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL 18 would never end by itself."""
    monkeypatch.setattr(server, "STUCK_SECONDS", 0.3)
    running = await EmbeddedServer.start(data, purpose="a test", say=print, settings=QUICK)
    connection = await asyncpg.connect(running.url)
    await connection.execute("CREATE TABLE stone AS SELECT generate_series(1, 500000)")
    os.kill(connection.get_server_pid(), signal.SIGKILL)
    await asyncio.sleep(0.05)
    async with asyncio.timeout(20):
        await running.stop()
    connection.terminate()
    again = await EmbeddedServer.start(data, purpose="a test", say=print, settings=QUICK)
    connection = await asyncpg.connect(again.url)
    assert await connection.fetchval("SELECT count(*) FROM stone") == 500_000
    await connection.close()
    await again.stop()
