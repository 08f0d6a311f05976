"""The reads of wallets: what a customer has, what moved, and what is on its way."""

from collections.abc import Sequence
from typing import Final

from milletpay.customers import CustomerId
from milletpay.ledger import Entry, find_accounts, find_entries
from milletpay.ledger.chart import Mode
from milletpay.ledger.model import ID_MAX
from milletpay.money import Currency, Money
from milletpay.plumbing.database import Connection
from milletpay.plumbing.statements import load_statements
from milletpay.wallets.model import (
    Balance,
    Card,
    CardId,
    Send,
    SendId,
    TopUp,
    TopUpId,
    Withdrawal,
    WithdrawalId,
)
from milletpay.wallets.postings import balance_account, held_account, owed_account
from milletpay.wallets.rows import card_of, send_of, top_up_of, withdrawal_of

SQL: Final = load_statements("milletpay.wallets")


async def find_balance(
    connection: Connection, *, customer: CustomerId, mode: Mode, currency: Currency
) -> Balance:
    """What a customer has, as committed; nothing where there is no account."""
    available, held, owed = (
        account(customer, mode=mode, currency=currency)
        for account in (balance_account, held_account, owed_account)
    )
    accounts = await find_accounts(connection, ids=[available, held, owed])
    minor = {
        id: account.credits_posted - account.debits_posted - account.debits_pending
        for id, account in accounts.items()
    }
    return Balance(
        available=Money(minor.get(available, 0), currency),
        held=Money(minor.get(held, 0), currency),
        owed=Money(-minor.get(owed, 0), currency),
    )


async def entries_of(
    connection: Connection,
    *,
    customer: CustomerId,
    mode: Mode,
    currency: Currency,
    before: int | None = None,
    most: int,
) -> Sequence[Entry]:
    """The customer's statement, the newest first; `before` is the place of the last entry seen."""
    account = balance_account(customer, mode=mode, currency=currency)
    return await find_entries(connection, account=account, before=before, most=most)


async def find_card(connection: Connection, *, id: CardId) -> Card | None:
    """The card of an id."""
    row = await connection.fetchrow(SQL["cards"], [id], [], [])
    return None if row is None else card_of(row)


async def cards_of(connection: Connection, *, customer: CustomerId) -> Sequence[Card]:
    """The cards that a customer has bound, the newest first."""
    return [card_of(row) for row in await connection.fetch(SQL["cards_of"], customer)]


async def find_top_up(connection: Connection, *, id: TopUpId) -> TopUp | None:
    """The top-up of an id."""
    row = await connection.fetchrow(SQL["top_ups"], [id], [], [])
    return None if row is None else top_up_of(row)


async def top_ups_of(
    connection: Connection, *, customer: CustomerId, before: int = ID_MAX, most: int
) -> Sequence[TopUp]:
    """A customer's top-ups, the newest first; `before` is the id of the last one seen."""
    return [top_up_of(row) for row in await connection.fetch(SQL["top_ups_of"], customer, before, most)]


async def find_withdrawal(connection: Connection, *, id: WithdrawalId) -> Withdrawal | None:
    """The withdrawal of an id."""
    row = await connection.fetchrow(SQL["withdrawals"], [id], [], [])
    return None if row is None else withdrawal_of(row)


async def withdrawals_of(
    connection: Connection, *, customer: CustomerId, before: int = ID_MAX, most: int
) -> Sequence[Withdrawal]:
    """A customer's withdrawals, the newest first; `before` is the id of the last one seen."""
    rows = await connection.fetch(SQL["withdrawals_of"], customer, before, most)
    return [withdrawal_of(row) for row in rows]


async def find_send(connection: Connection, *, id: SendId) -> Send | None:
    """The send of an id."""
    row = await connection.fetchrow(SQL["sends"], [id], [], [])
    return None if row is None else send_of(row)


async def sends_of(
    connection: Connection, *, customer: CustomerId, before: int = ID_MAX, most: int
) -> Sequence[Send]:
    """What a customer has sent and was sent, the newest first; `before` is the id of the last one seen."""
    return [send_of(row) for row in await connection.fetch(SQL["sends_of"], customer, before, most)]
