"""A till in a process of its own, by an order in JSON: `python -m tests.flows.sale_process ORDER`.

It ends what was begun before, then makes sales until it has made so many. Its clock runs faster, so that 45
seconds are not so long.
"""

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.ids import system_entropy
from milletpay.simulation.till import Journal, Server, Till


@dataclass(frozen=True)
class HastyClock:
    """The machine's clock, made faster."""

    haste: int

    def now_ns(self) -> int:
        return SystemClock().now_ns() * self.haste

    def monotonic_ns(self) -> int:
        return SystemClock().monotonic_ns() * self.haste

    async def sleep(self, *, duration_ns: int) -> None:
        await SystemClock().sleep(duration_ns=duration_ns // self.haste)


@dataclass(frozen=True, kw_only=True)
class Order:
    journal: str
    port: int
    key: str
    prefix: str
    """With what its references begin."""
    payer: dict[str, str] | None
    haste: int
    sales: int


async def run(order: Order) -> None:
    journal = Journal(Path(order.journal))
    till = Till(
        server=Server(host="127.0.0.1", port=order.port, key=order.key),
        journal=journal,
        clock=HastyClock(order.haste),
        entropy=system_entropy,
    )
    await till.settle()
    while (number := len(journal.attempts)) < order.sales:
        reference = f"{order.prefix}{number}"
        await till.sell(reference=reference, amount=1_00 + number, payer=order.payer)


if __name__ == "__main__":
    asyncio.run(run(Order(**json.loads(sys.argv[1]))))
