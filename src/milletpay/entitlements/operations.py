"""The writes of offers. Each call belongs into a transaction of the caller's."""

from typing import Final

from milletpay.entitlements.model import Offer, OfferId, OfferRefusal, OfferRefused
from milletpay.entitlements.queries import find_offer
from milletpay.ledger.chart import Mode
from milletpay.merchants import MerchantId
from milletpay.plumbing.database import Connection
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.entitlements")


async def add_offer(connection: Connection, *, offer: Offer) -> None:
    """Sell something. An id that is there already changes nothing."""
    await connection.execute(
        SQL["add_offer"],
        offer.id,
        offer.merchant,
        offer.mode is Mode.LIVE,
        offer.content,
        offer.names.en,
        offer.names.zh,
        offer.amount.minor,
        offer.amount.currency.code,
        offer.days,
        offer.created_at,
    )


async def retire_offer(
    connection: Connection, *, id: OfferId, merchant: MerchantId, mode: Mode, now: int
) -> Offer | OfferRefused:
    """Sell it no longer; what was bought of it may be used as before. Again changes nothing."""
    await connection.execute(SQL["retire_offer"], id, merchant, mode is Mode.LIVE, now)
    found = await find_offer(connection, id=id)
    if found is None or (found.merchant, found.mode) != (merchant, mode):
        return OfferRefused(refusal=OfferRefusal.NOT_FOUND, detail="There is no such offer.")
    return found
