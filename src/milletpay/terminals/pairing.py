"""Pairing: the short code that makes a device a terminal, and the secrets that the terminal then has.

A code has eight signs of 32, which are 40 bits; it is good once, for ten minutes. Who tries codes is locked
out by address after five wrong ones, so that a thousand addresses that try all day long hit one of a thousand
open codes less than once in a thousand years. Only a MAC of the code is kept.

What a terminal holds beside its key is derived from the secret of the house, the terminal's id and how often
it was paired: nothing of it is in the tables, and pairing again changes all of it.
"""

import hmac
import re
from dataclasses import dataclass, field
from typing import Final

from milletpay.merchants import TERMINAL_ID, TerminalId
from milletpay.plumbing.ids import Entropy

SIGNS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No 0, 1, I and O, which people mistake for each other."""

LENGTH: Final = 8
_WRITTEN: Final = re.compile(f"[{SIGNS}]{{{LENGTH}}}", re.ASCII)


def draw_code(entropy: Entropy) -> str:
    """Draw a pairing code."""
    return "".join(SIGNS[byte % len(SIGNS)] for byte in entropy(LENGTH))


def read_code(text: str) -> str | None:
    """The code that somebody typed, with spaces, hyphens and in any case; None if it cannot be one."""
    code = text.replace(" ", "").replace("-", "").upper()
    return code if _WRITTEN.fullmatch(code) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalSecrets:
    """Derives what terminals hold; `key` is the house's, for this purpose."""

    key: bytes = field(repr=False)

    def code_mac(self, code: str) -> bytes:
        """Under what a pairing code is known: 32 bytes."""
        return self._derive(b"pairing code", code.encode())

    def address(self, address: str) -> int:
        """Under what the tries from an address are counted: 127 bits, and never zero."""
        return int.from_bytes(self._derive(b"address", address.encode())[:16]) >> 1 | 1

    def master_key(self, terminal: TerminalId, *, pairings: int) -> bytes:
        """The master key of a card terminal, 16 bytes: its session keys are wrapped under it."""
        return self._derive(b"master key", _written(terminal, pairings))[:16]

    def session_key(self, terminal: TerminalId, *, pairings: int, number: int) -> bytes:
        """The session key of a number, 16 bytes, with which a card terminal seals its messages."""
        return self._derive(b"session key", _written(terminal, pairings) + f"\0{number}".encode())[:16]

    def seal_key(self, terminal: TerminalId, *, pairings: int) -> bytes:
        """The key with which a till seals what it takes without a network, 32 bytes."""
        return self._derive(b"seal key", _written(terminal, pairings))

    def _derive(self, purpose: bytes, what: bytes) -> bytes:
        return hmac.digest(self.key, purpose + b"\0" + what, "sha256")


def _written(terminal: TerminalId, pairings: int) -> bytes:
    return f"{TERMINAL_ID.write(terminal)}\0{pairings}".encode()
