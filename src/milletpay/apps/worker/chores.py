"""Chores: what is done again and again, whether somebody asks or not. Doing one twice is harmless."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from milletpay.bootstrap import TradeDesk
from milletpay.identity import delete_old_attempts, delete_old_codes, forget_pairings
from milletpay.ledger import ExpireDue
from milletpay.notifications import KEPT_DAYS, delete_old_events
from milletpay.payments import ExpirePayment, forget_old_codes, payments_due
from milletpay.plumbing.clock import SECOND, Clock, wait_for
from milletpay.plumbing.database import Database, DatabaseUnavailable
from milletpay.plumbing.desk import Unavailable, Unknown
from milletpay.plumbing.ids import IdSource
from milletpay.plumbing.outbox import delete_events
from milletpay.subscriptions import Charging

OUTBOX_KEPT_NS: Final = 7 * 24 * 3600 * SECOND
EVENTS_KEPT_NS: Final = KEPT_DAYS * 24 * 3600 * SECOND
EXPIRED_AT_ONCE: Final = 500
FORGOTTEN_AT_ONCE: Final = 1_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """Something to be done every so many nanoseconds."""

    name: str
    every_ns: int
    does: Callable[[], Awaitable[int]]
    """Gives how much it did; while it did something, it is called again at once."""


class Chores:
    """Does chores side by side until it is told to stop. One that fails is tried again at its next turn."""

    def __init__(self, *, chores: Sequence[Chore], clock: Clock) -> None:
        self._chores = chores
        self._clock = clock
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Do them until `stop`."""
        await asyncio.gather(*(self._repeat(chore) for chore in self._chores))

    def stop(self) -> None:
        """Finish what is under way, then end `run`."""
        self._stop.set()

    async def _repeat(self, chore: Chore) -> None:
        while not self._stop.is_set():
            done = 0
            try:
                done = await chore.does()
            except (DatabaseUnavailable, Unavailable, Unknown) as error:
                log.warning("%s: waits for the database: %s", chore.name, error)
            except Exception:
                log.exception("%s: failed, and is tried again", chore.name)
            if not done:
                await wait_for(self._stop, clock=self._clock, duration_ns=chore.every_ns)


def house_chores(*, database: Database, desk: TradeDesk, clock: Clock, ids: IdSource) -> list[Chore]:
    """What every house has to do."""

    async def end_payments() -> int:
        async with database.connection() as connection:
            due = await payments_due(connection, by=clock.now_ns(), most=EXPIRED_AT_ONCE)
        commands = [desk.submit(ExpirePayment(payment=payment)) for payment in due]
        # One that its customer or merchant ended in the meantime is answered with nothing.
        return sum(answer is not None for answer in await asyncio.gather(*commands))

    async def end_transfers() -> int:
        await desk.submit(ExpireDue())
        return 0

    async def forget_outbox() -> int:
        async with database.transaction() as connection:
            return await delete_events(connection, before=clock.now_ns() - OUTBOX_KEPT_NS)

    async def forget_events() -> int:
        async with database.transaction() as connection:
            return await delete_old_events(connection, before=clock.now_ns() - EVENTS_KEPT_NS)

    async def forget_tries() -> int:
        """Wrong secrets and codes that count for nothing any more: whose they were is nobody's business."""
        async with database.transaction() as connection:
            now = clock.now_ns()
            tries = await delete_old_attempts(connection, now=now, most=FORGOTTEN_AT_ONCE)
            return tries + await delete_old_codes(connection, now=now, most=FORGOTTEN_AT_ONCE)

    async def forget_payment_codes() -> int:
        async with database.transaction() as connection:
            return await forget_old_codes(connection, now=clock.now_ns())

    async def forget_codes() -> int:
        async with database.transaction() as connection:
            return await forget_pairings(connection, now=clock.now_ns())

    charging = Charging(database=database, submit=desk.submit, ids=ids, clock=clock)
    return [
        Chore(name="charge subscriptions", every_ns=10 * SECOND, does=charging.work),
        Chore(name="forget codes of devices", every_ns=60 * SECOND, does=forget_codes),
        Chore(name="end payments", every_ns=SECOND, does=end_payments),
        Chore(name="end pending transfers", every_ns=SECOND, does=end_transfers),
        Chore(name="forget the outbox", every_ns=60 * SECOND, does=forget_outbox),
        Chore(name="forget events", every_ns=60 * SECOND, does=forget_events),
        Chore(name="forget tries", every_ns=600 * SECOND, does=forget_tries),
        Chore(name="forget payment codes", every_ns=600 * SECOND, does=forget_payment_codes),
    ]
