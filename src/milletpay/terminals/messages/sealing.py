"""Keys and message authentication codes of terminals.

* The **master key** of a terminal, 128 bits, is given to it once, when it is paired. Two keys come from it:
  one seals sign-on, one wraps session keys (SP 800-108 in counter mode, with CMAC).
* A **session key** seals everything else. It is given at sign-on, wrapped by RFC 3394, with a check value.
* The **seal** of a message is the first half of its AES-128 CMAC (SP 800-38B), over all before it.

On our side no key is kept: they are derived from the secret of the house (`TerminalSecrets`).
"""

import hmac
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

KEY_BYTES: Final = 16
WRAPPED_BYTES: Final = 24
CHECK_BYTES: Final = 5
SEAL_BYTES: Final = 8


class KeyRefused(Exception):
    """A key that was not wrapped for this terminal, or was changed on the way."""


@dataclass(frozen=True, slots=True)
class SealKey:
    """A key that messages are sealed with."""

    key: bytes = field(repr=False)

    def seal(self, message: bytes) -> bytes:
        """The seal of all that stands before it."""
        return _cmac(self.key, message)[:SEAL_BYTES]

    def fits(self, message: bytes, *, seal: bytes) -> bool:
        """Whether the seal is this key's, of this message; says so in constant time."""
        return hmac.compare_digest(self.seal(message), seal)


@dataclass(frozen=True, slots=True)
class MasterKey:
    """The key that a terminal was given when it was paired."""

    key: bytes = field(repr=False)

    @property
    def sign_on(self) -> SealKey:
        """What seals sign-on and its answer."""
        return SealKey(_derived(self.key, b"millet sign on"))

    def wrap(self, session: SealKey) -> bytes:
        """A session key as it is sent: wrapped, and its check value."""
        wrapped = aes_key_wrap(_derived(self.key, b"millet wrap"), session.key)
        return wrapped + _check_value(session.key)

    def unwrap(self, block: bytes) -> SealKey:
        """The session key that was sent.

        :raises KeyRefused: when it was not wrapped under this key
        """
        try:
            key = aes_key_unwrap(_derived(self.key, b"millet wrap"), block[:WRAPPED_BYTES])
        except (InvalidUnwrap, ValueError):
            raise KeyRefused("The session key was not wrapped for this terminal.") from None
        if len(key) != KEY_BYTES or not hmac.compare_digest(_check_value(key), block[WRAPPED_BYTES:]):
            raise KeyRefused("The session key is not the one of its check value.")
        return SealKey(key)


def _cmac(key: bytes, message: bytes) -> bytes:
    cmac = CMAC(AES(key))
    cmac.update(message)
    return cmac.finalize()


def _derived(key: bytes, label: bytes) -> bytes:
    """SP 800-108, counter mode: one block is all that a key needs."""
    return _cmac(key, b"\x01" + label + b"\x00" + (KEY_BYTES * 8).to_bytes(2))


def _check_value(key: bytes) -> bytes:
    """As ANSI X9.24-1 has it for AES: the first bytes of the CMAC of a block of zeros."""
    return _cmac(key, bytes(16))[:CHECK_BYTES]
