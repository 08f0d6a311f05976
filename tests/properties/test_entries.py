"""Statements follow from the book: every posted transfer once on each side, balances without a gap."""

from collections import defaultdict
from random import Random
from struct import Struct

import pytest

from milletpay.ledger import Machine, Transfer, TransferFlags
from milletpay.ledger.chart import AccountKind, TransferCode, new_account
from milletpay.ledger.entries import entries_in
from milletpay.ledger.machine import T

LEDGER = 156
CUSTOMERS = range(1, 4)
F = TransferFlags

ENTRY = Struct(">hi16siqiqiqihi16s")


def unpack(row: bytes) -> tuple[int, ...]:
    """Account, timestamp, amount, balance, code, object of a row for COPY."""
    values = ENTRY.unpack(row)[2::2]
    return tuple(int.from_bytes(v) if isinstance(v, bytes) else v for v in values)


def some_book() -> tuple[Machine, list[int], set[int]]:
    """Three customers, each with a hold, and a clearing account to begin with; who has a statement."""
    accounts = [new_account(AccountKind.CLEARING, ledger=LEDGER, owner=1)]
    for owner in CUSTOMERS:
        accounts += [
            new_account(kind, ledger=LEDGER, owner=owner)
            for kind in (AccountKind.CUST, AccountKind.CUST_HOLD)
        ]
    machine = Machine()
    machine.create_accounts(accounts, len(accounts))
    shown = {a.id for a in accounts if a.code == AccountKind.CUST.code}
    return machine, [a.id for a in accounts], shown


def some_transfers(random: Random, accounts: list[int], first: int) -> list[Transfer]:
    """Plain, linked, pending and resolving ones; many are refused."""
    flags = [
        F(0),
        F(0),
        F(0),
        F.LINKED,
        F.PENDING,
        F.POST_PENDING_TRANSFER,
        F.VOID_PENDING_TRANSFER,
        F.BALANCING_DEBIT,
    ]
    transfers = []
    for id in range(first, first + random.randint(1, 12)):
        debit, credit = random.sample(accounts, 2)
        flag = random.choice(flags)
        resolves = flag & (F.POST_PENDING_TRANSFER | F.VOID_PENDING_TRANSFER)
        transfers.append(
            Transfer(
                id=id,
                debit_account_id=0 if resolves else debit,
                credit_account_id=0 if resolves else credit,
                amount=random.choice([2**63 - 1, 3]) if resolves else random.randint(1, 40),
                pending_id=random.randint(max(1, id - 12), id - 1) if resolves and id > 1 else 0,
                user_data_128=id * 7,
                ledger=0 if resolves else LEDGER,
                code=0 if resolves else TransferCode.TOP_UP.code,
                flags=flag,
            )
        )
    return transfers


@pytest.mark.parametrize("seed", range(30))
def test_entries_are_the_transfers_with_running_balances(seed: int) -> None:
    random = Random(seed)
    machine, accounts, shown = some_book()
    machine.keep()
    balances: dict[int, int] = defaultdict(int)
    last_id = 1
    for _ in range(40):
        transfers = some_transfers(random, accounts, last_id)
        last_id = transfers[-1].id + 1
        cut = random.randint(0, len(transfers))
        posted = []
        for piece in (transfers[:cut], transfers[cut:]):  # one batch of the book, decided in two steps
            statuses = machine.create_transfers(piece, machine.timestamp + len(piece))
            posted += [t.id for t, status in zip(piece, statuses, strict=True) if status is T.created]
        expected = []
        for created in filter(None, map(machine.transfer, posted)):
            if created.flags & (F.PENDING | F.VOID_PENDING_TRANSFER):
                continue
            for account, amount in (
                (created.debit_account_id, -created.amount),
                (created.credit_account_id, created.amount),
            ):
                if account in shown:
                    balances[account] += amount
                    line = (created.timestamp, amount, balances[account], created.code, created.user_data_128)
                    expected.append((account, *line))
        assert [unpack(row) for row in entries_in(machine.changes)] == expected
        machine.keep()
    assert len(balances) == len(CUSTOMERS)
    for account, balance in balances.items():
        now = machine.account(account)
        assert now is not None
        assert now.credits_posted - now.debits_posted == balance
