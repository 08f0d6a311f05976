"""A scene whose rows an owner of the database changes, and what the packages' proofs then find."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from milletpay.ledger import Finding, Proof
from milletpay.payments import PAYMENT_ID
from milletpay.plumbing.database import Database
from milletpay.plumbing.ids import IdForm
from milletpay.plumbing.migration import migrate
from milletpay.wallets import RECEIPT_ID, SEND_ID, TOP_UP_ID, WITHDRAWAL_ID
from tests.servers import Servers

FORMS: dict[str, IdForm[Any]] = {
    "payment": PAYMENT_ID,
    "top-up": TOP_UP_ID,
    "withdrawal": WITHDRAWAL_ID,
    "send": SEND_ID,
    "receipt": RECEIPT_ID,
}


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A database in which something has happened, and what of it is proved."""

    owner_url: str
    ids: dict[str, int]
    proofs: Sequence[Proof]

    def name(self, where: str) -> str:
        """`payment held` as a finding writes it."""
        kind, _, which = where.partition(" ")
        return f"{kind} {FORMS[kind].write(self.ids[which])}" if which in self.ids else where

    async def tamper(self, *statements: str) -> list[Finding]:
        """What is found after these statements, of which each changes something; they are undone."""
        owner = await Database.open(self.owner_url, connections=1)
        try:
            async with owner.connection() as connection:
                undone = connection.transaction()
                await undone.start()
                for statement in statements:
                    done = await connection.execute(statement.format(**self.uuids))
                    assert not done.endswith(" 0"), f"{statement} changes nothing"
                outcomes = [await proof.prove(connection) for proof in self.proofs]
                await undone.rollback()
        finally:
            await owner.close()
        return [finding for outcome in outcomes for finding in outcome.findings]

    @property
    def uuids(self) -> dict[str, str]:
        return {name.replace(" ", "_"): f"'{id:032x}'::uuid" for name, id in self.ids.items()}


def play_scene(
    servers: Servers, play: Callable[[Database], Awaitable[dict[str, int]]], proofs: Sequence[Proof]
) -> Iterator[Scene]:
    server = servers.get("wheel")

    async def prepare() -> Scene:
        url = await server.make_database()
        database = await Database.open(await migrate(owner_url=url))
        ids = await play(database)
        await database.close()
        return Scene(owner_url=url, ids=ids, proofs=proofs)

    scene = asyncio.run(prepare())
    yield scene
    asyncio.run(server.drop_database(scene.owner_url))


def uuid(number: int) -> str:
    return f"'{number:032x}'::uuid"


def assert_named(found: Sequence[Finding], *, where: str, what: str) -> None:
    """One of the findings is about this place, and says this."""
    here = [str(finding) for finding in found if finding.where.startswith(where)]
    assert any(re.search(what, finding) for finding in here), "\n".join(map(str, found))
