"""What a simulated bank does wrong when it is told to, and that it remembers."""

import pytest

from milletpay.ledger.chart import Mode
from milletpay.plumbing.clock import SECOND, ManualClock
from milletpay.plumbing.database import Database
from milletpay.plumbing.dates import Day, day_of, next_day
from milletpay.rails import (
    AnyOf,
    BoundCard,
    Direction,
    Fault,
    LineKind,
    NextOrders,
    NotACardNumber,
    NoticeKind,
    Order,
    OutcomeStatus,
    RefusalReason,
    SimulatedBank,
    read_card_number,
)
from tests.flows.bank_contract import CNY, binding, card, simulated_bank, yuan

DAY_NS = 24 * 3600 * SECOND
S = OutcomeStatus


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def bank(database: Database, clock: ManualClock) -> SimulatedBank:
    return simulated_bank(database, clock=clock)


async def token_of(bank: SimulatedBank, number: int = 1) -> str:
    bound = await bank.bind(binding(card(number)))
    assert isinstance(bound, BoundCard)
    return bound.token


async def collect(bank: SimulatedBank, reference: str, *, amount: int = 100) -> OutcomeStatus:
    order = Order(reference=reference, token=await token_of(bank), amount=yuan(amount))
    return (await bank.collect(order)).status


async def told(bank: SimulatedBank) -> list[tuple[NoticeKind, str, OutcomeStatus]]:
    return [(n.kind, n.reference, n.outcome.status) for n in await bank.notices(most=10)]


async def test_late(bank: SimulatedBank, clock: ManualClock) -> None:
    await bank.inject(
        Fault(decided_after_ns=60 * SECOND, notices=1), into=Direction.COLLECT, orders=NextOrders()
    )
    assert await collect(bank, "top_1") is S.PENDING
    assert await collect(bank, "top_2") is S.SUCCEEDED
    clock.advance(duration_ns=60 * SECOND - 1)
    assert (await bank.query("top_1")).status is S.PENDING
    assert await told(bank) == []
    clock.advance(duration_ns=1)
    assert await told(bank) == [(NoticeKind.DECIDED, "top_1", S.SUCCEEDED)]
    assert await told(bank) == [(NoticeKind.DECIDED, "top_1", S.SUCCEEDED)]
    await bank.acknowledge(await bank.notices(most=10))
    assert await told(bank) == []


async def test_twice(bank: SimulatedBank) -> None:
    await bank.inject(Fault(notices=2), into=Direction.COLLECT, orders=NextOrders())
    assert await collect(bank, "top_1") is S.SUCCEEDED
    assert await told(bank) == [(NoticeKind.DECIDED, "top_1", S.SUCCEEDED)] * 2


async def test_never_then_a_query_tells(bank: SimulatedBank) -> None:
    await bank.inject(Fault(unanswered=2), into=Direction.COLLECT, orders=NextOrders())
    assert await collect(bank, "top_1") is S.UNKNOWN
    assert (await bank.query("top_1")).status is S.UNKNOWN
    assert (await bank.query("top_1")).status is S.SUCCEEDED


async def test_lost(bank: SimulatedBank) -> None:
    before = await bank.balance(await token_of(bank))
    await bank.inject(Fault(lost=True), into=Direction.COLLECT, orders=NextOrders())
    assert await collect(bank, "top_1") is S.UNKNOWN
    assert (await bank.query("top_1")).status is S.NOT_FOUND
    assert await bank.balance(await token_of(bank)) == before
    assert await collect(bank, "top_1") is S.SUCCEEDED


async def test_refused_with_a_reason(bank: SimulatedBank) -> None:
    await bank.inject(Fault(reason=RefusalReason.BANK_LIMIT), into=Direction.COLLECT, orders=NextOrders(2))
    assert [await collect(bank, f"top_{n}") for n in range(3)] == [S.REFUSED, S.REFUSED, S.SUCCEEDED]
    assert (await bank.query("top_0")).reason is RefusalReason.BANK_LIMIT


async def test_a_card_has_what_is_on_it(bank: SimulatedBank) -> None:
    assert await collect(bank, "top_1", amount=1_000_000) is S.SUCCEEDED
    assert await collect(bank, "top_2", amount=1) is S.REFUSED
    assert (await bank.query("top_2")).reason is RefusalReason.INSUFFICIENT_FUNDS


async def test_faults_strike_the_same_orders_for_the_same_seed(bank: SimulatedBank) -> None:
    fault = Fault(reason=RefusalReason.NOT_ALLOWED)
    await bank.inject(fault, into=Direction.COLLECT, orders=AnyOf(per_10_000=2_500))
    struck = [n for n in range(200) if await collect(bank, f"top_{n}", amount=1) is S.REFUSED]
    assert 30 < len(struck) < 70
    await bank.heal()
    assert await collect(bank, "top_healed") is S.SUCCEEDED
    assert struck[:3] == [4, 7, 8]


async def test_days_later_it_comes_back(bank: SimulatedBank, clock: ManualClock) -> None:
    first = day_of(clock.now_ns())
    for into in Direction:
        await bank.inject(Fault(comes_back_after_ns=3 * DAY_NS), into=into, orders=NextOrders())
    token = await token_of(bank)
    assert await collect(bank, "top_1", amount=100) is S.SUCCEEDED
    await bank.pay(Order(reference="wdr_1", token=token, amount=yuan(40)))
    clock.advance(duration_ns=DAY_NS)
    assert await collect(bank, "top_2", amount=30) is S.SUCCEEDED
    assert await told(bank) == []
    clock.advance(duration_ns=2 * DAY_NS)
    assert {(kind, ref) for kind, ref, _ in await told(bank)} == {
        (NoticeKind.COME_BACK, "top_1"),
        (NoticeKind.COME_BACK, "wdr_1"),
    }
    clock.advance(duration_ns=DAY_NS)
    assert await collect(bank, "top_3", amount=90) is S.SUCCEEDED
    clock.advance(duration_ns=3 * DAY_NS)
    settled: dict[Day, list[tuple[LineKind, int]]] = {}
    day = first
    for _ in range(7):
        lines = await bank.statement(day, currency=CNY)
        settled[day] = [(line.kind, line.amount.minor // 100) for line in lines]
        day = next_day(day)
    payment, came_back, settlement = LineKind.PAYMENT, LineKind.RETURN, LineKind.SETTLEMENT
    assert list(settled.values()) == [
        [(payment, 40)],
        [(settlement, 100)],
        [(settlement, 30)],
        [(came_back, 40)],
        [],  # 100 were taken back the day before
        [],  # 90 more were collected, 10 short of what was taken back
        [],
    ]


async def test_it_remembers_and_its_modes_do_not_meet(database: Database, bank: SimulatedBank) -> None:
    assert await collect(bank, "top_1") is S.SUCCEEDED
    again = simulated_bank(database, clock=ManualClock())
    assert (await again.query("top_1")).status is S.SUCCEEDED
    of_test = simulated_bank(database, clock=ManualClock(), mode=Mode.TEST)
    assert (await of_test.query("top_1")).status is S.NOT_FOUND


@pytest.mark.parametrize("text", ["", "622202", "6222020000000010", "62220200000000111x", "٦222020000000011"])
def test_what_is_no_card_number(text: str) -> None:
    with pytest.raises(NotACardNumber):
        read_card_number(text)


def test_a_card_number_as_people_type_it() -> None:
    assert read_card_number("4111 1111-1111 1111").masked == "411111******1111"
