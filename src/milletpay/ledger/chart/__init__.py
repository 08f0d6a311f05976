"""The chart of accounts: which pools, accounts and reasons to move money there are. Data, and pure.

A **pool** is money of one kind and currency that balances alone; its number is the `ledger` of the book. An
**account kind** is the `code` of an account, a **transfer code** that of a transfer: one leg of one flow. A
**bridge** is a pair of accounts in two pools that must stand equal.

What holds: every transfer code joins two kinds of one pool; an account's id follows from kind, ledger and
owner; codes never change. `docs/accounting/chart.md` is this package as a page.
"""

from milletpay.ledger.chart.bridges import BRIDGES, Bridge, BridgeAccounts, bridges_in
from milletpay.ledger.chart.kinds import AccountClass, AccountKind, OnePer, Side, account_id, new_account
from milletpay.ledger.chart.pools import LedgerName, NotALedger, Pool, ledger_of, name_ledger, units_ledger
from milletpay.ledger.chart.transfer_codes import FLOWS, TransferCode

__all__ = [
    "BRIDGES",
    "FLOWS",
    "AccountClass",
    "AccountKind",
    "Bridge",
    "BridgeAccounts",
    "LedgerName",
    "NotALedger",
    "OnePer",
    "Pool",
    "Side",
    "TransferCode",
    "account_id",
    "bridges_in",
    "ledger_of",
    "name_ledger",
    "new_account",
    "units_ledger",
]
