"""Terminals that sell, void, refund and hold in any order, with a fault on many of their ways."""

from collections import Counter
from random import Random
from typing import Any

from milletpay.simulation.card_terminal import CardTerminal, Fault, PowerCut
from milletpay.simulation.terminal_journal import Journal, Record
from milletpay.terminals import EntryState, Manage, Request, ResponseCode
from tests.flows.terminal_shop import TerminalShop

FAULTS = 0.35
"""So many messages meet a fault."""


class Day:
    """A terminal's day, drawn from a seed; power cuts leave only its journal."""

    def __init__(self, shop: TerminalShop, index: int, *, seed: int, sales: int) -> None:
        self.shop, self.index, self.sales = shop, index, sales
        self.chance = Random(seed)
        self.met: Counter[Fault] = Counter()
        self.done = 0
        self.device = self.plugged_in(Journal())

    def plugged_in(self, journal: Journal) -> CardTerminal:
        return self.shop.device(
            self.index, journal=journal, fault=self.fault, answer_seconds=1.0, poll_seconds=0.01, polls=2
        )

    def fault(self, request: Request) -> Fault | None:
        if isinstance(request, Manage) or self.chance.random() > FAULTS:
            return None
        fault = self.chance.choice(list(Fault))
        self.met[fault] += 1
        return fault

    async def go(self) -> None:
        """Sell all day long."""
        await self.started()
        while self.done < self.sales:
            self.done += 1
            try:
                await self.do_something()
            except PowerCut:
                self.device.disconnect()
                self.device = self.plugged_in(Journal.read(self.device.journal.lines))
                await self.started()
        await self.closed()

    async def started(self) -> None:
        while True:
            try:
                await self.device.start()
            except PowerCut:
                self.device = self.plugged_in(Journal.read(self.device.journal.lines))
            else:
                return

    async def closed(self) -> None:
        """Close the last batch, whatever goes wrong."""
        while True:
            try:
                answer = await self.device.close()
            except PowerCut:
                self.device = self.plugged_in(Journal.read(self.device.journal.lines))
                await self.started()
            else:
                assert answer.code is ResponseCode.APPROVED
                return

    async def do_something(self) -> None:
        device, amount = self.device, self.chance.randint(1, 20_00)
        known = list(device.journal.records.values())
        sales = [one for one in known if one.kind in {"purchase", "complete"} and one.stands]
        holds = [one for one in known if one.kind == "authorize" and one.stands]
        what = self.chance.random()
        if what < 0.08 and sales:
            await device.void(self.chance.choice(sales))
        elif what < 0.2 and sales:
            sale = self.chance.choice(sales)
            await device.refund(sale, amount=self.chance.randint(1, sale.amount))
        elif what < 0.3 and holds:
            hold = self.chance.choice(holds)
            await device.complete(hold, amount=self.chance.randint(1, hold.amount))
        elif what < 0.42:
            await device.authorize(amount, payment_code=self.shop.phones.code())
        elif what < 0.46:
            answer = await device.close()
            assert answer.code is ResponseCode.APPROVED
        else:
            # Now and then too much to be taken without asking: it is in progress, and reversed in the end.
            more = 1_500_00 if self.chance.random() < 0.08 else 0
            await device.purchase(amount + more, payment_code=self.shop.phones.code())


def agrees(record: Record, told: Any) -> bool:
    """Whether the house has an entry as the terminal has it."""
    if told is None:
        # Nothing of it came, and it was asked for again until it was refused for good.
        return not record.stands
    stands = told["code"] == "00" and told["state"] in {EntryState.STANDS, EntryState.COMPLETED}
    return record.stands is stands and record.amount == told["amount"]


def open_holds(journal: Journal) -> int:
    """What a terminal holds and has not completed."""
    records = journal.records.values()
    completed = {
        (one.original.batch, one.original.stan)
        for one in records
        if one.kind == "complete" and one.code is ResponseCode.APPROVED and one.original is not None
    }
    return sum(
        one.amount
        for one in records
        if one.kind == "authorize" and one.stands and (one.batch, one.stan) not in completed
    )
