"""Which accounts a merchant has in the book."""

from milletpay.ledger.chart import AccountKind, Mode, account_id, house_accounts, ledger_of, new_account
from milletpay.ledger.model import Account
from milletpay.merchants.model import MerchantId
from milletpay.money import Currency

KINDS = (AccountKind.MER_PEND, AccountKind.MER_AVAIL, AccountKind.MER_RECV)


def accounts_opened(merchant: MerchantId, *, mode: Mode, currency: Currency) -> list[Account]:
    """What is opened with a merchant's first contract in a currency.

    `mer_pend`, `mer_avail` and, in the own pool, `mer_recv`; and the house accounts, where they are not yet.
    """
    own = [
        new_account(kind, ledger=ledger_of(kind.pool, currency=currency, mode=mode), owner=merchant)
        for kind in KINDS
    ]
    return own + house_accounts(currency, mode=mode)


def pending_account(merchant: MerchantId, *, mode: Mode, currency: Currency) -> int:
    """The id of the account of what is not settled yet."""
    return _account(AccountKind.MER_PEND, merchant, mode=mode, currency=currency)


def available_account(merchant: MerchantId, *, mode: Mode, currency: Currency) -> int:
    """The id of the account of what is settled and not paid out."""
    return _account(AccountKind.MER_AVAIL, merchant, mode=mode, currency=currency)


def _account(kind: AccountKind, merchant: MerchantId, *, mode: Mode, currency: Currency) -> int:
    return account_id(kind, ledger=ledger_of(kind.pool, currency=currency, mode=mode), owner=merchant)
