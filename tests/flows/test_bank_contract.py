"""A bank, whichever it is: an order once for its reference, unknown where nothing is known, true lines."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from milletpay.plumbing.clock import SECOND
from milletpay.plumbing.database import Database
from milletpay.plumbing.dates import day_of
from milletpay.rails import BoundCard, LineKind, NotBound, Order, OutcomeStatus, RefusalReason
from tests.flows.bank_contract import ADAPTERS, CNY, BankAtWork, OpenBank, binding, yuan

DAY_NS = 24 * 3600 * SECOND


@pytest.fixture(params=ADAPTERS, ids=lambda adapter: adapter.__name__)
async def at_work(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[BankAtWork]:
    adapter: OpenBank = request.param
    async with adapter(database) as at_work:
        yield at_work


async def bound(at_work: BankAtWork) -> BoundCard:
    card = await at_work.bank.bind(binding(at_work.good_card))
    assert isinstance(card, BoundCard)
    return card


async def test_a_card_is_bound_once_and_its_number_is_not_shown(at_work: BankAtWork) -> None:
    card = await bound(at_work)
    assert card == await bound(at_work)
    assert at_work.bank.issues(at_work.good_card)
    assert at_work.good_card.digits not in f"{card} {at_work.good_card} {binding(at_work.good_card)}"
    assert (card.masked[:6], card.masked[-4:]) == (
        at_work.good_card.digits[:6],
        at_work.good_card.digits[-4:],
    )


async def test_a_card_of_another_bank_is_not_bound(at_work: BankAtWork) -> None:
    assert not at_work.bank.issues(at_work.foreign_card)
    answer = await at_work.bank.bind(binding(at_work.foreign_card))
    assert answer == NotBound(reason=RefusalReason.CARD_CLOSED)


async def test_an_order_is_done_once_for_its_reference(at_work: BankAtWork) -> None:
    bank, card = at_work.bank, await bound(at_work)
    order = Order(reference="top_1", token=card.token, amount=yuan(100))
    assert (await bank.query("top_1")).status is OutcomeStatus.NOT_FOUND
    answers = await asyncio.gather(*(bank.collect(order) for _ in range(5)))
    assert len(set(answers)) == 1
    assert answers[0].status is OutcomeStatus.SUCCEEDED
    assert answers[0].bank_reference
    assert await bank.query("top_1") == answers[0]
    at_work.clock.advance(duration_ns=DAY_NS)
    lines = await bank.statement(day_of(at_work.clock.now_ns()), currency=CNY)
    assert [(line.kind, line.amount) for line in lines] == [(LineKind.SETTLEMENT, yuan(100))]


async def test_a_reference_is_not_taken_for_another_order(at_work: BankAtWork) -> None:
    card = await bound(at_work)
    await at_work.bank.collect(Order(reference="top_1", token=card.token, amount=yuan(100)))
    other = Order(reference="top_1", token=card.token, amount=yuan(99))
    for give in (at_work.bank.collect, at_work.bank.pay):
        assert (await give(other)).reason is RefusalReason.REFERENCE_REUSED


async def test_an_order_for_no_card_is_refused_for_ever(at_work: BankAtWork) -> None:
    for _ in range(2):
        answer = await at_work.bank.pay(Order(reference="wdr_1", token="none", amount=yuan(1)))
        assert answer.status is OutcomeStatus.REFUSED
        assert answer.reason is RefusalReason.CARD_CLOSED
        assert answer == await at_work.bank.query("wdr_1")


async def test_a_payment_is_on_the_statement_of_its_day(at_work: BankAtWork) -> None:
    card = await bound(at_work)
    day = day_of(at_work.clock.now_ns())
    await at_work.bank.pay(Order(reference="wdr_1", token=card.token, amount=yuan(30)))
    at_work.clock.advance(duration_ns=DAY_NS)
    (line,) = await at_work.bank.statement(day, currency=CNY)
    assert (line.kind, line.reference, line.amount) == (LineKind.PAYMENT, "wdr_1", yuan(30))
    assert await at_work.bank.statement(day_of(at_work.clock.now_ns()), currency=CNY) == []


async def test_what_is_given_back_is_settled_with_what_was_drawn(at_work: BankAtWork) -> None:
    bank, card = at_work.bank, await bound(at_work)
    await bank.collect(Order(reference="drw_1", token=card.token, amount=yuan(100)))
    back = Order(reference="gbk_1", token=card.token, amount=yuan(40))
    answers = await asyncio.gather(*(bank.refund(back) for _ in range(3)))
    assert {answer.status for answer in answers} == {OutcomeStatus.SUCCEEDED}
    assert (await bank.collect(back)).reason is RefusalReason.REFERENCE_REUSED
    at_work.clock.advance(duration_ns=DAY_NS)
    lines = await bank.statement(day_of(at_work.clock.now_ns()), currency=CNY)
    assert [(line.kind, line.amount) for line in lines] == [(LineKind.SETTLEMENT, yuan(60))]
