"""Which accounts a merchant has in the book."""

from milletpay.ledger.chart import AccountKind, Mode, house_accounts, ledger_of, new_account
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
