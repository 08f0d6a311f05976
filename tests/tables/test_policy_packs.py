"""Policy packs: dated, with a source, without a gap."""

import pytest

from milletpay.limits import (
    PACKS,
    Limit,
    LimitExceeded,
    Measure,
    NoPolicy,
    Span,
    Used,
    Verification,
    limits_on,
)
from milletpay.limits.model import first_exceeded
from milletpay.money import Currency, Money
from milletpay.plumbing.dates import Day, checked_day

CNY = Currency.CNY


def test_packs_are_dated_in_order_and_say_who_decided() -> None:
    days = [pack.effective_from for pack in PACKS]
    assert days == sorted(set(days))
    assert len({pack.name for pack in PACKS}) == len(PACKS)
    for pack in PACKS:
        checked_day(pack.effective_from)
        assert pack.source


def test_every_pack_bounds_everything() -> None:
    """Each measure of each customer has a bound on the amount in every span, and wider spans allow more."""
    for pack in PACKS:
        for verification in Verification:
            for measure in Measure:
                limits = pack.limits[verification][measure]
                bounds = {limit.span: limit.amount for limit in limits if limit.amount is not None}
                each, day, month = (bounds[span] for span in Span)
                assert each <= day <= month


def test_who_is_better_known_may_move_more() -> None:
    for pack in PACKS:
        for measure in Measure:
            days = [
                limit.amount
                for verification in Verification
                for limit in pack.limits[verification][measure]
                if limit.span is Span.DAY and limit.amount is not None
            ]
            assert days == sorted(days)


def test_a_pack_holds_from_its_day_on() -> None:
    first = PACKS[0]
    found = limits_on(
        first.effective_from, measure=Measure.PAYMENTS, verification=Verification.FULL, currency=CNY
    )
    assert found == first.limits[Verification.FULL][Measure.PAYMENTS]
    with pytest.raises(NoPolicy, match="no policy pack holds on 20131231"):
        limits_on(Day(2013_12_31), measure=Measure.PAYMENTS, verification=Verification.FULL, currency=CNY)
    with pytest.raises(NoPolicy, match="says nothing about USD"):
        limits_on(
            first.effective_from,
            measure=Measure.PAYMENTS,
            verification=Verification.FULL,
            currency=Currency.USD,
        )


@pytest.mark.parametrize(
    ("limit", "amount", "used", "fits"),
    [
        (Limit(span=Span.EACH, amount=Money(100, CNY)), 100, Used(), True),
        (Limit(span=Span.EACH, amount=Money(100, CNY)), 101, Used(), False),
        (Limit(span=Span.DAY, amount=Money(100, CNY)), 40, Used(amount=60, count=9), True),
        (Limit(span=Span.DAY, amount=Money(100, CNY)), 41, Used(amount=60, count=9), False),
        (Limit(span=Span.DAY, count=3), 10**9, Used(amount=60, count=2), True),
        (Limit(span=Span.DAY, count=3), 1, Used(amount=60, count=3), False),
        (Limit(span=Span.MONTH, amount=Money(100, CNY), count=1), 100, Used(), True),
        (Limit(span=Span.MONTH, count=0), 1, Used(), False),
        (Limit(span=Span.MONTH), 10**12, Used(amount=10**15, count=10**6), True),
    ],
)
def test_the_bound_itself_is_allowed(limit: Limit, amount: int, used: Used, fits: bool) -> None:
    seen = {Span.DAY: Used(), Span.MONTH: Used()} | {limit.span: used}
    found = first_exceeded([limit], amount=Money(amount, CNY), day=seen[Span.DAY], month=seen[Span.MONTH])
    assert found == (None if fits else LimitExceeded(limit=limit, used=used))


def test_the_first_limit_in_order_is_named() -> None:
    limits = [Limit(span=Span.DAY, count=0), Limit(span=Span.EACH, amount=Money(1, CNY))]
    found = first_exceeded(limits, amount=Money(5, CNY), day=Used(), month=Used())
    assert found is not None
    assert found.limit is limits[0]
