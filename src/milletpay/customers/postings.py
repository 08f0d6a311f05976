"""Which accounts a customer has in the book."""

from milletpay.customers.model import CustomerId
from milletpay.ledger.chart import AccountKind, Mode, account_id, house_accounts, ledger_of, new_account
from milletpay.ledger.model import Account
from milletpay.money import Currency

KINDS = (AccountKind.CUST, AccountKind.CUST_HOLD)


def accounts_opened(customer: CustomerId, *, mode: Mode, currency: Currency) -> list[Account]:
    """What is opened with a customer: `cust`, `cust_hold`, and the house accounts, where they are not yet."""
    own = [
        new_account(kind, ledger=ledger_of(kind.pool, currency=currency, mode=mode), owner=customer)
        for kind in KINDS
    ]
    return own + house_accounts(currency, mode=mode)


def accounts_of(customer: CustomerId, *, mode: Mode, currency: Currency) -> list[int]:
    """The ids of `cust` and `cust_hold`."""
    return [
        account_id(kind, ledger=ledger_of(kind.pool, currency=currency, mode=mode), owner=customer)
        for kind in KINDS
    ]
