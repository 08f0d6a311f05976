"""A gateway in this process with a shop before it, and strangers who connect to it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass

from milletpay.apps.terminal_gateway.connection import Patience
from milletpay.apps.terminal_gateway.exchange import Exchanging
from milletpay.apps.terminal_gateway.gateway import Gateway
from milletpay.apps.terminal_gateway.knowing import Terminals
from milletpay.bootstrap import make_code_keys, make_terminal_secrets, open_desk
from milletpay.customers import CustomerId
from milletpay.money import Money
from milletpay.plumbing.clock import SECOND, SystemClock
from milletpay.plumbing.database import Database
from milletpay.plumbing.ids import IdSource, system_entropy
from milletpay.plumbing.migration import migrate
from milletpay.simulation.card_terminal import ADDRESS
from milletpay.terminals import (
    Answer,
    Envelope,
    Frame,
    Frames,
    Manage,
    Management,
    Purchase,
    ResponseCode,
    SealKey,
    Terminal,
    read_answer,
    read_plain,
    write_frame,
    write_request,
)
from tests.flows.server_process import Program
from tests.flows.terminal_shop import SECRET, Phones, TerminalShop, fill_shop
from tests.flows.trade_desk import CNY
from tests.servers import Servers

C = ResponseCode
QUICK = Patience(half=SECOND // 4, unproved=SECOND, idle=2 * SECOND)
CONNECTIONS_MAX = 40


@dataclass
class Hall:
    """A gateway in this process, with little patience, and a shop before it."""

    gateway: Gateway
    shop: TerminalShop
    database: Database
    port: int

    def counted(self, kind: str) -> int:
        return self.gateway.complaints.counted[kind]


@dataclass
class Filled:
    app_url: str
    terminals: list[Terminal]
    customers: list[CustomerId]
    phones: Phones

    def shop(self, *, program: Program | None, port: int) -> TerminalShop:
        return TerminalShop(
            app_url=self.app_url,
            port=port,
            program=program,
            terminals=self.terminals,
            customers=self.customers,
            phones=self.phones,
            secrets=make_terminal_secrets(secret=SECRET),
        )


@contextmanager
def filled_shop(servers: Servers) -> Iterator[Filled]:
    """A shop without a gateway: the same for all tests of a file, which have a terminal or two each."""
    server = servers.get("wheel")
    owner_url = asyncio.run(server.make_database())
    app_url = asyncio.run(migrate(owner_url=owner_url))
    terminals, customers, presenters = asyncio.run(fill_shop(app_url, customers=4, terminals=8))
    phones = Phones(keys=make_code_keys(secret=SECRET), presenters=presenters)
    yield Filled(app_url, terminals, customers, phones)
    asyncio.run(server.drop_database(owner_url))


@asynccontextmanager
async def opened(filled: Filled, *, patience: Patience) -> AsyncIterator[Hall]:
    clock = SystemClock()
    ids = IdSource(clock=clock, entropy=system_entropy)
    secrets = make_terminal_secrets(secret=SECRET)
    database = await Database.open(filled.app_url, connections=3)
    listener = socket.create_server(("127.0.0.1", 0), backlog=100)
    port = listener.getsockname()[1]
    async with open_desk(database, secret=SECRET, clock=clock, ids=ids) as desk:
        terminals = Terminals(database=database, secrets=secrets, clock=clock)
        gateway = Gateway(
            exchanging=Exchanging(desk=desk, terminals=terminals, clock=clock, ids=ids),
            clock=clock,
            patience=patience,
            connections_max=CONNECTIONS_MAX,
        )
        shop = filled.shop(program=None, port=port)
        serving = asyncio.create_task(gateway.serve(listener))
        await asyncio.sleep(0)
        yield Hall(gateway=gateway, shop=shop, database=database, port=port)
        for device in shop.devices:
            device.disconnect()
        gateway.end()
        await serving
        assert not asyncio.all_tasks() - {asyncio.current_task()} - desk_tasks()
    await database.close()


def desk_tasks() -> set["asyncio.Task[object]"]:
    return {task for task in asyncio.all_tasks() if task.get_name() == "desk"}


@asynccontextmanager
async def connected(hall: Hall, *, receives: int = 0) -> AsyncIterator["Stranger"]:
    """A connection; `receives` makes the room small in which answers wait to be read."""
    with socket.socket() as plug:
        if receives:
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
        plug.setblocking(False)
        await asyncio.get_running_loop().sock_connect(plug, ("127.0.0.1", hall.port))
        reader, writer = await asyncio.open_connection(sock=plug.dup(), limit=1024)
    try:
        yield Stranger(reader, writer)
    finally:
        writer.transport.abort()


@dataclass
class Stranger:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def end(self) -> None:
        """The gateway closes the connection."""
        async with asyncio.timeout(20):
            with suppress(ConnectionError):
                while await self.reader.read(4096):
                    pass

    async def answer(self) -> Answer:
        frames = Frames()
        async with asyncio.timeout(20):
            while True:
                received = await self.reader.read(4096)
                assert received, "the connection was closed"
                for frame in frames.feed(received):
                    assert frame.address == bytes.fromhex("6000000003")
                    return read_answer(read_plain(frame.message))


def framed(message: bytes) -> bytes:
    return write_frame(Frame(address=ADDRESS, message=message))


def envelope(terminal: int, *, key: int = 0, stan: int = 1) -> Envelope:
    return Envelope(terminal=terminal, batch=1, stan=stan, key=key)


def sign_on(terminal: int, key: SealKey) -> bytes:
    return framed(write_request(Manage(envelope=envelope(terminal), management=Management.SIGN_ON), key=key))


def purchase(terminal: int, key: SealKey, *, number: int, code: str = "4" * 18) -> bytes:
    request = Purchase(envelope=envelope(terminal, key=number), amount=Money(10_00, CNY), payment_code=code)
    return framed(write_request(request, key=key))
