"""Where the money of top-ups, withdrawals and sends goes.

Each recipe is pure: facts in, transfers out, linked: all or none. `ids` gives the ids of the transfers,
`date` is the accounting date. Amounts are in minor units; a leg of zero is left out.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from milletpay.customers.model import CustomerId
from milletpay.ledger.chart import AccountKind, Mode, TransferCode, account_id, ledger_of, new_account
from milletpay.ledger.model import Account, Transfer, TransferFlags
from milletpay.money import Currency, Money
from milletpay.treasury.model import BankLink
from milletpay.wallets.deposits import Receipt
from milletpay.wallets.model import Send, TopUp, Withdrawal

NewIds = Callable[[], int]

_Leg = tuple[TransferCode, int]
_Owners = Mapping[AccountKind, int]
"""Whose account of a kind is meant; those of the house are not here."""

_Place = tuple[Mode, Currency]

_HOUSE = (
    AccountKind.WD_TRANSIT,
    AccountKind.FEE_ACCRUED,
    AccountKind.RETURNED,
    AccountKind.OWN_IN_POOL,
    AccountKind.DUE_FROM_POOL,
)


def topped_up(top_up: TopUp, *, link: BankLink, ids: NewIds, date: int) -> list[Transfer]:
    """The bank has drawn the money; its cash comes later, with the bank's settlement.

    ==========  ===========  ================
    debit       credit       amount
    ==========  ===========  ================
    clearing    cust         the top-up
    ==========  ===========  ================
    """
    legs = [(TransferCode.TOP_UP, top_up.amount.minor)]
    return _linked(
        legs, about=top_up.id, place=_place(top_up), owners=_owners(top_up, link), ids=ids, date=date
    )


def clawed_back(top_up: TopUp, *, shortfall: int, link: BankLink, ids: NewIds, date: int) -> list[Transfer]:
    """The bank took the money back. What the balance lacks comes from us, and is owed to us.

    ============  =============  ======  ==========================
    debit         credit         pool    amount
    ============  =============  ======  ==========================
    cust          clearing       client  the top-up less shortfall
    own_in_pool   clearing       client  shortfall
    cust_recv     due_from_pool  own     shortfall
    ============  =============  ======  ==========================
    """
    legs = [
        (TransferCode.CLAWBACK, top_up.amount.minor - shortfall),
        (TransferCode.CLAWBACK_SHORTFALL, shortfall),
        (TransferCode.CLAWBACK_DEBT, shortfall),
    ]
    return _linked(
        legs, about=top_up.id, place=_place(top_up), owners=_owners(top_up, link), ids=ids, date=date
    )


FROM_TOP_UP: Final = (TransferCode.DEBT_RECOVERED, TransferCode.DEBT_PAID)
FROM_RECEIPT: Final = (TransferCode.RECEIPT_DEBT_RECOVERED, TransferCode.RECEIPT_DEBT_PAID)
FROM_REFUND: Final = (TransferCode.REFUND_DEBT_RECOVERED, TransferCode.REFUND_DEBT_PAID)
"""The two reasons of `debt_recovered`, by what brought the money."""


def debt_recovered(
    codes: tuple[TransferCode, TransferCode],
    *,
    customer: CustomerId,
    amount: Money,
    mode: Mode,
    about: int,
    ids: NewIds,
    date: int,
) -> list[Transfer]:
    """Of money that came into the wallet, what the customer owes us since a claw-back.

    =============  ===========  ======  ================
    debit          credit       pool    amount
    =============  ===========  ======  ================
    cust           own_in_pool  client  what is owed
    due_from_pool  cust_recv    own     what is owed
    =============  ===========  ======  ================
    """
    legs = [(code, amount.minor) for code in codes]
    owners = {AccountKind.CUST: customer, AccountKind.CUST_RECV: customer}
    return _linked(legs, about=about, place=(mode, amount.currency), owners=owners, ids=ids, date=date)


def reserved(withdrawal: Withdrawal, *, link: BankLink, ids: NewIds, date: int) -> list[Transfer]:
    """The money leaves the balance before the bank is asked.

    ==========  ===========  ================
    debit       credit       amount
    ==========  ===========  ================
    cust        wd_transit   the withdrawal
    cust        fee_accrued  its fee
    ==========  ===========  ================
    """
    legs = [
        (TransferCode.WITHDRAW, withdrawal.amount.minor),
        (TransferCode.WITHDRAW_FEE, withdrawal.fee.minor),
    ]
    return _of_withdrawal(withdrawal, legs, link=link, ids=ids, date=date)


def paid(withdrawal: Withdrawal, *, link: BankLink, ids: NewIds, date: int) -> list[Transfer]:
    """The bank paid it.

    ==========  ===========  ================
    debit       credit       amount
    ==========  ===========  ================
    wd_transit  bank_safe    the withdrawal
    ==========  ===========  ================
    """
    legs = [(TransferCode.WITHDRAW_PAID, withdrawal.amount.minor)]
    return _of_withdrawal(withdrawal, legs, link=link, ids=ids, date=date)


def rejected(withdrawal: Withdrawal, *, link: BankLink, ids: NewIds, date: int) -> list[Transfer]:
    """The bank refused it: the money goes back, and the fee too.

    ============  ===========  ================
    debit         credit       amount
    ============  ===========  ================
    wd_transit    cust         the withdrawal
    fee_accrued   cust         its fee
    ============  ===========  ================
    """
    legs = [
        (TransferCode.WITHDRAW_REJECTED, withdrawal.amount.minor),
        (TransferCode.WITHDRAW_FEE_BACK, withdrawal.fee.minor),
    ]
    return _of_withdrawal(withdrawal, legs, link=link, ids=ids, date=date)


def returned(withdrawal: Withdrawal, *, link: BankLink, ids: NewIds, date: int) -> list[Transfer]:
    """The bank sent back what it had paid, days later: new transfers, the old ones stand.

    ==========  ===========  ================
    debit       credit       amount
    ==========  ===========  ================
    bank_safe   returned     the withdrawal
    returned    cust         the withdrawal
    ==========  ===========  ================
    """
    legs = [
        (TransferCode.RETURN, withdrawal.amount.minor),
        (TransferCode.RETURN_TO_CUSTOMER, withdrawal.amount.minor),
    ]
    return _of_withdrawal(withdrawal, legs, link=link, ids=ids, date=date)


def sent(send: Send, *, ids: NewIds, date: int) -> list[Transfer]:
    """One customer's money becomes another's.

    =============  ===============  ================
    debit          credit           amount
    =============  ===============  ================
    cust (sender)  cust (recipient) the amount
    =============  ===============  ================
    """
    currency = send.amount.currency
    return [
        Transfer(
            id=ids(),
            debit_account_id=balance_account(send.customer, mode=send.mode, currency=currency),
            credit_account_id=balance_account(send.recipient, mode=send.mode, currency=currency),
            amount=send.amount.minor,
            user_data_128=send.id,
            user_data_32=date,
            ledger=ledger_of(AccountKind.CUST.pool, currency=currency, mode=send.mode),
            code=TransferCode.SEND.code,
        )
    ]


def received(receipt: Receipt, *, link: BankLink, ids: NewIds, date: int) -> list[Transfer]:
    """Money came into the safeguarded account: for the customer whom it names, or for we do not know whom.

    ==========  =========  ============  ====================
    debit       credit     amount        when
    ==========  =========  ============  ====================
    bank_safe   cust       the receipt   it names a customer
    bank_safe   suspense   the receipt   it does not
    ==========  =========  ============  ====================
    """
    code = TransferCode.RECEIPT_UNCLAIMED if receipt.customer is None else TransferCode.RECEIPT
    owners = {AccountKind.BANK_SAFE: link.safe, AccountKind.CUST: receipt.customer or 0}
    legs = [(code, receipt.amount.minor)]
    place = receipt.bank.mode, receipt.amount.currency
    return _linked(legs, about=receipt.id, place=place, owners=owners, ids=ids, date=date)


def receipt_claimed(receipt: Receipt, *, ids: NewIds, date: int) -> list[Transfer]:
    """It was found out whose the money is.

    ==========  =========  ============
    debit       credit     amount
    ==========  =========  ============
    suspense    cust       the receipt
    ==========  =========  ============
    """
    assert receipt.customer is not None, receipt
    owners = {AccountKind.CUST: receipt.customer}
    legs = [(TransferCode.RECEIPT_CLAIMED, receipt.amount.minor)]
    place = receipt.bank.mode, receipt.amount.currency
    return _linked(legs, about=receipt.id, place=place, owners=owners, ids=ids, date=date)


def receipt_returned(receipt: Receipt, *, link: BankLink, ids: NewIds, date: int) -> list[Transfer]:
    """The bank has sent it back to the account it came from.

    ==========  ==========  ============
    debit       credit      amount
    ==========  ==========  ============
    suspense    bank_safe   the receipt
    ==========  ==========  ============
    """
    return _between_bank_and_suspense(TransferCode.RECEIPT_RETURNED, receipt, link=link, ids=ids, date=date)


def receipt_came_back(receipt: Receipt, *, link: BankLink, ids: NewIds, date: int) -> list[Transfer]:
    """What was sent back could not be delivered, and is here again.

    ==========  ==========  ============
    debit       credit      amount
    ==========  ==========  ============
    bank_safe   suspense    the receipt
    ==========  ==========  ============
    """
    return _between_bank_and_suspense(TransferCode.RECEIPT_CAME_BACK, receipt, link=link, ids=ids, date=date)


def receipt_accounts(*, mode: Mode, currency: Currency) -> list[int]:
    """The accounts of the house that receipts touch; a bank's are its link's."""
    return [_account(AccountKind.SUSPENSE, (mode, currency), 0)]


def balance_account(customer: CustomerId, *, mode: Mode, currency: Currency) -> int:
    """The id of a customer's `cust`."""
    return _account(AccountKind.CUST, (mode, currency), customer)


def held_account(customer: CustomerId, *, mode: Mode, currency: Currency) -> int:
    """The id of a customer's `cust_hold`."""
    return _account(AccountKind.CUST_HOLD, (mode, currency), customer)


def owed_account(customer: CustomerId, *, mode: Mode, currency: Currency) -> int:
    """The id of a customer's `cust_recv`."""
    return _account(AccountKind.CUST_RECV, (mode, currency), customer)


def accounts_of(customer: CustomerId, *, mode: Mode, currency: Currency) -> list[int]:
    """Every account of a customer and of the house that these recipes touch; a bank's are its link's."""
    place = (mode, currency)
    mine = [_account(kind, place, customer) for kind in (AccountKind.CUST, AccountKind.CUST_RECV)]
    return mine + [_account(kind, place, 0) for kind in _HOUSE]


def debt_account(customer: CustomerId, *, mode: Mode, currency: Currency) -> Account:
    """The event that opens the customer's `cust_recv`: there is one only for who owes us something."""
    kind = AccountKind.CUST_RECV
    return new_account(kind, ledger=ledger_of(kind.pool, currency=currency, mode=mode), owner=customer)


def _between_bank_and_suspense(
    code: TransferCode, receipt: Receipt, *, link: BankLink, ids: NewIds, date: int
) -> list[Transfer]:
    place = receipt.bank.mode, receipt.amount.currency
    owners = {AccountKind.BANK_SAFE: link.safe}
    return _linked(
        [(code, receipt.amount.minor)], about=receipt.id, place=place, owners=owners, ids=ids, date=date
    )


def _of_withdrawal(
    withdrawal: Withdrawal, legs: Sequence[_Leg], *, link: BankLink, ids: NewIds, date: int
) -> list[Transfer]:
    return _linked(
        legs,
        about=withdrawal.id,
        place=_place(withdrawal),
        owners=_owners(withdrawal, link),
        ids=ids,
        date=date,
    )


def _linked(
    legs: Sequence[_Leg], *, about: int, place: _Place, owners: _Owners, ids: NewIds, date: int
) -> list[Transfer]:
    """The legs that move something, as transfers of which all but the last are linked to the next."""
    mode, currency = place
    transfers = [
        Transfer(
            id=ids(),
            debit_account_id=_account(code.debit, place, owners.get(code.debit, 0)),
            credit_account_id=_account(code.credit, place, owners.get(code.credit, 0)),
            amount=amount,
            user_data_128=about,
            user_data_32=date,
            ledger=ledger_of(code.pool, currency=currency, mode=mode),
            code=code.code,
            flags=int(TransferFlags.LINKED),
        )
        for code, amount in legs
        if amount
    ]
    transfers[-1].flags = 0
    return transfers


def _owners(it: TopUp | Withdrawal, link: BankLink) -> _Owners:
    return {
        AccountKind.CUST: it.customer,
        AccountKind.CUST_RECV: it.customer,
        AccountKind.CLEARING: link.clearing,
        AccountKind.BANK_SAFE: link.safe,
    }


def _place(it: TopUp | Withdrawal) -> _Place:
    return it.bank.mode, it.amount.currency


def _account(kind: AccountKind, place: _Place, owner: int) -> int:
    mode, currency = place
    return account_id(kind, ledger=ledger_of(kind.pool, currency=currency, mode=mode), owner=owner)
