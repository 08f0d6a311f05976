"""Chance that comes out the same every time: ids, which are no secrets, and secrets out of the pepper."""

from collections.abc import Callable
from hashlib import sha256
from itertools import count
from typing import Final

from milletpay.identity import Pepper
from milletpay.plumbing.ids import Entropy

FOUNDED_MS: Final = 1_767_225_600_000
"""When the town was founded, in milliseconds since 1970: the first 48 bits of every id in it."""

SEED: Final = "a town of play money, 1"


def id_of(kind: str, number: int) -> int:
    """The id of something in the town."""
    digest = sha256(f"{SEED}\0{kind}\0{number}".encode()).digest()
    return FOUNDED_MS << 80 | int.from_bytes(digest[:10])


def digits_of(kind: str, number: int, *, fits: Callable[[str], bool]) -> str:
    """Six digits that belong to somebody, the first that fit."""
    drawn = (sha256(f"{SEED}\0{kind}\0{number}\0{attempt}".encode()).digest() for attempt in count())
    return next(text for text in (f"{int.from_bytes(one[:8]) % 10**6:06d}" for one in drawn) if fits(text))


def entropy_of(pepper: Pepper, purpose: str) -> Entropy:
    """Bytes for one secret of the town: the same for the same books, and for no others."""

    def draw(size: int) -> bytes:
        blocks = (pepper.mac(f"{block}", purpose=purpose, owner="town") for block in range(-(-size // 32)))
        return b"".join(blocks)[:size]

    return draw
