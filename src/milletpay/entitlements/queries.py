"""The reads of entitlements."""

from collections.abc import Collection, Sequence
from typing import Final

from milletpay.customers import CustomerId, DeviceId
from milletpay.entitlements.model import Entitlement, EntitlementId, Offer, OfferId
from milletpay.ledger.chart import Mode
from milletpay.merchants import MerchantId, Names
from milletpay.money import Currency, Money
from milletpay.payments import PaymentId
from milletpay.plumbing.database import Connection, Row
from milletpay.plumbing.ids import ID_END
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.entitlements")


async def find_offer(connection: Connection, *, id: OfferId) -> Offer | None:
    """The offer of this id, whosever it is."""
    row = await connection.fetchrow(SQL["offers"], [id])
    return None if row is None else offer_of(row)


async def offers_of(
    connection: Connection, *, merchant: MerchantId, mode: Mode, most: int, before: int = ID_END
) -> Sequence[Offer]:
    """What a merchant sells, the newest first, with ids below `before`."""
    rows = await connection.fetch(SQL["offers_of"], merchant, mode is Mode.LIVE, before, most)
    return [offer_of(row) for row in rows]


async def find_entitlement(connection: Connection, *, id: EntitlementId) -> Entitlement | None:
    """The entitlement of this id, whosever it is."""
    row = await connection.fetchrow(SQL["entitlements"], [id])
    return None if row is None else entitlement_of(row)


async def find_entitlements(
    connection: Connection, *, ids: Collection[EntitlementId]
) -> Sequence[Entitlement]:
    """Those of these entitlements that are there, whosever they are."""
    return [entitlement_of(row) for row in await connection.fetch(SQL["entitlements"], ids)]


async def entitlements_of(
    connection: Connection,
    *,
    customer: CustomerId,
    mode: Mode,
    now: int,
    merchant: MerchantId | None = None,
) -> Sequence[Entitlement]:
    """What a customer may use now, the newest first; all, or what is one merchant's."""
    rows = await connection.fetch(SQL["entitlements_of"], customer, mode is Mode.LIVE, merchant, now)
    return [entitlement_of(row) for row in rows]


def offer_of(row: Row) -> Offer:
    """The offer of a row of the table."""
    return Offer(
        id=OfferId(row["id"]),
        merchant=MerchantId(row["merchant"]),
        mode=Mode.LIVE if row["live"] else Mode.TEST,
        content=row["content"],
        names=Names(en=row["name_en"], zh=row["name_zh"]),
        amount=Money(row["amount"], Currency.of(row["currency"])),
        days=row["days"],
        created_at=row["created_at"],
        retired_at=row["retired_at"],
    )


def entitlement_of(row: Row) -> Entitlement:
    """The entitlement of a row of the table."""
    return Entitlement(
        id=EntitlementId(row["id"]),
        payment=PaymentId(row["payment"]),
        offer=OfferId(row["offer"]),
        merchant=MerchantId(row["merchant"]),
        mode=Mode.LIVE if row["live"] else Mode.TEST,
        customer=CustomerId(row["customer"]),
        device=None if row["device"] is None else DeviceId(row["device"]),
        content=row["content"],
        granted_at=row["granted_at"],
        ends_at=row["ends_at"],
        revoked_at=row["revoked_at"],
    )
