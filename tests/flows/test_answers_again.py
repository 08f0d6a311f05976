"""A request that comes again is answered byte for byte, also when much has happened meanwhile."""

from typing import Any

from tests.flows.asking import Client, Reply
from tests.flows.market import PIN, Market
from tests.flows.test_cards_over_http import AMOUNT, open_card_market


async def again(client: Client, path: str, body: dict[str, Any], *, key: str, first: Reply) -> None:
    """Ask a second time under the key."""
    second = await client.post(path, body, key=key)
    assert second.is_again
    assert (second.status, second.body) == (first.status, first.body)


async def test_what_a_card_paid_later_is_not_in_the_first_answer(app_url: str) -> None:
    async with open_card_market(app_url) as at:
        body = {"amount": AMOUNT, "currency": "CNY", "reference": at.market.name()}
        first = await at.shop.post("/v1/payments", body, key="once")
        assert (first.status, first.json["funding"]) == (201, None)
        payment = first.json["id"]
        await at.pay(payment, source=await at.card())
        await again(at.shop, "/v1/payments", body, key="once", first=first)
        paid = await at.until(f"/v1/payments/{payment}", "succeeded")
        assert paid["funding"]["source"] == "card"
        await again(at.shop, "/v1/payments", body, key="once", first=first)


async def test_a_refund_to_a_card_is_answered_as_it_was_when_it_began(app_url: str) -> None:
    async with open_card_market(app_url) as at:
        payment = await at.make()
        await at.pay(payment, source=await at.card())
        await at.until(f"/v1/payments/{payment}", "succeeded")
        body = {"payment": payment, "amount": 20_00, "reference": at.market.name()}
        first = await at.shop.post("/v1/refunds", body, key="back")
        assert (first.status, first.json["status"]) == (201, "pending")
        await at.until(f"/v1/refunds/{first.json['id']}", "succeeded")
        await again(at.shop, "/v1/refunds", body, key="back", first=first)
        found = await at.shop.post("/v1/refunds", body, key="another")
        assert (found.status, found.json["status"]) == (200, "succeeded"), "by its name it is told as it is"


async def test_an_agreement_found_by_its_name_is_told_as_it_is(market: Market) -> None:
    shop, wallet = market.client(), Client(port=market.port, token=market.buyers[0].token)
    body = {
        "currency": "CNY",
        "reference": market.name("agreement"),
        "charge_limit": 10_00,
        "day_limit": 10_00,
        "month_limit": 10_00,
    }
    key = market.name("key")
    first = await shop.post("/v1/agreements", body, key=key)
    assert (first.status, first.json["status"]) == (201, "pending_signature")
    signed = await wallet.post(
        f"/v1/wallet/agreements/{first.json['id']}/sign", {"token": first.json["sign_url"], "pin": PIN}
    )
    assert signed.status == 200, signed
    await again(shop, "/v1/agreements", body, key=key, first=first)
    found = await shop.post("/v1/agreements", body, key=market.name("key"))
    assert (found.status, found.json["status"], found.json["sign_url"]) == (200, "active", None)


async def test_the_secret_of_an_endpoint_is_told_again_and_is_in_no_kept_answer(market: Market) -> None:
    shop, key, body = market.client(), market.name("key"), {"url": "https://shop.example/hooks"}
    first = await shop.post("/v1/webhook_endpoints", body, key=key)
    assert first.status == 201, first
    await again(shop, "/v1/webhook_endpoints", body, key=key, first=first)
    path, another = f"/v1/webhook_endpoints/{first.json['id']}/rotate_secret", market.name("key")
    rotated = await shop.post(path, {"overlap_hours": 1}, key=another)
    await again(shop, path, {"overlap_hours": 1}, key=another, first=rotated)
    secrets = [reply.json["secret"] for reply in (first, rotated)]
    assert len(set(secrets)) == 2
    async with market.database.connection() as connection:
        kept = await connection.fetch("SELECT body FROM plumbing.answer ORDER BY at DESC LIMIT 100")
    assert not [row for row in kept if any(secret.encode() in row["body"] for secret in secrets)]
    assert not [row for row in kept if b"whsec" in row["body"]]
