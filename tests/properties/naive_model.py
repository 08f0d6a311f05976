"""The book once more, as plainly as it can be said: what the machine is compared with.

It keeps nothing but history: the accounts and transfers that were created, the pendings that expired, the ids
that are burnt. Every balance is added up again from all transfers whenever somebody asks. The rules of
acceptance are columns of objections in order of precedence; the first objection is the status. It shares with
the machine the words of `milletpay.ledger` and not one line of reasoning.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from milletpay.ledger import (
    AMOUNT_MAX,
    Account,
    AccountFlags,
    CreateAccountStatus,
    CreateTransferStatus,
    Transfer,
    TransferFlags,
)

AS, AF = CreateAccountStatus, AccountFlags
TS, TF = CreateTransferStatus, TransferFlags

ID_MAX = 2**128 - 1
TIME_MAX = 2**63 - 1
SECOND = 10**9

ACCOUNT_FLAGS = sum(flag.value for flag in AccountFlags)
TRANSFER_FLAGS = sum(flag.value for flag in TransferFlags)
LIMITS = AF.debits_must_not_exceed_credits | AF.credits_must_not_exceed_debits
RESOLVING = TF.post_pending_transfer | TF.void_pending_transfer
FILLED_FROM_PENDING = (
    "debit_account_id",
    "credit_account_id",
    "user_data_128",
    "user_data_64",
    "user_data_32",
    "ledger",
    "code",
)

BURNS_THE_ID = {
    TS.debit_account_not_found,
    TS.credit_account_not_found,
    TS.pending_transfer_not_found,
    TS.debit_account_already_closed,
    TS.credit_account_already_closed,
    TS.exceeds_credits,
    TS.exceeds_debits,
}

Event = TypeVar("Event", Account, Transfer)
Status = TypeVar("Status", CreateAccountStatus, CreateTransferStatus)


@dataclass(frozen=True)
class Balances:
    """The four sums of one account, in minor units."""

    debits_pending: int
    debits_posted: int
    credits_pending: int
    credits_posted: int


@dataclass
class NaiveModel:
    """Every account, transfer, expiry and burnt id that ever was."""

    accounts: dict[int, Account] = field(default_factory=dict)
    transfers: dict[int, Transfer] = field(default_factory=dict)
    expired: set[int] = field(default_factory=set)
    burnt: set[int] = field(default_factory=set)

    def create_accounts(self, events: Sequence[Account], timestamp: int) -> list[CreateAccountStatus]:
        """Decide a batch of accounts whose last event happens at `timestamp`."""
        return self._batch(CreateAccountStatus, events, timestamp, self._create_account)

    def create_transfers(self, events: Sequence[Transfer], timestamp: int) -> list[CreateTransferStatus]:
        """Decide a batch of transfers whose last event happens at `timestamp`."""
        return self._batch(CreateTransferStatus, events, timestamp, self._create_transfer)

    def expire(self, timestamp: int) -> None:
        """Release every open pending that is due by `timestamp`."""
        due = [t.id for t in self.transfers.values() if self.is_open(t) and self._is_due(t, timestamp)]
        self.expired.update(due)

    def account(self, account_id: int) -> Account | None:
        """The account as it stands, its balances added up from the transfers."""
        account = self.accounts.get(account_id)
        if account is None:
            return None
        flags = account.flags | (AF.closed if self._is_closed(account) else 0)
        sums = self.balances(account_id)
        return replace(
            account,
            flags=flags,
            debits_pending=sums.debits_pending,
            debits_posted=sums.debits_posted,
            credits_pending=sums.credits_pending,
            credits_posted=sums.credits_posted,
        )

    def transfer(self, transfer_id: int) -> Transfer | None:
        """The transfer as it was kept."""
        return self.transfers.get(transfer_id)

    def balances(self, account_id: int) -> Balances:
        """Add up all transfers of one account."""
        pending = [t for t in self.transfers.values() if self.is_open(t)]
        posted = [t for t in self.transfers.values() if not t.flags & (TF.pending | TF.void_pending_transfer)]
        return Balances(
            debits_pending=sum(t.amount for t in pending if t.debit_account_id == account_id),
            debits_posted=sum(t.amount for t in posted if t.debit_account_id == account_id),
            credits_pending=sum(t.amount for t in pending if t.credit_account_id == account_id),
            credits_posted=sum(t.amount for t in posted if t.credit_account_id == account_id),
        )

    def is_open(self, transfer: Transfer) -> bool:
        """Whether this is a pending that was neither posted nor voided and did not expire."""
        return (
            bool(transfer.flags & TF.pending)
            and transfer.id not in self.expired
            and self._resolver(transfer.id) is None
        )

    def _resolver(self, pending_id: int) -> Transfer | None:
        """The transfer that posted or voided a pending, if one did."""
        return next((t for t in self.transfers.values() if t.pending_id == pending_id), None)

    def _is_due(self, pending: Transfer, now: int) -> bool:
        return pending.timeout > 0 and pending.timestamp + pending.timeout * SECOND <= now

    def _is_closed(self, account: Account) -> bool:
        """Closed from birth, or closed by a pending that is still open."""
        return bool(account.flags & AF.closed) or any(
            self.is_open(t)
            and (
                (t.flags & TF.closing_debit and t.debit_account_id == account.id)
                or (t.flags & TF.closing_credit and t.credit_account_id == account.id)
            )
            for t in self.transfers.values()
        )

    def _batch(
        self,
        statuses: type[Status],
        events: Sequence[Event],
        timestamp: int,
        create: Callable[[Event, int], Status],
    ) -> list[Status]:
        """Decide one chain after the other; event i of n happens at timestamp - n + 1 + i."""
        results: list[Status] = []
        first = timestamp - len(events) + 1
        for chain in chains(events):
            before = (dict(self.accounts), dict(self.transfers))
            chain_results: list[Status] = []
            for place, event in enumerate(chain):
                now = first + len(results) + place
                if place == len(chain) - 1 and event.flags & 1:
                    chain_results.append(statuses("linked_event_chain_open"))
                elif any(status != "created" for status in chain_results):
                    chain_results.append(statuses("linked_event_failed"))
                else:
                    chain_results.append(create(event, now))
            if any(status != "created" for status in chain_results):
                self.accounts, self.transfers = before
                chain_results = [
                    statuses("linked_event_failed") if status == "created" else status
                    for status in chain_results
                ]
            self.burnt.update(
                event.id for event, status in zip(chain, chain_results, strict=True) if status in BURNS_THE_ID
            )
            results += chain_results
        return results

    def _create_account(self, event: Account, now: int) -> CreateAccountStatus:
        status = next(self._objections_to_account(event), AS.created)
        if status == AS.created:
            self.accounts[event.id] = replace(event, timestamp=now)
        return status

    def _objections_to_account(self, a: Account) -> Iterator[CreateAccountStatus]:
        """All that speaks against an account, gravest first."""
        if a.timestamp != 0:
            yield AS.timestamp_must_be_zero
        if a.flags & ~ACCOUNT_FLAGS:
            yield AS.reserved_flag
        if a.id == 0:
            yield AS.id_must_not_be_zero
        if a.id == ID_MAX:
            yield AS.id_must_not_be_int_max
        kept = self.account(a.id)
        if kept is not None:
            for name in ("flags", "user_data_128", "user_data_64", "user_data_32", "ledger", "code"):
                if getattr(a, name) != getattr(kept, name):
                    yield AS(f"exists_with_different_{name}")
            yield AS.exists
        if a.flags & LIMITS == LIMITS:
            yield AS.flags_are_mutually_exclusive
        for name in ("debits_pending", "debits_posted", "credits_pending", "credits_posted"):
            if getattr(a, name) != 0:
                yield AS(f"{name}_must_be_zero")
        if a.ledger == 0:
            yield AS.ledger_must_not_be_zero
        if a.code == 0:
            yield AS.code_must_not_be_zero

    def _create_transfer(self, event: Transfer, now: int) -> CreateTransferStatus:
        status = next(self._objections_to_transfer(event, now), TS.created)
        if status == TS.created:
            self.transfers[event.id] = replace(self._as_kept(event), timestamp=now)
        return status

    def _objections_to_transfer(self, t: Transfer, now: int) -> Iterator[CreateTransferStatus]:
        """All that speaks against a transfer, gravest first."""
        if t.timestamp != 0:
            yield TS.timestamp_must_be_zero
        if t.flags & ~TRANSFER_FLAGS:
            yield TS.reserved_flag
        if t.id == 0:
            yield TS.id_must_not_be_zero
        if t.id == ID_MAX:
            yield TS.id_must_not_be_int_max
        kept = self.transfers.get(t.id)
        if kept is not None:
            yield from self._differences(t, kept)
            yield TS.exists
        if t.id in self.burnt:
            yield TS.id_already_failed
        if t.flags & RESOLVING:
            yield from self._objections_to_resolution(t, now)
        else:
            yield from self._objections_to_movement(t)
            yield from self._objections_of_accounts(t, now)

    def _differences(self, t: Transfer, kept: Transfer) -> Iterator[CreateTransferStatus]:
        """Where a second event with the same id asks for something else than the first one did."""
        for name in ("flags", "pending_id", "timeout"):
            if getattr(t, name) != getattr(kept, name):
                yield TS(f"exists_with_different_{name}")
        asked = self._as_asked_again(t, kept)
        for name in (
            "debit_account_id",
            "credit_account_id",
            "amount",
            "user_data_128",
            "user_data_64",
            "user_data_32",
            "ledger",
            "code",
        ):
            if getattr(asked, name) != getattr(kept, name):
                yield TS(f"exists_with_different_{name}")

    def _as_asked_again(self, t: Transfer, kept: Transfer) -> Transfer:
        """What a retry means: gaps are filled again, and what would allow the old amount asks for it."""
        if t.flags & RESOLVING:
            return self._as_kept(t)
        balancing = t.flags & (TF.balancing_debit | TF.balancing_credit)
        return replace(t, amount=kept.amount) if balancing and t.amount >= kept.amount else t

    def _objections_to_movement(self, t: Transfer) -> Iterator[CreateTransferStatus]:
        """What is wrong with a single-phase or pending transfer on its face."""
        if t.debit_account_id == 0:
            yield TS.debit_account_id_must_not_be_zero
        if t.debit_account_id == ID_MAX:
            yield TS.debit_account_id_must_not_be_int_max
        if t.credit_account_id == 0:
            yield TS.credit_account_id_must_not_be_zero
        if t.credit_account_id == ID_MAX:
            yield TS.credit_account_id_must_not_be_int_max
        if t.debit_account_id == t.credit_account_id:
            yield TS.accounts_must_be_different
        if t.pending_id != 0:
            yield TS.pending_id_must_be_zero
        if not t.flags & TF.pending:
            if t.timeout != 0:
                yield TS.timeout_reserved_for_pending_transfer
            if t.flags & (TF.closing_debit | TF.closing_credit):
                yield TS.closing_transfer_must_be_pending
        if t.ledger == 0:
            yield TS.ledger_must_not_be_zero
        if t.code == 0:
            yield TS.code_must_not_be_zero

    def _objections_of_accounts(self, t: Transfer, now: int) -> Iterator[CreateTransferStatus]:
        """What the two accounts and their balances say against a well-formed transfer."""
        debit, credit = self.account(t.debit_account_id), self.account(t.credit_account_id)
        if debit is None:
            yield TS.debit_account_not_found
        if credit is None:
            yield TS.credit_account_not_found
        assert debit is not None
        assert credit is not None
        if debit.ledger != credit.ledger:
            yield TS.accounts_must_have_the_same_ledger
        if t.ledger != debit.ledger:
            yield TS.transfer_must_have_the_same_ledger_as_accounts
        if debit.flags & AF.closed:
            yield TS.debit_account_already_closed
        if credit.flags & AF.closed:
            yield TS.credit_account_already_closed

        amount = self._as_kept(t).amount
        debit_sum = debit.debits_pending + debit.debits_posted + amount
        credit_sum = credit.credits_pending + credit.credits_posted + amount
        if t.flags & TF.pending:
            if debit.debits_pending + amount > AMOUNT_MAX:
                yield TS.overflows_debits_pending
            if credit.credits_pending + amount > AMOUNT_MAX:
                yield TS.overflows_credits_pending
        if debit.debits_posted + amount > AMOUNT_MAX:
            yield TS.overflows_debits_posted
        if credit.credits_posted + amount > AMOUNT_MAX:
            yield TS.overflows_credits_posted
        if debit_sum > AMOUNT_MAX:
            yield TS.overflows_debits
        if credit_sum > AMOUNT_MAX:
            yield TS.overflows_credits
        if now + t.timeout * SECOND > TIME_MAX:
            yield TS.overflows_timeout
        if debit.flags & AF.debits_must_not_exceed_credits and debit_sum > debit.credits_posted:
            yield TS.exceeds_credits
        if credit.flags & AF.credits_must_not_exceed_debits and credit_sum > credit.debits_posted:
            yield TS.exceeds_debits

    def _objections_to_resolution(self, t: Transfer, now: int) -> Iterator[CreateTransferStatus]:
        """What speaks against posting or voiding."""
        if t.flags & ~TF.linked not in (TF.post_pending_transfer, TF.void_pending_transfer):
            yield TS.flags_are_mutually_exclusive
        if t.pending_id == 0:
            yield TS.pending_id_must_not_be_zero
        if t.pending_id == ID_MAX:
            yield TS.pending_id_must_not_be_int_max
        if t.pending_id == t.id:
            yield TS.pending_id_must_be_different
        if t.timeout != 0:
            yield TS.timeout_reserved_for_pending_transfer
        p = self.transfers.get(t.pending_id)
        if p is None:
            yield TS.pending_transfer_not_found
        assert p is not None
        if not p.flags & TF.pending:
            yield TS.pending_transfer_not_pending
        for name in ("debit_account_id", "credit_account_id", "ledger", "code"):
            if getattr(t, name) not in (0, getattr(p, name)):
                yield TS(f"pending_transfer_has_different_{name}")
        amount = self._as_kept(t).amount
        if amount > p.amount:
            yield TS.exceeds_pending_transfer_amount
        if t.flags & TF.void_pending_transfer and amount < p.amount:
            yield TS.pending_transfer_has_different_amount
        resolver = self._resolver(p.id)
        if resolver is not None:
            posted = resolver.flags & TF.post_pending_transfer
            yield TS.pending_transfer_already_posted if posted else TS.pending_transfer_already_voided
        if p.id in self.expired or self._is_due(p, now):
            yield TS.pending_transfer_expired
        if t.flags & TF.post_pending_transfer:
            for side, account_id in (("debit", p.debit_account_id), ("credit", p.credit_account_id)):
                if self._is_closed(self.accounts[account_id]):
                    yield TS(f"{side}_account_already_closed")

    def _as_kept(self, t: Transfer) -> Transfer:
        """The transfer with its amount settled and, for a post or void, its gaps filled from the pending."""
        if t.flags & RESOLVING:
            p = self.transfers[t.pending_id]
            everything = 0 if t.flags & TF.void_pending_transfer else AMOUNT_MAX
            filled = {name: getattr(t, name) or getattr(p, name) for name in FILLED_FROM_PENDING}
            return replace(t, amount=p.amount if t.amount == everything else t.amount, **filled)
        amount = t.amount
        if t.flags & TF.balancing_debit:
            sums = self.balances(t.debit_account_id)
            amount = min(amount, max(0, sums.credits_posted - sums.debits_posted - sums.debits_pending))
        if t.flags & TF.balancing_credit:
            sums = self.balances(t.credit_account_id)
            amount = min(amount, max(0, sums.debits_posted - sums.credits_posted - sums.credits_pending))
        return replace(t, amount=amount)


def chains(events: Sequence[Event]) -> list[list[Event]]:
    """A batch as its chains: each runs to the first event without `linked`; a lone event is one too."""
    cut: list[list[Event]] = [[]]
    for event in events:
        cut[-1].append(event)
        if not event.flags & 1:
            cut.append([])
    return [chain for chain in cut if chain]
