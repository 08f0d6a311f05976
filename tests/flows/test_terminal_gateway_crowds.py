"""Many connections and many messages at once: who is there keeps no terminal out."""

import asyncio
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, suppress
from pathlib import Path

import pytest

from milletpay.apps.terminal_gateway.connection import Patience
from milletpay.plumbing.clock import SECOND
from milletpay.terminals import Answer, Frames, Manage, Management, write_request
from tests.flows.terminal_hall import (
    CONNECTIONS_MAX,
    C,
    Filled,
    Hall,
    connected,
    envelope,
    filled_shop,
    framed,
    opened,
    sign_on,
)
from tests.flows.terminal_shop import serve_terminals
from tests.servers import Servers

ECHO = Management.ECHO


@pytest.fixture(scope="module")
def filled(servers: Servers) -> Iterator[Filled]:
    with filled_shop(servers) as filled:
        yield filled


@pytest.fixture
async def patient(filled: Filled) -> AsyncIterator[Hall]:
    """One that sends nobody away while a test goes on."""
    async with opened(filled, patience=Patience(half=60 * SECOND, unproved=600 * SECOND)) as hall:
        yield hall


async def test_a_terminal_may_send_much_that_is_wrong_at_once(patient: Hall) -> None:
    """What is answered without the desk is answered in one go, however much of it there is."""
    terminal = patient.shop.device(5)
    await terminal.start()
    assert terminal.key is not None
    no_number = Manage(envelope=envelope(terminal.number, key=terminal.key_number, stan=0), management=ECHO)
    one = framed(write_request(no_number, key=terminal.key))
    many, answered, frames = 2000, 0, Frames()
    async with connected(patient) as stranger:
        stranger.writer.write(one * many)
        async with asyncio.timeout(60):
            while answered < many and (received := await stranger.reader.read(4096)):
                answered += len(frames.feed(received))
    assert answered == many


async def test_strangers_give_way_to_whoever_comes(patient: Hall) -> None:
    """Who opens all the connections that there may be keeps no terminal out, and no terminal gives way."""
    first = patient.shop.device(6)
    await first.start()
    kept = [await asyncio.open_connection("127.0.0.1", patient.port) for _ in range(CONNECTIONS_MAX + 5)]
    second = patient.shop.device(7)
    await second.start()
    for terminal in (first, second):
        assert (await terminal.echo() or Answer(code=C.DEFECT)).code is C.APPROVED
    assert patient.counted("too many connections") >= 6
    ended = 0
    for reader, writer in kept[:6]:
        with suppress(ConnectionError):
            async with asyncio.timeout(20):
                ended += await reader.read(1) == b""
        writer.transport.abort()
    for _, writer in kept[6:]:
        writer.transport.abort()
    assert ended == 6


async def test_no_more_terminals_than_there_may_be(patient: Hall) -> None:
    """Where everybody has proved who it is, whoever comes last is turned away."""
    master, number = patient.shop.master(), patient.shop.terminals[0].house_number
    async with AsyncExitStack() as stack:
        for _ in range(CONNECTIONS_MAX):
            proved = await stack.enter_async_context(connected(patient))
            proved.writer.write(sign_on(number, master.sign_on))
            assert (await proved.answer()).code is C.APPROVED
        last = await stack.enter_async_context(connected(patient))
        await last.end()
    assert patient.counted("too many connections") == 1


async def test_there_is_room_for_more_than_a_machine_gives_at_first(filled: Filled) -> None:
    """The process asks for as many open files as it may have connections."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = max(int(one.name) for one in Path("/dev/fd").iterdir()) + 30
    resource.setrlimit(resource.RLIMIT_NOFILE, (few, before[1]))
    with ExitStack() as stack:
        try:
            program, port = stack.enter_context(serve_terminals(filled.app_url))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
        kept = [await asyncio.open_connection("127.0.0.1", port) for _ in range(few)]
        shop = filled.shop(program=program, port=port)
        terminal = shop.device(6)
        await terminal.start()
        assert (await terminal.echo() or Answer(code=C.DEFECT)).code is C.APPROVED
        assert not any(reader.at_eof() for reader, _ in kept), "nobody had to be sent away first"
        terminal.disconnect()
        for _, writer in kept:
            writer.transport.abort()
