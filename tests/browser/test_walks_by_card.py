"""Somebody pays by card: chooses it on the cashier page, follows it there, and signs an agreement with it."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK_EN, PHONE_ZH, NewVisitor, Screen
from tests.browser.town import PEOPLE

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
