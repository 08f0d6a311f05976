"""TigerBeetle as a peer: its own benchmark, and its Python client, each with one replica on the same disk."""

import asyncio
import re
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Final

from milletpay.benches.place import BenchRefused
from milletpay.benches.report import PeerFigure
from milletpay.benches.tigerbeetle_client import CLIENT_VERSION, send_batches
from milletpay.plumbing.clock import SECOND, Clock

BATCH: Final = 8_189
"""The most that one of its requests holds."""

OWN_TRANSFERS: Final = 1_500_000
CLIENT_BATCHES: Final = 24
CLIENT_ACCOUNTS: Final = 10_000

RATE: Final = re.compile(r"load accepted = (\d+) tx/s")
CLUSTER: Final = 0


async def measure_own_benchmark(*, program: str, directory: Path, accounts: int, seed: int) -> PeerFigure:
    """Its `benchmark` command with everything pinned that its versions may choose otherwise.

    It prints what it accepts in a second; it keeps its data where it is started.
    """
    version = await _say(program, "version", directory=directory)
    with tempfile.TemporaryDirectory(prefix="millet-bench-", dir=directory) as folder:
        said = await _say(
            program,
            "benchmark",
            f"--account-count={accounts}",
            "--account-distribution=uniform",
            f"--transfer-count={OWN_TRANSFERS}",
            f"--transfer-batch-count={BATCH}",
            "--id-order=tbid",
            "--clients=1",
            "--query-count=1",
            f"--seed={seed}",
            directory=Path(folder),
        )
    rate = RATE.search(said)
    if rate is None:
        raise BenchRefused(f"{program} benchmark printed no `load accepted`; it says: {said:.500}")
    return PeerFigure(
        name="tigerbeetle, its own benchmark",
        version=version.removeprefix("TigerBeetle version ").strip(),
        workload=f"batches of {BATCH:,}, {accounts:,} accounts, uniform, no limits",
        transfers_per_s=int(rate[1]),
    )


async def measure_client(*, program: str, directory: Path, seed: int, clock: Clock) -> PeerFigure:
    """Its Python client: batch after batch of objects made before, as our bench sends them."""
    assert CLIENT_VERSION is not None, "it is asked for where the client is installed"
    with tempfile.TemporaryDirectory(prefix="millet-bench-", dir=directory) as folder:
        async with _replica(program, directory=Path(folder)) as address:
            nanoseconds = await asyncio.to_thread(
                send_batches,
                address=address,
                accounts=CLIENT_ACCOUNTS,
                batch=BATCH,
                batches=CLIENT_BATCHES,
                random=Random(seed),
                clock=clock,
            )
    return PeerFigure(
        name="tigerbeetle, Python client",
        version=CLIENT_VERSION,
        workload=f"batches of {BATCH:,}, {CLIENT_ACCOUNTS:,} accounts, one in flight, uniform, no limits",
        transfers_per_s=BATCH * CLIENT_BATCHES * SECOND // nanoseconds,
    )


@asynccontextmanager
async def _replica(program: str, *, directory: Path) -> AsyncIterator[str]:
    """A cluster of one replica; gives its address."""
    file = str(directory / "0_0.tigerbeetle")
    await _say(
        program,
        "format",
        f"--cluster={CLUSTER}",
        "--replica=0",
        "--replica-count=1",
        file,
        directory=directory,
    )
    process = await asyncio.create_subprocess_exec(
        program, "start", "--addresses=0", file, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
    )
    assert process.stdin is not None, "it is a pipe"
    assert process.stdout is not None, "it is a pipe"
    try:
        # Asked for any port, it prints the one that it took, and ends when its input does.
        port = (await process.stdout.readline()).decode("ascii").strip()
        if not port:
            raise BenchRefused(f"{program} start ended before it listened.")
        yield port
    finally:
        process.stdin.close()
        await process.wait()


async def _say(program: str, *arguments: str, directory: Path) -> str:
    """Run to the end and give what it prints."""
    process = await asyncio.create_subprocess_exec(
        program, *arguments, cwd=directory, stdin=DEVNULL, stdout=PIPE, stderr=PIPE
    )
    try:
        printed, complained = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise BenchRefused(
            f"{program} {arguments[0]} ended with status {process.returncode}; it says:"
            f" {complained.decode('utf-8', 'replace')[-500:]}"
        )
    return printed.decode("utf-8")
