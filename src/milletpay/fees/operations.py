"""The writes of fees: new contracts."""

from collections.abc import Sequence
from typing import Final

from milletpay.fees.model import Contract
from milletpay.plumbing.database import Connection
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.fees")


async def add_contracts(connection: Connection, *, contracts: Sequence[Contract]) -> None:
    """Write new contracts. A merchant has at most one that begins on a day, in one currency."""
    if not contracts:
        return
    await connection.execute(
        SQL["add_contracts"],
        [c.id for c in contracts],
        [c.merchant for c in contracts],
        [c.currency.number for c in contracts],
        [c.effective_from for c in contracts],
        [c.basis_points for c in contracts],
        [c.minimum.minor for c in contracts],
        [None if c.cap is None else c.cap.minor for c in contracts],
        [c.on_refund.value for c in contracts],
    )
