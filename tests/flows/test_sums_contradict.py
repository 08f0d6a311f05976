"""What adds up is proved apart from the digests: each case is sealed anew, so that no digest is broken.

So would a defect of the store look, or an attacker who does not know how books are kept.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.flows.rewriting import seal_anew
from tests.flows.traded_book import BEA, SHUT, OpenedBook, TradedBooks, uuid
from tests.servers import TestServer

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def books() -> AsyncIterator[TradedBooks]:
    made = TradedBooks()
    yield made
    await made.drop()


@pytest_asyncio.fixture(loop_scope="module")
async def book(server: TestServer, books: TradedBooks) -> OpenedBook:
    return await books.fresh(server)


def change(id: int, what: str) -> str:
    return f"UPDATE ledger.transfer SET {what} WHERE id = {uuid(id)}"


def change_end(pending_id: int, what: str) -> str:
    return f"UPDATE ledger.resolution SET {what} WHERE pending_id = {uuid(pending_id)}"


LAST_TIME = "(SELECT max(timestamp) FROM ledger.batch)"

CASES = [
    (change(102, f"debit_account_id = {uuid(77)}"), "its debit account does not exist"),
    (change(102, f"credit_account_id = {uuid(77)}"), "its credit account does not exist"),
    (
        change(102, "ledger = 1156"),
        "it is of ledger 1156, and joins accounts of 156 and 156",
    ),
    (
        change(102, "code = 1101"),
        "pay_by_balance is from cust to mer_pend, and it is from accounts of code 1 to accounts of code 2",
    ),
    (
        change(1000, "amount = amount - 1"),
        "debits_posted is not what its transfers make it",
    ),
    (
        change(1000, "amount = 9000"),
        "credits_posted in the checkpoint is not what its transfers make it: expected 10126, found 1127",
    ),
    (change(2004, "flags = 0"), "credits_pending is not what its transfers make it"),
    (change(2006, "flags = 2"), "closed is not what its pending transfers make it"),
    (change(3001, "amount = 11"), "was posted for more than it reserved"),
    (change(3002, "amount = 1"), "was voided for another amount"),
    (change(3001, "flags = 8"), "did not end as its transfer says"),
    (
        change(3001, "code = 2"),
        "was resolved between other accounts, or for another reason",
    ),
    (
        change(3001, f"pending_id = {uuid(2003)}"),
        "has expired, and is resolved by a transfer too",
    ),
    (change(2001, "flags = 0"), "has an end, but was not pending"),
    (change(2003, "timeout = 61"), "has expired before its time"),
    (change(2004, "timeout = 1"), "was due, and has not expired"),
    (f"DELETE FROM ledger.transfer WHERE id = {uuid(2001)}", "has an end, but there is no such transfer"),
    (
        change_end(2001, "timestamp = timestamp + 1"),
        "ended at another time than it was resolved",
    ),
    (change_end(2003, "timestamp = 5"), "ended before it began"),
    (
        f"DELETE FROM ledger.resolution WHERE pending_id = {uuid(2001)}",
        "is resolved by a transfer, but that is not written down",
    ),
    (f"DELETE FROM ledger.resolution WHERE pending_id = {uuid(2003)}", "was due, and has not expired"),
    (
        f"INSERT INTO ledger.resolution VALUES ({uuid(2004)}, 1, {LAST_TIME})",
        "is written down as resolved, but by no transfer",
    ),
    (
        f"UPDATE ledger.burnt SET id = {uuid(102)} WHERE id = {uuid(2005)}",
        "has an id that a refusal had used up",
    ),
    (
        "UPDATE ledger.batch SET id_max = 'ffffffff-ffff-ffff-ffff-ffffffffff00' WHERE number > 3",
        "has not the greatest id of a transfer",
    ),
    (
        f"UPDATE ledger.account SET credits_posted = 5 WHERE id = {uuid(SHUT)}",
        "pool 156 (client money in CNY): its accounts' debits and credits, posted, are not equal",
    ),
    (
        f"UPDATE ledger.account SET flags = 4 WHERE id = {uuid(BEA)}",
        "its credits exceed its debits: expected at most",
    ),
]


@pytest.mark.parametrize(("statement", "says"), CASES, ids=[says for _, says in CASES])
async def test_what_does_not_add_up_is_found(book: OpenedBook, statement: str, says: str) -> None:
    bounds = ("debits_must_not_exceed_credits", "credits_must_not_exceed_debits")
    drops = [f"ALTER TABLE ledger.account DROP CONSTRAINT IF EXISTS {bound}" for bound in bounds]
    await book.run(*drops, statement)
    await seal_anew(book.owner)
    report = await book.prove()
    assert not report.proofs[0].findings, "the chain is whole"
    assert says in str(report)
