"""Which source pays: one, the first in the order that can pay the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milletpay.funding import (
    BALANCE,
    Bar,
    Demand,
    Manner,
    Order,
    Source,
    SourceKind,
    plan,
    read_order,
    write_order,
)
from milletpay.money import Currency, Money
from milletpay.wallets import CardId

CNY = Currency.CNY
FIRST, SECOND = (Source(SourceKind.CARD, CardId(number)) for number in (1, 2))
BOTH = frozenset({CardId(1), CardId(2)})


def demand(minor: int, *, manner: Manner = Manner.CONFIRMED, is_held: bool = False) -> Demand:
    return Demand(amount=Money(minor, CNY), manner=manner, is_held=is_held)


@pytest.mark.parametrize(
    ("order", "asked", "balance", "usable", "source", "bars"),
    [
        ((BALANCE,), demand(100), 100, BOTH, BALANCE, ()),
        ((BALANCE,), demand(100), 99, BOTH, None, (Bar.NOT_COVERED,)),
        ((BALANCE, FIRST), demand(100), 99, BOTH, FIRST, (Bar.NOT_COVERED,)),
        ((FIRST, BALANCE), demand(100), 100, BOTH, FIRST, ()),
        ((FIRST, SECOND), demand(100), 0, frozenset({CardId(2)}), SECOND, (Bar.REMOVED,)),
        ((FIRST, BALANCE), demand(100, is_held=True), 100, BOTH, BALANCE, (Bar.HOLDS_NOTHING,)),
        ((FIRST,), demand(100, is_held=True), 100, BOTH, None, (Bar.HOLDS_NOTHING,)),
        ((FIRST,), demand(200_00, manner=Manner.UNASKED), 0, BOTH, FIRST, ()),
        ((FIRST,), demand(200_01, manner=Manner.UNASKED), 0, BOTH, None, (Bar.CONFIRMATION_NEEDED,)),
        ((FIRST,), demand(200_01, manner=Manner.AGREEMENT), 0, BOTH, FIRST, ()),
        ((BALANCE,), demand(200_01, manner=Manner.UNASKED), 200_01, BOTH, BALANCE, ()),
        # What both have together is no source: one pays the whole.
        ((BALANCE, FIRST), demand(300, is_held=True), 299, BOTH, None, (Bar.NOT_COVERED, Bar.HOLDS_NOTHING)),
    ],
)
def test_the_first_that_can_pay_the_whole_does(
    *,
    order: Order,
    asked: Demand,
    balance: int,
    usable: frozenset[CardId],
    source: Source | None,
    bars: tuple[Bar, ...],
) -> None:
    planned = plan(order, demand=asked, balance=balance, usable=usable)
    assert (planned.source, planned.bars) == (source, bars)


SOURCES = st.lists(st.sampled_from([BALANCE, FIRST, SECOND]), min_size=1, max_size=3, unique=True).map(tuple)


@given(
    order=SOURCES,
    minor=st.integers(1, 300_00),
    balance=st.integers(0, 300_00),
    usable=st.frozensets(st.sampled_from([CardId(1), CardId(2)])),
    manner=st.sampled_from(Manner),
    is_held=st.booleans(),
)
def test_whatever_is_asked_nobody_before_the_one_that_pays_could_have(
    *, order: Order, minor: int, balance: int, usable: frozenset[CardId], manner: Manner, is_held: bool
) -> None:
    asked = demand(minor, manner=manner, is_held=is_held)
    planned = plan(order, demand=asked, balance=balance, usable=usable)
    place = len(order) if planned.source is None else order.index(planned.source)
    assert len(planned.bars) == place
    for source in order[:place]:
        assert plan((source,), demand=asked, balance=balance, usable=usable).source is None
    if planned.source == BALANCE:
        assert balance >= minor
    elif planned.source is not None:
        assert planned.source.card in usable
        assert not is_held
    assert read_order(write_order(order)) == order
