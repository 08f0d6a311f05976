"""Many tills in a process, by an order in JSON: `python -m tests.flows.tills_process ORDER`.

Each ends what was begun before, then makes sales until it has made so many, all drawn from its seed: paid by
agreement, by a code that is shown to it, or by who scans what it shows; given up at once, soon or after 45
seconds. Their clock runs faster, so that 45 seconds are not so long.
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random

from milletpay.codes.payment_codes import LANES, epoch_of, step_of, word_of, write_code
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.ids import system_entropy
from milletpay.simulation.till import Journal, Server, Till
from milletpay.terminals.till_loop import GIVE_UP_AFTER

ASKED = 1_200_00
"""More than is taken without asking the customer."""
SCANS = 9_000
"""A customer needs so many milliseconds to take out a phone."""


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
class ShownPhone:
    """What a phone shows codes with: a key, and the aliases of its lanes in some epochs."""

    key: str
    aliases: Mapping[str, list[int]]
    """By epoch, as JSON has it."""

    def code(self, number: int) -> str:
        """A code that is good now; others have other numbers, as long as there are lanes and steps."""
        step, lane = step_of(SystemClock().now_ns()) - number // LANES % 3, number % LANES
        alias = self.aliases[str(epoch_of(step))][lane]
        return write_code(alias=alias, word=word_of(bytes.fromhex(self.key), step=step, lane=lane))


@dataclass(frozen=True, kw_only=True)
class TillOrder:
    journal: str
    key: str
    prefix: str
    """With what its references begin."""
    seed: int
    sales: int
    agreement: str
    """By which customers pay; if it has none, they pay by codes."""
    phone: ShownPhone
    asked: ShownPhone
    """Of a customer who has a PIN."""


@dataclass(frozen=True, kw_only=True)
class Order:
    port: int
    haste: int
    tills: list[TillOrder]


def patience_of(chance: Random) -> int:
    """How many milliseconds a cashier waits for one who shows a code."""
    kind = chance.random()
    if kind < 0.06:
        return 0
    return chance.randrange(1, 3_000) if kind < 0.4 else GIVE_UP_AFTER


def payer_of(order: TillOrder, chance: Random, *, number: int) -> tuple[dict[str, str] | None, int, int]:
    """Who pays a sale, how much, and how long the cashier waits: by the seed, also after a start."""
    amount, kind = 1_00 + number, chance.random()
    if kind < 0.16:
        return None, amount, chance.randrange(SCANS, GIVE_UP_AFTER)
    if order.agreement:
        return {"agreement": order.agreement}, amount, patience_of(chance)
    if kind < 0.36:
        return (
            {"payment_code": order.asked.code(number)},
            ASKED + number,
            chance.randrange(SCANS, GIVE_UP_AFTER),
        )
    return {"payment_code": order.phone.code(number)}, amount, patience_of(chance)


async def sell(order: TillOrder, *, port: int, haste: int) -> None:
    """One till's day."""
    journal = Journal(Path(order.journal))
    till = Till(
        server=Server(host="127.0.0.1", port=port, key=order.key),
        journal=journal,
        clock=HastyClock(haste),
        entropy=system_entropy,
    )
    await till.settle()
    while (number := len(journal.attempts)) < order.sales:
        chance = Random(f"{order.seed} {number}")
        payer, amount, patience = payer_of(order, chance, number=number)
        reference = f"{order.prefix}{number}"
        await till.sell(reference=reference, amount=amount, payer=payer, patience=patience)


async def run(order: Order) -> None:
    calls = ThreadPoolExecutor(max_workers=len(order.tills))
    asyncio.get_running_loop().set_default_executor(calls)
    await asyncio.gather(*(sell(till, port=order.port, haste=order.haste) for till in order.tills))


def read_order(text: str) -> Order:
    said = json.loads(text)
    tills = [
        TillOrder(**{**till, "phone": ShownPhone(**till["phone"]), "asked": ShownPhone(**till["asked"])})
        for till in said["tills"]
    ]
    return Order(**{**said, "tills": tills})


if __name__ == "__main__":
    asyncio.run(run(read_order(sys.argv[1])))
