"""Errands to the bank: what jobs do for draws and give-backs, and what is done when a bank tells."""

from collections.abc import Sequence
from typing import Final

from milletpay.funding import (
    DRAW_ID,
    DRAW_JOB,
    GIVE_BACK_ID,
    GIVE_BACK_JOB,
    AskForDraw,
    AskForGiveBack,
    DrawId,
    GiveBackId,
)
from milletpay.money import Money
from milletpay.payments.cards import ResolveDraw, ResolveGiveBack
from milletpay.payments.take_backs import TakeBackDraw
from milletpay.plumbing.ids import Prefix
from milletpay.plumbing.jobs import OutsideKind
from milletpay.rails import Banks, Hear, Notice
from milletpay.wallets import AskBank, Errand, HearBank, Submit


def _moved_back(notice: Notice) -> Money:
    assert notice.moved_back is not None, f"{notice} does not say how much"
    return notice.moved_back


_DRAW: Final = Errand[DrawId](
    job=DRAW_JOB,
    read=DRAW_ID.read,
    ask=lambda id: AskForDraw(id=id),
    resolve=lambda id, outcome: ResolveDraw(draw=id, outcome=outcome),
    undo=lambda id, notice: TakeBackDraw(draw=id, amount=_moved_back(notice)),
)
_GIVE_BACK: Final = Errand[GiveBackId](
    job=GIVE_BACK_JOB,
    read=GIVE_BACK_ID.read,
    ask=lambda id: AskForGiveBack(id=id),
    resolve=lambda id, outcome: ResolveGiveBack(give_back=id, outcome=outcome),
)


def card_jobs(*, banks: Banks, submit: Submit) -> Sequence[OutsideKind]:
    """The kinds of jobs that ask banks for payments by card, and give back."""
    return [
        AskBank(_DRAW, banks=banks, submit=submit).kind(),
        AskBank(_GIVE_BACK, banks=banks, submit=submit).kind(),
    ]


def card_ears(*, submit: Submit) -> dict[str, Hear]:
    """Who hears notices about which references, for the `Mailbox`."""
    return {
        Prefix.DRAW: HearBank(_DRAW, submit=submit),
        Prefix.GIVE_BACK: HearBank(_GIVE_BACK, submit=submit),
    }
