"""Mail of banks: what cannot be taken in is kept, keeps nothing else waiting, and is tried again later."""

import logging

import pytest

from milletpay.plumbing.clock import SECOND, ManualClock
from milletpay.plumbing.database import Database
from milletpay.rails import RECEIVED, BankKey, Banks, Direction, Fault, Mailbox, NextOrders, Notice, Received
from tests.flows.bank_contract import simulated_bank, yuan
from tests.flows.test_simulated_bank import collect

MANY = 101
"""More than are asked for at once."""


async def test_what_cannot_be_taken_in_keeps_nothing_else_waiting(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    clock = ManualClock()
    bank = simulated_bank(database, clock=clock)
    tried, came = [], []
    mended = False

    async def hear_top_up(_bank: BankKey, notice: Notice, /) -> None:
        tried.append(notice.id)
        if not mended:
            raise RuntimeError("nobody can take it in")

    async def hear_receipt(_bank: BankKey, notice: Notice, /) -> None:
        came.append(notice.reference)

    mailbox = Mailbox(banks=Banks([bank]), hear={"top": hear_top_up, RECEIVED: hear_receipt}, clock=clock)
    await bank.inject(Fault(notices=MANY), into=Direction.COLLECT, orders=NextOrders())
    await collect(bank, "top_1")
    clock.advance(duration_ns=SECOND)
    await bank.receive(Received(bank_reference="r1", amount=yuan(1), token="t", payer="Ann", remark=""))
    with caplog.at_level(logging.CRITICAL):
        assert await mailbox.empty() == 1
        assert (came, len(set(tried)), len(tried)) == (["r1"], MANY, MANY)
        assert await mailbox.empty() == 0
        assert len(tried) == MANY, "it is not tried again and again at once"
        for again in (1, 2):
            clock.advance(duration_ns=again * SECOND)
            await mailbox.empty()
        assert len(tried) == 3 * MANY
        mended = True
        assert await mailbox.empty() == 0
        clock.advance(duration_ns=4 * SECOND)
        assert await mailbox.empty() == MANY
    assert await bank.notices(most=1) == []
