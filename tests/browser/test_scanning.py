"""Codes are scanned: by the camera, from a photo, pasted; what is foreign is said, not opened."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from milletpay.codes import png
from tests.browser.conftest import DESK_EN, PHONE_EN, PHONE_ZH, NewVisitor, Screen, Visitor
from tests.browser.test_walks import CASHIER, CHECK
from tests.browser.town import PEOPLE, Town

CAMERA = """(codes) => {
    globalThis.BarcodeDetector = class {
        static async getSupportedFormats() { return ["qr_code"]; }
        async detect() { return codes.map((rawValue) => ({ rawValue })); }
    };
    const canvas = document.createElement("canvas");
    canvas.getContext("2d").fillRect(0, 0, 9, 9);
    globalThis.camera = [];
    navigator.mediaDevices.getUserMedia = async () => {
        const stream = canvas.captureStream();
        globalThis.camera.push(...stream.getTracks());
        return stream;
    };
}"""
"""The browser's own parts that Chromium has on phones alone: what they see is given."""


def upload(visitor: Visitor, content: bytes, name: str = "photo.png", kind: str = "image/png") -> None:
    visitor.go("/wallet/scan")
    file: Any = {"name": name, "mimeType": kind, "buffer": content}
    with visitor.page.expect_navigation():
        visitor.page.set_input_files("#photo", file)


def with_camera(visitor: Visitor, *codes: str) -> None:
    """A phone whose camera sees these codes."""
    arguments = ", ".join(repr(code) for code in codes)
    visitor.page.add_init_script(f"({CAMERA})([{arguments}])")


@pytest.mark.parametrize("screen", [PHONE_ZH, PHONE_EN], ids=lambda screen: screen.name)
def test_a_photo_of_the_cashier_leads_to_its_payment(screen: Screen, new_visitor: NewVisitor) -> None:
    desk, phone = new_visitor(DESK_EN), new_visitor(screen)
    path = desk.order("band")
    phone.sign_in(4)
    phone.go("/wallet/scan")
    phone.shot("50-scan")
    upload(phone, desk.page.screenshot())
    phone.page.wait_for_url(f"**{path}")
    phone.page.locator("a.button.main").click()
    phone.give_pin(PEOPLE[4][2])
    phone.page.wait_for_url(CASHIER)
    expect(phone.page.locator(CHECK)).to_be_visible()
    expect(desk.page.locator(CHECK)).to_be_visible()


def test_a_large_photo_is_made_smaller_before_it_is_sent(new_visitor: NewVisitor) -> None:
    desk, phone = new_visitor(DESK_EN), new_visitor(PHONE_ZH)
    path = desk.order("band")
    shown = Image.open(BytesIO(desk.page.screenshot())).convert("RGB").resize((3840, 2700))
    photo = BytesIO()
    shown.save(photo, "WEBP")  # which the server does not take; this browser can open it
    phone.sign_in(4)
    phone.go("/wallet/scan")
    with phone.page.expect_request("**/wallet/scan") as sent:
        phone.page.set_input_files(
            "#photo", {"name": "p.webp", "mimeType": "image/webp", "buffer": photo.getvalue()}
        )
    assert sent.value.method == "POST"
    phone.page.wait_for_url(f"**{path}")


def test_several_codes_in_a_photo_are_a_question(new_visitor: NewVisitor, town: Town) -> None:
    phone = new_visitor(PHONE_EN)
    payment = town.short_payment(seconds=60)
    links = [payment, town.house.links.plate(town.plate), town.propose(), "https://qr.example/foreign"]
    table = Image.new("RGB", (1500, 1500), "white")
    for place, link in enumerate(links):
        code = Image.open(BytesIO(png(link))).convert("RGB")
        table.paste(code, (750 * (place % 2) + 50, 750 * (place // 2) + 50))
    photo = BytesIO()
    table.save(photo, "PNG")
    phone.sign_in(4)
    upload(phone, photo.getvalue())
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("There are several codes")
    phone.shot("51-scan-choice")
    expect(phone.page.locator("main nav a")).to_have_count(3)
    phone.page.locator("main nav a", has_text="5.00").click()
    phone.page.wait_for_url(payment)


@pytest.mark.parametrize(
    ("photo", "said"),
    [
        (png("https://qr.alipay.com/fkx0123"), "That link leads elsewhere. We did not open it."),
        (png("hello"), "That is not a payment link."),
        (b"no picture", "This is no picture that we can open. Try another one, JPEG or PNG."),
    ],
    ids=["foreign", "text", "no-picture"],
)
def test_what_a_photo_has_instead_of_a_code_is_said(visitor: Visitor, photo: bytes, said: str) -> None:
    visitor.sign_in(4)
    upload(visitor, photo)
    expect(visitor.page.get_by_role("alert")).to_have_text(said)


def test_the_camera_is_opened_by_hand_and_let_go(new_visitor: NewVisitor) -> None:
    phone = new_visitor(PHONE_ZH)
    phone.sign_in(4)
    with_camera(phone)
    phone.go("/wallet/scan")
    page = phone.page
    expect(page.locator("[data-open]")).to_be_visible()
    assert page.evaluate("camera.length") == 0, "nobody has pressed"
    page.locator("[data-open]").click()
    expect(page.get_by_text("将二维码放入框内")).to_be_visible()
    assert page.evaluate("camera.map((track) => track.readyState)") == ["live"]
    phone.shot("52-scan-camera")
    page.locator("[data-stop]").click()
    assert page.evaluate("camera.map((track) => track.readyState)") == ["ended"]
    expect(page.locator("[data-open]")).to_be_focused()


def test_what_the_camera_sees_is_opened(new_visitor: NewVisitor, town: Town) -> None:
    phone = new_visitor(PHONE_EN)
    phone.sign_in(4)
    payment = town.short_payment(seconds=60)
    with_camera(phone, "https://qr.example/foreign", payment)
    phone.go("/wallet/scan")
    phone.page.locator("[data-open]").click()
    phone.page.wait_for_url(payment)


def test_a_camera_that_is_not_allowed_is_no_dead_end(new_visitor: NewVisitor) -> None:
    phone = new_visitor(PHONE_EN)
    phone.sign_in(4)
    with_camera(phone)
    phone.page.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotAllowedError'); }"
    )
    phone.go("/wallet/scan")
    phone.page.locator("[data-open]").click()
    expect(phone.page.locator("[data-said=denied]")).to_be_visible()
    phone.shot("53-scan-denied")
    expect(phone.page.get_by_label("Link, or what a code says")).to_be_visible()
