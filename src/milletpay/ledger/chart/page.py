"""The chart of accounts as a page: `docs/accounting/chart.md` is what this writes, and a test compares."""

import sys
from collections.abc import Iterable

from milletpay.ledger.chart.bridges import BRIDGES
from milletpay.ledger.chart.kinds import AccountKind, OnePer
from milletpay.ledger.chart.pools import Mode, Pool
from milletpay.ledger.chart.transfer_codes import FLOWS, TransferCode
from milletpay.ledger.model import AccountFlags

_HEAD = """\
# Chart of accounts

This page is made from `src/milletpay/ledger/chart`; a test fails when the two differ. Change the tables
there, then run `python -m milletpay.ledger.chart.page > docs/accounting/chart.md`. Codes are never changed
nor used again.
"""

_LIMITS = {
    AccountFlags(0): "either side",
    AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS: "never below zero (credit)",
    AccountFlags.CREDITS_MUST_NOT_EXCEED_DEBITS: "never below zero (debit)",
}


def chart_page() -> str:
    """The page in Markdown: pools, accounts, bridges, transfer codes."""
    return "\n".join([_HEAD, *_pools(), *_accounts(), *_bridges(), *_transfers()])


def _pools() -> Iterable[str]:
    yield "## Pools\n"
    yield "A pool balances alone: the book refuses a transfer between two ledger numbers.\n"
    rows = []
    for pool in Pool:
        number = (
            "10000 + n" if pool is Pool.UNITS else f"{pool.base or ''}{' + ' if pool.base else ''}ISO number"
        )
        example = "10000" if pool is Pool.UNITS else f"{pool.base + 156} for CNY"
        rows.append([pool.name.lower(), number, example, pool.chinese, pool.meaning])
    yield from _table(["pool", "ledger", "such as", "Chinese", "what it is"], rows)
    yield "Each pool is there once in each mode, and so is each account below.\n"
    modes = [
        [mode.name.lower(), f"ledger + {mode.base}" if mode.base else "ledger", mode.chinese, mode.meaning]
        for mode in Mode
    ]
    yield from _table(["mode", "number", "Chinese", "what it is"], modes)


def _accounts() -> Iterable[str]:
    yield "## Accounts\n"
    yield "An account grows on its normal side. Its limit is a flag of the account, which the book holds.\n"
    for pool in Pool:
        rows = [
            [
                f"`{_name(kind)}`",
                str(kind.code),
                kind.account_class.name.lower(),
                kind.normal_side.value,
                _LIMITS[kind.flags],
                "one" if kind.one_per is OnePer.HOUSE else f"one per {kind.one_per.value}",
                kind.chinese,
                kind.meaning,
            ]
            for kind in AccountKind
            if kind.pool is pool
        ]
        if rows:
            yield f"### Pool `{pool.name.lower()}`\n"
            head = ["account", "code", "class", "normal side", "limit", "how many", "Chinese", "what it is"]
            yield from _table(head, rows)


def _bridges() -> Iterable[str]:
    yield "## Bridges\n"
    yield "Two accounts in two pools that stand equal after every event, proven by `millet check`.\n"
    rows = [
        [
            f"`{_name(bridge.owed)}`",
            bridge.owed.pool.name.lower(),
            f"`{_name(bridge.due)}`",
            bridge.due.pool.name.lower(),
        ]
        for bridge in BRIDGES
    ]
    yield from _table(["owed", "in pool", "due", "in pool"], rows)


def _transfers() -> Iterable[str]:
    yield "## Transfer codes\n"
    yield "Why money moves. Each code is one leg and joins these two kinds of accounts only.\n"
    for hundreds, flow in FLOWS.items():
        yield f"### {flow[0].upper()}{flow[1:]}\n"
        rows = [
            [
                str(reason.code),
                f"`{reason.name.lower()}`",
                reason.pool.name.lower(),
                f"`{_name(reason.debit)}`",
                f"`{_name(reason.credit)}`",
                reason.chinese,
                reason.meaning,
            ]
            for reason in TransferCode
            if reason.code // 100 == hundreds
        ]
        yield from _table(["code", "name", "pool", "debit", "credit", "Chinese", "when"], rows)


def _name(kind: AccountKind) -> str:
    return kind.name.lower()


def _table(head: list[str], rows: list[list[str]]) -> Iterable[str]:
    """A table of Markdown and the empty line after it."""
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


if __name__ == "__main__":
    sys.stdout.write(chart_page())
