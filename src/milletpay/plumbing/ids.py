"""Ids: 128-bit whole numbers that sort by when they were made, and their public form.

An id is 48 bits of milliseconds since 1970 and 80 bits of chance, as a ULID is. Within one source each is
greater than the one before it, also when the clock stands still or goes back, so that new rows go to the end
of an index. An id is not a secret: who holds one can guess others near it.

In public an id is written `pay_01kdz9m4h0000g40r40m30e209`: a prefix that says what it names, and 26 digits
of Crockford's base 32 in lower case, which sort as the numbers do. There is exactly one way to write an id.

Kinds of ids are told apart by types, not at run time: `PaymentId = NewType("PaymentId", int)` and
`PAYMENT_ID = IdForm(Prefix.PAYMENT, PaymentId)`, which writes and reads them.
"""

import os
import re
import threading
from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache
from typing import Generic, TypeVar

from milletpay.plumbing.clock import MILLISECOND, Clock

ID_END = 2**128 - 1
"""Ids run from 1 to one less than this: neither zero nor all ones is an id in the book."""

_CHANCE_BITS = 80
_STEP_BYTES = 5
_STEP_MASK = (1 << _STEP_BYTES * 8) - 1
_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [high + low for high in _CROCKFORD for low in _CROCKFORD]
_SHIFTS = range(120, -1, -10)
_TO_PYTHON = str.maketrans(_CROCKFORD, "0123456789abcdefghijklmnopqrstuv")
_DIGITS = re.compile("[0-9a-hjkmnp-tv-z]{26}")
_LENGTH = 26


def first_id_at(now: int) -> int:
    """An id below which all were made before this time in nanoseconds, as far as clocks agree."""
    return max(1, now // MILLISECOND << _CHANCE_BITS)


def made_at(id: int) -> int:
    """When an id was made, in nanoseconds to the millisecond, as far as clocks agree."""
    return (id >> _CHANCE_BITS) * MILLISECOND


class Prefix(StrEnum):
    """What the public ids of each kind begin with. All stand here, so that no two kinds share one."""

    PAYMENT = "pay"
    REFUND = "ref"
    AGREEMENT = "agr"
    ANNOUNCEMENT = "ann"
    CUSTOMER = "cus"
    DEVICE = "dev"
    PAIRING = "pai"
    OFFER = "off"
    ENTITLEMENT = "ent"
    SUBSCRIPTION = "sub"
    CARD = "crd"
    TOP_UP = "top"
    RECEIPT = "rcp"
    RECEIPT_RETURN = "rct"
    DRAW = "drw"
    GIVE_BACK = "gbk"
    WITHDRAWAL = "wdr"
    SEND = "snd"
    MERCHANT = "mer"
    STORE = "sto"
    PLATE = "plt"
    TERMINAL = "ter"
    CASHIER = "csh"
    EVENT = "evt"
    WEBHOOK_ENDPOINT = "whe"
    WEBHOOK_ATTEMPT = "wha"
    PAYOUT = "out"
    SETTLEMENT = "set"
    REQUEST = "req"
    API_KEY = "key"
    SESSION = "ses"
    OPERATOR = "opr"


class NotAnId(ValueError):
    """A text that is not the public form of an id of the kind asked for."""


Entropy = Callable[[int], bytes]
"""Chance: so many bytes, each as unforeseeable as the source is."""


def system_entropy(size: int) -> bytes:
    """Bytes of the operating system's generator, fit for secrets too."""
    return os.urandom(size)


class IdSource:
    """Makes ids, each greater than the last. Safe to share among threads; each process has its own.

    :param clock: gives the first 48 bits; when it has not moved on, the last id is counted up by a random
        step instead
    :param entropy: gives the other bits
    """

    def __init__(self, *, clock: Clock, entropy: Entropy) -> None:
        self._clock = clock
        self._entropy = entropy
        self._last = 0
        self._lock = threading.Lock()

    def next(self) -> int:
        """A new id."""
        chance = int.from_bytes(self._entropy(_CHANCE_BITS // 8))
        with self._lock:
            milliseconds = self._clock.now_ns() // MILLISECOND
            if milliseconds > self._last >> _CHANCE_BITS:
                self._last = (milliseconds << _CHANCE_BITS) + chance
            else:
                self._last += 1 + (chance & _STEP_MASK)
            return self._last

    def take(self, count: int) -> list[int]:
        """So many new ids in rising order, for less than they cost one by one."""
        chance = self._entropy(_CHANCE_BITS // 8 + count * _STEP_BYTES)
        first, steps = chance[: _CHANCE_BITS // 8], chance[_CHANCE_BITS // 8 :]
        with self._lock:
            milliseconds = self._clock.now_ns() // MILLISECOND
            if milliseconds > self._last >> _CHANCE_BITS:
                self._last = (milliseconds << _CHANCE_BITS) + int.from_bytes(first)
            ids = []
            for start in range(0, count * _STEP_BYTES, _STEP_BYTES):
                self._last += 1 + int.from_bytes(steps[start : start + _STEP_BYTES])
                ids.append(self._last)
        assert self._last < ID_END, "48 bits of milliseconds last until the year 10889"
        return ids


IdType = TypeVar("IdType", bound=int)


class IdForm(Generic[IdType]):
    """How the ids of one kind are written and read: `IdForm(Prefix.PAYMENT, PaymentId)`."""

    def __init__(self, prefix: Prefix, of: Callable[[int], IdType]) -> None:
        self._prefix = prefix
        self._of = of

    @property
    def prefix(self) -> Prefix:
        """What its ids begin with."""
        return self._prefix

    @property
    def pattern(self) -> str:
        """A regular expression that its ids match, for documents."""
        return f"^{self._prefix}_[{_CROCKFORD}]{{{_LENGTH}}}$"

    def write(self, id: IdType) -> str:
        """The public form: prefix, underscore, 26 digits.

        :raises ValueError: for a number that is not an id
        """
        if not 0 < id < ID_END:
            raise ValueError(f"{id} is not an id: ids run from 1 to 2**128 - 2")
        return f"{self._prefix}_{_write_digits(id)}"

    def read(self, text: str) -> IdType:
        """The id of a public form.

        :raises NotAnId: with the text and what is wrong with it: its prefix, its length, a character, its
            size
        """
        prefix, underscore, digits = text.rpartition("_")
        if prefix != self._prefix or not underscore:
            raise NotAnId(f"{text:.60} does not begin with {self._prefix}_: {_whose(prefix)}")
        if not _DIGITS.fullmatch(digits):
            raise NotAnId(f"{text:.60} is not an id: {_wrong_digits(digits)}")
        number = int(digits.translate(_TO_PYTHON), 32)
        if not 0 < number < ID_END:
            raise NotAnId(
                f"{text} is not an id: its digits are beyond the range of 128 bits, or at an end of it"
            )
        return self._of(number)


@lru_cache(maxsize=1000)  # a payment's id is that of its request, with another prefix
def _write_digits(number: int) -> str:
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])


def _whose(prefix: str) -> str:
    known = next((kind for kind in Prefix if kind == prefix), None)
    if known is None:
        return "that is no prefix of ours"
    return f"{known}_ is the prefix of a {known.name.lower().replace('_', ' ')}"


def _wrong_digits(digits: str) -> str:
    if len(digits) != _LENGTH:
        return f"after the prefix come {_LENGTH} characters, not {len(digits)}"
    place, wrong = next(
        (place, character) for place, character in enumerate(digits) if character not in _CROCKFORD
    )
    hint = "; ids are written in lower case" if wrong.isupper() else ""
    return f"character {place + 1} after the prefix is {wrong!r}, not one of {_CROCKFORD}{hint}"
