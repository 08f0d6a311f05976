"""Whatever breaks, is forgotten, folded or set back: the book stays the book of the naive model."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from milletpay.ledger import Account, Machine, Transfer, TransferFlags, state, store
from milletpay.ledger.store import SQL, Book
from milletpay.plumbing.clock import ManualClock
from milletpay.plumbing.database import Database, DatabaseUnavailable, lock_book
from milletpay.plumbing.dates import day_of
from tests.flows.troubled_book import Breaking, TroubledBook
from tests.properties.events import EventGenerator
from tests.properties.naive_model import NaiveModel
from tests.tables.story import START

T = TransferFlags
SECOND = 1_000_000_000
TURNS = 120


@pytest.mark.parametrize("seed", [0, 1, 2, 32])
async def test_nothing_that_failed_has_ever_been(
    database: Database, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folds every few batches, memory that is dropped all the time, a clock that goes back."""
    random = Random(seed)
    monkeypatch.setattr(store, "TAIL_BATCHES_MAX", random.choice((1, 3, 7)))
    monkeypatch.setattr(store, "TAIL_RECORDS_MAX", random.choice((4, 1000)))
    monkeypatch.setattr(store, "ACCOUNTS_MAX", random.choice((2, 5, 1000)))
    monkeypatch.setattr(state, "ROOM", random.choice((0, 5, 1000)))
    monkeypatch.setattr(state, "PENDINGS_MAX", random.choice((0, 3, 1000)))
    stored, naive = TroubledBook(database, random=random), NaiveModel()
    events = EventGenerator(account_room=6)
    at = START
    for turn in range(TURNS):
        at = max(START, at + random.choice((20, 20, SECOND // 3, SECOND, -SECOND // 2)))
        if turn and random.random() < 0.4:
            await stored.stumble(
                now=at,
                accounts=events.accounts(random.choice, most=2),
                transfers=events.transfers(random.choice, most=random.choice((1, 3, 12))),
            )
        if turn == 0 or random.random() < 0.1:
            accounts = events.accounts(random.choice, most=5) if turn else events.opening(random.choice)
            opened = await stored.create_accounts(accounts, at)
            naive.expire(stored.opened_at)
            assert opened == naive.create_accounts(accounts, stored.happened_at)
            events.learn_accounts(accounts, opened)
        else:
            transfers = events.transfers(random.choice, most=random.choice((1, 3, 15)))
            moved = await stored.create_transfers(transfers, at)
            naive.expire(stored.opened_at)
            assert moved == naive.create_transfers(transfers, stored.happened_at)
            events.learn_transfers(transfers, moved)
    assert stored.troubles > TURNS // 4
    for id in range(events.account_room + 2):
        assert await stored.account(id) == naive.account(id)
    for id in range(events.transfers_made + 2):
        assert await stored.transfer(id) == naive.transfer(id)


async def test_a_load_that_breaks_leaves_no_pending_without_its_accounts(database: Database) -> None:
    """A post may name no account: those of its pending transfer are in memory wherever that one is."""
    book = Book(clock=ManualClock(), accounting_date=day_of)
    await write(database, book, accounts=[Account(id=id, ledger=156, code=1) for id in (1, 2)])
    pending = Transfer(
        id=5, debit_account_id=1, credit_account_id=2, amount=7, ledger=156, code=1, flags=T.pending
    )
    await write(database, book, transfers=[pending])
    restarted = Book(clock=ManualClock(), accounting_date=day_of)
    post = Transfer(id=6, pending_id=5, amount=7, flags=T.post_pending_transfer)
    with pytest.raises(DatabaseUnavailable):
        await write(database, restarted, transfers=[post], breaks_at=SQL["accounts"])
    assert await write(database, restarted, transfers=[post]) == ["created"]


async def test_a_catch_up_that_breaks_forgets_no_expiry(database: Database) -> None:
    """What is due next is learnt with the head or not at all."""
    clock = ManualClock()
    book, other = Book(clock=clock, accounting_date=day_of), Book(clock=clock, accounting_date=day_of)
    await write(database, book, accounts=[Account(id=id, ledger=156, code=1) for id in (1, 2)])
    pending = Transfer(
        id=5,
        debit_account_id=1,
        credit_account_id=2,
        amount=7,
        ledger=156,
        code=1,
        flags=T.pending,
        timeout=1,
    )
    await write(database, other, transfers=[pending])
    with pytest.raises(DatabaseUnavailable):
        await write(database, book, breaks_at=SQL["next_due"])
    clock.advance(duration_ns=2 * SECOND)
    await write(database, book)
    async with database.connection() as connection:
        accounts = await connection.fetch(BALANCES)
    assert [(row["debits_pending"], row["credits_pending"]) for row in accounts] == [(0, 0), (0, 0)]


async def test_memory_of_pendings_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that have ended are dropped with what waits for their expiry; very many open ones, too."""
    monkeypatch.setattr(state, "ROOM", 100)
    monkeypatch.setattr(state, "PENDINGS_MAX", 1000)
    machine, at, most = Machine(), 10**18, 0
    machine.create_accounts([Account(id=id, ledger=156, code=1) for id in (1, 2)], at)
    for first in range(10, 20_000, 100):
        reserved = Transfer(
            debit_account_id=1, credit_account_id=2, ledger=156, code=1, flags=T.pending, timeout=9**9
        )
        pendings = [replace(reserved, id=id) for id in range(first, first + 50)]
        posts = [
            Transfer(id=t.id + 50, pending_id=t.id, flags=T.post_pending_transfer) for t in pendings[:40]
        ]
        at += 1000
        assert set(machine.create_transfers([*pendings, *posts], at)) == {"created"}
        machine.keep()
        machine.forget()
        most = max(most, len(machine._transfers), len(machine._pendings), len(machine._expiries))
    assert most < 3000


BALANCES = "SELECT debits_pending, credits_pending FROM ledger.account_now ORDER BY id"


async def write(
    database: Database,
    book: Book,
    *,
    accounts: Sequence[Account] = (),
    transfers: Sequence[Transfer] = (),
    breaks_at: str = "",
) -> list[str]:
    """One batch in a transaction of its own; the connection breaks when it comes to a statement."""
    async with database.transaction() as connection:
        await lock_book(connection)
        breaking: Any = Breaking(connection, at=breaks_at)
        await book.open(breaking)
        ids = [id for t in transfers for id in (t.id, t.pending_id)]
        touched = {t.debit_account_id for t in transfers} | {t.credit_account_id for t in transfers}
        await book.load(breaking, accounts=touched, transfers=ids)
        book.machine.create_accounts(accounts, book.stamp(len(accounts)))
        statuses = book.machine.create_transfers(transfers, book.stamp(len(transfers)))
        await book.save(breaking)
    book.committed()
    return [str(status) for status in statuses]
