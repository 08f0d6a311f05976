"""The reads of merchants."""

from collections.abc import Collection, Sequence
from typing import Final

from milletpay.ledger import Entry, find_accounts
from milletpay.ledger import find_entries as find_entries_of
from milletpay.ledger.chart import Mode
from milletpay.merchants.model import City, Merchant, MerchantId, MerchantStatus, Names, Owed, Store, StoreId
from milletpay.merchants.postings import available_account, pending_account
from milletpay.money import Currency, Money
from milletpay.plumbing.database import Connection, Row
from milletpay.plumbing.ids import ID_END
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.merchants")


async def find_merchant(connection: Connection, *, id: MerchantId) -> Merchant | None:
    """The merchant of an id, as committed."""
    row = await connection.fetchrow(SQL["merchants"], [id])
    return None if row is None else merchant_of(row)


async def find_merchants(connection: Connection, *, ids: Collection[MerchantId]) -> list[Merchant]:
    """The merchants of these ids, as committed."""
    return [merchant_of(row) for row in await connection.fetch(SQL["merchants"], list(ids))]


async def find_stores(connection: Connection, *, ids: Collection[StoreId]) -> list[Store]:
    """The stores of these ids, as committed."""
    return [store_of(row) for row in await connection.fetch(SQL["stores"], list(ids))]


async def categories_in_use(connection: Connection, *, mode: Mode) -> list[int]:
    """The categories that merchants have who may take payments now."""
    rows = await connection.fetch(SQL["categories"], mode is Mode.LIVE, MerchantStatus.ACTIVE.value)
    return [row["category"] for row in rows]


async def stores_of(
    connection: Connection, *, merchant: MerchantId, most: int, before: int = ID_END
) -> list[Store]:
    """The stores of a merchant, the newest first, with ids below `before`."""
    rows = await connection.fetch(SQL["stores_of"], merchant, before, most)
    return [store_of(row) for row in rows]


async def find_store(connection: Connection, *, id: StoreId) -> Store | None:
    """The store of an id, as committed."""
    row = await connection.fetchrow(SQL["stores"], [id])
    return None if row is None else store_of(row)


async def find_owed(connection: Connection, *, merchant: MerchantId, mode: Mode, currency: Currency) -> Owed:
    """What we owe a merchant, as committed; nothing where there is no account."""
    pending, available = (
        account(merchant, mode=mode, currency=currency) for account in (pending_account, available_account)
    )
    accounts = await find_accounts(connection, ids=[pending, available])
    minor = {id: account.credits_posted - account.debits_posted for id, account in accounts.items()}
    return Owed(
        pending=Money(minor.get(pending, 0), currency), available=Money(minor.get(available, 0), currency)
    )


async def find_entries(
    connection: Connection,
    *,
    merchant: MerchantId,
    mode: Mode,
    currency: Currency,
    before: int | None = None,
    most: int,
) -> Sequence[Entry]:
    """What moved of what is not settled yet, the newest first; `before` is the last place seen."""
    account = pending_account(merchant, mode=mode, currency=currency)
    return await find_entries_of(connection, account=account, before=before, most=most)


def merchant_of(row: Row) -> Merchant:
    """The merchant of a row of the table."""
    return Merchant(
        id=MerchantId(row["id"]),
        mode=Mode.LIVE if row["live"] else Mode.TEST,
        names=Names(en=row["name_en"], zh=row["name_zh"]),
        category=row["category"],
        city=_city_of(row),
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
        city=_city_of(row),
        created_at=row["created_at"],
    )


def _city_of(row: Row) -> City:
    return City(country=row["country"], names=Names(en=row["city_en"], zh=row["city_zh"]))
