"""A message as its elements, before anybody asks what it means: `Plain`; and how it is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import iso8583

from milletpay.terminals.messages.fields import FIELDS, SPEC, Form

BITMAP_AT: Final = 2
FIELDS_AT: Final = 10
_OURS: Final = sum(1 << 64 - number for number in FIELDS)


class MessageRefused(Exception):
    """Bytes that are no message of ours; names the element at fault, in digits, or `type` or `bitmap`."""

    def __init__(self, detail: str, *, field: str) -> None:
        super().__init__(f"{field}: {detail}" if not field.isdigit() else f"element {field}: {detail}")
        self.field = field
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """The type of a message and its elements: digits, text, or hexadecimal digits of bytes."""

    mti: str
    """The message type identifier: `0200`."""
    fields: Mapping[int, str]


def read_plain(message: bytes) -> Plain:
    """Take a message apart: every element is of its form and size, and nothing is left over.

    :raises MessageRefused: and nothing else, whatever the bytes are
    """
    if len(message) < FIELDS_AT:
        raise MessageRefused(f"{len(message)} bytes are less than a type and a bitmap", field="type")
    strange = int.from_bytes(message[BITMAP_AT:FIELDS_AT]) & ~_OURS
    if strange:
        raise MessageRefused("there is no such element here", field=str(65 - strange.bit_length()))
    try:
        decoded, _ = iso8583.decode(message, SPEC)
    except iso8583.DecodeError as error:
        raise MessageRefused(error.msg, field=_name(error.field)) from None
    mti = decoded.pop("t")
    del decoded["p"]
    if not mti.isdecimal():
        raise MessageRefused("it is not of decimal digits", field="type")
    fields = {int(number): value for number, value in decoded.items()}
    for number, value in fields.items():
        _check(number, value)
    return Plain(mti=mti, fields=fields)


def write_plain(message: Plain) -> bytes:
    """Put a message together. What cannot be written is a defect of the caller."""
    decoded = {str(number): value for number, value in message.fields.items()}
    decoded["t"] = message.mti
    encoded, _ = iso8583.encode(decoded, SPEC)
    return bytes(encoded)


def _check(number: int, value: str) -> None:
    form = FIELDS[number].form
    if form is Form.NUMBER and not (value.isdecimal() or not value):
        raise MessageRefused("it is not of decimal digits", field=str(number))
    if form is Form.TEXT and not value.isprintable():
        raise MessageRefused("it is not of printable characters", field=str(number))
    if not value:
        raise MessageRefused("it is there and empty", field=str(number))


def _name(field: str) -> str:
    return {"t": "type", "p": "bitmap"}.get(field, field)
