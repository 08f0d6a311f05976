"""What is paid at the plates stands on the till at once, with a chime, and once, whoever was killed."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import (
    DESK_EN,
    DESK_ZH,
    PATIENCE_MS,
    PHONE_EN,
    PROGRAMS,
    NewVisitor,
    Visitor,
    elsewhere,
)
from tests.browser.counter import Counter, open_counter, open_till
from tests.browser.test_till_alone import LINE_MS, SALES, opened, states, take_alone
from tests.browser.town import PEOPLE, Town
from tests.flows.server_process import Program, serve_house

SPY = """
    window.notes = 0;
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...given) {
        window.notes += 1;
        return start.apply(this, given);
    };
"""


@pytest.fixture
def counter(town: Town) -> Counter:
    return open_counter(town)


def pay_at(phone: Visitor, path: str, amount: str) -> None:
    """As a customer does: on the plate's page, on a phone."""
    phone.go(path)
    phone.page.fill("#amount", amount)
    phone.give_pin(PEOPLE[3][2])
    phone.page.wait_for_url("**/c/*")


def amounts(page: Page) -> list[str]:
    return page.locator("[data-feed] .money").all_inner_texts()


def test_a_plate_that_is_paid_chimes_once_also_when_the_server_was_killed(
    new_visitor: NewVisitor, counter: Counter
) -> None:
    town = counter.town
    phone, till = new_visitor(PHONE_EN), new_visitor(DESK_ZH)
    plate = urlsplit(town.house.links.plate(counter.plate())).path
    phone.sign_in(3)
    pay_at(phone, plate, "1.00")
    with serving(town) as (program, base_url):
        till.town = replace(town, base_url=base_url)
        till.context.add_init_script(SPY)
        page = open_till(till, counter)
        shell = page.locator("[data-counter]")
        pay_at(phone, plate, "12.34")
        expect(page.locator("[data-feed] li")).to_have_count(1)
        expect(shell).to_have_attribute("data-chimed", "1")
        assert page.evaluate("window.notes") == 1
        till.shot("till-b1-plate")
        elsewhere(program.kill)
        expect(shell).to_have_attribute("data-feeding", "off", timeout=LINE_MS)
        for amount in ("2.00", "3.00"):
            pay_at(phone, plate, amount)
        elsewhere(program.start)
        expect(page.locator("[data-feed] li")).to_have_count(3, timeout=LINE_MS)
        expect(shell).to_have_attribute("data-feeding", "on")
        pay_at(phone, plate, "4.00")
        expect(page.locator("[data-feed] li")).to_have_count(4)
        assert amounts(page) == ["¥4.00", "¥3.00", "¥2.00", "¥12.34"]
        expect(shell).to_have_attribute("data-chimed", "4")
        assert page.evaluate("window.notes") == 4
        # What is paid while the page is closed stands there when it is opened; the old is no news.
        page.close()
        pay_at(phone, plate, "5.00")
        page = till.page = till.context.new_page()
        till.go("/till")
        expect(page.locator("[data-feed] li")).to_have_count(5)
        assert amounts(page)[0] == "¥5.00"
        expect(page.locator("[data-counter]")).to_have_attribute("data-chimed", "1")


def test_a_server_that_was_killed_before_anything_was_paid_loses_nothing(
    new_visitor: NewVisitor, counter: Counter
) -> None:
    town = counter.town
    phone, till = new_visitor(PHONE_EN), new_visitor(DESK_EN)
    plate = urlsplit(town.house.links.plate(counter.plate())).path
    phone.sign_in(3)
    with serving(town) as (program, base_url):
        till.town = replace(town, base_url=base_url)
        page = open_till(till, counter)
        elsewhere(program.kill)
        expect(page.locator("[data-counter]")).to_have_attribute("data-feeding", "off", timeout=LINE_MS)
        pay_at(phone, plate, "6.00")
        elsewhere(program.start)
        expect(page.locator("[data-feed] li")).to_have_count(1, timeout=LINE_MS)


@contextmanager
def serving(town: Town) -> Iterator[tuple[Program, str]]:
    """Another process that serves the same house, and can be killed."""
    with serve_house(town.app_url) as (program, port):
        yield program, f"http://127.0.0.1:{port}"


# --- a browser that is killed -----------------------------------------------------------------------------


@contextmanager
def chromium(profile: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A browser of its own with a profile that outlives it, and where it is spoken to."""
    program = next(filter(None, map(shutil.which, PROGRAMS)))
    told = profile / "DevToolsActivePort"
    told.unlink(missing_ok=True)
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    where = [f"--user-data-dir={profile}", "--remote-debugging-port=0", "about:blank"]
    process = subprocess.Popen(
        [program, *options, *where],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while not (told.exists() and "\n" in told.read_text()):
            assert process.poll() is None
            time.sleep(0.05)
        yield process, f"http://127.0.0.1:{told.read_text().splitlines()[0]}"
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL for it and all that it has started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_what_was_taken_alone_outlives_a_browser_that_is_killed(
    browser: Browser, counter: Counter, tmp_path: Path
) -> None:
    town = counter.town
    with chromium(tmp_path) as (process, where):
        context = browser.browser_type.connect_over_cdp(where).contexts[0]
        context.set_default_timeout(PATIENCE_MS)
        visitor = Visitor(town=town, context=context, page=context.pages[0], screen=DESK_EN)
        page = opened(visitor, counter, each=20_00, total=30_00, count=5)
        context.set_offline(True)
        expect(page.locator("[data-alone-banner]")).to_be_visible()
        take_alone(page, "1250", counter.fresh_code())
        kill(process)
    assert counter.rows(SALES) == []
    with chromium(tmp_path) as (_, where):
        context = browser.browser_type.connect_over_cdp(where).contexts[0]
        context.set_offline(True)
        page = context.pages[0]
        page.goto(f"{town.base_url}/till")
        expect(page.locator("[data-screen=selling]")).to_be_visible()
        assert states(page) == ["waiting"]
        context.set_offline(False)
        expect(page.locator("[data-alone-list] .accepted")).to_have_count(1, timeout=LINE_MS)
    assert counter.rows(SALES) == [(1, 12_50, None)]
