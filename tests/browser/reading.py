"""What a scanner reads from a picture of the screen, as the picture is: no page takes it apart."""

from io import BytesIO

import zxingcpp
from PIL import Image


def read_codes(picture: bytes) -> dict[str, str]:
    """The text of each code in the picture, by kind of code."""
    return {code.format.name: code.text for code in _scan(picture)}


def read_code(picture: bytes) -> str:
    """The text of the only code in the picture."""
    (code,) = _scan(picture)
    return code.text


def _scan(picture: bytes) -> list[zxingcpp.Barcode]:
    return list(zxingcpp.read_barcodes(Image.open(BytesIO(picture)).convert("L")))
