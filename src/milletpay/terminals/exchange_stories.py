"""How a terminal's request about money is decided. Each gives an entry to keep, or a code and nothing."""

from dataclasses import dataclass, replace
from typing import Final

from milletpay.money import Currency
from milletpay.payments import ExpirePayment, Made, PaymentId, Refused
from milletpay.terminals.entries import Entry, EntryKind, EntryState, hash_of, kind_of, written
from milletpay.terminals.exchange_commands import (
    asking_again,
    capturing,
    creating,
    place_of,
    place_of_original,
    refunding,
    undoing,
)
from milletpay.terminals.exchange_facts import Ask, Facts
from milletpay.terminals.messages.kinds import Answer, Authorize, Complete, Purchase, Refund, Reverse, Void
from milletpay.terminals.messages.responses import FINAL, ResponseCode
from milletpay.terminals.outcomes import OF_REFUSALS, code_of

_C = ResponseCode

CURRENCY: Final = Currency.CNY
"""Of batches, and so of all that terminals do."""

KEPT: Final = FINAL | {_C.IN_PROGRESS}
SALES: Final = {EntryKind.PURCHASE, EntryKind.COMPLETION}
UNDONE: Final = {EntryState.VOIDED, EntryState.REVERSED}

Moving = Purchase | Authorize | Void | Complete | Refund


def move(ask: Ask, *, request: Moving, facts: Facts) -> Answer:
    """Decide what moves money, once for its number."""
    place, asked = place_of(ask), hash_of(request)
    known = facts.entries.get(place)
    if known is None and place.batch != facts.station(ask.where).batch:
        return Answer(code=_C.OTHER_BATCH)
    if known is not None:
        if known.kind is EntryKind.MARK or known.state is EntryState.REVERSED:
            return _answer(known, code=_C.REVERSED_BEFORE)
        if known.asked != asked:
            return Answer(code=_C.USED_NUMBER)
        if known.code is not _C.IN_PROGRESS:
            return _answer(known, code=known.code)
    outcome = _decide(ask, request, facts)
    entry = Entry(
        place=place,
        kind=kind_of(request),
        amount=request.amount,
        code=outcome.code,
        asked=asked,
        payment=outcome.payment,
        at=facts.book.now,
    )
    if entry.code in KEPT:
        facts.keep(entry)
    return _answer(entry, code=entry.code)


def reverse(ask: Ask, *, request: Reverse, facts: Facts) -> Answer:
    """Undo what was done under this number, or see to it that it will not be done."""
    place = place_of(ask)
    known = facts.entries.get(place)
    if known is None:
        facts.payments.decide(undoing(ask, payment=None))
        mark = Entry(
            place=place,
            kind=EntryKind.MARK,
            state=EntryState.REVERSED,
            amount=request.amount,
            code=_C.APPROVED,
            asked=1,
            at=facts.book.now,
            turned_at=facts.book.now,
        )
        facts.keep(mark)
        return _answer(mark, code=_C.APPROVED, at=mark.turned_at)
    if known.state in UNDONE:
        return _answer(known, code=_C.APPROVED, at=known.turned_at)
    if known.kind not in {EntryKind.PURCHASE, EntryKind.HOLD}:
        return Answer(code=_C.INVALID)
    # The terminal went on with it, so it knew how it had ended.
    if known.refunded or known.state is EntryState.COMPLETED:
        return Answer(code=_C.INVALID)
    if known.payment is not None:
        undone = facts.payments.decide(undoing(ask, payment=known.payment))
        if isinstance(undone, Refused):
            return Answer(code=OF_REFUSALS[undone.refusal])
    turned = known.turned(EntryState.REVERSED, at=facts.book.now)
    facts.keep(turned)
    return _answer(turned, code=_C.APPROVED, at=turned.turned_at)


def settled(ask: Ask, *, entry: Entry, facts: Facts) -> Entry:
    """An entry that was in progress, as its payment stands now, should its time be over."""
    assert entry.payment is not None, "what is in progress has a payment"
    facts.payments.decide(ExpirePayment(payment=entry.payment))
    made = facts.payments.decide(asking_again(ask, entry=entry, payment=entry.payment))
    assert isinstance(made, Made), f"the payment of {entry} is not found again: {made}"
    code = code_of(made.payment)
    if code is not _C.IN_PROGRESS:
        entry = replace(entry, code=code, at=facts.book.now)
        facts.keep(entry)
    return entry


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a request came to, and the payment that it made or was about."""

    code: ResponseCode
    payment: PaymentId | None = None


def _decide(ask: Ask, request: Moving, facts: Facts) -> _Outcome:
    match request:
        case Purchase() | Authorize():
            made = facts.payments.decide(creating(ask, request=request))
            if isinstance(made, Refused):
                return _Outcome(OF_REFUSALS[made.refusal])
            assert isinstance(made, Made)
            return _Outcome(code_of(made.payment), made.payment.id)
        case Void():
            return _void(ask, request, facts)
        case Complete():
            return _complete(ask, request, facts)
        case Refund():
            return _refund(ask, request, facts)


def _void(ask: Ask, request: Void, facts: Facts) -> _Outcome:
    original = facts.entries.get(place_of_original(request.original))
    if original is None or original.payment is None:
        return _Outcome(_C.NO_ORIGINAL)
    place = original.place
    is_open = original.kind is EntryKind.HOLD or place.batch == facts.station(ask.where).batch
    is_sale = original.kind in {EntryKind.PURCHASE, EntryKind.HOLD}
    if not (is_sale and original.stands and is_open) or place.terminal != ask.where.number:
        return _Outcome(_C.INVALID, original.payment)
    if original.refunded:
        return _Outcome(_C.INVALID, original.payment)
    if request.amount != original.amount:
        return _Outcome(_C.INVALID_AMOUNT, original.payment)
    undone = facts.payments.decide(undoing(ask, payment=original.payment))
    if isinstance(undone, Refused):
        return _Outcome(OF_REFUSALS[undone.refusal], original.payment)
    facts.keep(original.turned(EntryState.VOIDED, at=facts.book.now))
    return _Outcome(_C.APPROVED, original.payment)


def _complete(ask: Ask, request: Complete, facts: Facts) -> _Outcome:
    hold = facts.entries.get(place_of_original(request.original))
    if hold is None or hold.payment is None:
        return _Outcome(_C.NO_ORIGINAL)
    if hold.kind is not EntryKind.HOLD or not hold.stands:
        return _Outcome(_C.INVALID, hold.payment)
    captured = facts.payments.decide(capturing(ask, request=request, payment=hold.payment))
    if isinstance(captured, Refused):
        return _Outcome(OF_REFUSALS[captured.refusal], hold.payment)
    facts.keep(hold.turned(EntryState.COMPLETED, at=facts.book.now))
    return _Outcome(_C.APPROVED, hold.payment)


def _refund(ask: Ask, request: Refund, facts: Facts) -> _Outcome:
    sale = facts.entries.get(place_of_original(request.original))
    if sale is None or sale.payment is None:
        return _Outcome(_C.NO_ORIGINAL)
    if sale.kind not in SALES or not sale.stands:
        return _Outcome(_C.INVALID, sale.payment)
    terminal = facts.terminals.terminal(ask.where.terminal)
    if terminal is None or request.amount.minor > terminal.refund_max:
        return _Outcome(_C.NOT_PERMITTED, sale.payment)
    refunded = facts.payments.decide(refunding(ask, request=request, payment=sale.payment))
    if isinstance(refunded, Refused):
        return _Outcome(OF_REFUSALS[refunded.refusal], sale.payment)
    facts.keep(replace(sale, refunded=sale.refunded + request.amount.minor))
    return _Outcome(_C.APPROVED, sale.payment)


def _answer(entry: Entry, *, code: ResponseCode, at: int = 0) -> Answer:
    return Answer(
        code=code,
        at=at or entry.at,
        reference=written(entry.place.batch, stan=entry.place.stan),
    )
