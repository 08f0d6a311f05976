"""`millet check`, `millet day-end` and `millet trace` as people run them."""

import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.flows.millet_process import PATIENCE_SECONDS, millet
from tests.flows.traded_book import ANN, BANK, OpenedBook, TradedBooks, uuid
from tests.servers import TestServer

GUIDE = Path(__file__).parents[2] / "docs/guides/proving-the-books.md"


def say(*arguments: str, status: int = 0) -> str:
    """Run `millet` to its end; what it prints, and on a refusal what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "milletpay.apps.cli", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == status, f"{done.stdout}\n{done.stderr}"
    return done.stdout + (done.stderr if status else "")


@pytest.fixture
async def book(server: TestServer) -> AsyncIterator[OpenedBook]:
    books = TradedBooks()
    yield await books.fresh(server)
    await books.drop()


async def test_check_says_what_it_proved(book: OpenedBook) -> None:
    head = json.loads(say("check", "--database-url", book.url, "--json"))["head"]
    said = say("check", "--database-url", book.url, "--head", head)
    assert said.splitlines()[-1] == head
    assert "proved  digest chain: every batch holds what was written" in said
    assert "transfers 139" in said
    for claim in re.findall("^proved  .*$", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE):
        assert claim in said, f"{GUIDE.name} shows something else"
    await book.run(f"UPDATE ledger.transfer SET amount = 4 WHERE id = {uuid(4003)}")
    said = say("check", "--database-url", book.url, status=1)
    assert "WRONG   digest chain" in said
    assert "!  batch 133: does not match what was written" in said
    report = json.loads(
        say("check", "--database-url", book.url, "--json", "--head", f"9:{'0' * 64}", status=1)
    )
    assert report["proved"] is False
    places = [finding["where"] for proof in report["proofs"] for finding in proof["findings"]]
    assert {"batch 9", "batch 133", f"account {uuid(BANK)[1:-1]}"} <= set(places)
    assert "'9:12' is not a head" in say("check", "--database-url", book.url, "--head", "9:12", status=2)


async def test_trace_says_what_the_book_knows(book: OpenedBook) -> None:
    pending = say("trace", "2001", "--database-url", book.url)
    assert "Transfer 00000000-0000-0000-0000-0000000007d1 (pending)" in pending
    assert "ended   posted at 2026-01-01T00:00:00.0000001" in pending
    assert f"by transfer {uuid(3001)[1:-1]}" in pending
    assert "ended   expired at" in say("trace", uuid(2003)[1:-1], "--database-url", book.url)
    assert "pending still; expires 600 s after it" in say("trace", "0x7d4", "--database-url", book.url)
    assert "the id is used up" in say("trace", "2005", "--database-url", book.url)
    account = say("trace", f"{ANN:032x}", "--database-url", book.url)
    assert "(debits_must_not_exceed_credits)" in account
    assert "debits  136 posted, 0 pending" in account
    assert len(account.splitlines()) == 4 + 1 + 10
    nothing = say("trace", "cus_01kdz9m4h0000g40r40m30e209", "--database-url", book.url, status=1)
    assert "The book knows nothing of 019b7e9a" in nothing
    assert "'x' is not an id; write pay_" in say("trace", "x", "--database-url", book.url, status=2)


def test_beside_a_running_house_and_without_one(data: Path) -> None:
    """Each command uses the server that runs, and starts it itself when none does."""
    with millet("up", "--data", str(data), "--port", "0") as house:
        house.wait_until_up()
        assert re.fullmatch(r"[0-9]+:[0-9a-f]{64}", say("check", "--data", str(data)).splitlines()[-1])
        closed = say("day-end", "--date", "2026-01-05", "--data", str(data))
        assert "2026-01-05 is closed" in closed
        assert house.stop() == 0
    assert say("day-end", "--date", "20260105", "--data", str(data)) == closed
    assert "has not begun" in say("day-end", "--date", "2999-01-01", "--data", str(data), status=1)
    assert "is not a day" in say("day-end", "--date", "2026-02-30", "--data", str(data), status=2)
    assert "All is proved" in say("check", "--data", str(data), "--head", closed.splitlines()[-1])
    assert "holds no data" in say("check", "--data", f"{data}-none", status=1)
