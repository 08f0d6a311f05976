"""Every page on the narrowest screen, in both languages: no wider than it, with a title and one heading."""

import re

import pytest

from milletpay.apps.web.application import page_tables
from milletpay.apps.web.backing import make_backing
from tests.browser.conftest import NewVisitor, Screen, Visitor
from tests.browser.town import PEOPLE, Town

PERSON = 4
NARROW = (
    Screen("narrow-zh", 320, 640, "light", "zh-CN"),
    Screen("narrow-en", 320, 640, "dark", "en-US"),
)
"""A desk of 1280 that is enlarged four times is as narrow."""

ELSEWHERE = {
    "/wallet/code/worker.js": "is a script",
    "/wallet/asked/{payment}": "test_payment_code_page",
    "/wallet/withdrawals/{movement}": "is as a top-up's",
    "/wallet/send/confirm": "test_walks",
    "/pair/{token}": "test_television",
    "/tv/orders/{payment}": "test_television",
}
"""Rows whose pages are not walked over here, and why."""

LOOK = """() => {
    const root = document.documentElement;
    const fields = [...document.querySelectorAll("input:not([type=hidden]), select, textarea")];
    return {
        wide: root.scrollWidth - root.clientWidth,
        lang: root.lang,
        title: document.title,
        headings: document.querySelectorAll("h1").length,
        nameless: fields.filter((one) => !one.labels?.length && !one.ariaLabel).map((one) => one.outerHTML),
        dangling: ["aria-describedby", "aria-labelledby"]
            .flatMap((by) => [...document.querySelectorAll(`[${by}]`)].map((one) => one.getAttribute(by)))
            .filter((id) => !document.getElementById(id)),
    };
}"""


def rows_of(town: Town) -> set[str]:
    """The pages that there are, but the till's, which is walked over by tests of its own."""
    (_, pages) = page_tables(make_backing(town.house, demo_file=None))
    return {
        route.path
        for route in pages.routes
        if route.method == "GET" and route.answers.get(200) is bytes and not route.path.startswith("/till")
    }


class Walk:
    """Looks at pages one after the other, and remembers what is wrong with them."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.seen: set[str] = set()
        self.wrong: list[str] = []

    def look(self, row: str, path: str = "") -> None:
        """At the page of a row, or at where the visitor stands when that is it already."""
        visitor = self.visitor
        if path:
            visitor.go(path.removeprefix(visitor.town.base_url))
        found = visitor.page.evaluate(LOOK)
        assert re.search(re.sub(r"\{\w+\}", "[^/]+", row), visitor.page.url), (row, visitor.page.url)
        self.seen.add(row)
        expected = visitor.screen.locale.removesuffix("-US")
        good = {"wide": 0, "lang": expected, "headings": 1, "nameless": [], "dangling": []}
        wrong = {name: found[name] for name, value in good.items() if found[name] != value}
        if wrong or not found["title"].endswith(" · MilletPay") or len(found["title"]) < 12:
            self.wrong.append(f"{visitor.page.url}: {wrong} {found['title']}")

    def send(self, form: str, **fields: str) -> None:
        """Fill in a form and send it."""
        for name, value in fields.items():
            self.visitor.page.fill(f"#{name}", value)
        with self.visitor.page.expect_navigation():
            self.visitor.page.locator(f"form[action='{form}'] button:not([type=button])").first.click()


def walk_as_a_stranger(walk: Walk) -> str:
    """What is open to everybody; gives the path of a cashier page."""
    visitor = walk.visitor
    for path in ("/", "/shop", "/tv", "/wallet/sign-in"):
        walk.look(path, path)
    walk.send("/wallet/sign-in", phone="12")
    walk.look("/wallet/sign-in")
    walk.look("/shop/{slug}", "/shop/rabbit")
    cashier = visitor.order("band")
    walk.look("/c/{token}")
    order = visitor.page.locator("a[href*='/shop/orders/']").first.get_attribute("href") or ""
    walk.look("/shop/orders/{order}", order)
    plate = f"/p/{visitor.town.house.links.plate(visitor.town.plate).rpartition('/')[2]}"
    walk.look("/p/{token}", plate)
    walk.look("/p/{token}/print", f"{plate}/print")
    walk.look("/sign/{token}", visitor.town.propose())
    walk.look("/nowhere", "/nowhere")
    return cashier


def walk_through_the_wallet(walk: Walk, rows: set[str]) -> None:
    """The pages of somebody who is signed in, and some of their forms refused."""
    walk.visitor.sign_in(PERSON)
    for row in sorted(rows):
        if row.startswith("/wallet") and row not in walk.seen | set(ELSEWHERE) and "{" not in row:
            walk.look(row, row)
    walk.look("/wallet/top-up", "/wallet/top-up?amount=x&said=amount_wrong")
    walk.look("/wallet/send", "/wallet/send?to=1&said=recipient_not_found")
    walk.look("/wallet/pin", "/wallet/pin?said=pin_wrong")
    walk.look("/wallet/cards", "/wallet/cards?said=not_done")
    walk.visitor.go("/wallet/top-up")
    walk.send("/wallet/top-up", amount="5")
    # The page loads itself again when the bank has answered.
    walk.visitor.page.locator("svg.seal.good").wait_for()
    walk.look("/wallet/top-ups/{movement}")


@pytest.mark.parametrize("screen", NARROW, ids=lambda screen: screen.name)
def test_every_page_fits_has_a_title_and_one_heading(screen: Screen, new_visitor: NewVisitor) -> None:
    walk = Walk(new_visitor(screen))
    rows = rows_of(walk.visitor.town)
    cashier = walk_as_a_stranger(walk)
    walk_through_the_wallet(walk, rows)
    walk.look("/c/{token}/confirm", f"{cashier}/confirm")
    walk.visitor.give_pin(PEOPLE[PERSON][2])
    walk.look("/c/{token}")
    assert not walk.wrong, "\n".join(walk.wrong)
    assert rows - walk.seen == set(ELSEWHERE), "a page that nobody looks at, or one that is none any more"


@pytest.mark.parametrize("path", ["/docs", "/docs/problems"])
def test_the_documents_fit_too_and_keep_to_the_theme(path: str, new_visitor: NewVisitor) -> None:
    visitor = new_visitor(NARROW[1])
    paper = "getComputedStyle(document.body).backgroundColor"
    visitor.go(path)
    found, before = visitor.page.evaluate(LOOK), visitor.page.evaluate(paper)
    assert (found["wide"], found["headings"], found["nameless"]) == (0, 1, [])
    visitor.go("/")
    visitor.page.locator("a[data-turn-theme]").click()
    chosen = visitor.page.evaluate(paper)
    visitor.go(path)
    assert visitor.page.evaluate(paper) == chosen != before
    visitor.shot(f"80{path.replace('/', '-')}-turned")


def test_an_address_that_takes_only_forms_leads_to_their_page(new_visitor: NewVisitor) -> None:
    """As it is asked for by whoever changes the language there, or loads it again."""
    visitor = new_visitor(NARROW[1])
    visitor.go("/wallet/sign-in")
    visitor.page.fill("#phone", PEOPLE[PERSON][1])
    with visitor.page.expect_navigation():
        visitor.page.locator("main form button.main").click()
    visitor.page.fill("#code", "000000")
    with visitor.page.expect_navigation():
        visitor.page.locator("main form button").click()
    assert visitor.page.url.endswith("/wallet/sign-in/code")
    with visitor.page.expect_navigation():
        visitor.page.get_by_role("link", name="中文").click()
    assert visitor.page.url.endswith("/wallet/sign-in")
    assert visitor.page.evaluate("document.documentElement.lang") == "zh-CN"
