"""The load of the terminals' bench: connections that stay open, each a terminal with its own keys.

Purchases are due at a steady rate, whatever is answered; the latency of each begins when it was due, so that
a gateway that falls behind cannot hide it.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, cast

from milletpay.benches.load import NotPaid
from milletpay.money import Currency, Money
from milletpay.plumbing.clock import SECOND, Clock
from milletpay.terminals import (
    Envelope,
    Frame,
    Frames,
    Manage,
    Management,
    MasterKey,
    Purchase,
    ResponseCode,
    SealKey,
    is_sealed,
    read_answer,
    read_plain,
    write_frame,
    write_request,
)

ADDRESS: Final = bytes.fromhex("6000030000")
TICK_SECONDS: Final = 0.002


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetTerminal:
    """A terminal as it was paired."""

    number: int
    master: MasterKey = field(repr=False)


class Fleet:
    """All terminals of the bench, connected and signed on."""

    def __init__(self, *, clock: Clock, codes: Callable[[], str], amounts: Callable[[], int]) -> None:
        """`codes` gives a payment code that is good now, `amounts` what is bought for it."""
        self.clock = clock
        self.codes = codes
        self.amounts = amounts
        self.latencies: list[int] = []
        """Of each purchase since it was due, in nanoseconds."""
        self.made = 0
        self.nanoseconds = 0
        self._lines: list[_Line] = []
        self._free: deque[_Line] = deque()
        self._left = 0
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def connect(self, terminals: Sequence[FleetTerminal], *, host: str, port: int) -> None:
        """Connect all and sign them on."""
        loop = asyncio.get_running_loop()
        for terminal in terminals:
            _, line = await loop.create_connection(partial(_Line, self, terminal), host, port)
            self._lines.append(line)
            line.sign_on()
        await asyncio.gather(*(line.ready for line in self._lines))
        self._free.extend(self._lines)

    async def sell(self, count: int, *, per_second: int) -> None:
        """Make so many purchases at a steady rate, and wait for all answers."""
        self.latencies = []
        self._left = count
        self._done = asyncio.get_running_loop().create_future()
        began, sent = self.clock.monotonic_ns(), 0
        while sent < count and not self._done.done():
            now = self.clock.monotonic_ns()
            due = min(count, (now - began) * per_second // SECOND + 1)
            while sent < due and self._free:
                self._free.popleft().purchase(due_at=began + sent * SECOND // per_second)
                sent += 1
            await asyncio.sleep(TICK_SECONDS)
        await self._done
        self.nanoseconds = self.clock.monotonic_ns() - began
        self.made += count

    def close(self) -> None:
        """Disconnect all."""
        for line in self._lines:
            line.close()

    def answered(self, line: "_Line", *, latency: int) -> None:
        """A terminal has been answered and is free."""
        self.latencies.append(latency)
        self._free.append(line)
        self._left -= 1
        if not self._left and not self._done.done():
            self._done.set_result(None)

    def fail(self, error: Exception) -> None:
        """Something went wrong: the run ends with that."""
        if not self._done.done():
            self._done.set_exception(error)


class _Line(asyncio.Protocol):
    """One terminal."""

    def __init__(self, fleet: Fleet, terminal: FleetTerminal) -> None:
        self._fleet = fleet
        self._terminal = terminal
        self._frames = Frames()
        self._key: SealKey = terminal.master.sign_on
        self._key_number = 0
        self._batch = 0
        self._stan = 0
        self._due_at = 0
        self._closing = False
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep how to send."""
        # What uvloop gives is one, and does not say so.
        self._transport = cast("asyncio.Transport", transport)

    def sign_on(self) -> None:
        """Ask for a session key."""
        self._send(Manage(envelope=self._envelope(1), management=Management.SIGN_ON))

    def purchase(self, *, due_at: int) -> None:
        """Send the next purchase."""
        self._due_at = due_at
        self._stan += 1
        amount = Money(self._fleet.amounts(), Currency.CNY)
        self._send(
            Purchase(envelope=self._envelope(self._stan), amount=amount, payment_code=self._fleet.codes())
        )

    def close(self) -> None:
        """Disconnect."""
        self._closing = True
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Look at an answer when it is whole: its seal, and whether it is approved."""
        for frame in self._frames.feed(data):
            plain = read_plain(frame.message)
            answer = read_answer(plain)
            if answer.code is not ResponseCode.APPROVED or not is_sealed(
                frame.message, plain=plain, key=self._key
            ):
                self._fail(NotPaid(f"the gateway answered {answer.code.name}"))
            elif self.ready.done():
                latency = self._fleet.clock.monotonic_ns() - self._due_at
                self._fleet.answered(self, latency=latency)
            else:
                self._key = self._terminal.master.unwrap(answer.key_block)
                self._key_number, self._batch = answer.key, answer.batch
                self.ready.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """It was closed by us, or nobody answers."""
        if not self._closing:
            self._fail(NotPaid(f"the connection was lost: {exc}"))

    def _fail(self, error: Exception) -> None:
        if self.ready.done():
            self._fleet.fail(error)
        else:
            self.ready.set_exception(error)

    def _envelope(self, stan: int) -> Envelope:
        return Envelope(terminal=self._terminal.number, batch=self._batch, stan=stan, key=self._key_number)

    def _send(self, request: Manage | Purchase) -> None:
        message = write_request(request, key=self._key)
        self._transport.write(write_frame(Frame(address=ADDRESS, message=message)))
