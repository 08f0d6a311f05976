"""Who looks: the language and theme that a browser wants, and the cookies by which it is known again.

Cookies are `__Host-` and `Secure` where we are served over https; on plain http, as in a demo on one machine,
a browser takes neither. None is readable to another site, and none but the theme to a script.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from milletpay.apps.http.asgi import HeaderLine
from milletpay.apps.http.cookies import chosen_theme, read_cookies
from milletpay.money import Language

YEAR: Final = 365 * 24 * 3600
LANGUAGE_COOKIE: Final = "millet-language"
VISITOR: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a page is to be shown."""

    language: Language
    theme: str
    """`light` or `dark`; empty for whatever the device likes."""
    visitor: str
    """What a browser is known by from its first page on; empty when it has shown nothing yet."""
    session: str
    """The token of the wallet's session; empty when nobody is signed in."""
    television: str
    """The credential of the television that this browser is; empty when it is none."""
    pairing: str
    """What a television that is nobody's yet has to remember."""

    @property
    def other_language(self) -> Language:
        """The one to change to."""
        return Language.EN if self.language is Language.ZH else Language.ZH

    @property
    def next_theme(self) -> str:
        """The one to change to, for a browser without scripts."""
        return "light" if self.theme == "dark" else "dark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookies:
    """Reads and writes the cookies of our pages; `secure` where we are served over https."""

    secure: bool

    @property
    def visitor(self) -> str:
        """The name of the cookie by which a browser is known."""
        return self._named("millet-visitor")

    @property
    def session(self) -> str:
        """The name of the cookie that holds the wallet's session."""
        return self._named("millet-session")

    @property
    def television(self) -> str:
        """The name of the cookie that holds a television's credential."""
        return self._named("millet-television")

    @property
    def pairing(self) -> str:
        """The name of the cookie in which a television remembers its code."""
        return self._named("millet-pairing")

    def look(self, headers: Iterable[HeaderLine]) -> Look:
        """How the page is to be shown to whoever sent these headers."""
        lines = dict(headers)
        jar = read_cookies(lines.items())
        visitor = jar.get(self.visitor, "")
        return Look(
            language=_language(jar.get(LANGUAGE_COOKIE, ""), lines.get(b"accept-language", b"")),
            theme=chosen_theme(jar),
            visitor=visitor if VISITOR.fullmatch(visitor) else "",
            session=jar.get(self.session, ""),
            television=jar.get(self.television, ""),
            pairing=jar.get(self.pairing, ""),
        )

    def keep(self, name: str, value: str, *, seconds: int, scripts: bool = False) -> HeaderLine:
        """The header that has a browser keep a cookie; for no time, to drop it."""
        flags = ("" if scripts else "; HttpOnly") + ("; Secure" if self.secure else "")
        return b"set-cookie", f"{name}={value}; Path=/; Max-Age={seconds}; SameSite=Lax{flags}".encode()

    def _named(self, name: str) -> str:
        return f"__Host-{name}" if self.secure else name


def local_path(text: str) -> str:
    """A path of ours that a link or form names to go on to; our front page when it is anything else."""
    if not text.startswith("/") or text.startswith(("//", "/\\")) or len(text) > 2000:
        return "/"
    return text if text.isascii() and text.isprintable() and not set(text) & set(' "<>\\^`{|}') else "/"


def _language(chosen: str, accepted: bytes) -> Language:
    """The chosen one; else the one that the browser likes best; else English."""
    for language in Language:
        if chosen == language.value:
            return language
    best, best_weight = Language.EN, 0.0
    for part in accepted.decode("latin-1").split(","):
        tag, _, rest = part.strip().partition(";")
        match = re.fullmatch(r"\s*q=(0(?:\.\d{1,3})?|1(?:\.0{1,3})?)\s*", rest)
        weight = float(match[1]) if match else (0.0 if rest else 1.0)
        known = next((one for one in Language if tag.lower().split("-")[0] == one.value), None)
        if known is not None and weight > best_weight:
            best, best_weight = known, weight
    return best
