"""A process that works for cards and stops at a moment, to be killed there: `... URL SECONDS MOMENT`.

It says `there` when it is at the moment, and does nothing more. The moments: `asked`, the bank has done it
and its answer is kept nowhere; `answered`, the answer is on its way to the desk; `kept`, the desk has
committed it and nobody has been told. And with what the bank tells by itself: `heard`, it is read and not
booked; `booked`, it is committed and not acknowledged.
"""

import asyncio
import sys
from typing import Any

from milletpay.payments import ResolveDraw, ResolveGiveBack, TakeBackDraw, card_ears, card_jobs
from milletpay.plumbing.clock import SECOND, ManualClock
from milletpay.plumbing.database import Database
from milletpay.plumbing.ids import IdSource
from milletpay.plumbing.worker import Worker
from milletpay.rails import BankKey, Banks, Mailbox, Order, Outcome, SimulatedBank
from tests.flows.bank_contract import simulated_bank
from tests.flows.card_desk import open_cards


async def stop_here() -> None:
    print("there", flush=True)
    await asyncio.Event().wait()


class Interrupted(SimulatedBank):
    """A bank whose answers never get further than the caller's own process."""

    async def collect(self, order: Order) -> Outcome:
        await super().collect(order)
        await stop_here()
        raise AssertionError

    async def refund(self, order: Order) -> Outcome:
        await super().refund(order)
        await stop_here()
        raise AssertionError


async def run(url: str, *, seconds: int, moment: str) -> None:
    clock = ManualClock()
    clock.advance(duration_ns=seconds * SECOND)
    database = await Database.open(url)
    bank = simulated_bank(database, clock=clock)
    if moment == "asked":
        key: BankKey = bank.key
        bank = Interrupted(key=key, issues_from="622202", database=database, clock=clock, seed=1)
    async with open_cards(database, clock=clock, desk_id=2) as house:

        async def submit(command: object) -> Any:
            resolves = isinstance(command, ResolveDraw | ResolveGiveBack)
            takes_back = isinstance(command, TakeBackDraw)
            if (resolves and moment == "answered") or (takes_back and moment == "heard"):
                await stop_here()
            answer = await house.ask(command)
            if (resolves and moment == "kept") or (takes_back and moment == "booked"):
                await stop_here()
            return answer

        await Mailbox(banks=Banks([bank]), hear=card_ears(submit=submit), clock=clock).empty()

        worker = Worker(
            database=database,
            kinds=card_jobs(banks=Banks([bank]), submit=submit),
            schedules=[],
            clock=clock,
            entropy=bytes,
            new_id=IdSource(clock=clock, entropy=lambda size: bytes([2]) * size).next,
        )
        while await worker.do_one():
            pass
    raise AssertionError("nothing was asked of the bank")


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], seconds=int(sys.argv[2]), moment=sys.argv[3]))
