"""What a handler calls to do something once for the caller's idempotency key, whatever is asked again."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final, TypeVar

import msgspec

from milletpay.apps.http.answers import JSON, PROBLEM, Answer
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.plumbing.answers import How, Kept, Once, Outcome, answer_once, find_answer
from milletpay.plumbing.clock import Clock
from milletpay.plumbing.database import Connection, Database
from milletpay.plumbing.desk import Desk
from milletpay.plumbing.envelopes import Envelope

REPLAYED: Final = ((b"idempotent-replayed", b"true"),)

Result = TypeVar("Result")
Show = Callable[[Result], Answer]
"""Turns what the domain came to into the answer, or raises `Refuse`. Pure: it runs inside a transaction."""

_encode = msgspec.json.Encoder().encode


async def submit_once(
    desk: "Desk[Any, Any, Any]", command: object, *, request: Request, show: Show[Any]
) -> Answer:
    """Have the desk do a command, once for the request's key if it has one."""
    asked = request.asked
    if asked is None:
        return show(await desk.submit(command))
    outcome = await desk.submit(Once(asked=asked, command=command, keep=lambda result: _keep(show, result)))
    return _answer(outcome, show)


async def work_once(
    database: Database,
    work: Callable[[Connection], Awaitable[Result]],
    *,
    request: Request,
    show: Show[Result],
    clock: Clock,
    envelope: Envelope | None = None,
) -> Answer:
    """Do work in one transaction, once for the request's key if it has one.

    What `work` raises undoes it; a refusal that it gives back, for `show` to raise, is committed.

    :param envelope: for an answer with a secret: it is kept in this, and answered again out of it
    """
    asked = request.asked
    if asked is None:
        async with database.transaction() as connection:
            result = await work(connection)
        return show(result)

    def keep(result: Result) -> Kept | None:
        kept = _keep(show, result)
        return kept if kept is None or envelope is None else _closed(kept, envelope, about=asked.key)

    outcome = await answer_once(database, asked=asked, work=work, keep=keep, now=clock.now_ns())
    if outcome.kept is not None and envelope is not None:
        body = envelope.open(outcome.kept.body, about=asked.key)
        outcome = replace(outcome, kept=replace(outcome.kept, body=body))
    return _answer(outcome, show)


async def kept_answer(database: Database, *, request: Request) -> Answer | None:
    """Find the answer that is kept under the request's key, if it has one.

    To be asked before anything that may have changed since and is not the desk's to decide, such as a PIN: a
    retry is answered as it was, whatever holds now.
    """
    asked = request.asked
    outcome = None if asked is None else await find_answer(database, asked=asked)
    if outcome is None:
        return None
    if outcome.kept is None:
        raise key_reused()
    return replayed(outcome.kept)


def replayed(kept: Kept) -> Answer:
    """Give an answer again as it was first given."""
    return _as_kept(kept, headers=REPLAYED)


def key_reused() -> Refuse:
    """Make the refusal of a key that was used with another body."""
    return Refuse(
        EdgeRefusal.IDEMPOTENCY_KEY_REUSED,
        "This Idempotency-Key was used for a request with another body. Nothing was done.",
        param="Idempotency-Key",
    )


def _keep(show: Show[Any], result: object) -> Kept | None:
    try:
        answer = show(result)
    except Refuse:
        return None
    content = answer.content
    return Kept(status=answer.status, body=content if isinstance(content, bytes) else _encode(content))


def _closed(kept: Kept, envelope: Envelope, *, about: int) -> Kept:
    return replace(kept, body=envelope.close(kept.body, about=about))


def _answer(outcome: Outcome[Any], show: Show[Any]) -> Answer:
    if outcome.how is How.REUSED:
        raise key_reused()
    if outcome.kept is None:
        # It was refused, and is again by the same words.
        return show(outcome.result)
    return replayed(outcome.kept) if outcome.how is How.AGAIN else _as_kept(outcome.kept)


def _as_kept(kept: Kept, *, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Answer:
    media = JSON if kept.status < 400 else PROBLEM
    return Answer(status=kept.status, content=kept.body, media=media, headers=headers)
