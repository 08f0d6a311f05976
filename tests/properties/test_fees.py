"""Fees: within their bounds, whole over any parts, and given back whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milletpay.fees import (
    Contract,
    ContractId,
    FeeOnRefund,
    NotAContract,
    Quote,
    fee_back,
    fee_of_part,
    quote,
    valid_on,
)
from milletpay.money import Currency, Money, total
from milletpay.plumbing.dates import Day

CNY = Currency.CNY
AMOUNTS = st.integers(1, 10**12)


def money(minor: int) -> Money:
    return Money(minor, CNY)


def contract(
    *,
    basis_points: int = 0,
    minimum: int = 0,
    cap: int | None = None,
    on_refund: FeeOnRefund = FeeOnRefund.GIVEN_BACK,
    day: int = 2026_01_01,
) -> Contract:
    return Contract(
        id=ContractId(day),
        merchant=1,
        effective_from=Day(day),
        basis_points=basis_points,
        minimum=money(minimum),
        cap=None if cap is None else money(cap),
        on_refund=on_refund,
    )


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    minimum = draw(st.integers(0, 1000))
    cap = draw(st.none() | st.integers(minimum, 10**6))
    return contract(basis_points=draw(st.integers(0, 10_000)), minimum=minimum, cap=cap)


@st.composite
def parts_of(draw: st.DrawFn, whole: int) -> list[Money]:
    """Parts that add up to at most the whole."""
    cuts = sorted(draw(st.lists(st.integers(0, whole), max_size=8)))
    return [money(end - start) for start, end in zip([0, *cuts], cuts, strict=False) if end > start]


@pytest.mark.parametrize(
    ("terms", "amount", "fee"),
    [
        (contract(basis_points=38), 10_000, 38),
        (contract(basis_points=38), 131, 0),  # 0.4978
        (contract(basis_points=38), 132, 1),  # 0.5016
        (contract(basis_points=50), 100, 1),  # a tie goes up
        (contract(basis_points=38, minimum=10), 100, 10),
        (contract(basis_points=38, minimum=10), 7, 7),
        (contract(basis_points=38, cap=100), 1_000_000, 100),
        (contract(basis_points=10_000), 12_345, 12_345),
        (contract(), 12_345, 0),
    ],
)
def test_quotes(terms: Contract, amount: int, fee: int) -> None:
    quoted = quote(terms, amount=money(amount))
    assert quoted == Quote(
        contract=terms.id, amount=money(amount), fee=money(fee), on_refund=FeeOnRefund.GIVEN_BACK
    )


@given(contracts(), AMOUNTS)
def test_a_fee_is_within_its_bounds(terms: Contract, amount: int) -> None:
    fee = quote(terms, amount=money(amount)).fee.minor
    assert 0 <= fee <= amount
    assert fee >= min(terms.minimum.minor, amount)
    assert terms.cap is None or fee <= terms.cap.minor
    unbounded = contract(basis_points=terms.basis_points)
    assert (
        abs(quote(unbounded, amount=money(amount)).fee.minor * 10_000 - amount * terms.basis_points) <= 5_000
    )


@given(contracts(), AMOUNTS, st.data())
def test_parts_add_up_and_none_costs_more_than_it_is(
    terms: Contract, amount: int, data: st.DataObject
) -> None:
    quoted = quote(terms, amount=money(amount))
    captured, taken = money(0), []
    for part in data.draw(parts_of(amount)):
        taken.append(fee_of_part(quoted, captured_before=captured, part=part))
        assert money(0) <= taken[-1] <= part
        captured += part
    so_far = total(taken, currency=CNY)
    assert so_far == fee_of_part(quoted, captured_before=money(0), part=captured)
    assert abs(so_far.minor * amount - quoted.fee.minor * captured.minor) * 2 <= amount
    rest = quoted.amount - captured
    assert so_far + fee_of_part(quoted, captured_before=captured, part=rest) == quoted.fee


@given(contracts(), AMOUNTS, st.data())
def test_refunding_all_gives_back_what_was_taken(terms: Contract, amount: int, data: st.DataObject) -> None:
    """In whatever parts, also while captures go on: we never give back more than we took."""
    quoted = quote(terms, amount=money(amount))
    captured = total(data.draw(parts_of(amount)), currency=CNY)
    taken = fee_of_part(quoted, captured_before=money(0), part=captured)
    refunded, back = money(0), money(0)
    for part in data.draw(parts_of(captured.minor)):
        given_back = fee_back(quoted, refunded_before=refunded, part=part)
        assert money(0) <= given_back <= part
        back += given_back
        refunded += part
        assert back <= taken
    assert back + fee_back(quoted, refunded_before=refunded, part=captured - refunded) == taken


def test_a_contract_may_keep_the_fee() -> None:
    quoted = quote(contract(basis_points=100, on_refund=FeeOnRefund.KEPT), amount=money(10_000))
    assert quoted.fee == money(100)
    assert fee_back(quoted, refunded_before=money(0), part=money(10_000)) == money(0)


def test_the_latest_contract_that_has_begun_holds() -> None:
    early, late = contract(day=2026_01_01), contract(day=2026_03_01)
    on = [valid_on([late, early], currency=CNY, day=Day(day)) for day in (2025_12_31, 2026_02_28, 2026_03_01)]
    assert on == [None, early, late]
    assert valid_on([early], currency=Currency.USD, day=Day(2026_03_01)) is None


@pytest.mark.parametrize(
    ("basis_points", "minimum", "cap", "why"),
    [
        (-1, 0, None, "a fee of -1 basis points"),
        (10_001, 0, None, "a fee of 10001 basis points"),
        (0, -1, None, "a minimum of CNY -0.01"),
        (0, 10, 9, "a cap of CNY 0.09 is below the minimum of CNY 0.10"),
    ],
)
def test_terms_that_cannot_be(basis_points: int, minimum: int, cap: int | None, why: str) -> None:
    with pytest.raises(NotAContract, match=why):
        contract(basis_points=basis_points, minimum=minimum, cap=cap)
