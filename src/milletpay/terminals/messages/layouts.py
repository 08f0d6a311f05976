"""Which elements each kind of message has: the table that is read and written by, and documented."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from milletpay.terminals.messages import fields as f
from milletpay.terminals.messages.kinds import (
    Authorize,
    Close,
    Complete,
    Manage,
    Purchase,
    Refund,
    Request,
    Reverse,
    Upload,
    Void,
)


class Processing(StrEnum):
    """Element 3. The middle digits, 90, say that the money is in a wallet of ours."""

    TAKE = "009000"
    """Take money: purchase, completion."""
    HOLD = "039000"
    """Hold money: pre-authorization."""
    GIVE_BACK = "209000"
    """Give money back: void, refund."""


RequestKind: TypeAlias = type[Request]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A kind of message."""

    kind: RequestKind
    name: str
    types: tuple[str, ...]
    """Of the request, and of its repeats."""
    answer: str
    """The type of its answer."""
    processing: tuple[Processing, ...]
    """Element 3; none where it has no such element."""
    fields: tuple[int, ...]
    """What the request has beside the type and the bitmap: all of it, and nothing else."""
    answered: tuple[int, ...]
    """What an approving answer has; another has no `TOTALS` and no `KEY_BLOCK`."""


_WHO: Final = (f.STAN, f.TERMINAL, f.KEY_NUMBER, f.BATCH, f.MAC)
_MONEY: Final = (f.PROCESSING_CODE, f.AMOUNT, f.CURRENCY)
_WHEN: Final = (f.TIME, f.DATE, f.REFERENCE, f.RESPONSE)


def _fields(*numbers: int) -> tuple[int, ...]:
    return tuple(sorted(numbers))


_DONE: Final = _fields(*_WHO, *_MONEY, *_WHEN)

LAYOUTS: Final = (
    Layout(
        kind=Manage,
        name="management",
        types=("0800",),
        answer="0810",
        processing=(),
        fields=_fields(*_WHO),
        answered=_fields(*_WHO, f.TIME, f.DATE, f.RESPONSE, f.KEY_BLOCK),
    ),
    Layout(
        kind=Authorize,
        name="pre-authorization",
        types=("0100", "0101"),
        answer="0110",
        processing=(Processing.HOLD,),
        fields=_fields(*_WHO, *_MONEY, f.PAYMENT_CODE),
        answered=_DONE,
    ),
    Layout(
        kind=Purchase,
        name="purchase",
        types=("0200", "0201"),
        answer="0210",
        processing=(Processing.TAKE,),
        fields=_fields(*_WHO, *_MONEY, f.PAYMENT_CODE),
        answered=_DONE,
    ),
    Layout(
        kind=Void,
        name="void",
        types=("0200", "0201"),
        answer="0210",
        processing=(Processing.GIVE_BACK,),
        fields=_fields(*_WHO, *_MONEY, f.ORIGINAL),
        answered=_DONE,
    ),
    Layout(
        kind=Complete,
        name="completion",
        types=("0220", "0221"),
        answer="0230",
        processing=(Processing.TAKE,),
        fields=_fields(*_WHO, *_MONEY, f.ORIGINAL),
        answered=_DONE,
    ),
    Layout(
        kind=Refund,
        name="refund",
        types=("0220", "0221"),
        answer="0230",
        processing=(Processing.GIVE_BACK,),
        fields=_fields(*_WHO, *_MONEY, f.ORIGINAL),
        answered=_DONE,
    ),
    Layout(
        kind=Upload,
        name="upload",
        types=("0320", "0321"),
        answer="0330",
        processing=(Processing.TAKE, Processing.GIVE_BACK),
        fields=_fields(*_WHO, *_MONEY),
        answered=_DONE,
    ),
    Layout(
        kind=Reverse,
        name="reversal",
        types=("0400", "0401"),
        answer="0410",
        processing=(Processing.TAKE, Processing.HOLD),
        fields=_fields(*_WHO, *_MONEY),
        answered=_DONE,
    ),
    Layout(
        kind=Reverse,
        name="reversal advice",
        types=("0420", "0421"),
        answer="0430",
        processing=(Processing.TAKE, Processing.HOLD),
        fields=_fields(*_WHO, *_MONEY),
        answered=_DONE,
    ),
    Layout(
        kind=Close,
        name="batch close",
        types=("0500", "0501"),
        answer="0510",
        processing=(),
        fields=_fields(*_WHO, f.TOTALS, f.CURRENCY),
        answered=_fields(*_WHO, f.TIME, f.DATE, f.RESPONSE, f.TOTALS, f.CURRENCY),
    ),
)
"""Every kind of message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a type and a processing code say of a message."""

    layout: Layout
    is_answer: bool


BY_TYPE: Final[dict[tuple[str, str], Named]] = {
    (mti, processing): Named(layout=layout, is_answer=mti == layout.answer)
    for layout in LAYOUTS
    for mti in (*layout.types, layout.answer)
    for processing in layout.processing or ("",)
}
"""Layouts by the type and element 3 (empty where there is none)."""
