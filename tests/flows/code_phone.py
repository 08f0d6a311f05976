"""A phone over HTTP that shows payment codes, out of the key and the aliases that it was given."""

import base64
import time
from dataclasses import dataclass
from typing import Any

from milletpay.codes import epoch_at, step_of, word_of, write_code
from milletpay.plumbing.clock import SECOND
from tests.flows.asking import Client
from tests.flows.market import PIN, Market


@dataclass(frozen=True, kw_only=True)
class Phone:
    """An enrolled phone, with aliases for an hour."""

    owner: Client
    device: str
    key: bytes
    lanes: int
    first_epoch: int
    aliases: tuple[int, ...]

    def code(self, *, lane: int = 0, ahead_s: int = 0) -> str:
        """What it shows now, when its clock is so many seconds ahead of ours."""
        now = time.time_ns() + ahead_s * SECOND
        place = (epoch_at(now) - self.first_epoch) * self.lanes + lane
        return write_code(alias=self.aliases[place], word=word_of(self.key, step=step_of(now), lane=lane))

    async def payments(self) -> list[dict[str, Any]]:
        """What its owner is told of codes."""
        found: list[dict[str, Any]] = (await self.owner.get("/v1/wallet/payment_codes/payments")).json["data"]
        return found


async def enroll_phone(market: Market, buyer: int = 0) -> Phone:
    """A phone of a customer of the market who has a PIN."""
    owner = Client(port=market.port, token=market.buyers[buyer].token)
    await market.make_room(buyer)
    made = await owner.post("/v1/wallet/payment_codes/phones", {"pin": PIN, "name": "A phone"})
    assert made.status == 201, made
    device = made.json["id"]
    first = epoch_at(time.time_ns()) - 1
    path = f"/v1/wallet/payment_codes/phones/{device}/aliases?from_epoch={first}&epochs=14"
    given = (await owner.get(path)).json
    packed = base64.b64decode(given["aliases"])
    aliases = tuple(int.from_bytes(packed[at : at + 4]) for at in range(0, len(packed), 4))
    return Phone(
        owner=owner,
        device=device,
        key=base64.b64decode(made.json["key"]),
        lanes=made.json["lanes"],
        first_epoch=first,
        aliases=aliases,
    )


def sale(market: Market, code: str, amount: int = 10_00, **more: Any) -> dict[str, Any]:
    """The body of a payment by code."""
    body = {"amount": amount, "currency": "CNY", "reference": market.name()}
    return body | {"payer": {"payment_code": code}} | more
