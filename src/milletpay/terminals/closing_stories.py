"""How a batch is uploaded and closed, and how a terminal signs on and off."""

from milletpay.terminals.entries import ClosedBatch, Uploaded, next_batch, written
from milletpay.terminals.exchange_commands import place_of
from milletpay.terminals.exchange_facts import Ask, BatchName, Facts, SignOff, SignOn
from milletpay.terminals.exchange_stories import settled
from milletpay.terminals.messages.kinds import Answer, Close, Totals, Upload
from milletpay.terminals.messages.responses import ResponseCode

_C = ResponseCode


def sign_on(command: SignOn, *, facts: Facts) -> Answer:
    """Give a session key and the number of the open batch."""
    where = command.where
    station = facts.station(where).with_new_key(
        terminal=where.number, pairing=where.pairing, now=facts.book.now
    )
    facts.keep_station(station)
    return Answer(code=_C.APPROVED, at=facts.book.now, batch=station.batch, key=station.key)


def sign_off(command: SignOff, *, facts: Facts) -> Answer:
    """End the session keys."""
    station = facts.station(command.where)
    facts.keep_station(station.without_key())
    return Answer(code=_C.APPROVED, at=facts.book.now, batch=station.batch)


def upload(ask: Ask, *, request: Upload, facts: Facts) -> Answer:
    """Say whether the book has what the terminal has under a number."""
    place = place_of(ask)
    if place.batch != facts.station(ask.where).batch:
        return Answer(code=_C.OTHER_BATCH)
    entry = facts.entries.get(place)
    if entry is not None and entry.code is _C.IN_PROGRESS:
        entry = settled(ask, entry=entry, facts=facts)
    finding = _C.APPROVED
    if entry is None or not _counts(entry.totals):
        finding = _C.NO_ORIGINAL
    elif entry.amount != request.amount or bool(entry.totals.credit_count) is not request.is_credit:
        finding = _C.INVALID_AMOUNT
    facts.keep_uploaded(
        Uploaded(place=place, amount=request.amount, is_credit=request.is_credit, finding=finding)
    )
    return Answer(code=finding, at=facts.book.now, reference=written(place.batch, stan=place.stan))


def close(ask: Ask, *, request: Close, facts: Facts) -> Answer:
    """Close a batch if both sides have the same, or if the terminal has sent all that it has."""
    name = BatchName(ask.where.number, request.envelope.batch)
    known = facts.closed.get(name)
    if known is not None:
        return _closed(known)
    station = facts.station(ask.where)
    if name.batch != station.batch:
        return Answer(code=_C.OTHER_BATCH)
    for entry in facts.of_batch(name):
        if (
            entry.code is _C.IN_PROGRESS
            and entry.is_open
            and settled(ask, entry=entry, facts=facts).code is entry.code
        ):
            return Answer(code=_C.INVALID, at=facts.book.now)
    book = facts.totals(name)
    if book != request.totals and not request.after_upload:
        return Answer(code=_C.TOTALS_DIFFER, at=facts.book.now, totals=book)
    batch = ClosedBatch(
        terminal=name.terminal,
        number=name.batch,
        currency=request.currency,
        closed_at=facts.book.now,
        book=book,
        terminal_totals=request.totals,
        differences=_differences(name, facts) if book != request.totals else 0,
    )
    facts.close(batch)
    facts.keep_station(station.with_batch(next_batch(name.batch)))
    return _closed(batch)


def _closed(batch: ClosedBatch) -> Answer:
    return Answer(code=_C.APPROVED, at=batch.closed_at, totals=batch.book, batch=next_batch(batch.number))


def _differences(name: BatchName, facts: Facts) -> int:
    """How many entries one side has and the other has not, or has otherwise."""
    sent = {place: one for place, one in facts.uploaded.items() if place[:2] == name}
    strange = [one for one in sent.values() if one.finding is _C.NO_ORIGINAL]
    counted = [entry.place for entry in facts.of_batch(name) if _counts(entry.totals)]
    return len(strange) + sum(1 for place in counted if not _agreed(sent.get(place)))


def _counts(totals: Totals) -> bool:
    return bool(totals.debit_count or totals.credit_count)


def _agreed(sent: Uploaded | None) -> bool:
    return sent is not None and sent.finding is _C.APPROVED
