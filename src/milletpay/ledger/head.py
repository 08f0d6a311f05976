"""The head of the book: its last batch, and the digest that ties it to everything before."""

from dataclasses import dataclass, replace
from hashlib import sha256
from struct import Struct

from milletpay.ledger.rows import ACCOUNT_SIZE, BURNT_SIZE, RESOLUTION_SIZE, TRANSFER_SIZE

_HEADER = Struct(">32sqqIIIII16sq")

NO_DIGEST = bytes(32)
"""What the first batch ties to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where the book stands. Two processes whose heads are equal know the same book."""

    number: int = 0
    """Of the last batch; 0 in an empty book."""
    timestamp: int = 0
    """Of the last event, nanoseconds."""
    accounting_date: int = 0
    """YYYYMMDD; never falls."""
    id_max: int = 0
    """The greatest transfer id that was ever used or burnt: a greater one is new."""
    expired_to: int = 0
    """Pending transfers due by then have expired."""
    tail_from: int = 1
    """Balances of this batch and later ones are in the tail, those of earlier ones in the accounts."""
    digest: bytes = NO_DIGEST

    def __str__(self) -> str:
        """As `millet check` prints it and `--head` takes it."""
        return f"{self.number}:{self.digest.hex()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """The rows that a batch adds, kind by kind, each joined in the order of the book."""

    accounts: bytes
    transfers: bytes
    resolutions: bytes
    burnt: bytes

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """How many rows of each kind: they are of equal size."""
        return (
            len(self.accounts) // ACCOUNT_SIZE,
            len(self.transfers) // TRANSFER_SIZE,
            len(self.resolutions) // RESOLUTION_SIZE,
            len(self.burnt) // BURNT_SIZE,
        )


def seal(head: Head, *, previous: bytes, added: Added) -> Head:
    """The head with its digest: SHA-256 over the digest before it, its own row, and all that it added."""
    digest = sha256(
        _HEADER.pack(
            previous,
            head.number,
            head.timestamp,
            head.accounting_date,
            *added.counts,
            head.id_max.to_bytes(16),
            head.expired_to,
        )
    )
    for rows in (added.accounts, added.transfers, added.resolutions, added.burnt):
        digest.update(rows)
    return replace(head, digest=digest.digest())
