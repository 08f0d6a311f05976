"""pgledger as a peer: double entry in SQL functions, one transfer a call."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Final

import asyncpg

from milletpay.benches.place import Place
from milletpay.benches.report import PeerFigure
from milletpay.plumbing.clock import SECOND, Clock
from milletpay.plumbing.database import Connection

CLIENTS: Final = 32
ACCOUNTS: Final = 10_000
NANOSECONDS: Final = 4 * SECOND

# house: allow sql-is-source: pgledger's functions are not there when our statements are prepared
CREATE_ACCOUNTS: Final = (
    "SELECT (pgledger_create_account('a' || n, 'CNY')).id FROM generate_series(1, $1) AS n"
)
# house: allow sql-is-source: as above
CREATE_TRANSFER: Final = "SELECT id FROM pgledger_create_transfer($1, $2, 1)"


async def measure_pgledger(*, sql: Sequence[Path], place: Place, seed: int, clock: Clock) -> PeerFigure:
    """Let clients transfer between accounts for a few seconds, each in transactions of its own."""
    random = Random(seed)
    async with place.owner_url() as url, AsyncExitStack() as opened:
        clients: list[Connection] = []
        for _ in range(CLIENTS):
            clients.append(await asyncpg.connect(url))
            opened.push_async_callback(clients[-1].close)
        for file in sql:
            await clients[0].execute(file.read_text("utf-8"))
        rows = await clients[0].fetch(CREATE_ACCOUNTS, ACCOUNTS)
        accounts = [row["id"] for row in rows]
        began = clock.monotonic_ns()

        async def transfer(client: Connection) -> int:
            done = 0
            while clock.monotonic_ns() - began < NANOSECONDS:
                await client.fetchval(CREATE_TRANSFER, *random.sample(accounts, 2))
                done += 1
            return done

        done = sum(await asyncio.gather(*map(transfer, clients)))
        nanoseconds = clock.monotonic_ns() - began
    return PeerFigure(
        name="pgledger",
        version=f"{sql[-1].name} {sha256(sql[-1].read_bytes()).hexdigest()[:8]}",
        workload=f"{CLIENTS} clients, one transfer a call, {ACCOUNTS:,} accounts, uniform",
        transfers_per_s=done * SECOND // nanoseconds,
    )
