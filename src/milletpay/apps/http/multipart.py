"""Forms that carry files: `multipart/form-data` of RFC 7578, as browsers send it.

The boundary is read from the first line of the body, so the header that repeats it is not needed.
"""

import re
from dataclasses import dataclass
from typing import Final

PARTS_MAX: Final = 20
HEAD_MAX: Final = 2_000
"""Bytes of a part's headers."""

_BOUNDARY: Final = re.compile(rb"--([!-~]{1,70})\r\n")
_NAME: Final = re.compile(
    rb'^content-disposition: *form-data; *name="([^"\r\n]{1,100})"(;.*)?$', re.IGNORECASE
)


class NotMultipart(ValueError):
    """The body is no such form; the text says where it ends to be one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One field of a form."""

    name: str
    content: bytes
    is_file: bool


def read_multipart(body: bytes) -> tuple[Part, ...]:
    """Take a form apart.

    :raises NotMultipart: when it is anything else, or is cut off
    """
    begins = _BOUNDARY.match(body)
    if begins is None:
        raise NotMultipart("it does not begin with a boundary")
    line = b"\r\n--" + begins[1]
    parts: list[Part] = []
    at = begins.end()
    while True:
        end = body.find(line, at)
        if end < 0:
            raise NotMultipart("it is cut off")
        if len(parts) == PARTS_MAX:
            raise NotMultipart(f"it has more than {PARTS_MAX} fields")
        parts.append(_part(body, at, end))
        at = end + len(line)
        after = body[at : at + 2]
        if after == b"--":
            return tuple(parts)
        if after != b"\r\n":
            raise NotMultipart("something follows a boundary")
        at += 2


def _part(body: bytes, at: int, end: int) -> Part:
    head = body.find(b"\r\n\r\n", at, min(end, at + HEAD_MAX))
    if head < 0:
        raise NotMultipart("a field has no head")
    for header in body[at:head].split(b"\r\n"):
        named = _NAME.match(header)
        if named is not None:
            more = named[2] or b""
            return Part(
                name=named[1].decode("utf-8", "replace"),
                content=body[head + 4 : end],
                is_file=b"filename" in more.lower(),
            )
    raise NotMultipart("a field has no name")
