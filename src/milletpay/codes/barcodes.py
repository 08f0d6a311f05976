"""Barcodes: Code 128 of ISO/IEC 15417, which every till's scanner reads, as widths of bars and as a picture.

Digits go two to a symbol (set C), other characters of ASCII one to a symbol (set B), whichever is shorter.
"""

import re
from collections.abc import Iterator
from html import escape
from typing import Final

QUIET_ZONE: Final = 10
"""Modules of light on either side, as the standard asks."""

DARK: Final = "#1c1810"
LIGHT: Final = "#ffffff"

START_B: Final = 104
START_C: Final = 105
TO_C: Final = 99
TO_B: Final = 100
STOP: Final = 106
CHECK_MODULUS: Final = 103

_PATTERNS: Final = tuple(
    re.findall(
        "[0-9]+",
        "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 "
        "122132 122231 113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 "
        "321221 312212 322112 322211 212123 212321 232121 111323 131123 131321 112313 132113 132311 "
        "211313 231113 231311 112133 112331 132131 113123 113321 133121 313121 211331 231131 213113 "
        "213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 111422 "
        "121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 "
        "241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 "
        "412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 411131 211412 "
        "211214 211232 2331112 ",
    )
)
"""Widths of bar and space in turns, for each value."""

_PRINTED: Final = re.compile("[ -~]+")
_PAIRS: Final = re.compile("(?:[0-9]{2})+")


class NotForCode128(ValueError):
    """A text with characters that we do not put into a barcode."""


def code128_widths(text: str) -> tuple[int, ...]:
    """The widths of bars and spaces in turns, beginning and ending with a bar, without the quiet zones.

    :raises NotForCode128: for an empty text, and for what ASCII does not print
    """
    if not _PRINTED.fullmatch(text):
        raise NotForCode128(f"{text!r} is not printed ASCII")
    values = list(_values(text))
    check = (values[0] + sum(place * value for place, value in enumerate(values))) % CHECK_MODULUS
    return tuple(int(width) for value in (*values, check, STOP) for width in _PATTERNS[value])


def barcode_svg(text: str, *, title: str, height: int = 60) -> str:
    """The barcode as an SVG element for a page, as wide as what it stands in; `title` is read aloud.

    :param height: in modules, of which the bars are as wide as one to four
    :raises NotForCode128: as `code128_widths`
    """
    bars: list[str] = []
    at = QUIET_ZONE
    for place, width in enumerate(code128_widths(text)):
        if place % 2 == 0:
            bars.append(f"M{at} 0h{width}v{height}h-{width}z")
        at += width
    whole = at + QUIET_ZONE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="barcode" viewBox="0 0 {whole} {height}" '
        f'preserveAspectRatio="none" role="img"><title>{escape(title)}</title>'
        f'<path fill="{LIGHT}" d="M0 0h{whole}v{height}H0z"/><path fill="{DARK}" d="{"".join(bars)}"/></svg>'
    )


def _values(text: str) -> Iterator[int]:
    """The values of start and text; the sets change where that makes it shorter."""
    at, in_c = 0, _pairs_at(text, 0) >= (2 if len(text) == 2 else 4)
    yield START_C if in_c else START_B
    while at < len(text):
        pairs = _pairs_at(text, at)
        if in_c and pairs:
            yield int(text[at : at + 2])
            at += 2
        elif in_c:
            in_c = False
            yield TO_B
        elif pairs >= (4 if at + pairs == len(text) else 6):
            in_c = True
            yield TO_C
        else:
            yield ord(text[at]) - 32
            at += 1


def _pairs_at(text: str, at: int) -> int:
    """How many digits stand here that can go two to a symbol."""
    found = _PAIRS.match(text, at)
    return 0 if found is None else len(found[0])
