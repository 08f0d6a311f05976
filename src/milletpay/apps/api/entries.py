"""Movements of money, shown to whoever's it is."""

from typing import Any, Final

from milletpay.apps.api.wallet_shapes import EntryShape
from milletpay.ledger import Entry
from milletpay.money import Currency
from milletpay.payments import PAYMENT_ID
from milletpay.plumbing.dates import rfc3339
from milletpay.plumbing.ids import IdForm
from milletpay.wallets import RECEIPT_ID, SEND_ID, TOP_UP_ID, WITHDRAWAL_ID

ABOUT: Final[dict[str, IdForm[Any]]] = {
    "top-up": TOP_UP_ID,
    "receipt": RECEIPT_ID,
    "pay": PAYMENT_ID,
    "fee": PAYMENT_ID,
    "refund": PAYMENT_ID,
    "refund after settlement": PAYMENT_ID,
    "withdraw": WITHDRAWAL_ID,
    "bank return": WITHDRAWAL_ID,
    "send": SEND_ID,
}
"""What the object of an entry is, by the flow of its code."""


def show_entry(entry: Entry, *, currency: Currency) -> EntryShape:
    """One movement."""
    form = ABOUT.get(entry.code.flow)
    return EntryShape(
        at=rfc3339(entry.timestamp),
        amount=entry.amount,
        balance=entry.balance,
        currency=currency.code,
        kind=entry.code.name.lower(),
        about=form.write(entry.object) if form is not None and entry.object else None,
    )
