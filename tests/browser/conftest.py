"""A browser, and a town to walk through. What a page complains of, or asks of strangers, fails the test."""

import asyncio
import os
import re
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from milletpay.plumbing.migration import migrate
from tests.browser.town import Town, open_town
from tests.house.source import ROOT
from tests.servers import Servers

ARTIFACTS = ROOT / ".artifacts" / "screenshots"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_MS = 30_000
CUT = re.compile(
    r"net::ERR_(INTERNET_DISCONNECTED|CONNECTION_|EMPTY_RESPONSE|INCOMPLETE_CHUNKED|NETWORK_|FAILED)"
)

MISSING = """

  ==================================================================================
   NO BROWSER: Chromium is not installed, so the walks through the pages were NOT run.
   On Debian and Ubuntu: apt-get install chromium fonts-noto-cjk
  ==================================================================================
"""


@dataclass(frozen=True)
class Screen:
    """A way of looking: how large, in which light, in which language."""

    name: str
    width: int
    height: int
    theme: Any
    locale: str


PHONE_ZH = Screen("phone-light-zh", 360, 780, "light", "zh-CN")
PHONE_EN = Screen("phone-dark-en", 360, 780, "dark", "en-US")
DESK_ZH = Screen("desk-dark-zh", 1280, 900, "dark", "zh-CN")
DESK_EN = Screen("desk-light-en", 1280, 900, "light", "en-US")
TABLET_EN = Screen("tablet-light-en", 1024, 768, "light", "en-US")


@dataclass
class Visitor:
    """Somebody in front of a browser of their own."""

    town: Town
    context: BrowserContext
    page: Page
    screen: Screen

    def go(self, path: str) -> None:
        self.page.goto(self.town.base_url + path)

    def shot(self, name: str) -> None:
        """Keep a picture, and see that nothing stands out to the side."""
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert self.page.evaluate(wide) <= 0, f"{self.page.url} is wider than the screen"
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=ARTIFACTS / f"{self.screen.name}-{name}.png", full_page=True)

    def order(self, slug: str) -> str:
        """Press `Buy now`; gives the path of the cashier page."""
        self.go(f"/shop/{slug}")
        self.page.locator("main form button").click()
        self.page.wait_for_url("**/c/*")
        return self.page.url.removeprefix(self.town.base_url)

    def sign_in(self, person: int) -> None:
        """Sign in as one of the people, on the page that asks for it."""
        if "/wallet/sign-in" not in self.page.url:
            self.go("/wallet/sign-in")
        self.page.locator("button.person").nth(person).click()
        self.page.fill("#code", self.page.locator(".sms b").inner_text())
        with self.page.expect_navigation():
            self.page.locator("main form button").click()

    def give_pin(self, pin: str) -> None:
        self.page.fill("#pin", pin)
        with self.page.expect_navigation():
            self.page.locator("form:has(#pin) button").click()


NewVisitor = Callable[..., Visitor]

WAIT = """async ([question, patience]) => {
    const answers = (0, eval)(`(${question})`);
    const until = performance.now() + patience;
    while (!(await answers())) {
        if (performance.now() > until) throw new Error("it did not come true");
        await new Promise((done) => setTimeout(done, 20));
    }
}"""


def wait_until(page: Page, question: str) -> None:
    """Ask the page until an async function of it answers yes.

    `wait_for_function` is no help with those: it takes the promise itself for a yes.
    """
    page.evaluate(WAIT, [question, PATIENCE_MS])


def elsewhere(work: Callable[[], Any]) -> Any:
    """Do something in another thread: the browser's own loop occupies this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING, pytrace=False)
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        yield running
        running.close()


@pytest.fixture(scope="module")
def town(servers: Servers) -> Iterator[Town]:
    server = elsewhere(lambda: servers.get("wheel"))
    owner_url = elsewhere(lambda: asyncio.run(server.make_database()))
    app_url = elsewhere(lambda: asyncio.run(migrate(owner_url=owner_url)))
    with open_town(app_url) as running:
        yield running
    elsewhere(lambda: asyncio.run(server.drop_database(owner_url)))


@pytest.fixture
def new_visitor(browser: Browser, town: Town) -> Iterator[NewVisitor]:
    """Makes visitors, and at the end sees that no page complained or asked anything of strangers."""
    troubles: list[str] = []
    contexts: list[BrowserContext] = []

    def come(screen: Screen = DESK_EN, **options: Any) -> Visitor:
        context = browser.new_context(
            viewport={"width": screen.width, "height": screen.height},
            color_scheme=screen.theme,
            locale=screen.locale,
            reduced_motion="reduce",
            **options,
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.on("request", lambda asked: _look_at(asked.url, town, troubles))
        context.on("console", lambda said: _hear(said.type, f"{said.text} ({said.location})", troubles))
        context.on("weberror", lambda error: troubles.append(f"{error.error}"))
        return Visitor(town=town, context=context, page=context.new_page(), screen=screen)

    yield come
    for context in contexts:
        context.close()
    assert not troubles, "\n".join(troubles)


@pytest.fixture
def visitor(new_visitor: NewVisitor) -> Visitor:
    return new_visitor()


def _look_at(url: str, town: Town, troubles: list[str]) -> None:
    # Another process may serve the same house beside it.
    if not url.startswith((f"{town.base_url}/", "http://127.0.0.1:", "data:", "blob:", "about:")):
        troubles.append(f"a page asked for {url}")


def _hear(kind: str, text: str, troubles: list[str]) -> None:
    # A page that says what is not there is loaded with that status, which browsers note as an error.
    # A test may cut the line, too.
    expected = any(f"status of {status}" in text for status in (402, 403, 404)) or CUT.search(text)
    if kind in {"error", "warning"} and not expected:
        troubles.append(f"console {kind}: {text}")
