"""Tokens: the text of keys and sessions, shown once and kept only as a hash.

`sk_test_`, 32 characters of chance, 6 of a checksum: `<kind>_<live or test>_<chance><checksum>`. Chance and
checksum are digits of base 62; 32 of them are 190 bits, which nobody guesses, and sessions have 43. The
checksum tells what was cut off or mistyped without a question to the database, and lets scanners of source
code be sure of what they find.
"""

import hashlib
import re
import zlib
from dataclasses import dataclass
from typing import Final

from milletpay.identity.model import CredentialKind, CredentialRefusal, CredentialRefused
from milletpay.ledger.chart import Mode
from milletpay.plumbing.ids import Entropy

KEY_DIGITS: Final = 32
SESSION_DIGITS: Final = 43
CHECK_DIGITS: Final = 6
_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_FORM: Final = re.compile(r"([a-z]{2})_(live|test)_([0-9A-Za-z]{38,49})", re.ASCII)
_KINDS: Final = {kind.begins: kind for kind in CredentialKind}
_MODES: Final = {mode.name.lower(): mode for mode in Mode}


class Secret:
    """A text that is shown once, to the one whom it is for, and never in a log: `reveal` gives it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(...)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a token says of itself, before anybody looked it up."""

    kind: CredentialKind
    mode: Mode


def new_token(kind: CredentialKind, *, mode: Mode, entropy: Entropy) -> Secret:
    """Draw a token."""
    digits = KEY_DIGITS if kind.is_key else SESSION_DIGITS
    # So many more bytes than digits that no digit is likelier than another.
    chance = int.from_bytes(entropy(digits + 16)) % 62**digits
    text = f"{kind.begins}_{mode.name.lower()}_{_base62(chance, digits=digits)}"
    return Secret(text + _checksum(text))


def read_token(text: str) -> Written:
    """What a token says of itself.

    :raises CredentialRefused: as malformed, when it is not written as ours are
    """
    form = _FORM.fullmatch(text)
    if form is None or form[1] not in _KINDS or _checksum(text[:-CHECK_DIGITS]) != text[-CHECK_DIGITS:]:
        raise CredentialRefused(CredentialRefusal.MALFORMED)
    return Written(kind=_KINDS[form[1]], mode=_MODES[form[2]])


def token_hash(text: str) -> bytes:
    """What is kept of a token: SHA-256, 32 bytes. Its chance needs no salt and no slow hash."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()


def _checksum(text: str) -> str:
    return _base62(zlib.crc32(text.encode()), digits=CHECK_DIGITS)


def _base62(number: int, *, digits: int) -> str:
    written = []
    for _ in range(digits):
        number, digit = divmod(number, 62)
        written.append(_BASE62[digit])
    return "".join(reversed(written))
