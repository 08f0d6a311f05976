"""Calling strangers' servers: what they may make us do, which is nothing."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from milletpay.notifications import Caller, Message, Reach, Reply
from milletpay.plumbing.clock import SystemClock
from tests.flows.hooks import Receiver, answer, receiving

CERTIFICATE = Path(__file__).with_name("hooks_certificate.pem")
"""Of shop.example, by itself, with its key: until the year 2126."""


class Names:
    """A resolver that answers as the test says, each time with the next list."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, /, *, port: int) -> Sequence[str]:
        self.asked.append(f"{host}:{port}")
        if not self.answers:
            raise OSError("no such name")
        return self.answers.pop(0)


async def call(url: str, *names: Sequence[str], reach: Reach = Reach.NEARBY, seconds: float = 5) -> Reply:
    caller = Caller(
        reach=reach,
        clock=SystemClock(),
        resolver=Names(*names) if names else None,
        trust=ssl.create_default_context(cafile=str(CERTIFICATE)),
        patience_seconds=seconds,
    )
    return await caller.post(Message(url=url, headers={"webhook-id": "evt_1"}, body=b"hello"))


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as opened:
        yield opened


async def test_a_name_that_leads_to_a_private_address_is_not_called(receiver: Receiver) -> None:
    for addresses in (["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:127.0.0.1"], ["10.0.0.1"], []):
        url = f"https://shop.example:{receiver.port}/"
        reply = await call(url, addresses, reach=Reach.PUBLIC)
        assert reply.status is None
        assert (
            reply.failure == "The name shop.example leads to an address that is not of the public internet."
        )
    assert receiver.heard == []


async def test_a_name_is_looked_up_once_and_what_was_checked_is_called(
    receiver: Receiver,
) -> None:
    """DNS rebinding: the second answer would lead elsewhere, and is never asked for."""
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    caller = Caller(reach=Reach.NEARBY, clock=SystemClock(), resolver=names)
    url = f"http://rebind.example:{receiver.port}/x"
    reply = await caller.post(Message(url=url, headers={}, body=b"hello"))
    assert reply.status == 204
    assert names.asked == [f"rebind.example:{receiver.port}"]
    assert receiver.heard[0].headers["host"] == f"rebind.example:{receiver.port}"
    again = await caller.post(Message(url=url, headers={}, body=b"hello"))
    assert again.status is None
    assert len(receiver.heard) == 1


async def test_an_address_that_does_not_answer_is_passed_over(receiver: Receiver) -> None:
    reply = await call(f"http://shop.example:{receiver.port}/", ["127.0.0.99", "127.0.0.1"])
    assert reply.status == 204


async def test_redirects_are_not_followed(receiver: Receiver) -> None:
    async with receiving() as elsewhere:
        for status in (301, 302, 303, 307, 308):
            receiver.answers = [answer(status, headers=f"Location: {elsewhere.url}\r\n")]
            assert (await call(receiver.url)).status == status
        assert elsewhere.heard == []
    assert len(receiver.heard) == 5


async def test_tls_is_checked_against_the_name() -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(CERTIFICATE)
    async with receiving(tls=tls) as receiver:
        good = await call(f"https://shop.example:{receiver.port}/", ["127.0.0.1"])
        assert (good.status, good.failure) == (204, None)
        bad = await call(f"https://other.example:{receiver.port}/", ["127.0.0.1"])
        assert bad.status is None
        assert bad.failure is not None
        assert bad.failure.startswith("TLS failed: Hostname mismatch")
        untrusted = Caller(
            reach=Reach.NEARBY,
            clock=SystemClock(),
            resolver=Names(["127.0.0.1"]),
            trust=ssl.create_default_context(),
        )
        url = f"https://shop.example:{receiver.port}/"
        reply = await untrusted.post(Message(url=url, headers={}, body=b""))
        assert reply.failure is not None
        assert "self-signed certificate" in reply.failure


@pytest.mark.parametrize(
    ("said", "status", "snippet"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok"),
        (b"HTTP/1.1 202 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 202, "ok"),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", 200, "until the end"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Made\r\nContent-Length: 0\r\n\r\n", 201, ""),
        (
            b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
            101,
            "",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n" + b"y" * 5000, 200, "y" * 1024),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", 200, "half"),
    ],
)
async def test_answers(receiver: Receiver, said: bytes, status: int, snippet: str) -> None:
    receiver.answers = [said]
    reply = await call(receiver.url)
    assert (reply.status, reply.failure, reply.snippet) == (status, None, snippet)


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        (b"", "The connection failed: the server hung up without an answer."),
        (b"HTTP/1.1 200", "The connection failed: the server hung up without an answer."),
        (b"220 mail.example ESMTP\r\n", "The answer is not HTTP."),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000, "The headers of the answer do not end."),
    ],
)
async def test_what_is_no_answer(receiver: Receiver, said: bytes, failure: str) -> None:
    receiver.answers = [said]
    reply = await call(receiver.url)
    assert (reply.status, reply.failure) == (None, failure)


async def test_patience_ends() -> None:
    """Also for a server that says a little now and then."""

    async def dawdle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"z" * 1000:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.02)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(dawdle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reply = await call(f"http://127.0.0.1:{port}/", seconds=0.3)
    assert (reply.status, reply.failure) == (None, "There was no answer within 0.3 seconds.")
    assert reply.duration < 2 * 10**9
    server.close()
    await server.wait_closed()


async def test_a_status_in_time_counts_though_the_body_never_ends(receiver: Receiver) -> None:
    receiver.answers = [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"]
    receiver.tail = 30
    reply = await call(receiver.url, seconds=0.3)
    assert (reply.status, reply.failure, reply.snippet) == (200, None, "half")


async def test_nobody_there() -> None:
    async with receiving() as receiver:
        url = receiver.url
    reply = await call(url)
    assert reply.status is None
    assert reply.failure is not None
    assert reply.failure.startswith("The connection failed")
    caller = Caller(reach=Reach.NEARBY, clock=SystemClock(), resolver=Names())
    reply = await caller.post(Message(url="http://nobody.example/", headers={}, body=b""))
    assert reply.failure == "The name nobody.example leads to no address."
