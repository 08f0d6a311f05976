"""Whoever owns the database can change what was taken back of draws: `millet check` names it."""

from collections.abc import Iterator

import pytest

from milletpay.customers import CUSTOMER_ID
from milletpay.funding import DRAW_ID
from milletpay.ledger.chart import AccountKind
from milletpay.money import Money
from milletpay.payments import PaymentId
from milletpay.plumbing.database import Database
from tests.flows.bank_contract import CNY
from tests.flows.business import OF_PAYMENTS
from tests.flows.card_desk import HONG, MING, from_card, open_cards
from tests.flows.tampered import Scene, assert_named, play_scene, uuid
from tests.flows.test_take_backs import prefund
from tests.servers import Servers

DRAW, TRANSFER = "funding.draw", "ledger.transfer"


async def play(database: Database) -> dict[str, int]:
    """Of fifty yuan of Ming the bank took back forty, of which he had thirty; the card of Hong paid too."""
    async with open_cards(database) as house:
        await house.open(MING, HONG, balance=30_00)
        await prefund(house)
        found: dict[str, int] = {}
        for name, payer in (("taken", MING), ("kept", HONG)):
            found[name] = payment = await house.make(50_00)
            await house.pay(payment, payer, from_card(payer))
            await house.work()
        (draw,) = await house.draws(PaymentId(found["taken"]))
        await house.bank.take_back(DRAW_ID.write(draw.id), amount=Money(40_00, CNY))
        await house.work()
        assert await house.balance(AccountKind.CUST_RECV, MING) == 10_00
        return found


@pytest.fixture(scope="module")
def cards(servers: Servers) -> Iterator[Scene]:
    yield from play_scene(servers, play, OF_PAYMENTS)


CASES = {
    "the amount": (
        f"UPDATE {DRAW} SET taken_back = 3999 WHERE payment = {{taken}}",
        "payment taken",
        "what a bank took back is not what its transfers make it: expected 4000, found 3999",
    ),
    "nothing of it": (
        f"UPDATE {DRAW} SET taken_back = 0, shortfall = 0, taken_back_at = 0 WHERE payment = {{taken}}",
        "payment taken",
        "what a bank took back is not what its transfers make it: expected 4000, found 0",
    ),
    "of another draw": (
        f"UPDATE {DRAW} SET taken_back = 100, taken_back_at = 1 WHERE payment = {{kept}}",
        "payment kept",
        "what a bank took back is not what its transfers make it: expected 0, found 100",
    ),
    "the shortfall": (
        f"UPDATE {DRAW} SET shortfall = 999 WHERE payment = {{taken}}",
        "payment taken",
        "what of that came from us is not what its transfers make it: expected 1000, found 999",
    ),
    "the debt": (
        f"UPDATE {DRAW} SET shortfall = 999 WHERE payment = {{taken}}",
        f"customer {CUSTOMER_ID.write(MING)}, own money in CNY",
        "what is owed is not what was lacking and not recovered: expected 999, found 1000",
    ),
    "a claim": (
        f"UPDATE {DRAW} SET claimed = 5, taken_back = taken_back + 5 WHERE payment = {{taken}}",
        "payment taken",
        "its bank took back 4005 of a draw of 5000, and 5 of that had gone back already",
    ),
    "what the payment says": (
        "UPDATE payments.payment SET taken_back = 0 WHERE id = {taken}",
        "payment taken",
        "what its card's bank took back is not what its draw says: expected 4000, found 0",
    ),
    "from another customer": (
        f"UPDATE {DRAW} SET customer = {uuid(HONG)} WHERE payment = {{taken}}",
        "payment taken, transfer",
        "it is on the account of a customer of whom nothing was drawn for it",
    ),
}


@pytest.mark.parametrize("case", CASES)
async def test_what_is_said_to_be_taken_back_and_was_not_is_named(cards: Scene, case: str) -> None:
    statement, which, what = CASES[case]
    name, transfer, _ = which.partition(", transfer")
    assert_named(await cards.tamper(statement), where=cards.name(name) + transfer, what=what)


async def test_what_nobody_touched_is_proved(cards: Scene) -> None:
    assert not await cards.tamper()
