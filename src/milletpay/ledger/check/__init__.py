"""What `millet check` proves: that the books are what was written, and that they add up.

A **proof** is one statement about the books that is tried at one moment of them, beside running trade. A
**finding** is one thing that contradicts it. The **digest chain** proves that what was written is still
there; the sums prove that what was written is right. A **published head** proves that the chain is still the
same one: whoever owns the database could compute all digests anew, but not those that others have kept.

Nothing here writes. Whatever the size of the book, memory holds a stretch of its rows and the balances of
its tail; the sums are PostgreSQL's.
"""

from milletpay.ledger.check.chain import NotAHead, PublishedHead
from milletpay.ledger.check.comparing import (
    Comparison,
    Effect,
    codes_one_per,
    columns_of_effects,
    columns_of_places,
    comparing,
    name_currency,
    name_day,
    name_object,
    name_pool,
)
from milletpay.ledger.check.findings import Finding, Outcome, Proof, ProofReport, Proven
from milletpay.ledger.check.proving import prove_books

__all__ = [
    "Comparison",
    "Effect",
    "Finding",
    "NotAHead",
    "Outcome",
    "Proof",
    "ProofReport",
    "Proven",
    "PublishedHead",
    "codes_one_per",
    "columns_of_effects",
    "columns_of_places",
    "comparing",
    "name_currency",
    "name_day",
    "name_object",
    "name_pool",
    "prove_books",
]
