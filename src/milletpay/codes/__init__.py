"""Codes: what stands in a picture that somebody scans, how the picture is drawn, and what was scanned.

Words: a **link** is a web address of ours that opens one payment's cashier page, or one agreement's signature
page; its **token** names the object and proves that we made the link. A **symbol** is the QR code that holds
it. It is the merchant-presented code of an online payment (动态商户码): one payment, one code.

What holds: a token cannot be guessed from an id, and there is one way to write it; the key is an argument;
what was scanned is either a link of ours or refused with the reason, and nothing is ever opened to find out.
"""

from milletpay.codes.links import Link, LinkKind, Links, NotOurLink, ScanRefusal, key_for
from milletpay.codes.symbols import png, svg

__all__ = ["Link", "LinkKind", "Links", "NotOurLink", "ScanRefusal", "key_for", "png", "svg"]
