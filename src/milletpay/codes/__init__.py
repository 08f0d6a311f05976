"""Codes: what stands in a picture that somebody scans, how the picture is drawn, and what was scanned.

Words: a **link** is a web address of ours that opens one payment's cashier page, one agreement's signature
page, or one code plate's page; its **token** names the object and proves that we made the link. A **symbol**
is the QR code that holds it: dynamic (动态码) for one payment, static (码牌) on a plate. A **merchant code**
is the same as a payload of EMVCo's form (`codes.emv`), which carries the token. A **barcode** is Code 128.

What holds: a token cannot be guessed from an id, and there is one way to write it; the key is an argument;
what was scanned is either a code of ours or refused with the reason, and nothing is ever opened to find out.
"""

from milletpay.codes.barcodes import NotForCode128, barcode_svg, code128_widths
from milletpay.codes.emv import (
    PAYLOAD,
    BadPayload,
    EmvRefusal,
    Payload,
    Template,
    Value,
    read_payload,
    write_payload,
)
from milletpay.codes.links import Link, LinkKind, Links, NotOurLink, ScanRefusal, claimed_by, key_for
from milletpay.codes.merchant_codes import (
    AMOUNT_LONGEST,
    Carried,
    MerchantCode,
    Place,
    carried_in,
    write_merchant_code,
)
from milletpay.codes.payment_codes import (
    EPOCH_SECONDS,
    LANES,
    NUMBER_MAX,
    PREFIX,
    STEP_SECONDS,
    CodeKeys,
    Reading,
    Sighting,
    Slot,
    epoch_at,
    read_code,
    step_of,
    word_of,
    write_code,
)
from milletpay.codes.symbols import png, svg

__all__ = [
    "AMOUNT_LONGEST",
    "EPOCH_SECONDS",
    "LANES",
    "NUMBER_MAX",
    "PAYLOAD",
    "PREFIX",
    "STEP_SECONDS",
    "BadPayload",
    "Carried",
    "CodeKeys",
    "EmvRefusal",
    "Link",
    "LinkKind",
    "Links",
    "MerchantCode",
    "NotForCode128",
    "NotOurLink",
    "Payload",
    "Place",
    "Reading",
    "ScanRefusal",
    "Sighting",
    "Slot",
    "Template",
    "Value",
    "barcode_svg",
    "carried_in",
    "claimed_by",
    "code128_widths",
    "epoch_at",
    "key_for",
    "png",
    "read_code",
    "read_payload",
    "step_of",
    "svg",
    "word_of",
    "write_code",
    "write_merchant_code",
    "write_payload",
]
