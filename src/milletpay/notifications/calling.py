"""One HTTP request to a stranger's server: no redirect, no surprise, no end of time.

The name is resolved once, every address that it leads to must be one that we call, and the connection goes to
one of those very addresses: a name that leads elsewhere a moment later has nothing to gain. TLS checks the
certificate against the name. What the server sends is read as far as needed, and no further.
"""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import httptools

from milletpay.notifications.addresses import Reach, Target, UrlRefused, may_call, read_target
from milletpay.plumbing.clock import Clock

PATIENCE_SECONDS: Final = 10
"""From the look-up of the name to the status of the answer."""

HEAD_MAX: Final = 64 * 1024
"""Bytes that come before the status and the headers are over."""

SNIPPET_MAX: Final = 1024
"""Bytes of the answer's body that are read and kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is posted."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of it."""

    status: int | None
    """The status of the answer; None when there was none."""
    failure: str | None
    """Why there was none, in words for the one who runs the server."""
    snippet: str
    """The beginning of the answer's body."""
    duration: int
    """Nanoseconds."""


class Resolver(Protocol):
    """Finds the addresses of a name."""

    async def __call__(self, host: str, /, *, port: int) -> Sequence[str]:
        """The addresses, the best first. Raises OSError when there are none."""


class Caller:
    """Posts messages."""

    def __init__(
        self,
        *,
        reach: Reach,
        clock: Clock,
        resolver: Resolver | None = None,
        trust: ssl.SSLContext | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        """`resolver` and `trust` are the machine's own unless given."""
        self._reach = reach
        self._clock = clock
        self._resolve = resolver or resolve
        self._trust = trust or ssl.create_default_context()
        self._patience = patience_seconds

    async def post(self, message: Message) -> Reply:
        """Post, and tell what came of it. Never raises for what the other side does."""
        started = self._clock.monotonic_ns()
        answer = _Answer()
        failure: str | None = None
        try:
            async with asyncio.timeout(self._patience):
                await self._exchange(message, answer)
        except UrlRefused as refusal:
            failure = str(refusal)
        except TimeoutError:
            failure = f"There was no answer within {self._patience:g} seconds."
        except ssl.SSLError as error:
            failure = f"TLS failed: {getattr(error, 'verify_message', '') or error.reason or error}."
        except OSError as error:
            failure = f"The connection failed: {error.strerror or type(error).__name__}."
        except httptools.HttpParserError:
            failure = "The answer is not HTTP."
        return Reply(
            status=answer.status,
            # Once the status is there, how the rest of the answer ends does not matter.
            failure=failure if answer.status is None else None,
            snippet=bytes(answer.body[:SNIPPET_MAX])
            .decode(errors="replace")
            .replace("\0", "\N{REPLACEMENT CHARACTER}"),
            duration=self._clock.monotonic_ns() - started,
        )

    async def _exchange(self, message: Message, answer: "_Answer") -> None:
        target = read_target(message.url, reach=self._reach)
        reader, writer = await self._connect(target)
        try:
            writer.write(_request(message, target))
            await writer.drain()
            heard = 0
            while not answer.is_enough:
                data = await reader.read(SNIPPET_MAX)
                if not data:
                    break
                heard += len(data)
                if answer.status is None and heard > HEAD_MAX:
                    raise UrlRefused("The headers of the answer do not end.")
                answer.feed(data)
            if answer.status is None:
                raise ConnectionResetError(None, "the server hung up without an answer")
        finally:
            # Not closed in order: a server that does not read or hang up could keep us.
            writer.transport.abort()

    async def _connect(self, target: Target) -> "tuple[asyncio.StreamReader, asyncio.StreamWriter]":
        try:
            addresses = await self._resolve(target.host, port=target.port)
        except OSError:
            raise UrlRefused(f"The name {target.host} leads to no address.") from None
        if not addresses or not all(may_call(address, reach=self._reach) for address in addresses):
            # Which address it is would tell the curious how our network looks from inside.
            raise UrlRefused(
                f"The name {target.host} leads to an address that is not of the public internet."
            )
        failure: OSError | None = None
        for address in addresses:
            try:
                return await asyncio.open_connection(
                    address,
                    target.port,
                    ssl=self._trust if target.tls else None,
                    server_hostname=target.host if target.tls else None,
                )
            except ssl.SSLError:
                raise
            except OSError as error:
                failure = error
        assert failure is not None, "there was an address"
        raise failure


async def resolve(host: str, *, port: int) -> Sequence[str]:
    """Ask the machine's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=1)
    return [str(entry[4][0]) for entry in found]


class _Answer:
    """What is read of an answer. The names of the methods that begin with `on_` are the parser's."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.body = bytearray()
        self._over = False
        self._parser: Any = httptools.HttpResponseParser(self)

    @property
    def is_enough(self) -> bool:
        return self._over or len(self.body) >= SNIPPET_MAX

    def feed(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.status = self.status or self._parser.get_status_code()
            self._over = True

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status >= 200:  # those below announce that an answer will come
            self.status = status

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        self._over = self.status is not None


def _request(message: Message, target: Target) -> bytes:
    head = {
        "Host": target.authority,
        "User-Agent": "MilletPay-Webhooks/1",
        "Accept": "*/*",
        "Connection": "close",
        "Content-Type": "application/json",
        "Content-Length": str(len(message.body)),
        **message.headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"POST {target.path} HTTP/1.1\r\n{lines}\r\n".encode("ascii") + message.body
