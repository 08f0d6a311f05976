"""Whoever owns the database can change what tills and card terminals say: `millet check` names it."""

from collections.abc import Iterator

import pytest

from milletpay.funding import ONLY_BALANCE
from milletpay.ledger.chart import Mode
from milletpay.merchants import TERMINAL_ID
from milletpay.money import Money
from milletpay.payments import CreatePayment, Made, Payment, PaymentId, Refunded, RefundId, RefundPayment
from milletpay.plumbing.database import Database
from milletpay.terminals import (
    CloseShift,
    NoteCash,
    OpenShift,
    ReceiptKind,
    RefundAtTill,
    VoidSale,
    terminal_proofs,
)
from tests.flows.card_desk import MING, SHOP, CardDesk, open_cards
from tests.flows.tampered import Scene, assert_named, play_scene
from tests.flows.test_counters_at_the_desk import LI, hired
from tests.flows.test_pairing_at_the_desk import STORE, TILL
from tests.flows.trade_desk import CNY
from tests.servers import Servers

RECEIPT, SHIFT = "terminals.receipt", "terminals.shift"
TERMINAL = f"terminal {TERMINAL_ID.write(TILL)}"


async def play(database: Database) -> dict[str, int]:
    """Two shifts: a sale of which a part goes back and cash; then a sale that is voided."""
    async with open_cards(database) as desk:
        await hired(desk)
        await desk.open(MING, balance=500_00)
        agreement = await desk.agree(MING, ONLY_BALANCE)

        async def sell(amount: int) -> PaymentId:
            made = await desk.ask(
                CreatePayment(
                    id=PaymentId(next(desk.ids)),
                    merchant=SHOP,
                    mode=Mode.LIVE,
                    amount=Money(amount, CNY),
                    request=desk.request(),
                    agreement=agreement,
                    store=STORE,
                    terminal=TILL,
                )
            )
            assert isinstance(made, Made)
            return made.payment.id

        await begin(desk)
        sold = await sell(30_00)
        back = RefundPayment(
            id=RefundId(next(desk.ids)),
            payment=sold,
            merchant=SHOP,
            mode=Mode.LIVE,
            amount=10_00,
            request=desk.request(),
            store=STORE,
            terminal=TILL,
        )
        assert isinstance(await desk.ask(RefundAtTill(refund=back, terminal=TILL)), Refunded)
        cash = NoteCash(terminal=TILL, kind=ReceiptKind.SALE, amount=5_00, currency="CNY", reference="1")
        await desk.ask(cash)
        await desk.ask(CloseShift(terminal=TILL, counted_cash=5_00))
        await begin(desk)
        void = await sell(20_00)
        undone = await desk.ask(VoidSale(terminal=TILL, merchant=SHOP, mode=Mode.LIVE, receipt=4))
        assert isinstance(undone, Payment)
        elsewhere = await desk.make(1_00, agreement=agreement)
        return {"sold": sold, "void": void, "elsewhere": elsewhere}


async def begin(desk: CardDesk) -> None:
    await desk.ask(OpenShift(terminal=TILL, cashier=LI, opening_float=0))


@pytest.fixture(scope="module")
def counter(servers: Servers) -> Iterator[Scene]:
    yield from play_scene(servers, play, terminal_proofs())


BATCH = (
    "INSERT INTO terminals.closed_batch VALUES"
    " (7, 1, 'CNY', {closed}, {debits}, {debit_count}, 0, 0, 0, 0, 0, 0, 0)"
)
ENTRY = (
    "INSERT INTO terminals.entry"
    " (terminal, batch, stan, kind, state, code, amount, currency, asked, refunded, at, turned_at)"
    " VALUES (7, 1, {stan}, 1, {state}, '00', 500, 'CNY', gen_random_uuid(), 0, 10, {turned})"
)


def batch(debits: int, *, count: int) -> str:
    return BATCH.format(closed=50, debits=debits, debit_count=count)


STOOD = ENTRY.format(stan=1, state=1, turned=0)
UNDONE_BEFORE = ENTRY.format(stan=2, state=4, turned=20)
UNDONE_AFTER = ENTRY.format(stan=3, state=4, turned=80)

WRONG = {
    "a sale": (
        f"UPDATE {RECEIPT} SET amount = amount + 1 WHERE number = 1",
        "payment sold",
        "receipts of sales are not what it took: expected 3000, found 3001",
    ),
    "a sale that nobody made": (
        f"UPDATE {RECEIPT} SET payment = gen_random_uuid() WHERE number = 1",
        "payment ",
        "there is no such payment",
    ),
    "a sale without a receipt": (
        f"DELETE FROM {RECEIPT} WHERE number = 4",
        "payment void",
        "receipts of sales are not what it took: expected 2000, found 0",
    ),
    "a refund": (
        f"UPDATE {RECEIPT} SET amount = 1 WHERE number = 2",
        "payment sold",
        "receipts of refunds are not what those refunds gave back: expected 1000, found 1",
    ),
    "a reversal": (
        f"UPDATE {RECEIPT} SET amount = 1 WHERE number = 5",
        "payment void",
        "receipt of the reversal is not what was left of it: expected 2000, found 1",
    ),
    "of another payment": (
        f"UPDATE {RECEIPT} SET payment = {{elsewhere}} WHERE number = 1",
        "payment elsewhere",
        "sold at a terminal that is not its own",
    ),
    "of another currency": (
        f"UPDATE {RECEIPT} SET currency = 'JPY' WHERE number = 1",
        "payment sold",
        "not of its currency",
    ),
    "cash is gone": (
        f"DELETE FROM {RECEIPT} WHERE number = 3",
        TERMINAL,
        "the last number of its receipts is not how many there are: expected 4, found 5",
    ),
    "a shift that begins later": (
        f"UPDATE {SHIFT} SET after_receipt = 4 WHERE number = 2",
        f"{TERMINAL}, shift 2",
        "begins after receipt 4: that must be 3",
    ),
    "a shift that ends earlier": (
        f"UPDATE {SHIFT} SET last_receipt = 2 WHERE number = 1",
        f"{TERMINAL}, shift 2",
        "begins after receipt 3: that must be 2",
    ),
    "a shift is gone": (
        f"DELETE FROM {SHIFT} WHERE number = 1",
        f"{TERMINAL}, shift 2",
        "the one before it has number 0",
    ),
    "a batch of nothing": (batch(500, count=0), "card terminal 00000007, batch 1", "expected 0, found 500"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_what_a_till_says_is_compared_with_its_payments(counter: Scene, name: str) -> None:
    statement, where, what = WRONG[name]
    assert_named(await counter.tamper(statement), where=counter.name(where), what=what)


async def test_a_batch_is_what_stood_when_it_was_closed(counter: Scene) -> None:
    entries = (STOOD, UNDONE_BEFORE, UNDONE_AFTER)
    assert await counter.tamper(*entries, batch(10_00, count=2)) == []
    (one, other) = await counter.tamper(*entries, batch(15_00, count=3))
    assert "expected 1000, found 1500" in str(one)
    assert "expected 2, found 3" in str(other)
