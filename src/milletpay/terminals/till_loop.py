"""The loop of a till, pure: from a reference made beforehand to the one end that both sides know.

A till makes a reference and an idempotency key, writes both down, and only then asks for the payment. While
it does not know how that ended it asks by the reference every three seconds; after 45 seconds, or when the
cashier gives up, it reverses by the reference, again and again until there is an answer. The reversal wins:
what was paid goes back, and what arrives later is declined without a debit. So an attempt ends once, the same
on both sides, whatever is lost or killed on the way, for what is written down before it is sent is taken up
again.

The till's page has the same loop, `till_loop.js`; a test runs both against each other. Times are whole
milliseconds, on any clock that goes forward. Which step comes next is asked of `next_step`; what came of it
is told with `answered` or `unanswered`. Each gives the attempt as it then is, to be written down.
"""

from dataclasses import dataclass, replace
from enum import StrEnum, auto, unique
from typing import Final

ASK_EVERY: Final = 3_000
"""Between two questions, and before what was not answered is sent again."""

GIVE_UP_AFTER: Final = 45_000
"""So long after its beginning an attempt is reversed, unless it is known how it ended."""


@unique
class Phase(StrEnum):
    """What an attempt is at."""

    PAYING = auto()
    """The payment is asked for; sent again it is the same, for it has the same key and body."""
    ASKING = auto()
    """The payment is there and not ended, or it was asked for before the till was started again."""
    REVERSING = auto()
    """Whatever became of it is undone. There is no way back from here."""
    ENDED = auto()
    """It is known how it ended, and so does the server know."""


@unique
class End(StrEnum):
    """How an attempt ended."""

    PAID = auto()
    """The money is the merchant's."""
    DECLINED = auto()
    """The answer is no; no money has moved."""
    REFUSED = auto()
    """The request was wrong in itself: there is no payment."""
    UNDONE = auto()
    """It was reversed, or ended by itself: no money is moved, and none will be."""


@unique
class Step(StrEnum):
    """What the till does next."""

    PAY = auto()
    """Send the payment, with its key."""
    ASK = auto()
    """Ask for payments of its reference."""
    REVERSE = auto()
    """Reverse by its reference."""
    WAIT = auto()
    """Nothing before `next_at`."""
    STOP = auto()
    """Nothing more: it has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One sale at a till, as it is written down."""

    reference: str
    key: str
    """The idempotency key of the payment."""
    body: str
    """The payment that is asked for, in JSON, byte for byte."""
    begun_at: int
    give_up_at: int
    next_at: int
    phase: Phase = Phase.PAYING
    sent: int = 0
    """How many times the payment was sent and no answer has come: any of them may still arrive."""
    end: End | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the server answered: a status of HTTP, and of the payment that it tells of, if it tells of one."""

    status: int
    payment: str | None = None
    """The payment's `status`; for a question, that of the one payment of the reference."""
    code: str = ""
    """Of a problem."""


PASSING: Final = frozenset({401, 408, 425, 429})
"""Statuses of problems that pass: the key may be given anew, the server may have more time."""

STANDS_IN_THE_WAY: Final = frozenset({"reference_used", "idempotency_key_reused"})
"""Codes that say that the reference or key is another sale's: nothing of this one is there, and the other is
not to be touched."""

PAID: Final = frozenset({"succeeded", "authorized"})
UNDONE: Final = frozenset({"reversed", "canceled", "expired"})


def begin(*, reference: str, key: str, body: str, now: int, patience: int = GIVE_UP_AFTER) -> Attempt:
    """Begin a sale: write it down, then take its steps. `patience` is longer where the payer has to scan."""
    return Attempt(
        reference=reference, key=key, body=body, begun_at=now, give_up_at=now + patience, next_at=now
    )


def resumed(attempt: Attempt, *, now: int) -> Attempt:
    """An attempt out of the journal of a till that was started again.

    The payment is never sent again: its payer may have gone. Clocks may have been set, so it has only as long
    as it would have had.
    """
    if attempt.phase is Phase.ENDED:
        return attempt
    patience = max(0, min(attempt.give_up_at, now + GIVE_UP_AFTER) - now)
    phase = Phase.ASKING if attempt.phase is Phase.PAYING else attempt.phase
    # What was sent may still be on its way, so that no refusal is the end of it.
    return replace(attempt, phase=phase, give_up_at=now + patience, next_at=now, sent=attempt.sent + 1)


def given_up(attempt: Attempt, *, now: int) -> Attempt:
    """The cashier does not wait any longer."""
    if attempt.phase in {Phase.REVERSING, Phase.ENDED}:
        return attempt
    return replace(attempt, phase=Phase.REVERSING, next_at=now)


def ticked(attempt: Attempt, *, now: int) -> Attempt:
    """Time has passed: what is not known after so long is reversed. Write that down before it is sent."""
    return given_up(attempt, now=now) if now >= attempt.give_up_at else attempt


STEPS: Final = {Phase.PAYING: Step.PAY, Phase.ASKING: Step.ASK, Phase.REVERSING: Step.REVERSE}


def next_step(attempt: Attempt, *, now: int) -> Step:
    """What to do now."""
    if attempt.phase is Phase.ENDED:
        return Step.STOP
    return Step.WAIT if now < attempt.next_at else STEPS[attempt.phase]


def sending(attempt: Attempt, step: Step, *, now: int) -> Attempt:
    """A step is about to be taken: write it down first."""
    later = replace(attempt, next_at=now + ASK_EVERY)
    return replace(later, sent=attempt.sent + 1) if step is Step.PAY else later


def answered(attempt: Attempt, step: Step, said: Said) -> Attempt:
    """An answer to a step has come. Once it is being reversed, only a reversal's answer counts."""
    if attempt.phase is Phase.ENDED:
        return attempt
    if step is Step.REVERSE:
        return _reversal_answered(attempt, said)
    if attempt.phase is Phase.REVERSING:
        return attempt
    if step is Step.PAY:
        attempt = replace(attempt, sent=attempt.sent - 1)
    known = _end_of(said.payment)
    if known is not None:
        return _ended(attempt, known)
    if said.payment is not None:
        return replace(attempt, phase=Phase.ASKING)
    if step is Step.PAY and said.code in STANDS_IN_THE_WAY:
        return _ended(attempt, End.REFUSED)
    passing = said.status >= 500 or said.status in PASSING or said.code == "request_under_way"
    if step is Step.ASK or passing:
        # Not there, or not now. What was not answered is sent again, unless the till was started anew.
        return attempt
    # Refused. Unless one that was sent before may still arrive, that is the end of it.
    return _ended(attempt, End.REFUSED) if attempt.sent <= 0 else replace(attempt, phase=Phase.ASKING)


def unanswered(attempt: Attempt) -> Attempt:
    """No answer has come to a step. Nothing is known, and the next step is taken when it is time."""
    return attempt


def _reversal_answered(attempt: Attempt, said: Said) -> Attempt:
    """A mark tells of no payment: what arrives will be declined. Everything else has ended, either way."""
    if said.status == 200:
        # A payment that was declined before it could be reversed stays declined.
        return _ended(attempt, End.DECLINED if said.payment == "failed" else End.UNDONE)
    # After seven days nothing is reversed: it stands, and can be refunded.
    return _ended(attempt, End.PAID) if said.code == "too_late_to_reverse" else attempt


def _end_of(payment: str | None) -> End | None:
    if payment in PAID:
        return End.PAID
    if payment in UNDONE:
        return End.UNDONE
    return End.DECLINED if payment == "failed" else None


def _ended(attempt: Attempt, end: End) -> Attempt:
    return replace(attempt, phase=Phase.ENDED, end=end)
