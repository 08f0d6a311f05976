"""Transfers and the accounts that they join: there, of the same pool, and such as the reason says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from milletpay.ledger.chart import AccountKind, TransferCode
from milletpay.ledger.check.findings import NAMED_MAX, Finding, Outcome, name_transfer
from milletpay.ledger.reading import Row
from milletpay.plumbing.database import Connection
from milletpay.plumbing.statements import load_statements

BOOK_SQL: Final = load_statements("milletpay.ledger")
SQL: Final = load_statements("milletpay.ledger.check")


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """What some transfers have in common: a reason, a pool, and accounts of one kind on each side."""

    code: int
    ledger: int
    debit_code: int | None
    debit_ledger: int | None
    credit_code: int | None
    credit_ledger: int | None


async def prove_joins(connection: Connection) -> Outcome:
    """Look at every transfer and its two accounts."""
    outcome = Outcome(rows={"transfers": 0})
    unknown: dict[int, int] = {}
    for row in await connection.fetch(SQL["joins"]):
        fields = dict(row)
        transfers = fields.pop("transfers")
        join = Join(**fields)
        outcome.count("transfers", number=transfers)
        reason = reason_of(join.code)
        if reason is None:
            unknown[join.code] = unknown.get(join.code, 0) + transfers
        if (wrong := wrong_with(join, reason)) is not None:
            await _name(connection, join, wrong=wrong, transfers=transfers, outcome=outcome)
    if unknown:
        codes = ", ".join(str(code) for code in sorted(unknown)[:10]) + (", ..." if len(unknown) > 10 else "")
        transfers = f"{sum(unknown.values()):,} transfers"
        outcome.remarks.append(f"codes that the chart does not know: {codes} ({transfers})")
    return outcome


def reason_of(code: int) -> TransferCode | None:
    """The reason that the chart gives a code, or None."""
    try:
        return TransferCode.coded(code)
    except ValueError:
        return None


def wrong_with(join: Join, reason: TransferCode | None) -> str | None:
    """What is wrong with transfers that join such accounts for this reason, or None."""
    if join.debit_code is None or join.credit_code is None:
        return f"its {'debit' if join.debit_code is None else 'credit'} account does not exist"
    if not join.ledger == join.debit_ledger == join.credit_ledger:
        joined = f"{join.debit_ledger} and {join.credit_ledger}"
        return f"it is of ledger {join.ledger}, and joins accounts of {joined}"
    if reason is not None and (join.debit_code, join.credit_code) != (reason.debit.code, reason.credit.code):
        return (
            f"{reason.name.lower()} is from {_kind(reason.debit.code)} to {_kind(reason.credit.code)}, "
            f"and it is from {_kind(join.debit_code)} to {_kind(join.credit_code)}"
        )
    return None


async def batch_at(connection: Connection, timestamp: int) -> int | None:
    """The number of the batch that owns a timestamp, or None."""
    number: int | None = await connection.fetchval(BOOK_SQL["batch_at"], timestamp)
    return number


async def _name(connection: Connection, join: Join, *, wrong: str, transfers: int, outcome: Outcome) -> None:
    rows: Sequence[Row] = await connection.fetch(
        SQL["joined"],
        join.code,
        join.ledger,
        join.debit_code,
        join.debit_ledger,
        join.credit_code,
        join.credit_ledger,
        NAMED_MAX,
    )
    for row in rows:
        batch = await batch_at(connection, row["timestamp"])
        outcome.add(Finding(where=name_transfer(row["id"], batch=batch), what=wrong))
    outcome.unnamed += transfers - len(rows)


def _kind(code: int) -> str:
    """A kind of account by its name in the chart, else by its code."""
    try:
        return AccountKind.coded(code).name.lower()
    except ValueError:
        return f"accounts of code {code}"
