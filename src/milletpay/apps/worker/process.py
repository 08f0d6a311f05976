"""One worker process: started by `millet up`, told by a line on its standard input what to do.

It writes `ready` to its standard output when it works, and ends when its standard input does: it finishes
what it has in hand. Any number may run; they take turns.
"""

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from typing import Final, Protocol

from milletpay.apps.worker.alarms import Alarmed
from milletpay.apps.worker.chores import Chores, house_chores
from milletpay.bootstrap import TradeDesk, make_banks, make_links, make_webhooks, open_desk
from milletpay.entitlements import GRANTING, Granting
from milletpay.money import Currency
from milletpay.notifications import Reach
from milletpay.payments import card_ears, card_jobs
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.database import Database
from milletpay.plumbing.dates import day_of
from milletpay.plumbing.ids import IdSource, system_entropy
from milletpay.plumbing.loop import run
from milletpay.plumbing.outbox import Relay
from milletpay.plumbing.telemetry import start_logging
from milletpay.plumbing.worker import Worker
from milletpay.rails import Hear, Mailbox
from milletpay.treasury import cash_job, cash_schedule
from milletpay.wallets import bank_ears, bank_jobs, receipt_ears, return_ears, return_jobs

MODULE: Final = "milletpay.apps.worker.process"
READY: Final = b"ready\n"

PARALLEL: Final = 16
"""Jobs at a time. Those that wait for somebody's server hold no connection."""

RELAYED_AT_ONCE: Final = 500


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a worker process is to do; it has the database's URL with its password, and so no command line."""

    app_url: str = field(repr=False)
    connections: int
    """Sessions with the database at most, beside the desk's own."""
    base_url: str
    """What our links begin with."""
    secret: str = field(repr=False)
    """The secret of the house, in hexadecimal digits."""
    reach: str
    """How far webhooks are sent: the name of a member of `Reach`."""

    def line(self) -> bytes:
        """Write the order as one line."""
        return json.dumps(asdict(self)).encode() + b"\n"


class Running(Protocol):
    """What goes on until it is told to stop."""

    async def run(self) -> None:
        """Go on."""

    def stop(self) -> None:
        """Finish what is in hand, then end `run`."""


async def work(order: Order) -> None:
    """Work until standard input ends, then finish what is in hand."""
    clock = SystemClock()
    ids = IdSource(clock=clock, entropy=system_entropy)
    secret = bytes.fromhex(order.secret)
    async with AsyncExitStack() as opened:
        database = await Database.open(order.app_url, connections=order.connections)
        opened.push_async_callback(database.close)
        desk = await opened.enter_async_context(open_desk(database, secret=secret, clock=clock, ids=ids))
        links = make_links(order.base_url, secret=secret)
        webhooks = make_webhooks(links=links, secret=secret, reach=Reach[order.reach], clock=clock, ids=ids)
        relay = Relay(
            database=database,
            consumer="webhooks",
            handler=Alarmed(webhooks.events.announce),
            clock=clock,
            batch_max=RELAYED_AT_ONCE,
        )
        granting = Relay(
            database=database,
            consumer=GRANTING,
            handler=Granting(clock=clock).hear,
            clock=clock,
            batch_max=RELAYED_AT_ONCE,
        )
        banks = make_banks(database, clock=clock)
        worker = Worker(
            database=database,
            kinds=[
                *webhooks.deliverer.kinds(),
                *bank_jobs(banks=banks, submit=desk.submit),
                *card_jobs(banks=banks, submit=desk.submit),
                *return_jobs(banks=banks, submit=desk.submit),
                cash_job(banks=banks, currencies=[Currency.CNY], submit=desk.submit),
            ],
            schedules=[cash_schedule(starts=day_of(clock.now_ns()))],
            clock=clock,
            entropy=system_entropy,
            new_id=ids.next,
            parallel=PARALLEL,
        )
        mailbox = Mailbox(banks=banks, hear=_ears(desk, ids), clock=clock)
        chores = Chores(chores=house_chores(database=database, desk=desk, clock=clock, ids=ids), clock=clock)
        everything: tuple[Running, ...] = (relay, granting, worker, mailbox, chores)
        await relay.register()
        await granting.register()

        def end() -> None:
            asyncio.get_running_loop().remove_reader(sys.stdin)
            for running in everything:
                running.stop()

        asyncio.get_running_loop().add_reader(sys.stdin, end)
        sys.stdout.buffer.write(READY)
        sys.stdout.buffer.flush()
        async with asyncio.TaskGroup() as tasks:
            for running in everything:
                tasks.create_task(running.run())


def _ears(desk: TradeDesk, ids: IdSource) -> dict[str, Hear]:
    """Who hears what banks tell by themselves."""
    return {
        **bank_ears(submit=desk.submit),
        **card_ears(submit=desk.submit),
        **return_ears(submit=desk.submit),
        **receipt_ears(submit=desk.submit, new_id=ids.next),
    }


if __name__ == "__main__":
    start_logging()
    run(work(Order(**json.loads(sys.stdin.readline()))))
