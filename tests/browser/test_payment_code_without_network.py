"""The payment code's page without a network: it opens, shows what a till takes, and goes with its owner."""

import pytest
from playwright.sync_api import Error, expect

from tests.browser.conftest import PHONE_EN, PHONE_ZH, NewVisitor, Visitor, wait_until
from tests.browser.test_payment_code_page import Till, enroll, shown_code
from tests.browser.town import Town

KEPT = """async () => {
    const worker = await navigator.serviceWorker.getRegistration("/wallet/code");
    if (worker?.active?.state !== "activated") return false;
    return Boolean(await caches.match("/wallet/code", { ignoreVary: true }));
}"""
ALL_KEPT = """async () => {
    const kept = (await caches.keys()).map(async (name) => (await caches.open(name)).keys());
    return (await Promise.all(kept)).flat().map((request) => new URL(request.url).pathname);
}"""


@pytest.fixture(scope="module")
def till(town: Town) -> Till:
    return Till(town)


def kept(visitor: Visitor) -> None:
    wait_until(visitor.page, KEPT)


def test_the_page_opens_without_a_network_and_its_code_pays_and_no_other_does(
    new_visitor: NewVisitor, till: Till
) -> None:
    phone = new_visitor(PHONE_ZH)
    enroll(phone)
    kept(phone)
    phone.context.set_offline(True)
    phone.go("/wallet/code")
    code = shown_code(phone)
    expect(phone.page.locator("[data-offline]")).to_be_visible()
    expect(phone.page).to_have_title("付款码 · MilletPay")
    phone.shot("72-code-opened-offline")
    sold = till.sell(code, 3_00)
    assert sold["status"] == "succeeded", sold
    paths = phone.page.evaluate(ALL_KEPT)
    assert paths.count("/wallet/code") == 1
    assert all(path == "/wallet/code" or path.startswith("/static/") for path in paths), paths
    for path in ("/wallet", "/wallet/code/rules"):
        with pytest.raises(Error, match=r"net::ERR_"):
            phone.go(path)


def test_whoever_signs_out_shows_no_code(new_visitor: NewVisitor) -> None:
    phone = new_visitor(PHONE_EN)
    enroll(phone)
    kept(phone)
    phone.go("/wallet")
    with phone.page.expect_navigation():
        phone.page.get_by_role("button", name="Sign out").click()
    assert phone.page.evaluate(ALL_KEPT) == []
    phone.context.set_offline(True)
    with pytest.raises(Error, match=r"net::ERR_"):
        phone.go("/wallet/code")


def test_a_session_that_ended_elsewhere_takes_the_page_along(new_visitor: NewVisitor) -> None:
    phone = new_visitor(PHONE_EN)
    enroll(phone)
    kept(phone)
    phone.context.clear_cookies(name="millet-session")
    phone.go("/wallet/code")
    phone.page.wait_for_url("**/wallet/sign-in**")
    wait_until(phone.page, f"async () => !(await ({ALL_KEPT})()).includes('/wallet/code')")
