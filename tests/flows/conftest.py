"""The market that the tests over HTTP share: one database, one server process, for as long as they run."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import count

import pytest

from milletpay.plumbing.database import Database
from milletpay.plumbing.migration import migrate
from tests.flows.market import Buyer, Market, Seller, fill_market
from tests.flows.server_process import Program, serve_house
from tests.servers import Servers

BUYERS = 12


@dataclass(frozen=True, kw_only=True)
class OpenMarket:
    app_url: str
    program: Program
    port: int
    sellers: list[Seller]
    buyers: list[Buyer]
    numbers: "count[int]" = field(default_factory=lambda: count(1))


@pytest.fixture(scope="session")
def open_market(servers: Servers) -> Iterator[OpenMarket]:
    server = servers.get("wheel")
    owner_url = asyncio.run(server.make_database())
    app_url = asyncio.run(migrate(owner_url=owner_url))
    sellers, buyers = asyncio.run(fill_market(app_url, buyers=BUYERS))
    with serve_house(app_url) as (program, port):
        yield OpenMarket(app_url=app_url, program=program, port=port, sellers=sellers, buyers=buyers)
    asyncio.run(server.drop_database(owner_url))


@pytest.fixture
async def market(open_market: OpenMarket) -> AsyncIterator[Market]:
    """The market; after each test that has changed anything its books are proved."""
    database = await Database.open(open_market.app_url, connections=4)
    found = Market(
        port=open_market.port,
        database=database,
        program=open_market.program,
        sellers=open_market.sellers,
        buyers=open_market.buyers,
        numbers=open_market.numbers,
    )
    before = await found.moment()
    yield found
    if await found.moment() != before:
        await found.prove()
    await database.close()
