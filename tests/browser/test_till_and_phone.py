"""Across the counter: what one page shows is read from its picture, and paid from the other page."""

from io import BytesIO

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import DESK_EN, DESK_ZH, PHONE_EN, PHONE_ZH, NewVisitor, Screen, Visitor
from tests.browser.counter import key_in, open_counter, open_till, result, scan
from tests.browser.test_payment_code_page import enroll, shown_code
from tests.browser.test_scanning import upload
from tests.browser.test_walks import CASHIER, CHECK
from tests.browser.town import PEOPLE, Town

PERSON = 3


@pytest.mark.parametrize(("desk", "hand"), [(DESK_ZH, PHONE_ZH), (DESK_EN, PHONE_EN)], ids=["zh", "en"])
def test_a_till_and_a_phone_read_each_others_screens(
    desk: Screen, hand: Screen, new_visitor: NewVisitor, town: Town
) -> None:
    counter = open_counter(town)
    till, phone = new_visitor(desk), new_visitor(hand)
    page = open_till(till, counter)
    enroll(phone, PERSON)

    # The till reads the phone's screen; the same picture pays once.
    code = shown_code(phone)
    key_in(page, "1250")
    scan(page, code)
    result(page, "paid")
    expect(phone.page.locator("[data-news]")).to_contain_text("12.50")
    page.keyboard.press("Enter")
    key_in(page, "300")
    scan(page, code)
    result(page, "declined")
    till.shot("till-8-used-code")
    page.keyboard.press("Enter")

    # Above the limit the till waits, and the phone asks for the PIN.
    key_in(page, "129900")
    scan(page, shown_code(phone))
    phone.page.wait_for_url("**/wallet/asked/*")
    expect(phone.page.locator("main")).to_contain_text("1,299.00")
    till.shot("till-8-asked")
    phone.give_pin(PEOPLE[PERSON][2])
    result(page, "paid")
    page.keyboard.press("Enter")

    # The phone reads the till's screen; who comes after it is told that it is paid.
    page.locator("[data-key='8']").click()
    page.locator("[data-charge-code]").click()
    page.wait_for_function("() => document.querySelector('[data-code]').naturalWidth > 0")
    screen = page.screenshot()
    (link,) = (code.text for code in zxingcpp.read_barcodes(Image.open(BytesIO(screen))))
    upload(phone, screen)
    assert phone.page.url == link
    store = "和平街店" if hand is PHONE_ZH else "Peace Street"
    expect(phone.page.locator(".order")).to_contain_text(store)
    phone.shot("till-8-cashier")
    other = new_visitor(hand)
    other.sign_in(PERSON - 1)
    other.page.goto(link)
    pay(phone, store)
    result(page, "paid")
    expect(other.page.locator(CHECK)).to_be_visible()
    other.shot("till-8-next-payer")
    page.keyboard.press("Enter")


def pay(phone: Visitor, store: str) -> None:
    phone.page.locator("a.button.main").click()
    expect(phone.page.locator("dl.pairs")).to_contain_text(store)
    phone.shot("till-8-confirm")
    phone.give_pin(PEOPLE[PERSON][2])
    phone.page.wait_for_url(CASHIER)
    expect(phone.page.locator(CHECK)).to_be_visible()
    expect(phone.page.locator("dl.pairs")).to_contain_text(store)
    phone.shot("till-8-paid")
