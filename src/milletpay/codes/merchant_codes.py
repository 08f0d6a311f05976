"""Merchant-presented codes in EMVCo's form: what we put into one, and how we find it again.

Our part is one template of merchant account information. In it are our globally unique identifier, a UUID
as the specification allows it, made once for MilletPay; then the token of the link that the code stands for,
and the kind of link, both as in the link itself. Wallets of ours read the token; what else is in the payload
is for others, and for people.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from milletpay.codes.emv import Payload, Value, write_payload
from milletpay.money import Currency, Money

OUR_TEMPLATE: Final = "26"
"""Where we write ours; it is found by its identifier wherever it stands."""
OUR_IDENTIFIER: Final = "b39b3081c0cc4753b7c3d4eb25b99ceb"
IDENTIFIER: Final = "00"
PROOF_TAG: Final = "01"
"""Under which the token stands."""
KIND_TAG: Final = "02"
TEMPLATES: Final = tuple(f"{number}" for number in range(26, 52))

STATIC: Final = "11"
DYNAMIC: Final = "12"

AMOUNT_LONGEST: Final = 13
NAME_LONGEST: Final = 25
CITY_LONGEST: Final = 15
LABEL_LONGEST: Final = 25


class Said(Protocol):
    """A name in both languages of our pages."""

    @property
    def en(self) -> str:
        """In English."""

    @property
    def zh(self) -> str:
        """In Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What a payload carries of ours: not proved by anything but the token's own tag."""

    kind: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where payees are, for the fields that every payload must have."""

    country: str
    """ISO 3166-1, two capital letters."""
    city_en: str
    city_zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantCode:
    """What a code says: whom it pays, and how much if it is for one payment."""

    kind: str
    """The link's kind, as in its path."""
    token: str
    name: Said
    category: int
    """ISO 18245."""
    currency: Currency
    place: Place
    amount: Money | None = None
    """None for a plate, on which the payer types it."""
    store: str = ""
    terminal: str = ""
    reference: str = ""


def write_merchant_code(code: MerchantCode) -> str:
    """The payload: static (11) without an amount, dynamic (12) with one.

    Names are cut to what the fields hold; characters that ASCII does not have are left out of the first name,
    since the Chinese name stands in its own template.

    :raises BadPayload: for an amount of more than `AMOUNT_LONGEST` characters
    """
    return write_payload(list(_values(code)))


def carried_in(payload: Payload) -> Carried | None:
    """What a payload carries of ours, or None when it is others' alone."""
    for tag in TEMPLATES:
        if payload.find(f"{tag}.{IDENTIFIER}") == OUR_IDENTIFIER:
            kind, token = payload.find(f"{tag}.{KIND_TAG}"), payload.find(f"{tag}.{PROOF_TAG}")
            return Carried(kind=kind or "", token=token or "")
    return None


def _values(code: MerchantCode) -> Iterator[Value]:
    yield Value(tag="00", text="01")
    yield Value(tag="01", text=STATIC if code.amount is None else DYNAMIC)
    ours = (
        Value(tag=IDENTIFIER, text=OUR_IDENTIFIER),
        Value(tag=PROOF_TAG, text=code.token),
        Value(tag=KIND_TAG, text=code.kind),
    )
    yield Value.template(OUR_TEMPLATE, parts=ours)
    yield Value(tag="52", text=f"{code.category:04d}")
    yield Value(tag="53", text=f"{code.currency.number:03d}")
    if code.amount is not None:
        yield Value(tag="54", text=code.amount.decimal)
    yield Value(tag="58", text=code.place.country)
    yield Value(tag="59", text=_ascii(code.name.en, NAME_LONGEST) or "MERCHANT")
    yield Value(tag="60", text=_ascii(code.place.city_en, CITY_LONGEST) or code.place.country)
    additional = [
        Value(tag=tag, text=_ascii(text, LABEL_LONGEST))
        for tag, text in (("03", code.store), ("05", code.reference), ("07", code.terminal))
        if _ascii(text, LABEL_LONGEST)
    ]
    if additional:
        yield Value.template("62", parts=additional)
    other = (
        Value(tag="00", text="ZH"),
        Value(tag="01", text=_shown(code.name.zh, NAME_LONGEST) or code.place.country),
        Value(tag="02", text=_shown(code.place.city_zh, CITY_LONGEST) or code.place.country),
    )
    yield Value.template("64", parts=other)


def _shown(text: str, longest: int) -> str:
    return "".join(filter(str.isprintable, text))[:longest].strip()


def _ascii(text: str, longest: int) -> str:
    printed = "".join(character for character in text if " " <= character <= "~")
    return " ".join(printed.split())[:longest].strip()
