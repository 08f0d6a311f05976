"""Why money moves: the `code` of each transfer, with the two kinds of accounts that it may join.

One code is one leg of one flow. So a transfer explains itself, and a transfer whose accounts do not fit its
code is a defect that `millet check` can see.
"""

from enum import Enum, unique

from milletpay.ledger.chart.kinds import AccountKind as Kind
from milletpay.ledger.chart.pools import Pool

FLOWS = {
    10: "top-up",
    11: "pay",
    12: "withdraw",
    13: "bank return",
    14: "refund",
    15: "refund after settlement",
    16: "fee",
    17: "sweep, prefunding, capital",
    18: "settlement and payout",
    19: "send",
    20: "fund",
    21: "channel",
    22: "receipt",
}
"""The flow of a code, by its hundreds."""


@unique
class TransferCode(Enum):
    """Every reason to move money. The columns: code, debit, credit, Chinese name, meaning.

    A code never changes nor is used again. The legs of one event are linked: all or none.
    """

    TOP_UP = 1001, Kind.CLEARING, Kind.CUST, "充值", "a top-up succeeded"
    TOP_UP_CASH = 1002, Kind.BANK_SAFE, Kind.CLEARING, "充值到账", "its cash arrived in the bank"
    CLAWBACK = 1003, Kind.CUST, Kind.CLEARING, "充值撤回", "the bank took it back, from the balance"
    CLAWBACK_SHORTFALL = 1004, Kind.OWN_IN_POOL, Kind.CLEARING, "撤回垫付", "what the balance lacked, from us"
    CLAWBACK_DEBT = 1005, Kind.CUST_RECV, Kind.DUE_FROM_POOL, "撤回欠款", "which the customer owes us"
    DEBT_RECOVERED = 1006, Kind.CUST, Kind.OWN_IN_POOL, "追回欠款", "recovered from the next money that comes"
    DEBT_PAID = 1007, Kind.DUE_FROM_POOL, Kind.CUST_RECV, "客户还款", "and no longer owed"

    PAY_BY_BALANCE = 1101, Kind.CUST, Kind.MER_PEND, "余额支付", "a payment from the balance, gross"
    PAY_BY_AGREEMENT = 1102, Kind.CUST, Kind.MER_PEND, "代扣", "a charge under an agreement, gross"
    PAY_BY_CARD = 1103, Kind.CLEARING, Kind.MER_PEND, "绑卡支付", "a charge funded by card, never by balance"
    FEE = 1104, Kind.MER_PEND, Kind.FEE_ACCRUED, "手续费", "our fee on what was captured"
    TAKE_BACK = 1105, Kind.CUST, Kind.CLEARING, "绑卡支付撤回", "a bank took back what a card had paid"
    TAKE_BACK_SHORTFALL = 1106, Kind.OWN_IN_POOL, Kind.CLEARING, "撤回支付垫付", "what the balance lacked"
    TAKE_BACK_DEBT = 1107, Kind.CUST_RECV, Kind.DUE_FROM_POOL, "撤回支付欠款", "which the customer owes us"
    AUTHORIZE = 1111, Kind.CUST, Kind.CUST_HOLD, "预授权", "held for an authorization"
    CAPTURE = 1112, Kind.CUST_HOLD, Kind.MER_PEND, "预授权完成", "captured from what is held"
    RELEASE = 1113, Kind.CUST_HOLD, Kind.CUST, "预授权撤销", "released to the customer"

    WITHDRAW = 1201, Kind.CUST, Kind.WD_TRANSIT, "提现", "a withdrawal begins"
    WITHDRAW_FEE = 1202, Kind.CUST, Kind.FEE_ACCRUED, "提现手续费", "its fee"
    WITHDRAW_PAID = 1203, Kind.WD_TRANSIT, Kind.BANK_SAFE, "提现成功", "the bank paid it"
    WITHDRAW_REJECTED = 1204, Kind.WD_TRANSIT, Kind.CUST, "提现退回", "the bank refused it"
    WITHDRAW_FEE_BACK = 1205, Kind.FEE_ACCRUED, Kind.CUST, "提现手续费退回", "and its fee goes back"

    RETURN = 1301, Kind.BANK_SAFE, Kind.RETURNED, "银行退票", "the bank sent back what it had paid"
    RETURN_TO_CUSTOMER = 1302, Kind.RETURNED, Kind.CUST, "退票入客户", "to the customer who withdrew it"
    RETURN_TO_MERCHANT = 1303, Kind.RETURNED, Kind.MER_AVAIL, "退票入商户", "to the merchant who was paid"

    REFUND_FEE_BACK = 1401, Kind.FEE_ACCRUED, Kind.MER_PEND, "退还手续费", "its share of the fee, by contract"
    REFUND = 1402, Kind.MER_PEND, Kind.CUST, "退款至余额", "refunded to the balance"
    REFUND_OUT = 1403, Kind.MER_PEND, Kind.REFUND_TRANSIT, "原路退款", "refunded to a card or channel"
    REFUND_CARD = 1404, Kind.REFUND_TRANSIT, Kind.CLEARING, "退款出账", "and handed to the bank"
    REFUND_TO_BALANCE = (
        1406,
        Kind.REFUND_TRANSIT,
        Kind.CUST,
        "退款转余额",
        "the card does not take it",
    )
    DRAWN_LATE = 1407, Kind.CLEARING, Kind.REFUND_TRANSIT, "迟到扣款", "drawn when nobody waited: goes back"
    REFUND_DEBT_RECOVERED = 1408, Kind.CUST, Kind.OWN_IN_POOL, "退款抵欠款", "less what the customer owes us"
    REFUND_DEBT_PAID = 1409, Kind.DUE_FROM_POOL, Kind.CUST_RECV, "退款还欠款", "and does not any more"

    LATE_FEE_BACK = 1501, Kind.OWN_IN_POOL, Kind.MER_AVAIL, "退还已结手续费", "a fee already ours goes back"
    LATE_FEE_UNEARNED = 1502, Kind.FEE_INCOME, Kind.DUE_FROM_POOL, "冲减手续费收入", "and is no income"
    LATE_REFUND = 1503, Kind.MER_AVAIL, Kind.CUST, "结算后退款", "refunded from what was settled"
    LATE_REFUND_ADVANCE = 1504, Kind.OWN_IN_POOL, Kind.CUST, "退款垫付", "what the merchant lacks, from us"
    LATE_REFUND_DEBT = 1505, Kind.MER_RECV, Kind.DUE_FROM_POOL, "商户欠款", "which the merchant owes us"
    RECOVER = 1506, Kind.MER_AVAIL, Kind.OWN_IN_POOL, "追回垫付", "recovered from later settlements"
    RECOVER_DEBT = 1507, Kind.DUE_FROM_POOL, Kind.MER_RECV, "商户还款", "and no longer owed"

    FEE_SETTLED = 1601, Kind.FEE_ACCRUED, Kind.OWN_IN_POOL, "手续费结转", "fees become ours, per settlement"
    FEE_EARNED = 1602, Kind.DUE_FROM_POOL, Kind.FEE_INCOME, "确认手续费收入", "and are income"

    SWEEP = 1701, Kind.OWN_IN_POOL, Kind.BANK_SAFE, "自有资金划出", "own money leaves the safeguarded bank"
    SWEEP_RECEIVED = 1702, Kind.BANK_OWN, Kind.DUE_FROM_POOL, "自有资金转入", "and arrives in our own"
    PREFUND = 1703, Kind.BANK_SAFE, Kind.OWN_IN_POOL, "自有资金注入", "own money enters the safeguarded bank"
    PREFUND_PAID = 1704, Kind.DUE_FROM_POOL, Kind.BANK_OWN, "自有资金转出", "and leaves our own"
    CAPITAL_PAID_IN = 1705, Kind.BANK_OWN, Kind.CAPITAL, "投入资本", "the company is given money"

    SETTLE = 1801, Kind.MER_PEND, Kind.MER_AVAIL, "结算", "a merchant's day is settled"
    PAYOUT = 1802, Kind.MER_AVAIL, Kind.PAY_TRANSIT, "结算付款", "an approved payout begins"
    PAYOUT_PAID = 1803, Kind.PAY_TRANSIT, Kind.BANK_SAFE, "付款成功", "the bank paid it"

    SEND = 1901, Kind.CUST, Kind.CUST, "转账", "one customer sends another money"
    PACKET = 1902, Kind.CUST, Kind.PACKET, "发红包", "a red packet is made"
    PACKET_OPENED = 1903, Kind.PACKET, Kind.CUST, "领红包", "a share of it is taken"
    PACKET_EXPIRED = 1904, Kind.PACKET, Kind.CUST, "红包退回", "what nobody took goes back"
    HOUSE_PACKET = 1905, Kind.OWN_IN_POOL, Kind.PACKET, "平台红包", "a red packet of ours is made"
    HOUSE_PACKET_COST = 1906, Kind.MARKETING, Kind.DUE_FROM_POOL, "平台红包费用", "which costs us"

    FUND_BUY = 2001, Kind.CUST, Kind.FUND_SUB, "基金申购", "a subscription begins"
    FUND_HANDED_ON = 2002, Kind.FUND_SUB, Kind.BANK_SAFE, "申购款划转", "and is paid to the fund's manager"
    UNITS_CONFIRMED = 2003, Kind.UNITS_ISSUED, Kind.HOLDER, "份额确认", "the units are the holder's"
    FUND_INCOME = 2004, Kind.UNITS_ISSUED, Kind.HOLDER, "收益结转", "income, as units"
    REDEEM = 2011, Kind.HOLDER, Kind.REDEEM_PENDING, "基金赎回", "units are given back"
    REDEEM_ADVANCE = 2012, Kind.ADV_POOL, Kind.CUST, "快速赎回垫付", "their money at once, advanced"
    ADVANCE_REPAID = 2013, Kind.BANK_SAFE, Kind.ADV_POOL, "垫付归还", "the fund's money arrives the next day"
    UNITS_CANCELED = 2014, Kind.REDEEM_PENDING, Kind.UNITS_ISSUED, "份额注销", "and the units are no more"

    CHANNEL_PAYMENT = 2101, Kind.CHAN_RECV, Kind.MER_PEND, "渠道支付", "collected by a channel for us"
    CHANNEL_FEE = 2102, Kind.OWN_IN_POOL, Kind.CHAN_RECV, "渠道扣费", "kept by the channel, from its bill"
    CHANNEL_FEE_COST = 2103, Kind.CHAN_FEE, Kind.DUE_FROM_POOL, "渠道手续费支出", "which costs us"
    CHANNEL_CASH = 2104, Kind.BANK_SAFE, Kind.CHAN_RECV, "渠道到账", "the channel's net cash arrived"
    COMMISSION = 2105, Kind.COMM_RECV, Kind.FEE_INCOME, "应计佣金", "on a partner's own channel account"
    COMMISSION_PAID = 2106, Kind.BANK_OWN, Kind.COMM_RECV, "佣金到账", "and its payment"

    RECEIPT = 2201, Kind.BANK_SAFE, Kind.CUST, "转账充值", "a bank transfer to the customer whom it names"
    RECEIPT_UNCLAIMED = 2202, Kind.BANK_SAFE, Kind.SUSPENSE, "待查明入账", "one that names nobody"
    RECEIPT_CLAIMED = 2203, Kind.SUSPENSE, Kind.CUST, "查明入账", "whose customer was found out"
    RECEIPT_DEBT_RECOVERED = 2204, Kind.CUST, Kind.OWN_IN_POOL, "转账抵欠款", "less what its customer owes"
    RECEIPT_DEBT_PAID = 2205, Kind.DUE_FROM_POOL, Kind.CUST_RECV, "转账还欠款", "and does not any more"
    RECEIPT_RETURNED = 2206, Kind.SUSPENSE, Kind.BANK_SAFE, "退回汇款人", "one that is nobody's, sent back"
    RECEIPT_CAME_BACK = 2207, Kind.BANK_SAFE, Kind.SUSPENSE, "退回被退", "which the bank has again"

    def __init__(self, code: int, debit: Kind, credit: Kind, chinese: str, meaning: str) -> None:
        self.code: int = code
        self.debit: Kind = debit
        self.credit: Kind = credit
        self.chinese: str = chinese
        self.meaning: str = meaning

    @property
    def pool(self) -> Pool:
        """The pool in which both of its accounts stand."""
        return self.debit.pool

    @property
    def flow(self) -> str:
        """The flow that it belongs to."""
        return FLOWS[self.code // 100]

    @classmethod
    def coded(cls, code: int) -> "TransferCode":
        """The reason of a transfer's code.

        :raises ValueError: with the code
        """
        found = _BY_CODE.get(code)
        if found is None:
            raise ValueError(f"{code} is the code of no transfer")
        return found


_BY_CODE = {reason.code: reason for reason in TransferCode}
