"""What `millet check` proves of tills and card terminals: what they say of a day is what payments say.

Payments say what the book says, by proofs of their own; so a Z report and a batch are the book to the cent.
"""

from typing import Final

from milletpay.ledger import Comparison, Proof, comparing, name_object
from milletpay.merchants import TERMINAL_ID
from milletpay.payments import PAYMENT_ID
from milletpay.plumbing.database import Row
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.terminals", name="proofs.sql")


def terminal_proofs() -> list[Proof]:
    """All proofs of terminals."""
    return [
        comparing(
            Comparison(
                statement=SQL["receipts_unlike_payments"],
                where=lambda row: f"payment {name_object(row['object'], form=PAYMENT_ID)}",
                fields=(
                    "its receipts of sales are not what it took",
                    "its receipts of refunds are not what those refunds gave back",
                    "its receipt of the reversal is not what was left of it",
                ),
            ),
            Comparison(
                statement=SQL["receipts_with_gaps"],
                where=_terminal,
                fields=("the last number of its receipts is not how many there are",),
            ),
            Comparison(
                statement=SQL["shifts_with_gaps"],
                where=lambda row: f"{_terminal(row)}, shift {row['number']}",
            ),
            name="receipts at terminals",
            claim="they say what payments took and gave back there, and each is in one shift",
            counts=SQL["count_receipts"],
        ),
        comparing(
            Comparison(
                statement=SQL["batches_unlike_entries"],
                where=lambda row: f"card terminal {row['object']:08}, batch {row['number']}",
                fields=(
                    "what it took is not what its entries sum up to",
                    "how often it took is not how many entries do",
                    "what it gave back is not what its entries sum up to",
                    "how often it gave back is not how many entries do",
                ),
            ),
            name="batches of card terminals",
            claim="each was closed with what its entries came to",
        ),
    ]


def _terminal(row: Row) -> str:
    return f"terminal {name_object(row['object'], form=TERMINAL_ID)}"
