"""Whoever owns the database can change what wallets say: `millet check` names it, and what it should be.

Each case changes rows as the owner in a transaction of its own, proves the packages within it, and undoes it.
"""

from collections.abc import Iterator

import pytest

from milletpay.bootstrap import business_proofs
from milletpay.customers import CUSTOMER_ID
from milletpay.terminals import terminal_proofs
from tests.flows.business import OF_PAYMENTS, OF_WALLETS
from tests.flows.business_scene import XIAOGANG, XIAOMING, play_wallets
from tests.flows.tampered import Scene, assert_named, play_scene, uuid
from tests.servers import Servers


@pytest.fixture(scope="module")
def wallets(servers: Servers) -> Iterator[Scene]:
    yield from play_scene(servers, play_wallets, OF_WALLETS)


TOP_UP, WITHDRAWAL = "UPDATE wallets.top_up SET", "UPDATE wallets.withdrawal SET"
MING = f"customer {CUSTOMER_ID.write(XIAOMING)}"

OF_WALLET = {
    "topped up, of another amount": (
        f"{TOP_UP} amount = 9999 WHERE id = {{topped_up}}",
        "top-up topped up",
        "what came into the wallet is not what its state says: expected 9999, found 10000",
    ),
    "said to have failed": (
        f"{TOP_UP} status = 'failed', decline = 'not_known_to_bank', counted_on = 0 WHERE id = {{topped_up}}",
        "top-up topped up",
        "what came into the wallet is not what its state says: expected 0, found 10000",
    ),
    "failed, said to have come": (
        f"{TOP_UP} status = 'succeeded', decline = NULL, reason = NULL WHERE id = {{not_topped_up}}",
        "top-up not topped up",
        "what came into the wallet is not what its state says: expected 30000, found 0",
    ),
    "failed, and counts": (
        f"{TOP_UP} counted_on = 20260101 WHERE id = {{not_topped_up}}",
        "top-up not topped up",
        "it is failed, and counts towards limits on 20260101",
    ),
    "not clawed back": (
        f"{TOP_UP} status = 'succeeded' WHERE id = {{clawed_back}}",
        "top-up clawed back",
        "what the bank took back is not what its state says: expected 0, found 20000",
    ),
    "a shortfall": (
        f"{TOP_UP} shortfall = 5 WHERE id = {{clawed_back}}",
        "top-up clawed back",
        "what of it the customer owes us is not what its state says: expected 5, found 0",
    ),
    "the top-up is gone": (
        "DELETE FROM wallets.top_up WHERE id = {topped_up}",
        "top-up topped up",
        "transfers name it, and there is no such top-up",
    ),
    "of another customer": (
        f"{TOP_UP} customer = {uuid(2)} WHERE id = {{topped_up}}",
        "top-up topped up",
        "it gives to another customer",
    ),
    "of another currency": (
        f"{TOP_UP} currency = 392 WHERE id = {{topped_up}}",
        "top-up topped up",
        "its ledger is not of the currency and mode",
    ),
    "withdrawn, of another amount": (
        f"{WITHDRAWAL} amount = 1 WHERE id = {{withdrawn}}",
        "withdrawal withdrawn",
        "what the bank paid is not what its state says: expected 1, found 40000",
    ),
    "its fee": (
        f"{WITHDRAWAL} fee = 0 WHERE id = {{withdrawn}}",
        "withdrawal withdrawn",
        "the fee that left it is not what its state says: expected 0, found 40",
    ),
    "under way, said to be paid": (
        f"{WITHDRAWAL} status = 'succeeded', decided_at = 1 WHERE id = {{under_way}}",
        "withdrawal under way",
        "what the bank paid is not what its state says: expected 70000, found 0",
    ),
    "paid, said to be under way": (
        f"{WITHDRAWAL} status = 'sent', decided_at = 0 WHERE id = {{withdrawn}}",
        "withdrawal withdrawn",
        "what the bank paid is not what its state says: expected 0, found 40000",
    ),
    "in transit": (
        f"{WITHDRAWAL} status = 'sent', decided_at = 0 WHERE id = {{withdrawn}}",
        "withdrawals in transit, client money in CNY",
        "what is in transit is not what withdrawals under way say: expected 110000, found 70000",
    ),
    "refused, said to be declined": (
        f"{WITHDRAWAL} decline = 'exceeds_limit', reason = NULL WHERE id = {{refused}}",
        "withdrawal refused",
        "what the bank refused and went back is not what its state says: expected 0, found 60000",
    ),
    "returned, said to be paid": (
        f"{WITHDRAWAL} status = 'succeeded' WHERE id = {{returned}}",
        "withdrawal returned",
        "what of it went into the wallet is not what its state says: expected 0, found 50000",
    ),
    "paid, and counts not": (
        f"{WITHDRAWAL} counted_on = 0 WHERE id = {{withdrawn}}",
        "withdrawal withdrawn",
        "it is succeeded, and counts towards no limit",
    ),
    "the withdrawal is gone": (
        "DELETE FROM wallets.withdrawal WHERE id = {refused}",
        "withdrawal refused",
        "transfers name it, and there is no such withdrawal",
    ),
    "sent, of another amount": (
        "UPDATE wallets.send SET amount = 1 WHERE id = {sent}",
        "send sent",
        "what it moved is not what its state says: expected 1, found 5000",
    ),
    "not sent, said to be": (
        "UPDATE wallets.send SET status = 'succeeded', decline = NULL WHERE id = {not_sent}",
        "send not sent",
        "what it moved is not what its state says: expected 400000, found 0",
    ),
    "sent to another": (
        f"UPDATE wallets.send SET recipient = {uuid(7)} WHERE id = {{sent}}",
        "send sent",
        "its transfers are not from its sender to its recipient",
    ),
    "sent in another mode": (
        "UPDATE wallets.send SET live = false WHERE id = {sent}",
        "send sent",
        "its transfers are not of its currency and mode",
    ),
    "the send is gone": (
        "DELETE FROM wallets.send WHERE id = {sent}",
        "send sent",
        "transfers name it, and there is no such send",
    ),
    "a receipt's amount": (
        "UPDATE wallets.receipt SET amount = 1 WHERE id = {received}",
        "receipt received",
        "what came into the wallet is not what its state says: expected 1, found 2500",
    ),
    "a receipt that nobody claimed": (
        (
            f"UPDATE wallets.receipt SET status = 'credited', claimed_at = 1, customer = {uuid(XIAOMING)}"
            " WHERE id = {unclaimed}"
        ),
        "receipt unclaimed",
        "what was claimed from there is not what its state says: expected 3500, found 0",
    ),
    "a receipt of another": (
        f"UPDATE wallets.receipt SET customer = {uuid(2)} WHERE id = {{received}}",
        "receipt received",
        "it gives to another customer",
    ),
    "a receipt said to wait still": (
        "UPDATE wallets.receipt SET status = 'unclaimed' WHERE id = {sent_back}",
        "receipt sent back",
        "it is unclaimed, and was sent back 1 times",
    ),
    "a receipt said to be on its way": (
        "UPDATE wallets.receipt SET status = 'returning' WHERE id = {sent_back}",
        "receipt sent back",
        "it is returning, and 0 returns of it are under way",
    ),
    "a return that was not": (
        "UPDATE wallets.receipt_return SET status = 'failed', reason = 'card_closed'",
        "receipt sent back",
        "it is returned, and was sent back 0 times",
    ),
    "what was sent back": (
        "UPDATE ledger.transfer SET amount = 1 WHERE code = 2206",
        "receipt sent back",
        "what was sent back from there is not what its state says: expected 4500, found 1",
    ),
    "sent back, said to have come again": (
        "UPDATE ledger.transfer SET code = 2207 WHERE code = 2206",
        "receipt sent back",
        "what came there again is not what its state says: expected 0, found 4500",
    ),
    "the receipt is gone": (
        "DELETE FROM wallets.receipt WHERE id = {unclaimed}",
        "receipt unclaimed",
        "transfers or returns name it, and there is no such receipt",
    ),
    "a debt": (
        "UPDATE ledger.transfer SET amount = 2500 WHERE code = 1007",
        f"customer {CUSTOMER_ID.write(XIAOGANG)}, own money in CNY",
        "what is owed is not what was lacking and not recovered: expected 4000, found 7500",
    ),
    "a debt recovered from another": (
        f"UPDATE wallets.top_up SET customer = {uuid(XIAOMING)} WHERE id = {{found}}",
        "top-up found",
        "it takes from another customer",
    ),
    "limits of sends": (
        f"UPDATE limits.used SET amount = 1 WHERE subject = {uuid(XIAOMING)} AND measure = 2",
        f"limits of {MING}, sends in CNY on 2026-01-01",
        "what counts is not what was moved: expected 5000, found 1",
    ),
    "limits of withdrawals": (
        f"UPDATE limits.used SET count = 9 WHERE subject = {uuid(XIAOMING)} AND measure = 3",
        f"limits of {MING}, withdrawals in CNY on 2026-01-01",
        "how often counts is not how often it was moved: expected 2, found 9",
    ),
    "limits of top-ups": (
        f"DELETE FROM limits.used WHERE subject = {uuid(XIAOMING)} AND measure = 4",
        f"limits of {MING}, top-ups in CNY on 2026-01-01",
        "what counts is not what was moved: expected 532500, found 0",
    ),
    "fees of withdrawals": (
        "DELETE FROM ledger.transfer WHERE code = 1202 AND user_data_128 = {withdrawn}",
        "fees, client money in CNY",
        "what was accrued is not what was paid in fees: expected 160, found 120",
    ),
    "a movement of the house": (
        "UPDATE treasury.movement SET amount = 1 WHERE reference = 'CAPITAL'",
        "capital_paid_in over 00000000-0000-0000-0000-000000000386, live, CNY",
        "its transfers do not sum up to the movements of the house: expected 1, found 90000",
    ),
}


@pytest.mark.parametrize("case", OF_WALLET)
async def test_what_is_about_wallets_is_named(wallets: Scene, case: str) -> None:
    statement, where, what = OF_WALLET[case]
    assert_named(await wallets.tamper(statement), where=wallets.name(where), what=what)


async def test_what_nobody_touched_is_proved(wallets: Scene) -> None:
    assert not await wallets.tamper()


def test_every_proof_is_of_the_check_and_has_a_name_of_its_own() -> None:
    names = [proof.name for proof in business_proofs()]
    assert len(set(names)) == len(names)
    assert {proof.name for proof in (*OF_PAYMENTS, *OF_WALLETS, *terminal_proofs())} == set(names)
