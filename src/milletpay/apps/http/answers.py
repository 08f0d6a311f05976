"""What a handler gives back when it is more than an object."""

from dataclasses import dataclass
from typing import Final

from milletpay.apps.http.asgi import HeaderLine
from milletpay.apps.http.shapes import Output

JSON: Final = b"application/json"
PROBLEM: Final = b"application/problem+json"
HTML: Final = b"text/html; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer with its status: an object, or bytes that are sent as they are."""

    status: int
    content: Output | bytes
    media: bytes = JSON
    headers: tuple[HeaderLine, ...] = ()
