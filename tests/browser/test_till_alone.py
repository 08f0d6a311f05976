"""The till's page without a network: it opens, sells within what is allowed, and brings it later."""

import json
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from milletpay.codes.payment_codes import check_digit
from milletpay.plumbing.dates import rfc3339
from milletpay.terminals import forwarding
from tests.browser.conftest import DESK_EN, DESK_ZH, PHONE_EN, PHONE_ZH, NewVisitor, Screen, Visitor
from tests.browser.counter import Counter, key_in, open_counter, open_till, result, scan
from tests.browser.town import Town

SALES = "SELECT sequence, amount, reason FROM terminals.offline_sale WHERE terminal = $1 ORDER BY sequence"
LINE_MS = 30_000
"""How long until a till has found that there is a line again, and has brought everything."""

SEAL_KEY = bytes(range(32))
VECTOR = {
    "payment_code": "720123456789012345",
    "amount": 1250,
    "currency": "CNY",
    "taken_at": "2026-12-01T02:03:04.005Z",
    "pairing": 1,
    "sequence": 1,
}
SEAL = "ac7dbc47415940429acfbace55a222385b7c153bee7b6a848e7c15fa78e82a26"


@pytest.fixture
def counter(town: Town) -> Counter:
    return open_counter(town)


def opened(visitor: Visitor, counter: Counter, *, each: int, total: int, count: int) -> Page:
    """A till that knows what it may take alone, and that its browser has kept the page of."""
    counter.allow(each=each, total=total, count=count)
    page = open_till(visitor, counter)
    expect(page.locator("[data-counter]")).to_have_attribute("data-allowed", str(each))
    page.evaluate("navigator.serviceWorker.ready")
    page.evaluate("document.activeElement.blur()")
    return page


def go_away(visitor: Visitor) -> None:
    visitor.context.set_offline(True)
    expect(visitor.page.locator("[data-alone-banner]")).to_be_visible()


def take_alone(page: Page, amount: str, code: str) -> None:
    key_in(page, amount)
    scan(page, code)
    page.locator("[data-sure] button[value=yes]").click()
    result(page, "taken")


def hindered(page: Page, amount: str, code: str) -> str:
    """Why it is not taken."""
    page.keyboard.press("Escape")
    key_in(page, amount)
    scan(page, code)
    expect(page.locator("[data-said]")).to_be_visible()
    why = page.locator("[data-counter]").get_attribute("data-hindrance")
    page.locator("[data-said-close]").click()
    page.keyboard.press("Escape")
    assert why is not None
    return why


def states(page: Page) -> Any:
    """What the page says of each sale that was taken alone, the newest first."""
    return page.eval_on_selector_all("[data-alone-list] li", "all => all.map((one) => one.className)")


@pytest.mark.parametrize("screen", [DESK_EN, PHONE_ZH, DESK_ZH, PHONE_EN], ids=lambda screen: screen.name)
def test_it_sells_without_a_network_and_brings_it_afterwards(
    screen: Screen, new_visitor: NewVisitor, counter: Counter
) -> None:
    visitor = new_visitor(screen)
    page = opened(visitor, counter, each=20_00, total=30_00, count=2)
    go_away(visitor)
    assert hindered(page, "2001", counter.payment_code()) == "exceeds_each"
    code = counter.fresh_code()
    key_in(page, "1250")
    scan(page, code)
    expect(page.locator("[data-sure]")).to_be_visible()
    visitor.shot("till-a1-risk")
    page.keyboard.press("Enter")
    result(page, "taken")
    visitor.shot("till-a2-taken")
    page.keyboard.press("Enter")
    assert hindered(page, "100", code) == "code_used"
    assert hindered(page, "1800", counter.payment_code(lane=3)) == "exceeds_total"
    # The page is closed and opened again, and there is still no network.
    page.close()
    page = visitor.page = visitor.context.new_page()
    visitor.go("/till")
    expect(page.locator("[data-screen=selling]")).to_be_visible()
    expect(page.locator("[data-who]")).to_have_text("07 Li Na")
    assert states(page) == ["waiting"]
    code = counter.fresh_code()
    wrong = code[:-2] + str((int(code[-2]) + 1) % 10)
    take_alone(page, "500", wrong + check_digit(wrong))
    page.keyboard.press("Enter")
    assert hindered(page, "100", counter.payment_code(lane=3)) == "exceeds_count"
    visitor.shot("till-a3-alone")
    assert counter.rows(SALES) == []
    visitor.context.set_offline(False)
    expect(page.locator("[data-alone-list] .waiting")).to_have_count(0, timeout=LINE_MS)
    assert states(page) == ["declined", "accepted"]
    expect(page.locator("[data-said]")).to_contain_text("¥5.00")
    expect(page.locator("[data-alone-banner]")).to_be_hidden()
    visitor.shot("till-a4-decided")
    assert counter.rows(SALES) == [(1, 12_50, None), (2, 5_00, "payment_declined")]


def test_nothing_is_taken_that_is_not_allowed(visitor: Visitor, counter: Counter) -> None:
    page = opened(visitor, counter, each=0, total=0, count=0)
    go_away(visitor)
    assert hindered(page, "100", counter.payment_code()) == "not_allowed"
    visitor.shot("till-a5-not-allowed")


def test_what_is_not_known_is_undone_while_the_shop_goes_on(visitor: Visitor, counter: Counter) -> None:
    page = opened(visitor, counter, each=20_00, total=30_00, count=5)
    key_in(page, "700")
    page.locator("[data-charge-code]").click()
    expect(page.locator("[data-code]")).to_be_visible()
    visitor.context.set_offline(True)
    page.keyboard.press("Escape")
    expect(page.locator("[data-go-on]")).to_be_visible()
    visitor.shot("till-a6-unknown")
    page.locator("[data-go-on]").click()
    expect(page.locator("[data-open-banner]")).to_be_visible()
    page.evaluate("document.activeElement.blur()")
    take_alone(page, "300", counter.fresh_code())
    page.keyboard.press("Enter")
    # Cash is noted here, too, and the shift is not closed before all is brought.
    key_in(page, "450")
    page.keyboard.press("F3")
    page.keyboard.press("Enter")
    result(page, "noted")
    page.keyboard.press("Enter")
    expect(page.locator("[data-cash-banner]")).to_be_visible()
    visitor.shot("till-a7-goes-on")
    visitor.context.set_offline(False)
    expect(page.locator("[data-open-banner]")).to_be_hidden(timeout=LINE_MS)
    expect(page.locator("[data-cash-banner]")).to_be_hidden(timeout=LINE_MS)
    expect(page.locator("[data-alone-list] .accepted")).to_have_count(1, timeout=LINE_MS)
    assert counter.town.newest_payment().amount.minor == 3_00
    noted = "SELECT kind, amount FROM terminals.receipt WHERE terminal = $1 AND tender = 'cash'"
    assert counter.rows(noted) == [("sale", 4_50)]


def test_only_the_page_and_its_files_are_kept(visitor: Visitor, counter: Counter) -> None:
    page = opened(visitor, counter, each=1, total=1, count=1)
    kept = page.evaluate(
        """async () => {
            const found = {};
            for (const name of await caches.keys()) {
                const requests = await (await caches.open(name)).keys();
                found[name] = requests.map((request) => new URL(request.url).pathname);
            }
            return found;
        }"""
    )
    ((name, paths),) = kept.items()
    script = page.locator("script[src*=counter]").get_attribute("src")
    assert script is not None
    folder = script.removesuffix("/counter.js")
    assert name == f"millet-till-{folder.rpartition('/')[2]}"
    assert {path for path in paths if not path.startswith(f"{folder}/")} == {"/till"}
    loaded = page.evaluate(
        "performance.getEntriesByType('resource').map((one) => new URL(one.name).pathname)"
    )
    files = {path for path in loaded if path.startswith("/static/")}
    assert files <= set(paths), "what the page needs is kept"
    # Other pages are none of its business.
    other = visitor.context.new_page()
    other.goto(f"{visitor.town.base_url}/shop")
    assert other.evaluate("navigator.serviceWorker.controller") is None
    assert not page.evaluate("localStorage.length")


def test_a_second_window_waits(visitor: Visitor, counter: Counter) -> None:
    page = open_till(visitor, counter)
    second = visitor.context.new_page()
    second.goto(f"{visitor.town.base_url}/till")
    expect(second.locator("[data-screen=elsewhere]")).to_be_visible()
    page.close()
    expect(second.locator("[data-screen=selling]")).to_be_visible()


# --- the same as the client in Python ----------------------------------------------------------------------


def story(chance: Random) -> list[list[Any]]:
    """Sales that are tried, one after another, and what became of those before."""
    tries: list[list[Any]] = []
    now = chance.randrange(1, 2**41)
    for _ in range(16):
        now += chance.choice((1, 1_000, 60_000, 9 * 3600 * 1000))
        digits = f"{chance.choice(('72', '72', '72', '71'))}{chance.randrange(100):015d}"
        code = digits + chance.choice((check_digit(digits), check_digit(digits), "0"))
        outcome = chance.choice((None, None, None, "accepted", "declined", "refused"))
        tries.append(
            [code, chance.choice((0, 1, 1, 400, 500, 500, 501)), now, chance.choice((1, 1, 2)), outcome]
        )
    return tries


def told_by_python(allowed: forwarding.Allowed, tries: list[list[Any]]) -> list[Any]:
    kept: list[forwarding.Kept] = []
    told: list[Any] = []
    for code, amount, now, pairing, outcome in tries:
        facts: dict[str, Any] = {"kept": kept, "code": code, "amount": amount, "now": now}
        why = forwarding.why_not(allowed=allowed, sent=SENT, **facts)
        if why is not None:
            told.append(why)
            continue
        sealed = forwarding.seal(
            **facts, currency="CNY", taken_at=rfc3339(now * 10**6), pairing=pairing, key=SEAL_KEY
        )
        told.append(sealed.record())
        kept.append(sealed)
        if outcome is not None:
            results = [
                {
                    "pairing": one.pairing,
                    "sequence": one.sequence,
                    "outcome": outcome,
                    "reason": "too_late" if outcome == "declined" else None,
                    "fault": "seal_wrong" if outcome == "refused" else None,
                    "payment": "pay_1",
                }
                for one in forwarding.waiting(kept, most=2)
            ]
            for one in forwarding.decided(forwarding.waiting(kept), results):
                kept = [one if (k.pairing, k.sequence) == (one.pairing, one.sequence) else k for k in kept]
        told.append([[k.sequence, k.outcome, k.why] for k in forwarding.waiting(kept) + kept])
    return told


SENT = [f"72{7:015d}" + check_digit(f"72{7:015d}")]

IN_THE_PAGE = """async ([path, key, allowed, sent, stories]) => {
    const alone = await import(path);
    const sealKey = await alone.importSealKey(key);
    if (sealKey.extractable) throw new Error("the key can be read out");
    const told = [];
    for (const tries of stories) {
        let kept = [];
        const said = [];
        for (const [code, amount, now, pairing, outcome] of tries) {
            const why = alone.whyNot({ allowed, kept, sent, code, amount, now });
            if (why) { said.push(why); continue; }
            const facts = { kept, code, amount, currency: "CNY" };
            const sealed = await alone.seal({ ...facts, now, pairing, key: sealKey });
            said.push(alone.record(sealed));
            kept.push(sealed);
            if (outcome) {
                const results = alone.waiting(kept, { most: 2 }).map((one) => ({
                    pairing: one.pairing, sequence: one.sequence, outcome, payment: "pay_1",
                    reason: outcome === "declined" ? "too_late" : null,
                    fault: outcome === "refused" ? "seal_wrong" : null,
                }));
                for (const one of alone.decided(alone.waiting(kept), results)) {
                    const same = (k) => k.pairing === one.pairing && k.sequence === one.sequence;
                    kept = kept.map((k) => same(k) ? one : k);
                }
            }
            said.push([...alone.waiting(kept), ...kept].map((k) => [k.sequence, k.outcome, k.why]));
        }
        told.push(said);
    }
    return told;
}"""


def beside_the_page(visitor: Visitor) -> str:
    visitor.go("/till")
    script = visitor.page.locator("script[src*=counter]").get_attribute("src")
    assert script is not None
    return script.replace("counter.js", "till_alone.js")


def test_the_page_decides_and_seals_as_the_client_does(visitor: Visitor) -> None:
    allowed = forwarding.Allowed(each=500, total=2_000, count=5)
    chance = Random(4)
    stories = [story(chance) for _ in range(150)]
    limits = {"each": allowed.each, "total": allowed.total, "count": allowed.count}
    told = visitor.page.evaluate(
        IN_THE_PAGE, [beside_the_page(visitor), SEAL_KEY.hex(), limits, SENT, stories]
    )
    assert told == json.loads(json.dumps([told_by_python(allowed, tries) for tries in stories]))
    seen = {line for said in told for line in said if isinstance(line, str)}
    assert seen == set(forwarding.Hindrance) - {forwarding.Hindrance.NOT_ALLOWED}


def test_one_sale_is_sealed_as_everywhere(visitor: Visitor) -> None:
    """The vector of the guide: who writes another till has this to compare with."""
    sealed = visitor.page.evaluate(
        """async ([path, key, one]) => {
            const alone = await import(path);
            const kept = [];
            const facts = { kept, code: one.payment_code, amount: one.amount, currency: one.currency };
            const now = Date.parse(one.taken_at);
            return alone.record(await alone.seal({
                ...facts, now, pairing: one.pairing, key: await alone.importSealKey(key),
            }));
        }""",
        [beside_the_page(visitor), SEAL_KEY.hex(), VECTOR],
    )
    assert sealed == VECTOR | {"seal": SEAL}
