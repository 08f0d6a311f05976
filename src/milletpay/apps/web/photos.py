"""Photos of codes: what is written in the QR codes of a picture that somebody has uploaded.

A picture is hostile until it is read: only two formats are tried, its size is looked at before a pixel of it
is decoded, and a large one is made small while it is.
"""

import asyncio
from enum import StrEnum, auto
from io import BytesIO
from typing import Final

import zxingcpp
from PIL import Image, UnidentifiedImageError

FORMATS: Final = ("JPEG", "PNG")
PIXELS_MAX: Final = 40_000_000
"""Of a picture that is decoded: 120 MB at the most, for the time of one upload."""
CODES: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
SIDE_MAX: Final = 2_000
"""Pixels a side that a code is looked for in; one that fills a tenth of the picture is still read."""
AT_ONCE: Final = 2
"""Pictures that are decoded at the same time in one process."""

Image.MAX_IMAGE_PIXELS = None  # our own bound is looked at below, and refuses where Pillow's would warn


class PhotoRefusal(StrEnum):
    """Why nothing was read from a photo, in order of precedence."""

    UNREADABLE = auto()
    """It is no picture of a kind that is taken, or it is damaged."""
    TOO_LARGE = auto()
    """It has more pixels than are decoded."""
    NO_CODE = auto()
    """There is no code in it, or none that is sharp enough."""


class BadPhoto(Exception):
    """Nothing was read from a photo; `refusal` says why."""

    def __init__(self, refusal: PhotoRefusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


class PhotoReader:
    """Reads photos beside the event loop, a few at a time."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def read(self, photo: bytes) -> tuple[str, ...]:
        """As `codes_in`."""
        async with self._turns:
            return await asyncio.to_thread(codes_in, photo)


def codes_in(photo: bytes) -> tuple[str, ...]:
    """The texts of the QR codes in a photo, each once.

    :raises BadPhoto: when it cannot be read, or has none
    """
    try:
        with Image.open(BytesIO(photo), formats=FORMATS) as picture:
            if picture.width * picture.height > PIXELS_MAX:
                raise BadPhoto(PhotoRefusal.TOO_LARGE)
            gray = _gray(picture)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        # What Pillow raises for a damaged file depends on where it is damaged.
        raise BadPhoto(PhotoRefusal.UNREADABLE) from error
    found = zxingcpp.read_barcodes(gray, formats=CODES)
    texts = tuple(dict.fromkeys(code.text for code in found if code.text))
    if not texts:
        raise BadPhoto(PhotoRefusal.NO_CODE)
    return texts


def _gray(picture: Image.Image) -> Image.Image:
    """The picture in shades of gray, small enough to search; what is transparent is light, as on a page."""
    picture.draft("L", (SIDE_MAX, SIDE_MAX))
    if picture.has_transparency_data:
        picture.thumbnail((SIDE_MAX, SIDE_MAX))
        clear = picture.convert("RGBA")
        paper = Image.new("RGBA", clear.size, "white")
        return Image.alpha_composite(paper, clear).convert("L")
    gray = picture.convert("L")
    gray.thumbnail((SIDE_MAX, SIDE_MAX))
    return gray
