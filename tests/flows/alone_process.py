"""A till that sells without a network, in a process of its own: `python -m tests.flows.alone_process ORDER`.

It takes each code that it has not taken yet, and then brings what it has until all of it is decided. Its
pauses are short; its clock is right, for that is what it seals.
"""

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from milletpay.plumbing.clock import SystemClock
from milletpay.simulation.till import Journal, Server
from milletpay.simulation.till_alone import TillAlone

HASTE = 60


class ImpatientClock(SystemClock):
    """The machine's clock, on which nobody sleeps long."""

    async def sleep(self, *, duration_ns: int) -> None:
        await super().sleep(duration_ns=duration_ns // HASTE)


@dataclass(frozen=True, kw_only=True)
class Order:
    journal: str
    port: int
    key: str
    pairing: int
    seal_key: str
    codes: list[str]
    amount: int


async def run(order: Order) -> None:
    journal = Journal(Path(order.journal))
    alone = TillAlone(
        server=Server(host="127.0.0.1", port=order.port, key=order.key),
        journal=journal,
        clock=ImpatientClock(),
        pairing=order.pairing,
        seal_key=bytes.fromhex(order.seal_key),
    )
    taken = {one.payment_code for one in journal.kept}
    for code in order.codes:
        if code not in taken:
            alone.take(code=code, amount=order.amount)
    await alone.forward()


if __name__ == "__main__":
    asyncio.run(run(Order(**json.loads(sys.argv[1]))))
