"""The head of the book: its last batch, and the digest that ties it to everything before."""

from dataclasses import dataclass, replace
from hashlib import sha256
from struct import Struct

_HEADER = Struct(">32sqqI16sq")
_KIND = Struct(">I32s")

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
    """Rows of one kind that a batch adds: how many, and the SHA-256 over them in the order of the book."""

    count: int
    digest: bytes


def seal(
    head: Head, *, previous: bytes, accounts: Added, transfers: Added, resolutions: Added, burnt: Added
) -> Head:
    """The head with its digest: SHA-256 over the digest before it, its own row, and all that it added."""
    header = _HEADER.pack(
        previous, head.number, head.timestamp, head.accounting_date, head.id_max.to_bytes(16), head.expired_to
    )
    kinds = [_KIND.pack(kind.count, kind.digest) for kind in (accounts, transfers, resolutions, burnt)]
    return replace(head, digest=sha256(b"".join([header, *kinds])).digest())
