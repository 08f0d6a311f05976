"""What strangers send to the gateway: each is cut off with the reason logged, and all others go on."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import pytest

from milletpay.bootstrap import open_desk
from milletpay.ledger.chart import Mode
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.ids import IdSource, system_entropy
from milletpay.terminals import Answer, Manage, Management, RetireTerminal, SealKey, Terminal, write_request
from tests.flows.terminal_hall import (
    QUICK,
    C,
    Filled,
    Hall,
    connected,
    envelope,
    filled_shop,
    framed,
    opened,
    purchase,
    sign_on,
)
from tests.flows.terminal_shop import SECRET, SHOP
from tests.servers import Servers


@pytest.fixture(scope="module")
def filled(servers: Servers) -> Iterator[Filled]:
    with filled_shop(servers) as filled:
        yield filled


@pytest.fixture
async def hall(filled: Filled) -> AsyncIterator[Hall]:
    async with opened(filled, patience=QUICK) as hall:
        yield hall


WRONG = SealKey(b"w" * 16)

HALVES: dict[str, bytes] = {
    "a length": b"\x00",
    "a length alone": b"\x00\x40",
    "half a message": sign_on(1, WRONG)[:30],
}

JUNK: dict[str, bytes] = {
    "a request of the web": b"GET / HTTP/1.1\r\n\r\n",
    "TLS": bytes.fromhex("1603010200010001fc0303") + bytes(200),
    "too long": b"\xff\xff" + bytes(100),
    "too short": b"\x00\x05\x60\x00\x00\x00\x00",
    "no address": b"\x00\x40" + b"\x61" * 100,
    "no terminal": framed(bytes.fromhex("0800") + bytes(8)),
    "an element of nobody's": framed(bytes.fromhex("0200") + b"\xff" * 60),
    "letters as digits": framed(bytes.fromhex("0200") + bytes.fromhex("2000000000000000") + b"\xaa\xaa\xaa"),
    "an answer": framed(b"\x08\x10" + sign_on(1, WRONG)[9:]),
}


@pytest.mark.parametrize("sent", HALVES.values(), ids=HALVES.keys())
async def test_a_half_message_is_not_waited_for(hall: Hall, sent: bytes) -> None:
    async with connected(hall) as stranger:
        stranger.writer.write(sent)
        await stranger.end()
    assert hall.counted("half message") == 1


@pytest.mark.parametrize("sent", JUNK.values(), ids=JUNK.keys())
async def test_junk_ends_the_connection(hall: Hall, sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async with connected(hall) as stranger:
        stranger.writer.write(sent)
        await stranger.end()
    assert hall.counted("no message") + hall.counted("no terminal") == 1
    assert "127.0.0.1" in {getattr(record, "peer", "") for record in caplog.records}


async def test_who_never_proves_himself_is_sent_away(hall: Hall) -> None:
    async with connected(hall) as stranger:
        await stranger.end()
    assert hall.counted("no valid seal") == 1


async def test_a_drop_at_a_time_is_a_half_message(hall: Hall) -> None:
    master = hall.shop.master()
    number = hall.shop.terminals[0].house_number
    async with connected(hall) as stranger:
        ending = asyncio.create_task(stranger.end())
        with suppress(ConnectionError):
            for byte in sign_on(number, master.sign_on):
                stranger.writer.write(bytes([byte]))
                await stranger.writer.drain()
                await asyncio.sleep(0.02)
        await ending
    assert hall.counted("half message") == 1


async def test_wrong_seals_are_refused_and_the_third_ends_it(
    hall: Hall, caplog: pytest.LogCaptureFixture
) -> None:
    number = hall.shop.terminals[0].house_number
    code = hall.shop.phones.code()
    async with connected(hall) as stranger:
        for sent in (sign_on(number, WRONG), purchase(number, WRONG, number=1, code=code)):
            stranger.writer.write(sent)
            assert (await stranger.answer()).code is C.WRONG_SEAL
        stranger.writer.write(sign_on(99_999_999, WRONG))
        assert (await stranger.answer()).code is C.NO_TERMINAL
        await stranger.end()
    assert (hall.counted("wrong seal"), hall.counted("no terminal")) == (2, 1)
    assert hall.counted("wrong seals") == 1
    written = " ".join(f"{vars(record)}" for record in caplog.records)
    assert code not in written
    assert "0" * 7 + "1" in written


async def test_a_key_of_another_terminal_or_time_is_no_key(hall: Hall) -> None:
    first = hall.shop.device(0)
    await first.start()
    old, number = first.key, first.key_number
    assert old is not None
    await first.sign_on(Management.NEW_KEY)
    second = hall.shop.device(1)
    await second.start()
    assert second.key is not None
    async with connected(hall) as stranger:
        # The key before is good until the new one is used.
        stranger.writer.write(purchase(first.number, old, number=number))
        assert (await stranger.answer()).code is C.INVALID_CODE
        assert (await first.echo() or Answer(code=C.DEFECT)).code is C.APPROVED
        stranger.writer.write(purchase(first.number, old, number=number))
        assert (await stranger.answer()).code is C.WRONG_SEAL
        # Another's key, under the own number and under the other's.
        for key_number in (second.key_number, first.key_number):
            stranger.writer.write(purchase(first.number, second.key, number=key_number))
            assert (await stranger.answer()).code is C.WRONG_SEAL


async def test_a_retired_terminal_is_heard_no_more(hall: Hall) -> None:
    terminal = hall.shop.device(2)
    await terminal.start()
    retired = RetireTerminal(id=hall.shop.terminals[2].id, merchant=SHOP, mode=Mode.TEST)
    clock = SystemClock()
    ids = IdSource(clock=clock, entropy=system_entropy)
    async with open_desk(hall.database, secret=SECRET, clock=clock, ids=ids) as desk:
        assert isinstance(await desk.submit(retired), Terminal)
    echoed = await terminal.echo()
    assert echoed is not None
    assert echoed.code is C.NOT_PERMITTED


async def test_everybody_else_is_served(hall: Hall) -> None:
    """A shop sells on while strangers send all of it at once, again and again."""
    devices = [hall.shop.device(index) for index in (3, 4)]
    for device in devices:
        await device.start()
    going = True

    async def pester(sent: bytes) -> None:
        while going:
            with suppress(OSError, TimeoutError):
                async with connected(hall) as stranger:
                    stranger.writer.write(sent)
                    await asyncio.sleep(0.02)

    strangers = [asyncio.create_task(pester(sent)) for sent in (*JUNK.values(), *HALVES.values())]
    sold = [
        await device.purchase(1_00, payment_code=hall.shop.phones.code())
        for _ in range(15)
        for device in devices
    ]
    going = False
    await asyncio.gather(*strangers)
    assert {one.code for one in sold} == {C.APPROVED}
    for device in devices:
        closed = await device.close()
        assert closed.totals is not None
        assert (closed.code, closed.totals.debits) == (C.APPROVED, 15_00)
    assert hall.counted("no message") > 20


async def test_who_sends_and_never_reads_is_not_waited_for(hall: Hall) -> None:
    terminal = hall.shop.device(5)
    await terminal.start()
    assert terminal.key is not None
    echo = Manage(envelope=envelope(terminal.number, key=terminal.key_number), management=Management.ECHO)
    sent = framed(write_request(echo, key=terminal.key)) * 1000
    async with connected(hall, receives=4096) as stranger:
        with suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(30):
                while True:
                    stranger.writer.write(sent)
                    await stranger.writer.drain()
        assert hall.counted("answers not taken") == 1
    other = hall.shop.device(6)
    await other.start()
    assert (await other.echo() or Answer(code=C.DEFECT)).code is C.APPROVED
