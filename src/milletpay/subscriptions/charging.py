"""Charging: what is due is announced, charged on its day, and tried again when it was declined.

It goes the way of everybody: commands at the desk, under names that follow from the month. So it may be done
again whatever was left undone when a process died, and by asking for the same charge again it is told how the
one that a bank has not decided stands. While it is at a subscription, nobody else changes it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

from milletpay.entitlements import metadata_of
from milletpay.payments import (
    AnnounceCharge,
    Announcement,
    CreatePayment,
    Decline,
    Made,
    Payment,
    PaymentId,
    PaymentStatus,
    Refusal,
    Request,
    find_announcement,
)
from milletpay.plumbing.clock import SECOND, Clock
from milletpay.plumbing.database import Connection, Database
from milletpay.plumbing.dates import add_days, day_of
from milletpay.plumbing.ids import IdSource
from milletpay.subscriptions.model import RETRIED_AFTER, Subscription, SubscriptionStatus
from milletpay.subscriptions.operations import keep, next_month
from milletpay.subscriptions.queries import hold_due

ENDS: Final = frozenset({Decline.AGREEMENT_NOT_ACTIVE, Decline.CUSTOMER_NOT_ACTIVE})
"""What no later try mends."""

LOOKED_AGAIN_NS: Final = 10 * SECOND
"""After so long it is looked again what a bank has decided."""

UNDONE: Final = frozenset({PaymentStatus.CANCELED, PaymentStatus.REVERSED})
"""The merchant itself has ended the charge: nobody charges for the month behind its back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charging:
    """Does what is due, one subscription after another."""

    database: Database
    submit: Callable[[Any], Awaitable[Any]]
    """To the desk."""
    ids: IdSource
    clock: Clock

    async def work(self) -> int:
        """Do what is due for one subscription; how many that was."""
        async with self.database.transaction() as connection:
            found = await hold_due(connection, now=self.clock.now_ns())
            if found is None:
                return 0
            if found.is_announced:
                told = await find_announcement(connection, id=found.announcement)
                if told is not None and told.withdrawn_at:
                    await self._skip(connection, found)
                else:
                    await self._charge(connection, found)
            else:
                await self._announce(connection, found)
        return 1

    async def _announce(self, connection: Connection, found: Subscription) -> None:
        now = self.clock.now_ns()
        # Whoever was late announces a later day: the notice is as long as it was promised.
        earliest = add_days(day_of(now), days=found.notice_days)
        answer = await self.submit(
            AnnounceCharge(
                id=found.announcement,
                agreement=found.agreement,
                merchant=found.merchant,
                mode=found.mode,
                amount=found.amount.minor,
                charge_on=max(found.charge_on, earliest),
            )
        )
        if not isinstance(answer, Announcement):
            if answer.refusal is Refusal.NOTICE_TOO_SHORT:
                return  # the day has changed meanwhile: it is looked at again
            ended = replace(found, status=SubscriptionStatus.LAPSED)
            await keep(connection, ended, kind="lapsed", now=now)
        elif answer.withdrawn_at:
            await self._skip(connection, found)
        else:
            # It may be one of before, whose note was not made.
            announced = replace(found, charge_on=answer.charge_on, is_announced=True)
            await keep(connection, announced, kind="announced", now=now)

    async def _skip(self, connection: Connection, found: Subscription) -> None:
        """Leave out the month whose announcement was withdrawn, or charge undone, without a note here."""
        await keep(connection, next_month(found), kind="skipped", now=self.clock.now_ns())

    async def _charge(self, connection: Connection, found: Subscription) -> None:
        now = self.clock.now_ns()
        answer = await self.submit(
            CreatePayment(
                id=PaymentId(self.ids.next()),
                merchant=found.merchant,
                mode=found.mode,
                amount=found.amount,
                request=Request(key_hash=0, body_hash=_body(found), reference=found.reference),
                agreement=found.agreement,
                metadata=metadata_of(found.offer),
            )
        )
        charge = answer.payment if isinstance(answer, Made) else None
        if charge is not None and charge.status is PaymentStatus.PROCESSING:
            await keep(connection, replace(found, look_at=now + LOOKED_AGAIN_NS), kind=None, now=now)
        elif charge is not None and charge.status is PaymentStatus.SUCCEEDED:
            await keep(connection, next_month(found), kind="charged", now=now)
        elif charge is not None and charge.status in UNDONE:
            await self._skip(connection, found)
        else:
            await self._decline(connection, found, charge)

    async def _decline(self, connection: Connection, found: Subscription, charge: Payment | None) -> None:
        """The charge was declined, at once or by a bank that was asked, or was not made at all."""
        now = self.clock.now_ns()
        is_last = charge is None or charge.decline in ENDS or found.tries == len(RETRIED_AFTER)
        if is_last:
            ended = replace(found, status=SubscriptionStatus.LAPSED, look_at=0)
            await keep(connection, ended, kind="lapsed", now=now)
        else:
            again = replace(found, tries=found.tries + 1, is_announced=True, look_at=0)
            await keep(connection, again, kind="charge_declined", now=now)


def _body(found: Subscription) -> int:
    return int.from_bytes(sha256(found.reference.encode()).digest()[:16])
