"""A till is paired, a cashier signs in and sells by scanner and by code, voids, refunds, counts, closes."""

import json
import re
from random import Random
from typing import Any

import pytest
from playwright.sync_api import expect

from milletpay.ledger.chart import Mode
from milletpay.payments import PayPayment
from milletpay.terminals import till_loop
from tests.browser.conftest import (
    DESK_EN,
    DESK_ZH,
    PHONE_EN,
    PHONE_ZH,
    TABLET_EN,
    NewVisitor,
    Screen,
    Visitor,
)
from tests.browser.counter import Counter, open_counter, open_till, result, scan
from tests.browser.test_everybody_can_use_it import serious
from tests.browser.town import Town


@pytest.fixture
def counter(town: Town) -> Counter:
    return open_counter(town)


def in_sight(visitor: Visitor, *pressed: str) -> None:
    """On a till, what is pressed is seen without a scroll; a phone is held in a hand."""
    if visitor.screen.width > 1000:
        for button in pressed:
            expect(visitor.page.locator(button)).to_be_in_viewport(ratio=1)


def take_cash(visitor: Visitor) -> None:
    """Cash is a memo, with its change; a part of it goes back as cash."""
    page = visitor.page
    page.evaluate("document.activeElement.blur()")
    page.keyboard.type("1320", delay=60)
    page.keyboard.press("F3")
    page.locator("[data-notes] button").first.click()
    expect(page.locator("[data-change]")).to_contain_text("¥6.80")
    visitor.shot("till-5-cash")
    page.keyboard.press("Enter")
    page.locator("[data-cashing] .main").click()
    result(page, "noted")
    expect(page.locator("[data-result-more]")).to_contain_text("¥6.80")
    visitor.shot("till-5-noted")
    page.keyboard.press("Enter")
    page.keyboard.press("F7")
    expect(page.locator("[data-receipt-list] li")).to_have_count(5)
    visitor.shot("till-5-receipts")
    page.keyboard.press("Escape")
    page.keyboard.press("F6")
    visitor.shot("till-5-refund")
    page.fill("#refund-receipt", "5")
    page.fill("#refund-amount", "3.20")
    page.keyboard.press("Enter")
    result(page, "noted")
    page.keyboard.press("Enter")


def count_the_drawer(visitor: Visitor) -> None:
    """The reports tell of every tender, and of what the drawer lacks."""
    page = visitor.page
    page.keyboard.press("F8")
    expect(page.locator("[data-slip]")).to_contain_text("CNY 12.50")
    expect(page.locator("[data-slip]")).to_contain_text(re.compile(r"(Cash|现金)\n"))
    expect(page.locator("[data-slip]")).to_contain_text(re.compile(r"(Cash expected|应有现金) +CNY 10.00"))
    visitor.shot("till-6-x")
    page.keyboard.press("Enter")
    page.keyboard.press("F9")
    page.fill("#counted", "9.50")
    visitor.shot("till-6-closing")
    page.keyboard.press("Enter")
    expect(page.locator("[data-slip]")).to_contain_text(re.compile("Z (REPORT|报表) 00001"))
    expect(page.locator("[data-slip]")).to_contain_text(
        re.compile(r"(Difference|长短款) +(-|−)CNY 0.50|CNY -0.50")
    )
    visitor.shot("till-7-z")
    in_sight(visitor, "[data-screen=slip] .main")
    page.keyboard.press("Enter")
    expect(page.locator("[data-cashier]")).to_be_focused()


@pytest.mark.parametrize("screen", [TABLET_EN, DESK_ZH, PHONE_ZH, PHONE_EN], ids=lambda screen: screen.name)
def test_a_day_at_the_till(screen: Screen, new_visitor: NewVisitor, counter: Counter) -> None:
    visitor = new_visitor(screen)
    page = open_till(visitor, counter)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.type("1250", delay=60)
    expect(page.locator("[data-amount]")).to_have_text("¥12.50")
    visitor.shot("till-2-amount")
    in_sight(visitor, "[data-charge-code]", "[data-to-cash]")
    scan(page, counter.payment_code())
    result(page, "paid")
    expect(page.locator("[data-result-amount]")).to_have_text("¥12.50")
    visitor.shot("till-3-paid")
    page.keyboard.press("Enter")
    # A code that is shown, and paid by whoever scans it.
    for key in ("8", "00"):
        page.locator(f"[data-key='{key}']").click()
    page.locator("[data-charge-code]").click()
    expect(page.locator("[data-code]")).to_be_visible()
    page.wait_for_function("() => document.querySelector('[data-code]').naturalWidth > 0")
    visitor.shot("till-4-code")
    payment = counter.town.newest_payment()
    counter.town.ask(PayPayment(payment=payment.id, customer=counter.town.people[4], mode=Mode.TEST))
    result(page, "paid")
    page.keyboard.press("Enter")
    # The last one is voided, the first one refunded in part.
    page.locator("[data-void]").click()
    visitor.shot("till-5-void")
    page.locator("[data-sure] button[value=yes]").click()
    expect(page.locator("[data-said]")).to_contain_text("¥8.00")
    page.locator("[data-to=refunding]").click()
    page.fill("#refund-receipt", "1")
    page.fill("#refund-amount", "2.50")
    page.keyboard.press("Enter")
    expect(page.locator("[data-said]")).to_contain_text("¥2.50")
    take_cash(visitor)
    count_the_drawer(visitor)


def test_a_page_that_was_closed_ends_its_sale_before_the_next(visitor: Visitor, counter: Counter) -> None:
    page = open_till(visitor, counter)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.type("500", delay=60)
    page.locator("[data-charge-code]").click()
    expect(page.locator("[data-code]")).to_be_visible()
    payment = counter.town.newest_payment()
    page.close()
    counter.town.ask(PayPayment(payment=payment.id, customer=counter.town.people[4], mode=Mode.TEST))
    visitor.page = visitor.context.new_page()
    visitor.go("/till")
    result(visitor.page, "paid")
    # What the cashier stops is undone on both sides.
    visitor.page.keyboard.press("Enter")
    visitor.page.keyboard.type("700", delay=60)
    visitor.page.locator("[data-charge-code]").click()
    expect(visitor.page.locator("[data-code]")).to_be_visible()
    visitor.page.keyboard.press("Escape")
    result(visitor.page, "undone")
    visitor.shot("till-8-undone")
    undone = counter.town.newest_payment()
    assert (undone.amount.minor, undone.status) == (7_00, "reversed")


def test_what_is_no_code_and_what_was_used_is_not_paid(visitor: Visitor, counter: Counter) -> None:
    page = open_till(visitor, counter)
    page.evaluate("document.activeElement.blur()")
    code = counter.payment_code()
    for expected in ("paid", "declined"):
        page.keyboard.type("300", delay=60)
        scan(page, code)
        result(page, expected)
        visitor.shot(f"till-8-{expected}")
        page.keyboard.press("Enter")
    page.keyboard.type("300", delay=60)
    page.fill("[data-scan]", "hello")
    page.keyboard.press("Enter")
    expect(page.locator("[data-said]")).to_be_visible()


@pytest.mark.parametrize("screen", [DESK_EN, PHONE_ZH], ids=lambda screen: screen.name)
def test_what_is_to_be_looked_at_stands_there(
    screen: Screen, new_visitor: NewVisitor, counter: Counter
) -> None:
    visitor = new_visitor(screen)
    page = open_till(visitor, counter)
    expect(page.locator("[data-notice-sheet]")).to_be_hidden()
    counter.close_a_batch_that_differs(seconds_ago=90)
    wrong = "720000000000000001"
    for reference in range(10):
        counter.scan_at_the_till(wrong, reference=f"guess-{reference}")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.type("300", delay=60)
    scan(page, counter.payment_code())
    result(page, "declined")
    page.keyboard.press("Enter")
    expect(page.locator("[data-guess-banner]")).to_be_visible()
    expect(page.locator("[data-notice-list] .guessing")).to_have_count(1)
    expect(page.locator("[data-notice-list] .batch")).to_contain_text("¥15.00")
    visitor.shot("till-9-notices")


NARROW_EN = Screen("narrow-en", 320, 640, "light", "en-US")
TABLET_ZH = Screen("tablet-zh", 820, 1180, "light", "zh-CN")
TABLET_EN = Screen("tablet-en", 820, 1180, "dark", "en-US")


@pytest.mark.parametrize("screen", [NARROW_EN, TABLET_ZH, TABLET_EN], ids=lambda screen: screen.name)
def test_nothing_stands_in_anybodys_way_at_the_till(
    screen: Screen, new_visitor: NewVisitor, counter: Counter
) -> None:
    """Every screen of the till in the eyes of axe, and no wider than the device."""
    visitor = new_visitor(screen)
    page, findings = visitor.page, []

    def look(name: str) -> None:
        visitor.shot(f"till-w-{name}")
        findings.extend(serious(visitor))

    visitor.go("/till")
    expect(page.locator("[data-pairing-code]")).to_be_focused()
    look("pairing")
    open_till(visitor, counter)
    look("selling")
    counter.close_a_batch_that_differs(seconds_ago=60)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.type("9876", delay=60)
    page.keyboard.press("F3")
    look("cash")
    page.keyboard.press("Escape")
    scan(page, counter.payment_code())
    result(page, "paid")
    look("paid")
    page.keyboard.press("Enter")
    for key, name in (("F6", "refunding"), ("F7", "receipts"), ("F8", "slip"), ("F9", "closing")):
        page.keyboard.press(key)
        expect(page.locator(f"[data-screen={name}]")).to_be_visible()
        look(name)
        page.keyboard.press("Escape")
        expect(page.locator("[data-screen=selling]")).to_be_visible()
    page.keyboard.press("F4")
    expect(page.locator("[data-sure]")).to_be_visible()
    look("sure")
    page.keyboard.press("Escape")
    page.keyboard.type("700", delay=60)
    page.keyboard.press("F2")
    expect(page.locator("[data-code]")).to_be_visible()
    look("paying")
    page.keyboard.press("Escape")
    result(page, "undone")
    look("undone")
    page.keyboard.press("Enter")
    visitor.context.set_offline(True)
    expect(page.locator("[data-alone-banner]")).to_be_visible()
    look("alone")
    assert not findings, "\n".join(findings)


def story(chance: Random) -> list[tuple[str, list[Any]]]:
    """Random calls of the loop, on whatever it then is."""
    statuses = [None, "succeeded", "failed", "processing", "awaiting_payment", "reversed", "expired"]
    codes = ["", "reference_used", "request_under_way", "too_late_to_reverse", "merchant_not_active"]
    calls: list[tuple[str, list[Any]]] = []
    now = 0
    for _ in range(25):
        now += chance.choice((0, 1, 2_999, 3_000, 20_000))
        step = chance.choice(("pay", "ask", "reverse"))
        said = {
            "status": chance.choice((200, 201, 402, 400, 401, 404, 409, 429, 500)),
            "payment": chance.choice(statuses),
            "code": chance.choice(codes),
        }
        name = chance.choice(("resumed", "given_up", "ticked", "sending", "sending", "answered", "answered"))
        given: dict[str, list[Any]] = {"sending": [step, now], "answered": [step, said]}
        arguments = given.get(name, [now])
        calls.append((name, arguments))
    return calls


def told_by_python(calls: list[tuple[str, list[Any]]]) -> list[Any]:
    attempt = till_loop.begin(reference="r", key="k", body="{}", now=0)
    told = []
    for name, arguments in calls:
        match name:
            case "sending":
                attempt = till_loop.sending(attempt, till_loop.Step(arguments[0]), now=arguments[1])
            case "answered":
                said = till_loop.Said(**arguments[1])
                attempt = till_loop.answered(attempt, till_loop.Step(arguments[0]), said)
            case _:
                attempt = getattr(till_loop, name)(attempt, now=arguments[0])
        told.append(
            [
                attempt.phase,
                attempt.sent,
                attempt.end,
                attempt.next_at,
                attempt.give_up_at,
                till_loop.next_step(attempt, now=1),
            ]
        )
    return told


IN_THE_PAGE = """async ([path, stories]) => {
    const loop = await import(path);
    const names = {resumed: loop.resumed, given_up: loop.givenUp, ticked: loop.ticked};
    return stories.map((calls) => {
        let attempt = loop.begin({reference: "r", key: "k", body: "{}", now: 0});
        return calls.map(([name, given]) => {
            if (name === "sending") attempt = loop.sending(attempt, given[0], {now: given[1]});
            else if (name === "answered") attempt = loop.answered(attempt, given[0], given[1]);
            else attempt = names[name](attempt, {now: given[0]});
            const told = [attempt.phase, attempt.sent, attempt.end, attempt.next_at, attempt.give_up_at];
            return [...told, loop.nextStep(attempt, {now: 1})];
        });
    });
}"""


def test_the_page_has_the_same_loop(visitor: Visitor) -> None:
    visitor.go("/till")
    script = visitor.page.locator("script[src*=counter]").get_attribute("src")
    assert script is not None
    path = script.replace("counter.js", "till_loop.js")
    chance = Random(3)
    stories = [story(chance) for _ in range(500)]
    told = visitor.page.evaluate(IN_THE_PAGE, [path, stories])
    assert told == json.loads(json.dumps([told_by_python(calls) for calls in stories]))
    ends = {line[2] for one in told for line in one}
    assert ends == {None, "paid", "declined", "refused", "undone"}
