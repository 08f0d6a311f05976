"""The kinds of accounts: what each is for, on which side it grows, its limit, and how its id is found.

An account's id follows from its kind, its ledger and its owner, so a recipe names the accounts of a flow
without looking anything up: `account_id(AccountKind.CUST, ledger=156, owner=customer_id)`. It is the first
128 bits of a SHA-256, which no two of our accounts will ever share by accident (one chance in 10**20 for a
thousand million accounts), and the book refuses an account whose id exists with another kind, ledger or
owner.
"""

from enum import Enum, unique
from functools import cache
from hashlib import sha256

from milletpay.ledger.chart.pools import Mode, Pool, ledger_of, name_ledger
from milletpay.ledger.model import ID_MAX, Account, AccountFlags
from milletpay.money import Currency


class Side(Enum):
    """The two sides of an account."""

    DEBIT = "debit"
    CREDIT = "credit"


@unique
class AccountClass(Enum):
    """What an account is to its pool, and the side on which it grows."""

    ASSET = Side.DEBIT, "资产"
    LIABILITY = Side.CREDIT, "负债"
    EQUITY = Side.CREDIT, "权益"
    INCOME = Side.CREDIT, "收入"
    EXPENSE = Side.DEBIT, "费用"

    def __init__(self, normal_side: Side, chinese: str) -> None:
        self.normal_side: Side = normal_side
        self.chinese: str = chinese


class OnePer(Enum):
    """Whose id an account takes as its owner: there is one account of the kind for each in each ledger."""

    HOUSE = "house"
    """One account in all; its owner is 0."""
    BANK_ACCOUNT = "bank account"
    CLEARING_HOUSE = "bank or clearing house"
    CHANNEL = "channel"
    CUSTOMER = "customer"
    MERCHANT = "merchant"
    PARTNER = "partner"
    PROVIDER = "advance provider"
    FUND = "fund"
    HOLDER = "holder"


# What is owed never falls below zero, and what is owed to us is never paid back twice. What a bank or channel
# did is a fact that the book must be able to take, and so is a result: those may stand on either side.
_EITHER = AccountFlags(0)
_CREDIT = AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS
_DEBIT = AccountFlags.CREDITS_MUST_NOT_EXCEED_DEBITS

_CODE_GROUPS = {
    1: (Pool.CLIENT, AccountClass.ASSET),
    2: (Pool.CLIENT, AccountClass.LIABILITY),
    3: (Pool.OWN, AccountClass.ASSET),
    4: (Pool.OWN, AccountClass.EQUITY),
    5: (Pool.OWN, AccountClass.INCOME),
    6: (Pool.OWN, AccountClass.EXPENSE),
    7: (Pool.UNITS, AccountClass.ASSET),
    8: (Pool.UNITS, AccountClass.LIABILITY),
}
"""The hundreds of an account's code: which pool it stands in, and as what."""


@unique
class AccountKind(Enum):
    """Every kind of account. The columns: code, one per, limit, Chinese name, meaning.

    A code is the `code` of the book's account and never changes nor is used again. Its hundreds give pool and
    class.
    """

    BANK_SAFE = 101, OnePer.BANK_ACCOUNT, _EITHER, "备付金存款", "client money in a safeguarded bank account"
    CLEARING = 102, OnePer.CLEARING_HOUSE, _EITHER, "清算在途", "in transit with a bank; swings either way"
    CHAN_RECV = 103, OnePer.CHANNEL, _EITHER, "应收渠道款", "collected by a channel for us; swings either way"

    CUST = 201, OnePer.CUSTOMER, _CREDIT, "客户余额", "what a customer can spend"
    CUST_HOLD = 202, OnePer.CUSTOMER, _CREDIT, "客户冻结资金", "what a customer's authorizations hold"
    MER_PEND = 211, OnePer.MERCHANT, _CREDIT, "商户待结算款", "captured for a merchant, not yet settled"
    MER_AVAIL = 212, OnePer.MERCHANT, _CREDIT, "商户可用余额", "settled, to be paid out"
    FEE_ACCRUED = 221, OnePer.HOUSE, _CREDIT, "待结转手续费", "fees taken, not ours until settlement"
    WD_TRANSIT = 231, OnePer.HOUSE, _CREDIT, "提现在途", "withdrawals that the bank has not confirmed"
    PAY_TRANSIT = 232, OnePer.HOUSE, _CREDIT, "结算付款在途", "payouts that the bank has not confirmed"
    REFUND_TRANSIT = 233, OnePer.HOUSE, _CREDIT, "退款在途", "refunds on their way to a card or channel"
    RETURNED = 234, OnePer.HOUSE, _CREDIT, "银行退回款", "paid out and sent back by the bank"
    PACKET = 241, OnePer.HOUSE, _CREDIT, "红包待领", "red packets that nobody has opened yet"
    FUND_SUB = 242, OnePer.FUND, _CREDIT, "基金申购款", "subscriptions to hand on to the fund's manager"
    SUSPENSE = 251, OnePer.HOUSE, _CREDIT, "待查明款项", "receipts that nobody has claimed: client money"
    ADV_POOL = 252, OnePer.PROVIDER, _CREDIT, "垫资方预存款", "prefunded cash of who advances redemptions"
    OWN_IN_POOL = 261, OnePer.HOUSE, _CREDIT, "池内自有资金", "what of the client pool is ours; bridge"

    BANK_OWN = 301, OnePer.BANK_ACCOUNT, _EITHER, "自有银行存款", "own money in a bank account"
    DUE_FROM_POOL = 302, OnePer.HOUSE, _DEBIT, "应收备付金池", "what the client pool owes us; bridge"
    MER_RECV = 311, OnePer.MERCHANT, _DEBIT, "应收商户款", "what a merchant owes us"
    CUST_RECV = 312, OnePer.CUSTOMER, _DEBIT, "应收客户款", "what a customer owes us"
    COMM_RECV = 313, OnePer.PARTNER, _DEBIT, "应收佣金", "commission that a partner owes us"
    CAPITAL = 401, OnePer.HOUSE, _EITHER, "自有资本", "what the company was given to begin with"
    FEE_INCOME = 501, OnePer.HOUSE, _EITHER, "手续费收入", "fees earned"
    CHAN_FEE = 601, OnePer.HOUSE, _EITHER, "渠道手续费", "what channels charge us"
    MARKETING = 602, OnePer.HOUSE, _EITHER, "营销费用", "what we give away to grow"
    ROUNDING = 603, OnePer.HOUSE, _EITHER, "尾差", "minor units that rounding gave or took"

    UNITS_ISSUED = 701, OnePer.HOUSE, _DEBIT, "已发行份额", "all units in being; the mirror of their holders"
    HOLDER = 801, OnePer.HOLDER, _CREDIT, "持有份额", "units that one holder has"
    REDEEM_PENDING = 802, OnePer.HOUSE, _CREDIT, "待赎回份额", "units given back, not yet canceled"

    def __init__(self, code: int, one_per: OnePer, flags: AccountFlags, chinese: str, meaning: str) -> None:
        self.code: int = code
        self.pool: Pool = _CODE_GROUPS[code // 100][0]
        self.account_class: AccountClass = _CODE_GROUPS[code // 100][1]
        self.one_per: OnePer = one_per
        self.flags: AccountFlags = flags
        self.chinese: str = chinese
        self.meaning: str = meaning

    @property
    def normal_side(self) -> Side:
        """The side on which an account of this kind grows."""
        return self.account_class.normal_side

    @classmethod
    def coded(cls, code: int) -> "AccountKind":
        """The kind of an account's code.

        :raises ValueError: with the code
        """
        found = _BY_CODE.get(code)
        if found is None:
            raise ValueError(f"{code} is the code of no kind of account")
        return found


_BY_CODE = {kind.code: kind for kind in AccountKind}


def account_id(kind: AccountKind, *, ledger: int, owner: int = 0) -> int:
    """The id of the one account of this kind, in this ledger, of this owner: from 1 to 2**128 - 2.

    :param owner: the id of the customer, merchant, bank account ... that the kind is for; 0 for a house
        account
    :raises ValueError: when the kind does not stand in the ledger's pool, or does not have such an owner
    """
    if (owner == 0) is not (kind.one_per is OnePer.HOUSE) or not 0 <= owner < ID_MAX:
        raise ValueError(f"{kind.name.lower()} is one per {kind.one_per.value}: its owner cannot be {owner}")
    digest = sha256(_place(kind, ledger) + owner.to_bytes(16)).digest()
    return int.from_bytes(digest[:16]) % (ID_MAX - 1) + 1


def new_account(kind: AccountKind, *, ledger: int, owner: int = 0) -> Account:
    """The event that creates the account which `account_id` names. `user_data_128` is its owner."""
    return Account(
        id=account_id(kind, ledger=ledger, owner=owner),
        user_data_128=owner,
        ledger=ledger,
        code=kind.code,
        flags=kind.flags,
    )


def house_accounts(currency: Currency, *, mode: Mode) -> list[Account]:
    """The events that create every house account for client and own money in a currency and mode.

    Whoever opens the first account for a customer or merchant there opens these too; later they exist.
    """
    return [
        new_account(kind, ledger=ledger_of(kind.pool, currency=currency, mode=mode))
        for kind in AccountKind
        if kind.one_per is OnePer.HOUSE and kind.pool is not Pool.UNITS
    ]


@cache
def _place(kind: AccountKind, ledger: int) -> bytes:
    """What is hashed before the owner, of fixed width: a name of this use of the hash, code, ledger."""
    found = name_ledger(ledger)
    if found.pool is not kind.pool:
        raise ValueError(
            f"{kind.name.lower()} stands in {kind.pool.name.lower()} pools; ledger {ledger} is {found}"
        )
    return b"milletpay account" + kind.code.to_bytes(2) + ledger.to_bytes(4)
