"""Cookies of a request, and the one that all our pages read, whichever program part shows them: the theme."""

from collections.abc import Iterable, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Final

from milletpay.apps.http.asgi import HeaderLine

THEME_COOKIE: Final = "millet-theme"
THEMES: Final = ("light", "dark")


def read_cookies(headers: Iterable[HeaderLine]) -> Mapping[str, str]:
    """The cookies that came with a request; none when they cannot be read."""
    line = dict(headers).get(b"cookie", b"").decode("latin-1")
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(line).items()}
    except CookieError:
        return {}


def chosen_theme(cookies: Mapping[str, str]) -> str:
    """`light` or `dark`; empty for whatever the device likes."""
    theme = cookies.get(THEME_COOKIE, "")
    return theme if theme in THEMES else ""
