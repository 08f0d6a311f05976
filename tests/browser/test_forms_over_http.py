"""Every form of the pages is refused unless this browser was shown it: by all routes, not by a few."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec

from milletpay.apps.http.routes import Media, Route
from milletpay.apps.web.application import page_tables
from milletpay.apps.web.backing import make_backing
from tests.browser.test_pages_over_http import Client
from tests.browser.town import Town

BOUNDARY = "a-boundary"
PAYMENT = "pay_01kdz9m4h0000g40r40m30e209"


def posts(town: Town) -> list[Route]:
    _, pages = page_tables(make_backing(town.house, demo_file=Path("demo.json")))
    found = [route for route in pages.routes if route.method == "POST"]
    assert len(found) > 20
    return found


def filled(route: Route) -> dict[str, str]:
    """Something for every field that has to be there."""
    assert route.body is not None, f"{route.path} changes something and takes no form"
    described: Any = msgspec.inspect.type_info(route.body)
    assert any(one.encode_name == "form_token" for one in described.fields), f"{route.path} takes no token"
    return {one.encode_name: something(one.type) for one in described.fields if one.required}


def something(kind: Any) -> str:
    return "0" * 32 if getattr(kind, "pattern", None) else "1"


def send(client: Client, route: Route, fields: dict[str, str], **headers: str) -> int:
    path = re.sub(r"{\w+}", "x", route.path.replace("{payment}", PAYMENT))
    body, headers["content-type"] = urlencode(fields), "application/x-www-form-urlencoded"
    if route.media is Media.MULTIPART:
        files = {"photo": '; filename="a.png"'}
        head = f"--{BOUNDARY}\r\ncontent-disposition: form-data; name="
        parts = [f'{head}"{name}"{files.get(name, "")}\r\n\r\n{value}\r\n' for name, value in fields.items()]
        body = "".join(parts) + f"--{BOUNDARY}--\r\n"
        headers["content-type"] = f"multipart/form-data; boundary={BOUNDARY}"
    return client.ask("POST", path, body, headers).status


def test_no_form_is_taken_that_was_not_shown_to_this_browser(town: Town) -> None:
    client, stranger = Client(town), Client(town)
    client.sign_in(2)
    own, others = client.get("/wallet/pin").token, stranger.get("/wallet/sign-in").token
    for route in posts(town):
        fields = filled(route)
        for token in ({}, {"form_token": ""}, {"form_token": "x"}, {"form_token": others}):
            assert send(client, route, fields | token) == 403, f"{route.path} with {token}"
        for site in ("cross-site", "same-site"):
            from_there = {"sec-fetch-site": site}
            assert send(client, route, fields | {"form_token": own}, **from_there) == 403, route.path
    # What is refused above is refused for that alone.
    for route in sorted(posts(town), key=lambda one: one.path.endswith("/sign-out")):
        fields = filled(route)
        assert send(client, route, fields | {"form_token": own}) != 403, route.path


def test_a_signed_out_browser_sends_no_form_of_the_wallet(town: Town) -> None:
    client = Client(town)
    own = client.get("/wallet/sign-in").token
    for route in posts(town):
        if route.who:
            assert send(client, route, filled(route) | {"form_token": own}) == 303, route.path
