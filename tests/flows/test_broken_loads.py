"""A batch whose load breaks leaves nothing in memory: asked again, it is answered as if nothing had been."""

import pytest

from milletpay.customers import CustomerId
from milletpay.merchants import MerchantId
from milletpay.payments import Made
from milletpay.plumbing.database import Database
from tests.flows.overhearing import Overheard
from tests.flows.payment_desk import open_payments

ANNA, SHOP = CustomerId(7), MerchantId(8)

READS = [
    "FROM ledger.account",
    "FROM ledger.tail",
    "FROM payments.payment",
    "FROM payments.mark",
    "FROM payments.agreement",
    "FROM merchants.merchant",
    "FROM fees.contract",
    "FROM customers.customer",
    "limits.used",
]


@pytest.mark.parametrize("read", READS)
async def test_what_was_asked_when_the_database_went_away_is_answered_when_it_is_back(
    app_url: str, database: Database, read: str
) -> None:
    async with open_payments(database) as first:
        agreement = await first.open_shop(SHOP, ANNA, balance=500_00)
    async with Overheard.on(app_url) as (heard, through):
        cut = await Database.open(through, connections=1)
        # A process that was just started remembers nothing, and has to read everything.
        async with open_payments(cut, clock=first.clock, desk_id=2) as desk:
            heard.cut_at = read
            for _ in range(2):
                made = await desk.ask(desk.payment(SHOP, 10_00, agreement=agreement))
                assert isinstance(made, Made), made
                assert made.payment.status == "succeeded"
            assert not heard.cut_at, "nobody reads it"
        await cut.close()
