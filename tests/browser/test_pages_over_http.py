"""The pages without a browser: what every answer carries, and what is refused."""

import http.client
import re
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

import pytest

from milletpay.apps.web.application import page_tables
from milletpay.apps.web.backing import make_backing
from milletpay.bootstrap import make_code_keys
from milletpay.customers import DeviceId, DeviceKind, RegisterDevice
from milletpay.ledger.chart import Mode
from milletpay.payments import EnrollPresenter, Presenter
from tests.browser.test_payment_code_page import Till
from tests.browser.town import PEOPLE, Town
from tests.flows.terminal_shop import Phones

INLINE = re.compile(r"""\s(style|on[a-z]+)\s*=|<style|<script(?![^>]*\ssrc=)|javascript:""", re.IGNORECASE)
STRANGERS = re.compile(r"""(?:src|href|action)\s*=\s*["'](?:https?:)?//(?!127\.0\.0\.1)""", re.IGNORECASE)
OWN_PAGES = (
    "",
    "/entries",
    "/scan",
    "/code",
    "/code/rules",
    "/send",
    "/top-up",
    "/withdraw",
    "/agreements",
    "/subscriptions",
    "/cards",
    "/pin",
)


@dataclass
class Page:
    status: int
    headers: http.client.HTTPMessage
    text: str

    @property
    def token(self) -> str:
        found = re.search(r'name="form_token" value="([^"]+)"', self.text)
        assert found
        return found[1]

    @property
    def location(self) -> str:
        assert self.status == 303
        return self.headers["Location"] or ""


@dataclass
class Client:
    """Somebody with cookies and no browser."""

    town: Town
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Page:
        return self.ask("GET", path, None, headers)

    def post(self, path: str, **fields: str) -> Page:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        if (site := fields.pop("site", None)) is not None:
            headers["sec-fetch-site"] = site
        return self.ask("POST", path, urlencode(fields), headers)

    def sign_in(self, person: int) -> None:
        _, phone, _, _ = PEOPLE[person]
        asked = self.post("/wallet/sign-in", form_token=self.get("/wallet/sign-in").token, phone=phone)
        code = re.search(r"<b>(\d{6})</b>", asked.text)
        assert code
        entered = self.post("/wallet/sign-in/code", form_token=asked.token, phone=phone, code=code[1])
        assert entered.location == "/wallet"

    @property
    def cookie_line(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Page:
        connection = http.client.HTTPConnection(urlsplit(self.town.base_url).netloc, timeout=10)
        if self.cookies:
            headers |= {"cookie": self.cookie_line}
        connection.request(method, path.removeprefix(self.town.base_url), body, headers)
        answer = connection.getresponse()
        page = Page(answer.status, answer.headers, answer.read().decode())
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.partition(";")[0]
            assert "SameSite=Lax" in line
            assert "HttpOnly" in line or name == "millet-theme"
        connection.close()
        return page


@pytest.fixture
def client(town: Town) -> Client:
    return Client(town)


def paths_of(town: Town) -> list[str]:
    link, sign = town.short_payment(seconds=600), town.propose()
    own = [f"/wallet{path}" for path in OWN_PAGES]
    return ["/", "/shop", "/shop/phone", "/nowhere", link, sign, f"{link}/confirm", *own]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_is_closed_to_strangers(client: Client, language: str) -> None:
    client.sign_in(0)
    client.get(f"/language/{language}")
    for path in paths_of(client.town):
        page = client.get(path)
        assert page.status == (404 if path == "/nowhere" else 200), path
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["X-Frame-Options"] == "DENY"
        assert page.headers["Referrer-Policy"] == "same-origin"
        assert page.headers["Cache-Control"] == "no-store"
        assert not INLINE.search(page.text), path
        assert not STRANGERS.search(page.text), path
        assert f'<html lang="{language}' in page.text


def test_static_files_are_kept_for_ever_under_their_hash(client: Client) -> None:
    names = set(re.findall(r"/static/[^\"]+", client.get("/").text))
    assert len(names) >= 4
    for name in names:
        found = client.get(name)
        assert found.status == 200
        assert "immutable" in found.headers["Cache-Control"]
    size = sum(len(client.get(name).text) for name in names if name.endswith(".js"))
    assert size < 100_000
    folder = next(iter(names)).split("/")[2]
    for wrong in ("/static/0/millet.css", f"/static/{folder}/../pages.py", f"/static/{folder}/nothing.css"):
        assert client.get(wrong).status == 404


def test_the_wallet_sends_strangers_to_sign_in(client: Client) -> None:
    for path in OWN_PAGES:
        location = client.get(f"/wallet{path}").location
        assert location == f"/wallet/sign-in?next=%2Fwallet{path.replace('/', '%2F')}"
    assert client.post("/wallet/send/confirm", to="1", amount="1", order="0" * 32, pin="1").location
    client.cookies["millet-session"] = "cs_test_made_up"
    assert client.get("/wallet").location.startswith("/wallet/sign-in")


def leave(client: Client) -> None:
    """Sign out; who has kept the cookie is nobody soon."""
    session = client.cookies["millet-session"]
    home = client.get("/wallet")
    assert home.status == 200
    assert client.post("/wallet/sign-out", form_token=home.token).location == "/"
    assert client.cookies["millet-session"] == ""
    client.cookies["millet-session"] = session
    # Another process may take a second to hear of it.
    deadline = time.monotonic() + 30
    while client.get("/wallet").status == 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_session_ends_when_its_owner_leaves(client: Client) -> None:
    client.sign_in(1)
    leave(client)
    assert client.get("/wallet").location.startswith("/wallet/sign-in")


def test_forms_of_other_sites_are_refused(client: Client) -> None:
    client.sign_in(1)
    page = client.get("/shop/band")
    order = "ab" * 16
    stranger = Client(client.town)
    stolen = stranger.get("/shop/band").token
    for fields in ({}, {"form_token": ""}, {"form_token": "x"}, {"form_token": stolen}):
        refused = client.post("/shop/band/buy", order=order, **fields)
        assert refused.status == 403
        assert "seal" in refused.text
    assert client.post("/shop/band/buy", order=order, form_token=page.token, site="cross-site").status == 403
    assert Client(client.town).post("/shop/band/buy", order=order, form_token=page.token).status == 403
    bought = client.post("/shop/band/buy", order=order, form_token=page.token, site="same-origin")
    assert bought.location == client.post("/shop/band/buy", order=order, form_token=page.token).location


def test_a_wallet_is_opened_by_whoever_showed_the_phone(client: Client) -> None:
    """The proof is of this phone in this browser; sent twice it opens one wallet, and the first PIN stays."""
    phone = "13912344321"

    def shown(visitor: Client, number: str = phone) -> tuple[Page, str]:
        asked = visitor.post("/wallet/sign-in", form_token=visitor.get("/wallet/sign-in").token, phone=number)
        code = re.search(r"<b>(\d{6})</b>", asked.text)
        assert code
        page = visitor.post("/wallet/sign-in/code", form_token=asked.token, phone=number, code=code[1])
        proof = re.search(r'name="proof" value="([^"]+)"', page.text)
        assert proof
        return page, proof[1]

    page, proof = shown(client)
    said = {"name": "林", "pin": "305172", "again": "305172"}
    stranger = Client(client.town)
    _, other = shown(stranger, "13912344322")
    until, _, mac = proof.partition(".")
    for wrong in ("", ".", "x", f"{int(until) + 1}.{mac}", other):
        fields = said | {"phone": f"+86{phone}", "proof": wrong}
        refused = client.post("/wallet/sign-in/join", form_token=page.token, **fields)
        assert "said=code_wrong" in refused.location
    fields = said | {"phone": f"+86{phone}", "proof": proof}
    stolen = stranger.post("/wallet/sign-in/join", form_token=stranger.get("/wallet/sign-in").token, **fields)
    assert "said=code_wrong" in stolen.location
    for pin in ("305172", "999888"):
        fields |= {"pin": pin, "again": pin}
        opened = client.post("/wallet/sign-in/join", form_token=page.token, **fields)
        assert opened.location == "/wallet"
    assert client.get("/wallet").status == 200
    change = {"current": "305172", "pin": "518293", "again": "518293"}
    changed = client.post("/wallet/pin", form_token=client.get("/wallet/pin").token, **change)
    assert changed.location == "/wallet?said=pin_set"


def test_a_form_sent_again_moves_money_once(client: Client) -> None:
    client.sign_in(5)
    fields = {"to": PEOPLE[3][1], "amount": "7", "order": "cd" * 16, "pin": PEOPLE[5][2]}
    token = client.get("/wallet").token
    for _ in range(3):
        sent = client.post("/wallet/send/confirm", form_token=token, **fields)
        assert sent.location == "/wallet?said=money_sent"
    statement = client.get("/wallet/entries").text
    assert len(re.findall(r"</span>7<span class=\"cents\">\.00", statement)) == 1


@pytest.mark.parametrize(
    "amount", ["0", "-1", "1e3", "abc", "1.234", "99999999999999999999", "$5", "", "1,2,3", "NaN"]
)
def test_what_is_no_amount_moves_nothing(client: Client, amount: str) -> None:
    client.sign_in(5)
    order, token = "ef" * 16, client.get("/wallet").token
    card = re.search(r'name="card" value="([^"]+)"', client.get("/wallet/top-up").text)
    assert card
    asked = client.post("/wallet/top-up", form_token=token, amount=amount, card=card[1], order=order)
    assert asked.location.endswith("said=amount_wrong")
    again = client.get(f"/wallet/send/confirm?{urlencode({'to': PEOPLE[3][1], 'amount': amount})}")
    assert again.location.endswith("said=amount_wrong")


def test_nobody_sees_what_is_anothers(client: Client) -> None:
    client.sign_in(4)
    token = client.get("/wallet").token
    card = re.search(r'name="card" value="([^"]+)"', client.get("/wallet/top-up").text)
    assert card
    fields = {"form_token": token, "amount": "5", "card": card[1], "order": "12" * 16}
    movement = client.post("/wallet/top-up", **fields).location
    assert client.get(movement).status == 200
    other = Client(client.town)
    other.sign_in(3)
    assert other.get(movement).status == 404
    fields["form_token"] = other.get("/wallet").token
    assert other.post("/wallet/top-up", **fields).location.endswith("said=not_done")


def test_what_somebody_typed_is_shown_as_text(client: Client) -> None:
    client.sign_in(4)
    typed = '"><script>alert(1)</script>'
    for path in (
        f"/wallet/sign-in?{urlencode({'phone': typed})}",
        f"/wallet/send?{urlencode({'to': typed[:30], 'note': typed[:30], 'amount': typed[:30]})}",
        f"/wallet/top-up?{urlencode({'amount': typed[:30], 'next': typed})}",
        f"/wallet?{urlencode({'said': typed[:30]})}",
        f"/nowhere/{urlencode({'': typed})}",
    ):
        assert "<script>alert" not in client.get(path).text


def test_nothing_turns_the_text_of_a_page_around(client: Client) -> None:
    client.sign_in(4)
    note, token = "\u202etfig", client.get("/wallet").token
    assert client.get(f"/wallet/send?{urlencode({'note': note})}").status == 400
    fields = {"to": PEOPLE[3][1], "amount": "1", "order": "dc" * 16, "pin": PEOPLE[4][2], "note": note}
    assert client.post("/wallet/send/confirm", form_token=token, **fields).status == 400
    assert client.post("/wallet/send/confirm", form_token=token, **fields | {"note": "gift"}).status == 303


def test_whoever_left_is_told_nothing_any_more(client: Client) -> None:
    """A stream that lies open, perhaps on a phone that was lost, ends with the session."""
    town, till = client.town, Till(client.town)
    phones = Phones(keys=make_code_keys(secret=town.house.secret), presenters=[presenter_of(town, 3)])
    client.sign_in(3)
    stream = http.client.HTTPConnection(urlsplit(town.base_url).netloc, timeout=20)
    stream.request("GET", "/wallet/code/events", headers={"cookie": client.cookie_line})
    told = stream.getresponse()
    assert told.status == 200
    assert b"data:" in until(told, b"data:")
    assert till.sell(phones.code(), 3_21)["status"] == "succeeded"
    assert b"3.21" in until(told, b"3.21")
    leave(client)
    assert till.sell(phones.code(), 6_54)["status"] == "succeeded"
    assert not until(told, b"6.54")
    stream.close()


def until(told: http.client.HTTPResponse, word: bytes) -> bytes:
    """The line with this word; nothing when the stream ends before."""
    while (line := told.readline()) and word not in line:
        pass
    return line


def presenter_of(town: Town, person: int) -> Presenter:
    """A phone of somebody's that shows codes."""
    customer, device = town.people[person], DeviceId(town.house.ids.next())
    town.ask(
        RegisterDevice(id=device, customer=customer, mode=Mode.TEST, kind=DeviceKind.PHONE, name="phone")
    )
    presenter = town.ask(EnrollPresenter(device=device, customer=customer, mode=Mode.TEST))
    assert isinstance(presenter, Presenter)
    return presenter


def test_all_of_the_wallet_needs_its_owner(town: Town) -> None:
    (_, pages) = page_tables(make_backing(town.house, demo_file=None))
    for route in pages.routes:
        owned = route.path.startswith(("/wallet", "/pair/")) and not route.path.startswith("/wallet/sign-in")
        assert bool(route.who) is owned, route.path
        assert route.method in {"GET", "POST"}
