"""What `millet check` proves of the treasury: what the house moved over its banks is what the book has."""

from typing import Final
from uuid import UUID

from milletpay.ledger import Comparison, Proof, columns_of_places, comparing, name_currency
from milletpay.ledger.chart import Pool, TransferCode
from milletpay.plumbing.database import Row
from milletpay.plumbing.statements import load_statements
from milletpay.treasury.postings import LEGS

SQL: Final = load_statements("milletpay.treasury", name="proofs.sql")


def treasury_proofs() -> list[Proof]:
    """All proofs of the treasury."""
    legs = [(code.code, kind.value) for kind, codes in LEGS.items() for code in codes]
    ledgers, _, numbers, lives = columns_of_places(Pool.CLIENT, Pool.OWN)
    movements = Comparison(
        statement=SQL["unlike_their_movements"],
        where=_where,
        fields=("its transfers do not sum up to the movements of the house",),
        arguments=[[code for code, _ in legs], [kind for _, kind in legs], ledgers, numbers, lives],
    )
    return [
        comparing(
            movements,
            name="treasury",
            claim="every leg of what the house moved sums up to its movements, bank by bank",
            counts=SQL["count_movements"],
        )
    ]


def _where(row: Row) -> str:
    reason = TransferCode.coded(row["code"]).name.lower()
    mode = "live" if row["live"] else "test"
    return f"{reason} over {UUID(int=row['object'])}, {mode}, {name_currency(row['currency'])}"
