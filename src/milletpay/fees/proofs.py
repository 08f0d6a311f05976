"""What `millet check` proves of fees: what was accrued is what the packages above say they have taken."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Final, TypeAlias

from milletpay.ledger import Finding, Outcome, Proof, name_pool
from milletpay.ledger.chart import AccountKind, TransferCode
from milletpay.plumbing.database import Connection
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.fees", name="proofs.sql")

FeesTaken: TypeAlias = Callable[[Connection], Awaitable[Mapping[int, int]]]
"""What one package has taken in fees, less what it gave back, by ledger of client money."""


def fee_proof(taken: Sequence[FeesTaken], /) -> Proof:
    """The proof that all fees that were taken, and no others, were accrued."""
    return Proof(
        name="fees",
        claim="what was accrued is what payments and withdrawals have paid, in every currency and mode",
        prove=partial(_prove, taken=taken),
    )


async def _prove(connection: Connection, *, taken: Sequence[FeesTaken]) -> Outcome:
    rows = await connection.fetch(SQL["accrued"], AccountKind.FEE_ACCRUED.code, TransferCode.FEE_SETTLED.code)
    found = {row["ledger"]: int(row["amount"]) for row in rows}
    expected: Counter[int] = Counter()
    for take in taken:
        expected.update(await take(connection))
    ledgers = sorted(found.keys() | expected.keys())
    outcome = Outcome(rows={"ledgers with fees": len(ledgers)})
    for ledger in ledgers:
        if expected[ledger] != found.get(ledger, 0):
            outcome.add(
                Finding(
                    where=f"fees, {name_pool(ledger)}",
                    what="what was accrued is not what was paid in fees",
                    expected=str(expected[ledger]),
                    found=str(found.get(ledger, 0)),
                )
            )
    return outcome
