"""A card terminal as shops have them: it keeps the rules of docs/protocols/terminal_messages.md.

It has a journal and a connection that breaks. A power cut is a new terminal with the old journal.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any

from milletpay.money import Currency, Money
from milletpay.simulation.terminal_journal import TAKING, Journal, Record
from milletpay.terminals import (
    Answer,
    Authorize,
    Close,
    Complete,
    Envelope,
    Frame,
    Frames,
    Manage,
    Management,
    MasterKey,
    MessageRefused,
    Plain,
    Purchase,
    Refund,
    Request,
    ResponseCode,
    Reverse,
    SealKey,
    Upload,
    Void,
    answer_type,
    is_sealed,
    read_answer,
    read_plain,
    write_frame,
    write_request,
)

ADDRESS = bytes.fromhex("6000030000")
CNY = Currency.CNY


class Fault(Enum):
    """What goes wrong with one message, to order."""

    LOST = auto()
    """It does not arrive."""
    LOST_REPLY = auto()
    """It arrives, and its answer does not."""
    DUPLICATE = auto()
    """It arrives twice."""
    LATE = auto()
    """It arrives after the terminal has given up, once something else was answered."""
    HALF = auto()
    """Half of it arrives, and the connection breaks."""
    POWER_CUT = auto()
    """It arrives, and the terminal has forgotten everything but its journal."""


class PowerCut(Exception):
    """The terminal is off; go on with another one of the same journal."""


class NotSignedOn(Exception):
    """The gateway does not take the terminal's key: somebody has to pair it again."""


SIGN_ON_TRIES = 5


@dataclass(slots=True, kw_only=True)
class CardTerminal:
    """One terminal. `fault` is asked before each message what goes wrong with it."""

    number: int
    master: MasterKey
    host: str
    port: int
    journal: Journal = field(default_factory=Journal)
    answer_seconds: float = 10.0
    poll_seconds: float = 3.0
    polls: int = 15
    retry_seconds: float = 1.0
    fault: Callable[[Request], Fault | None] = lambda _request: None
    key: SealKey | None = None
    key_number: int = 0
    _late: list[bytes] = field(default_factory=list)
    _reader: asyncio.StreamReader | None = None
    _writer: asyncio.StreamWriter | None = None
    _frames: Frames = field(default_factory=Frames)

    async def start(self) -> None:
        """Sign on, and find out how it ended what was under way."""
        await self.sign_on()
        await self.settle(after_power_cut=True)

    async def sign_on(self, management: Management = Management.SIGN_ON) -> None:
        """Get a session key and the number of the open batch; goes on until it is answered.

        :raises NotSignedOn: when it is refused again and again
        """
        refused = 0
        while True:
            envelope = Envelope(terminal=self.number, batch=self.journal.batch, stan=1, key=0)
            request = Manage(envelope=envelope, management=management)
            answer = await self._exchange(request, key=self.master.sign_on)
            if answer is not None and answer.code is ResponseCode.APPROVED:
                break
            refused += answer is not None
            if answer is not None and refused >= SIGN_ON_TRIES:
                raise NotSignedOn(f"sign-on was answered with {answer.code.name}")
            await asyncio.sleep(self.retry_seconds)
        self.key, self.key_number = self.master.unwrap(answer.key_block), answer.key
        if answer.batch != self.journal.batch:
            self.journal.add(do="open", batch=answer.batch)

    async def echo(self) -> Answer | None:
        """Ask whether the house is there."""
        return await self._ask(Manage(envelope=self._envelope(1), management=Management.ECHO))

    async def sign_off(self) -> Answer | None:
        """Work no more."""
        return await self._ask(Manage(envelope=self._envelope(1), management=Management.SIGN_OFF))

    async def purchase(self, amount: int, *, payment_code: str) -> Record:
        """Take money; what cannot be known is reversed."""
        return await self._sell("purchase", amount, payment_code)

    async def authorize(self, amount: int, *, payment_code: str) -> Record:
        """Hold money; what cannot be known is reversed."""
        return await self._sell("authorize", amount, payment_code)

    async def void(self, sale: Record) -> Record:
        """Undo a sale whole."""
        return await self._follow("void", sale.amount, sale)

    async def complete(self, hold: Record, *, amount: int) -> Record:
        """Take what was held."""
        return await self._follow("complete", amount, hold)

    async def refund(self, sale: Record, *, amount: int) -> Record:
        """Give back a part of a sale."""
        return await self._follow("refund", amount, sale)

    async def settle(self, *, after_power_cut: bool = False) -> None:
        """Reverse or repeat whatever has no end that is known."""
        for record in self.journal.pending:
            if record.kind in TAKING:
                await self._reverse(record, is_advice=after_power_cut)
            else:
                await self._repeat(record)

    async def close(self) -> Answer:
        """Close the batch; where totals differ, send all of it first."""
        await self.settle()
        batch = self.journal.batch
        answer = await self._until_answered(self._closing(batch, after_upload=False))
        if answer.code is ResponseCode.TOTALS_DIFFER:
            for record in self.journal.counted(batch):
                await self._until_answered(self._upload(record))
            answer = await self._until_answered(self._closing(batch, after_upload=True))
        if answer.code is ResponseCode.APPROVED:
            self.journal.add(do="open", batch=answer.batch)
        return answer

    def disconnect(self) -> None:
        """Break the connection."""
        if self._writer is not None:
            self._writer.transport.abort()
        self._reader = self._writer = None
        self._frames = Frames()

    async def _sell(self, kind: str, amount: int, payment_code: str) -> Record:
        await self.settle()
        batch, stan = self.journal.batch, self.journal.next_stan
        self.journal.add(do="send", batch=batch, stan=stan, kind=kind, amount=amount)
        made = Purchase if kind == "purchase" else Authorize
        request = made(envelope=self._envelope(stan), amount=Money(amount, CNY), payment_code=payment_code)
        answer = await self._ask(request)
        for _ in range(self.polls):
            if answer is None or answer.code is not ResponseCode.IN_PROGRESS:
                break
            await asyncio.sleep(self.poll_seconds)
            answer = await self._ask(request, again=True)
        self._note(batch, stan, answer)
        await self.settle()
        return self.journal.records[batch, stan]

    async def _follow(self, kind: str, amount: int, about: Record) -> Record:
        await self.settle()
        batch, stan = self.journal.batch, self.journal.next_stan
        original = {"batch": about.batch, "stan": about.stan, "terminal": self.number}
        self.journal.add(do="send", batch=batch, stan=stan, kind=kind, amount=amount, original=original)
        await self._repeat(self.journal.records[batch, stan])
        return self.journal.records[batch, stan]

    async def _repeat(self, record: Record) -> None:
        """Send what follows a sale until it is answered."""
        answer = await self._until_answered(self._following(record))
        self._note(record.batch, record.stan, answer)
        if record.kind == "void" and answer.code is ResponseCode.APPROVED:
            assert record.original is not None
            self.journal.add(do="undo", batch=record.original.batch, stan=record.original.stan)

    async def _reverse(self, record: Record, *, is_advice: bool) -> None:
        request = Reverse(
            envelope=self._envelope(record.stan, batch=record.batch),
            amount=Money(record.amount, CNY),
            is_hold=record.kind == "authorize",
            is_advice=is_advice,
        )
        answer = await self._until_answered(request)
        if answer.code is ResponseCode.APPROVED:
            self.journal.add(do="undo", batch=record.batch, stan=record.stan)
        else:
            self.journal.add(do="answer", batch=record.batch, stan=record.stan, code=answer.code.value)

    async def _until_answered(self, request: Request) -> Answer:
        again = False
        while True:
            answer = await self._ask(request, again=again)
            if answer is not None and answer.code not in UNANSWERED:
                return answer
            again = True
            await asyncio.sleep(self.retry_seconds)

    async def _ask(self, request: Request, *, again: bool = False) -> Answer | None:
        """Send under the session key; where that is over, sign on, and the answer is as good as none."""
        if self.key is None:
            await self.sign_on()
        assert self.key is not None
        request = _with_key(request, self.key_number)
        answer = await self._exchange(request, key=self.key, again=again)
        if answer is not None and answer.code is ResponseCode.WRONG_SEAL:
            await self.sign_on()
            return None
        return answer

    async def _exchange(self, request: Request, *, key: SealKey, again: bool = False) -> Answer | None:
        """Send one message and wait for its answer; None when none comes that can be believed."""
        message = write_request(request, key=key, again=again)
        fault = self.fault(request)
        framed = write_frame(Frame(address=ADDRESS, message=message))
        if fault is Fault.LOST:
            return None
        if fault is Fault.LATE:
            self._late.append(framed)
            return None
        try:
            async with asyncio.timeout(self.answer_seconds):
                writer = await self._connected()
                if fault is Fault.HALF:
                    writer.write(framed[: len(framed) // 2])
                    await writer.drain()
                    self.disconnect()
                    return None
                writer.write(framed * (2 if fault is Fault.DUPLICATE else 1))
                answer = await self._answer_to(read_plain(message), key=key)
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            self.disconnect()
            return None
        if fault is Fault.POWER_CUT:
            self.disconnect()
            raise PowerCut
        if fault is Fault.LOST_REPLY:
            self.disconnect()
            return None
        await self._send_late()
        return answer

    async def _send_late(self) -> None:
        """What was held up arrives now; nobody listens to the answer any more."""
        late, self._late = self._late, []
        if late and self._writer is not None:
            self._writer.write(b"".join(late))

    async def _connected(self) -> asyncio.StreamWriter:
        if self._writer is None or self._writer.is_closing():
            self._reader, self._writer = await asyncio.open_connection(self.host, self.port)
            self._frames = Frames()
        return self._writer

    async def _answer_to(self, asked: Plain, *, key: SealKey) -> Answer | None:
        """The answer with this number, if it is sealed or says that we are to sign on."""
        assert self._reader is not None
        while True:
            received = await self._reader.read(4096)
            if not received:
                raise ConnectionResetError
            for frame in self._frames.feed(received):
                try:
                    plain = read_plain(frame.message)
                    if plain.mti != answer_type(asked.mti) or plain.fields.get(11) != asked.fields[11]:
                        continue
                    answer = read_answer(plain)
                except MessageRefused:
                    continue
                if is_sealed(frame.message, plain=plain, key=key):
                    return answer
                return Answer(code=ResponseCode.WRONG_SEAL) if answer.code in SIGN_ON_AGAIN else None

    def _envelope(self, stan: int, *, batch: int = 0) -> Envelope:
        return Envelope(
            terminal=self.number, batch=batch or self.journal.batch, stan=stan, key=self.key_number
        )

    def _note(self, batch: int, stan: int, answer: Answer | None) -> None:
        if answer is not None and answer.code not in UNANSWERED:
            self.journal.add(do="answer", batch=batch, stan=stan, code=answer.code.value)

    def _following(self, record: Record) -> Request:
        kinds: dict[str, Any] = {"void": Void, "complete": Complete, "refund": Refund}
        envelope = self._envelope(record.stan, batch=record.batch)
        amount = Money(record.amount, CNY)
        request: Request = kinds[record.kind](envelope=envelope, amount=amount, original=record.original)
        return request

    def _upload(self, record: Record) -> Upload:
        return Upload(
            envelope=self._envelope(record.stan, batch=record.batch),
            amount=Money(record.amount, CNY),
            is_credit=record.kind == "refund",
        )

    def _closing(self, batch: int, *, after_upload: bool) -> Close:
        return Close(
            envelope=self._envelope(999_999, batch=batch),
            totals=self.journal.totals(batch),
            currency=CNY,
            after_upload=after_upload,
        )


UNANSWERED = {ResponseCode.BUSY, ResponseCode.UNKNOWN, ResponseCode.DEFECT, ResponseCode.WRONG_SEAL}
"""Answers that are as good as none: the same is sent again."""

SIGN_ON_AGAIN = {ResponseCode.WRONG_SEAL}


def _with_key(request: Request, number: int) -> Request:
    envelope = request.envelope
    if envelope.key == number:
        return request
    return replace(request, envelope=replace(envelope, key=number))
