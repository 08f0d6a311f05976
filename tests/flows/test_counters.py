"""Cashiers, shifts, receipts and reports: what a till says is what the book says, to the cent."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from itertools import count, pairwise
from random import Random
from typing import Any

import pytest

from milletpay.ledger.chart import TransferCode
from milletpay.merchants import TERMINAL_ID
from tests.flows.asking import Client, Reply
from tests.flows.market import PIN, Market
from tests.flows.test_terminals_over_http import paired_till

CASHIER_PIN = "730284"
REFUND_MAX = 5_00
SOLD = TransferCode.PAY_BY_BALANCE, TransferCode.PAY_BY_AGREEMENT


@dataclass
class Desk:
    """A till with two cashiers, and the customers who pay there."""

    market: Market
    till: Client
    terminal: dict[str, Any]
    cashiers: list[dict[str, Any]]
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def reference(self) -> str:
        return f"{self.terminal['tid']}-{next(self.numbers)}"

    async def post(self, path: str, said: object = None) -> Reply:
        return await self.till.post(f"/v1/terminals/this/{path}", said)

    async def sign_in(self, cashier: int = 0, pin: str = CASHIER_PIN, opening_float: int = 0) -> Reply:
        number = self.cashiers[cashier]["number"]
        return await self.post("shift", {"cashier": number, "pin": pin, "opening_float": opening_float})

    async def make(self, amount: int) -> dict[str, Any]:
        body = {"amount": amount, "currency": "CNY", "reference": self.reference()}
        reply = await self.till.post("/v1/payments", body)
        assert reply.status == 201, reply
        made: dict[str, Any] = reply.json
        return made

    async def pay(self, payment: dict[str, Any], buyer: int = 0) -> Reply:
        wallet = Client(port=self.market.port, token=self.market.buyers[buyer].token)
        return await wallet.post("/v1/wallet/pay", {"payload": payment["qr"]["payload"], "pin": PIN})

    async def sell(self, amount: int) -> dict[str, Any]:
        made = await self.make(amount)
        assert (await self.pay(made)).status == 200
        return made

    async def refund(self, payment: str, amount: int) -> Reply:
        said = {"payment": payment, "amount": amount, "reference": self.reference()}
        return await self.till.post("/v1/refunds", said)

    async def receipts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.till.get("/v1/terminals/this/receipts?limit=100")).json[
            "data"
        ]
        return found

    async def close(self, counted_cash: int = 0) -> dict[str, Any]:
        reply = await self.post("shift/close", {"counted_cash": counted_cash})
        assert reply.status == 200, reply
        report: dict[str, Any] = reply.json
        return report

    async def booked(self) -> Counter[str]:
        """What the transfers of the book say of the till's payments: sold, and given back."""
        async with self.market.database.connection() as connection:
            rows = await connection.fetch(
                "SELECT t.code, sum(t.amount)::bigint AS amount FROM ledger.transfer AS t"
                " INNER JOIN payments.payment AS p ON p.id = t.user_data_128"
                " WHERE p.terminal = $1 GROUP BY t.code",
                TERMINAL_ID.read(self.terminal["id"]),
            )
        booked: Counter[str] = Counter()
        for row in rows:
            if row["code"] in {code.code for code in SOLD}:
                booked["sold"] += row["amount"]
            elif row["code"] == TransferCode.REFUND.code:
                booked["back"] += row["amount"]
        return booked


@pytest.fixture
async def counter(market: Market) -> Desk:
    paired, till = await paired_till(market, refund_max=REFUND_MAX)
    cashiers = []
    for number in ("07", "08"):
        said = {"store": paired["store"]["id"], "number": number, "name": "Li Na", "pin": CASHIER_PIN}
        reply = await market.client().post("/v1/cashiers", said)
        assert reply.status == 201, reply
        cashiers.append(reply.json)
    return Desk(market=market, till=till, terminal=paired["terminal"], cashiers=cashiers)


def wallet_line(report: dict[str, Any]) -> dict[str, Any]:
    (line,) = (line for line in report["lines"] if line["tender"] != "cash")
    found: dict[str, Any] = line
    return found


async def test_a_cashier_signs_in_with_a_pin_and_is_locked_out(counter: Desk) -> None:
    assert (await counter.till.get("/v1/terminals/this/shift")).code == "no_shift"
    assert (await counter.refund("pay_01kdz9m4h0000g40r40m30e209", 1)).code == "no_shift"
    nobody = await counter.post("shift", {"cashier": "99", "pin": CASHIER_PIN})
    wrong = [await counter.sign_in(pin="111222") for _ in range(5)]
    assert {reply.code for reply in (nobody, *wrong)} == {"secret_wrong"}
    assert (await counter.sign_in()).code == "locked"
    other = await counter.sign_in(1, opening_float=200_00)
    assert (other.status, other.json["kind"], other.json["number"]) == (200, "x", 1)
    assert (await counter.sign_in(1)).json == other.json
    again = {"store": counter.terminal["store"], "number": "08", "name": "Wu", "pin": CASHIER_PIN}
    assert (await counter.market.client().post("/v1/cashiers", again)).code == "cashier_number_taken"
    retired = await counter.market.client().post(f"/v1/cashiers/{counter.cashiers[1]['id']}/retire")
    assert retired.json["status"] == "retired"
    await counter.close(200_00)
    assert (await counter.sign_in(1)).code == "secret_wrong"


async def test_another_cashier_waits_until_the_drawer_is_counted(counter: Desk) -> None:
    assert (await counter.sign_in(opening_float=100_00)).status == 200
    assert (await counter.sign_in(1)).code == "shift_open"
    said = {"amount": 12_50, "currency": "CNY", "reference": counter.reference()}
    cash = await counter.post("cash", said)
    assert (cash.status, cash.json["number"], cash.json["tender"]) == (200, 1, "cash")
    assert (await counter.post("cash", said)).json == cash.json
    assert (await counter.post("cash", said | {"amount": 1})).code == "reference_used"
    back = {"kind": "refund", "amount": 2_50, "currency": "CNY", "reference": counter.reference()}
    await counter.post("cash", back)
    z = await counter.close(109_00)
    assert (z["kind"], z["expected_cash"], z["counted_cash"]) == ("z", 110_00, 109_00)
    following = await counter.sign_in(1)
    assert (following.json["number"], following.json["first_receipt"]) == (2, 3)


async def test_cash_that_is_noted_again_is_found_however_much_was_since(counter: Desk) -> None:
    """A till that kept it without a network asks again after a long day: it is the same receipt."""
    await counter.sign_in()
    said = {"amount": 12_50, "currency": "CNY", "reference": counter.reference()}
    first = await counter.post("cash", said)
    async with counter.market.database.connection() as connection:
        await connection.execute(
            "INSERT INTO terminals.receipt"
            " (terminal, number, at, kind, tender, amount, currency, reference)"
            " SELECT $1, 1 + n, 1, 'sale', 'cash', 1, 'CNY', 'many-' || n FROM generate_series(1, 1001) AS n",
            TERMINAL_ID.read(counter.terminal["id"]),
        )
    again = await counter.post("cash", said)
    assert (again.status, again.json) == (200, first.json)


async def test_reports_are_the_book_to_the_cent(counter: Desk) -> None:
    await counter.sign_in()
    sold = [await counter.sell(amount) for amount in (10_00, 20_50, 7_77)]
    open_one = await counter.make(99_00)
    assert (await counter.till.post("/v1/reversals", {"payment": open_one["id"]})).status == 200
    assert (await counter.refund(sold[0]["id"], 3_00)).status == 201
    assert (await counter.refund(sold[1]["id"], REFUND_MAX + 1)).code == "exceeds_till_limit"
    elsewhere = await counter.market.pay(5_00)
    assert (await counter.refund(elsewhere["id"], 1)).code == "not_found"
    numbered = await counter.receipts()
    assert [one["number"] for one in numbered] == [4, 3, 2, 1]
    assert [one["kind"] for one in numbered] == ["refund", "sale", "sale", "sale"]
    # Only the last sale is voided, as often as it is asked for.
    assert (await counter.post("void", {"receipt": 2})).code == "not_the_last_sale"
    voids = [await counter.post("void", {"receipt": 3}) for _ in range(2)]
    assert [reply.json["status"] for reply in voids] == ["reversed", "reversed"]
    x = (await counter.till.get("/v1/terminals/this/shift")).json
    z = await counter.close()
    line = wallet_line(z)
    assert (line["sales"], line["sold"], line["refunds"], line["refunded"]) == (3, 38_27, 1, 3_00)
    assert (line["reversals"], line["reversed"], line["net"]) == (1, 7_77, 27_50)
    assert x["lines"] == z["lines"]
    booked = await counter.booked()
    assert (line["sold"], line["refunded"] + line["reversed"]) == (booked["sold"], booked["back"])
    # What comes after the end is the next shift's: also a refund of what this one sold.
    await counter.sell(1_00)
    await counter.sign_in(1)
    await counter.refund(sold[1]["id"], 50)
    assert (await counter.post("void", {"receipt": 2})).code == "not_the_last_sale"
    second = await counter.close()
    await counter.sign_in()
    assert (await counter.post("void", {"receipt": 6})).code == "not_the_last_sale"
    assert (second["first_receipt"], second["last_receipt"]) == (6, 7)
    assert [wallet_line(second)[what] for what in ("sold", "refunded", "net")] == [1_00, 50, 50]
    again = await counter.post("shifts/1/print", {"language": "zh"})
    assert again.json | {"text": None} == z
    assert "Z 报表 00001" in again.json["text"]


async def test_nothing_is_between_shifts_however_fast_they_change(counter: Desk) -> None:
    """Sales, refunds and ends of shifts at once: each receipt is in one Z report, and all are the book."""
    chance, reports, going = Random(5), [], True
    sold: list[dict[str, Any]] = []

    async def customers() -> None:
        for _ in range(8):
            sold.append(await counter.sell(chance.randrange(1, 20_00)))
            if chance.random() < 0.4:
                await counter.refund(chance.choice(sold)["id"], 1)
            if chance.random() < 0.3:
                await counter.till.post("/v1/reversals", {"payment": chance.choice(sold)["id"]})

    async def cashier() -> None:
        while going:
            await counter.sign_in(chance.randrange(2))
            await asyncio.sleep(chance.random() * 0.1)
            reports.append(await counter.close())

    signing = asyncio.create_task(cashier())
    await asyncio.gather(*(customers() for _ in range(4)))
    going = False
    await signing
    await counter.sign_in()
    reports.append(await counter.close())
    receipts = await counter.receipts()
    assert [one["number"] for one in receipts] == list(range(len(receipts), 0, -1))
    assert [report["number"] for report in reports] == list(range(1, len(reports) + 1))
    edges = [(report["first_receipt"], report["last_receipt"]) for report in reports]
    assert edges[0][0] == 1
    assert all(after[0] == before[1] + 1 for before, after in pairwise(edges))
    assert edges[-1][1] == len(receipts)
    total: Counter[str] = Counter()
    for report in reports:
        kept = (await counter.post(f"shifts/{report['number']}/print", {})).json
        assert kept | {"text": None} == report
        for line in report["lines"]:
            total.update({what: line[what] for what in ("sold", "refunded", "reversed")})
    booked = await counter.booked()
    assert len(reports) > 2
    assert (total["sold"], total["refunded"] + total["reversed"]) == (booked["sold"], booked["back"])


async def test_a_receipt_that_is_printed_again_is_a_copy(counter: Desk) -> None:
    await counter.sign_in()
    paid = await counter.sell(12_34)
    first = (await counter.post("receipts/1/print", {"language": "en", "columns": 48})).json
    again = (await counter.post("receipts/1/print", {"language": "zh", "columns": 32})).json
    assert "COPY" not in first["text"]
    assert "重印" in again["text"]
    assert paid["id"] in first["text"]
    assert "CNY 12.34" in first["text"]
    assert max(len(line) for line in first["text"].splitlines()) <= 48
    found = await counter.till.get("/v1/terminals/this/receipts/1")
    assert (found.json["payment"], found.json["text"]) == (paid["id"], None)
    assert (await counter.post("receipts/2/print", {})).code == "not_found"
