"""The payload of a merchant-presented code as EMVCo specifies it, which every wallet of the world can read.

Words: a **payload** is fields one after another, each a **tag** of two digits, a length of two, and a value;
a **template** is a field that holds fields; a **path** such as `62.07` names a field in a template.

What holds: what is written can be read; what is read has each field that must be there, in its place, once,
of its length and characters, under a right checksum; anything else is refused with one reason and the path.
"""

from milletpay.codes.emv.checksum import checksum
from milletpay.codes.emv.fields import PAYLOAD, Template
from milletpay.codes.emv.payload import BadPayload, EmvRefusal, Payload, Value, read_payload, write_payload

__all__ = [
    "PAYLOAD",
    "BadPayload",
    "EmvRefusal",
    "Payload",
    "Template",
    "Value",
    "checksum",
    "read_payload",
    "write_payload",
]
