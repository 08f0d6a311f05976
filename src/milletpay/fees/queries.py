"""The reads of fees."""

from collections.abc import Collection
from typing import Final

from milletpay.fees.model import Contract, ContractId, FeeOnRefund
from milletpay.money import Currency, Money
from milletpay.plumbing.database import Connection, Row
from milletpay.plumbing.dates import Day
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.fees")


async def contracts_of(connection: Connection, *, merchants: Collection[int]) -> list[Contract]:
    """Every contract of these merchants, past, present and to come, in the order of their first days."""
    rows = await connection.fetch(SQL["contracts_of"], merchants)
    return [_contract_of(row) for row in rows]


def _contract_of(row: Row) -> Contract:
    currency = Currency.numbered(row["currency"])
    return Contract(
        id=ContractId(row["id"]),
        merchant=row["merchant"],
        effective_from=Day(row["effective_from"]),
        basis_points=row["basis_points"],
        minimum=Money(row["minimum"], currency),
        cap=None if row["cap"] is None else Money(row["cap"], currency),
        on_refund=FeeOnRefund(row["on_refund"]),
    )
