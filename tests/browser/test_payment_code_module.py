"""The phone's side of payment codes, in a browser: the same codes as the server's, and pictures that scan."""

import base64
import re
from random import Random
from typing import Any

import pytest
import zxingcpp
from playwright.sync_api import Page

from milletpay.codes import LANES, CodeKeys, Slot, word_of, write_code
from tests.browser.conftest import NewVisitor

KEYS = CodeKeys(b"b" * 32)
DEVICE = 0x0193_0000_0000_0000_0000_0000_0000_0007
NUMBER = 1234
FIRST_EPOCH = 5_900_000
EPOCHS = 3
STEP_MS = 30_000

PATH = re.compile(r"M(\d+) (\d+)h(\d+)v(\d+)h")


@pytest.fixture
def page(new_visitor: NewVisitor) -> Page:
    """A page that has the module as `codes`."""
    visitor = new_visitor()
    visitor.go("/")
    visitor.page.evaluate(
        """async () => {
            const beside = document.querySelector("script[src$='/millet.js']").src;
            window.codes = await import(beside.replace("millet.js", "payment_code.js"));
        }"""
    )
    return visitor.page


def key() -> bytes:
    return KEYS.phone_key(DEVICE, version=1)


def aliases() -> str:
    packed = b"".join(
        KEYS.alias_of(Slot(number=NUMBER, lane=lane), epoch=epoch).to_bytes(4)
        for epoch in range(FIRST_EPOCH, FIRST_EPOCH + EPOCHS)
        for lane in range(LANES)
    )
    return base64.b64encode(packed).decode()


def code_at(step: int, lane: int) -> str:
    """What the server takes for right."""
    alias = KEYS.alias_of(Slot(number=NUMBER, lane=lane), epoch=step // 10)
    return write_code(alias=alias, word=word_of(key(), step=step, lane=lane))


def begin(page: Page, script: str, argument: Any = None) -> Any:
    """Run a script that makes phones, whose clock `at(milliseconds)` sets."""
    return page.evaluate(
        f"""async ([key, firstEpoch, aliases, argument]) => {{
            let now = 0;
            const at = (milliseconds) => {{ now = milliseconds; }};
            const make = async (more = {{}}) => new codes.PaymentCodes({{
                key: await codes.importKey(key),
                firstEpoch,
                aliases: codes.unpackAliases(aliases),
                clock: () => now,
                ...more,
            }});
            return await ({script})(make, at, argument);
        }}""",
        [base64.b64encode(key()).decode(), FIRST_EPOCH, aliases(), argument],
    )


def test_words_and_codes_are_the_servers(page: Page) -> None:
    chance = Random(5)
    vectors = [
        (chance.randbytes(32), chance.randrange(2**40), chance.randrange(LANES), chance.randrange(10**8))
        for _ in range(50)
    ]
    shown = page.evaluate(
        """(vectors) => Promise.all(vectors.map(async ([key, step, lane, alias]) =>
            codes.writeCode(alias, await codes.wordOf(await codes.importKey(key), step, lane))))""",
        [[base64.b64encode(key).decode(), step, lane, alias] for key, step, lane, alias in vectors],
    )
    assert shown == [
        write_code(alias=alias, word=word_of(key, step=step, lane=lane)) for key, step, lane, alias in vectors
    ]
    assert page.evaluate("codes.spaced('729406517688604450')") == "7294 0651 7688 6044 50"


def test_codes_turn_with_step_and_epoch_and_end_with_the_aliases(page: Page) -> None:
    first = FIRST_EPOCH * 10
    moments = [(first + step) * STEP_MS + offset for step in (0, 1, 9, 10, 29) for offset in (0, 29_999)]
    shown = begin(
        page,
        """async (make, at, moments) => {
            const phone = await make();
            const shown = [];
            for (const moment of moments) { at(moment); shown.push(await phone.current()); }
            return shown;
        }""",
        moments,
    )
    for moment, one in zip(moments, shown, strict=True):
        step = moment // STEP_MS
        assert one["code"] == code_at(step, step % LANES)
        assert one["turnsIn"] == STEP_MS - moment % STEP_MS
    assert len({one["code"] for one in shown}) == 5
    ended = """async (make, at, moment) => {
        const phone = await make();
        at(moment);
        return phone.current().then(() => false, (error) => error instanceof codes.NoAliases);
    }"""
    assert begin(page, ended, (first + 30) * STEP_MS)
    assert begin(page, ended, first * STEP_MS - 1)


def test_a_refresh_gives_each_lane_once_also_after_the_page_was_left(page: Page) -> None:
    step = FIRST_EPOCH * 10 + 7
    codes, ends, resumed, later = begin(
        page,
        """async (make, at, moment) => {
            at(moment);
            const phone = await make();
            const codes = [(await phone.current()).code];
            while (phone.refresh()) codes.push((await phone.current()).code);
            const other = await make({ shown: { step: Math.floor(moment / 30000), refreshes: 0 } });
            const resumed = (await other.current()).code;
            at(moment + 30000);
            return [codes, phone.refresh(), resumed, (await other.current()).code];
        }""",
        step * STEP_MS + 5,
    )
    assert codes == [code_at(step, (step + refresh) % LANES) for refresh in range(LANES)]
    assert ends is True
    assert resumed == codes[1]
    assert later == code_at(step + 1, (step + 1) % LANES)


def test_the_clock_of_the_server_is_followed_and_the_key_is_not_given_out(page: Page) -> None:
    step = FIRST_EPOCH * 10 + 3
    code = begin(
        page,
        """async (make, at, moment) => {
            at(moment);
            const phone = await make({ behind: 90000 });
            return (await phone.current()).code;
        }""",
        (step - 3) * STEP_MS,
    )
    assert code == code_at(step, step % LANES)
    given = page.evaluate(
        """async (key) => crypto.subtle.exportKey("raw", await codes.importKey(key))
            .then(() => "given", (error) => error.name)""",
        base64.b64encode(key()).decode(),
    )
    assert given == "InvalidAccessError"


def test_pictures_are_read_by_scanners(page: Page) -> None:
    chance = Random(6)
    for _ in range(12):
        code = write_code(alias=chance.randrange(10**8), word=chance.randrange(10**7))
        for shape, form in (("bars", "Code 128"), ("square", "QR Code")):
            drawn = page.evaluate(f"(code) => codes.{shape}(code)", code)
            (read,) = zxingcpp.read_barcodes(painted(drawn, scale=3))
            assert (read.text, str(read.format)) == (code, form)


def painted(shape: dict[str, Any], *, scale: int) -> memoryview:
    """The shape as pixels."""
    width, height = shape["width"] * scale, shape["height"] * scale
    pixels = bytearray(b"\xff" * (width * height))
    for x, y, wide, high in (map(int, found) for found in PATH.findall(shape["path"])):
        for row in range(y * scale, (y + high) * scale):
            start = row * width + x * scale
            pixels[start : start + wide * scale] = b"\0" * (wide * scale)
    return memoryview(bytes(pixels)).cast("B", shape=[height, width])


def test_a_picture_says_what_it_is(page: Page) -> None:
    page.evaluate(
        """() => document.body.replaceChildren(
            codes.picture(codes.bars("729406517688604450"), codes.spaced("729406517688604450")),
            codes.picture(codes.square("729406517688604450"), ""))"""
    )
    assert page.get_by_role("img", name="7294 0651 7688 6044 50").count() == 1
