"""Links and symbols: what is written is read again, and nothing else is."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milletpay.codes import Link, LinkKind, Links, NotOurLink, ScanRefusal, key_for, png, svg

LINKS = Links(
    base_url="https://pay.example", key=key_for("links", secret=b"a secret of 32 bytes, or so it is")
)
PAYMENT = 0x019B_1A2B_3C4D_5E6F_7081_92A3_B4C5_D6E7
LINK = LINKS.payment(PAYMENT)


@given(id=st.integers(1, 2**128 - 2), kind=st.sampled_from(LinkKind))
def test_what_is_written_is_read(id: int, kind: LinkKind) -> None:
    link = Link(kind=kind, object=id)
    assert LINKS.read(LINKS.write(link)) == link


def test_a_link_is_short_and_says_what_it_opens() -> None:
    assert re.fullmatch(r"https://pay\.example/c/[A-Za-z0-9_-]{36}", LINK)
    assert LINKS.agreement(PAYMENT).startswith("https://pay.example/sign/")
    # 33 modules with 4 of quiet at each side: a phone reads it across a counter.
    assert 'viewBox="0 0 41 41"' in svg(LINK, title="code")


@pytest.mark.parametrize(
    ("scanned", "refusal"),
    [
        ("", ScanRefusal.EMPTY),
        (" \n", ScanRefusal.EMPTY),
        ("x" * 5000, ScanRefusal.TOO_LONG),
        ("hello", ScanRefusal.NOT_A_LINK),
        ("6901234567892", ScanRefusal.NOT_A_LINK),
        ("wxp://f2f0abcdef", ScanRefusal.NOT_A_LINK),
        ("javascript:alert(1)", ScanRefusal.NOT_A_LINK),
        ("https://", ScanRefusal.NOT_A_LINK),
        ("https://[", ScanRefusal.NOT_A_LINK),
        ("https://pay.example:port/c/x", ScanRefusal.NOT_A_LINK),
        ("https://pay.example@evil.example/c/x", ScanRefusal.NOT_A_LINK),
        ("https://qr.alipay.com/fkx0123", ScanRefusal.NOT_OURS),
        (LINK.replace("https", "http"), ScanRefusal.NOT_OURS),
        (LINK.replace("example", "example.org"), ScanRefusal.NOT_OURS),
        (LINK.replace("example", "example:8443"), ScanRefusal.NOT_OURS),
        ("https://pay.example", ScanRefusal.NOT_A_CODE),
        ("https://pay.example/wallet/send", ScanRefusal.NOT_A_CODE),
        (LINK + "/confirm", ScanRefusal.NOT_A_CODE),
        ("https://pay.example/c/", ScanRefusal.DAMAGED),
        (LINK[:-1], ScanRefusal.DAMAGED),
        (LINK + "A", ScanRefusal.DAMAGED),
        (LINK.lower(), ScanRefusal.DAMAGED),
        (LINK.replace("/c/", "/sign/"), ScanRefusal.DAMAGED),
    ],
)
def test_anything_else_is_refused(scanned: str, refusal: ScanRefusal) -> None:
    with pytest.raises(NotOurLink) as refused:
        LINKS.read(scanned)
    assert refused.value.refusal is refusal
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("added", ["?from=timeline&isappinstalled=0", "#top", "?", " "])
def test_what_messengers_add_does_not_count(added: str) -> None:
    assert LINKS.read(LINK + added).object == PAYMENT
    assert LINKS.read(LINK.replace("https://pay.example", "HTTPS://PAY.example:443")).object == PAYMENT


def test_a_house_below_a_path() -> None:
    below = Links(base_url="http://127.0.0.1:8420/pay", key=LINKS.key)
    assert below.read(below.payment(PAYMENT)).object == PAYMENT


def test_a_token_is_for_one_object_kind_and_key() -> None:
    token = LINKS.token(Link(kind=LinkKind.PAYMENT, object=PAYMENT))
    raw = base64.urlsafe_b64decode(token)
    assert LINKS.read_token(token, kind=LinkKind.PAYMENT) == PAYMENT
    assert LINKS.read_token(token, kind=LinkKind.AGREEMENT) is None
    other = Links(base_url=LINKS.base_url, key=key_for("links", secret=b"another secret of the same length"))
    assert other.read_token(token, kind=LinkKind.PAYMENT) is None
    for place in range(len(raw)):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        assert LINKS.read_token(base64.urlsafe_b64encode(changed).decode(), kind=LinkKind.PAYMENT) is None


def test_the_key_is_not_shown() -> None:
    assert "key" not in repr(LINKS)
    assert key_for("links", secret=b"s") != key_for("forms", secret=b"s")


def test_symbols_are_dark_on_light_and_name_themselves() -> None:
    drawn = svg(LINK, title="Pay <Millet>")
    assert drawn.startswith("<svg")
    assert "<title>Pay &lt;Millet&gt;</title>" in drawn
    assert 'fill="#ffffff"' in drawn.lower() or 'fill="#fff"' in drawn.lower()
    assert "style" not in drawn, "the pages allow no inline style"
    assert png(LINK).startswith(b"\x89PNG\r\n\x1a\n")
