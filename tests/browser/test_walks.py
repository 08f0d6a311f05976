"""People walk through the pages: from the shop to the cashier to the wallet to paid, and back to refunded."""

import re

import pytest
from playwright.sync_api import Page, expect

from milletpay.merchants import MerchantStatus, SetMerchantStatus
from tests.browser.conftest import DESK_EN, DESK_ZH, PHONE_EN, PHONE_ZH, NewVisitor, Screen, Visitor
from tests.browser.reading import read_code
from tests.browser.town import PEOPLE, Town

CASHIER = re.compile(r"/c/[\w-]{36}$")
PAID, CHECK = {"en-US": "Paid", "zh-CN": "付款成功"}, "svg.seal.good"


def heading(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def balance(visitor: Visitor) -> int:
    """What the wallet says is available, in fen."""
    visitor.go("/wallet")
    return int(re.sub(r"\D", "", visitor.page.locator(".purse .money").inner_text()))


@pytest.mark.parametrize("screen", [PHONE_ZH, PHONE_EN, DESK_ZH, DESK_EN], ids=lambda screen: screen.name)
def test_from_the_shop_to_paid_to_refunded(screen: Screen, new_visitor: NewVisitor, town: Town) -> None:
    visitor = new_visitor(screen)
    page = visitor.page
    visitor.go("/")
    visitor.shot("01-town")
    page.locator(".hero a.main").click()
    visitor.shot("02-shop")
    page.locator(".ware a").first.click()
    visitor.shot("03-good")
    page.locator("main form button").click()
    page.wait_for_url(CASHIER)
    visitor.shot("04-cashier")
    page.locator("a.button.main").click()
    visitor.shot("05-sign-in")
    visitor.sign_in(0)
    page.wait_for_url("**/confirm")
    visitor.shot("06-confirm")
    visitor.give_pin(PEOPLE[0][2])
    page.wait_for_url(CASHIER)
    heading(page, PAID[screen.locale])
    visitor.shot("07-paid")
    page.locator("a.button.main").click()
    page.wait_for_url("**/shop/orders/**")
    expect(page.locator(CHECK)).to_be_visible()
    visitor.shot("08-order")

    payment = town.newest_payment()
    before = balance(visitor)
    town.refund(payment, payment.amount.minor)
    assert balance(visitor) == before + payment.amount.minor
    expect(page.locator(".entry .money.in").first).to_contain_text("1,999.00")
    visitor.shot("09-wallet")
    page.goto(payment.return_url)
    expect(page.locator("dl.pairs")).to_contain_text("1,999.00")
    expect(page.locator(CHECK)).not_to_be_visible()
    visitor.shot("10-refunded")


def test_the_code_on_the_page_can_be_scanned(visitor: Visitor) -> None:
    path = visitor.order("band")
    picture = visitor.page.locator(".tile svg").screenshot()
    code = read_code(picture)
    assert code == visitor.town.base_url + path
    other = visitor.context.new_page()
    other.goto(code)
    expect(other.locator(".till")).to_be_visible()


def test_the_page_with_the_code_follows_the_phone_that_pays(new_visitor: NewVisitor) -> None:
    desk, phone = new_visitor(DESK_EN), new_visitor(PHONE_ZH)
    path = desk.order("rabbit")
    phone.go(f"{path}/confirm")
    phone.sign_in(3)
    phone.give_pin(PEOPLE[3][2])
    heading(phone.page, "付款成功")
    heading(desk.page, "Paid")
    assert desk.page.url.endswith(path)
    # Whoever has the link sees that it is paid, but not whose wallet paid.
    expect(desk.page.locator("main")).not_to_contain_text(PEOPLE[3][0])
    expect(phone.page.get_by_role("link", name="查看钱包")).to_be_visible()


def test_two_windows_a_refresh_and_the_back_button_pay_once(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in(4)
    page.wait_for_url("**/wallet")
    before = balance(visitor)
    path = visitor.order("earphones")
    other = visitor.context.new_page()
    for window in (page, other):
        window.goto(f"{visitor.town.base_url}{path}/confirm")
    visitor.give_pin(PEOPLE[4][2])
    heading(page, "Paid")
    # The other window has followed by itself.
    other.wait_for_url(CASHIER)
    heading(other, "Paid")
    page.reload()
    heading(page, "Paid")
    page.go_back()
    page.wait_for_url(CASHIER)
    visitor.go(f"{path}/confirm")
    page.wait_for_url(CASHIER)
    assert balance(visitor) == before - 99_00


def test_of_two_who_pay_at_once_one_is_told_that_nothing_was_taken(new_visitor: NewVisitor) -> None:
    first, second = new_visitor(DESK_EN), new_visitor(DESK_EN)
    second.sign_in(5)
    before = balance(second)
    path = first.order("rabbit")
    second.go(f"{path}/confirm")
    # The second one's page does not hear of it.
    second.page.evaluate("window.dispatchEvent(new Event('pagehide'))")
    first.go(f"{path}/confirm")
    first.sign_in(4)
    first.give_pin(PEOPLE[4][2])
    heading(first.page, "Paid")
    second.give_pin(PEOPLE[5][2])
    heading(second.page, "Paid")
    expect(second.page.locator(".note")).to_contain_text("You were not charged.")
    assert balance(second) == before


def test_pressing_twice_orders_and_pays_once(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in(4)
    before = balance(visitor)
    visitor.go("/shop/power-bank")
    page.locator("main form button").dblclick()
    page.wait_for_url(CASHIER)
    first = visitor.town.newest_payment().id
    page.locator("a.button.main").click()
    page.fill("#pin", PEOPLE[4][2])
    page.locator("form:has(#pin) button").dblclick()
    heading(page, "Paid")
    assert visitor.town.newest_payment().id == first
    assert balance(visitor) == before - 69_00


def test_all_of_it_works_without_scripts(new_visitor: NewVisitor) -> None:
    visitor = new_visitor(PHONE_EN, java_script_enabled=False)
    visitor.order("tv-box")
    visitor.page.locator("a.button.main").click()
    visitor.sign_in(5)
    visitor.give_pin(PEOPLE[5][2])
    heading(visitor.page, "Paid")
    visitor.page.locator("a[href^='/theme/']").click()
    expect(visitor.page.locator("html")).to_have_attribute("data-theme", "dark")


def test_what_is_lacking_can_be_topped_up_on_the_way(new_visitor: NewVisitor) -> None:
    visitor = new_visitor(PHONE_ZH)
    page = visitor.page
    visitor.order("power-bank")
    page.locator("a.button.main").click()
    visitor.sign_in(2)
    expect(page.get_by_role("alert")).to_contain_text("¥17.00")
    visitor.shot("20-lacks")
    page.get_by_role("link", name="去充值").click()
    expect(page.locator("#amount")).to_have_value("17.00")
    visitor.shot("21-top-up")
    page.locator("form:has(#amount) button.main").click()
    page.wait_for_url("**/confirm")
    visitor.give_pin(PEOPLE[2][2])
    heading(page, "付款成功")
    assert balance(visitor) == 0


def test_the_page_follows_the_merchant_and_the_clock(new_visitor: NewVisitor) -> None:
    visitor = new_visitor(DESK_ZH)
    visitor.order("band")
    expect(visitor.page.locator("[data-seconds-left] b")).to_have_text(re.compile(r"14:5\d"))
    visitor.town.cancel(visitor.town.newest_payment())
    heading(visitor.page, "订单已取消")
    visitor.shot("22-canceled")
    visitor.page.goto(visitor.town.short_payment(seconds=3))
    expect(visitor.page.locator(".till")).to_be_visible()
    heading(visitor.page, "付款时间已过")
    visitor.shot("23-expired")


def test_a_shop_that_was_shut_is_not_paid(new_visitor: NewVisitor) -> None:
    visitor = new_visitor(PHONE_ZH)
    shop = visitor.town.merchants[0]
    path = visitor.order("band")
    visitor.town.ask(SetMerchantStatus(id=shop, status=MerchantStatus.SUSPENDED))
    try:
        visitor.go(f"{path}/confirm")
        expect(visitor.page.get_by_role("alert")).to_have_text("商家暂时不能收款")
        expect(visitor.page.get_by_role("link", name="用钱包付款")).to_have_count(0)
        visitor.shot("31-shut")
    finally:
        visitor.town.ask(SetMerchantStatus(id=shop, status=MerchantStatus.ACTIVE))
    visitor.go(path)
    expect(visitor.page.get_by_role("link", name="用钱包付款")).to_be_visible()


def test_a_wrong_pin_says_so_and_five_lock(visitor: Visitor) -> None:
    page = visitor.page
    visitor.order("rabbit")
    page.locator("a.button.main").click()
    visitor.sign_in(6)
    for _ in range(4):
        visitor.give_pin("102938")
        expect(page.get_by_role("alert")).to_have_text("That is not the PIN. Try again.")
    visitor.give_pin("102938")
    expect(page.get_by_role("alert")).to_contain_text("Too many wrong tries. Try again after")
    visitor.shot("24-locked")
    visitor.give_pin(PEOPLE[6][2])
    expect(page.get_by_role("alert")).to_contain_text("Too many wrong tries")


def test_five_cards_of_others_lock_and_say_until_when(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go("/wallet")
    visitor.sign_in(5)
    visitor.go("/wallet/cards")
    for turn in range(6):
        page.fill("#number", "4111111111111111")
        with page.expect_navigation():
            page.locator("form:has(#number) button.main").click()
        said = (
            "We have no bank for this card." if turn < 5 else "Too many cards were not taken. Try again after"
        )
        expect(page.get_by_role("alert")).to_contain_text(said)
    visitor.shot("24-cards-locked")


def test_an_agreement_is_signed_and_ended(new_visitor: NewVisitor) -> None:
    visitor = new_visitor(PHONE_ZH)
    page, link = visitor.page, visitor.town.propose()
    page.goto(link)
    page.get_by_role("link", name="登录后签约").click()
    visitor.sign_in(1)
    visitor.shot("25-sign")
    visitor.give_pin(PEOPLE[1][2])
    heading(page, "签约成功")
    visitor.shot("26-signed")
    page.get_by_role("link", name="查看我的签约").click()
    visitor.shot("27-agreements")
    page.locator("summary").click()
    page.get_by_role("button", name="确认解约").click()
    expect(page.locator(".note")).to_have_text("已解约")
    page.goto(link)
    heading(page, "协议已终止")


def test_money_is_sent_and_withdrawn(new_visitor: NewVisitor) -> None:
    visitor = new_visitor(DESK_EN)
    page = visitor.page
    visitor.sign_in(4)
    before = balance(visitor)
    page.get_by_role("link", name="Send").click()
    page.fill("#to", PEOPLE[5][1])
    page.fill("#amount", "12.5")
    page.fill("#note", "午饭")
    page.get_by_role("button", name="Next").click()
    visitor.shot("28-send")
    expect(page.locator("dl.pairs")).to_contain_text("*一")
    visitor.give_pin(PEOPLE[4][2])
    expect(page.locator(".note")).to_have_text("Sent")
    assert balance(visitor) == before - 12_50
    page.get_by_role("link", name="Withdraw").click()
    page.fill("#amount", "100")
    visitor.shot("29-withdraw")
    visitor.give_pin(PEOPLE[4][2])
    heading(page, "Withdrawn")
    assert balance(visitor) == before - 112_50
    page.get_by_role("link", name="All", exact=True).click()
    expect(page.locator(".entry").first).to_contain_text("Withdrawal")
    visitor.shot("30-statement")


@pytest.mark.parametrize(
    ("scanned", "said"),
    [
        ("hello", "That is not a payment link."),
        ("https://qr.alipay.com/fkx0123", "That link leads elsewhere. We did not open it."),
    ],
)
def test_what_is_no_code_of_ours_is_not_opened(visitor: Visitor, scanned: str, said: str) -> None:
    visitor.sign_in(4)
    visitor.go("/wallet/scan")
    visitor.page.fill("#code", scanned)
    visitor.page.get_by_role("button", name="Continue").click()
    expect(visitor.page.get_by_role("alert")).to_have_text(said)


def test_a_pasted_link_opens_the_cashier(new_visitor: NewVisitor, visitor: Visitor) -> None:
    path = new_visitor().order("band")
    visitor.sign_in(4)
    visitor.go("/wallet/scan")
    visitor.page.fill("#code", f"{visitor.town.base_url}{path}?from=message")
    visitor.page.get_by_role("button", name="Continue").click()
    visitor.page.wait_for_url(f"**{path}")


def test_language_and_theme_are_kept(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go("/shop")
    page.get_by_role("link", name="中文").click()
    heading(page, "小米粒商城")
    page.get_by_title("切换深浅色").click()
    page.get_by_role("link", name="钱包").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.mark.parametrize("screen", [PHONE_ZH, DESK_EN], ids=lambda screen: screen.name)
def test_money_comes_by_a_transfer_from_any_bank(screen: Screen, new_visitor: NewVisitor) -> None:
    visitor = new_visitor(screen)
    page = visitor.page
    visitor.sign_in(5)
    before = balance(visitor)
    visitor.go("/wallet/top-up")
    page.locator("a[href='/wallet/bank-transfer']").click()
    page.wait_for_url("**/wallet/bank-transfer")
    remark = page.locator("dd strong").inner_text()
    assert page.locator("dd").first.inner_text() == ("谷仓银行" if screen is PHONE_ZH else "Granary")
    visitor.shot("60-bank-transfer")
    page.fill("#amount", "12.34")
    page.locator("form[action='/wallet/bank-transfer'] button").click()
    page.wait_for_url("**said=transferred")
    for _ in range(100):
        if balance(visitor) == before + 12_34:
            break
        page.wait_for_timeout(100)
    assert balance(visitor) == before + 12_34
    visitor.shot("61-transferred")
    visitor.go("/wallet/bank-transfer")
    assert page.locator("dd strong").inner_text() == remark, "it is the customer's for ever"
