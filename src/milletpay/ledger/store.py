"""The store: keeps in PostgreSQL what the machine decides.

A `Book` is one process's view of the book: a machine with the accounts that it has met, and the head that
this memory belongs to. Under the book's lock, `open` compares the head and reads what another process
changed; `load` brings what a batch touches and memory lacks; `save` writes what came out. After COMMIT,
`committed` makes it past; `aborted` takes it back.

New balances go into one row per batch, the tail; every so many batches they are folded into the account rows.
An account hit by a thousand transfers of a batch is one record of that row.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from milletpay.ledger.head import Head, seal
from milletpay.ledger.machine import Machine
from milletpay.ledger.model import (
    BATCH_MAX,
    CLOSED,
    ID_MAX,
    PENDING,
    Account,
    CreateAccountStatus,
    CreateTransferStatus,
    Resolution,
    Transfer,
)
from milletpay.ledger.reading import Row, account_of, transfer_of
from milletpay.ledger.rows import (
    BALANCE_SIZE,
    PENDING_STATUSES,
    Balances,
    greatest_id,
    pack_balances,
    pack_burnt,
    pack_resolution,
    unpack_balances,
)
from milletpay.ledger.writing import Stream, add, add_batch, fold
from milletpay.plumbing.clock import MILLISECOND, Clock
from milletpay.plumbing.database import Connection
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.ledger")

TAIL_BATCHES_MAX: Final = 128
"""Fold at the latest after so many batches: a reader of one balance looks through all of them."""

TAIL_RECORDS_MAX: Final = 1_000_000
"""Fold at the latest with so many records: a process that starts reads all of them, about 49 MB."""

ACCOUNTS_MAX: Final = 500_000
"""How many accounts memory holds before it begins anew."""


class Book:
    """One process's view of the book, for one writer at a time. Every method needs the book's lock."""

    def __init__(self, *, clock: Clock, accounting_date: Callable[[int], int]) -> None:
        """`accounting_date` gives the calendar day, YYYYMMDD, of a timestamp."""
        self.machine = Machine()
        self.head = Head()
        self._clock = clock
        self._calendar = accounting_date
        self._current = False
        self._now = 0
        self._today = 0
        self._date = 0
        self._expired_to = 0
        self._next_due: int | None = None
        self._next_due_kept: int | None = None
        self._behind: dict[int, tuple[Balances, bool]] = {}
        self._unfolded: set[int] = set()
        self._tail_records = 0
        self._stream: Stream | None = None
        self._saved: Head | None = None
        self._wanted_accounts: set[int] = set()
        self._wanted_transfers: set[int] = set()
        self._noted = False
        self._last_id = 0
        self.remembered = False
        """Whether nobody else has written between the last batch of this process and the open one."""

    @property
    def accounting_date(self) -> int:
        """The date, YYYYMMDD, to which the transfers of the open batch belong. It never falls."""
        return max(self._date, self._today)

    def turn(self, date: int) -> None:
        """Open this accounting date, and so close those before it; one that has passed changes nothing."""
        self._date = max(self._date, date)

    @property
    def now(self) -> int:
        """The time at which the open batch happens, nanoseconds; the same for all that it decides."""
        return self._now

    def want(self, *accounts: int, transfers: Iterable[int] = ()) -> None:
        """Note what the open batch will touch, for `load_wanted`."""
        self._wanted_accounts.update(accounts)
        self._wanted_transfers.update(transfers)

    async def load_wanted(self, connection: Connection) -> None:
        """Bring what is wanted."""
        await self.load(connection, accounts=self._wanted_accounts, transfers=self._wanted_transfers)

    def new_id(self) -> int:
        """An id for a transfer of the open batch: greater than every one that the book has seen, and by time.

        The one writer needs no chance for that.
        """
        self._last_id = max(self._last_id, self.head.id_max, self._now // MILLISECOND << 80) + 1
        return self._last_id

    def note(self) -> None:
        """Let the open batch advance the book even if no money moves: something else has changed."""
        self._noted = True

    def open_accounts(self, events: Sequence[Account]) -> list[CreateAccountStatus]:
        """Create accounts within the open batch."""
        return self.machine.create_accounts(events, self.stamp(len(events)))

    def post(self, events: Sequence[Transfer]) -> list[CreateTransferStatus]:
        """Create transfers within the open batch."""
        return self.machine.create_transfers(events, self.stamp(len(events)))

    def stamp(self, count: int) -> int:
        """A timestamp for `count` events, after every one that the book has given."""
        return max(self._now, self.machine.timestamp) + count

    async def open(self, connection: Connection) -> None:
        """Make memory current, and let what is due expire. The lock is taken by an earlier statement."""
        self.aborted()  # what a broken transaction may have left
        row = await connection.fetchrow(SQL["head"])
        head = Head() if row is None else Head(**dict(row))
        self.remembered = self._current and head == self.head
        self._noted = False
        self._wanted_accounts.clear()
        self._wanted_transfers.clear()
        if not self.remembered:
            await self._catch_up(connection, head)
        self._stream = Stream(connection, "transfer")
        self._date = head.accounting_date
        self._now = max(self._clock.now_ns(), head.timestamp)
        self._today = self._calendar(self._now)
        self._expired_to = head.expired_to
        if self._next_due is not None and self._next_due <= self._now:
            await self._expire(connection)

    async def load(
        self, connection: Connection, *, accounts: Iterable[int], transfers: Iterable[int] = ()
    ) -> None:
        """Bring accounts and transfers by id, as far as memory lacks them; what is not there stays unknown.

        For transfers that are to be created, give their ids and those of the pending ones that they resolve.
        Ids above the greatest of the book are new and cost nothing.
        """
        id_max = self.head.id_max
        old = [id for id in transfers if type(id) is int and id <= id_max]
        ids = _possible(self.machine.unknown_transfers(old))
        rows = await connection.fetch(SQL["transfers"], ids) if ids else []
        burnt = await connection.fetch(SQL["burnt"], ids) if ids else []
        await self._load_accounts(connection, {*accounts, *_ends_touch(rows)})
        self._take(rows, burnt=[row["id"] for row in burnt])

    def send_ahead(self) -> None:
        """Send the transfers that are decided to the database, while others still are being decided.

        From then to `save` the connection is busy, and what was sent is undone only with the transaction.
        """
        assert self._stream is not None, "the book is not open"
        self._stream.send(self.machine.changes.transfers[self._stream.count :])

    async def save(self, connection: Connection) -> None:
        """Write what the machine has decided since `open`, as one batch; nothing if there is nothing."""
        assert self._stream is not None, "the book is not open"
        changes = self.machine.changes
        date = self.accounting_date
        if not changes and not self._noted and date == self.head.accounting_date:
            return
        self.send_ahead()
        transfers = await self._stream.finish()
        accounts = await add(connection, "account", changes.accounts)
        resolutions = await add(connection, "resolution", [pack_resolution(r) for r in changes.resolutions])
        burnt = await add(
            connection, "burnt", [pack_burnt(id, timestamp=timestamp) for id, timestamp in changes.burnt]
        )
        number = self.head.number + 1
        records = self._tail_records + len(changes.touched)
        folds = number - self.head.tail_from >= TAIL_BATCHES_MAX or records > TAIL_RECORDS_MAX
        head = Head(
            number=number,
            timestamp=max(self.machine.timestamp, self._now),
            accounting_date=date,
            id_max=max(self.head.id_max, greatest_id(changes.transfers), *[id for id, _ in changes.burnt]),
            expired_to=self._expired_to,
            tail_from=number + 1 if folds else self.head.tail_from,
        )
        self._saved = seal(
            head,
            previous=self.head.digest,
            accounts=accounts,
            transfers=transfers,
            resolutions=resolutions,
            burnt=burnt,
        )
        await add_batch(
            connection,
            self._saved,
            counts=(accounts.count, transfers.count, resolutions.count, burnt.count),
            tail=None if folds else pack_balances(changes.touched),
        )
        self._unfolded.update([standing.id for standing in changes.touched])
        if folds:
            await fold(connection, self._newest_unfolded())
        next_due = self.machine.next_expiry()
        if next_due is not None and (self._next_due is None or next_due < self._next_due):
            self._next_due = next_due

    def committed(self) -> None:
        """What was saved is kept: it is memory's past now."""
        changes = self.machine.keep()
        self.machine.forget()
        self._stream = None
        self._next_due_kept = self._next_due
        if (head := self._saved) is not None:
            self._saved = None
            self.head = head
            self._tail_records += len(changes.touched)
            if head.tail_from > head.number:
                self._unfolded.clear()
                self._tail_records = 0
        if self.machine.size > ACCOUNTS_MAX:
            self._current = False

    def aborted(self) -> None:
        """What was decided since `open` is not kept."""
        if self._stream is not None:
            self._stream.abandon()
            self._stream = None
        self.machine.undo()
        self.machine.forget()
        self._next_due = self._next_due_kept
        self._saved = None

    async def _catch_up(self, connection: Connection, head: Head) -> None:
        """Take over what other writers did since this memory's head, or begin anew with the whole tail."""
        known = self._current and self.head.number + 1 >= head.tail_from
        if known and self.head.number:
            # A database that was restored from a copy has another past than this memory.
            known = self.head.digest == await connection.fetchval(SQL["digest"], self.head.number)
        if not known:
            self._current = False
            self.machine = Machine()
            self.head = Head()
            self._behind.clear()
            self._unfolded.clear()
            self._tail_records = 0
        # All is read before memory takes any of it: where a read fails, memory still is what its head says.
        tail = await connection.fetch(SQL["tail"], self.head.number)
        next_due = await connection.fetchval(SQL["next_due"], head.expired_to)
        self.machine.forget_pendings()
        for row in tail:
            packed = row["balances"]
            self._tail_records += len(packed) // BALANCE_SIZE
            for id, balances, closed in unpack_balances(packed):
                self._unfolded.add(id)
                if not self.machine.revise(id, balances, closed=closed):
                    self._behind[id] = (balances, closed)
        self.machine.load(timestamp=head.timestamp)
        self.head = head
        self._next_due = self._next_due_kept = next_due
        self._current = True

    async def _expire(self, connection: Connection) -> None:
        """Let pending transfers expire that are due by now; the last of very many wait for the next batch."""
        rows = await connection.fetch(SQL["due"], self._expired_to, self._now, BATCH_MAX)
        by = self._now if len(rows) < BATCH_MAX else rows[-1]["expires_at"] - 1
        await self._load_accounts(connection, _ends_touch(rows))
        self._take(rows, burnt=())
        self.machine.expire(self.stamp(len(rows)), due_by=by)
        self._expired_to = by
        self._next_due = await connection.fetchval(SQL["next_due"], by)

    def _take(self, rows: Sequence[Row], *, burnt: Iterable[int]) -> None:
        """Put transfers into memory, after the accounts: memory never holds the one without the other."""
        resolutions = [
            Resolution(pending_id=row["id"], status=PENDING_STATUSES[row["ended"]], timestamp=row["ended_at"])
            for row in rows
            if row["ended"] is not None
        ]
        self.machine.load(transfers=map(transfer_of, rows), resolutions=resolutions, burnt=burnt)

    async def _load_accounts(self, connection: Connection, ids: Iterable[int]) -> None:
        missing = _possible(self.machine.unknown_accounts(ids))
        if missing:
            rows = await connection.fetch(SQL["accounts"], missing)
            self.machine.load([self._newest(account_of(row)) for row in rows])

    def _newest(self, checkpoint: Account) -> Account:
        """The account of the checkpoint, with its balances from the tail if it has some there."""
        behind = self._behind.pop(checkpoint.id, None)
        if behind is None:
            return checkpoint
        (debits_pending, debits_posted, credits_pending, credits_posted), closed = behind
        return replace(
            checkpoint,
            debits_pending=debits_pending,
            debits_posted=debits_posted,
            credits_pending=credits_pending,
            credits_posted=credits_posted,
            flags=checkpoint.flags | CLOSED if closed else checkpoint.flags & ~CLOSED,
        )

    def _newest_unfolded(self) -> Iterator[tuple[int, Balances, bool]]:
        """The newest balances of every account whose checkpoint is old."""
        for id in self._unfolded:
            standing = self.machine.standing(id)
            if standing is not None:
                yield id, standing.balances, standing.closed
            elif id in self._behind:
                yield id, *self._behind[id]


def _possible(ids: Iterable[object]) -> list[int]:
    """Those that can be ids at all; the machine says what is wrong with the others."""
    return [id for id in ids if isinstance(id, int) and 0 < id < ID_MAX]


def _ends_touch(rows: Iterable[Row]) -> set[int]:
    """The accounts of pending transfers, which their ends will change."""
    pendings = [row for row in rows if row["flags"] & PENDING]
    return {row["debit_account_id"] for row in pendings} | {row["credit_account_id"] for row in pendings}
