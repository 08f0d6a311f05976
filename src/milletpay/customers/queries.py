"""The reads of customers."""

from typing import Final

from milletpay.customers.model import Customer, CustomerId, CustomerStatus, PersonId, Phone
from milletpay.ledger.chart import Mode
from milletpay.limits.model import Verification
from milletpay.plumbing.database import Connection, Row
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.customers")


async def find_customer(connection: Connection, *, id: CustomerId) -> Customer | None:
    """The customer of an id, as committed."""
    row = await connection.fetchrow(SQL["customers"], [id], [], [])
    return None if row is None else customer_of(row)


async def find_by_phone(connection: Connection, *, mode: Mode, phone: Phone) -> Customer | None:
    """The customer of a mode who has this phone number."""
    row = await connection.fetchrow(SQL["customers"], [], [mode is Mode.LIVE], [phone])
    return None if row is None else customer_of(row)


def customer_of(row: Row) -> Customer:
    """The customer of a row of the table."""
    return Customer(
        id=CustomerId(row["id"]),
        mode=Mode.LIVE if row["live"] else Mode.TEST,
        phone=Phone(row["phone"]),
        name=row["name"],
        verification=Verification(row["verification"]),
        person=PersonId(row["person"]),
        status=CustomerStatus(row["status"]),
        created_at=row["created_at"],
        version=row["version"],
    )
