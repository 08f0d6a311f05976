"""Payment codes (付款码): the eighteen digits that a customer's phone shows and a till scans.

    72 AAAAAAAA WWWWWWW C      prefix, alias, word, check digit

The **alias** says who pays, to us alone: an enrolled phone has a number and four **lanes**, and number and
lane, encrypted under the **epoch** of five minutes, are eight digits again. So there is no table of aliases:
the server decrypts, in the same time however many phones there are, and what a code was seen with tells
nothing in the next epoch. The phone is given its aliases ahead. The **word** is seven digits of an HMAC
under the phone's own key over the **step** of thirty seconds and the lane: computed on the phone, with no
network. The lane moves on when a code was used, so that several purchases fit into one step.

Everything here is pure: keys and the time are arguments. Why it is so, with the numbers, stands in the
decision on payment codes.
"""

import hashlib
import hmac
from array import array
from dataclasses import dataclass, field
from typing import Final

PREFIX: Final = "72"
"""What ours begin with. 10-15 are WeChat Pay's, 25-30 Alipay's, 62 UnionPay's."""

LENGTH: Final = 18
ALIAS_DIGITS: Final = 8
WORD_DIGITS: Final = 7

SECOND: Final = 10**9
STEP_SECONDS: Final = 30
STEPS_OF_EPOCH: Final = 10
EPOCH_SECONDS: Final = STEP_SECONDS * STEPS_OF_EPOCH

STEPS_BACK: Final = 2
STEPS_AHEAD: Final = 1
"""A code is taken in the step it was made for, two steps later, and one step earlier."""

LANES: Final = 4
ALIASES: Final = 10**ALIAS_DIGITS
WORDS: Final = 10**WORD_DIGITS
NUMBER_MAX: Final = ALIASES // LANES - 1
"""The greatest number of a phone. Number 0 is nobody's: what is no code of ours is looked for there."""

HALF: Final = 10 ** (ALIAS_DIGITS // 2)
ROUNDS: Final = 10
"""Of the Feistel network, as many as FF1 of NIST SP 800-38G has; its domain there is at least a million."""

KEY_BYTES: Final = 32

_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))
_INNER_REST: Final = b"\x36" * (64 - KEY_BYTES)
_OUTER_REST: Final = b"\x5c" * (64 - KEY_BYTES)
"""The pads of RFC 2104, and what of them a key of 32 bytes leaves of a block of 64."""

EPOCHS_REMEMBERED: Final = 8
"""Of how many the round functions are kept, which everybody's codes of that time need."""

_UNKNOWN: Final = -1

_DAMM: Final = tuple(
    bytes(int(digit) for digit in row)
    for row in (
        "0317598642",
        "7092154863",
        "4206871359",
        "1750983426",
        "6123045978",
        "3674209581",
        "5869720134",
        "8945362017",
        "9438617205",
        "2581436790",
    )
)
"""H. M. Damm's quasigroup: weak totally anti-symmetric, so that no swap of neighbors goes unnoticed."""


def check_digit(digits: str) -> str:
    """The digit that makes `digits` whole: any one wrong digit and any two neighbors swapped are noticed."""
    interim = 0
    for digit in digits.encode():
        interim = _DAMM[interim][digit - 48]
    return str(interim)


def step_of(now: int) -> int:
    """The step of a time in nanoseconds."""
    return now // (STEP_SECONDS * SECOND)


def epoch_of(step: int) -> int:
    """The epoch of a step."""
    return step // STEPS_OF_EPOCH


def epoch_at(now: int) -> int:
    """The epoch of a time in nanoseconds."""
    return epoch_of(step_of(now))


def steps_taken(now: int) -> range:
    """The steps of which codes are taken at a time."""
    step = step_of(now)
    return range(step - STEPS_BACK, step + STEPS_AHEAD + 1)


def write_code(*, alias: int, word: int) -> str:
    """The eighteen digits."""
    digits = f"{PREFIX}{alias:0{ALIAS_DIGITS}d}{word:0{WORD_DIGITS}d}"
    return digits + check_digit(digits)


@dataclass(slots=True, kw_only=True)
class Reading:
    """What was scanned, taken apart. One that is no code of ours is taken apart all the same."""

    is_ours: bool
    """Whether length, prefix and check digit are as they should be."""
    alias: int = field(repr=False)
    word: int = field(repr=False)


def read_code(text: str) -> Reading:
    """Take apart what a till scanned; spaces do not count."""
    digits = text.replace(" ", "")
    if len(digits) != LENGTH or not (digits.isascii() and digits.isdigit()):
        return Reading(is_ours=False, alias=0, word=0)
    return Reading(
        is_ours=digits.startswith(PREFIX) and check_digit(digits[:-1]) == digits[-1],
        alias=int(digits[len(PREFIX) : len(PREFIX) + ALIAS_DIGITS]),
        word=int(digits[len(PREFIX) + ALIAS_DIGITS : -1]),
    )


class KeyedHash:
    """HMAC-SHA256 (RFC 2104) under a key of 32 bytes that is used several times: a third of the time each.

    Both blocks that the key fills are hashed once, and what stands after them is copied.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        assert len(key) == KEY_BYTES, "256 bits"
        self._inner = hashlib.sha256(key.translate(_INNER) + _INNER_REST)
        self._outer = hashlib.sha256(key.translate(_OUTER) + _OUTER_REST)

    def __repr__(self) -> str:
        return "KeyedHash(...)"

    def digest(self, message: bytes) -> bytes:
        """The 32 bytes of a message."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()


def word_of(key: bytes, *, step: int, lane: int) -> int:
    """The word that a phone with this key shows in a step and lane.

    HMAC-SHA256 over "milletpay word", the step as eight bytes and the lane as one; the first eight bytes of
    it, as a number, modulo ten millions.
    """
    return _word(hmac.digest(key, _moment(step, lane), "sha256"))


def _moment(step: int, lane: int) -> bytes:
    return b"milletpay word%b%c" % (step.to_bytes(8), lane)


def _word(mac: bytes) -> int:
    return int.from_bytes(mac[:8]) % WORDS


@dataclass(slots=True, kw_only=True)
class Slot:
    """What an alias stands for in an epoch: a phone's number, and a lane."""

    number: int
    lane: int


NOBODYS: Final = Slot(number=0, lane=0)
"""What everything stands for that is no code of ours."""


@dataclass(slots=True, kw_only=True)
class Sighting:
    """A slot that what was scanned may stand for, with the steps in which it would."""

    slot: Slot
    epoch: int
    steps: range

    @property
    def ends_at(self) -> int:
        """When codes of its epoch are taken no more, nanoseconds."""
        return ((self.epoch + 1) * STEPS_OF_EPOCH + STEPS_BACK + 1) * STEP_SECONDS * SECOND


class _Turn:
    """A round function of an epoch: half of a slot or alias in, as much out."""

    __slots__ = ("_begun", "_given")

    def __init__(self, begun: "hashlib.blake2s") -> None:
        self._begun = begun
        self._given: array[int] | None = None

    def __call__(self, half: int) -> int:
        hashed = self._begun.copy()
        hashed.update(half.to_bytes(2))
        return int.from_bytes(hashed.digest()) % HALF

    def remembered(self, half: int) -> int:
        """As a call. There are ten thousand halves: in a busy epoch hardly any is hashed twice."""
        if self._given is None:
            self._given = array("h", (_UNKNOWN,)) * HALF
        given = self._given[half]
        if given == _UNKNOWN:
            given = self._given[half] = self(half)
        return given


class CodeKeys:
    """All secrets of payment codes, out of one. It is not shown."""

    __slots__ = ("_feistel", "_phones", "_turns")

    def __init__(self, secret: bytes) -> None:
        self._phones = KeyedHash(secret)
        # A keyed BLAKE2s is a pseudorandom function (RFC 7693), and costs a third of an HMAC.
        self._feistel = hashlib.blake2s(key=self._phones.digest(b"milletpay aliases"), digest_size=8)
        self._turns: dict[int, tuple[_Turn, ...]] = {}

    def __repr__(self) -> str:
        return "CodeKeys(...)"

    def phone_key(self, device: int, *, version: int) -> bytes:
        """The key of an enrolled phone, as HKDF-SHA256 expands it: it is kept nowhere but on the phone."""
        return self._phones.digest(b"milletpay phone%b%b\x01" % (device.to_bytes(16), version.to_bytes(4)))

    def alias_of(self, slot: Slot, *, epoch: int) -> int:
        """The alias of a slot: one to one within an epoch."""
        return _encrypt(slot, turns=self._turns_of(epoch))

    def packed_aliases(self, number: int, *, first_epoch: int, epochs: int) -> bytes:
        """What a phone is given ahead: four bytes for each alias, of each epoch every lane."""
        slots = [Slot(number=number, lane=lane) for lane in range(LANES)]
        return b"".join(
            _encrypt(slot, turns=turns).to_bytes(4)
            for turns in map(self._make_turns, range(first_epoch, first_epoch + epochs))
            for slot in slots
        )

    def slot_of(self, alias: int, *, epoch: int) -> Slot:
        """What an alias stands for; every alias stands for something."""
        left, right = divmod(alias, HALF)
        for turn in reversed(self._turns_of(epoch)):
            left, right = (right - turn.remembered(left)) % HALF, left
        number, lane = divmod(left * HALF + right, LANES)
        return Slot(number=number, lane=lane)

    def sightings(self, reading: Reading, *, now: int) -> tuple[Sighting, ...]:
        """Whom an alias may stand for now: one slot, and a second one where two epochs meet."""
        first = step_of(now) - STEPS_BACK
        last = first + STEPS_BACK + STEPS_AHEAD
        seam = epoch_of(last) * STEPS_OF_EPOCH
        if seam <= first:
            return (self._sighting(reading, first=first, last=last),)
        return (
            self._sighting(reading, first=first, last=seam - 1),
            self._sighting(reading, first=seam, last=last),
        )

    def _sighting(self, reading: Reading, *, first: int, last: int) -> Sighting:
        epoch = epoch_of(first)
        # It is looked for in any case, and so takes as long.
        slot = self.slot_of(reading.alias, epoch=epoch)
        if not reading.is_ours:
            slot = NOBODYS
        return Sighting(slot=slot, epoch=epoch, steps=range(first, last + 1))

    def step_shown(self, reading: Reading, *, sighting: Sighting, device: int, version: int) -> int | None:
        """The step in which this phone shows the word that was read, if it is one of the sighting's.

        Every step is compared, whether one was found before or not.
        """
        key = KeyedHash(self.phone_key(device, version=version))
        lane, read = sighting.slot.lane, reading.word.to_bytes(4)
        shown = None
        for step in sighting.steps:
            word = _word(key.digest(_moment(step, lane)))
            if hmac.compare_digest(word.to_bytes(4), read):
                shown = step
        return shown

    def _turns_of(self, epoch: int) -> tuple[_Turn, ...]:
        """The round functions of an epoch, kept for the next code of it."""
        turns = self._turns.get(epoch)
        if turns is None:
            if len(self._turns) >= EPOCHS_REMEMBERED:
                self._turns.clear()
            turns = self._turns[epoch] = self._make_turns(epoch)
        return turns

    def _make_turns(self, epoch: int) -> tuple[_Turn, ...]:
        return tuple(self._turn(epoch, number) for number in range(ROUNDS))

    def _turn(self, epoch: int, number: int) -> _Turn:
        begun = self._feistel.copy()
        begun.update(epoch.to_bytes(8) + bytes([number]))
        return _Turn(begun)


def _encrypt(slot: Slot, *, turns: tuple[_Turn, ...]) -> int:
    left, right = divmod(slot.number * LANES + slot.lane, HALF)
    for turn in turns:
        left, right = right, (left + turn(right)) % HALF
    return left * HALF + right
