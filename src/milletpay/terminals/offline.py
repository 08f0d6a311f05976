"""The part of the desk that takes what tills sold without a network: each once, at the merchant's risk."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from milletpay.ledger import Book
from milletpay.ledger.chart import Mode
from milletpay.merchants import MerchantId, TerminalId
from milletpay.payments import CreatePayment, Made, PaymentId, Payments, PaymentStatus
from milletpay.plumbing.database import Connection, Row
from milletpay.plumbing.statements import load_statements
from milletpay.terminals.model import Terminal
from milletpay.terminals.offline_model import (
    AHEAD_MAX,
    UPLOADED_WITHIN,
    OfflineFault,
    OfflinePolicy,
    OfflineReason,
    OfflineRefused,
    OfflineSale,
    Sealed,
)
from milletpay.terminals.queries import terminal_of

SQL: Final = load_statements("milletpay.terminals")

_Name: TypeAlias = tuple[TerminalId, int, int]
"""Terminal, pairing, sequence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOfflinePolicy:
    """Allow sales without a network from now on, or no longer."""

    merchant: MerchantId
    mode: Mode
    each: int
    total: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOffline:
    """Decide one sale that was made without a network. That the seal is right was seen before."""

    sealed: Sealed
    taken_at: int
    payment: CreatePayment
    """As it is made if it may be: at the terminal, with the code and when it was scanned."""

    @property
    def terminal(self) -> TerminalId:
        """Where it was taken."""
        assert self.payment.terminal is not None
        return self.payment.terminal

    @property
    def name(self) -> _Name:
        """Under what it is known."""
        return self.terminal, self.sealed.pairing, self.sealed.sequence


Command: TypeAlias = SetOfflinePolicy | TakeOffline


class Offline:
    """Policies and sales without a network. Nothing of them is remembered from batch to batch."""

    commands: tuple[type, ...] = (SetOfflinePolicy, TakeOffline)

    def __init__(self, *, book: Book, payments: Payments) -> None:
        self._book = book
        self._payments = payments
        self._wanted: list[TakeOffline] = []
        self._terminals: dict[TerminalId, Terminal] = {}
        self._policies: dict[tuple[MerchantId, Mode], list[OfflinePolicy]] = {}
        self._known: dict[_Name, OfflineSale] = {}
        self._last: dict[tuple[TerminalId, int], int] = {}
        self._taken: dict[TerminalId, list[OfflineSale]] = {}
        """What was accepted of late, of each terminal."""
        self._new: list[OfflineSale] = []
        self._new_policies: list[OfflinePolicy] = []

    def begin(self) -> None:
        """A new batch."""
        for collected in (
            self._wanted,
            self._terminals,
            self._policies,
            self._known,
            self._last,
            self._taken,
            self._new,
            self._new_policies,
        ):
            collected.clear()

    def forget(self) -> None:
        """Nothing is remembered."""

    def want(self, command: Command, /) -> None:
        """Note what a command is about."""
        if isinstance(command, TakeOffline):
            self._wanted.append(command)
            self._payments.want(command.payment)

    async def load(self, connection: Connection) -> None:
        """Bring the terminals, what their merchants allow, and what was taken before."""
        if not self._wanted:
            return
        terminals = {command.terminal for command in self._wanted}
        for row in await connection.fetch(SQL["terminals"], terminals, []):
            self._terminals[TerminalId(row["id"])] = terminal_of(row)
        for row in await connection.fetch(
            SQL["offline_policies"], {command.payment.merchant for command in self._wanted}
        ):
            policy = policy_of(row)
            self._policies.setdefault((policy.merchant, policy.mode), []).append(policy)
        names = [command.name for command in self._wanted]
        columns = [n[0] for n in names], [n[1] for n in names], [n[2] for n in names]
        for row in await connection.fetch(SQL["offline_sales"], *columns):
            sale = offline_sale_of(row)
            self._known[sale.terminal, sale.pairing, sale.sequence] = sale
        for row in await connection.fetch(SQL["offline_last"], columns[0], columns[1]):
            self._last[TerminalId(row["terminal"]), row["pairing"]] = row["last"]
        since = min(command.taken_at for command in self._wanted) - UPLOADED_WITHIN
        for row in await connection.fetch(SQL["offline_accepted"], terminals, since):
            sale = offline_sale_of(row)
            self._taken.setdefault(sale.terminal, []).append(sale)

    def decide(self, command: Command, /) -> OfflinePolicy | OfflineSale | OfflineRefused:
        """Decide one command."""
        return self._set(command) if isinstance(command, SetOfflinePolicy) else self._take(command)

    async def save(self, connection: Connection) -> None:
        """Write what was decided."""
        if self._new_policies:
            policies = self._new_policies
            await connection.execute(
                SQL["add_offline_policies"],
                [p.merchant for p in policies],
                [p.mode is Mode.LIVE for p in policies],
                [p.effective_at for p in policies],
                [p.each for p in policies],
                [p.total for p in policies],
                [p.count for p in policies],
            )
        if self._new:
            await connection.execute(SQL["add_offline_sales"], *_columns_of(self._new))

    def _set(self, command: SetOfflinePolicy) -> OfflinePolicy:
        policy = OfflinePolicy(
            merchant=command.merchant,
            mode=command.mode,
            effective_at=self._book.now,
            each=command.each,
            total=command.total,
            count=command.count,
        )
        self._new_policies = [
            p for p in self._new_policies if (p.merchant, p.mode) != (policy.merchant, policy.mode)
        ]
        self._new_policies.append(policy)
        return policy

    def _take(self, command: TakeOffline) -> OfflineSale | OfflineRefused:
        terminal = self._terminals.get(command.terminal)
        if terminal is None or not 0 < command.sealed.pairing <= terminal.pairings:
            detail = "There is no such terminal, or no such pairing of it."
            return OfflineRefused(fault=OfflineFault.TERMINAL_NOT_FOUND, detail=detail)
        digest = hashlib.sha256(command.sealed.text()).digest()
        known = self._known.get(command.name)
        if known is not None:
            if known.digest == digest:
                return known
            detail = f"Another sale has the number {command.sealed.sequence}."
            return OfflineRefused(fault=OfflineFault.SEQUENCE_REUSED, detail=detail)
        reason = self._why_not(command, terminal)
        payment: PaymentId | None = None
        if reason is None:
            made = self._payments.decide(command.payment)
            if isinstance(made, Made):
                payment = made.payment.id
            if not isinstance(made, Made) or made.payment.status is not PaymentStatus.SUCCEEDED:
                reason = OfflineReason.PAYMENT_DECLINED
        return self._keep(command, digest=digest, reason=reason, payment=payment)

    def _why_not(self, command: TakeOffline, terminal: Terminal) -> OfflineReason | None:
        policy = self._policy_at(command)
        now, at, amount = self._book.now, command.taken_at, command.sealed.amount
        late = [
            sale
            for sale in self._taken.get(command.terminal, [])
            if abs(sale.taken_at - at) < UPLOADED_WITHIN
        ]
        paired_later = command.sealed.pairing == terminal.pairings and at < terminal.paired_at
        checks = (
            (policy is None or not policy.each, OfflineReason.NOT_ALLOWED),
            (at > now + AHEAD_MAX, OfflineReason.IN_THE_FUTURE),
            (at < now - UPLOADED_WITHIN, OfflineReason.TOO_LATE),
            (paired_later, OfflineReason.BEFORE_PAIRING),
            (policy is not None and amount > policy.each, OfflineReason.EXCEEDS_EACH),
            (
                policy is not None and sum(sale.amount for sale in late) + amount > policy.total,
                OfflineReason.EXCEEDS_TOTAL,
            ),
            (policy is not None and len(late) >= policy.count, OfflineReason.EXCEEDS_COUNT),
        )
        return next((reason for applies, reason in checks if applies), None)

    def _policy_at(self, command: TakeOffline) -> OfflinePolicy | None:
        found = self._policies.get((command.payment.merchant, command.payment.mode), [])
        earlier = [policy for policy in found if policy.effective_at <= command.taken_at]
        return max(earlier, key=lambda policy: policy.effective_at, default=None)

    def _keep(
        self,
        command: TakeOffline,
        *,
        digest: bytes,
        reason: OfflineReason | None,
        payment: PaymentId | None,
    ) -> OfflineSale:
        count = command.terminal, command.sealed.pairing
        last = self._last.get(count, 0)
        self._last[count] = max(last, command.sealed.sequence)
        sale = OfflineSale(
            terminal=command.terminal,
            pairing=command.sealed.pairing,
            sequence=command.sealed.sequence,
            taken_at=command.taken_at,
            amount=command.sealed.amount,
            currency=command.sealed.currency,
            digest=digest,
            reason=reason,
            payment=payment,
            after_gap=command.sealed.sequence > last + 1,
            uploaded_at=self._book.now,
        )
        self._known[command.name] = sale
        self._new.append(sale)
        if reason is None:
            self._taken.setdefault(sale.terminal, []).append(sale)
        return sale


async def find_offline_policy(
    connection: Connection, *, merchant: MerchantId, mode: Mode
) -> OfflinePolicy | None:
    """What a merchant allows now, as committed; None if it has said nothing yet."""
    row = await connection.fetchrow(SQL["offline_policy_now"], merchant, mode is Mode.LIVE)
    return None if row is None else policy_of(row)


async def missing_numbers(
    connection: Connection, *, terminal: TerminalId, most: int
) -> Sequence[tuple[int, int]]:
    """Pairings and numbers of sales that later ones tell of and that have not come."""
    rows = await connection.fetch(SQL["offline_missing"], terminal, most)
    return [(row["pairing"], row["sequence"]) for row in rows]


def policy_of(row: Row) -> OfflinePolicy:
    """The policy of a row of the table."""
    return OfflinePolicy(
        merchant=MerchantId(row["merchant"]),
        mode=Mode.LIVE if row["live"] else Mode.TEST,
        effective_at=row["effective_at"],
        each=row["each_max"],
        total=row["total_max"],
        count=row["count_max"],
    )


def offline_sale_of(row: Row) -> OfflineSale:
    """The sale of a row of the table."""
    return OfflineSale(
        terminal=TerminalId(row["terminal"]),
        pairing=row["pairing"],
        sequence=row["sequence"],
        taken_at=row["taken_at"],
        amount=row["amount"],
        currency=row["currency"],
        digest=row["digest"],
        reason=None if row["reason"] is None else OfflineReason(row["reason"]),
        payment=None if row["payment"] is None else PaymentId(row["payment"]),
        after_gap=row["after_gap"],
        uploaded_at=row["uploaded_at"],
    )


def _columns_of(sales: Sequence[OfflineSale]) -> tuple[list[object], ...]:
    return (
        [s.terminal for s in sales],
        [s.pairing for s in sales],
        [s.sequence for s in sales],
        [s.taken_at for s in sales],
        [s.amount for s in sales],
        [s.currency for s in sales],
        [s.digest for s in sales],
        [s.reason for s in sales],
        [s.payment for s in sales],
        [s.after_gap for s in sales],
        [s.uploaded_at for s in sales],
    )
