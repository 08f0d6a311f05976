"""Somebody new: from the shop, without a wallet, to paid; then the PIN and the card are changed."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK_EN, DESK_ZH, PHONE_EN, PHONE_ZH, NewVisitor, Screen, Visitor
from tests.browser.test_walks import PAID, balance, heading


@pytest.mark.parametrize("screen", [PHONE_ZH, PHONE_EN, DESK_ZH, DESK_EN], ids=lambda screen: screen.name)
def test_somebody_new_signs_up_binds_a_card_tops_up_and_pays(screen: Screen, new_visitor: NewVisitor) -> None:
    visitor, number = new_visitor(screen), f"139{screen.width:04d}{screen.height + len(screen.theme):04d}"
    page = visitor.page
    visitor.order("band")
    page.locator("a.button.main").click()
    page.fill("#phone", number)
    page.locator("form:has(#phone) button.main").click()
    page.fill("#code", page.locator(".sms b").inner_text())
    page.locator("main form button").click()
    expect(page.locator("#name")).to_be_visible()
    visitor.shot("40-join")
    for pin, again in (("123456", "123456"), ("305172", "305173"), ("305172", "305172")):
        page.fill("#name", "Lin")
        page.fill("#pin", pin)
        page.fill("#again", again)
        with page.expect_navigation():
            page.locator("form:has(#pin) button.main").click()
        if pin != again or pin == "123456":
            expect(page.get_by_role("alert")).to_be_visible()
            visitor.shot("41-join-wrong")
    page.wait_for_url("**/confirm")
    page.locator("a.button.main").click()
    visitor.shot("42-no-card")
    page.locator("a.button.main").click()
    page.fill("#number", "6299 9900 0000 0010")
    page.locator("form:has(#number) button.main").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.locator(".chip").click()
    visitor.shot("43-bind-card")
    page.locator("form:has(#number) button.main").click()
    page.wait_for_url("**/wallet/top-up**")
    expect(page.locator("#amount")).to_have_value("79.00")
    page.locator("form:has(#amount) button.main").click()
    page.wait_for_url("**/confirm")
    visitor.give_pin("305172")
    heading(page, PAID[screen.locale])
    assert balance(visitor) == 0
    visitor.shot("44-new-wallet")

    change_pin_and_cards(visitor)


def change_pin_and_cards(visitor: Visitor) -> None:
    """Another PIN by the old one, another by a code; then the card goes."""
    page = visitor.page
    page.locator("a[href='/wallet/pin']").click()
    visitor.shot("45-pin")
    for current, expected in (("999998", False), ("305172", True)):
        page.fill("#current", current)
        page.fill("#pin", "518293")
        page.fill("#again", "518293")
        with page.expect_navigation():
            page.locator("form:has(#pin) button.main").click()
        expect(page.locator(".note.good" if expected else ".wrong")).to_be_visible()
    visitor.go("/wallet/pin")
    page.locator("form[action='/wallet/pin/code'] button").click()
    page.fill("#code", page.locator(".sms b").inner_text())
    page.fill("#pin", "640315")
    page.fill("#again", "640315")
    visitor.shot("46-pin-by-code")
    with page.expect_navigation():
        page.locator("form:has(#pin) button.main").click()
    expect(page.locator(".note.good")).to_be_visible()
    visitor.go("/wallet/cards")
    visitor.shot("47-cards")
    page.locator("summary").click()
    page.locator("form[action='/wallet/cards/remove'] button").click()
    expect(page.locator(".note.good")).to_be_visible()
    expect(page.locator("summary")).to_have_count(0)
