"""A code plate as its payer sees it, and what codes in EMVCo's form say of plates and payments."""

from dataclasses import dataclass
from typing import Final

from milletpay.codes import AMOUNT_LONGEST, Link, LinkKind, Links, MerchantCode, Place, write_merchant_code
from milletpay.customers import CustomerId
from milletpay.funding import Order
from milletpay.ledger.chart import Mode
from milletpay.merchants import (
    TERMINAL_ID,
    City,
    Merchant,
    Plate,
    PlateId,
    Store,
    find_merchant,
    find_plate,
    find_store,
)
from milletpay.money import Currency, Money
from milletpay.payments import Payment, PaymentId, PayPlate, Request
from milletpay.plumbing.answers import hash_of_body
from milletpay.plumbing.database import Connection

CURRENCY: Final = Currency.CNY
"""In which plates are paid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateSession:
    """One plate as whoever scans it sees it: whom it pays, and where."""

    token: str
    plate: Plate
    merchant: Merchant
    store: Store

    @property
    def is_open(self) -> bool:
        """Whether anything can be paid to it now."""
        return self.plate.is_active and self.merchant.is_active


async def find_plate_session(connection: Connection, *, token: str, links: Links) -> PlateSession | None:
    """The plate that a link's token opens, or None when the token is none of ours."""
    id = links.read_token(token, kind=LinkKind.PLATE)
    plate = None if id is None else await find_plate(connection, id=PlateId(id))
    if plate is None:
        return None
    merchant = await find_merchant(connection, id=plate.merchant)
    store = await find_store(connection, id=plate.store)
    assert merchant is not None, "a plate has its merchant"
    assert store is not None, "a plate has its store"
    return PlateSession(token=token, plate=plate, merchant=merchant, store=store)


def pay_at(
    session: PlateSession,
    *,
    id: PaymentId,
    customer: CustomerId,
    mode: Mode,
    amount: Money,
    once: str,
    sources: Order,
) -> PayPlate:
    """The command that pays at a plate: asked with the same `once` again it is the same request.

    :param once: up to 40 characters of ASCII, drawn with the page or given with the request
    :param sources: no part of what makes it the same: what was paid from one is not paid from another again
    """
    body = f"{session.plate.id} {customer} {amount}".encode()
    return PayPlate(
        id=id,
        plate=session.plate.id,
        merchant=session.plate.merchant,
        customer=customer,
        mode=mode,
        amount=amount,
        request=Request(key_hash=0, body_hash=hash_of_body(body), reference=f"scan-{once}"),
        sources=sources,
    )


def plate_payload(session: PlateSession) -> str:
    """What stands on a plate in EMVCo's form."""
    plate = session.plate
    return write_merchant_code(
        MerchantCode(
            kind=LinkKind.PLATE,
            token=session.token,
            name=session.merchant.names,
            category=session.merchant.category,
            currency=CURRENCY,
            place=_place(session.store.city),
            store=session.store.names.en,
            reference=f"Plate {plate.serial}",
            terminal="" if plate.terminal is None else TERMINAL_ID.write(plate.terminal)[-25:],
        )
    )


def payment_payload(payment: Payment, *, merchant: Merchant, store: Store | None, links: Links) -> str | None:
    """A payment's code in EMVCo's form: good for this payment and nothing else.

    None for an amount that its thirteen characters do not hold: of ten thousand millions and more.
    """
    if len(payment.amount.decimal) > AMOUNT_LONGEST:
        return None
    return write_merchant_code(
        MerchantCode(
            kind=LinkKind.PAYMENT,
            token=links.token(Link(kind=LinkKind.PAYMENT, object=payment.id)),
            name=merchant.names,
            category=merchant.category,
            currency=payment.amount.currency,
            place=_place(merchant.city if store is None else store.city),
            amount=payment.amount,
            store="" if store is None else store.names.en,
            reference=payment.request.reference,
        )
    )


def _place(city: City) -> Place:
    return Place(country=city.country, city_en=city.names.en, city_zh=city.names.zh)
