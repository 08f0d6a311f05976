"""Balances: every account stands where its transfers put it, every pool balances, bridges are level."""

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Final

from milletpay.ledger.chart import LedgerName, NotALedger, bridges_in, name_ledger
from milletpay.ledger.check.findings import NAMED_MAX, Finding, Outcome, name_account
from milletpay.ledger.head import Head
from milletpay.ledger.model import AMOUNT_MAX, CREDITS_LIMITED, DEBITS_LIMITED
from milletpay.ledger.reading import Row
from milletpay.ledger.rows import BALANCE_SIZE, Balances, unpack_balances
from milletpay.plumbing.database import Connection
from milletpay.plumbing.statements import load_statements

BOOK_SQL: Final = load_statements("milletpay.ledger")
SQL: Final = load_statements("milletpay.ledger.check")

RECORD: Final = Struct(f"16s{BALANCE_SIZE - 16}s")
"""A record of the tail: the account's id, and its balances as they are packed."""

FIELDS: Final = ("debits_pending", "debits_posted", "credits_pending", "credits_posted")


@dataclass(frozen=True, slots=True)
class Tail:
    """The newest balances of the accounts that have some in the tail: id to balances and closedness."""

    newest: dict[int, tuple[Balances, bool]]

    def columns(self) -> list[list[object]]:
        """Ids, then each balance, then closedness, as arrays for a statement."""
        records = [(id, *balances, closed) for id, (balances, closed) in self.newest.items()]
        return [list(column) for column in zip(*records, strict=True)] or [[], [], [], [], [], []]


async def prove_balances(connection: Connection, *, head: Head) -> Outcome:
    """Sum up transfers and open pendings by account, at the checkpoint and now, and compare."""
    outcome = Outcome(rows={"accounts": 0, "records of the tail": 0})
    tail = await _read_tail(connection, head=head, outcome=outcome)
    columns = tail.columns()
    for row in await connection.fetch(SQL["strangers"], columns[0], NAMED_MAX):
        outcome.add(Finding(where=name_account(row["id"]), what="is in the tail, and does not exist"))
    checkpoint = await connection.fetchval(SQL["time_of_batch"], head.tail_from - 1) or 0
    rows = await connection.fetch(SQL["unlike_their_transfers"], checkpoint, *columns, NAMED_MAX)
    for row in rows:
        for finding in wrong_with(row):
            outcome.add(finding)
    if rows:
        outcome.unnamed += rows[0]["total"] - len(rows)
    outcome.count("accounts", number=await connection.fetchval(SQL["count_accounts"]))
    return outcome


async def prove_pools(connection: Connection, *, head: Head) -> Outcome:
    """Sum up the accounts of each pool."""
    outcome = Outcome(rows={"pools": 0})
    tail = await _read_tail(connection, head=head, outcome=Outcome())
    for row in await connection.fetch(SQL["pools"], *tail.columns()[:5]):
        outcome.count("pools", number=1)
        for part in ("posted", "pending"):
            debits, credited = row[f"debits_{part}"], row[f"credits_{part}"]
            if debits != credited:
                outcome.add(
                    Finding(
                        where=f"pool {row['ledger']} ({_pool(row['ledger'])})",
                        what=f"its accounts' debits and credits, {part}, are not equal",
                        expected=f"debits {debits}",
                        found=f"credits {credited}",
                    )
                )
    return outcome


async def prove_bridges(connection: Connection) -> Outcome:
    """Compare the two accounts of each bridge, in every currency that the book has accounts of."""
    outcome = Outcome(rows={"bridges": 0})
    names = [_named(row["ledger"]) for row in await connection.fetch(SQL["ledgers"])]
    kept = {(name.currency, name.mode) for name in names if name is not None and name.currency is not None}
    for currency, mode in sorted(kept, key=str):
        for accounts in bridges_in(currency, mode=mode):
            rows = await connection.fetch(BOOK_SQL["accounts_now"], [accounts.owed_id, accounts.due_id])
            net = {row["id"]: row["credits_posted"] - row["debits_posted"] for row in rows}
            outcome.count("bridges", number=1)
            owed, due = net.get(accounts.owed_id, 0), -net.get(accounts.due_id, 0)
            if owed != due:
                names_of = [kind.name.lower() for kind in (accounts.bridge.owed, accounts.bridge.due)]
                outcome.add(
                    Finding(
                        where=f"bridge of {' and '.join(names_of)} in {currency}, {mode.name.lower()}",
                        what="its two accounts are not equal",
                        expected=f"{names_of[0]} {owed}",
                        found=f"{names_of[1]} {due}",
                    )
                )
    return outcome


def wrong_with(row: Row) -> list[Finding]:
    """What is wrong with an account, given where it stands and where it must stand."""
    findings = []

    def say(what: str, expected: object = "", found: object = "") -> None:
        findings.append(
            Finding(where=name_account(row["id"]), what=what, expected=str(expected), found=str(found))
        )

    for moment, words in (("now", ""), ("then", " in the checkpoint")):
        pairs = zip(FIELDS, row[f"{moment}_expected"], row[f"{moment}_found"], strict=True)
        for name, expected, found in pairs:
            if expected != found:
                say(f"{name}{words} is not what its transfers make it", int(expected), int(found))
        expected, found = row[f"{moment}_closed_expected"], row[f"{moment}_closed"]
        if expected != found:
            say(f"closed{words} is not what its pending transfers make it", expected, found)
    debits_pending, debits_posted, credits_pending, credits_posted = map(int, row["now_found"])
    if row["flags"] & DEBITS_LIMITED and debits_pending + debits_posted > credits_posted:
        say("its debits exceed its credits", f"at most {credits_posted}", debits_pending + debits_posted)
    if row["flags"] & CREDITS_LIMITED and credits_pending + credits_posted > debits_posted:
        say("its credits exceed its debits", f"at most {debits_posted}", credits_pending + credits_posted)
    if max(debits_pending + debits_posted, credits_pending + credits_posted) > AMOUNT_MAX:
        say("its balances are more than the book can hold")
    return findings


async def _read_tail(connection: Connection, *, head: Head, outcome: Outcome) -> Tail:
    newest: dict[bytes, bytes] = {}
    batches: list[int] = []
    async for row in connection.cursor(BOOK_SQL["tail"], 0, prefetch=4):
        number, packed = row["batch"], row["balances"]
        batches.append(number)
        if len(packed) % BALANCE_SIZE:
            outcome.add(Finding(where=f"tail of batch {number}", what="does not consist of whole records"))
            continue
        # There may be a million records of few accounts: what stands behind the id is read of the last alone.
        records = dict(RECORD.iter_unpack(packed))
        outcome.count("records of the tail", number=len(records))
        if len(records) * BALANCE_SIZE != len(packed):
            outcome.add(Finding(where=f"tail of batch {number}", what="has two records of one account"))
        newest |= records
    _prove_extent(batches, head=head, outcome=outcome)
    packed = b"".join(id + balances for id, balances in newest.items())
    return Tail({id: (balances, closed) for id, balances, closed in unpack_balances(packed)})


def _prove_extent(batches: Sequence[int], *, head: Head, outcome: Outcome) -> None:
    """The tail holds each batch since the last fold, and no other."""
    wanted, there = set(range(head.tail_from, head.number + 1)), set(batches)
    for number in sorted(wanted - there):
        outcome.add(Finding(where=f"tail of batch {number}", what="is missing"))
    for number in sorted(there - wanted):
        outcome.add(Finding(where=f"tail of batch {number}", what="is there, and must not be"))


def _pool(ledger: int) -> str:
    name = _named(ledger)
    return "unknown to the chart" if name is None else str(name)


def _named(ledger: int) -> LedgerName | None:
    try:
        return name_ledger(ledger)
    except NotALedger:
        return None
