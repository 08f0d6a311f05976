"""What a browser says of itself, and where a page may send it."""

import pytest

from milletpay.apps.web.look import Cookies, local_path
from milletpay.apps.web.pages import cut_money, masked_name, minutes, phone
from milletpay.money import Currency, Language, Money, format_money

PLAIN, SECURE = Cookies(secure=False), Cookies(secure=True)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        (b"", Language.EN),
        (b"zh-CN,zh;q=0.9,en;q=0.8", Language.ZH),
        (b"en-US,en;q=0.9,zh;q=0.8", Language.EN),
        (b"fr,zh-TW;q=0.7,en;q=0.3", Language.ZH),
        (b"fr, de", Language.EN),
        (b"en;q=0.1,zh;q=0.2", Language.ZH),
        (b"zh;q=0,en;q=0.1", Language.EN),
        (b"zh;q=9", Language.EN),
        (b";;,=,\xff", Language.EN),
    ],
)
def test_the_language_that_a_browser_likes(accepted: bytes, language: Language) -> None:
    assert PLAIN.look([(b"accept-language", accepted)]).language is language


def test_what_somebody_chose_comes_before_what_the_browser_likes() -> None:
    headers = [(b"accept-language", b"en"), (b"cookie", b"a=b; millet-language=zh; millet-theme=dark")]
    look = PLAIN.look(headers)
    assert (look.language, look.theme, look.other_language) == (Language.ZH, "dark", Language.EN)
    assert PLAIN.look([(b"cookie", b"millet-language=fr; millet-theme=pink")]).theme == ""


def test_cookies_are_bound_to_the_house_where_it_is_safe() -> None:
    assert SECURE.session == "__Host-millet-session"
    name, line = SECURE.keep(SECURE.session, "x", seconds=9)
    assert (name, line) == (
        b"set-cookie",
        b"__Host-millet-session=x; Path=/; Max-Age=9; SameSite=Lax; HttpOnly; Secure",
    )
    assert PLAIN.keep("a", "b", seconds=1)[1] == b"a=b; Path=/; Max-Age=1; SameSite=Lax; HttpOnly"
    visitor = "0" * 32
    assert SECURE.look([(b"cookie", f"millet-visitor={visitor}".encode())]).visitor == ""
    assert SECURE.look([(b"cookie", f"__Host-millet-visitor={visitor}".encode())]).visitor == visitor
    assert PLAIN.look([(b"cookie", b"millet-visitor=<script>")]).visitor == ""


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ("/wallet", "/wallet"),
        ("/c/abc/confirm?said=x", "/c/abc/confirm?said=x"),
        ("", "/"),
        ("wallet", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nset-cookie: x=y", "/"),
        ("/a b", "/"),
        ("/é", "/"),
        ("/" + "a" * 3000, "/"),
    ],
)
def test_nobody_is_sent_elsewhere(wanted: str, path: str) -> None:
    assert local_path(wanted) == path


@pytest.mark.parametrize("minor", [0, 5, 199900, -1250, 123456789, -1])
@pytest.mark.parametrize("currency", [Currency.CNY, Currency.JPY, Currency.CHF])
def test_the_pieces_of_an_amount_are_the_amount(minor: int, currency: Currency) -> None:
    for language in Language:
        amount = Money(minor, currency)
        cut = cut_money(amount, language=language)
        whole = cut.minus + cut.symbol + cut.units + cut.cents
        assert whole == format_money(amount, language=language)


def test_small_words() -> None:
    assert [minutes(seconds) for seconds in (-1, 0, 9, 899, 3600, 3723)] == [
        "0:00",
        "0:00",
        "0:09",
        "14:59",
        "1:00:00",
        "1:02:03",
    ]
    assert phone("+8613800138000") == "138 0013 8000"
    assert phone("+85291234567") == "+85291234567"
    assert [masked_name(name) for name in ("王小明", "李", "")] == ["*小明", "*", "*"]
