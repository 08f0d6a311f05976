"""Which session keys of a terminal are heard, as keys are given, used and over; and what batches come to."""

import pytest

from milletpay.money import Currency, Money
from milletpay.terminals.entries import (
    BATCH_MAX,
    KEY_NS,
    NOTHING,
    Entry,
    EntryKind,
    EntryState,
    Place,
    Station,
    added,
    less,
    next_batch,
)
from milletpay.terminals.messages.kinds import Totals
from milletpay.terminals.messages.responses import ResponseCode

T = 10**18
HOUR = KEY_NS // 24


def given(station: Station, *, pairing: int = 1, now: int = T) -> Station:
    return station.with_new_key(terminal=1, pairing=pairing, now=now)


def heard(station: Station, *, now: int = T) -> set[int]:
    return {number for number in range(10) if station.takes(number, now=now)}


def test_nothing_is_heard_before_sign_on() -> None:
    assert heard(Station(terminal=1)) == set()


def test_the_key_in_use_stays_good_until_the_new_one_is_used() -> None:
    station = given(Station(terminal=1))
    assert heard(station) == {1}
    # The answer to sign-on was lost, and again: the key in use is the first one all the while.
    lost = given(given(station))
    assert heard(lost) == {1, 3}
    assert heard(lost.with_key_used(1)) == {1, 3}
    assert heard(lost.with_key_used(3)) == {3}
    assert heard(given(lost.with_key_used(3))) == {3, 4}


def test_keys_end_with_the_day_with_sign_off_and_with_the_pairing() -> None:
    station = given(given(Station(terminal=1)))
    assert heard(station, now=T + KEY_NS - 1) == {1, 2}
    assert heard(station, now=T + KEY_NS) == set()
    assert heard(station.without_key()) == set()
    assert heard(given(station, now=T + KEY_NS), now=T + KEY_NS) == {3}
    assert heard(given(station.without_key())) == {3}
    assert heard(given(station, pairing=2)) == {3}


def test_signing_on_again_makes_no_key_good_for_longer() -> None:
    """A sign-on that is sent again, by whoever has heard it, changes nothing for the key in use."""
    station = given(Station(terminal=1)).with_key_used(1)
    for hour in range(1, 40):
        station = given(station, now=T + hour * HOUR)
        assert (1 in heard(station, now=T + hour * HOUR)) is (hour < 24)
    assert station.takes(40, now=T + 39 * HOUR)


def entry(kind: EntryKind, **more: object) -> Entry:
    values: dict[str, object] = {"code": ResponseCode.APPROVED, "state": EntryState.STANDS} | more
    return Entry(
        place=Place(1, 1, 1),
        kind=kind,
        amount=Money(10, Currency.CNY),
        asked=1,
        at=T,
        **values,  # type: ignore[arg-type]  # by name
    )


@pytest.mark.parametrize("kind", EntryKind)
@pytest.mark.parametrize("state", EntryState)
@pytest.mark.parametrize("code", ResponseCode)
def test_what_counts(kind: EntryKind, state: EntryState, code: ResponseCode) -> None:
    totals = entry(kind, state=state, code=code).totals
    counts = code is ResponseCode.APPROVED and state is EntryState.STANDS
    taken = counts and kind in {EntryKind.PURCHASE, EntryKind.COMPLETION}
    given_back = counts and kind is EntryKind.REFUND
    assert totals == Totals(
        debits=10 * taken, debit_count=int(taken), credits=10 * given_back, credit_count=int(given_back)
    )


def test_totals_add_up_and_come_apart() -> None:
    parts = [entry(EntryKind.PURCHASE).totals, entry(EntryKind.REFUND).totals, entry(EntryKind.VOID).totals]
    whole = added(parts)
    assert whole == Totals(debits=10, debit_count=1, credits=10, credit_count=1)
    assert less(less(whole, part=parts[0]), part=parts[1]) == NOTHING


def test_batches_are_numbered_round() -> None:
    assert [next_batch(1), next_batch(BATCH_MAX)] == [2, 1]
