"""Shifts that end and begin in one batch of the desk, and cash that is noted again much later."""

import asyncio

from milletpay.ledger.chart import Mode
from milletpay.plumbing.database import Database
from milletpay.terminals import (
    AddCashier,
    Cashier,
    CashierId,
    CloseShift,
    NoteCash,
    OpenShift,
    Receipt,
    ReceiptKind,
    Report,
    Shift,
    find_shift,
    report_on,
)
from tests.flows.card_desk import SHOP, CardDesk, open_cards
from tests.flows.test_pairing_at_the_desk import STORE, TILL, registered

LI = CashierId(30)


async def hired(desk: CardDesk) -> None:
    await registered(desk)
    li = AddCashier(id=LI, merchant=SHOP, mode=Mode.LIVE, store=STORE, number="07", name="Li")
    assert isinstance(await desk.ask(li), Cashier)


def cash(amount: int) -> NoteCash:
    return NoteCash(
        terminal=TILL, kind=ReceiptKind.SALE, amount=amount, currency="CNY", reference=f"cash-{amount}"
    )


async def report(desk: CardDesk, number: int) -> Report:
    async with desk.database.connection() as connection:
        shift = await find_shift(connection, terminal=TILL, number=number)
        assert shift is not None
        return await report_on(connection, shift=shift)


async def test_a_shift_that_begins_in_the_batch_in_which_one_ends_has_nothing_of_it(
    database: Database,
) -> None:
    """Two who press at once, one to end and one to begin: no receipt is in two Z reports."""
    begin, end = (
        OpenShift(terminal=TILL, cashier=LI, opening_float=0),
        CloseShift(terminal=TILL, counted_cash=0),
    )
    async with open_cards(database) as desk:
        await hired(desk)
        assert isinstance(await desk.ask(begin), Shift)
        for amount in (1_00, 2_00):
            assert isinstance(await desk.ask(cash(amount)), Receipt)
        answers = await asyncio.gather(*(desk.ask(one) for one in (end, begin, cash(4_00), end, begin)))
        assert [one.number for one in answers if isinstance(one, Shift)] == [1, 2, 2, 3]
        await desk.ask(cash(8_00))
        await desk.ask(end)
        reports = [await report(desk, number) for number in (1, 2, 3)]
        edges = [(one.shift.after_receipt, one.shift.last_receipt) for one in reports]
        assert edges == [(0, 3), (3, 3), (3, 4)]
        assert [one.expected_cash for one in reports] == [7_00, 0, 8_00]
