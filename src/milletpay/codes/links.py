"""Links of ours: written with a token that cannot be guessed, and read again from what a wallet scans.

A token is 16 bytes of the object's id and 11 bytes of HMAC-SHA256 over its kind and id. An id is not a
secret, so whoever has only the id cannot open the page; 88 bits cannot be tried out over a network. 27 bytes
are 36 characters of base64url with nothing left over: there is one way to write a token.
"""

import base64
import binascii
import hmac
import re
from dataclasses import dataclass, field
from enum import StrEnum, auto, unique
from typing import Final
from urllib.parse import urlsplit

from milletpay.codes.emv import BadPayload, read_payload
from milletpay.codes.merchant_codes import carried_in

ID_BYTES: Final = 16
TAG_BYTES: Final = 11
TOKEN: Final = re.compile("[A-Za-z0-9_-]{36}")
SCANNED_MAX: Final = 4_296
"""Characters that the largest QR code can hold."""
EMV_BEGINS: Final = "0002"
"""How every payload of EMVCo's form begins, and no link."""


@unique
class LinkKind(StrEnum):
    """What a link opens. The value is the first part of its path."""

    PAYMENT = "c"
    """The cashier page of a payment."""
    AGREEMENT = "sign"
    """The page on which a customer signs an agreement."""
    PAIRING = "pair"
    """The page on which a customer takes a television or box for a device of theirs."""
    PLATE = "p"
    """The page of a code plate: the payer types the amount."""


class ScanRefusal(StrEnum):
    """Why what was scanned cannot be used, in order of precedence."""

    EMPTY = auto()
    """There is nothing in it."""
    TOO_LONG = auto()
    """No code can hold so much."""
    NOT_A_LINK = auto()
    """It is some other text."""
    NOT_OURS = auto()
    """It is a link to another place."""
    NOT_A_CODE = auto()
    """It is a link of ours to something that is no code."""
    DAMAGED = auto()
    """It looks like a code of ours, and is not: mistyped, cut off or made up."""


class NotOurLink(Exception):
    """What was scanned is no code of ours; `refusal` says why, the text is for people."""

    def __init__(self, refusal: ScanRefusal, detail: str) -> None:
        super().__init__(detail)
        self.refusal = refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a link is about."""

    kind: LinkKind
    object: int
    """The id of the payment or agreement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Writes and reads the links of one house.

    `base_url` is what they begin with, without a slash at its end. `key` is secret and the same in every
    process and after every restart, since links are printed.
    """

    base_url: str
    key: bytes = field(repr=False)

    def write(self, link: Link) -> str:
        """The address that opens an object's page."""
        return f"{self.base_url}/{link.kind}/{self.token(link)}"

    def payment(self, payment: int) -> str:
        """The address of a payment's cashier page; what its QR code holds."""
        return self.write(Link(kind=LinkKind.PAYMENT, object=payment))

    def agreement(self, agreement: int) -> str:
        """The address of the page on which an agreement is signed."""
        return self.write(Link(kind=LinkKind.AGREEMENT, object=agreement))

    def pairing(self, pairing: int) -> str:
        """The address of the page on which a device is confirmed; what it shows as a QR code."""
        return self.write(Link(kind=LinkKind.PAIRING, object=pairing))

    def plate(self, plate: int) -> str:
        """The address of a code plate's page; what is printed on it."""
        return self.write(Link(kind=LinkKind.PLATE, object=plate))

    def token(self, link: Link) -> str:
        """What stands in a link: the object's id, and the proof that we gave it out."""
        id = link.object.to_bytes(ID_BYTES)
        return base64.urlsafe_b64encode(id + self._tag(link.kind, id)).decode()

    def read_token(self, token: str, *, kind: LinkKind) -> int | None:
        """The id of the object that a token names, or None when it is none of ours for this kind."""
        if not TOKEN.fullmatch(token):
            return None
        try:
            raw = base64.urlsafe_b64decode(token)
        except binascii.Error:
            return None
        id, tag = raw[:ID_BYTES], raw[ID_BYTES:]
        return int.from_bytes(id) if hmac.compare_digest(tag, self._tag(kind, id)) else None

    def read(self, scanned: str) -> Link:
        """What a scanned or pasted text opens: a link, or a payload of EMVCo's form that carries its token.

        A query or fragment that somebody added does not count.

        :raises NotOurLink: when it is anything but a link of ours with a token of ours
        """
        text = scanned.strip()
        if not text:
            raise NotOurLink(ScanRefusal.EMPTY, "There is nothing in this code.")
        if len(text) > SCANNED_MAX:
            raise NotOurLink(
                ScanRefusal.TOO_LONG, f"{len(text)} characters are more than a code holds ({SCANNED_MAX})."
            )
        if text.startswith(EMV_BEGINS):
            return self._read_emv(text)
        place = _place_of(text)
        if place is None:
            raise NotOurLink(ScanRefusal.NOT_A_LINK, f"{text[:60]!r} is not a link.")
        if place != _place_of(self.base_url):
            raise NotOurLink(ScanRefusal.NOT_OURS, f"The code leads to {place[:100]}, not to us.")
        return self._read_path(urlsplit(text).path.removeprefix(urlsplit(self.base_url).path))

    def _read_emv(self, text: str) -> Link:
        try:
            carried = carried_in(read_payload(text))
        except BadPayload as bad:
            detail = f"The code is damaged at {bad.tag}. Ask for a new one."
            raise NotOurLink(ScanRefusal.DAMAGED, detail) from bad
        if carried is None:
            raise NotOurLink(ScanRefusal.NOT_OURS, "The code is another payment network's.")
        return self._read_path(f"/{carried.kind}/{carried.token}")

    def _read_path(self, path: str) -> Link:
        parts = path.split("/")
        kinds = {kind.value: kind for kind in LinkKind}
        if len(parts) != 3 or parts[0] or parts[1] not in kinds:
            raise NotOurLink(ScanRefusal.NOT_A_CODE, f"{path[:60]!r} is a page of ours, but not a code.")
        kind = kinds[parts[1]]
        id = self.read_token(parts[2], kind=kind)
        if id is None:
            raise NotOurLink(
                ScanRefusal.DAMAGED, "The code is damaged or was not made by us. Ask for a new one."
            )
        return Link(kind=kind, object=id)

    def _tag(self, kind: LinkKind, id: bytes) -> bytes:
        return hmac.digest(self.key, b"link\0" + kind.value.encode() + b"\0" + id, "sha256")[:TAG_BYTES]


def claimed_by(scanned: str) -> Link | None:
    """What a text says that it opens, whosever link it is; nothing proves it without the key."""
    text = scanned.strip()
    if text.startswith(EMV_BEGINS):
        try:
            carried = carried_in(read_payload(text))
        except BadPayload:
            return None
        parts = ["", carried.kind, carried.token] if carried is not None else []
    else:
        parts = urlsplit(text).path.split("/") if _place_of(text) is not None else []
    kinds = {kind.value: kind for kind in LinkKind}
    if len(parts) < 3 or parts[-2] not in kinds or not TOKEN.fullmatch(parts[-1]):
        return None
    id = int.from_bytes(base64.urlsafe_b64decode(parts[-1])[:ID_BYTES])
    return Link(kind=kinds[parts[-2]], object=id)


def key_for(purpose: str, *, secret: bytes) -> bytes:
    """The key for one purpose, out of the one secret of the house: whoever learns it learns no other."""
    return hmac.digest(secret, b"milletpay\0" + purpose.encode(), "sha256")


def _place_of(text: str) -> str | None:
    """Scheme, host and port of a link in their plain form; None when it is no web link."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        return None
    standard = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{parts.hostname}:{port or standard}"
