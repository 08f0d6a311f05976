"""Envelopes: what is kept and is nobody's to read but whoever it was for, such as an answer with a secret.

AES-256 in Galois counter mode, under a key of the purpose and of what it is about. The nonce follows from the
text: the same text is closed the same way, and two texts never with one nonce.
"""

import hmac
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES: Final = 12
PURPOSE: Final = b"milletpay envelope"


class NotOurEnvelope(Exception):
    """It was closed under another secret or about something else, or was changed."""


class Envelope:
    """Closes and opens texts. It is not shown."""

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        """`secret` is the same in every process and after every restart, and in no table."""
        self._secret = secret

    def __repr__(self) -> str:
        return "Envelope(...)"

    def close(self, text: bytes, *, about: int) -> bytes:
        """The text as it may be kept; `about` has 128 bits."""
        key = self._key(about)
        nonce = hmac.digest(key, b"nonce" + text, "sha256")[:NONCE_BYTES]
        return nonce + AESGCM(key).encrypt(nonce, text, None)

    def open(self, closed: bytes, *, about: int) -> bytes:
        """The text that was closed.

        :raises NotOurEnvelope: when it is none of ours
        """
        nonce, sealed = closed[:NONCE_BYTES], closed[NONCE_BYTES:]
        try:
            return AESGCM(self._key(about)).decrypt(nonce, sealed, None)
        except (InvalidTag, ValueError) as error:
            raise NotOurEnvelope("it was not closed here, or not about this") from error

    def _key(self, about: int) -> bytes:
        return hmac.digest(self._secret, PURPOSE + about.to_bytes(16), "sha256")
