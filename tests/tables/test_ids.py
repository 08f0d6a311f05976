"""Ids: their public form, what is refused and why, and clocks that stand still or go back."""

import threading
from typing import NewType

import pytest

from milletpay.plumbing.clock import MILLISECOND, SECOND, ManualClock, SystemClock
from milletpay.plumbing.ids import (
    ID_END,
    IdForm,
    IdSource,
    NotAnId,
    Prefix,
    first_id_at,
    made_at,
    system_entropy,
)

PaymentId = NewType("PaymentId", int)
PAYMENT_ID = IdForm(Prefix.PAYMENT, PaymentId)


def no_chance(size: int) -> bytes:
    return bytes(size)


def all_ones(size: int) -> bytes:
    return b"\xff" * size


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "pay_00000000000000000000000001"),
        (31, "pay_0000000000000000000000000z"),
        (32, "pay_00000000000000000000000010"),
        (0x0123456789ABCDEF0123456789ABCDEF, "pay_014d2pf2dbsqqg28t5cy4tqkff"),
        (ID_END - 1, "pay_7zzzzzzzzzzzzzzzzzzzzzzzzy"),
    ],
)
def test_public_form(number: int, text: str) -> None:
    assert PAYMENT_ID.write(PaymentId(number)) == text
    assert PAYMENT_ID.read(text) == number


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "does not begin with pay_: that is no prefix of ours"),
        ("00000000000000000000000001", "does not begin with pay_"),
        ("ref_00000000000000000000000001", "ref_ is the prefix of a refund"),
        ("whe_00000000000000000000000001", "whe_ is the prefix of a webhook endpoint"),
        ("PAY_00000000000000000000000001", "no prefix of ours"),
        ("pay__00000000000000000000000001", "no prefix of ours"),
        ("pay_", "after the prefix come 26 characters, not 0"),
        ("pay_0000000000000000000000001", "26 characters, not 25"),
        ("pay_000000000000000000000000010", "26 characters, not 27"),
        ("pay_0000000000000000000000000u", "character 26 after the prefix is 'u'"),
        ("pay_0l000000000000000000000000", "character 2 after the prefix is 'l'"),
        ("pay_0A000000000000000000000000", "lower case"),
        ("pay_ 0000000000000000000000001", "character 1 after the prefix is ' '"),
        ("pay_0000000000000000000000000１", "character 26"),
        ("pay_+000000000000000000000000\n", "character 1"),
        ("pay_80000000000000000000000000", "beyond the range"),
        ("pay_zzzzzzzzzzzzzzzzzzzzzzzzzz", "beyond the range"),
        ("pay_00000000000000000000000000", "at an end of it"),
        ("pay_7zzzzzzzzzzzzzzzzzzzzzzzzz", "at an end of it"),
    ],
)
def test_refused(text: str, why: str) -> None:
    with pytest.raises(NotAnId) as refusal:
        PAYMENT_ID.read(text)
    assert why in str(refusal.value)


@pytest.mark.parametrize("number", [0, -1, ID_END, 2**128])
def test_what_is_no_id_is_not_written(number: int) -> None:
    with pytest.raises(ValueError, match="is not an id"):
        PAYMENT_ID.write(PaymentId(number))


def test_prefixes_are_three_lower_case_letters() -> None:
    assert all(len(prefix) == 3 and prefix.isascii() and prefix.islower() for prefix in Prefix)
    assert len(Prefix) == len(Prefix.__members__)


def test_an_id_begins_with_its_millisecond() -> None:
    clock = ManualClock()
    ids = IdSource(clock=clock, entropy=system_entropy)
    assert ids.next() >> 80 == clock.now_ns() // MILLISECOND
    clock.advance(duration_ns=SECOND)
    assert ids.next() >> 80 == clock.now_ns() // MILLISECOND


@pytest.mark.parametrize("entropy", [no_chance, all_ones, system_entropy])
def test_ids_rise_whatever_the_clock_does(entropy: object) -> None:
    assert callable(entropy)
    clock = ManualClock(now_ns=1000 * SECOND)
    ids = IdSource(clock=clock, entropy=entropy)
    made = [ids.next(), ids.next(), *ids.take(100)]
    clock.set(now_ns=0)
    made += ids.take(3)
    clock.set(now_ns=2000 * SECOND)
    made += [ids.next(), *ids.take(0), ids.next()]
    assert made == sorted(set(made))
    assert made[-1] >> 80 in {2000 * 1000, 2000 * 1000 + 1}


def test_the_first_id_is_never_zero() -> None:
    assert IdSource(clock=ManualClock(now_ns=0), entropy=no_chance).next() == 1


def test_threads_share_a_source() -> None:
    ids = IdSource(clock=SystemClock(), entropy=system_entropy)
    made: list[list[int]] = [[] for _ in range(4)]

    def make(place: int) -> None:
        for count in range(200):
            made[place] += [ids.next(), *ids.take(count % 3)]

    threads = [threading.Thread(target=make, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    everything = [made_id for part in made for made_id in part]
    assert all(part == sorted(part) for part in made)
    assert len(everything) == len(set(everything)) == 4 * (200 + 199)


def test_processes_do_not_meet() -> None:
    clock = ManualClock()
    sources = [IdSource(clock=clock, entropy=system_entropy) for _ in range(50)]
    made = [made_id for source in sources for made_id in source.take(100)]
    assert len(made) == len(set(made))


def test_an_id_says_when_it_was_made() -> None:
    clock = ManualClock(now_ns=1_700_000_000 * SECOND + 999 * MILLISECOND + 7)
    made = IdSource(clock=clock, entropy=all_ones).next()
    assert made_at(made) == 1_700_000_000 * SECOND + 999 * MILLISECOND
    assert first_id_at(made_at(made)) <= made < first_id_at(made_at(made) + MILLISECOND)
    assert made_at(1) == 0
    assert first_id_at(made_at(ID_END - 1)) < ID_END
