"""Wallets: money into a customer's balance, out of it, and to other customers.

Words: a **top-up** brings money from a bound **card**; a **withdrawal** takes it there; a **send** gives
it to another customer. An **entry** is one line of the customer's statement: everything that moves the
balance is there, payments too, each with the balance after it.

What holds: money is in the balance only when the bank has said so, and has left it before the bank is
asked to pay; what the bank did not answer is unknown, and asked again until it is known; asked twice,
said twice or told twice, it moves once; what comes back days later is a new movement; every movement is
counted against the limits of the day, and given back to that day when it failed. Objects are made once
for an id, and once for a customer's reference.
"""

from milletpay.wallets.asking import Asking
from milletpay.wallets.bank_errands import AskBank, Errand, HearBank, Submit, bank_ears, bank_jobs
from milletpay.wallets.binding import Binder
from milletpay.wallets.cards import BindCard, RemoveCard
from milletpay.wallets.debts import recover_debt, shortfall_of
from milletpay.wallets.deposit_numbers import (
    GiveDepositNumber,
    deposit_number,
    obtain_deposit_number,
    read_remark,
)
from milletpay.wallets.deposits import (
    RECEIPT_ID,
    RECEIPT_RETURN_ID,
    WHY_MAX,
    DepositNumber,
    Deposits,
    Receipt,
    ReceiptId,
    ReceiptRefusal,
    ReceiptRefused,
    ReceiptReturn,
    ReceiptReturnId,
    ReceiptStatus,
    ReturnStatus,
    Unclaimed,
)
from milletpay.wallets.model import (
    CARD_ID,
    SEND_ID,
    TOP_UP_ID,
    WITHDRAWAL_ID,
    Balance,
    Card,
    CardId,
    Send,
    SendId,
    SendStatus,
    TopUp,
    TopUpId,
    TopUpStatus,
    WalletDecline,
    WalletRefusal,
    WalletRefused,
    Withdrawal,
    WithdrawalFee,
    WithdrawalId,
    WithdrawalStatus,
)
from milletpay.wallets.operations import Wallets
from milletpay.wallets.postings import FROM_RECEIPT, FROM_REFUND, FROM_TOP_UP, balance_account, held_account
from milletpay.wallets.proofs import fees_of_withdrawals, wallet_proofs
from milletpay.wallets.queries import (
    cards_of,
    entries_of,
    find_balance,
    find_card,
    find_send,
    find_top_up,
    find_withdrawal,
    sends_of,
    top_ups_of,
    withdrawals_of,
)
from milletpay.wallets.receipts import (
    BookReceipt,
    ClaimReceipt,
    Receipts,
    find_receipt,
    receipt_ears,
    unclaimed_receipts,
)
from milletpay.wallets.returning import (
    AskForReturn,
    ReceiptReturns,
    ResolveReturn,
    ReturnReceipt,
    UndoReturn,
    return_ears,
    return_jobs,
    returns_of,
)
from milletpay.wallets.sends import SendMoney
from milletpay.wallets.top_ups import AskForTopUp, ClawBackTopUp, ResolveTopUp, StartTopUp
from milletpay.wallets.withdrawals import (
    AskForWithdrawal,
    ResolveWithdrawal,
    ReturnWithdrawal,
    StartWithdrawal,
)

__all__ = [
    "CARD_ID",
    "FROM_RECEIPT",
    "FROM_REFUND",
    "FROM_TOP_UP",
    "RECEIPT_ID",
    "RECEIPT_RETURN_ID",
    "SEND_ID",
    "TOP_UP_ID",
    "WHY_MAX",
    "WITHDRAWAL_ID",
    "AskBank",
    "AskForReturn",
    "AskForTopUp",
    "AskForWithdrawal",
    "Asking",
    "Balance",
    "BindCard",
    "Binder",
    "BookReceipt",
    "Card",
    "CardId",
    "ClaimReceipt",
    "ClawBackTopUp",
    "DepositNumber",
    "Deposits",
    "Errand",
    "GiveDepositNumber",
    "HearBank",
    "Receipt",
    "ReceiptId",
    "ReceiptRefusal",
    "ReceiptRefused",
    "ReceiptReturn",
    "ReceiptReturnId",
    "ReceiptReturns",
    "ReceiptStatus",
    "Receipts",
    "RemoveCard",
    "ResolveReturn",
    "ResolveTopUp",
    "ResolveWithdrawal",
    "ReturnReceipt",
    "ReturnStatus",
    "ReturnWithdrawal",
    "Send",
    "SendId",
    "SendMoney",
    "SendStatus",
    "StartTopUp",
    "StartWithdrawal",
    "Submit",
    "TopUp",
    "TopUpId",
    "TopUpStatus",
    "Unclaimed",
    "UndoReturn",
    "WalletDecline",
    "WalletRefusal",
    "WalletRefused",
    "Wallets",
    "Withdrawal",
    "WithdrawalFee",
    "WithdrawalId",
    "WithdrawalStatus",
    "balance_account",
    "bank_ears",
    "bank_jobs",
    "cards_of",
    "deposit_number",
    "entries_of",
    "fees_of_withdrawals",
    "find_balance",
    "find_card",
    "find_receipt",
    "find_send",
    "find_top_up",
    "find_withdrawal",
    "held_account",
    "obtain_deposit_number",
    "read_remark",
    "receipt_ears",
    "recover_debt",
    "return_ears",
    "return_jobs",
    "returns_of",
    "sends_of",
    "shortfall_of",
    "top_ups_of",
    "unclaimed_receipts",
    "wallet_proofs",
    "withdrawals_of",
]
