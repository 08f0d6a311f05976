"""Whoever owns the database can change anything in it: `millet check` finds it and says where.

Each test takes a copy of a book in which everything has happened, changes it as a superuser, and proves it.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from milletpay.ledger import ProofReport
from tests.flows.rewriting import rewrite_amount
from tests.flows.traded_book import (
    ANN,
    BANK,
    BEA,
    CAT,
    FIRST_BATCH_AFTER_FOLD,
    RESTORE,
    SHUT,
    OpenedBook,
    TradedBooks,
    uuid,
)
from tests.servers import TestServer, every_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

PENDING, RESOLVING, EXPIRING, LAST = range(FIRST_BATCH_AFTER_FOLD, FIRST_BATCH_AFTER_FOLD + 4)
"""Batches: pendings and their kin, ends of some of them, an expiry, and the last one."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def books() -> AsyncIterator[TradedBooks]:
    made = TradedBooks()
    yield made
    await made.drop()


@pytest_asyncio.fixture(loop_scope="module")
async def book(server: TestServer, books: TradedBooks) -> OpenedBook:
    return await books.fresh(server)


def named(report: ProofReport) -> set[str]:
    """Every place that is named."""
    return {finding.where for finding in report.findings}


@every_server
async def test_what_nobody_touched_is_proved(book: OpenedBook) -> None:
    report = await book.prove()
    assert report.clean, report
    rows = {proof.name: dict(proof.rows) for proof in report.proofs}
    assert rows["digest chain"] == {
        "batches": LAST,
        "accounts": 5,
        "transfers": 3 + FIRST_BATCH_AFTER_FOLD - 3 + 5 + 2 + 2,
        "ends of pending transfers": 3,
        "burnt ids": 3,
    }
    assert rows["pending transfers"] == {"posted": 1, "voided": 1, "expired": 1}
    assert rows["balances"] == {"accounts": 5, "records of the tail": 12}
    assert report.head.number == LAST
    assert (await book.prove(str(report.head))).clean


TRANSFER = "ledger.transfer"
TAMPERED = {
    "transfer: amount": (f"UPDATE {TRANSFER} SET amount = 1001 WHERE id = {uuid(102)}", "batch 2"),
    "transfer: object": (
        f"UPDATE {TRANSFER} SET user_data_128 = {uuid(9)} WHERE id = {uuid(102)}",
        "batch 2",
    ),
    "transfer: reason": (f"UPDATE {TRANSFER} SET code = 2 WHERE id = {uuid(1050)}", "batch 53"),
    "transfer: id": (f"UPDATE {TRANSFER} SET id = {uuid(110)} WHERE id = {uuid(102)}", "batch 2"),
    "transfer: deleted": (f"DELETE FROM {TRANSFER} WHERE id = {uuid(103)}", "batch 2"),
    "transfer: deleted, the only one": (f"DELETE FROM {TRANSFER} WHERE id = {uuid(1000)}", "batch 3"),
    "transfer: added": (
        (
            f"INSERT INTO {TRANSFER} SELECT {uuid(99)}, debit_account_id, credit_account_id, 0, pending_id,"
            " user_data_128, user_data_64, user_data_32, timeout, ledger, code, flags, timestamp"
            f" FROM {TRANSFER} WHERE id = {uuid(102)}"
        ),
        "batch 2",
    ),
    "account: flags": (f"UPDATE ledger.account SET flags = 0 WHERE id = {uuid(ANN)}", "batch 1"),
    "account: owner": (
        f"UPDATE ledger.account SET user_data_128 = {uuid(7)} WHERE id = {uuid(BANK)}",
        "batch 1",
    ),
    "account: deleted": (f"DELETE FROM ledger.account WHERE id = {uuid(SHUT)}", "batch 1"),
    "account: added": (
        (
            f"INSERT INTO ledger.account SELECT {uuid(6)}, {uuid(0)}, 0, 0, 156, 1, 0, timestamp"
            f" FROM ledger.batch WHERE number = {PENDING}"
        ),
        f"batch {PENDING}",
    ),
    "resolution: other end": (
        f"UPDATE ledger.resolution SET status = 1 WHERE pending_id = {uuid(2002)}",
        f"batch {RESOLVING}",
    ),
    "resolution: time": (
        f"UPDATE ledger.resolution SET timestamp = timestamp + 1 WHERE pending_id = {uuid(2001)}",
        f"batch {RESOLVING}",
    ),
    "resolution: deleted": (
        f"DELETE FROM ledger.resolution WHERE pending_id = {uuid(2003)}",
        f"batch {EXPIRING}",
    ),
    "resolution: added": (
        (
            f"INSERT INTO ledger.resolution SELECT {uuid(2004)}, 3, timestamp"
            f" FROM ledger.batch WHERE number = {LAST}"
        ),
        f"batch {LAST}",
    ),
    "burnt id: deleted": (f"DELETE FROM ledger.burnt WHERE id = {uuid(2005)}", f"batch {PENDING}"),
    "burnt id: changed": (
        f"UPDATE ledger.burnt SET id = {uuid(2999)} WHERE id = {uuid(2005)}",
        f"batch {PENDING}",
    ),
    "burnt id: added": (
        f"INSERT INTO ledger.burnt SELECT {uuid(50)}, timestamp FROM ledger.batch WHERE number = 40",
        "batch 40",
    ),
    "batch: date": ("UPDATE ledger.batch SET accounting_date = 20260102 WHERE number = 9", "batch 9"),
    "batch: time": ("UPDATE ledger.batch SET timestamp = timestamp + 1 WHERE number = 9", "batch 9"),
    "batch: far time": ("UPDATE ledger.batch SET timestamp = 1::bigint << 62 WHERE number = 9", "batch 9"),
    "batch: expiry": ("UPDATE ledger.batch SET expired_to = expired_to + 1 WHERE number = 9", "batch 9"),
    "batch: greatest id": (f"UPDATE ledger.batch SET id_max = {uuid(2**127)} WHERE number = 9", "batch 9"),
    "batch: count": ("UPDATE ledger.batch SET transfers = 2 WHERE number = 9", "batch 9"),
    "batch: tail": ("UPDATE ledger.batch SET tail_from = 5 WHERE number = 9", "batch 9"),
    "batch: digest": ("UPDATE ledger.batch SET digest = sha256('no') WHERE number = 9", "batch 9"),
    "batch: deleted": ("DELETE FROM ledger.batch WHERE number = 9", "batch 9"),
    "batch: the first deleted": ("DELETE FROM ledger.batch WHERE number = 1", "batch 1"),
    "batch: the last deleted": (f"DELETE FROM ledger.batch WHERE number = {LAST}", f"tail of batch {LAST}"),
    "batch: added": (
        (
            f"INSERT INTO ledger.batch SELECT {LAST + 1}, timestamp, accounting_date, 0, 0, 0, 0, id_max,"
            f" expired_to, tail_from, digest FROM ledger.batch WHERE number = {LAST}"
        ),
        f"batch {LAST + 1}",
    ),
    "tail: balance": (
        f"UPDATE ledger.tail SET balances = set_byte(balances, 47, 99) WHERE batch = {LAST}",
        f"account {uuid(ANN)[1:-1]}",
    ),
    "tail: deleted": (f"DELETE FROM ledger.tail WHERE batch = {RESOLVING}", f"tail of batch {RESOLVING}"),
    "tail: cut": (
        f"UPDATE ledger.tail SET balances = substring(balances FROM 2) WHERE batch = {RESOLVING}",
        f"tail of batch {RESOLVING}",
    ),
    "tail: a stranger": (
        f"UPDATE ledger.tail SET balances = set_byte(balances, 0, 99) WHERE batch = {LAST}",
        f"account 63{uuid(ANN)[3:-1]}",
    ),
    "checkpoint: balance that the tail hides": (
        f"UPDATE ledger.account SET credits_posted = credits_posted + 1 WHERE id = {uuid(BEA)}",
        f"account {uuid(BEA)[1:-1]}",
    ),
    "checkpoint: balance": (
        f"UPDATE ledger.account SET credits_posted = 7 WHERE id = {uuid(SHUT)}",
        f"account {uuid(SHUT)[1:-1]}",
    ),
    "checkpoint: closed": (
        f"UPDATE ledger.account SET closed = true WHERE id = {uuid(CAT)}",
        f"account {uuid(CAT)[1:-1]}",
    ),
}


@pytest.mark.parametrize(("statement", "place"), TAMPERED.values(), ids=TAMPERED.keys())
async def test_one_thing_changed_is_found_where_it_is(book: OpenedBook, statement: str, place: str) -> None:
    await book.run(statement)
    report = await book.prove()
    assert not report.clean
    assert place in named(report), report
    chain = report.proofs[0]
    broken = {finding.where for finding in chain.findings if finding.where.startswith("batch ")}
    accused = {place} if place.startswith("batch ") else set()
    if "ledger.batch SET" in statement or "DELETE FROM ledger.batch" in statement:
        accused.add(f"batch {int(place.rsplit(maxsplit=1)[-1]) + 1}")  # the next one ties to what is no more
    assert broken <= accused, "batches that nobody touched are accused"


async def test_counts_are_told(book: OpenedBook) -> None:
    await book.run(f"DELETE FROM ledger.transfer WHERE id = {uuid(103)}")
    report = await book.prove()
    assert "batch 2: does not match what was written: 3 transfers were sealed, 2 are there" in str(report)


async def test_two_events_of_one_time_are_found(book: OpenedBook) -> None:
    await book.run(f"UPDATE ledger.transfer SET timestamp = timestamp + 1 WHERE id = {uuid(103)}")
    at = "1767225600000000008"
    assert f"batch 2: two events have the timestamp {at}" in str(await book.prove())


async def test_every_broken_batch_is_named_and_no_other(book: OpenedBook) -> None:
    await book.run(
        f"UPDATE ledger.transfer SET code = 9 WHERE id IN ({uuid(1010)}, {uuid(1090)})",
        f"DELETE FROM ledger.burnt WHERE id = {uuid(2005)}",
    )
    assert named(await book.prove()) == {"batch 13", "batch 93", f"batch {PENDING}"}


async def test_rows_after_the_last_batch_are_found(book: OpenedBook) -> None:
    await book.run(
        f"INSERT INTO ledger.burnt SELECT {uuid(50)}, timestamp + 1 FROM ledger.batch WHERE number = {LAST}",
    )
    assert named(await book.prove()) == {f"burnt id {uuid(50)[1:-1]}"}


async def test_a_column_of_another_form_is_found(book: OpenedBook) -> None:
    await book.run(
        "ALTER TABLE ledger.burnt DROP CONSTRAINT burnt_pkey",
        "ALTER TABLE ledger.burnt ALTER COLUMN id DROP NOT NULL",
        f"UPDATE ledger.burnt SET id = NULL WHERE id = {uuid(2005)}",
    )
    report = await book.prove()
    await book.run(*RESTORE, "ALTER TABLE ledger.burnt ADD CONSTRAINT burnt_pkey PRIMARY KEY (id)")
    assert f"batches 1 to {LAST}: cannot be proved: burnt" in str(report)


async def test_a_balance_out_of_bounds_is_found(book: OpenedBook) -> None:
    """Whoever drops the constraint and gives the account more to spend leaves transfers that do not fit."""
    await book.run(f"UPDATE ledger.transfer SET amount = 5000 WHERE id = {uuid(1000)}")
    report = await book.prove()
    assert {"batch 3", f"account {uuid(ANN)[1:-1]}", f"account {uuid(BEA)[1:-1]}"} <= named(report)


@pytest.mark.parametrize("transfer", [102, 4003], ids=["in the checkpoint", "in the tail"])
async def test_a_book_rewritten_as_a_whole_is_found_by_its_published_head(
    book: OpenedBook, transfer: int
) -> None:
    published = str((await book.prove()).head)
    kept = await book.owner.fetchval("SELECT digest FROM ledger.batch WHERE number = $1", LAST - 1)
    before = f"{LAST - 1}:{kept.hex()}"
    await rewrite_amount(book.owner, transfer_id=transfer, amount=500_000)
    unaware = await book.prove()
    assert unaware.clean, unaware
    report = await book.prove(published)
    assert named(report) == {f"batch {LAST}"}
    assert "is not the one whose head was published" in str(report)
    assert (await book.prove(before)).clean is (transfer == 4003), "the head before it still holds"


async def test_a_book_cut_short_is_found_by_its_published_head(book: OpenedBook) -> None:
    head = str((await book.prove()).head)
    report = await book.prove(head.replace(f"{LAST}:", f"{LAST + 1}:"), f"0:{bytes(32).hex()}")
    assert named(report) == {f"batch {LAST + 1}"}
    assert f"is not there: the book ends at {LAST}" in str(report)
