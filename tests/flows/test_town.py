"""The town is seeded once, whole however it is interrupted, by money that came through the bank."""

import asyncio
import json
from pathlib import Path

import pytest

from milletpay.bootstrap import DEMO_BANK, business_proofs
from milletpay.identity import Pepper
from milletpay.ledger import prove_books
from milletpay.ledger.chart import Mode
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.database import Database
from milletpay.rails import SimulatedBank, read_card_number
from milletpay.simulation import PARTNERS, PEOPLE, SHOP, Town, open_town, write_demo
from milletpay.wallets import find_balance
from tests.flows.trade_desk import CNY

PEPPER = Pepper(b"a pepper for tests of the town ...")
BASE_URL = "http://127.0.0.1:8420"


async def seed(app_url: str) -> Town:
    return await open_town(app_url=app_url, pepper=PEPPER, base_url=BASE_URL)


async def head(database: Database) -> tuple[int, bytes]:
    async with database.connection() as connection:
        row = await connection.fetchrow("SELECT number, digest FROM ledger.batch ORDER BY 1 DESC LIMIT 1")
    assert row is not None
    return row["number"], row["digest"]


async def balances(database: Database) -> set[int]:
    async with database.connection() as connection:
        found = [
            await find_balance(connection, customer=person.id, mode=Mode.TEST, currency=CNY)
            for person in PEOPLE
        ]
    return {balance.available.minor for balance in found}


async def test_everybody_has_money_a_card_and_an_agreement_and_the_book_proves(
    app_url: str, database: Database
) -> None:
    town = await seed(app_url)
    assert len(town.sellers) == len(PARTNERS) + 1 == 11
    assert town.sellers[0].partner is SHOP
    assert len(town.buyers) == len({buyer.token for buyer in town.buyers}) == 50
    for buyer in town.buyers:
        (agreement,) = buyer.agreements
        assert agreement.charge_limit == 100_00
        assert agreement.day_charges >= 100_000
        assert agreement.day_limit >= 100_000 * 100_00
    assert min(await balances(database)) >= 10_000_00
    report = await prove_books(database=database, clock=SystemClock(), further=business_proofs())
    assert not [finding for proof in report.proofs for finding in proof.findings]


async def test_seeding_again_changes_nothing(app_url: str, database: Database, tmp_path: Path) -> None:
    first, file = await seed(app_url), tmp_path / "demo.json"
    write_demo(first, path=file, gateway="127.0.0.1:1")
    kept, before, written = await head(database), file.read_bytes(), file.stat()
    second = await seed(app_url)
    write_demo(second, path=file, gateway="127.0.0.1:1")
    assert await head(database) == kept
    assert file.read_bytes() == before
    assert file.stat().st_mtime_ns == written.st_mtime_ns
    assert written.st_mode & 0o777 == 0o600
    told = json.loads(before)
    assert list(told) == ["base_url", "operator", "merchants", "card_terminals", "tills", "customers"]
    assert list(told["merchants"][0]) == ["id", "name", "secret_key", "publishable_key"]
    assert list(told["customers"][0]) == ["id", "name", "phone", "pin", "token", "agreements", "devices"]
    assert list(told["customers"][0]["agreements"][0]) == ["id", "merchant"]
    assert list(told["card_terminals"]) == ["gateway", "terminals"]
    (placed,) = told["card_terminals"]["terminals"]
    assert list(placed) == ["id", "merchant", "number", "master_key"]
    assert all(merchant["secret_key"].startswith("sk_test_") for merchant in told["merchants"])


@pytest.mark.parametrize("seconds", [0.15, 0.4, 0.8])
async def test_what_is_interrupted_is_finished_by_the_next(
    app_url: str, database: Database, seconds: float
) -> None:
    interrupted = asyncio.create_task(seed(app_url))
    await asyncio.sleep(seconds)
    interrupted.cancel()
    await asyncio.gather(interrupted, return_exceptions=True)
    town = await seed(app_url)
    assert len(town.buyers) == 50
    assert len(await balances(database)) == 1
    kept = await head(database)
    await seed(app_url)
    assert await head(database) == kept


async def test_cards_are_of_the_bank_of_play_money(database: Database) -> None:
    bank = SimulatedBank(key=DEMO_BANK, issues_from="629999", database=database, clock=SystemClock(), seed=1)
    assert all(bank.issues(read_card_number(person.card_number)) for person in PEOPLE)
    assert len({person.card_number for person in PEOPLE}) == len({person.phone for person in PEOPLE}) == 50
