"""Pages for everybody: nothing serious in the eyes of axe, in either theme; a walk by keyboard alone."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import expect

from tests.browser.conftest import DESK_EN, DESK_ZH, PHONE_EN, NewVisitor, Screen, Visitor
from tests.browser.town import PEOPLE

OPEN = ("/", "/shop", "/shop/phone", "/wallet/sign-in", "/nowhere")
OWN = (
    "/wallet",
    "/wallet/entries",
    "/wallet/top-up",
    "/wallet/withdraw",
    "/wallet/send",
    "/wallet/scan",
    "/wallet/code",
    "/wallet/code/rules",
    "/wallet/devices",
    "/wallet/agreements",
    "/wallet/subscriptions",
    "/wallet/cards",
    "/wallet/pin",
)


BROKEN_RULES = {"resultTypes": ["violations"]}
TURNED = """() => Promise.allSettled(
    document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished)
)"""
COLORS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


def serious(visitor: Visitor, options: dict[str, Any] = BROKEN_RULES) -> list[str]:
    found = Axe().run(visitor.page, options=options).response["violations"]
    return [
        f"{visitor.page.url}: {one['help']}: {[node['html'] for node in one['nodes']]}"
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]


def in_both_themes(visitor: Visitor) -> list[str]:
    """What a page looks like in the other theme differs in nothing but its colors."""
    findings = serious(visitor)
    visitor.page.emulate_media(color_scheme="light" if visitor.screen.theme == "dark" else "dark")
    visitor.page.evaluate(TURNED)
    findings += serious(visitor, BROKEN_RULES | COLORS)
    visitor.page.emulate_media(color_scheme=visitor.screen.theme)
    return findings


@pytest.mark.parametrize("screen", [PHONE_EN, DESK_ZH], ids=lambda screen: screen.name)
def test_nothing_stands_in_anybodys_way(screen: Screen, new_visitor: NewVisitor) -> None:
    visitor = new_visitor(screen)
    findings = []
    for path in OPEN:
        visitor.go(path)
        findings += in_both_themes(visitor)
    cashier = visitor.order("band")
    findings += in_both_themes(visitor)
    plate = f"/p/{visitor.town.house.links.plate(visitor.town.plate).rpartition('/')[2]}"
    for path in (plate, f"{plate}/print", f"{plate[:-1]}"):
        visitor.go(path)
        findings += in_both_themes(visitor)
    visitor.page.goto(visitor.town.propose())
    findings += in_both_themes(visitor)
    visitor.sign_in(4)
    for path in (*OWN, plate, f"{cashier}/confirm"):
        visitor.go(path)
        findings += in_both_themes(visitor)
    visitor.give_pin("102938")
    findings += in_both_themes(visitor)
    visitor.give_pin(PEOPLE[4][2])
    findings += in_both_themes(visitor)
    assert not findings, "\n".join(findings)


def test_a_payment_by_keyboard_alone(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go("/shop/rabbit")

    def tab_to(words: str) -> None:
        for _ in range(30):
            page.keyboard.press("Tab")
            focused = page.evaluate("document.activeElement.textContent.trim()")
            if words in focused:
                return
        raise AssertionError(f"no way to {words!r} by keyboard on {page.url}")

    tab_to("Skip to content")
    tab_to("Buy now")
    page.keyboard.press("Enter")
    page.wait_for_url("**/c/*")
    tab_to("Pay with the wallet")
    page.keyboard.press("Enter")
    page.wait_for_url("**/wallet/sign-in**")
    page.keyboard.type(PEOPLE[4][1])
    page.keyboard.press("Enter")
    expect(page.locator("#code")).to_be_focused()
    page.keyboard.type(page.locator(".sms b").inner_text())
    page.keyboard.press("Enter")
    page.wait_for_url("**/confirm")
    expect(page.locator("#pin")).to_be_focused()
    page.keyboard.type(PEOPLE[4][2])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Paid")


@pytest.mark.parametrize(("screen", "path"), [(DESK_EN, "/shop"), (PHONE_EN, "/docs"), (DESK_ZH, "/shop")])
def test_an_apostrophe_is_no_gap(screen: Screen, path: str, new_visitor: NewVisitor) -> None:
    """Also where the page's font is a Chinese one, in which it is as wide as a character."""
    visitor = new_visitor(screen)
    visitor.go(path)
    width = visitor.page.evaluate(
        """() => {
            const said = document.createElement("span");
            said.style.fontSize = "100px";
            said.style.fontFamily = "'Noto Sans CJK SC', 'Noto Sans SC', sans-serif";
            said.textContent = "\u2019";
            (document.querySelector("main") ?? document.body).append(said);
            return said.getBoundingClientRect().width;
        }"""
    )
    assert (width < 50) is (screen.locale == "en-US"), width
