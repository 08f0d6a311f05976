"""The data elements that terminals' messages are made of, and how each is written in bytes.

Numbers are BCD, texts are ASCII, lengths are BCD, the bitmap and the code at the end are binary. Only the
first 64 elements of ISO 8583:1987 are used, so there is one bitmap, and element 64 is always the last.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final


class Form(Enum):
    """How an element is written."""

    NUMBER = auto()
    """Decimal digits, two to a byte."""
    TEXT = auto()
    """Printable ASCII, a character to a byte."""
    BYTES = auto()
    """As it is. In a decoded message it is written in hexadecimal digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A data element."""

    number: int
    name: str
    form: Form
    size: int
    """Digits, characters or bytes; of a variable element the most."""
    length_bytes: int = 0
    """Of the BCD length before it: 0 for a fixed size, 1 for LLVAR, 2 for LLLVAR."""
    is_secret: bool = False
    """Never shown and never logged."""

    @property
    def format(self) -> str:
        """As specifications write it: `n12`, `an2`, `n..18 LLVAR`."""
        letter = {Form.NUMBER: "n", Form.TEXT: "ans", Form.BYTES: "b"}[self.form]
        variable = {0: "", 1: " LLVAR", 2: " LLLVAR"}[self.length_bytes]
        return f"{letter}{'..' if variable else ''}{self.size}{variable}"

    @property
    def spec(self) -> dict[str, Any]:
        """The same in the terms of the library that reads and writes it."""
        return {
            "data_enc": "ascii" if self.form is Form.TEXT else "b",
            "len_enc": "bcd",
            "len_type": self.length_bytes,
            "len_count": "nibbles" if self.form is Form.NUMBER else "bytes",
            "max_len": self.size,
            "right_pad": "0",
            "desc": self.name,
        }


PAYMENT_CODE: Final = 2
PROCESSING_CODE: Final = 3
AMOUNT: Final = 4
STAN: Final = 11
TIME: Final = 12
DATE: Final = 13
REFERENCE: Final = 37
RESPONSE: Final = 39
TERMINAL: Final = 41
ABOUT: Final = 44
TOTALS: Final = 48
CURRENCY: Final = 49
KEY_NUMBER: Final = 53
BATCH: Final = 60
ORIGINAL: Final = 61
KEY_BLOCK: Final = 62
MAC: Final = 64

_FIELDS: Final = (
    Field(
        number=PAYMENT_CODE, name="payment code", form=Form.NUMBER, size=18, length_bytes=1, is_secret=True
    ),
    Field(number=PROCESSING_CODE, name="processing code", form=Form.NUMBER, size=6),
    Field(number=AMOUNT, name="amount", form=Form.NUMBER, size=12),
    Field(number=STAN, name="system trace audit number", form=Form.NUMBER, size=6),
    Field(number=TIME, name="time of the house", form=Form.NUMBER, size=6),
    Field(number=DATE, name="date of the house", form=Form.NUMBER, size=4),
    Field(number=REFERENCE, name="retrieval reference number", form=Form.TEXT, size=12),
    Field(number=RESPONSE, name="response code", form=Form.TEXT, size=2),
    Field(number=TERMINAL, name="terminal", form=Form.TEXT, size=8),
    Field(number=ABOUT, name="what is wrong", form=Form.TEXT, size=25, length_bytes=1),
    Field(number=TOTALS, name="totals of the batch", form=Form.NUMBER, size=36, length_bytes=2),
    Field(number=CURRENCY, name="currency", form=Form.TEXT, size=3),
    Field(number=KEY_NUMBER, name="number of the session key", form=Form.NUMBER, size=16),
    Field(number=BATCH, name="batch and management code", form=Form.NUMBER, size=11, length_bytes=2),
    Field(number=ORIGINAL, name="original message", form=Form.NUMBER, size=20, length_bytes=2),
    Field(
        number=KEY_BLOCK, name="wrapped session key", form=Form.BYTES, size=29, length_bytes=2, is_secret=True
    ),
    Field(number=MAC, name="message authentication code", form=Form.BYTES, size=8),
)

FIELDS: Final = {field.number: field for field in _FIELDS}
"""Every element there is, by its number."""

_PLAIN: Final = {"data_enc": "b", "len_enc": "bcd", "len_type": 0}

SPEC: Final[dict[str, dict[str, Any]]] = {
    "h": {**_PLAIN, "max_len": 0},
    "t": {**_PLAIN, "max_len": 2},
    "p": {**_PLAIN, "max_len": 8},
    "1": {**_PLAIN, "max_len": 8},
    **{str(number): field.spec for number, field in FIELDS.items()},
}
"""The elements, for the library."""
