"""The work of each row of the ledger's bench: customers, and batch after batch of what they send each other.

The accounts are customers' balances: each has its limit, which every transfer is checked against. Everything
is drawn from one seed and made before the clock starts. Ids are time-ordered, as those of a payment are.
"""

from collections.abc import Iterator
from itertools import accumulate
from random import Random
from typing import Final

from milletpay.benches.report import Work
from milletpay.ledger import AMOUNT_MAX, BATCH_MAX, Account, Transfer, TransferFlags
from milletpay.ledger.chart import AccountKind, Mode, Pool, TransferCode, ledger_of, new_account
from milletpay.money import Currency
from milletpay.plumbing.ids import IdSource

LEDGER_WORKS: Final = (
    Work(
        name="uniform",
        does="anybody to anybody",
        batch=8_000,
        accounts=10_000,
        required=100_000,
    ),
    Work(name="hot", does="among few", batch=8_000, accounts=100, required=200_000),
    Work(name="small", does="small batches", batch=200, accounts=10_000, required=30_000),
    Work(
        name="two_phase",
        does="pending, then post",
        batch=8_000,
        accounts=10_000,
        required=50_000,
    ),
    Work(
        name="zipf",
        does="Zipf, scarce money",
        batch=8_000,
        accounts=100_000,
        required=100_000,
    ),
)

LEDGER: Final = ledger_of(Pool.CLIENT, currency=Currency.CNY, mode=Mode.TEST)
SEND: Final = TransferCode.SEND.code
TOP_UP: Final = TransferCode.TOP_UP.code
AMOUNT_LIMIT: Final = 1_000
"""Amounts run from 1 to one less than this."""

AMPLE_FUNDS: Final = 10**12
"""What each account is given at first, in minor units: it never comes to an end."""

SCARCE_FUNDS: Final = 50_000
"""The same in the row `zipf`: the busiest accounts come to the end of it now and then."""

POST: Final = TransferFlags.POST_PENDING_TRANSFER

Events = list[Transfer]


class Scene:
    """The accounts of one row, and where its events come from."""

    def __init__(self, *, work: Work, random: Random, ids: IdSource) -> None:
        self._random = random
        self._ids = ids
        self._batch = work.batch
        self._in_two_phases = work.name == "two_phase"
        self._funds = SCARCE_FUNDS if work.name == "zipf" else AMPLE_FUNDS
        self._bank = new_account(AccountKind.CLEARING, ledger=LEDGER, owner=ids.next())
        self._customers = [
            new_account(AccountKind.CUST, ledger=LEDGER, owner=customer)
            for customer in ids.take(work.accounts)
        ]
        self._accounts = [account.id for account in self._customers]
        self._shares: list[float] | None = None
        if work.name == "zipf":
            # Drawn in proportion to 1 / rank. Ids come from a hash: their order is not that of the ranks.
            self._shares = list(accumulate(1 / rank for rank in range(1, work.accounts + 1)))

    def accounts(self) -> Iterator[list[Account]]:
        """Batches of the accounts to create first."""
        events = [self._bank, *self._customers]
        for start in range(0, len(events), BATCH_MAX):
            yield events[start : start + BATCH_MAX]

    def funds(self) -> Iterator[Events]:
        """Batches of the transfers that fund them."""
        for start in range(0, len(self._accounts), BATCH_MAX):
            accounts = self._accounts[start : start + BATCH_MAX]
            yield [
                Transfer(
                    id=id,
                    debit_account_id=self._bank.id,
                    credit_account_id=account,
                    amount=self._funds,
                    ledger=LEDGER,
                    code=TOP_UP,
                )
                for id, account in zip(self._ids.take(len(accounts)), accounts, strict=True)
            ]

    def batches(self, count: int) -> list[Events]:
        """So many batches, to be sent in this order; in two phases one more where the number is odd."""
        if not self._in_two_phases:
            return [self._moving(TransferFlags(0)) for _ in range(count)]
        batches = []
        for _ in range((count + 1) // 2):
            pending = self._moving(TransferFlags.PENDING)
            batches += [pending, self._posting(pending)]
        return batches

    def _moving(self, flags: TransferFlags) -> Events:
        """Transfers between accounts that are drawn for them."""
        size = self._batch
        drawn = self._random.choices(self._accounts, cum_weights=self._shares, k=size * 2)
        return [
            Transfer(
                id=id,
                debit_account_id=debit,
                credit_account_id=credit if credit != debit else self._other(debit),
                amount=amount,
                ledger=LEDGER,
                code=SEND,
                flags=int(flags),
            )
            for id, debit, credit, amount in zip(
                self._ids.take(size),
                drawn[:size],
                drawn[size:],
                self._random.choices(range(1, AMOUNT_LIMIT), k=size),
                strict=True,
            )
        ]

    def _posting(self, pending: Events) -> Events:
        """Transfers that post these in full."""
        return [
            Transfer(id=id, pending_id=event.id, amount=AMOUNT_MAX, flags=int(POST))
            for id, event in zip(self._ids.take(len(pending)), pending, strict=True)
        ]

    def _other(self, account: int) -> int:
        """Another account, drawn in the same way."""
        while (other := self._random.choices(self._accounts, cum_weights=self._shares)[0]) == account:
            pass
        return other
