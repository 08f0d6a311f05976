"""A code plate as people meet it: read from the picture of its page, and paid from the wallet's."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK_EN, PHONE_EN, PHONE_ZH, NewVisitor, Screen, Visitor
from tests.browser.reading import read_code
from tests.browser.test_walks import CASHIER, balance, heading
from tests.browser.town import PEOPLE, Town

PAID = {"zh-CN": "付款成功", "en-US": "Paid"}


def path_of(town: Town) -> str:
    return urlsplit(town.house.links.plate(town.plate)).path


def read_picture(page: Page) -> str:
    """What a phone reads from the picture of a whole page."""
    return read_code(page.screenshot(full_page=True))


def pay(visitor: Visitor, amount: str, *, person: int) -> None:
    visitor.page.fill("#amount", amount)
    visitor.give_pin(PEOPLE[person][2])


@pytest.mark.parametrize("screen", [PHONE_ZH, PHONE_EN], ids=lambda screen: screen.name)
def test_the_plate_is_read_from_its_picture_and_paid_from_the_wallet(
    screen: Screen, new_visitor: NewVisitor, town: Town
) -> None:
    shop, phone = new_visitor(DESK_EN), new_visitor(screen)
    shop.go(f"{path_of(town)}/print")
    shop.shot("40-plate-print")
    scanned = read_picture(shop.page)
    assert scanned == town.house.links.plate(town.plate)

    phone.sign_in(3)
    before = balance(phone)
    phone.go("/wallet/scan")
    phone.page.fill("#code", scanned)
    phone.page.locator("form:has(#code) button").click()
    phone.page.wait_for_url("**/p/*")
    expect(phone.page.locator("main")).to_contain_text("河畔店" if screen is PHONE_ZH else "Riverside Store")
    phone.shot("41-plate")
    pay(phone, "12.50", person=3)
    phone.page.wait_for_url(CASHIER)
    heading(phone.page, PAID[screen.locale])
    phone.shot("42-plate-paid")
    assert balance(phone) == before - 12_50
    payment = town.newest_payment()
    assert (payment.plate, payment.amount.minor, payment.store) == (town.plate, 12_50, town.merchants[0])


def test_a_stranger_sees_whom_it_pays_and_signs_in_first(new_visitor: NewVisitor, town: Town) -> None:
    phone = new_visitor(PHONE_EN)
    phone.go(path_of(town))
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("Millet Shop")
    phone.shot("43-plate-stranger")
    phone.page.locator("a.button.main").click()
    phone.sign_in(4)
    phone.page.wait_for_url("**/p/*")
    pay(phone, "0", person=4)
    expect(phone.page.locator(".wrong")).to_have_text("Enter an amount such as 12.50.")
    phone.page.fill("#amount", "3")
    phone.give_pin("102938")
    expect(phone.page.locator(".wrong")).to_contain_text("That is not the PIN")
    assert phone.page.input_value("#amount") == "3"
    phone.give_pin(PEOPLE[4][2])
    heading(phone.page, "Paid")
    phone.go(path_of(town))
    pay(phone, "500", person=4)
    expect(phone.page.locator(".note.bad")).to_contain_text("500 yuan a day")
    phone.shot("44-plate-limit")


def test_a_card_pays_at_a_plate(new_visitor: NewVisitor, town: Town) -> None:
    phone = new_visitor(PHONE_ZH)
    phone.sign_in(2)
    before = balance(phone)
    phone.go(path_of(town))
    phone.page.locator("label.choice", has_text="尾号").click()
    phone.page.fill("#amount", "9.90")
    phone.shot("47-plate-by-card")
    pay(phone, "9.90", person=2)
    heading(phone.page, PAID["zh-CN"])
    assert balance(phone) == before
    payment = town.newest_payment()
    assert (payment.plate, payment.amount.minor) == (town.plate, 9_90)
    assert payment.card is not None


def test_the_same_page_sent_twice_pays_once(new_visitor: NewVisitor, town: Town) -> None:
    phone = new_visitor(PHONE_EN)
    phone.sign_in(5)
    before = balance(phone)
    phone.go(path_of(town))
    key = phone.page.input_value("input[name=order]")
    pay(phone, "7", person=5)
    heading(phone.page, "Paid")
    first = phone.page.url
    phone.go(path_of(town))
    phone.page.evaluate(f"document.querySelector('input[name=order]').value = '{key}'")
    pay(phone, "7", person=5)
    heading(phone.page, "Paid")
    assert phone.page.url == first
    assert balance(phone) == before - 7_00


def test_an_altered_code_and_a_revoked_plate_are_refused_in_words(
    new_visitor: NewVisitor, town: Town
) -> None:
    phone = new_visitor(PHONE_ZH)
    path = path_of(town)
    altered = path[:-1] + ("A" if path[-1] != "A" else "B")
    phone.go(altered)
    heading(phone.page, "收款码无效")
    phone.shot("45-plate-altered")
    phone.sign_in(3)
    phone.go("/wallet/scan")
    phone.page.fill("#code", town.base_url + altered)
    phone.page.locator("form:has(#code) button").click()
    expect(phone.page.locator(".wrong")).to_contain_text("不完整或无效")
    phone.go(path)
    phone.page.fill("#amount", "5")
    town.revoke_plate()
    phone.give_pin(PEOPLE[3][2])
    expect(phone.page.locator(".note.bad")).to_contain_text("未扣款")
    phone.shot("46-plate-revoked")
