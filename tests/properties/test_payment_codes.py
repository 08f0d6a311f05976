"""Payment codes as such: written and read, one to one, taken in their window and not outside of it."""

import hmac
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milletpay.codes.payment_codes import (
    ALIASES,
    LANES,
    LENGTH,
    NUMBER_MAX,
    PREFIX,
    SECOND,
    STEP_SECONDS,
    WORDS,
    CodeKeys,
    KeyedHash,
    Reading,
    Slot,
    check_digit,
    epoch_of,
    read_code,
    step_of,
    word_of,
    write_code,
)

KEYS = CodeKeys(b"k" * 32)
DEVICE = 0x0193_0000_0000_0000_0000_0000_0000_0001

aliases = st.integers(0, ALIASES - 1)
words = st.integers(0, WORDS - 1)
epochs = st.integers(0, 2**40)
slots = st.builds(Slot, number=st.integers(0, NUMBER_MAX), lane=st.integers(0, LANES - 1))
times = st.integers(0, 4_000_000_000).map(lambda second: second * SECOND)


def code_at(at: int, *, number: int = 7, lane: int = 0, version: int = 1) -> str:
    """What a phone whose clock says `at` shows."""
    step = step_of(at)
    alias = KEYS.alias_of(Slot(number=number, lane=lane), epoch=epoch_of(step))
    word = word_of(KEYS.phone_key(DEVICE, version=version), step=step, lane=lane)
    return write_code(alias=alias, word=word)


def step_seen(code: str, *, now: int, number: int = 7, version: int = 1) -> int | None:
    """The step in which the server finds the phone to have shown it."""
    reading = read_code(code)
    found = [
        KEYS.step_shown(reading, sighting=sighting, device=DEVICE, version=version)
        for sighting in KEYS.sightings(reading, now=now)
        if sighting.slot.number == number
    ]
    return next((step for step in found if step is not None), None)


@given(aliases, words)
def test_a_code_is_read_as_it_was_written(alias: int, word: int) -> None:
    code = write_code(alias=alias, word=word)
    assert len(code) == LENGTH
    assert code.startswith(PREFIX)
    assert read_code(code) == Reading(is_ours=True, alias=alias, word=word)
    assert read_code(f" {code[:4]} {code[4:8]} {code[8:]} ") == read_code(code)


@given(aliases, words, st.integers(0, LENGTH - 1), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(alias: int, word: int, at: int, by: int) -> None:
    code = write_code(alias=alias, word=word)
    wrong = code[:at] + str((int(code[at]) + by) % 10) + code[at + 1 :]
    assert not read_code(wrong).is_ours


@given(aliases, words, st.integers(0, LENGTH - 2))
def test_two_neighbors_swapped_are_noticed(alias: int, word: int, at: int) -> None:
    code = write_code(alias=alias, word=word)
    if code[at] != code[at + 1]:
        assert not read_code(code[:at] + code[at + 1] + code[at] + code[at + 2 :]).is_ours


@given(st.text(max_size=40))
def test_whatever_is_scanned_is_taken_apart(text: str) -> None:
    reading = read_code(text)
    assert 0 <= reading.alias < ALIASES
    assert 0 <= reading.word < WORDS
    assert KEYS.sightings(reading, now=1_770_000_000 * SECOND)


@pytest.mark.parametrize("prefix", ["10", "11", "12", "13", "14", "15", "25", "28", "30", "62", "71"])
def test_codes_of_others_are_not_ours(prefix: str) -> None:
    digits = prefix + "123456789012345"
    assert not read_code(digits + check_digit(digits)).is_ours


@given(slots, epochs)
def test_an_alias_leads_back_to_its_slot(slot: Slot, epoch: int) -> None:
    alias = KEYS.alias_of(slot, epoch=epoch)
    assert 0 <= alias < ALIASES
    assert KEYS.slot_of(alias, epoch=epoch) == slot


@given(st.lists(slots, min_size=2, max_size=8))
def test_what_is_remembered_of_an_epoch_leads_back_too(several: list[Slot]) -> None:
    keys = CodeKeys(b"r" * 32)
    for slot in several + several:
        assert keys.slot_of(keys.alias_of(slot, epoch=5_900_000), epoch=5_900_000) == slot


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200))
def test_a_keyed_hash_is_hmac_however_often_it_is_asked(key: bytes, message: bytes) -> None:
    ours = KeyedHash(key)
    assert ours.digest(message) == ours.digest(message) == hmac.digest(key, message, "sha256")


@given(aliases, epochs)
def test_every_alias_is_the_alias_of_one_slot(alias: int, epoch: int) -> None:
    assert KEYS.alias_of(KEYS.slot_of(alias, epoch=epoch), epoch=epoch) == alias


def test_no_two_slots_share_an_alias() -> None:
    found = {
        KEYS.alias_of(Slot(number=number, lane=lane), epoch=5_900_000)
        for number in range(2_000)
        for lane in range(LANES)
    }
    assert len(found) == 2_000 * LANES


def test_aliases_of_neighbors_and_of_one_slot_look_like_chance() -> None:
    by_number = [KEYS.alias_of(Slot(number=number, lane=0), epoch=1) for number in range(5_000)]
    by_epoch = [KEYS.alias_of(Slot(number=1, lane=0), epoch=epoch) for epoch in range(5_000)]
    for found in (by_number, by_epoch):
        for digit in range(8):
            counts = Counter(alias // 10**digit % 10 for alias in found)
            # 500 of each, give or take 21; six of those are left to chance.
            assert all(372 < counts[value] < 628 for value in range(10)), (digit, counts)


@given(times, st.integers(0, LANES - 1))
def test_a_code_is_taken_in_its_step_two_later_and_one_earlier(at: int, lane: int) -> None:
    at += 10**6 * STEP_SECONDS * SECOND
    code = code_at(at, lane=lane)
    begins = step_of(at) * STEP_SECONDS * SECOND
    first, last = begins - STEP_SECONDS * SECOND, begins + 3 * STEP_SECONDS * SECOND - 1
    for now in (first, begins, at, last):
        assert step_seen(code, now=now) == step_of(at)
    for now in (first - 1, last + 1):
        assert step_seen(code, now=now) is None


@given(times, st.integers(-30, 50))
def test_a_clock_may_be_thirty_seconds_ahead_or_fifty_behind(now: int, ahead: int) -> None:
    # Scanned ten seconds after the phone would have turned to the next code, at the latest.
    now += 10**6 * STEP_SECONDS * SECOND
    phone = now - ahead * SECOND
    shown = code_at(phone)
    turns = (step_of(phone) + 1) * STEP_SECONDS * SECOND
    assert step_seen(shown, now=now) == step_of(phone)
    if ahead >= 0:
        assert step_seen(shown, now=turns + ahead * SECOND + 9 * SECOND) == step_of(phone)


def test_each_lane_step_and_version_has_codes_of_its_own() -> None:
    at = 1_770_000_010 * SECOND
    shown = {code_at(at, lane=lane) for lane in range(LANES)}
    shown |= {code_at(at + STEP_SECONDS * SECOND, lane=lane) for lane in range(LANES)}
    shown.add(code_at(at, version=2))
    assert len(shown) == 2 * LANES + 1
    assert step_seen(code_at(at), now=at, version=2) is None


def test_secrets_are_not_shown() -> None:
    code = code_at(1_770_000_010 * SECOND)
    assert "k" * 8 not in repr(KEYS)
    assert code[2:10] not in repr(read_code(code))
