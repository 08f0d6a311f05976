"""A message as people read it: its elements by name, and no secret among them."""

from typing import Any, Final

from milletpay.terminals.messages import fields as f
from milletpay.terminals.messages.codec import answer_type, named, read_answer, read_request
from milletpay.terminals.messages.fields import FIELDS, Field, Form
from milletpay.terminals.messages.framing import ADDRESS_BYTES, ADDRESS_KIND, FRAME_MAX, LENGTH_BYTES
from milletpay.terminals.messages.layouts import Processing
from milletpay.terminals.messages.plain import BITMAP_AT, FIELDS_AT, MessageRefused, Plain, read_plain
from milletpay.terminals.messages.responses import ResponseCode

_PROCESSING: Final = {
    Processing.TAKE: "take money",
    Processing.HOLD: "hold money",
    Processing.GIVE_BACK: "give money back",
}


def show_message(data: bytes) -> dict[str, Any]:
    """What a message says, as JSON has it; with its length and address, or without.

    :raises MessageRefused: when it is no message of ours
    """
    if len(data) > LENGTH_BYTES + FRAME_MAX:
        raise MessageRefused(f"{len(data)} bytes are more than any message has", field="length")
    shown: dict[str, Any] = {}
    if len(data) > LENGTH_BYTES and data[LENGTH_BYTES] == ADDRESS_KIND:
        size = int.from_bytes(data[:LENGTH_BYTES])
        if size != len(data) - LENGTH_BYTES:
            raise MessageRefused(
                f"it says {size} bytes, and {len(data) - LENGTH_BYTES} follow", field="length"
            )
        shown["length"] = size
        data = data[LENGTH_BYTES:]
    if data[:1] == bytes([ADDRESS_KIND]):
        to, origin = data[1:3].hex(), data[3:ADDRESS_BYTES].hex()
        shown["address"] = {"to": to, "from": origin}
        data = data[ADDRESS_BYTES:]
    plain = read_plain(data)
    meaning = _meaning(plain)
    return {
        **shown,
        "type": plain.mti,
        "means": meaning,
        "bitmap": data[BITMAP_AT:FIELDS_AT].hex(),
        "fields": [_shown(FIELDS[number], plain.fields[number]) for number in sorted(plain.fields)],
    }


def _meaning(plain: Plain) -> str:
    """The kind of message. Refuses what is of no kind, or is not what its kind must be."""
    found = named(plain)
    name = found.layout.name
    if found.is_answer:
        read_answer(plain)
        return f"{name}, answered"
    read_request(plain)
    return name if plain.mti in {found.layout.types[0], answer_type(plain.mti)} else f"{name}, repeated"


def _shown(field: Field, value: str) -> dict[str, Any]:
    if field.is_secret:
        unit = {Form.NUMBER: "digits", Form.TEXT: "characters", Form.BYTES: "bytes"}[field.form]
        count = len(value) // 2 if field.form is Form.BYTES else len(value)
        return {**_head(field), "hidden": f"{count} {unit}"}
    means = _means(field, value)
    return {**_head(field), "value": value, **({"means": means} if means else {})}


def _head(field: Field) -> dict[str, Any]:
    return {"number": field.number, "name": field.name, "format": field.format}


def _means(field: Field, value: str) -> str:
    if field.number == f.PROCESSING_CODE:
        return next((text for code, text in _PROCESSING.items() if code == value), "")
    if field.number == f.RESPONSE:
        return ResponseCode(value).name.lower().replace("_", " ")
    return ""
