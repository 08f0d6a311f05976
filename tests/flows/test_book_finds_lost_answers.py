"""COMMIT's answer is lost on the way: the book says the truth once, or that it does not know yet."""

import asyncio

import pytest

from milletpay.ledger import Account, Transfer, TransferFlags
from milletpay.plumbing.database import Database
from milletpay.plumbing.desk import Unknown
from tests.flows.book_history import Call, History
from tests.flows.noted_book import NotedBook, open_noted_book
from tests.flows.wire import Cut, Wire

T = TransferFlags
BLINK_NS = 2_000_000_000
"""More than the longest pause between two tries of a desk, which the next command may have to sit out."""


def transfer(id: int, *, amount: int = 1, flags: int = 0) -> Transfer:
    return Transfer(
        id=id, debit_account_id=1, credit_account_id=2, amount=amount, ledger=156, code=1, flags=flags
    )


async def open_accounts(book: NotedBook, history: History) -> None:
    accounts = [Account(id=id, ledger=156, code=1) for id in (1, 2)]
    history.calls.append(await book.take(Call(1, accounts)))


@pytest.mark.parametrize("cut", [Cut.BEFORE_COMMIT, Cut.AFTER_COMMIT])
@pytest.mark.parametrize("size", [1, 3000])
async def test_a_lost_answer_is_found_and_nothing_happens_twice(
    app_url: str, database: Database, cut: Cut, size: int
) -> None:
    history = History()
    async with Wire.to(app_url) as (wire, url):
        wired = await Database.open(url, connections=1)
        async with open_noted_book(wired, desk_id=1) as book:
            await open_accounts(book, history)
            wire.cut = cut
            calls = [
                Call(1, [transfer(id) for id in range(10, 10 + size)]),
                Call(1, [transfer(5, amount=3, flags=T.pending), transfer(6, flags=T.linked), transfer(6)]),
                Call(1, [Transfer(id=7, pending_id=5, flags=T.post_pending_transfer, amount=2)]),
            ]
            history.calls += await asyncio.gather(*map(book.take, calls))
            again = Call(1, [transfer(10), transfer(8)])
            history.calls.append(await book.take(again))
        await wired.close()
    assert wire.cuts == 1
    assert [set(call.statuses or ()) for call in calls] == [
        {"created"},
        {"created", "linked_event_failed", "exists_with_different_flags"},
        {"created"},
    ]
    assert again.statuses == ["exists", "created"]
    proved = await history.prove(database)
    assert proved.transfers == size + 3


async def test_what_is_not_known_is_said_and_the_id_tells_later(app_url: str, database: Database) -> None:
    """The database goes away in COMMIT and stays away; whoever asks again with the same id learns it."""
    history = History()
    async with Wire.to(app_url) as (wire, url):
        wired = await Database.open(url, connections=1)
        async with open_noted_book(wired, desk_id=1, patience_ns=BLINK_NS) as book:
            await open_accounts(book, history)
            wire.cut, wire.closed_by_cut = Cut.AFTER_COMMIT, True
            with pytest.raises(Unknown, match="not known yet"):
                await book.bookkeeper.create_transfers([transfer(10)])
            history.calls.append(Call(1, [transfer(10)], refusal="Unknown"))
            elsewhere = await open_elsewhere(database, Call(2, [transfer(10), transfer(11)]))
            history.calls.append(elsewhere)
            wire.closed = False
            call = Call(1, [transfer(10), transfer(11), transfer(12)])
            history.calls.append(await book.take(call))
        await wired.close()
    assert elsewhere.statuses == ["exists", "created"]
    assert call.statuses == ["exists", "exists", "created"]
    assert (await history.prove(database)).transfers == 3


async def open_elsewhere(database: Database, call: Call) -> Call:
    """Ask another desk."""
    async with open_noted_book(database, desk_id=2) as book:
        return await book.take(call)
