"""Comparing a package's tables with the book: a statement finds what contradicts, and this names it.

A package keeps such statements in its `proofs.sql`. Each gives a row for each object that is not as it must
be: `object`, and `total`, how many such rows there are; either `wrong`, a sentence, or two arrays `expected`
and `found`, which are compared field by field.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from milletpay.ledger.chart import (
    AccountKind,
    Mode,
    NotALedger,
    OnePer,
    Pool,
    TransferCode,
    ledger_of,
    name_ledger,
)
from milletpay.ledger.check.findings import NAMED_MAX, Finding, Outcome, Proof
from milletpay.money import Currency, UnknownCurrency
from milletpay.plumbing.database import Connection, Row
from milletpay.plumbing.ids import ID_END, IdForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A statement that finds what contradicts, and the words for it."""

    statement: str
    """Its last argument is how many rows it gives at most; the others are `arguments`."""
    where: Callable[[Row], str]
    """Names the object of a row: `payment pay_...`."""
    fields: Sequence[str] = ()
    """What the elements of `expected` and `found` are, each with the reason, as a sentence."""
    arguments: Sequence[object] = ()


def comparing(*comparisons: Comparison, name: str, claim: str, counts: str = "") -> Proof:
    """The proof that these comparisons find nothing; `counts` is a statement of how much is looked at."""
    return Proof(name=name, claim=claim, prove=partial(_compare_all, comparisons=comparisons, counts=counts))


async def _compare_all(connection: Connection, *, comparisons: Sequence[Comparison], counts: str) -> Outcome:
    outcome = Outcome()
    if counts:
        counted = await connection.fetchrow(counts)
        outcome.rows |= {} if counted is None else dict(counted)
    for comparison in comparisons:
        await _compare(connection, comparison, outcome=outcome)
    return outcome


async def _compare(connection: Connection, comparison: Comparison, *, outcome: Outcome) -> None:
    rows = await connection.fetch(comparison.statement, *comparison.arguments, NAMED_MAX)
    for row in rows:
        where = comparison.where(row)
        if row["wrong"] is not None:
            outcome.add(Finding(where=where, what=row["wrong"]))
            continue
        for what, expected, found in zip(comparison.fields, row["expected"], row["found"], strict=True):
            if expected != found:
                outcome.add(
                    Finding(where=where, what=what, expected=str(int(expected)), found=str(int(found)))
                )
    if rows:
        outcome.unnamed += rows[0]["total"] - len(rows)


def name_object(id: int | None, *, form: IdForm[Any]) -> str:
    """An object as findings write it: in its public form, or as PostgreSQL writes what is no id at all."""
    if id is None:
        return "NULL"
    return form.write(id) if 0 < id < ID_END else str(UUID(int=id))


def name_pool(ledger: int, /) -> str:
    """A pool as findings write it, also one that the chart does not know."""
    try:
        return str(name_ledger(ledger))
    except NotALedger:
        return f"ledger {ledger}"


def name_day(day: int, /) -> str:
    """A day as findings write it, also one that the calendar does not have."""
    return f"{day // 10000:04}-{day // 100 % 100:02}-{day % 100:02}"


def name_currency(number: int, /) -> str:
    """A currency as findings write it, also one that there is not."""
    try:
        return Currency.numbered(number).code
    except UnknownCurrency:
        return f"currency {number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a transfer adds to each column of its object: 1, -1, or 0 for nothing."""

    code: TransferCode
    signs: Sequence[int]


def columns_of_effects(effects: Sequence[Effect]) -> list[list[int]]:
    """Codes, then the signs of each column, as arrays for a statement."""
    signs = zip(*(effect.signs for effect in effects), strict=True)
    return [[effect.code.code for effect in effects], *(list(column) for column in signs)]


def columns_of_places(*pools: Pool) -> list[list[object]]:
    """The ledgers of pools, with the code and number of the currency and whether it is live, as arrays."""
    places = [
        (ledger_of(pool, currency=currency, mode=mode), currency.code, currency.number, mode is Mode.LIVE)
        for pool in pools
        for currency in Currency
        for mode in Mode
    ]
    return [list(column) for column in zip(*places, strict=True)]


def codes_one_per(one_per: OnePer, /) -> list[int]:
    """The codes of the kinds of accounts of which there is one for each such owner."""
    return [kind.code for kind in AccountKind if kind.one_per is one_per]
