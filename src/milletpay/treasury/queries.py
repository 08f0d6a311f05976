"""The reads of the treasury."""

from typing import Final

from milletpay.ledger.chart import Mode
from milletpay.money import Currency, Money
from milletpay.plumbing.database import Connection, Row
from milletpay.plumbing.statements import load_statements
from milletpay.rails import BankKey
from milletpay.treasury.model import BankLink, Movement, MovementKind

SQL: Final = load_statements("milletpay.treasury")


async def find_links(connection: Connection) -> list[BankLink]:
    """Every bank that we work with, by code, mode and currency."""
    return [
        BankLink(
            bank=bank_of(row),
            currency=Currency.numbered(row["currency"]),
            clearing=row["clearing"],
            safe=row["safe"],
            own=row["own"],
        )
        for row in await connection.fetch(SQL["links"])
    ]


def movement_of(row: Row) -> Movement:
    """The movement of a row."""
    return Movement(
        kind=MovementKind(row["kind"]),
        bank=bank_of(row),
        reference=row["reference"],
        amount=Money(row["amount"], Currency.numbered(row["currency"])),
        booked_at=row["booked_at"],
    )


def bank_of(row: Row) -> BankKey:
    """The bank of a row."""
    return BankKey(Mode.LIVE if row["live"] else Mode.TEST, row["bank"])
