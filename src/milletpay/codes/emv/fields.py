"""What the fields of a payload are: names, lengths and characters, as the tables of the specification say.

EMV QR Code Specification for Payment Systems, Merchant-Presented Mode, version 1.1, chapters 3 and 4. Lengths
are in characters, not bytes: its own sample gives two Chinese characters the length 02.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, unique
from typing import Final


@unique
class Characters(Enum):
    """Which characters a value has."""

    NUMERIC = re.compile("[0-9]*")
    """Format N: digits."""
    SPECIAL = re.compile("[\x20-\x7e]*")
    """Format ans: what ASCII prints."""
    ANY = re.compile("[^\x00-\x1f\x7f-\x9f\ud800-\udfff]*")
    """Format S: Unicode, but for control characters."""


ANYTHING: Final = re.compile(".*", re.DOTALL)
AMOUNT: Final = re.compile(r"(?=[0-9.]*[1-9])[0-9]+(\.[0-9]*)?")
"""Digits with at most one point, and not zero: 98, 98. and 98.73."""

PERCENTAGE: Final = re.compile(r"(?=[0-9.]*[1-9])[0-9]{1,2}(\.[0-9]{0,2})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What the specification says of one tag."""

    name: str
    longest: int
    shortest: int = 1
    characters: Characters = Characters.SPECIAL
    shape: re.Pattern[str] = ANYTHING
    """What a value of these characters must match besides."""
    template: "Template | None" = None
    """What is in it, when it holds fields itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """What fields there are in one place, and which must be there."""

    fields: Mapping[str, Field]
    required: tuple[str, ...] = field(default=())


def _fixed(name: str, length: int, shape: str, characters: Characters = Characters.NUMERIC) -> Field:
    return Field(name=name, longest=length, shortest=length, characters=characters, shape=re.compile(shape))


def _tags(first: int, last: int) -> list[str]:
    return [f"{number:02d}" for number in range(first, last + 1)]


_OTHER: Final = Field(name="reserved", longest=99, characters=Characters.ANY)

_IDENTIFIED: Final = Template(
    fields={
        "00": Field(name="globally_unique_identifier", longest=32),
        **{
            tag: Field(name="network_specific", longest=99, characters=Characters.ANY) for tag in _tags(1, 99)
        },
    },
    required=("00",),
)
"""A template whose meaning is its owner's: an application identifier, a UUID or a domain name comes first."""

_ADDITIONAL: Final = Template(
    fields={
        **{
            tag: Field(name=name, longest=25, characters=Characters.ANY)
            for tag, name in {
                "01": "bill_number",
                "02": "mobile_number",
                "03": "store_label",
                "04": "loyalty_number",
                "05": "reference_label",
                "06": "customer_label",
                "07": "terminal_label",
                "08": "purpose_of_transaction",
            }.items()
        },
        "09": Field(
            name="additional_consumer_data_request",
            longest=3,
            shape=re.compile("(?!.*(.).*\\1)[AME]+"),
        ),
        "10": Field(name="merchant_tax_id", longest=20),
        "11": Field(name="merchant_channel", longest=3, shortest=3),
        **dict.fromkeys(_tags(12, 49), _OTHER),
        **{
            tag: Field(
                name="payment_system_specific", longest=99, characters=Characters.ANY, template=_IDENTIFIED
            )
            for tag in _tags(50, 99)
        },
    }
)

_LANGUAGE: Final = Template(
    fields={
        "00": _fixed("language_preference", 2, "[A-Za-z]{2}", Characters.SPECIAL),
        "01": Field(name="merchant_name", longest=25, characters=Characters.ANY),
        "02": Field(name="merchant_city", longest=15, characters=Characters.ANY),
        **dict.fromkeys(_tags(3, 99), _OTHER),
    },
    required=("00", "01"),
)

ACCOUNTS: Final = frozenset(_tags(2, 51))
"""Where payees are named: one of these tags must be there."""

_NETWORKS: Final = {
    **dict.fromkeys(_tags(2, 3), "visa"),
    **dict.fromkeys(_tags(4, 5), "mastercard"),
    **dict.fromkeys(_tags(9, 10), "discover"),
    **dict.fromkeys(_tags(11, 12), "amex"),
    **dict.fromkeys(_tags(13, 14), "jcb"),
    **dict.fromkeys(_tags(15, 16), "unionpay"),
}

PAYLOAD: Final = Template(
    fields={
        "00": _fixed("payload_format_indicator", 2, "01"),
        "01": _fixed("point_of_initiation_method", 2, "11|12"),
        **{
            tag: Field(name=f"merchant_account_{_NETWORKS.get(tag, 'reserved')}", longest=99)
            for tag in _tags(2, 25)
        },
        **{
            tag: Field(
                name="merchant_account_information",
                longest=99,
                characters=Characters.ANY,
                template=_IDENTIFIED,
            )
            for tag in _tags(26, 51)
        },
        "52": _fixed("merchant_category_code", 4, "[0-9]{4}"),
        "53": _fixed("transaction_currency", 3, "[0-9]{3}"),
        "54": Field(name="transaction_amount", longest=13, shape=AMOUNT),
        "55": _fixed("tip_or_convenience_indicator", 2, "01|02|03"),
        "56": Field(name="convenience_fee_fixed", longest=13, shape=AMOUNT),
        "57": Field(name="convenience_fee_percentage", longest=5, shape=PERCENTAGE),
        "58": _fixed("country_code", 2, "[A-Z]{2}", Characters.SPECIAL),
        "59": Field(name="merchant_name", longest=25),
        "60": Field(name="merchant_city", longest=15),
        "61": Field(name="postal_code", longest=10),
        "62": Field(
            name="additional_data_field_template",
            longest=99,
            characters=Characters.ANY,
            template=_ADDITIONAL,
        ),
        "63": _fixed("crc", 4, "[0-9A-F]{4}", Characters.SPECIAL),
        "64": Field(
            name="merchant_information_language_template",
            longest=99,
            characters=Characters.ANY,
            template=_LANGUAGE,
        ),
        **dict.fromkeys(_tags(65, 79), _OTHER),
        **{
            tag: Field(
                name="unreserved_template", longest=99, characters=Characters.ANY, template=_IDENTIFIED
            )
            for tag in _tags(80, 99)
        },
    },
    required=("00", "52", "53", "58", "59", "60", "63"),
)
"""A payload as a whole."""
