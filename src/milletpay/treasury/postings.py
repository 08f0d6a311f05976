"""Where the money of the house goes. Each recipe is pure: facts in, transfers out, linked: all or none.

`ids` gives the ids of the transfers, `date` is the accounting date.
"""

from collections.abc import Callable
from typing import Final

from milletpay.ledger.chart import (
    AccountKind,
    Mode,
    TransferCode,
    account_id,
    house_accounts,
    ledger_of,
    new_account,
)
from milletpay.ledger.model import Account, Transfer, TransferFlags
from milletpay.money import Currency, Money
from milletpay.treasury.model import BankLink, MovementKind

NewIds = Callable[[], int]

LEGS: Final = {
    MovementKind.CAPITAL: (TransferCode.CAPITAL_PAID_IN,),
    MovementKind.PREFUND: (TransferCode.PREFUND, TransferCode.PREFUND_PAID),
    MovementKind.CASH: (TransferCode.TOP_UP_CASH,),
}


def moved(kind: MovementKind, *, link: BankLink, amount: Money, ids: NewIds, date: int) -> list[Transfer]:
    """A movement of the house, by its kind.

    =============  =============  ======  =======
    debit          credit         pool    when
    =============  =============  ======  =======
    bank_own       capital        own     capital
    bank_safe      own_in_pool    client  prefund
    due_from_pool  bank_own       own     prefund
    bank_safe      clearing       client  cash
    =============  =============  ======  =======
    """
    transfers = [_leg(code, link=link, amount=amount, id=ids(), date=date) for code in LEGS[kind]]
    for transfer in transfers[:-1]:
        transfer.flags = int(TransferFlags.LINKED)
    return transfers


def accounts_moved(kind: MovementKind, *, link: BankLink) -> list[int]:
    """Every account that a movement touches."""
    return [account_of(side, link=link) for code in LEGS[kind] for side in (code.debit, code.credit)]


def accounts_opened(link: BankLink) -> list[Account]:
    """What is opened with a link: `bank_safe`, `clearing`, `bank_own`, and the house accounts that lack."""
    kinds = (AccountKind.BANK_SAFE, AccountKind.CLEARING, AccountKind.BANK_OWN)
    mode = link.bank.mode
    own = [
        new_account(kind, ledger=_ledger(kind, link.currency, mode), owner=_owner(kind, link))
        for kind in kinds
    ]
    return own + house_accounts(link.currency, mode=mode)


def account_of(kind: AccountKind, *, link: BankLink) -> int:
    """The id of the account of a kind that a link leads to: one of the bank's, or of the house."""
    return account_id(kind, ledger=_ledger(kind, link.currency, link.bank.mode), owner=_owner(kind, link))


def _leg(code: TransferCode, *, link: BankLink, amount: Money, id: int, date: int) -> Transfer:
    return Transfer(
        id=id,
        debit_account_id=account_of(code.debit, link=link),
        credit_account_id=account_of(code.credit, link=link),
        amount=amount.minor,
        user_data_128=link.safe,
        user_data_32=date,
        ledger=_ledger(code.debit, link.currency, link.bank.mode),
        code=code.code,
    )


def _ledger(kind: AccountKind, currency: Currency, mode: Mode) -> int:
    return ledger_of(kind.pool, currency=currency, mode=mode)


def _owner(kind: AccountKind, link: BankLink) -> int:
    owners = {
        AccountKind.BANK_SAFE: link.safe,
        AccountKind.CLEARING: link.clearing,
        AccountKind.BANK_OWN: link.own,
    }
    return owners.get(kind, 0)
