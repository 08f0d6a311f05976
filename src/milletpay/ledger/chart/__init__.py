"""The chart of accounts: which pools, accounts and reasons to move money there are. Data, and pure.

A **pool** is money of one kind and currency that balances alone; its number is the `ledger` of the book. Each
has a live and a test **mode**, which never meet. An
**account kind** is the `code` of an account, a **transfer code** that of a transfer: one leg of one flow. A
**bridge** is a pair of accounts in two pools that must stand equal.

What holds: every transfer code joins two kinds of one pool; an account's id follows from kind, ledger and
owner; codes never change. `docs/accounting/chart.md` is this package as a page.
"""

from milletpay.ledger.chart.bridges import BRIDGES, Bridge, BridgeAccounts, bridges_in
from milletpay.ledger.chart.kinds import (
    AccountClass,
    AccountKind,
    OnePer,
    Side,
    account_id,
    house_accounts,
    new_account,
)
from milletpay.ledger.chart.pools import (
    UNITS_MAX,
    LedgerName,
    Mode,
    NotALedger,
    Pool,
    ledger_of,
    name_ledger,
    units_ledger,
)
from milletpay.ledger.chart.transfer_codes import FLOWS, TransferCode

__all__ = [
    "BRIDGES",
    "FLOWS",
    "UNITS_MAX",
    "AccountClass",
    "AccountKind",
    "Bridge",
    "BridgeAccounts",
    "LedgerName",
    "Mode",
    "NotALedger",
    "OnePer",
    "Pool",
    "Side",
    "TransferCode",
    "account_id",
    "bridges_in",
    "house_accounts",
    "ledger_of",
    "name_ledger",
    "new_account",
    "units_ledger",
]
