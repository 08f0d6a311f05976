"""The picture of a code: QR Code of ISO/IEC 18004, dark on light, with the quiet zone of four modules.

Error correction is M (about 15 % may be unreadable), more where the size allows it for nothing: enough for a
scratched screen, and small enough to be read from across a counter.
"""

import io
from typing import Final

import segno

QUIET_ZONE: Final = 4
"""Modules of light around the symbol, as the standard asks; without them many scanners do not see it."""

DARK: Final = "#1c1810"
LIGHT: Final = "#ffffff"
"""The same in every theme: a code that is light on dark is not read by every wallet."""


def svg(content: str, *, title: str) -> str:
    """The symbol as an SVG element for a page, as large as what it stands in; `title` is read aloud.

    :raises segno.DataOverflowError: for more than a symbol can hold
    """
    return _symbol(content).svg_inline(
        border=QUIET_ZONE, omitsize=True, dark=DARK, light=LIGHT, title=title, svgclass="symbol"
    )


def png(content: str, *, scale: int = 8) -> bytes:
    """The symbol as a PNG, `scale` pixels a module."""
    written = io.BytesIO()
    _symbol(content).save(written, kind="png", scale=scale, border=QUIET_ZONE, dark=DARK, light=LIGHT)
    return written.getvalue()


def _symbol(content: str) -> segno.QRCode:
    return segno.make_qr(content, error="m", boost_error=True)
