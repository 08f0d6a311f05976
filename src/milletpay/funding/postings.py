"""Where the money of a card goes when its payment does not take it, or gives it back.

Each recipe is pure: facts in, transfers out. `ids` gives the ids of the transfers, `date` is the accounting
date. What a payment takes from a card, and gives back of it, are recipes of `payments`.
"""

from collections.abc import Callable, Sequence

from milletpay.funding.model import Draw, GiveBack
from milletpay.ledger.chart import AccountKind, TransferCode, account_id, ledger_of
from milletpay.ledger.model import Transfer, TransferFlags
from milletpay.treasury.model import BankLink

NewIds = Callable[[], int]


def drawn_late(draw: Draw, *, link: BankLink, ids: NewIds, date: int) -> list[Transfer]:
    """The bank has drawn what nobody waits for any more: it is on its way back from the first moment.

    ==========  ==============  ================
    debit       credit          amount
    ==========  ==============  ================
    clearing    refund_transit  the draw
    ==========  ==============  ================
    """
    return _legs([(TransferCode.DRAWN_LATE, draw.amount.minor)], draw, link=link, ids=ids, date=date)


def taken_back(draw: Draw, *, link: BankLink, ids: NewIds, date: int) -> list[Transfer]:
    """The bank took it back. What the balance lacks comes from us, and is owed to us; the merchant keeps it.

    ============  =============  ======  ==================================
    debit         credit         pool    amount
    ============  =============  ======  ==================================
    cust          clearing       client  what is borne less shortfall
    own_in_pool   clearing       client  shortfall
    cust_recv     due_from_pool  own     shortfall
    ============  =============  ======  ==================================
    """
    legs = [
        (TransferCode.TAKE_BACK, draw.borne - draw.shortfall),
        (TransferCode.TAKE_BACK_SHORTFALL, draw.shortfall),
        (TransferCode.TAKE_BACK_DEBT, draw.shortfall),
    ]
    return _legs(legs, draw, link=link, ids=ids, date=date)


def given_back(back: GiveBack, *, link: BankLink, ids: NewIds, date: int) -> list[Transfer]:
    """The bank has put it on the card, and settles so much less with us.

    ==============  ==========  ================
    debit           credit      amount
    ==============  ==========  ================
    refund_transit  clearing    the give-back
    ==============  ==========  ================
    """
    return _legs([(TransferCode.REFUND_CARD, back.amount.minor)], back, link=link, ids=ids, date=date)


def given_to_balance(back: GiveBack, *, link: BankLink, ids: NewIds, date: int) -> list[Transfer]:
    """The bank cannot put it on the card: it is the customer's all the same, in the balance.

    ==============  ==========  ================
    debit           credit      amount
    ==============  ==========  ================
    refund_transit  cust        the give-back
    ==============  ==========  ================
    """
    return _legs([(TransferCode.REFUND_TO_BALANCE, back.amount.minor)], back, link=link, ids=ids, date=date)


def accounts_of(it: Draw | GiveBack) -> Sequence[int]:
    """The accounts that these recipes touch, but for the bank's, which are its link's; and those of debts."""
    return [
        _account(kind, it, 0)
        for kind in (
            AccountKind.CUST,
            AccountKind.REFUND_TRANSIT,
            AccountKind.CUST_RECV,
            AccountKind.OWN_IN_POOL,
            AccountKind.DUE_FROM_POOL,
        )
    ]


def _legs(
    legs: Sequence[tuple[TransferCode, int]],
    it: Draw | GiveBack,
    *,
    link: BankLink,
    ids: NewIds,
    date: int,
) -> list[Transfer]:
    """The legs that move something, as transfers of which all but the last are linked to the next."""
    transfers = [
        Transfer(
            id=ids(),
            debit_account_id=_account(code.debit, it, link.clearing),
            credit_account_id=_account(code.credit, it, link.clearing),
            amount=amount,
            user_data_128=it.payment,
            user_data_32=date,
            ledger=ledger_of(code.pool, currency=it.amount.currency, mode=it.bank.mode),
            code=code.code,
            flags=int(TransferFlags.LINKED),
        )
        for code, amount in legs
        if amount
    ]
    transfers[-1].flags = 0
    return transfers


def _account(kind: AccountKind, it: Draw | GiveBack, clearing: int) -> int:
    owners = {
        AccountKind.CUST: int(it.customer),
        AccountKind.CUST_RECV: int(it.customer),
        AccountKind.CLEARING: clearing,
    }
    owner = owners.get(kind, 0)
    return account_id(
        kind, ledger=ledger_of(kind.pool, currency=it.amount.currency, mode=it.bank.mode), owner=owner
    )
