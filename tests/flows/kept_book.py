"""All that a database keeps of a book, read in one snapshot, and what can be proved of it as it stands."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from itertools import pairwise

from milletpay.ledger import Account, Resolution, Transfer
from milletpay.ledger.head import Added, Head, seal
from milletpay.ledger.reading import U16, account_of, transfer_of
from milletpay.ledger.rows import PENDING_STATUSES, pack_account, pack_burnt, pack_resolution, pack_transfer
from milletpay.plumbing.database import Connection

Rows = Sequence[tuple[int, bytes]]
"""Packed rows, each with its timestamp, in order."""


@dataclass(frozen=True)
class KeptBook:
    """Everything in the order of the book."""

    batches: list[Head]
    counts: list[tuple[int, int, int, int]]
    """How many accounts, transfers, resolutions and burnt ids each batch says it added."""
    accounts: list[Account]
    """As they were created."""
    accounts_now: list[Account]
    transfers: list[Transfer]
    resolutions: list[Resolution]
    burnt: list[tuple[int, int]]

    def resolutions_of(self, head: Head, *, after: Head) -> list[Resolution]:
        """The ends of pending transfers in the batch of a head."""
        start = bisect_right(self.resolutions, after.timestamp, key=lambda r: r.timestamp)
        end = bisect_right(self.resolutions, head.timestamp, key=lambda r: r.timestamp)
        return self.resolutions[start:end]

    def timestamp_of(self, event: Account | Transfer) -> int | None:
        """When this event's id was created or burnt."""
        return (self._account_times if isinstance(event, Account) else self._transfer_times).get(event.id)

    @cached_property
    def _account_times(self) -> dict[int, int]:
        return {account.id: account.timestamp for account in self.accounts}

    @cached_property
    def _transfer_times(self) -> dict[int, int]:
        return {t.id: t.timestamp for t in self.transfers} | dict(self.burnt)

    def prove_order(self) -> None:
        """Batch numbers have no gap; each event has a timestamp of its own."""
        assert [head.number for head in self.batches] == list(range(1, len(self.batches) + 1))
        for before, after in pairwise(self.batches):
            assert before.timestamp <= after.timestamp
            assert before.accounting_date <= after.accounting_date
        by_transfer = {t.timestamp for t in self.transfers}
        ends = [r.timestamp for r in self.resolutions if r.timestamp not in by_transfer]
        events = [*by_transfer, *ends, *(a.timestamp for a in self.accounts), *(at for _, at in self.burnt)]
        assert len(set(events)) == len(self.transfers) + len(ends) + len(self.accounts) + len(self.burnt)
        assert not self.batches or max(events, default=0) <= self.batches[-1].timestamp

    def prove_digests(self) -> None:
        """Each batch has added what its digest was made of, and ties to the one before."""
        rows: list[Rows] = [
            [(a.timestamp, pack_account(a)) for a in self.accounts],
            [(t.timestamp, pack_transfer(t)) for t in self.transfers],
            [(r.timestamp, pack_resolution(r)) for r in self.resolutions],
            [(at, pack_burnt(id, timestamp=at)) for id, at in self.burnt],
        ]
        before = Head()
        for head, counts in zip(self.batches, self.counts, strict=True):
            accounts, transfers, resolutions, burnt = [_added(kind, before, head) for kind in rows]
            added = (accounts.count, transfers.count, resolutions.count, burnt.count)
            assert added == counts, f"batch {head.number} says it added {counts}, and there are {added}"
            sealed = seal(
                head,
                previous=before.digest,
                accounts=accounts,
                transfers=transfers,
                resolutions=resolutions,
                burnt=burnt,
            )
            assert sealed == head, f"the digest of batch {head.number} does not fit"
            before = head


def _added(rows: Rows, before: Head, head: Head) -> Added:
    start = bisect_left(rows, (before.timestamp + 1, b""))
    end = bisect_left(rows, (head.timestamp + 1, b""))
    return Added(count=end - start, digest=sha256(b"".join(row for _, row in rows[start:end])).digest())


async def read_book(connection: Connection) -> KeptBook:
    """Read all of it in one snapshot."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        batches = await connection.fetch("SELECT * FROM ledger.batch ORDER BY number")
        accounts = await connection.fetch("SELECT * FROM ledger.account ORDER BY timestamp")
        now = await connection.fetch("SELECT * FROM ledger.account_now ORDER BY timestamp")
        transfers = await connection.fetch("SELECT * FROM ledger.transfer ORDER BY timestamp")
        ends = await connection.fetch("SELECT * FROM ledger.resolution ORDER BY timestamp")
        burnt = await connection.fetch("SELECT * FROM ledger.burnt ORDER BY timestamp")
    created = [account_of(row) for row in accounts]
    for account, row in zip(created, accounts, strict=True):
        account.flags = row["flags"] & U16
    names = ("accounts", "transfers", "resolutions", "burnt")
    return KeptBook(
        batches=[Head(**{k: v for k, v in row.items() if k not in names}) for row in batches],
        counts=[tuple(row[name] for name in names) for row in batches],
        accounts=created,
        accounts_now=[account_of(row) for row in now],
        transfers=[transfer_of(row) for row in transfers],
        resolutions=[
            Resolution(row["pending_id"], PENDING_STATUSES[row["status"]], row["timestamp"]) for row in ends
        ],
        burnt=[(row["id"], row["timestamp"]) for row in burnt],
    )
