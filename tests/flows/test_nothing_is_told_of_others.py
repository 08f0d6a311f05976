"""Of what is another's the API tells as much as of what is not there: the same, by the same statements."""

import asyncio
import json
import re
from typing import Any

import pytest

from milletpay.payments import AGREEMENT_ID, PAYMENT_ID, REFUND_ID
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.ids import IdSource, system_entropy
from tests.flows.asking import Reply
from tests.flows.market import Market
from tests.flows.overhearing import Overheard
from tests.flows.test_payments_survive_kills import small_market

IDS = IdSource(clock=SystemClock(), entropy=system_entropy)

ASKED: list[tuple[str, str, str, dict[str, Any] | None]] = [
    ("payment", "GET", "/v1/payments/{id}", None),
    ("payment", "POST", "/v1/payments/{id}/capture", {}),
    ("payment", "POST", "/v1/payments/{id}/cancel", {}),
    ("payment", "POST", "/v1/refunds", {"payment": "{id}", "amount": 1, "reference": "r"}),
    ("payment", "POST", "/v1/reversals", {"payment": "{id}"}),
    ("refund", "GET", "/v1/refunds/{id}", None),
    ("agreement", "GET", "/v1/agreements/{id}", None),
    ("agreement", "POST", "/v1/agreements/{id}/cancel", {}),
]


def plain(reply: Reply, id: str) -> tuple[int, str]:
    """An answer without what is of its request alone."""
    return reply.status, re.sub(r"req_[0-9a-z]+", "req", reply.body.decode().replace(id, "ID"))


async def overhear(
    heard: Overheard, market: Market, id: str, asked: Any
) -> tuple[tuple[int, str], list[str]]:
    """The answer to the second seller, and the statements that it took."""
    _, method, path, said = asked
    body = None if said is None else json.loads(json.dumps(said).replace("{id}", id))
    heard.statements.clear()
    headers = {"Idempotency-Key": market.name("key")} if method == "POST" else {}
    reply = await market.client(1).ask(method, path.replace("{id}", id), body, headers=headers)
    await asyncio.sleep(0.05)
    return plain(reply, id), list(heard.statements)


async def test_what_is_anothers_is_as_if_it_were_not(app_url: str) -> None:
    async with Overheard.on(app_url) as (heard, through), small_market(app_url, through=through) as market:
        paid = await market.pay(50_00)
        back = {"payment": paid["id"], "amount": 100, "reference": market.name("refund")}
        refund = (await market.client().post("/v1/refunds", back, key="a")).json
        foreign = {
            "payment": paid["id"],
            "refund": refund["id"],
            "agreement": market.buyers[0].agreements[market.sellers[0].id],
        }
        forms: dict[str, Any] = {"payment": PAYMENT_ID, "refund": REFUND_ID, "agreement": AGREEMENT_ID}
        for asked in ASKED:
            kind = asked[0]
            nothing = forms[kind].write(IDS.next())
            for id in (foreign[kind], nothing):  # what is remembered from then on is remembered of both
                await overhear(heard, market, id, asked)
            told, ran = await overhear(heard, market, foreign[kind], asked)
            unknown, ran_for_nothing = await overhear(heard, market, nothing, asked)
            assert told[0] == 404, (asked, told)
            assert told == unknown
            assert ran == ran_for_nothing, asked
            assert ran
        await market.prove()


@pytest.mark.parametrize("asked", [ASKED[0]], ids=["payment"])
async def test_what_is_ones_own_is_overheard(app_url: str, asked: Any) -> None:
    """The wire hears what a request takes."""
    async with Overheard.on(app_url) as (heard, through), small_market(app_url, through=through) as market:
        paid = await market.pay(1_00, seller=1)
        (status, _), ran = await overhear(heard, market, paid["id"], asked)
        assert status == 200
        assert any("payments.payment" in statement for statement in ran)
