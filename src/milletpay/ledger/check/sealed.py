"""The rows of a stretch of the book as they were packed, cut into what each batch added.

PostgreSQL's binary COPY gives back the very bytes that went in when the batch was written. A row of a kind
has a fixed size, so that rows are cut by counting and are never unpacked.
"""

from bisect import bisect_right
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from struct import Struct
from typing import Final

from milletpay.ledger.head import Added
from milletpay.ledger.model import PendingStatus
from milletpay.ledger.rows import (
    ACCOUNT_SIZE,
    BURNT_SIZE,
    COPY_HEADER,
    COPY_TRAILER,
    PENDING_CODES,
    RESOLUTION_SIZE,
    TRANSFER_SIZE,
)
from milletpay.plumbing.database import Connection
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.ledger.check")

ROW_SIZES: Final = {
    "accounts": ACCOUNT_SIZE,
    "transfers": TRANSFER_SIZE,
    "resolutions": RESOLUTION_SIZE,
    "burnt": BURNT_SIZE,
}
"""Each kind of row that a batch adds, in the order of the digest, with its bytes."""

_STAMP: Final = 8
_END: Final = Struct(">26xh4xq")


class Misshapen(Exception):
    """Rows of a kind do not have the size that every row of it has."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one kind in the order of the book."""

    size: int
    packed: memoryview
    timestamps: list[int]

    def between(self, *, after: int, until: int) -> Added:
        """What a batch adds that owns the time after one moment and by another."""
        start = bisect_right(self.timestamps, after)
        end = max(start, bisect_right(self.timestamps, until))
        digest = sha256(self.packed[start * self.size : end * self.size]).digest()
        return Added(count=end - start, digest=digest)


@dataclass(frozen=True, slots=True)
class Stretch:
    """All rows of all kinds between two times, by kind."""

    rows: dict[str, Rows]

    def between(self, *, after: int, until: int) -> dict[str, Added]:
        """What a batch adds, by kind, that owns the time after one moment and by another."""
        return {kind: rows.between(after=after, until=until) for kind, rows in self.rows.items()}

    def repeated_timestamp(self) -> int | None:
        """A timestamp that two events share, or None. The end of a pending by a transfer is no event."""
        events = [at for kind in ("accounts", "transfers", "burnt") for at in self.rows[kind].timestamps]
        events += [
            at
            for status, at in _END.iter_unpack(self.rows["resolutions"].packed)
            if status == PENDING_CODES[PendingStatus.expired]
        ]
        if len(set(events)) == len(events):
            return None
        return next(first for first, second in pairwise(sorted(events)) if first == second)


async def read_stretch(connection: Connection, *, after: int, until: int, most: int) -> Stretch:
    """Read what the tables hold after one time and by another, at most so many rows of a kind.

    :raises Misshapen: with the kind of row
    """
    rows = {}
    for kind, size in ROW_SIZES.items():
        packed = await _copy(connection, SQL[f"sealed_{kind}"], after, until, most)
        if len(packed) % size:
            raise Misshapen(f"{kind} of another form than they were written in are there")
        rows[kind] = _in_order(packed, size=size)
    return Stretch(rows)


def _in_order(packed: memoryview, *, size: int) -> Rows:
    """Rows in the order of the book. They nearly always lie so in the table, as they were written."""
    timestamps = [timestamp for (timestamp,) in Struct(f">{size - _STAMP}xq").iter_unpack(packed)]
    risen = sorted(timestamps)
    if risen != timestamps:
        starts = sorted(range(0, len(packed), size), key=lambda start: timestamps[start // size])
        packed = memoryview(b"".join([packed[start : start + size] for start in starts]))
    return Rows(size, packed, risen)


async def _copy(connection: Connection, query: str, *arguments: int) -> memoryview:
    """What binary COPY gives, without its header and trailer."""
    pieces: list[bytes] = []

    async def take(piece: bytes) -> None:
        pieces.append(piece)

    await connection.copy_from_query(query, *arguments, output=take, format="binary")
    return memoryview(b"".join(pieces))[len(COPY_HEADER) : -len(COPY_TRAILER)]
