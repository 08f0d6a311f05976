"""The lines of a customer's statement, with the names of those whom the money came from or went to."""

from collections.abc import Sequence
from dataclasses import dataclass

from milletpay.customers import Customer, find_customer
from milletpay.ledger.chart import TransferCode
from milletpay.merchants import Names, find_merchant
from milletpay.money import Currency, Money
from milletpay.payments import PaymentId, find_payment
from milletpay.plumbing.database import Connection
from milletpay.wallets import SendId, entries_of, find_send


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One movement of a customer's money."""

    timestamp: int
    place: int
    amount: Money
    """What came in; below zero, what went out."""
    balance: Money
    """What there was after it."""
    code: TransferCode
    whom: Names | None = None
    """Who the money came from or went to, if that is anybody."""

    @property
    def word(self) -> str:
        """The word for its flow, in the catalog."""
        name = self.code.name.lower()
        return f"{name}_in" if self.code.flow == "send" and self.amount.is_positive else name

    @property
    def sign(self) -> str:
        """The icon for its flow."""
        icons = {"pay": "bag", "refund": "undo", "refund after settlement": "undo", "send": "send"}
        if self.code.flow == "send" and self.amount.is_positive:
            return "receive"
        return icons.get(self.code.flow, "bank")


async def lines_of(
    connection: Connection, customer: Customer, *, currency: Currency, before: int | None = None, most: int
) -> Sequence[Line]:
    """A customer's statement, the newest first, after the line whose place is `before`."""
    entries = await entries_of(
        connection, customer=customer.id, mode=customer.mode, currency=currency, before=before, most=most
    )
    known: dict[tuple[str, int], Names | None] = {}
    lines = []
    for entry in entries:
        about = (entry.code.flow, entry.object)
        if about not in known:
            known[about] = await _whom(connection, customer, code=entry.code, object=entry.object)
        lines.append(
            Line(
                timestamp=entry.timestamp,
                place=entry.place,
                amount=Money(entry.amount, currency),
                balance=Money(entry.balance, currency),
                code=entry.code,
                whom=known[about],
            )
        )
    return lines


async def _whom(
    connection: Connection,
    customer: Customer,
    *,
    code: TransferCode,
    object: int,  # noqa: A002 - an entry's word
) -> Names | None:
    match code.flow:
        case "pay" | "refund" | "refund after settlement":
            payment = await find_payment(connection, id=PaymentId(object))
            merchant = payment and await find_merchant(connection, id=payment.merchant)
            return merchant.names if merchant else None
        case "send":
            send = await find_send(connection, id=SendId(object))
            if send is None:
                return None
            other = send.recipient if send.customer == customer.id else send.customer
            person = await find_customer(connection, id=other)
            return Names(en=person.name, zh=person.name) if person else None
    return None
