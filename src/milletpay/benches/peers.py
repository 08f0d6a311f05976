"""Other ledgers, measured in the same run on the same machine, where they are found.

* `tigerbeetle` on the PATH, or named by the environment variable TIGERBEETLE: its own benchmark, one replica;
  and its Python client, where that is installed: batch after batch, as our bench drives ours;
* pgledger, where the environment variable PGLEDGER_SQL names its SQL files in order, as PATH does: its own
  `vendor/.../uuid-to-ulid.sql`, then `pgledger.sql`. It runs on the server of the bench.
"""

import os
import shutil
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import asyncpg

from milletpay.benches.pgledger import measure_pgledger
from milletpay.benches.place import BenchRefused, Place
from milletpay.benches.report import PeerFigure
from milletpay.benches.tigerbeetle import measure_client, measure_own_benchmark
from milletpay.benches.tigerbeetle_client import CLIENT_VERSION
from milletpay.plumbing.clock import Clock
from milletpay.plumbing.embedded import Say

TIGERBEETLE: Final = "TIGERBEETLE"
PGLEDGER_SQL: Final = "PGLEDGER_SQL"
ACCOUNTS: Final = (10_000, 100)
"""As in the rows `uniform` and `hot`."""


async def run_peers(
    *, environment: Mapping[str, str], place: Place, directory: Path, seed: int, clock: Clock, say: Say
) -> Sequence[PeerFigure]:
    """Measure the peers that are found; `directory` is on the disk to measure on.

    One that does not run is left out, and `say` is told why: it takes no figure of ours with it.
    """
    figures = []
    for measure in _found(environment=environment, place=place, directory=directory, seed=seed, clock=clock):
        try:
            figures.append(await measure())
        except (BenchRefused, OSError, asyncpg.PostgresError) as error:
            say(f"A peer is left out: {error}")
    return figures


def _found(
    *, environment: Mapping[str, str], place: Place, directory: Path, seed: int, clock: Clock
) -> Iterator[Callable[[], Awaitable[PeerFigure]]]:
    program = environment.get(TIGERBEETLE) or shutil.which("tigerbeetle")
    if program:
        for accounts in ACCOUNTS:
            yield partial(
                measure_own_benchmark, program=program, directory=directory, accounts=accounts, seed=seed
            )
        if CLIENT_VERSION is not None:
            yield partial(measure_client, program=program, directory=directory, seed=seed, clock=clock)
    if files := [Path(file) for file in environment.get(PGLEDGER_SQL, "").split(os.pathsep) if file]:
        yield partial(measure_pgledger, sql=files, place=place, seed=seed, clock=clock)
