"""Tills sell without a network and forward afterwards, while they, the line and the server are killed."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from milletpay.ledger.chart import AccountKind
from milletpay.merchants import TERMINAL_ID
from milletpay.payments import PAYMENT_ID
from milletpay.plumbing.clock import SystemClock
from milletpay.simulation.till import Journal, Server
from milletpay.simulation.till_alone import TillAlone
from milletpay.terminals.forwarding import Allowed, Hindrance, Kept, Outcome
from milletpay.terminals.till_loop import begin
from tests.flows.alone_process import ImpatientClock, Order
from tests.flows.asking import Client
from tests.flows.conftest import OpenMarket
from tests.flows.cutting import CuttingLine
from tests.flows.market import Market
from tests.flows.test_offline_sales import Phone, enroll
from tests.flows.test_terminals_over_http import paired_till

SEED = 5
LANES = 4
AMOUNT = 3_00
DEATHS = 5
LOOK_SECONDS = 0.01
PATIENCE_SECONDS = 90


async def allow(market: Market, *, each: int, total: int, count: int) -> None:
    said = {"each": each, "total": total, "count": count}
    reply = await market.client().post("/v1/offline_policies", said)
    assert reply.status == 201, reply
    # What is sealed names a millisecond, and this holds from within one.
    await asyncio.sleep(0.01)


@dataclass
class TillInShop:
    """A till that was paired, and its journal."""

    paired: dict[str, Any]
    client: Client
    path: Path

    @property
    def journal(self) -> Journal:
        return Journal(self.path)

    def order(self, *, port: int, codes: list[str]) -> Order:
        return Order(
            journal=str(self.path),
            port=port,
            key=self.client.token,
            pairing=self.paired["pairing"],
            seal_key=self.paired["seal_key"],
            codes=codes,
            amount=AMOUNT,
        )

    def alone(self, *, port: int) -> TillAlone:
        return TillAlone(
            server=Server(host="127.0.0.1", port=port, key=self.client.token),
            journal=self.journal,
            clock=ImpatientClock(),
            pairing=self.paired["pairing"],
            seal_key=bytes.fromhex(self.paired["seal_key"]),
        )


async def new_counter(market: Market, path: Path) -> TillInShop:
    paired, client = await paired_till(market)
    return TillInShop(paired=paired, client=client, path=path)


def codes_of(phones: list[Phone], *, at: int) -> list[str]:
    return [phone.code(at, lane=lane) for phone in phones for lane in range(LANES)]


class Running:
    """A till's process, started again whenever it was killed."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._process: subprocess.Popen[bytes] | None = None
        self.deaths = 0

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.flows.alone_process", json.dumps(asdict(self._order))]
        self._process = subprocess.Popen(command)

    @property
    def is_alive(self) -> bool:
        assert self._process is not None
        return self._process.poll() is None

    def kill(self) -> None:
        assert self._process is not None
        if self.is_alive:
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self.deaths += 1
            self.start()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    async def finish(self) -> None:
        assert self._process is not None
        assert await asyncio.to_thread(self._process.wait, PATIENCE_SECONDS) == 0


async def decided(market: Market, counter: TillInShop) -> list[tuple[Any, ...]]:
    """What the house has decided of a till's sales."""
    async with market.database.connection() as connection:
        rows = await connection.fetch(
            "SELECT * FROM terminals.offline_sale WHERE terminal = $1 ORDER BY pairing, sequence",
            TERMINAL_ID.read(counter.paired["terminal"]["id"]),
        )
    return [
        (
            row["pairing"],
            row["sequence"],
            row["amount"],
            row["reason"],
            None if row["payment"] is None else PAYMENT_ID.write(row["payment"]),
        )
        for row in rows
    ]


def told(kept: list[Kept]) -> list[tuple[Any, ...]]:
    """The same, as the till knows it."""
    found = sorted(kept, key=lambda one: (one.pairing, one.sequence))
    return [(one.pairing, one.sequence, one.amount, one.why, one.payment) for one in found]


async def all_taken(running: list[Running], counters: list[TillInShop], given: list[list[str]]) -> None:
    """Wait until the tills have taken everything; each is killed once while it does."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while any(len(c.journal.kept) < len(g) for c, g in zip(counters, given, strict=True)):
            await asyncio.sleep(LOOK_SECONDS)
            for till, counter in zip(running, counters, strict=True):
                if not till.deaths and counter.journal.kept:
                    till.kill()


async def until_lost(line: CuttingLine) -> None:
    """Wait until something is decided and the till does not know it."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not line.cuts["answer lost"]:  # noqa: ASYNC110 - processes
            await asyncio.sleep(LOOK_SECONDS)


async def until_more(line: CuttingLine, running: list[Running], *, chance: Random) -> None:
    """Wait until a till has asked again, or was answered again, if one still has anything to bring."""
    what = chance.choice(("asked", "answered"))
    before = line.seen[what]
    async with asyncio.timeout(PATIENCE_SECONDS):
        while line.seen[what] == before and any(r.is_alive for r in running):  # noqa: ASYNC110 - processes
            await asyncio.sleep(LOOK_SECONDS)


async def test_what_was_taken_alone_is_decided_once_whoever_is_killed(
    market: Market, open_market: OpenMarket, tmp_path: Path
) -> None:
    """The line comes back in pieces; tills and server are killed while the sales are brought."""
    chance = Random(SEED)
    await allow(market, each=AMOUNT, total=100_00, count=30)
    buyers = [market.buyers[number].id for number in (8, 9, 10)]
    before = sum([await market.balance(AccountKind.CUST, buyer) for buyer in buyers])
    phones = [await enroll(open_market, buyer) for buyer in buyers]
    counters = [await new_counter(market, tmp_path / name) for name in ("one", "two")]
    # The customers of the third phone show one code at both tills, and so does one of the second.
    codes = codes_of(phones, at=SystemClock().now_ns())
    shared = codes[7:]
    given = [codes[:4] + shared, codes[4:7] + shared[::-1]]
    async with (
        CuttingLine.to(market.port, chance=chance, rate=0.4) as (line, port),
        AsyncExitStack() as stopping,
    ):
        for counter in counters:
            assert await counter.alone(port=market.port).learn() is not None
        line.is_down = True
        running = [
            Running(counter.order(port=port, codes=own)) for counter, own in zip(counters, given, strict=True)
        ]
        for till in running:
            till.start()
            stopping.callback(till.stop)
        await all_taken(running, counters, given)
        for till in running:
            till.kill()
        assert await decided(market, counters[0]) == []
        line.is_down, line.is_mute = False, True
        await until_lost(line)
        for till in running:
            till.kill()
        line.is_mute = False
        for death in range(DEATHS):
            await until_more(line, running, chance=chance)
            chance.choice(running).kill()
            if death in {1, 3}:
                market.program.kill()
                await asyncio.to_thread(market.program.start)
        await asyncio.gather(*(till.finish() for till in running))
        await line.rest()
    kept = [counter.journal.kept for counter in counters]
    print(line.cuts, [till.deaths for till in running])
    assert all(till.deaths >= 2 for till in running), "before it brought anything, and while it did"
    assert line.cuts["answer lost"]
    for counter, own, codes_given in zip(counters, kept, given, strict=True):
        assert told(own) == await decided(market, counter)
        assert [one.sequence for one in own] == list(range(1, len(codes_given) + 1))
    accepted = Counter(one.payment_code for own in kept for one in own if one.outcome is Outcome.ACCEPTED)
    assert accepted == Counter(codes), "each code once, at whichever till"
    declined = [one for own in kept for one in own if one.outcome is Outcome.DECLINED]
    assert sorted(one.payment_code for one in declined) == sorted(shared)
    assert {one.why for one in declined} == {"payment_declined"}
    after = sum([await market.balance(AccountKind.CUST, buyer) for buyer in buyers])
    assert before - after == AMOUNT * len(codes)


async def test_a_till_alone_keeps_to_what_it_was_last_told(
    market: Market, open_market: OpenMarket, tmp_path: Path
) -> None:
    phone = await enroll(open_market, market.buyers[6].id)
    counter = await new_counter(market, tmp_path / "journal")
    await allow(market, each=0, total=0, count=0)
    codes = codes_of([phone], at=SystemClock().now_ns())
    alone = counter.alone(port=market.port)
    assert alone.take(code=codes[0], amount=1) is Hindrance.NOT_ALLOWED
    assert await alone.learn() == Allowed()
    await allow(market, each=5_00, total=8_00, count=2)
    async with CuttingLine.to(market.port, chance=Random(SEED), rate=0) as (line, port):
        line.is_down = True
        cut = counter.alone(port=port)
        assert await cut.learn() is None
        assert cut.take(code=codes[0], amount=1) is Hindrance.NOT_ALLOWED
        line.is_down = False
        assert await cut.learn() == Allowed(each=5_00, total=8_00, count=2)
    # As after a start without a network: the journal knows.
    alone = counter.alone(port=port)
    sent = begin(
        reference="r", key="k", body=json.dumps({"payer": {"payment_code": codes[1]}}), now=0, patience=0
    )
    journal = counter.journal
    journal.write(sent)
    alone = counter.alone(port=market.port)
    assert alone.take(code="12", amount=1_00) is Hindrance.NOT_A_CODE
    assert alone.take(code=codes[0], amount=0) is Hindrance.NOT_A_CODE
    assert alone.take(code=codes[1], amount=1_00) is Hindrance.CODE_USED
    assert alone.take(code=codes[0], amount=5_01) is Hindrance.EXCEEDS_EACH
    first = alone.take(code=f"{codes[0][:6]} {codes[0][6:]}", amount=5_00)
    assert isinstance(first, Kept)
    assert alone.take(code=codes[0], amount=1_00) is Hindrance.CODE_USED
    assert alone.take(code=codes[2], amount=3_01) is Hindrance.EXCEEDS_TOTAL
    assert isinstance(alone.take(code=codes[2], amount=1_00), Kept)
    assert alone.take(code=codes[3], amount=1_00) is Hindrance.EXCEEDS_COUNT
    assert await alone.forward() == []
    assert [one.outcome for one in counter.journal.kept] == [Outcome.ACCEPTED] * 2
    # A line that was cut off is no sale: its number is the next one's.
    with counter.path.open("a") as file:
        file.write('\n{"taken_alone": {"payment_code": "72')
    assert [one.sequence for one in counter.journal.kept] == [1, 2]


async def test_what_is_no_record_does_not_stand_in_the_way(
    market: Market, open_market: OpenMarket, tmp_path: Path
) -> None:
    await allow(market, each=5_00, total=50_00, count=9)
    phone = await enroll(open_market, market.buyers[7].id)
    counter = await new_counter(market, tmp_path / "journal")
    codes = codes_of([phone], at=SystemClock().now_ns())
    alone = counter.alone(port=market.port)
    await alone.learn()
    taken = [
        alone.take(code=code, amount=1_00, currency=currency)
        for code, currency in zip(codes, ("CNY", "no currency", "CNY"), strict=False)
    ]
    assert all(isinstance(one, Kept) for one in taken)
    assert await alone.forward() == []
    kept = counter.journal.kept
    assert [one.outcome for one in kept] == [Outcome.ACCEPTED, Outcome.REFUSED, Outcome.ACCEPTED]
    assert kept[1].why == "invalid_field"
    # A key that is good no longer brings nothing, and nothing is lost.
    assert isinstance(alone.take(code=codes[3], amount=1_00), Kept)
    stranger = TillInShop(
        paired=counter.paired, client=Client(port=market.port, token="tk"), path=counter.path
    )
    left = await stranger.alone(port=market.port).forward()
    assert [one.sequence for one in left] == [4]
    assert await counter.alone(port=market.port).forward() == []
    assert counter.journal.kept[3].outcome is Outcome.ACCEPTED
