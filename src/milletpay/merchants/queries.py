"""The reads of merchants."""

from typing import Final

from milletpay.ledger.chart import Mode
from milletpay.merchants.model import Merchant, MerchantId, MerchantStatus, Names, Store, StoreId
from milletpay.plumbing.database import Connection, Row
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.merchants")


async def find_merchant(connection: Connection, *, id: MerchantId) -> Merchant | None:
    """The merchant of an id, as committed."""
    row = await connection.fetchrow(SQL["merchants"], [id])
    return None if row is None else merchant_of(row)


async def stores_of(connection: Connection, *, merchant: MerchantId) -> list[Store]:
    """The stores of a merchant, the oldest first."""
    return [store_of(row) for row in await connection.fetch(SQL["stores_of"], merchant)]


def merchant_of(row: Row) -> Merchant:
    """The merchant of a row of the table."""
    return Merchant(
        id=MerchantId(row["id"]),
        mode=Mode.LIVE if row["live"] else Mode.TEST,
        names=Names(en=row["name_en"], zh=row["name_zh"]),
        category=row["category"],
        status=MerchantStatus(row["status"]),
        created_at=row["created_at"],
        version=row["version"],
    )


def store_of(row: Row) -> Store:
    """The store of a row of the table."""
    return Store(
        id=StoreId(row["id"]),
        merchant=MerchantId(row["merchant"]),
        names=Names(en=row["name_en"], zh=row["name_zh"]),
        created_at=row["created_at"],
    )
