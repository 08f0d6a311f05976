"""Random accounts and transfers that collide on purpose: few ids, amounts at the edges, contradicting flags.

The generator asks a `Pick` for every choice, so the same one serves Hypothesis (which shrinks towards the
first option of each) and a plain `random.Random`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from milletpay.ledger import AMOUNT_MAX, Account, AccountFlags, Transfer, TransferFlags

A = AccountFlags
T = TransferFlags

Choice = TypeVar("Choice")

ID_MAX = 2**128 - 1


class Pick(Protocol):
    """One of the options; all are as likely, the first is the simplest."""

    def __call__(self, options: Sequence[Choice], /) -> Choice: ...


EDGES = (AMOUNT_MAX, AMOUNT_MAX - 1, AMOUNT_MAX // 2, AMOUNT_MAX // 2 + 1)

ACCOUNT_FLAGS = (
    0,
    0,
    0,
    0,
    A.debits_must_not_exceed_credits,
    A.credits_must_not_exceed_debits,
    A.debits_must_not_exceed_credits,
    A.credits_must_not_exceed_debits,
    A.closed,
    A.debits_must_not_exceed_credits | A.closed,
    A.debits_must_not_exceed_credits | A.credits_must_not_exceed_debits,
)

MOVING_FLAGS = (
    *[0] * 20,
    *[T.pending] * 20,
    T.balancing_debit,
    T.balancing_credit,
    T.balancing_debit | T.balancing_credit,
    T.pending | T.balancing_debit,
    T.pending | T.balancing_credit,
    T.pending | T.closing_debit,
    T.pending | T.closing_credit,
    T.pending | T.closing_debit | T.closing_credit | T.balancing_debit,
)


@dataclass
class EventGenerator:
    """Makes events; remembers those that came out well, to repeat, resolve and contradict them."""

    amounts: Sequence[int] = (10, 10, 10, 1, 1, 0, 7, 7, 100, 100, *EDGES)
    timeouts: Sequence[int] = (0, 0, 0, 1, 3, 2**32 - 1)
    stray_account_flags: Sequence[int] = (1 << 3, 1 << 4, 1 << 6, 1 << 15)
    stray_transfer_flags: Sequence[int] = (1 << 8, 1 << 9, 1 << 15)
    base: int = 0
    """Added to every id, so that several runs fit into one book."""
    account_room: int = 6
    past_accounts: list[Account] = field(default_factory=list)
    past_transfers: list[Transfer] = field(default_factory=list)
    transfers_made: int = 0

    def opening(self, pick: Pick) -> list[Account]:
        """A sound account for every id that transfers will use, or for all but the last."""
        flags = (0, 0, A.debits_must_not_exceed_credits, A.credits_must_not_exceed_debits)
        ids = range(self.base + 1, self.base + self.account_room + pick((1, 1, 0)))
        return [Account(id=account_id, ledger=156, code=1, flags=pick(flags)) for account_id in ids]

    def accounts(self, pick: Pick, *, most: int) -> list[Account]:
        """A batch of up to `most` accounts."""
        return [self._account(pick) for _ in range(pick(range(1, most + 1)))]

    def transfers(self, pick: Pick, *, most: int) -> list[Transfer]:
        """A batch of up to `most` transfers; later ones may speak of earlier ones."""
        known = len(self.past_transfers)
        for _ in range(pick(range(1, most + 1))):
            self.past_transfers.append(self._transfer(pick))
        batch = self.past_transfers[known:]
        del self.past_transfers[known:]
        return batch

    def learn_accounts(self, batch: Sequence[Account], statuses: Sequence[str]) -> None:
        """Remember what was created, for later batches."""
        self.past_accounts += [e for e, status in zip(batch, statuses, strict=True) if status == "created"]

    def learn_transfers(self, batch: Sequence[Transfer], statuses: Sequence[str]) -> None:
        """Remember what was created, for later batches."""
        self.past_transfers += [e for e, status in zip(batch, statuses, strict=True) if status == "created"]

    def _account(self, pick: Pick) -> Account:
        if bool(self.past_accounts) and pick((False, False, True)):
            event = pick(self.past_accounts)
        else:
            event = Account(
                id=self._account_id(pick),
                ledger=pick((*[156] * 9, 1156)),
                code=1,
                flags=pick(ACCOUNT_FLAGS),
                user_data_128=pick((0, 0, 5)),
            )
        if pick((True, True, False)):
            return event
        field_name = pick(
            (
                "debits_pending",
                "debits_posted",
                "credits_pending",
                "credits_posted",
                "user_data_128",
                "user_data_64",
                "user_data_32",
                "ledger",
                "code",
                "flags",
                "flags",
                "flags",
                "timestamp",
                "id",
            )
        )
        if field_name == "flags":
            other = pick((A.linked, A.linked, A.linked, A.closed, *self.stray_account_flags))
            return replace(event, flags=event.flags ^ other)
        if field_name == "id":
            return replace(event, id=pick((0, ID_MAX)))
        return replace(event, **{field_name: pick((0, 1, 9))})

    def _transfer(self, pick: Pick) -> Transfer:
        kind = pick(("move", "move", "move", "move", "resolve", "resolve", "again"))
        if kind == "again" and self.past_transfers:
            event = pick(self.past_transfers)
        elif kind == "resolve":
            event = self._resolution(pick)
        else:
            event = self._movement(pick)
        if pick((False, False, False, False, False, True)):
            event = replace(event, flags=event.flags ^ T.linked)
        return event if pick((True, True, True, False)) else self._spoiled(pick, event)

    def _movement(self, pick: Pick) -> Transfer:
        flags = pick(MOVING_FLAGS)
        debit = pick(range(self.account_room))
        credit = (debit + pick(range(1, self.account_room))) % self.account_room
        return Transfer(
            id=self._transfer_id(pick),
            debit_account_id=self.base + 1 + debit,
            credit_account_id=self.base + 1 + credit,
            amount=pick(self.amounts),
            timeout=pick(self.timeouts) if flags & T.pending else 0,
            user_data_128=pick((0, 0, 7)),
            user_data_64=pick((0, 0, 8)),
            user_data_32=pick((0, 0, 20260101)),
            ledger=156,
            code=pick((1, 1, 1, 2)),
            flags=flags,
        )

    def _resolution(self, pick: Pick) -> Transfer:
        pendings = [past for past in self.past_transfers if past.flags & T.pending]
        pending = pick(pendings) if pendings else Transfer(id=self._transfer_id(pick), amount=10)
        whole = pending.amount
        fill = pick((False, False, True))
        return Transfer(
            id=self._transfer_id(pick),
            debit_account_id=pending.debit_account_id if fill else 0,
            credit_account_id=pending.credit_account_id if fill else 0,
            amount=pick((whole, whole, max(whole - 3, 0), AMOUNT_MAX, AMOUNT_MAX, 0, 0, 1, 10, 100)),
            pending_id=pending.id,
            user_data_128=pick((0, 0, 11)),
            user_data_64=pick((0, 0, 12)),
            ledger=pending.ledger if fill else 0,
            code=pending.code if fill else 0,
            flags=pick((T.post_pending_transfer, T.void_pending_transfer)),
        )

    def _spoiled(self, pick: Pick, event: Transfer) -> Transfer:
        """The event with one field changed, mostly to something that is refused."""
        field_name = pick(
            (
                "id",
                "debit_account_id",
                "credit_account_id",
                "amount",
                "pending_id",
                "user_data_128",
                "user_data_64",
                "user_data_32",
                "timeout",
                "ledger",
                "code",
                "flags",
                "flags",
                "timestamp",
            )
        )
        if field_name == "flags":
            return replace(event, flags=event.flags ^ pick((*T, *self.stray_transfer_flags)))
        choices: Sequence[int] = (0, 1, 9, 1156)
        if field_name in ("id", "pending_id"):
            choices = (0, ID_MAX, event.id, self._transfer_id(pick))
        elif field_name in ("debit_account_id", "credit_account_id"):
            choices = (0, ID_MAX, event.debit_account_id, self._account_id(pick))
        elif field_name == "amount":
            choices = (0, min(event.amount + 1, AMOUNT_MAX), max(event.amount - 1, 0), *self.amounts)
        elif field_name == "timeout":
            choices = self.timeouts
        return replace(event, **{field_name: pick(choices)})

    def _account_id(self, pick: Pick) -> int:
        return self.base + pick(range(1, self.account_room + 1))

    def _transfer_id(self, pick: Pick) -> int:
        """Mostly one that nobody used yet."""
        if pick((*[True] * 9, False)):
            self.transfers_made += 1
            return self.base + self.transfers_made
        return self.base + pick(range(1, self.transfers_made + 2))
