"""The writes of subscriptions. Each call belongs into a transaction of the caller's.

What is skipped or canceled was perhaps announced, and the merchant could charge for that by itself. So the
desk withdraws the announcement first, while the subscription is held. If that is all that is done before a
process dies, `Charging` finds the announcement withdrawn and skips the month.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

from milletpay.customers import CustomerId
from milletpay.entitlements import OfferId, find_offer
from milletpay.ledger.chart import Mode
from milletpay.merchants import MerchantId
from milletpay.payments import (
    AgreementId,
    AgreementStatus,
    PaymentStatus,
    Refusal,
    Refused,
    WithdrawAnnouncement,
    find_agreement,
    payments_of,
)
from milletpay.plumbing.database import Connection
from milletpay.plumbing.dates import Day, add_days, day_of, format_day
from milletpay.plumbing.outbox import Event, append
from milletpay.plumbing.statements import load_statements
from milletpay.subscriptions.model import (
    Subscription,
    SubscriptionId,
    SubscriptionRefusal,
    SubscriptionRefused,
    SubscriptionStatus,
    charge_day,
)
from milletpay.subscriptions.queries import hold_subscription

SQL: Final = load_statements("milletpay.subscriptions")

Submit = Callable[[Any], Awaitable[Any]]
"""Gives a command to the desk."""


async def subscribe(
    connection: Connection,
    *,
    id: SubscriptionId,
    merchant: MerchantId,
    mode: Mode,
    agreement: AgreementId,
    offer: OfferId,
    first_on: Day,
    now: int,
) -> Subscription | SubscriptionRefused:
    """Begin a subscription under an agreement that the customer has signed."""
    signed = await find_agreement(connection, id=agreement)
    offered = await find_offer(connection, id=offer)
    if signed is None or (signed.merchant, signed.mode) != (merchant, mode):
        return SubscriptionRefused(
            refusal=SubscriptionRefusal.NOT_FOUND, detail="There is no such agreement."
        )
    if offered is None or (offered.merchant, offered.mode) != (merchant, mode) or offered.retired_at:
        return SubscriptionRefused(refusal=SubscriptionRefusal.NOT_FOUND, detail="There is no such offer.")
    if signed.status is not AgreementStatus.ACTIVE or signed.customer is None:
        detail = f"The agreement is {signed.status}: nothing can be charged under it."
        return SubscriptionRefused(refusal=SubscriptionRefusal.NOT_ACTIVE, detail=detail)
    if not signed.notice_days:
        detail = "The agreement promises no notice: nobody is charged every month without one."
        return SubscriptionRefused(refusal=SubscriptionRefusal.NOTICE_NEEDED, detail=detail)
    if offered.amount.minor > signed.charge_limit or offered.amount.currency is not signed.currency:
        detail = f"The agreement allows {signed.charge_limit} {signed.currency.code} in one charge."
        return SubscriptionRefused(refusal=SubscriptionRefusal.EXCEEDS_CHARGE_LIMIT, detail=detail)
    earliest = add_days(day_of(now), days=signed.notice_days)
    if first_on < earliest:
        detail = f"With its notice the first charge can be on {format_day(earliest)}."
        return SubscriptionRefused(refusal=SubscriptionRefusal.TOO_SOON, detail=detail)
    made = Subscription(
        id=id,
        merchant=merchant,
        mode=mode,
        customer=signed.customer,
        agreement=agreement,
        offer=offer,
        amount=offered.amount,
        notice_days=signed.notice_days,
        first_on=first_on,
        charge_on=first_on,
    )
    await _add(connection, made)
    await _tell(connection, made, kind="created", now=now)
    return made


async def skip_charge(
    connection: Connection,
    *,
    id: SubscriptionId,
    customer: CustomerId,
    period: int,
    submit: Submit,
    now: int,
) -> Subscription | SubscriptionRefused:
    """The customer leaves out a month that is not charged yet, also when it was announced."""
    found = await hold_subscription(connection, id=id)
    if found is None or found.customer != customer:
        return _not_found()
    if found.status is not SubscriptionStatus.ACTIVE:
        return SubscriptionRefused(
            refusal=SubscriptionRefusal.NOT_ACTIVE, detail=f"The subscription is {found.status}."
        )
    if found.period != period:
        return SubscriptionRefused(
            refusal=SubscriptionRefusal.CHARGED, detail="That month was charged or left out already."
        )
    if await _is_charged(connection, found):
        return SubscriptionRefused(
            refusal=SubscriptionRefusal.CHARGED, detail="That month was charged, or is being charged."
        )
    if not await _withdraw(found, submit=submit):
        return SubscriptionRefused(
            refusal=SubscriptionRefusal.CHARGED,
            detail="That month was charged already, by the merchant itself.",
        )
    return await keep(connection, next_month(found), kind="skipped", now=now)


async def cancel_subscription(
    connection: Connection,
    *,
    id: SubscriptionId,
    submit: Submit,
    now: int,
    customer: CustomerId | None = None,
    merchant: MerchantId | None = None,
    mode: Mode,
) -> Subscription | SubscriptionRefused:
    """End it, by the customer or the merchant: exactly one is named. Ending it again changes nothing.

    A charge for which a bank is asked already goes on, and its payment tells its end; no other follows.
    """
    found = await hold_subscription(connection, id=id)
    if (
        found is None
        or found.mode is not mode
        or (customer is not None and found.customer != customer)
        or (merchant is not None and found.merchant != merchant)
    ):
        return _not_found()
    if found.status is not SubscriptionStatus.ACTIVE:
        return found
    await _withdraw(found, submit=submit)
    ended = replace(found, status=SubscriptionStatus.CANCELED, look_at=0)
    return await keep(connection, ended, kind="canceled", now=now)


def next_month(subscription: Subscription) -> Subscription:
    """The subscription as it stands when a month is over with."""
    period = subscription.period + 1
    return replace(
        subscription,
        period=period,
        charge_on=charge_day(subscription.first_on, period=period),
        is_announced=False,
        tries=0,
        look_at=0,
    )


async def keep(
    connection: Connection, subscription: Subscription, *, kind: str | None, now: int
) -> Subscription:
    """Write a subscription that has changed, and the news if it is any."""
    changed = replace(subscription, events=subscription.events + (kind is not None))
    await connection.execute(
        SQL["change"],
        changed.id,
        changed.status,
        changed.period,
        changed.charge_on,
        changed.is_announced,
        changed.tries,
        changed.due_on,
        changed.look_at,
        changed.events,
    )
    if kind is not None:
        await _tell(connection, changed, kind=kind, now=now)
    return changed


async def _is_charged(connection: Connection, found: Subscription) -> bool:
    """Whether this month's charge has taken money or may yet: asked of the payment, noted here or not."""
    charges = await payments_of(
        connection, merchant=found.merchant, mode=found.mode, most=1, reference=found.reference
    )
    return any(one.status in {PaymentStatus.PROCESSING, PaymentStatus.SUCCEEDED} for one in charges)


async def _withdraw(subscription: Subscription, *, submit: Submit) -> bool:
    """Withdraw what this month's charge is announced as, if it is; whether nothing was charged for it."""
    answer = await submit(
        WithdrawAnnouncement(
            id=subscription.announcement,
            agreement=subscription.agreement,
            merchant=subscription.merchant,
            mode=subscription.mode,
        )
    )
    return not (isinstance(answer, Refused) and answer.refusal is Refusal.WRONG_STATE)


async def _add(connection: Connection, made: Subscription) -> None:
    await connection.execute(
        SQL["add"],
        made.id,
        made.merchant,
        made.mode is Mode.LIVE,
        made.customer,
        made.agreement,
        made.offer,
        made.amount.minor,
        made.amount.currency.code,
        made.notice_days,
        made.first_on,
        made.status,
        made.period,
        made.charge_on,
        made.is_announced,
        made.tries,
        made.due_on,
        made.look_at,
        made.events,
    )


async def _tell(connection: Connection, subscription: Subscription, *, kind: str, now: int) -> None:
    event = Event(kind=f"subscription.{kind}", object=subscription.id, sequence=subscription.events, at=now)
    await append(connection, events=[event])


def _not_found() -> SubscriptionRefused:
    return SubscriptionRefused(refusal=SubscriptionRefusal.NOT_FOUND, detail="There is no such subscription.")
