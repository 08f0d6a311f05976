"""Signatures of Standard Webhooks, version 1: HMAC-SHA256 with a secret that both sides know."""

import base64
import binascii
import hmac
from collections.abc import Sequence
from typing import Final

from milletpay.plumbing.ids import Entropy

PREFIX: Final = "whsec_"
SECRET_SIZE: Final = 32
"""Bytes of a new secret; the standard asks for 24 to 64."""


def new_secret(entropy: Entropy) -> bytes:
    """Make a secret."""
    return entropy(SECRET_SIZE)


def write_secret(secret: bytes) -> str:
    """The form in which a merchant is shown its secret, and in which the libraries take it."""
    return PREFIX + base64.b64encode(secret).decode()


def read_secret(text: str) -> bytes:
    """The secret that is written so.

    :raises ValueError: when it is none
    """
    if not text.startswith(PREFIX):
        raise ValueError(f"a secret begins with {PREFIX}")
    try:
        return base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError(f"after {PREFIX}, a secret is in base64") from None


def sign(body: bytes, *, id: str, seconds: int, secrets: Sequence[bytes]) -> str:
    """The value of `webhook-signature`: one signature for each secret, parted by spaces.

    :param id: the value of `webhook-id`
    :param seconds: the value of `webhook-timestamp`, seconds since 1970
    """
    signed = b"%b.%d.%b" % (id.encode(), seconds, body)
    digests = (hmac.digest(secret, signed, "sha256") for secret in secrets)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)
