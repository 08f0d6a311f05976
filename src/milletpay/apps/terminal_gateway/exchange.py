"""One message and its answer: whose it is, whether it is sealed, what the desk says, and back."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from milletpay.apps.terminal_gateway.knowing import Known, Terminals
from milletpay.plumbing.clock import SECOND, Clock
from milletpay.plumbing.database import DatabaseUnavailable
from milletpay.plumbing.desk import Defect, DeskRefusal, Unknown
from milletpay.plumbing.ids import IdSource
from milletpay.terminals import (
    Answer,
    Ask,
    Frame,
    Manage,
    Management,
    MessageRefused,
    Plain,
    ResponseCode,
    SealKey,
    SignOff,
    SignOn,
    is_sealed,
    key_of,
    read_request,
    write_answer,
)

PATIENCE_NS: Final = 8 * SECOND
"""How long a message may wait to be begun: a terminal reverses after ten seconds."""

PAYABLE_NS: Final = 120 * SECOND
"""How long a customer who is asked on the phone has; a terminal reverses before."""

SIGNING_ON: Final = {Management.SIGN_ON, Management.NEW_KEY}

Send = Callable[[bytes], None]
"""Takes the answer, once."""


class Desk(Protocol):
    """Where commands are decided."""

    def submit(self, command: object, /, *, patience_ns: int | None = None) -> "asyncio.Future[Any]":
        """Take a command in."""


class WrongSeal(Exception):
    """A message that is not sealed with a key of its terminal, or of a terminal that is none."""

    def __init__(self, code: ResponseCode) -> None:
        super().__init__(code.name)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanging:
    """Answers messages, by a desk."""

    desk: Desk
    terminals: Terminals
    clock: Clock
    ids: IdSource

    async def find(self, number: int) -> Known | None:
        """The terminal of a number, read from the database."""
        return await self.terminals.read(number)

    def key_for(self, plain: Plain, *, frame: Frame, known: Known) -> SealKey:
        """The key with which a message is sealed, and so its answer.

        :raises WrongSeal: when it is none of the terminal's
        :raises MessageRefused: when it does not say which
        """
        number = key_of(plain)
        key = known.session(number) if number else known.master.sign_on
        if not is_sealed(frame.message, plain=plain, key=key):
            raise WrongSeal(ResponseCode.WRONG_SEAL)
        return key

    def answer(self, plain: Plain, *, key: SealKey, known: Known, send: Send) -> None:
        """Decide what a sealed message asks for, and send the answer when there is one."""
        try:
            request = read_request(plain)
            command = self._command(request, known=known)
        except MessageRefused as refused:
            code = ResponseCode.UNSUPPORTED if refused.field == "type" else ResponseCode.MALFORMED
            about = refused.field if refused.field == "type" else f"element {refused.field}"
            send(write_answer(plain, answer=Answer(code=code, about=about), key=key))
            return
        try:
            future = self.desk.submit(command, patience_ns=PATIENCE_NS)
        except DeskRefusal:
            send(write_answer(plain, answer=Answer(code=ResponseCode.BUSY), key=key))
            return

        def reply(done: "asyncio.Future[Answer]") -> None:
            answer = _outcome(done)
            if answer.code is ResponseCode.NOT_PERMITTED:
                self.terminals.forget(known.where.number)
            if answer.key and answer.code is ResponseCode.APPROVED:
                answer = _with_key_block(answer, known=known)
            send(write_answer(plain, answer=answer, key=key))

        future.add_done_callback(reply)

    def _command(self, request: Any, *, known: Known) -> object:  # noqa: ANN401 - of `Request`
        envelope = request.envelope
        signs_on = isinstance(request, Manage) and request.management in SIGNING_ON
        if signs_on is not (envelope.key == 0):
            raise MessageRefused("sign-on is sealed with the master key, and nothing else is", field="53")
        if signs_on:
            return SignOn(where=known.where)
        if isinstance(request, Manage) and request.management is Management.SIGN_OFF:
            return SignOff(where=known.where, key=envelope.key)
        return Ask(
            where=known.where,
            request=request,
            id=self.ids.next(),
            expires_at=self.clock.now_ns() + PAYABLE_NS,
        )


def _outcome(done: "asyncio.Future[Answer]") -> Answer:
    """What the desk said, or how it could not."""
    if done.cancelled():
        return Answer(code=ResponseCode.UNKNOWN)
    error = done.exception()
    if error is None:
        return done.result()
    if isinstance(error, Unknown):
        return Answer(code=ResponseCode.UNKNOWN)
    if isinstance(error, Defect):
        return Answer(code=ResponseCode.DEFECT)
    if isinstance(error, DeskRefusal | DatabaseUnavailable):
        return Answer(code=ResponseCode.BUSY)
    return Answer(code=ResponseCode.UNKNOWN)


def _with_key_block(answer: Answer, *, known: Known) -> Answer:
    block = known.master.wrap(known.session(answer.key))
    return Answer(code=answer.code, at=answer.at, batch=answer.batch, key=answer.key, key_block=block)
