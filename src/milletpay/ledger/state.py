"""What the machine holds: accounts and transfers by id, burnt ids, and its open work."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Final

from milletpay.ledger.model import (
    CLOSED,
    CLOSING_CREDIT,
    CLOSING_DEBIT,
    CREDITS_LIMITED,
    DEBITS_LIMITED,
    PENDING,
    POST,
    SECOND,
    VOID,
    Account,
    AccountFlags,
    PendingStatus,
    Resolution,
    Standing,
    Transfer,
)
from milletpay.ledger.rows import id_of, pack_account, pack_transfer, unpack_account, unpack_transfer

ROOM: Final = 10_000
"""How many transfers and burnt ids memory takes in before it drops those that the store can find again."""

PENDINGS_MAX: Final = 100_000
"""How many open pending transfers memory holds before it drops them, too."""


@dataclass(slots=True)
class Changes:
    """What the open work has added to the book, and what it has changed."""

    accounts: list[bytes] = field(default_factory=list)
    """Rows of the accounts created, in order."""
    transfers: list[bytes] = field(default_factory=list)
    """Rows of the transfers created, in order."""
    resolutions: list[Resolution] = field(default_factory=list)
    """Ends of pending transfers, in order."""
    burnt: list[tuple[int, int]] = field(default_factory=list)
    """Ids that a transient refusal has burnt, each with the timestamp of its event."""
    touched: list[Standing] = field(default_factory=list)
    """Accounts whose balances may differ now, each once."""

    def __bool__(self) -> bool:
        return bool(self.accounts or self.transfers or self.resolutions or self.burnt)


@dataclass(slots=True)
class Chain:
    """An open chain of linked events: its first place in the batch, and how much was done before it."""

    start: int = 0
    accounts: int = 0
    transfers: int = 0
    resolutions: int = 0
    broken: bool = False


class State:
    """A book in memory, or the part of one that a batch touches. Empty at first."""

    def __init__(self) -> None:
        self._accounts: dict[int, Standing] = {}
        self._transfers: dict[int, bytes] = {}
        self._pendings: dict[int, PendingStatus] = {}
        self._burnt: set[int] = set()
        self._expiries: list[tuple[int, int, int]] = []
        self._timestamp = 0
        self._timestamp_kept = 0
        self._work = 1
        self._room = ROOM
        self._chain: Chain | None = None
        self.changes = Changes()

    @property
    def timestamp(self) -> int:
        """The timestamp of the last event that the machine has seen."""
        return self._timestamp

    def load(
        self,
        accounts: Iterable[Account] = (),
        transfers: Iterable[Transfer] = (),
        *,
        resolutions: Iterable[Resolution] = (),
        burnt: Iterable[int] = (),
        timestamp: int = 0,
    ) -> None:
        """Put accounts and transfers that exist already, or replace them, by id. No rule is applied.

        A transfer that posts or voids resolves its pending transfer; `resolutions` says so where that one is
        not loaded, or for those expired. `timestamp` is one that the book has reached.
        """
        for account in accounts:
            self._accounts[account.id] = stand(account, pack_account(account))
            timestamp = max(timestamp, account.timestamp)
        for transfer in transfers:
            self._know(transfer)
            timestamp = max(timestamp, transfer.timestamp)
        for resolution in resolutions:
            self._pendings[resolution.pending_id] = resolution.status
        self._burnt.update(burnt)
        self._timestamp = max(self._timestamp, timestamp)
        if not self.changes:
            self._timestamp_kept = self._timestamp

    def _know(self, transfer: Transfer) -> None:
        self._transfers[transfer.id] = pack_transfer(transfer)
        flags = int(transfer.flags)
        if flags & PENDING:
            self._pendings.setdefault(transfer.id, PendingStatus.pending)
            self._await_expiry(transfer.id, timestamp=transfer.timestamp, timeout=transfer.timeout)
        elif flags & POST:
            self._pendings[transfer.pending_id] = PendingStatus.posted
        elif flags & VOID:
            self._pendings[transfer.pending_id] = PendingStatus.voided

    def _await_expiry(self, id: int, *, timestamp: int, timeout: int) -> None:
        if timeout:
            heappush(self._expiries, (timestamp + timeout * SECOND, timestamp, id))

    def account(self, id: int) -> Account | None:
        """The account as it stands now, or None."""
        standing = self._accounts.get(id)
        if standing is None:
            return None
        account = unpack_account(standing.row)
        account.debits_pending = standing.debits_pending
        account.debits_posted = standing.debits_posted
        account.credits_pending = standing.credits_pending
        account.credits_posted = standing.credits_posted
        account.flags = AccountFlags(account.flags & ~CLOSED | (CLOSED if standing.closed else 0))
        return account

    def transfer(self, id: int) -> Transfer | None:
        """The transfer as it was created, or None."""
        row = self._transfers.get(id)
        return None if row is None else unpack_transfer(row)

    def pending_status(self, id: int) -> PendingStatus | None:
        """What became of a pending transfer, or None if there is none with this id."""
        return self._pendings.get(id)

    def next_expiry(self) -> int | None:
        """When the next pending transfer known here expires, or None."""
        while self._expiries:
            expires_at, timestamp, id = self._expiries[0]
            transfer = self.transfer(id)
            still_open = self._pendings.get(id) is PendingStatus.pending
            if still_open and transfer is not None and transfer.timestamp == timestamp:
                return expires_at
            heappop(self._expiries)
        return None

    def unknown_accounts(self, ids: Iterable[int]) -> set[int]:
        """Which of these accounts are not in memory."""
        # Nearly all are known: asking for each is faster than making a set of all.
        accounts = self._accounts
        return {id for id in ids if id not in accounts}

    def unknown_transfers(self, ids: Iterable[int]) -> set[int]:
        """Which of these transfers are not in memory."""
        transfers = self._transfers
        return {id for id in ids if id not in transfers}

    @property
    def size(self) -> int:
        """How many accounts are in memory."""
        return len(self._accounts)

    def standing(self, id: int) -> Standing | None:
        """The account as the machine holds it, to be read only."""
        return self._accounts.get(id)

    def revise(self, id: int, balances: tuple[int, int, int, int], *, closed: bool) -> bool:
        """Take over the balances that another writer has given an account; False if it is not in memory."""
        standing = self._accounts.get(id)
        if standing is None:
            return False
        (
            standing.debits_pending,
            standing.debits_posted,
            standing.credits_pending,
            standing.credits_posted,
        ) = balances
        standing.closed = closed
        return True

    def forget(self) -> None:
        """Drop what the store can find again: transfers, but for the open pending ones, and burnt ids.

        What is known of them does not change, so that it is enough to do it when there are many.
        """
        if len(self._transfers) + len(self._burnt) < self._room:
            return
        self._pendings = {
            id: status
            for id, status in self._pendings.items()
            if status is PendingStatus.pending and id in self._transfers
        }
        if len(self._pendings) > PENDINGS_MAX:
            self.forget_pendings()
        self._transfers = {id: self._transfers[id] for id in self._pendings}
        self._expiries = [expiry for expiry in self._expiries if expiry[2] in self._pendings]
        heapify(self._expiries)
        self._burnt.clear()
        self._room = 2 * len(self._transfers) + ROOM

    def forget_pendings(self) -> None:
        """Drop the open pending transfers too."""
        self._transfers.clear()
        self._pendings.clear()
        self._expiries.clear()
        self._burnt.clear()

    def keep(self) -> Changes:
        """End the open work as done, and give what it changed."""
        changes, self.changes = self.changes, Changes()
        self._work += 1
        self._timestamp_kept = self._timestamp
        return changes

    def undo(self) -> None:
        """Take the open work back as if it had never been."""
        self._chain = None
        self._take_back(Chain())
        self._burnt.difference_update(id for id, _ in self.changes.burnt)
        self._timestamp = self._timestamp_kept
        self.changes = Changes()
        self._work += 1

    def _touch(self, standing: Standing) -> None:
        """Note that an account changes."""
        if standing.changed_in != self._work:
            standing.changed_in = self._work
            self.changes.touched.append(standing)

    def _take_back(self, chain: Chain) -> None:
        """Undo what was done since the chain began, the last first."""
        changes = self.changes
        done = [unpack_transfer(row) for row in changes.transfers[chain.transfers :]]
        expired = [r for r in changes.resolutions[chain.resolutions :] if r.status is PendingStatus.expired]
        events: list[Transfer | Resolution] = [*done, *expired]
        for event in sorted(events, key=lambda event: event.timestamp, reverse=True):
            if isinstance(event, Transfer):
                self._reverse(event)
            else:
                self._reserve_again(event.pending_id)
        for row in changes.accounts[chain.accounts :]:
            del self._accounts[id_of(row)]
        del changes.transfers[chain.transfers :]
        del changes.resolutions[chain.resolutions :]
        del changes.accounts[chain.accounts :]

    def _reverse(self, t: Transfer) -> None:
        """Undo one transfer."""
        flags = int(t.flags)
        debit, credit = self._accounts[t.debit_account_id], self._accounts[t.credit_account_id]
        if flags & PENDING:
            debit.debits_pending -= t.amount
            credit.credits_pending -= t.amount
            debit.closed = debit.closed and not flags & CLOSING_DEBIT
            credit.closed = credit.closed and not flags & CLOSING_CREDIT
            del self._pendings[t.id]
        elif flags & VOID:
            self._reserve_again(t.pending_id)
        else:
            debit.debits_posted -= t.amount
            credit.credits_posted -= t.amount
            if flags & POST:
                self._reserve_again(t.pending_id)
        del self._transfers[t.id]

    def _reserve_again(self, pending_id: int) -> None:
        """Undo the end of a pending transfer."""
        p = unpack_transfer(self._transfers[pending_id])
        debit, credit = self._accounts[p.debit_account_id], self._accounts[p.credit_account_id]
        debit.debits_pending += p.amount
        credit.credits_pending += p.amount
        debit.closed = debit.closed or bool(int(p.flags) & CLOSING_DEBIT)
        credit.closed = credit.closed or bool(int(p.flags) & CLOSING_CREDIT)
        self._pendings[pending_id] = PendingStatus.pending
        self._await_expiry(p.id, timestamp=p.timestamp, timeout=p.timeout)


def stand(account: Account, row: bytes) -> Standing:
    """An account as the machine holds it."""
    flags = int(account.flags)
    return Standing(
        id=account.id,
        ledger=account.ledger,
        debits_limited=bool(flags & DEBITS_LIMITED),
        credits_limited=bool(flags & CREDITS_LIMITED),
        row=row,
        closed=bool(flags & CLOSED),
        debits_pending=account.debits_pending,
        debits_posted=account.debits_posted,
        credits_pending=account.credits_pending,
        credits_posted=account.credits_posted,
    )
