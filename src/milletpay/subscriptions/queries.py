"""The reads of subscriptions."""

from collections.abc import Collection, Sequence
from typing import Final

from milletpay.customers import CustomerId
from milletpay.entitlements import OfferId
from milletpay.ledger.chart import Mode
from milletpay.merchants import MerchantId
from milletpay.money import Currency, Money
from milletpay.payments import AgreementId
from milletpay.plumbing.database import Connection, Row
from milletpay.plumbing.dates import Day, day_of
from milletpay.plumbing.ids import ID_END
from milletpay.plumbing.statements import load_statements
from milletpay.subscriptions.model import Subscription, SubscriptionId, SubscriptionStatus

SQL: Final = load_statements("milletpay.subscriptions")


async def find_subscription(connection: Connection, *, id: SubscriptionId) -> Subscription | None:
    """The subscription of this id, whosever it is."""
    row = await connection.fetchrow(SQL["find"], [id])
    return None if row is None else subscription_of(row)


async def find_subscriptions(
    connection: Connection, *, ids: Collection[SubscriptionId]
) -> Sequence[Subscription]:
    """Those of these subscriptions that are there, whosever they are."""
    return [subscription_of(row) for row in await connection.fetch(SQL["find"], ids)]


async def hold_subscription(connection: Connection, *, id: SubscriptionId) -> Subscription | None:
    """As `find_subscription`, kept from others until the transaction ends."""
    row = await connection.fetchrow(SQL["hold"], id)
    return None if row is None else subscription_of(row)


async def hold_due(connection: Connection, *, now: int) -> Subscription | None:
    """One for which something is to be done, kept from others until the transaction ends."""
    row = await connection.fetchrow(SQL["due"], day_of(now), now)
    return None if row is None else subscription_of(row)


async def subscriptions_of_customer(
    connection: Connection, *, customer: CustomerId, mode: Mode
) -> Sequence[Subscription]:
    """A customer's subscriptions, the newest first."""
    return [
        subscription_of(row)
        for row in await connection.fetch(SQL["of_customer"], customer, mode is Mode.LIVE)
    ]


async def subscriptions_of_merchant(
    connection: Connection, *, merchant: MerchantId, mode: Mode, most: int, before: int = ID_END
) -> Sequence[Subscription]:
    """A merchant's subscriptions, the newest first, with ids below `before`."""
    rows = await connection.fetch(SQL["of_merchant"], merchant, mode is Mode.LIVE, before, most)
    return [subscription_of(row) for row in rows]


def subscription_of(row: Row) -> Subscription:
    """The subscription of a row of the table."""
    return Subscription(
        id=SubscriptionId(row["id"]),
        merchant=MerchantId(row["merchant"]),
        mode=Mode.LIVE if row["live"] else Mode.TEST,
        customer=CustomerId(row["customer"]),
        agreement=AgreementId(row["agreement"]),
        offer=OfferId(row["offer"]),
        amount=Money(row["amount"], Currency.of(row["currency"])),
        notice_days=row["notice_days"],
        first_on=Day(row["first_on"]),
        status=SubscriptionStatus(row["status"]),
        period=row["period"],
        charge_on=Day(row["charge_on"]),
        is_announced=row["is_announced"],
        tries=row["tries"],
        look_at=row["look_at"],
        events=row["events"],
    )
