"""The digest chain: what every batch added is still there, byte by byte, and nothing else is."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from milletpay.ledger.check.findings import NAMED_MAX, Finding, Outcome
from milletpay.ledger.check.sealed import ROW_SIZES, Misshapen, read_stretch
from milletpay.ledger.head import NO_DIGEST, Added, Head, seal
from milletpay.ledger.reading import Row
from milletpay.plumbing.database import Connection
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.ledger.check")

ROWS_AT_ONCE: Final = 200_000
"""About how many rows are read at a time: some 36 MB."""

BATCHES_AT_ONCE: Final = 5_000

NAMES: Final = {
    "accounts": "accounts",
    "transfers": "transfers",
    "resolutions": "ends of pending transfers",
    "burnt": "burnt ids",
}
"""How people are told about each kind of row."""

NEVER_FALLING: Final = {
    "timestamp": "time",
    "accounting_date": "accounting date",
    "id_max": "greatest id",
    "expired_to": "time of expiry",
}


class NotAHead(ValueError):
    """A text that is not the head of a book."""


@dataclass(frozen=True, slots=True)
class PublishedHead:
    """The number and digest of a batch as they were once printed."""

    number: int
    digest: bytes

    @classmethod
    def parse(cls, text: str) -> "PublishedHead":
        """Read `17:` and 64 hexadecimal digits.

        :raises NotAHead: with the text
        """
        number, _, digits = text.partition(":")
        try:
            digest = bytes.fromhex(digits)
        except ValueError:
            digest = b""
        if (
            not (number.isascii() and number.isdecimal())
            or len(digest) != len(NO_DIGEST)
            or len(digits) != 64
        ):
            raise NotAHead(
                f"{text[:100]!r} is not a head; write the number of its batch, a colon and its digest "
                "of 64 hexadecimal digits, as `millet check` prints it"
            )
        return cls(int(number), digest)


async def prove_chain(connection: Connection, *, published: Sequence[PublishedHead] = ()) -> Outcome:
    """Compute the digest of every batch from what the tables hold now, and compare."""
    chain = _Chain(published)
    async for batches in _batches(connection):
        # Where somebody has moved the time of a batch, as few others as possible are to suffer from it.
        after = min(chain.reached, batches[0]["timestamp"])
        most = ROWS_AT_ONCE + sum(_sealed(batch) for batch in batches)
        try:
            stretch = await read_stretch(connection, after=after, until=batches[-1]["timestamp"], most=most)
        except Misshapen as misshapen:
            chain.give_up(batches, why=str(misshapen))
            continue
        if (repeated := stretch.repeated_timestamp()) is not None:
            owner = next(batch["number"] for batch in batches if batch["timestamp"] >= repeated)
            chain.say(f"batch {owner}", f"two events have the timestamp {repeated}")
        for batch in batches:
            chain.follow(batch, stretch.between(after=chain.reached, until=batch["timestamp"]))
    for row in await connection.fetch(SQL["outside"], chain.reached, NAMED_MAX):
        chain.say(
            f"{row['kind']} {UUID(int=row['id'])}", f"is in no batch: its timestamp is {row['timestamp']}"
        )
    chain.end()
    return chain.outcome


class _Chain:
    """The chain as far as it was followed."""

    def __init__(self, published: Sequence[PublishedHead]) -> None:
        self.outcome = Outcome(rows=dict.fromkeys(["batches", *NAMES.values()], 0))
        self.last: Row | None = None
        self._published = list(published)
        self._claims = {head.number for head in published}

    @property
    def reached(self) -> int:
        """The time at which the last batch ends."""
        return 0 if self.last is None else self.last["timestamp"]

    def give_up(self, batches: Sequence[Row], *, why: str) -> None:
        """Go on after batches that cannot be proved."""
        self.say(_between(batches), f"cannot be proved: {why}")
        self.last = batches[-1]

    def follow(self, batch: Row, added: dict[str, Added]) -> None:
        """Compare one batch with what it added; its predecessor is `last`."""
        number = batch["number"]
        where = f"batch {number}"
        self.outcome.count("batches", number=1)
        for kind, name in NAMES.items():
            self.outcome.count(name, number=added[kind].count)
        expected_number = 1 if self.last is None else self.last["number"] + 1
        for field, name in NEVER_FALLING.items():
            if self.last is not None and batch[field] < self.last[field]:
                self.say(
                    where, f"has a {name} before that of the batch before it", self.last[field], batch[field]
                )
        folded = 1 if self.last is None else self.last["tail_from"]
        if batch["tail_from"] not in {folded, number + 1}:
            self.say(where, "has a tail that begins where none can", folded, batch["tail_from"])
        if number == expected_number:
            self._compare(where, batch, added)
        else:
            self.say(_missing(expected_number, number - 1), "is missing")
            self.say(where, "cannot be proved without the batch before it")
        if number in self._claims:
            self._compare_published(number, batch["digest"])
        self.last = batch

    def say(self, where: str, what: str, expected: object = "", found: object = "") -> None:
        """Note what is wrong."""
        self.outcome.add(Finding(where=where, what=what, expected=str(expected), found=str(found)))

    def end(self) -> None:
        """Say which published heads were not met on the way."""
        last = 0 if self.last is None else self.last["number"]
        for head in self._published:
            if head.number > last or (head.number == 0 and head.digest != NO_DIGEST):
                self.say(f"batch {head.number}", f"was published, and is not there: the book ends at {last}")

    def _compare(self, where: str, batch: Row, added: dict[str, Added]) -> None:
        previous = NO_DIGEST if self.last is None else self.last["digest"]
        computed = seal(
            Head(
                number=batch["number"],
                timestamp=batch["timestamp"],
                accounting_date=batch["accounting_date"],
                id_max=batch["id_max"],
                expired_to=batch["expired_to"],
            ),
            previous=previous,
            **added,
        ).digest
        counts = ", ".join(
            f"{batch[kind]} {name} were sealed, {added[kind].count} are there"
            for kind, name in NAMES.items()
            if batch[kind] != added[kind].count
        )
        if computed == batch["digest"]:
            if counts:
                self.say(where, f"counts wrong, though its digest is right: {counts}")
        elif counts:
            self.say(where, f"does not match what was written: {counts}")
        else:
            self.say(
                where,
                "does not match what was written: one of its rows, or its own, was changed",
            )

    def _compare_published(self, number: int, digest: bytes) -> None:
        for head in self._published:
            if head.number == number and head.digest != digest:
                self.say(
                    f"batch {number}",
                    "is not the one whose head was published: the book was rewritten at or before it",
                    head.digest.hex(),
                    digest.hex(),
                )


async def _batches(connection: Connection) -> AsyncIterator[Sequence[Row]]:
    """The batches in order, so many at a time that their rows fit into memory well."""
    number = 0
    while page := await connection.fetch(SQL["batches"], number, BATCHES_AT_ONCE):
        number = page[-1]["number"]
        group: list[Row] = []
        rows = 0
        for batch in page:
            group.append(batch)
            rows += _sealed(batch)
            if rows >= ROWS_AT_ONCE:
                yield group
                group, rows = [], 0
        if group:
            yield group


def _sealed(batch: Row) -> int:
    """How many rows the batch says that it added."""
    return sum(batch[kind] for kind in ROW_SIZES)


def _between(batches: Sequence[Row]) -> str:
    first, last = batches[0]["number"], batches[-1]["number"]
    return f"batch {first}" if first == last else f"batches {first} to {last}"


def _missing(first: int, last: int) -> str:
    return f"batch {first}" if first == last else f"each of the batches {first} to {last}"
