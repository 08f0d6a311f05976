"""One connection: what comes is cut into messages, and each is answered when its answer is ready.

Nobody who speaks to us can make others wait: a message that stays half, a caller that does not read, one that
sends junk, or more than we answer, costs at most this connection.
"""

import asyncio
import socket
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import Final, cast

from milletpay.apps.terminal_gateway.complaints import Complaints
from milletpay.apps.terminal_gateway.exchange import Exchanging, WrongSeal
from milletpay.apps.terminal_gateway.knowing import Known
from milletpay.apps.terminal_gateway.room import Room
from milletpay.plumbing.clock import SECOND, Clock
from milletpay.plumbing.database import DatabaseUnavailable
from milletpay.terminals import (
    Answer,
    Frame,
    Frames,
    MessageRefused,
    Plain,
    ResponseCode,
    read_plain,
    terminal_of,
    write_answer,
    write_frame,
)

UNDER_WAY_MAX: Final = 64
WRONG_MAX: Final = 3

UNREAD_MAX: Final = 16_384
"""Bytes of answers that wait for a caller to read them: more than all that may be under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long connections are borne, in nanoseconds."""

    half: int = 5 * SECOND
    """From the first byte of a message to its last, and for an answer to be taken."""
    unproved: int = 15 * SECOND
    """From the beginning to the first valid seal."""
    idle: int = 900 * SECOND
    """From one message to the next."""


class Connection(asyncio.Protocol):
    """A caller, terminal or concentrator of many."""

    def __init__(
        self,
        *,
        exchanging: Exchanging,
        complaints: Complaints,
        clock: Clock,
        room: "Room[Connection]",
    ) -> None:
        self._exchanging = exchanging
        self._complaints = complaints
        self._clock = clock
        self._room = room
        self._frames = Frames()
        self._waiting: deque[Frame] = deque()
        self._taking = False
        self._under_way = 0
        self._wrong = 0
        self._proved = False
        self._ending = False
        self._peer = ""
        self._tasks: set[asyncio.Task[None]] = set()
        self._began_at = self._heard_at = clock.monotonic_ns()
        self._half_since = 0
        self._stuck_since = 0

    @property
    def is_quiet(self) -> bool:
        """Whether nothing of it is under way."""
        return not self._under_way

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is there."""
        # What uvloop gives is one, and does not say so.
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=UNREAD_MAX)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNREAD_MAX)
        peer = transport.get_extra_info("peername")
        self._peer = str(peer[0]) if peer else "unknown"
        if not self._room.enter(self):
            self._close("too many connections", "all that are there have proved themselves")

    def connection_lost(self, _error: Exception | None, /) -> None:
        """Somebody is gone. What is under way goes on; its answer reaches nobody, and a repeat gets it."""
        if self._frames.is_half and not self._ending:
            self._complaints.say("half message", detail="the connection ended in it", peer=self._peer)
        self._ending = True
        self._waiting.clear()
        self._room.leave(self)

    def data_received(self, data: bytes) -> None:
        """Take what comes."""
        if self._ending:
            return
        self._heard_at = self._clock.monotonic_ns()
        try:
            self._waiting.extend(self._frames.feed(data))
        except MessageRefused as refused:
            self._close("no message", str(refused))
            return
        if not self._frames.is_half or self._waiting:
            self._half_since = 0
        self._go_on()

    def pause_writing(self) -> None:
        """The caller does not read: nothing more is read from it."""
        self._stuck_since = self._clock.monotonic_ns()
        self._half_since = 0
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """It reads again."""
        self._stuck_since = 0
        self._go_on()

    def look(self, *, now: int, patience: Patience) -> None:
        """End it if it has tried our patience."""
        if self._half_since and now - self._half_since > patience.half:
            self._close("half message", "its end did not come in time")
        elif self._stuck_since and now - self._stuck_since > patience.half:
            self._close("answers not taken", "the caller does not read")
            self._transport.abort()
        elif not self._proved and now - self._began_at > patience.unproved:
            self._close("no valid seal", "none came in time")
        elif self.is_quiet and now - self._heard_at > patience.idle:
            self._close("idle", "nothing came for long")

    def give_way(self) -> None:
        """End, because there are too many and it has proved nothing yet."""
        self._close("too many connections", "the first that has proved nothing gives way")

    def stop(self) -> None:
        """Take no more messages; what is under way is answered."""
        self._ending = True
        self._waiting.clear()
        self._transport.pause_reading()

    def close(self) -> None:
        """End it."""
        self._ending = True
        self._transport.close()

    def _go_on(self) -> None:
        """Take up messages that wait, as many as may be under way; read on only when none waits."""
        self._taking = True
        try:
            while self._waiting and self._may_take():
                self._take(self._waiting.popleft())
        finally:
            self._taking = False
        if self._ending:
            return
        if self._waiting or self._stuck_since:
            # What is half now is not late: it is we who do not read on.
            self._half_since = 0
            self._transport.pause_reading()
            return
        if self._frames.is_half and not self._half_since:
            self._half_since = self._clock.monotonic_ns()
        self._transport.resume_reading()

    def _may_take(self) -> bool:
        return self._under_way < UNDER_WAY_MAX and not (self._ending or self._stuck_since)

    def _take(self, frame: Frame) -> None:
        try:
            plain = read_plain(frame.message)
            number = terminal_of(plain)
        except MessageRefused as refused:
            self._close("no message", str(refused))
            return
        self._under_way += 1
        known = self._exchanging.terminals.known(number)
        if known is None or not self._hear(frame, plain, known):
            task = asyncio.create_task(self._read_and_hear(frame, plain, number))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _hear(self, frame: Frame, plain: Plain, known: Known) -> bool:
        """Answer a message; False when its seal is not of the keys known here, and others may be there."""
        try:
            key = self._exchanging.key_for(plain, frame=frame, known=known)
        except WrongSeal as wrong:
            if self._exchanging.terminals.may_have_changed(known):
                return False
            self._refuse(frame, plain, wrong.code)
            return True
        except MessageRefused as refused:
            self._end_one()
            self._close("no message", str(refused))
            return True
        if not self._proved:
            self._proved = True
            self._room.prove(self)
        try:
            self._exchanging.answer(plain, key=key, known=known, send=partial(self._send, frame))
        except MessageRefused as refused:
            self._end_one()
            self._close("no message", str(refused))
        return True

    async def _read_and_hear(self, frame: Frame, plain: Plain, number: int) -> None:
        try:
            known = await self._exchanging.find(number)
        except DatabaseUnavailable:
            self._answer_unsealed(frame, plain, ResponseCode.BUSY)
            return
        if known is None:
            self._refuse(frame, plain, ResponseCode.NO_TERMINAL)
        else:
            self._hear(frame, plain, known)

    def _refuse(self, frame: Frame, plain: Plain, code: ResponseCode) -> None:
        """Answer without a seal what may come from anybody; end it with the third of them."""
        self._wrong += 1
        detail = (
            "the seal is none of the terminal's" if code is ResponseCode.WRONG_SEAL else "it is not known"
        )
        self._complaints.say(
            code.name.lower().replace("_", " "), detail=detail, peer=self._peer, terminal=terminal_of(plain)
        )
        self._answer_unsealed(frame, plain, code)
        if self._wrong >= WRONG_MAX and not self._ending:
            self._close("wrong seals", f"{self._wrong} of them")

    def _answer_unsealed(self, frame: Frame, plain: Plain, code: ResponseCode) -> None:
        try:
            message = write_answer(plain, answer=Answer(code=code), key=None)
        except MessageRefused as refused:
            self._end_one()
            self._close("no message", str(refused))
            return
        self._send(frame, message)

    def _send(self, frame: Frame, message: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(write_frame(frame.answered(message)))
        self._end_one()

    def _end_one(self) -> None:
        self._under_way -= 1
        # What is answered at once is taken up from the loop that goes on by itself.
        if self._waiting and not self._ending and not self._taking:
            self._go_on()

    def _close(self, kind: str, detail: str) -> None:
        if not self._transport.is_closing():
            self._complaints.say(kind, detail=detail, peer=self._peer)
        self._ending = True
        self._waiting.clear()
        self._transport.close()
