"""A page of another site, in a real browser: it follows a payment with the publishable key, and no other."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser

from milletpay.identity import CredentialKind, KeyId, create_key
from milletpay.ledger.chart import Mode
from milletpay.payments import PAYMENT_ID
from milletpay.plumbing.ids import system_entropy
from tests.browser.conftest import PATIENCE_MS
from tests.browser.town import Town

READ = """async ([url, key]) => {
    window.told = [];
    const reply = await fetch(url, {headers: {Authorization: `Bearer ${key}`}});
    window.requestId = reply.headers.get("request-id");
    const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
    (async () => {
        for (let part = await reader.read(); !part.done; part = await reader.read()) {
            window.told.push(part.value);
        }
        window.told.push("the end");
    })();
    return reply.status;
}"""


def key_of(town: Town, kind: CredentialKind) -> str:
    async def make() -> Any:
        async with town.house.database.transaction() as connection:
            return await create_key(
                connection,
                id=KeyId(town.house.ids.next()),
                merchant=town.merchants[0],
                mode=Mode.TEST,
                kind=kind,
                name="page",
                now=town.house.clock.now_ns(),
                entropy=system_entropy,
            )

    return str(town.do(make()).secret.reveal())


class OtherSite(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<h1>Elsewhere")

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The address of another site, of this machine too: else a browser lets it ask nothing here."""
    with ThreadingHTTPServer(("127.0.0.1", 0), OtherSite) as site:
        serving = threading.Thread(target=site.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{site.server_address[1]}/"
        site.shutdown()
        serving.join()


def test_a_page_of_another_site_follows_a_payment(browser: Browser, town: Town, elsewhere: str) -> None:
    link = town.short_payment(seconds=600)
    payment = town.newest_payment()
    token = link.rpartition("/")[2]
    url = f"{town.base_url}/v1/payments/{PAYMENT_ID.write(payment.id)}/events?token={token}"
    page = browser.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(elsewhere)
    assert page.evaluate(READ, [url, key_of(town, CredentialKind.PUBLISHABLE_KEY)]) == 200
    page.wait_for_function("window.told.join('').includes('awaiting_payment')")
    assert page.evaluate("window.requestId").startswith("req_")
    town.cancel(payment)
    page.wait_for_function("window.told.join('').includes('canceled') && window.told.at(-1) == 'the end'")
    secret = key_of(town, CredentialKind.SECRET_KEY)
    failed = (
        "async ([url, key]) => { try { await (" + READ + ")([url, key]); } catch (e) { return e.name; } }"
    )
    assert page.evaluate(failed, [url, secret]) == "TypeError"
    page.close()
