"""Where the money of a payment goes. Each recipe is pure: facts in, transfers out, linked: all or none.

`ids` gives the ids of the transfers, `date` is the accounting date. Amounts are in minor units of the
payment's currency; a leg of zero is left out.
"""

from collections.abc import Callable
from functools import lru_cache

from milletpay.ledger.chart import AccountKind, Mode, Pool, TransferCode, account_id, ledger_of
from milletpay.ledger.model import Transfer, TransferFlags
from milletpay.money import Currency
from milletpay.payments.model import Payment

LINKED = int(TransferFlags.LINKED)

NewIds = Callable[[], int]


def paid(payment: Payment, *, fee: int, ids: NewIds, date: int) -> list[Transfer]:
    """The customer pays the merchant from the balance, gross, and the merchant us.

    ==========  ===========  ================
    debit       credit       amount
    ==========  ===========  ================
    cust        mer_pend     the payment
    mer_pend    fee_accrued  fee
    ==========  ===========  ================
    """
    code = TransferCode.PAY_BY_BALANCE if payment.agreement is None else TransferCode.PAY_BY_AGREEMENT
    return _linked(payment, [(code, payment.amount.minor), (TransferCode.FEE, fee)], ids=ids, date=date)


def paid_by_card(payment: Payment, *, fee: int, clearing: int, ids: NewIds, date: int) -> list[Transfer]:
    """The bank has drawn the payment from the card: it never was in the balance. Cash comes later.

    ==========  ===========  ================
    debit       credit       amount
    ==========  ===========  ================
    clearing    mer_pend     the payment
    mer_pend    fee_accrued  fee
    ==========  ===========  ================
    """
    legs = [(TransferCode.PAY_BY_CARD, payment.amount.minor), (TransferCode.FEE, fee)]
    return _linked(payment, legs, clearing=clearing, ids=ids, date=date)


def authorized(payment: Payment, *, ids: NewIds, date: int) -> list[Transfer]:
    """The customer's money is held.

    ==========  ===========  ================
    debit       credit       amount
    ==========  ===========  ================
    cust        cust_hold    the payment
    ==========  ===========  ================
    """
    return _linked(payment, [(TransferCode.AUTHORIZE, payment.amount.minor)], ids=ids, date=date)


def captured(payment: Payment, *, amount: int, fee: int, ids: NewIds, date: int) -> list[Transfer]:
    """The merchant takes a part of what is held, and pays us our part of the fee.

    ==========  ===========  ================
    debit       credit       amount
    ==========  ===========  ================
    cust_hold   mer_pend     amount
    mer_pend    fee_accrued  fee
    ==========  ===========  ================
    """
    return _linked(payment, [(TransferCode.CAPTURE, amount), (TransferCode.FEE, fee)], ids=ids, date=date)


def released(payment: Payment, *, amount: int, ids: NewIds, date: int) -> list[Transfer]:
    """What is held and not captured goes back to the customer.

    ==========  ===========  ================
    debit       credit       amount
    ==========  ===========  ================
    cust_hold   cust         amount
    ==========  ===========  ================
    """
    return _linked(payment, [(TransferCode.RELEASE, amount)], ids=ids, date=date)


def refunded(payment: Payment, *, amount: int, fee_back: int, ids: NewIds, date: int) -> list[Transfer]:
    """The merchant gives money back from what is not settled yet, and we its share of the fee, first.

    ===========  ===========  ================
    debit        credit       amount
    ===========  ===========  ================
    fee_accrued  mer_pend     fee back
    mer_pend     cust         amount
    ===========  ===========  ================
    """
    legs = [(TransferCode.REFUND_FEE_BACK, fee_back), (TransferCode.REFUND, amount)]
    return _linked(payment, legs, ids=ids, date=date)


def refunded_to_card(
    payment: Payment, *, amount: int, fee_back: int, ids: NewIds, date: int
) -> list[Transfer]:
    """As `refunded`, of what a card has paid: on its way until the bank says that the card has it.

    ===========  ==============  ================
    debit        credit          amount
    ===========  ==============  ================
    fee_accrued  mer_pend        fee back
    mer_pend     refund_transit  amount
    ===========  ==============  ================
    """
    legs = [(TransferCode.REFUND_FEE_BACK, fee_back), (TransferCode.REFUND_OUT, amount)]
    return _linked(payment, legs, ids=ids, date=date)


def accounts_of(customer: int, *, merchant: int, currency: Currency, mode: Mode) -> list[int]:
    """Every account that these recipes touch for a customer and a merchant."""
    ledger = ledger_of(Pool.CLIENT, currency=currency, mode=mode)
    return [
        _account(AccountKind.CUST, ledger, customer),
        _account(AccountKind.CUST_HOLD, ledger, customer),
        _account(AccountKind.MER_PEND, ledger, merchant),
        _account(AccountKind.FEE_ACCRUED, ledger, 0),
    ]


def _linked(
    payment: Payment, legs: list[tuple[TransferCode, int]], *, ids: NewIds, date: int, clearing: int = 0
) -> list[Transfer]:
    """The legs that move something, as transfers of which all but the last are linked to the next."""
    ledger = ledger_of(Pool.CLIENT, currency=payment.amount.currency, mode=payment.mode)
    transfers = [
        Transfer(
            id=ids(),
            debit_account_id=_account(code.debit, ledger, _owner(code.debit, payment, clearing)),
            credit_account_id=_account(code.credit, ledger, _owner(code.credit, payment, clearing)),
            amount=amount,
            user_data_128=payment.id,
            user_data_32=date,
            ledger=ledger,
            code=code.code,
            flags=LINKED,
        )
        for code, amount in legs
        if amount
    ]
    if transfers:
        transfers[-1].flags = 0
    return transfers


def _owner(kind: AccountKind, payment: Payment, clearing: int) -> int:
    match kind:
        case AccountKind.CUST | AccountKind.CUST_HOLD:
            assert payment.customer is not None
            return payment.customer
        case AccountKind.MER_PEND:
            return payment.merchant
        case AccountKind.CLEARING:
            return clearing
        case _:
            return 0


@lru_cache(maxsize=100_000)
def _account(kind: AccountKind, ledger: int, owner: int) -> int:
    """As `account_id`: the same few accounts pay and are paid again and again."""
    return account_id(kind, ledger=ledger, owner=owner)
