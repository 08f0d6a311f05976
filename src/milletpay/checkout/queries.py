"""The reads of sessions."""

from milletpay.checkout.model import Session
from milletpay.codes import LinkKind, Links
from milletpay.merchants import find_merchant, find_store
from milletpay.payments import PaymentId, find_payment
from milletpay.plumbing.database import Connection


async def find_session(connection: Connection, *, token: str, links: Links, now: int) -> Session | None:
    """The session that a link's token opens, or None when the token is none of ours."""
    id = links.read_token(token, kind=LinkKind.PAYMENT)
    if id is None:
        return None
    payment = await find_payment(connection, id=PaymentId(id))
    if payment is None:
        return None
    merchant = await find_merchant(connection, id=payment.merchant)
    assert merchant is not None, "a payment has its merchant"
    store = None if payment.store is None else await find_store(connection, id=payment.store)
    return Session(token=token, payment=payment, merchant=merchant, store=store, now=now)
