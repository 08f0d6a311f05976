"""A street of one merchant's shops: tills over HTTP, card terminals over the gateway, customers with phones.

Servers, gateway, tills and terminals are processes or connections of their own, and each can be killed.
"""

import asyncio
import itertools
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from milletpay.bootstrap import make_code_keys, make_terminal_secrets
from milletpay.codes.payment_codes import LANES, CodeKeys, Slot, epoch_at
from milletpay.ledger.chart import AccountKind, Mode
from milletpay.merchants import AddStore, Names, StoreId
from milletpay.payments import PAYMENT_ID, PaymentId, Presenter
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.database import Database, DatabaseUnavailable
from milletpay.simulation.till import Journal
from milletpay.terminals import Terminal
from milletpay.terminals.till_loop import Attempt, End
from tests.flows.asking import Client, NoAnswer
from tests.flows.cutting import CuttingLine
from tests.flows.market import PIN, PINS, Buyer, Market, fill_market, seeding, settle_till
from tests.flows.server_process import serve_house
from tests.flows.terminal_days import Day, agrees, open_holds
from tests.flows.terminal_shop import (
    SECRET,
    SHOP,
    Phones,
    TerminalShop,
    enroll,
    pair_terminal,
    serve_terminals,
)
from tests.flows.tills_process import Order, ShownPhone, TillOrder

HASTE = 40
"""45 seconds are little more than one."""
CUTS, LATE = 0.35, 0.5
"""Which share of requests meets a cut, and which share of these arrives late."""
MARK = "street"
"""In the references of tills."""
EPOCHS = 4
"""For so many, from the one before, a till has what its customers' phones show codes with."""


@dataclass(frozen=True, kw_only=True)
class Size:
    processes: int
    tills: int
    """In each process."""
    sales: int
    """Of each till."""
    terminals: int
    deeds: int
    """Of each terminal."""
    buyers: int

    @property
    def at_tills(self) -> int:
        return self.processes * self.tills * self.sales

    @property
    def at_terminals(self) -> int:
        return self.terminals * self.deeds


@dataclass
class TillsProcess:
    """A process with tills in it, started again whenever it was killed."""

    order: Order
    process: "subprocess.Popen[bytes] | None" = None
    deaths: int = 0

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.flows.tills_process", json.dumps(asdict(self.order))]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        """SIGKILL, and start it again, as long as it has not ended."""
        assert self.process is not None
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.deaths += 1
            self.start()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    @property
    def is_done(self) -> bool:
        assert self.process is not None
        status = self.process.poll()
        assert status in {None, 0}, f"a till ended with {status}"
        return status == 0

    @property
    def ended(self) -> int:
        """How many sales its tills have seen to their end."""
        paths = [Path(till.journal) for till in self.order.tills]
        return sum(path.read_text().count('"phase": "ended"') for path in paths if path.exists())

    @property
    def attempts(self) -> list[Attempt]:
        return [one for till in self.order.tills for one in Journal(Path(till.journal)).attempts]


@dataclass
class Street:
    """All of it."""

    size: Size
    market: Market
    shop: TerminalShop
    line: CuttingLine
    processes: list[TillsProcess]
    days: list[Day]
    payers: "set[asyncio.Task[None]]" = field(default_factory=set)

    @property
    def at_tills(self) -> float:
        """Which share of the sales at tills has ended."""
        return sum(process.ended for process in self.processes) / self.size.at_tills

    @property
    def at_terminals(self) -> float:
        """Which share of what terminals do was begun."""
        return sum(day.done for day in self.days) / self.size.at_terminals

    async def trade(self, *, chance: Random) -> None:
        """All tills and terminals, and the customers who pay what awaits them, to the end."""
        paying = asyncio.create_task(self.pay_some(Random(chance.random())))
        for process in self.processes:
            process.start()
        try:
            await asyncio.gather(self.tills_done(), *(day.go() for day in self.days))
        finally:
            paying.cancel()
            await asyncio.gather(paying, *self.payers, return_exceptions=True)
            for day in self.days:
                day.device.disconnect()

    async def tills_done(self) -> None:
        while not all(process.is_done for process in self.processes):  # noqa: ASYNC110 - processes
            await asyncio.sleep(0.05)

    async def pay_some(self, chance: Random) -> None:
        """Customers who pay what awaits them, sooner or later or never."""
        seen: set[int] = set()
        while True:
            await asyncio.sleep(0.05)
            with suppress(DatabaseUnavailable):
                for row in await self.rows(
                    "SELECT id, customer FROM payments.payment"
                    " WHERE status IN ('awaiting_payment', 'processing')"
                ):
                    if row["id"].int not in seen and (
                        row["customer"] is None or self.buyer(row["customer"].int)
                    ):
                        seen.add(row["id"].int)
                        paid = self.pay(PaymentId(row["id"].int), row["customer"], Random(chance.random()))
                        task = asyncio.create_task(paid)
                        self.payers.add(task)
                        task.add_done_callback(self.payers.discard)

    def buyer(self, customer: int) -> Buyer | None:
        """A customer who has a PIN."""
        return next((one for one in self.market.buyers[:PINS] if one.id == customer), None)

    async def pay(self, payment: PaymentId, customer: Any, chance: Random) -> None:
        """Somebody who scans what a till shows, or is asked on the phone whether the till may take it."""
        await asyncio.sleep(chance.uniform(0, 45 / HASTE))
        buyer = chance.choice(self.market.buyers[:PINS]) if customer is None else self.buyer(customer.int)
        assert buyer is not None
        wallet, name = Client(port=self.market.port, token=buyer.token), PAYMENT_ID.write(payment)
        with suppress(NoAnswer, TimeoutError, KeyError):
            if customer is not None and chance.random() < 0.15:
                await wallet.post(f"/v1/wallet/payment_codes/payments/{name}/decline")
                return
            what = {"payment": name}
            if customer is None:
                what = {"payload": (await self.market.find(name))["qr"]["payload"]}
            await wallet.post("/v1/wallet/pay", {**what, "pin": PIN})

    async def kill_server(self) -> None:
        self.market.program.kill()
        await asyncio.to_thread(self.market.program.start)

    async def kill_gateway(self) -> None:
        gateway = self.shop.program
        assert gateway is not None, "it is a process of its own"
        gateway.kill()
        await asyncio.to_thread(gateway.start)

    async def kill_tills(self) -> None:
        """One of the processes that have not ended."""
        at_work = [process for process in self.processes if not process.is_done]
        if at_work:
            min(at_work, key=lambda process: process.deaths).kill()

    async def rows(self, statement: str) -> list[Any]:
        async with self.market.database.connection() as connection:
            return list(await connection.fetch(statement))

    async def prove(self) -> Counter[str]:
        """Every sale has one end: the same at till or terminal, as the API tells, and in the book.

        Gives how often which end was reached at the tills.
        """
        payments = await self.market.payments()
        told: dict[str, list[dict[str, Any]]] = {}
        for one in payments:
            told.setdefault(one["reference"], []).append(one)
        ends, sold = Counter[str](), 0
        for attempt in [one for process in self.processes for one in process.attempts]:
            found = told.pop(attempt.reference, [])
            assert agree(attempt, found), (attempt, found)
            ends[end_of(attempt, found)] += 1
            sold += sum(one["amount_captured"] - one["amount_refunded"] for one in found)
        assert ends.total() == self.size.at_tills
        assert not any(MARK in reference for reference in told), "the house has what no till knows of"
        sold += await self.prove_terminals()
        owed = await self.market.balance(AccountKind.MER_PEND, SHOP)
        assert owed + await self.market.balance(AccountKind.FEE_ACCRUED) == sold
        await self.market.prove()
        return ends

    async def prove_terminals(self) -> int:
        """What their journals say and what the house has of them; gives what they have sold for."""
        rows = await self.rows("SELECT * FROM terminals.entry")
        entries = {(row["terminal"], row["batch"], row["stan"]): row for row in rows}
        took = held = 0
        for day in self.days:
            journal, number = day.device.journal, self.shop.terminals[day.index].house_number
            assert not journal.pending
            for record in journal.records.values():
                told = entries.pop((number, record.batch, record.stan), None)
                assert agrees(record, told), (number, record, told)
                if record.stands and record.kind in {"purchase", "complete", "refund"}:
                    took += record.amount if record.kind != "refund" else -record.amount
            held += open_holds(journal)
        assert not entries, "the house has what no terminal knows of"
        batches = await self.rows("SELECT * FROM terminals.closed_batch")
        assert {row["differences"] for row in batches} == {0}
        assert sum(row["debits"] - row["credits"] for row in batches) == took
        on_hold = [await self.market.balance(AccountKind.CUST_HOLD, one) for one in self.shop.customers]
        assert sum(on_hold) == held
        return took


def agree(attempt: Attempt, payments: list[dict[str, Any]]) -> bool:
    """Whether the till's end is the server's."""
    statuses = [one["status"] for one in payments]
    match attempt.end:
        case End.PAID:
            return statuses == ["succeeded"]
        case End.UNDONE:
            return statuses in ([], ["reversed"], ["failed"])
        case End.DECLINED:
            return statuses == ["failed"]
        case _:
            return not payments


def end_of(attempt: Attempt, payments: list[dict[str, Any]]) -> str:
    """When an attempt was reversed, or how else it ended."""
    assert attempt.end is not None
    if attempt.end is not End.UNDONE or not payments:
        return attempt.end.value if payments else "reversed, and never paid"
    (payment,) = payments
    if payment["status"] == "failed":
        assert payment["decline_code"] == "reversed", payment
        return "reversed before"
    return "reversed after" if payment["amount_captured"] else "reversed during"


async def kill_in_turn(
    victims: Sequence[Callable[[], Awaitable[None]]], *, done: Callable[[], float]
) -> None:
    """Kill one after the other, spread over what is to be done: `done` gives which share of it is."""
    for number, kill in enumerate(victims, 1):
        while done() < number / (len(victims) + 1):  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.02)
        await kill()


@asynccontextmanager
async def open_street(app_url: str, folder: Path, *, size: Size, seed: int) -> AsyncIterator[Street]:
    """Fill it and start its servers; tills and terminals stand still."""
    print(f"seed {seed}")
    chance = Random(seed)
    sellers, buyers = await fill_market(app_url, buyers=size.buyers)
    terminals, presenters, tokens = await settle(app_url, buyers, size=size)
    async with AsyncExitStack() as opened:
        database = await Database.open(app_url, connections=4)
        opened.push_async_callback(database.close)
        server, port = opened.enter_context(serve_house(app_url))
        gateway, gate = opened.enter_context(serve_terminals(app_url))
        market = Market(port=port, database=database, program=server, sellers=sellers, buyers=buyers)
        keys, secrets = make_code_keys(secret=SECRET), make_terminal_secrets(secret=SECRET)
        at_tills = 2 * size.tills * size.processes
        shop = TerminalShop(
            app_url=app_url,
            port=gate,
            program=gateway,
            terminals=terminals,
            customers=[buyer.id for buyer in buyers],
            phones=Phones(keys=keys, presenters=presenters[at_tills:]),
            secrets=secrets,
        )
        line, way = await opened.enter_async_context(
            CuttingLine.to(port, chance=chance, rate=CUTS, late=LATE)
        )
        phones = [shown(keys, presenter) for presenter in presenters[:at_tills]]
        tills = [
            TillOrder(
                journal=str(folder / f"till {number}"),
                key=token if number % 2 else sellers[0].keys["secret"],
                prefix=await prefix_of(market, token if number % 2 else ""),
                seed=chance.getrandbits(32),
                sales=size.sales,
                agreement="" if number % 2 else buyers[number].agreements[SHOP],
                phone=phones.pop(),
                asked=phones.pop(0),
            )
            for number, token in enumerate(tokens)
        ]
        processes = [
            TillsProcess(Order(port=way, haste=HASTE, tills=tills[first :: size.processes]))
            for first in range(size.processes)
        ]
        for process in processes:
            opened.callback(process.stop)
        days = [
            Day(shop, index, seed=chance.getrandbits(32), sales=size.deeds) for index in range(size.terminals)
        ]
        yield Street(size=size, market=market, shop=shop, line=line, processes=processes, days=days)


async def settle(
    app_url: str, buyers: Sequence[Buyer], *, size: Size
) -> tuple[list[Terminal], list[Presenter], list[str]]:
    """Terminals and tills, and phones: first those of whom tills ask on the phone, then of everybody."""
    async with seeding(app_url) as house:
        store = StoreId(house.ids.next())
        await house.desk.submit(AddStore(id=store, merchant=SHOP, names=Names(en="Store", zh="门店")))
        tills = range(size.processes * size.tills)
        tokens = [settle_till(house, SHOP, mode=Mode.TEST) for _ in tills]
        terminals = [pair_terminal(house, store) for _ in range(size.terminals)]
        owners = [buyers[number % PINS].id for number in tills]
        owners += [buyer.id for buyer in itertools.islice(itertools.cycle(buyers[PINS:]), len(tills))]
        owners += [buyer.id for buyer in buyers[PINS:]]
        presenters = [enroll(house, owner) for owner in owners]
        return (
            list(await asyncio.gather(*terminals)),
            list(await asyncio.gather(*presenters)),
            list(await asyncio.gather(*tokens)),
        )


def shown(keys: CodeKeys, presenter: Presenter) -> ShownPhone:
    """What a phone was given, for a while."""
    first = epoch_at(SystemClock().now_ns()) - 1
    slots = [Slot(number=presenter.number, lane=lane) for lane in range(LANES)]
    return ShownPhone(
        key=keys.phone_key(presenter.device, version=presenter.version).hex(),
        aliases={
            str(epoch): [keys.alias_of(slot, epoch=epoch) for slot in slots]
            for epoch in range(first, first + EPOCHS)
        },
    )


async def prefix_of(market: Market, token: str) -> str:
    """With what the references of a till begin; without a token it is the merchant's server."""
    name = f"{market.name(MARK)}-"
    if not token:
        return name
    return f"{(await Client(port=market.port, token=token).get('/v1/terminals/this')).json['tid']}-{name}"
