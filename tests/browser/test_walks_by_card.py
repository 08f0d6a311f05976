"""Somebody pays by card: chooses it on the cashier page, follows it there, and signs an agreement with it."""

import asyncio

import pytest
from playwright.sync_api import expect

from milletpay.bootstrap import DEMO_BANK
from milletpay.funding import DRAW_ID, draws_of
from milletpay.ledger.chart import Mode
from milletpay.money import Currency, Money
from milletpay.payments import Payment
from milletpay.rails import SimulatedBank
from milletpay.treasury import BookMovement, MovementKind
from milletpay.wallets import SendId, SendMoney, find_balance
from tests.browser.conftest import DESK_EN, PHONE_ZH, NewVisitor, Screen
from tests.browser.town import PEOPLE, Town

TAKEN = {"zh-CN": "银行撤回付款", "en-US": "Payment taken back by the bank"}
OWED = {"zh-CN": "你欠我们", "en-US": "you owe us"}
PAID = {"zh-CN": "付款成功", "en-US": "Paid"}
LAST = 3


@pytest.mark.parametrize("screen", [PHONE_ZH, DESK_EN], ids=lambda screen: screen.name)
def test_a_card_pays_and_the_page_follows_the_bank(screen: Screen, new_visitor: NewVisitor) -> None:
    visitor = new_visitor(screen)
    page = visitor.page
    visitor.order("power-bank")
    page.locator("a.button.main").click()
    visitor.sign_in(LAST)
    page.wait_for_url("**/confirm")
    page.locator("input[name=source]").last.check()
    visitor.shot("60-confirm-by-card")
    visitor.give_pin(PEOPLE[LAST][2])
    # The bank is asked, and the page is told when it has answered.
    expect(page.locator("h1")).to_have_text(PAID[screen.locale])
    visitor.shot("61-paid-by-card")
    visitor.go("/wallet/sources")
    page.locator("input[name=source]").last.check()
    visitor.shot("62-sources")
    page.locator("form:has(input[name=source]) button.main").click()
    expect(page.locator(".note")).to_be_visible()
    expect(page.locator("input[name=source]").first).to_be_checked()
    page.goto(visitor.town.propose())
    page.locator("input[name=source]").last.check()
    visitor.shot("63-sign-with-card")
    visitor.give_pin(PEOPLE[LAST][2])
    visitor.shot("64-signed")


@pytest.mark.parametrize(("screen", "person"), [(PHONE_ZH, 4), (DESK_EN, 5)], ids=["phone-zh", "desk-en"])
def test_what_the_bank_takes_back_stands_in_the_wallet(
    screen: Screen, person: int, new_visitor: NewVisitor
) -> None:
    """One yuan was left: it is an entry with the shop's name, and the rest is owed."""
    visitor = new_visitor(screen)
    page, town = visitor.page, visitor.town
    visitor.order("power-bank")
    page.locator("a.button.main").click()
    visitor.sign_in(person)
    page.wait_for_url("**/confirm")
    page.locator("input[name=source]").last.check()
    visitor.give_pin(PEOPLE[person][2])
    expect(page.locator("h1")).to_have_text(PAID[screen.locale])
    town.do(take_back(town, town.newest_payment()))
    visitor.go("/wallet")
    expect(page.locator(".note")).to_contain_text(OWED[screen.locale])
    expect(page.locator(".entry").first).to_contain_text(TAKEN[screen.locale])
    visitor.shot("65-taken-back")


async def take_back(town: Town, payment: Payment) -> None:
    """All but a yuan of the payer's balance is sent away, then the bank takes the payment back."""
    house = town.house
    assert payment.customer is not None
    async with house.database.connection() as connection:
        balance = await find_balance(
            connection, customer=payment.customer, mode=Mode.TEST, currency=Currency.CNY
        )
        (draw,) = await draws_of(connection, payment=payment.id)
    for kind in (MovementKind.CAPITAL, MovementKind.PREFUND):
        reference, amount = f"{kind.name} {payment.id}", Money(1_000_00, Currency.CNY)
        await house.desk.submit(BookMovement(kind=kind, bank=DEMO_BANK, reference=reference, amount=amount))
    away = Money(balance.available.minor - 1_00, Currency.CNY)
    if away.is_positive:
        other = next(person for person in town.people if person != payment.customer)
        send = SendMoney(
            id=SendId(house.ids.next()),
            mode=Mode.TEST,
            customer=payment.customer,
            recipient=other,
            amount=away,
        )
        await house.desk.submit(send)
    bank = house.banks.at(DEMO_BANK)
    assert isinstance(bank, SimulatedBank)
    await bank.take_back(DRAW_ID.write(draw.id))
    async with asyncio.timeout(20):
        while await bank.notices(most=1):  # noqa: ASYNC110 - the mailbox tells nobody
            await asyncio.sleep(0.05)
