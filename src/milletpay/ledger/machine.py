"""The machine: the one place where it is decided whether money moves.

It is pure: accounts, transfers and a timestamp go in, a status per event comes out, and the machine holds the
new state. It knows no database and no clock. Its rules and their order are those that TigerBeetle documents
for `create_accounts` and `create_transfers` (release 0.17).

Read it from `create_transfers` downward. Each event goes down one column of checks and stops at the first
that applies; below the line "from here it must succeed" nothing is refused any more.

What was done since the last `keep` or `undo` is open work: `changes` says what it is, for the store to write;
`keep` makes it past, `undo` takes it back as if it had never been.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from typing import Generic, TypeVar

from milletpay.ledger.checks import balanced, malformed, overflowing
from milletpay.ledger.exists import account_exists, resolved_amount, transfer_exists
from milletpay.ledger.model import (
    ACCOUNT_RESERVED,
    AMOUNT_MAX,
    BALANCING_CREDIT,
    BALANCING_DEBIT,
    BATCH_MAX,
    CLOSING_CREDIT,
    CLOSING_DEBIT,
    CREDITS_LIMITED,
    DEBITS_LIMITED,
    ID_MAX,
    LINKED,
    PENDING,
    POST,
    SECOND,
    TIMESTAMP_MAX,
    TRANSFER_RESERVED,
    TRANSIENT,
    VOID,
    Account,
    CreateAccountStatus,
    CreateTransferStatus,
    PendingStatus,
    Resolution,
    Transfer,
)
from milletpay.ledger.rows import (
    NotAnEvent,
    pack_accounts,
    pack_resolving,
    pack_transfer,
    pack_transfers,
    timestamp_of,
    unpack_transfer,
)
from milletpay.ledger.state import Chain, State, stand

A = CreateAccountStatus
T = CreateTransferStatus
BALANCING = BALANCING_DEBIT | BALANCING_CREDIT
EventT = TypeVar("EventT", Account, Transfer)
StatusT = TypeVar("StatusT", CreateAccountStatus, CreateTransferStatus)


@dataclass(slots=True)
class _Batch(Generic[EventT, StatusT]):
    """A batch on its way down the column: how one event is decided, and what became of those before it."""

    decide: Callable[[EventT, bytes], StatusT]
    words: type[StatusT]
    last: int
    statuses: list[StatusT] = field(default_factory=list)


class Machine(State):
    """A book in memory, or the part of one that a batch touches, and the rules by which it changes."""

    def create_accounts(self, events: Sequence[Account], timestamp: int) -> list[CreateAccountStatus]:
        """Create accounts; event i of n is given `timestamp - n + 1 + i`. One status an event, in order.

        :raises NotAnEvent: a value out of its range, too many events, or a timestamp that is not after the
            last; nothing is applied then
        """
        rows = pack_accounts(events, first_timestamp=self._first_timestamp(len(events), timestamp))
        batch = _Batch(decide=self._create_account, words=A, last=len(events) - 1)
        for event, row in zip(events, rows, strict=True):
            self._follow(batch, event, row)
        if events:
            self._timestamp = timestamp
        return batch.statuses

    def create_transfers(self, events: Sequence[Transfer], timestamp: int) -> list[CreateTransferStatus]:
        """Create transfers; event i of n is given `timestamp - n + 1 + i`. One status an event, in order.

        :raises NotAnEvent: a value out of its range, too many events, or a timestamp that is not after the
            last; nothing is applied then
        """
        rows = pack_transfers(events, first_timestamp=self._first_timestamp(len(events), timestamp))
        batch = _Batch(decide=self._create_transfer, words=T, last=len(events) - 1)
        statuses, created, pending = batch.statuses, T.created, PendingStatus.pending
        accounts, transfers, pendings, burnt = self._accounts, self._transfers, self._pendings, self._burnt
        new_rows, touched, work = self.changes.transfers, self.changes.touched, self._work
        for t, row in zip(events, rows, strict=True):
            # The common case first: a plain or a plain pending transfer that breaks no rule. Whatever is not
            # plainly that goes down the column, which alone says what is wrong.
            if (
                ((flags := t.flags) == 0 or flags == PENDING)
                and (debit := accounts.get(t.debit_account_id)) is not None
                and (credit := accounts.get(t.credit_account_id)) is not None
                and debit is not credit
                and debit.ledger == credit.ledger == t.ledger
                and 0 < (id := t.id) < ID_MAX
                and id not in transfers
                and id not in burnt
                and not (t.timestamp or t.pending_id or t.timeout or debit.closed or credit.closed)
                and t.code
                and self._chain is None
                and (dr := debit.debits_posted + debit.debits_pending + (amount := t.amount)) <= AMOUNT_MAX
                and (cr := credit.credits_posted + credit.credits_pending + amount) <= AMOUNT_MAX
                and not (debit.debits_limited and dr > debit.credits_posted)
                and not (credit.credits_limited and cr > credit.debits_posted)
            ):
                if debit.changed_in != work:
                    debit.changed_in = work
                    touched.append(debit)
                if credit.changed_in != work:
                    credit.changed_in = work
                    touched.append(credit)
                if flags:
                    debit.debits_pending += amount
                    credit.credits_pending += amount
                    pendings[id] = pending
                else:
                    debit.debits_posted += amount
                    credit.credits_posted += amount
                transfers[id] = row
                new_rows.append(row)
                statuses.append(created)
            else:
                self._follow(batch, t, row)
        if events:
            self._timestamp = timestamp
        return statuses

    def expire(self, timestamp: int, *, due_by: int | None = None) -> list[int]:
        """Release the pending transfers that are due by then; their ids, in the order in which they were due.

        Each is an event of the book; event i of n is given `timestamp - n + 1 + i`. `due_by` is `timestamp`
        unless it is said otherwise.

        :raises NotAnEvent: more are due than fit after the last timestamp; nothing is applied then
        """
        due: list[tuple[int, int, int]] = []
        by = timestamp if due_by is None else due_by
        while (expires_at := self.next_expiry()) is not None and expires_at <= by:
            expiry = heappop(self._expiries)
            # A pending whose end was undone, or that was loaded again, waits here twice: side by side.
            if due[-1:] != [expiry]:
                due.append(expiry)
        if not due:
            return []
        try:
            first = self._first_timestamp(len(due), timestamp, most=len(due))
        except NotAnEvent:
            for expiry in due:
                heappush(self._expiries, expiry)
            raise
        ids = [id for _, _, id in due]
        for at, id in enumerate(ids, first):
            self._release(unpack_transfer(self._transfers[id]), PendingStatus.expired, at)
        self._timestamp = timestamp
        return ids

    def _first_timestamp(self, count: int, timestamp: int, *, most: int = BATCH_MAX) -> int:
        if count > most:
            raise NotAnEvent(f"the batch has {count} events: send at most {most} at once")
        first = timestamp - count + 1
        if count and not (self._timestamp < first and timestamp <= TIMESTAMP_MAX):
            raise NotAnEvent(
                f"a batch of {count} events at {timestamp} begins at {first}: choose a timestamp at which it "
                f"begins after {self._timestamp}, the last one of the book, and ends by {TIMESTAMP_MAX}"
            )
        return first

    def _follow(self, batch: _Batch[EventT, StatusT], event: EventT, row: bytes) -> None:
        """Send one event down the column, alone or as a link of a chain, and note what became of it."""
        linked = int(event.flags) & LINKED
        if not linked and self._chain is None:
            status = batch.decide(event, row)
            if status in TRANSIENT:
                self._burn(event, row)
            batch.statuses.append(status)
            return
        place = len(batch.statuses)
        if linked and self._chain is None:
            changes = self.changes
            self._chain = Chain(
                start=place,
                accounts=len(changes.accounts),
                transfers=len(changes.transfers),
                resolutions=len(changes.resolutions),
            )
        chain = self._chain
        if linked and place == batch.last:
            status = batch.words.linked_event_chain_open
        elif chain is not None and chain.broken:
            status = batch.words.linked_event_failed
        else:
            status = batch.decide(event, row)
        if chain is not None and status is not batch.words.created and not chain.broken:
            chain.broken = True
            self._take_back(chain)
            batch.statuses[chain.start :] = [batch.words.linked_event_failed] * (place - chain.start)
        if status in TRANSIENT:
            self._burn(event, row)  # After the chain was taken back, so that the id stays burnt.
        batch.statuses.append(status)
        if chain is not None and (not linked or place == batch.last):
            self._chain = None

    def _burn(self, event: Account | Transfer, row: bytes) -> None:
        """Note that an id is used up by a refusal that depended on the moment."""
        self._burnt.add(event.id)
        self.changes.burnt.append((event.id, timestamp_of(row)))

    def _create_account(self, a: Account, row: bytes) -> CreateAccountStatus:
        flags = int(a.flags)
        if a.timestamp:
            return A.timestamp_must_be_zero
        if flags & ACCOUNT_RESERVED:
            return A.reserved_flag
        if a.id == 0:
            return A.id_must_not_be_zero
        if a.id == ID_MAX:
            return A.id_must_not_be_int_max
        if (existing := self.account(a.id)) is not None:
            return account_exists(a, existing)
        if flags & DEBITS_LIMITED and flags & CREDITS_LIMITED:
            return A.flags_are_mutually_exclusive
        if a.debits_pending:
            return A.debits_pending_must_be_zero
        if a.debits_posted:
            return A.debits_posted_must_be_zero
        if a.credits_pending:
            return A.credits_pending_must_be_zero
        if a.credits_posted:
            return A.credits_posted_must_be_zero
        if a.ledger == 0:
            return A.ledger_must_not_be_zero
        if a.code == 0:
            return A.code_must_not_be_zero

        # From here it must succeed.
        self._accounts[a.id] = stand(a, row)
        self.changes.accounts.append(row)
        return A.created

    def _create_transfer(self, t: Transfer, row: bytes) -> CreateTransferStatus:
        flags = int(t.flags)
        if t.timestamp:
            return T.timestamp_must_be_zero
        if flags & TRANSFER_RESERVED:
            return T.reserved_flag
        if t.id == 0:
            return T.id_must_not_be_zero
        if t.id == ID_MAX:
            return T.id_must_not_be_int_max
        if t.id in self._transfers and (existing := self.transfer(t.id)) is not None:
            return transfer_exists(t, existing, pending=self.transfer(existing.pending_id))
        if t.id in self._burnt:
            return T.id_already_failed
        if flags & (POST | VOID):
            return self._resolve(t, flags, row)
        return malformed(t, flags) or self._move(t, flags, row)

    def _move(self, t: Transfer, flags: int, row: bytes) -> CreateTransferStatus:
        """Decide a transfer whose own fields are in order, by the accounts that it names."""
        debit = self._accounts.get(t.debit_account_id)
        credit = self._accounts.get(t.credit_account_id)
        if debit is None:
            return T.debit_account_not_found
        if credit is None:
            return T.credit_account_not_found
        if debit.ledger != credit.ledger:
            return T.accounts_must_have_the_same_ledger
        if t.ledger != debit.ledger:
            return T.transfer_must_have_the_same_ledger_as_accounts
        if debit.closed:
            return T.debit_account_already_closed
        if credit.closed:
            return T.credit_account_already_closed
        amount = balanced(t.amount, flags, debit, credit) if flags & BALANCING else t.amount
        dr = debit.debits_pending + debit.debits_posted + amount
        cr = credit.credits_pending + credit.credits_posted + amount
        if dr > AMOUNT_MAX or cr > AMOUNT_MAX:
            return overflowing(amount, flags, debit, credit)
        timestamp = timestamp_of(row)
        if timestamp + t.timeout * SECOND > TIMESTAMP_MAX:
            return T.overflows_timeout
        if debit.debits_limited and dr > debit.credits_posted:
            return T.exceeds_credits
        if credit.credits_limited and cr > credit.debits_posted:
            return T.exceeds_debits

        # From here it must succeed.
        self._touch(debit)
        self._touch(credit)
        if flags & PENDING:
            debit.debits_pending += amount
            credit.credits_pending += amount
            self._pendings[t.id] = PendingStatus.pending
            self._await_expiry(t.id, timestamp=timestamp, timeout=t.timeout)
        else:
            debit.debits_posted += amount
            credit.credits_posted += amount
        debit.closed = bool(flags & CLOSING_DEBIT)
        credit.closed = bool(flags & CLOSING_CREDIT)
        self._add(
            t.id, row if amount == t.amount else pack_transfer(replace(t, amount=amount, timestamp=timestamp))
        )
        return T.created

    def _resolve(self, t: Transfer, flags: int, row: bytes) -> CreateTransferStatus:
        """Decide a transfer that posts or voids a pending one."""
        if flags & ~LINKED not in (POST, VOID):
            return T.flags_are_mutually_exclusive
        if t.pending_id == 0:
            return T.pending_id_must_not_be_zero
        if t.pending_id == ID_MAX:
            return T.pending_id_must_not_be_int_max
        if t.pending_id == t.id:
            return T.pending_id_must_be_different
        if t.timeout:
            return T.timeout_reserved_for_pending_transfer
        p = self.transfer(t.pending_id)
        if p is None:
            return T.pending_transfer_not_found
        if not int(p.flags) & PENDING:
            return T.pending_transfer_not_pending
        if t.debit_account_id and t.debit_account_id != p.debit_account_id:
            return T.pending_transfer_has_different_debit_account_id
        if t.credit_account_id and t.credit_account_id != p.credit_account_id:
            return T.pending_transfer_has_different_credit_account_id
        if t.ledger and t.ledger != p.ledger:
            return T.pending_transfer_has_different_ledger
        if t.code and t.code != p.code:
            return T.pending_transfer_has_different_code
        amount = resolved_amount(t, p)
        if amount > p.amount:
            return T.exceeds_pending_transfer_amount
        if flags & VOID and amount < p.amount:
            return T.pending_transfer_has_different_amount
        timestamp = timestamp_of(row)
        if (ended := self._ended(p, timestamp)) is not None:
            return ended
        debit, credit = self._accounts[p.debit_account_id], self._accounts[p.credit_account_id]
        if flags & POST and debit.closed:
            return T.debit_account_already_closed
        if flags & POST and credit.closed:
            return T.credit_account_already_closed

        # From here it must succeed.
        self._release(p, PendingStatus.posted if flags & POST else PendingStatus.voided, timestamp)
        if flags & POST:
            debit.debits_posted += amount
            credit.credits_posted += amount
        self._add(t.id, pack_resolving(t, p, amount=amount, timestamp=timestamp))
        return T.created

    def _add(self, id: int, row: bytes) -> None:
        self._transfers[id] = row
        self.changes.transfers.append(row)

    def _ended(self, p: Transfer, timestamp: int) -> CreateTransferStatus | None:
        """Why a pending transfer can no longer be resolved, or None."""
        status = self._pendings[p.id]
        if status is PendingStatus.pending:
            due = p.timeout and p.timestamp + p.timeout * SECOND <= timestamp
            return T.pending_transfer_expired if due else None
        if status is PendingStatus.posted:
            return T.pending_transfer_already_posted
        if status is PendingStatus.voided:
            return T.pending_transfer_already_voided
        return T.pending_transfer_expired

    def _release(self, p: Transfer, status: PendingStatus, timestamp: int) -> None:
        """End a pending transfer: free its amount; unless it was posted, open what it had closed."""
        debit, credit = self._accounts[p.debit_account_id], self._accounts[p.credit_account_id]
        self._touch(debit)
        self._touch(credit)
        assert debit.debits_pending >= p.amount
        assert credit.credits_pending >= p.amount
        debit.debits_pending -= p.amount
        credit.credits_pending -= p.amount
        if status is not PendingStatus.posted:
            flags = int(p.flags)
            debit.closed = debit.closed and not flags & CLOSING_DEBIT
            credit.closed = credit.closed and not flags & CLOSING_CREDIT
        self._pendings[p.id] = status
        self.changes.resolutions.append(Resolution(pending_id=p.id, status=status, timestamp=timestamp))
