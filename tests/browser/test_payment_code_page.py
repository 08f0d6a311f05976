"""The payment code as people meet it: read off the screen by a till, asked about, without a network."""

import http.client
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from milletpay.identity import CredentialKind, KeyId, create_key
from milletpay.ledger.chart import Mode
from milletpay.merchants import STORE_ID, StoreId
from milletpay.plumbing.ids import system_entropy
from tests.browser.conftest import DESK_ZH, PHONE_EN, PHONE_ZH, NewVisitor, Screen, Visitor
from tests.browser.reading import read_codes
from tests.browser.test_everybody_can_use_it import serious
from tests.browser.town import PEOPLE, Town

PERSON = 5
PAID = {"zh-CN": "已付款给小米粒商城", "en-US": "Paid to Millet Shop"}


class Till:
    """A till of the shop, with its key."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._key = town.do(self._make())

    async def _make(self) -> str:
        house = self._town.house
        async with house.database.transaction() as connection:
            made = await create_key(
                connection,
                id=KeyId(house.ids.next()),
                merchant=self._town.merchants[0],
                mode=Mode.TEST,
                kind=CredentialKind.SECRET_KEY,
                name="till",
                now=house.clock.now_ns(),
                entropy=system_entropy,
            )
        return made.secret.reveal()

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection(self._town.base_url.removeprefix("http://"), timeout=20)
        number = next(self._town.references)
        headers = {"authorization": f"Bearer {self._key}", "idempotency-key": f"page-{number}"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer

    def sell(self, code: str, amount: int) -> Any:
        reference = f"page-{next(self._town.references)}"
        store = STORE_ID.write(StoreId(self._town.merchants[0]))
        asked = {"amount": amount, "currency": "CNY", "reference": reference, "store": store}
        return self._ask("POST", "/v1/payments", asked | {"payer": {"payment_code": code}})

    def look(self, payment: str) -> Any:
        return self._ask("GET", f"/v1/payments/{payment}")


@pytest.fixture(scope="module")
def till(town: Town) -> Till:
    return Till(town)


def read_screen(visitor: Visitor) -> dict[str, str]:
    """What scanners read from the picture of the screen, by kind of code."""
    return read_codes(visitor.page.screenshot(full_page=True))


def shown_code(visitor: Visitor) -> str:
    """The digits, from the screen; the bars and the square say the same."""
    expect(visitor.page.locator(".bars svg")).to_be_visible()
    read = read_screen(visitor)
    assert len(set(read.values())) == 1, read
    assert set(read) == {"Code128", "QRCode"}
    return read["Code128"]


def enroll(visitor: Visitor, person: int = PERSON) -> None:
    visitor.sign_in(person)
    visitor.go("/wallet/code")
    visitor.page.fill("#pin", PEOPLE[person][2])
    visitor.page.locator("[data-enroll] button").click()
    expect(visitor.page.locator(".bars svg")).to_be_visible()


@pytest.mark.parametrize("screen", [PHONE_ZH, PHONE_EN], ids=lambda screen: screen.name)
def test_the_code_on_the_screen_pays_and_the_next_one_is_there(
    screen: Screen, new_visitor: NewVisitor, till: Till
) -> None:
    phone = new_visitor(screen)
    page = phone.page
    phone.sign_in(PERSON)
    # One and the same step from here on: nothing turns between two looks.
    page.clock.set_fixed_time(datetime.now(UTC))
    phone.go("/wallet/code")
    phone.shot("60-code-enroll")
    page.fill("#pin", "111222")
    page.locator("[data-enroll] button").click()
    expect(
        page.get_by_role("alert").filter(has_text="PIN" if screen is PHONE_EN else "密码错误")
    ).to_be_visible()
    page.fill("#pin", PEOPLE[PERSON][2])
    page.locator("[data-enroll] button").click()
    code = shown_code(phone)
    assert len(code) == 18
    assert code.startswith("72")
    assert not serious(phone)
    phone.shot("61-code")
    masked = page.locator("[data-digits-shown]")
    expect(masked).to_have_text(f"{code[:4]} •••• •••• •••• ••")
    page.locator("[data-reveal]").click()
    expect(masked).to_have_text(f"{code[:4]} {code[4:8]} {code[8:12]} {code[12:16]} {code[16:]}")
    phone.shot("62-code-digits")
    assert till.sell(code, 12_50)["status"] == "succeeded"
    expect(page.locator("[data-news]")).to_contain_text(PAID[screen.locale])
    expect(page.locator("[data-news]")).to_contain_text("12.50")
    assert shown_code(phone) != code
    phone.shot("63-code-paid")


@pytest.mark.parametrize("screen", [PHONE_ZH, PHONE_EN], ids=lambda screen: screen.name)
def test_above_the_limit_the_phone_asks_and_the_pin_pays(
    screen: Screen, new_visitor: NewVisitor, till: Till
) -> None:
    phone = new_visitor(screen)
    page = phone.page
    enroll(phone)
    sold = till.sell(shown_code(phone), 1_299_00)
    assert sold["status"] == "processing"
    page.wait_for_url(f"**/wallet/asked/{sold['id']}")
    expect(page.locator("main")).to_contain_text("1,299.00")
    expect(page.locator("main")).to_contain_text("河畔店" if screen is PHONE_ZH else "Riverside Store")
    assert not serious(phone)
    phone.shot("64-asked")
    phone.give_pin(PEOPLE[PERSON][2])
    page.wait_for_url("**/wallet/code")
    expect(page.locator("[data-news]")).to_contain_text(PAID[screen.locale])
    phone.shot("65-asked-paid")
    assert till.look(sold["id"])["status"] == "succeeded"
    assert till.sell(shown_code(phone), 1_00)["status"] == "succeeded"


def test_a_no_is_told_to_the_till_and_another_page_of_the_wallet_asks_too(
    new_visitor: NewVisitor, till: Till
) -> None:
    phone = new_visitor(PHONE_EN)
    enroll(phone)
    code = shown_code(phone)
    phone.go("/wallet")
    sold = till.sell(code, 1_300_00)
    phone.page.wait_for_url(f"**/wallet/asked/{sold['id']}")
    phone.page.go_back()
    expect(phone.page.locator(".asked")).to_contain_text("1,300.00")
    phone.shot("66-wallet-asked")
    phone.page.locator(".asked a").click()
    phone.page.get_by_role("button", name="Do not pay").click()
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("You have said no")
    phone.shot("67-asked-no")
    found = till.look(sold["id"])
    assert (found["status"], found["decline_code"]) == ("failed", "declined_by_customer")


def test_codes_go_on_without_a_network_and_each_press_gives_another(
    new_visitor: NewVisitor, till: Till
) -> None:
    phone = new_visitor(PHONE_ZH)
    enroll(phone)
    # It has begun to listen: what was over before that is no news to it.
    phone.page.wait_for_function("() => sessionStorage.getItem('millet-told') !== null")
    phone.context.set_offline(True)
    expect(phone.page.locator("[data-offline]")).to_be_visible()
    codes = [shown_code(phone)]
    phone.page.locator("[data-refresh]").click()
    expect(phone.page.locator(".bars svg")).to_be_visible()
    codes.append(shown_code(phone))
    assert len(set(codes)) == 2
    phone.shot("68-code-offline")
    assert [till.sell(code, 1_00)["status"] for code in codes] == ["succeeded"] * 2
    phone.context.set_offline(False)
    expect(phone.page.locator("[data-news]")).to_contain_text("1.00")


def test_a_code_waits_for_no_answer_of_the_server(
    new_visitor: NewVisitor, record_property: Callable[[str, object], None]
) -> None:
    """How soon it was there, in milliseconds from the wish for the page, stands in the report."""
    phone = new_visitor(PHONE_ZH)
    enroll(phone)
    waiting: list[Route] = []
    phone.page.route(
        lambda _: True,
        lambda route: waiting.append(route) if route.request.resource_type == "fetch" else route.continue_(),
    )
    phone.go("/wallet/code")
    shown_code(phone)
    assert waiting, "it asks for aliases, and nobody has answered"
    shown = phone.page.evaluate("performance.getEntriesByName('payment-code')[0].startTime")
    record_property("code_shown_ms", round(shown))
    for route in waiting:
        route.abort()


def test_a_lost_phone_shows_nothing_that_is_worth_anything(new_visitor: NewVisitor, till: Till) -> None:
    phone, other = new_visitor(PHONE_EN), new_visitor(DESK_ZH)
    enroll(phone)
    code = shown_code(phone)
    phone.go("/wallet/devices")
    expect(phone.page.locator("[data-this]:visible")).to_have_count(1)
    phone.shot("69-devices")
    other.sign_in(PERSON)
    other.go("/wallet/devices")
    other.page.locator("summary", has_text="手机丢失").first.click()
    other.shot("70-devices-lost")
    other.page.get_by_role("button", name="确认停用").first.click()
    expect(other.page.locator(".note.good")).to_be_visible()
    assert till.sell(code, 1_00)["decline_code"] == "payment_code_invalid"
    phone.go("/wallet/code")
    expect(phone.page.locator("[data-state=enroll]")).to_be_visible()


def test_how_much_goes_without_asking_is_set_with_the_pin(new_visitor: NewVisitor, till: Till) -> None:
    phone = new_visitor(PHONE_ZH)
    enroll(phone, 3)
    phone.go("/wallet/code/rules")
    phone.shot("71-rules")
    phone.page.get_by_label("每次都验证密码").check()
    phone.give_pin(PEOPLE[3][2])
    expect(phone.page.locator(".note.good")).to_be_visible()
    expect(phone.page.get_by_label("每次都验证密码")).to_be_checked()
    phone.go("/wallet/code")
    assert till.sell(shown_code(phone), 1)["status"] == "processing"
    phone.page.wait_for_url("**/wallet/asked/**")


def test_the_key_cannot_be_read_out_of_the_browser(new_visitor: NewVisitor) -> None:
    phone = new_visitor(PHONE_EN)
    enroll(phone)
    kept = phone.page.evaluate(
        """async () => {
            const here = document.querySelector("script[src$='/code.js']").src;
            const [phone] = await (await import(here.replace("code.js", "phone_store.js"))).all();
            const exported = await crypto.subtle.exportKey("raw", phone.key).catch((error) => error.name);
            return { exported, extractable: phone.key.extractable, uses: phone.key.usages };
        }"""
    )
    assert kept == {"exported": "InvalidAccessError", "extractable": False, "uses": ["sign"]}
