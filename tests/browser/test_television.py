"""A television is taken, orders, is paid by a phone that reads its screen, sleeps, wakes, and gives back."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from milletpay.customers import Allowance, AllowDevice, CustomerId, Device, devices_of
from milletpay.entitlements import GRANTING, Granting, Offer, OfferId, add_offer
from milletpay.ledger.chart import Mode
from milletpay.merchants import Names
from milletpay.money import Currency, Money
from milletpay.payments import PAYMENT_ID, find_payment
from milletpay.plumbing.outbox import Relay
from tests.browser.conftest import PHONE_EN, PHONE_ZH, NewVisitor, Screen, Visitor
from tests.browser.reading import read_code
from tests.browser.town import PEOPLE, Town

TV_ZH = Screen("tv-1920-zh", 1920, 1080, "dark", "zh-CN")
TV_EN = Screen("tv-1920-en", 1920, 1080, "dark", "en-US")
FILMS = (("The Long River", "长河", 12_00, None), ("Owls of the North", "北方的猫头鹰", 8_00, 3))


@pytest.fixture(scope="module")
def films(town: Town) -> None:
    """What a merchant of the town sells for televisions."""
    ids = [OfferId(town.house.ids.next()) for _ in FILMS]

    async def make() -> None:
        async with town.house.database.transaction() as connection:
            for id, (en, zh, amount, days) in zip(ids, FILMS, strict=True):
                offer = Offer(
                    id=id,
                    merchant=town.merchants[2],
                    mode=Mode.TEST,
                    content=en,
                    names=Names(en=en, zh=zh),
                    amount=Money(amount, Currency.CNY),
                    days=days,
                    created_at=town.house.clock.now_ns(),
                )
                await add_offer(connection, offer=offer)

    town.do(make())


def deliver(town: Town) -> None:
    """What the worker does: bring the news of payments to whoever grants what they bought."""

    async def relay() -> None:
        granting = Relay(
            database=town.house.database,
            consumer=GRANTING,
            handler=Granting(clock=town.house.clock).hear,
            clock=town.house.clock,
        )
        await granting.register()
        delivered = 1
        while delivered:
            delivered = await granting.deliver()

    town.do(relay())


def read_screen(visitor: Visitor) -> str:
    """What a phone reads from the whole screen, as it is."""
    return read_code(visitor.page.screenshot())


def pair(television: Visitor, phone: Visitor, person: int) -> None:
    """The phone reads the screen and takes the television."""
    television.go("/tv")
    phone.page.goto(read_screen(television))
    phone.sign_in(person)
    phone.give_pin(PEOPLE[person][2])
    television.page.wait_for_selector(".tv-shelf")


def walk_the_shelf(television: Visitor) -> None:
    """The arrows go to what is there: at the end of a row to nothing, and up to what is in the corner."""
    page = television.page
    first, last, corner = (
        page.locator(one) for one in (".tv-card >> nth=0", ".tv-card >> nth=1", ".tv-top a >> nth=-1")
    )
    for key, there in (
        ("ArrowRight", last),
        ("ArrowRight", last),
        ("ArrowUp", corner),
        ("ArrowDown", last),
        ("ArrowLeft", first),
        ("ArrowLeft", first),
    ):
        page.keyboard.press(key)
        expect(there).to_be_focused()


@pytest.mark.usefixtures("films")
@pytest.mark.parametrize(("screen", "small"), [(TV_ZH, PHONE_ZH), (TV_EN, PHONE_EN)], ids=["zh", "en"])
def test_from_the_sofa(screen: Screen, small: Screen, new_visitor: NewVisitor, town: Town) -> None:
    television, phone = new_visitor(screen), new_visitor(small)
    person = 0 if screen is TV_ZH else 5
    television.go("/tv")
    television.shot("60-pair")
    pair(television, phone, person)
    phone.shot("61-my-devices")
    page = television.page
    walk_the_shelf(television)
    television.shot("62-shelf")
    phone.go("/wallet")
    expect(phone.page.locator(".asked")).to_have_count(0)
    page.keyboard.press("Enter")
    page.wait_for_url("**/tv/orders/*")
    television.shot("63-code")
    # Nobody touches the phone: what the television asks for comes by itself, and goes again once it is paid.
    expect(phone.page.locator(".asked")).to_have_count(1)
    phone.shot("64-asked")
    lies_open = phone.context.new_page()
    lies_open.goto(f"{town.base_url}/wallet")
    expect(lies_open.locator(".asked")).to_have_count(1)
    order = page.url

    # It sleeps and wakes in the middle, and the viewer goes back and asks again: the same order.
    page.goto("about:blank")
    page.goto(order)
    page.keyboard.press("Escape")
    page.wait_for_selector(".tv-shelf")
    page.keyboard.press("Enter")
    page.wait_for_url(order)

    phone.page.goto(read_screen(television))
    phone.page.locator("a.button.main").click()
    phone.give_pin(PEOPLE[person][2])
    expect(page.locator("svg.seal.good")).to_be_visible()
    assert page.url == order
    television.shot("65-paid")
    expect(lies_open.locator(".asked")).to_have_count(0)
    page.reload()
    expect(page.locator("svg.seal.good")).to_be_visible()
    deliver(town)
    page.keyboard.press("Enter")
    expect(page.locator(".tv-card.owned")).to_have_count(1)
    television.shot("66-owned")

    payment = town.do(paid(town, order))
    town.refund(payment, payment.amount.minor)
    deliver(town)
    # Nobody touches the television: it sees for itself that the film is gone.
    expect(page.locator(".tv-card.owned")).to_have_count(0)
    page.goto(order)
    expect(page.locator("svg.seal.still")).to_be_visible()
    television.shot("67-refunded")


async def paid(town: Town, order: str) -> Any:
    """The payment of the order that a screen shows."""
    async with town.house.database.connection() as connection:
        return await find_payment(connection, id=PAYMENT_ID.read(order.rpartition("/")[2]))


def device_of(town: Town, customer: CustomerId) -> Device:
    async def look() -> Device:
        async with town.house.database.connection() as connection:
            (device,) = await devices_of(connection, customer=customer, most=2)
        return device

    found: Device = town.do(look())
    return found


def allowance_of(town: Town, customer: CustomerId) -> Allowance:
    return device_of(town, customer).allowance


def allow_over_api(town: Town, customer: CustomerId, *, categories: set[int]) -> None:
    """Give the command that the API gives."""
    allowance = Allowance(day=Money(90_00, Currency.CNY), categories=frozenset(categories))
    town.ask(AllowDevice(id=device_of(town, customer).id, customer=customer, allowance=allowance))


@pytest.mark.usefixtures("films")
def test_the_code_can_be_typed_and_a_retired_television_is_nobodys(
    new_visitor: NewVisitor, town: Town
) -> None:
    television, phone = new_visitor(TV_EN), new_visitor(PHONE_EN)
    television.go("/tv")
    phone.sign_in(3)
    phone.go("/wallet/devices")
    phone.page.fill("#code", "BBBB-BBBB")
    phone.page.fill("#pin", PEOPLE[3][2])
    phone.page.locator("form:has(#code) button").click()
    expect(phone.page.get_by_role("alert")).to_contain_text("No device shows this code")
    phone.page.fill("#code", television.page.locator(".tv-code").inner_text())
    phone.page.fill("#pin", PEOPLE[3][2])
    phone.page.locator("form:has(#code) button").click()
    television.page.wait_for_selector(".tv-shelf")
    allow_over_api(town, town.people[3], categories={9399})
    phone.page.reload()
    phone.page.locator("summary", has_text="Change what may be bought").click()
    phone.page.fill("[name=each]", "10")
    phone.page.get_by_label("Media").check()
    phone.shot("68-allowance-form")
    phone.page.fill("[name=pin] >> nth=0", PEOPLE[3][2])
    phone.page.get_by_role("button", name="Save").click()
    expect(phone.page.locator("dl.pairs")).to_contain_text("10.00")
    phone.shot("68-allowance")
    # What only the API had named is kept, and what is not typed again too.
    assert allowance_of(town, town.people[3]) == Allowance(
        each=Money(10_00, Currency.CNY), day=Money(90_00, Currency.CNY), categories=frozenset({9399, 5815})
    )
    television.page.get_by_role("button", name=re.compile("The Long River")).click()
    expect(television.page.get_by_role("heading", level=1)).to_have_text("That cannot be bought")
    television.shot("69-not-allowed")
    phone.page.locator("summary", has_text="Retire").click()
    phone.page.get_by_role("button", name="Retire it").click()
    television.go("/tv")
    expect(television.page.locator(".tv-code")).to_be_visible()
