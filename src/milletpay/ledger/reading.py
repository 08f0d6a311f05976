"""Rows of the database as values: unsigned numbers are kept in signed columns and mean their bits."""

from collections.abc import Collection
from typing import Any, Final, Protocol

from milletpay.ledger.model import Account, AccountFlags, Transfer, TransferFlags
from milletpay.plumbing.database import Connection
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.ledger")

U64 = 2**64 - 1
U32 = 2**32 - 1
U16 = 2**16 - 1


class Row(Protocol):
    """A row of the database: columns by name."""

    def __getitem__(self, column: str, /) -> Any:  # noqa: ANN401 - its type is the column's
        """The value of a column."""


def account_of(row: Row) -> Account:
    """An account, with the balances and the closedness that the row has."""
    flags = row["flags"] & U16
    return Account(
        id=row["id"],
        debits_pending=row["debits_pending"],
        debits_posted=row["debits_posted"],
        credits_pending=row["credits_pending"],
        credits_posted=row["credits_posted"],
        user_data_128=row["user_data_128"],
        user_data_64=row["user_data_64"] & U64,
        user_data_32=row["user_data_32"] & U32,
        ledger=row["ledger"] & U32,
        code=row["code"] & U16,
        flags=AccountFlags(flags | (AccountFlags.CLOSED if row["closed"] else 0)),
        timestamp=row["timestamp"],
    )


def transfer_of(row: Row) -> Transfer:
    """A transfer."""
    return Transfer(
        id=row["id"],
        debit_account_id=row["debit_account_id"],
        credit_account_id=row["credit_account_id"],
        amount=row["amount"],
        pending_id=row["pending_id"],
        user_data_128=row["user_data_128"],
        user_data_64=row["user_data_64"] & U64,
        user_data_32=row["user_data_32"] & U32,
        timeout=row["timeout"] & U32,
        ledger=row["ledger"] & U32,
        code=row["code"] & U16,
        flags=TransferFlags(row["flags"] & U16),
        timestamp=row["timestamp"],
    )


async def find_accounts(connection: Connection, *, ids: Collection[int]) -> dict[int, Account]:
    """Accounts by id as they stand now, as committed: to be shown, not decided on."""
    return {row["id"]: account_of(row) for row in await connection.fetch(SQL["accounts_now"], ids)}
