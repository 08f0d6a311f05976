"""Statements read while fifty debits and credits run: every line follows from the one before it."""

import asyncio
from typing import Any

from milletpay.ledger.chart import AccountKind
from tests.flows.asking import Client
from tests.flows.market import PIN, Market

BUYER, FRIEND = 2, 3


async def statement(client: Client, path: str) -> list[dict[str, Any]]:
    """All entries, the newest first, in small parts."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = (await client.get(f"{path}?limit=9{cursor}")).json
        found += page["data"]
        if not page["has_more"]:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def prove_continuous(entries: list[dict[str, Any]]) -> None:
    """Each balance is the one before and the amount."""
    balance = 0
    for entry in reversed(entries):
        balance += entry["amount"]
        assert entry["balance"] == balance >= 0, entry


async def test_statements_are_continuous_under_fifty_debits_and_credits(market: Market) -> None:
    seller = market.client()
    wallets = [Client(port=market.port, token=market.buyers[number].token) for number in (BUYER, FRIEND)]
    turns = [asyncio.Semaphore(2), asyncio.Semaphore(2)]
    paid = [await market.pay(50_00, buyer=BUYER) for _ in range(5)]

    async def pay(number: int) -> None:
        await market.pay(10_00 + number, buyer=BUYER)

    async def refund(number: int) -> None:
        body = {"payment": paid[number % 5]["id"], "amount": 1_00 + number, "reference": market.name()}
        assert (await seller.post("/v1/refunds", body)).status == 201

    async def send(number: int) -> None:
        payer, payee = (0, 1) if number % 2 else (1, 0)
        recipient = f"+86138{market.buyers[(BUYER, FRIEND)[payee]].id:08d}"
        body = {"amount": 5_00 + number, "currency": "CNY", "recipient": recipient, "pin": PIN}
        async with turns[payer]:  # every PIN counts as a wrong one until it is seen to be right
            assert (await wallets[payer].post("/v1/wallet/sends", body)).status == 201

    async def read(going: asyncio.Event) -> int:
        reads = 0
        while not going.is_set():
            for client, path in readers:
                prove_continuous(await statement(client, path))
            reads += 1
        return reads

    readers = [
        (wallets[0], "/v1/wallet/entries"),
        (wallets[1], "/v1/wallet/entries"),
        (seller, "/v1/balance_entries"),
    ]
    done = asyncio.Event()
    reading = asyncio.create_task(read(done))
    await asyncio.gather(*((pay, refund, send)[number % 3](number) for number in range(50)))
    done.set()
    assert await reading > 0
    owners = [
        (AccountKind.CUST, market.buyers[BUYER].id),
        (AccountKind.CUST, market.buyers[FRIEND].id),
        (AccountKind.MER_PEND, market.sellers[0].id),
    ]
    for (client, path), (kind, owner) in zip(readers, owners, strict=True):
        entries = await statement(client, path)
        prove_continuous(entries)
        assert entries[0]["balance"] == await market.balance(kind, owner)
