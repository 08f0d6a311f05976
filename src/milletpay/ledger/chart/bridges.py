"""Bridges: pairs of accounts in two pools that must stand equal, so that pools that never mix agree."""

from dataclasses import dataclass

from milletpay.ledger.chart.kinds import AccountKind, account_id
from milletpay.ledger.chart.pools import Mode, ledger_of
from milletpay.money import Currency


@dataclass(frozen=True, slots=True)
class Bridge:
    """Two kinds of house accounts: what stands to the credit of one stands to the debit of the other."""

    owed: AccountKind
    """The liability."""
    due: AccountKind
    """The asset."""


BRIDGES = (Bridge(owed=AccountKind.OWN_IN_POOL, due=AccountKind.DUE_FROM_POOL),)
"""Every bridge. This one: what of the client pool is ours, and what the client pool owes us."""


@dataclass(frozen=True, slots=True)
class BridgeAccounts:
    """The two accounts of a bridge in a currency and mode. Their balances agree after each linked chain."""

    bridge: Bridge
    owed_id: int
    due_id: int


def bridges_in(currency: Currency, *, mode: Mode) -> list[BridgeAccounts]:
    """The accounts of every bridge in a currency and mode. One that does not exist yet stands at zero."""
    return [
        BridgeAccounts(
            bridge=bridge,
            owed_id=account_id(bridge.owed, ledger=ledger_of(bridge.owed.pool, currency=currency, mode=mode)),
            due_id=account_id(bridge.due, ledger=ledger_of(bridge.due.pool, currency=currency, mode=mode)),
        )
        for bridge in BRIDGES
    ]
