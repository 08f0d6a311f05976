"""Photos of codes, and forms that bring files: what is in them is read, and what is wrong is said."""

import re
import struct
import zlib
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from milletpay.apps.http.multipart import NotMultipart, Part, read_multipart
from milletpay.apps.web.photos import BadPhoto, PhotoRefusal, codes_in
from milletpay.codes import png

LINK = "https://pay.example/c/AZsm-JQ0cADEDEMOMOLOLOLOLOLOLOLOLOL"
OTHER = "https://pay.example/p/AZsm-JQ0cADEDEMOMOLOLOLOLOLOLOLOLOL"


def picture(text: str) -> Image.Image:
    return Image.open(BytesIO(png(text, scale=6))).convert("RGB")


def written(image: Image.Image, kind: str = "PNG", **how: object) -> bytes:
    out = BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def on_a_table(*codes: Image.Image, angle: float = 0) -> Image.Image:
    table = Image.new("RGB", (1600, 1200), "#b08a5a")
    for place, code in enumerate(codes):
        turned = code.convert("RGBA").rotate(angle, expand=True)
        table.paste(turned, (120 + 700 * place, 200), turned)
    return table


def refusal(photo: bytes) -> PhotoRefusal:
    with pytest.raises(BadPhoto) as refused:
        codes_in(photo)
    return refused.value.refusal


@pytest.mark.parametrize("angle", [0, 17, 90, 180])
@pytest.mark.parametrize(("kind", "how"), [("PNG", {}), ("JPEG", {"quality": 60})])
def test_a_code_is_read_however_the_phone_was_held(kind: str, how: dict[str, object], angle: float) -> None:
    assert codes_in(written(on_a_table(picture(LINK), angle=angle), kind, **how)) == (LINK,)


def test_several_codes_are_all_read_each_once() -> None:
    assert set(codes_in(written(on_a_table(picture(LINK), picture(OTHER))))) == {LINK, OTHER}
    assert codes_in(written(on_a_table(picture(LINK), picture(LINK)))) == (LINK,)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_every_kind_of_color_is_read(mode: str) -> None:
    shown = picture(LINK).convert("L")
    image = shown.convert("RGBA") if mode == "RGBA" else shown.convert(mode, dither=Image.Dither.NONE)
    if mode == "RGBA":
        image.putalpha(shown.point(lambda light: 255 - light))  # nothing but the dark modules
    assert codes_in(written(image, "JPEG" if mode == "CMYK" else "PNG")) == (LINK,)


def test_a_large_photo_is_read_small() -> None:
    large = on_a_table(picture(LINK)).resize((6400, 4800))
    assert codes_in(written(large, "JPEG")) == (LINK,)


def test_a_picture_that_says_it_is_huge_is_not_decoded() -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    for side in (6_400, 12_000, 60_000):
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0))
        bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
        assert refusal(bomb) is PhotoRefusal.TOO_LARGE


@pytest.mark.parametrize(
    "photo",
    [b"", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"],
)
def test_what_is_no_picture_is_said_to_be_none(photo: bytes) -> None:
    assert refusal(photo) is PhotoRefusal.UNREADABLE


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "TIFF", "BMP"])
def test_other_formats_are_not_even_tried(kind: str) -> None:
    assert refusal(written(picture(LINK), kind)) is PhotoRefusal.UNREADABLE


def test_a_picture_without_a_code_has_none() -> None:
    assert refusal(written(on_a_table())) is PhotoRefusal.NO_CODE


SOUND = {kind: written(picture(LINK), kind) for kind in ("PNG", "JPEG")}


@settings(max_examples=80, deadline=None)
@given(
    kind=st.sampled_from(["PNG", "JPEG"]),
    places=st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.none() | st.integers(0, 2**12),
)
def test_a_damaged_picture_is_read_or_refused(
    kind: str, places: list[tuple[int, int]], cut: int | None
) -> None:
    damaged = bytearray(SOUND[kind])
    for place, value in places:
        damaged[place % len(damaged)] = value
    with suppress(BadPhoto):
        assert codes_in(bytes(damaged[:cut]))


BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
CONTENT = st.binary(max_size=60) | st.sampled_from([b"\r\n", b"\r\n--", b"--\r\n\r\n", b"\r\n----WebKit"])
PARTS = st.lists(
    st.builds(
        Part, name=st.from_regex(r"[a-z_]{1,9}", fullmatch=True), content=CONTENT, is_file=st.booleans()
    ),
    min_size=1,
    max_size=6,
)


def form(parts: list[Part]) -> bytes:
    body = b""
    for part in parts:
        more = '; filename="a \\"b\\".png"\r\nContent-Type: image/png' if part.is_file else ""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{part.name}"{more}\r\n\r\n'
        body += head.encode() + part.content + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


@given(PARTS)
def test_a_form_with_files_is_read_as_it_was_written(parts: list[Part]) -> None:
    assert read_multipart(form(parts)) == tuple(parts)


@given(parts=PARTS, cut=st.integers(0, 10**4))
def test_a_form_that_is_cut_off_is_refused(parts: list[Part], cut: int) -> None:
    whole = form(parts)[:-4]
    with pytest.raises(NotMultipart):
        read_multipart(whole[: cut % len(whole)])


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"photo=1", "does not begin"),
        (b"--a\r\n\r\nx\r\n--a--", "no head"),
        (b"--a\r\nContent-Type: x\r\n\r\nx\r\n--a--", "no name"),
        (b"--a\r\nx\r\n--a--", "no head"),
        (form([Part(name="a", content=b"", is_file=False)] * 21), "more than 20"),
        (b'--a\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--ab\r\n', "follows"),
    ],
)
def test_what_is_no_form_with_files_is_refused_in_words(body: bytes, why: str) -> None:
    with pytest.raises(NotMultipart, match=re.escape(why)):
        read_multipart(body)
