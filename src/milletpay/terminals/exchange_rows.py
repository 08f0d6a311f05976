"""Rows of what terminals did as values, and values as columns of an array statement."""

from collections.abc import Sequence

from milletpay.money import Currency, Money
from milletpay.payments import PaymentId
from milletpay.plumbing.database import Row
from milletpay.terminals.entries import ClosedBatch, Entry, EntryKind, EntryState, Place, Station, Uploaded
from milletpay.terminals.messages.kinds import Totals
from milletpay.terminals.messages.responses import ResponseCode


def place_of(row: Row) -> Place:
    """Where an entry stands."""
    return Place(row["terminal"], row["batch"], row["stan"])


def station_of(row: Row) -> Station:
    """A station."""
    return Station(
        terminal=row["terminal"],
        pairing=row["pairing"],
        key=row["key"],
        key_before=row["key_before"],
        key_at=row["key_at"],
        key_before_at=row["key_before_at"],
        batch=row["batch"],
    )


def entry_of(row: Row) -> Entry:
    """An entry."""
    return Entry(
        place=place_of(row),
        kind=EntryKind(row["kind"]),
        state=EntryState(row["state"]),
        amount=_amount_of(row),
        code=ResponseCode(row["code"]),
        asked=row["asked"],
        payment=None if row["payment"] is None else PaymentId(row["payment"]),
        refunded=row["refunded"],
        at=row["at"],
        turned_at=row["turned_at"],
    )


def totals_of(row: Row) -> Totals:
    """What a batch comes to by the book."""
    return Totals(
        debits=row["debits"],
        debit_count=row["debit_count"],
        credits=row["credits"],
        credit_count=row["credit_count"],
    )


def closed_batch_of(row: Row) -> ClosedBatch:
    """A closed batch."""
    return ClosedBatch(
        terminal=row["terminal"],
        number=row["batch"],
        currency=Currency.of(row["currency"]),
        closed_at=row["closed_at"],
        book=totals_of(row),
        terminal_totals=Totals(
            debits=row["terminal_debits"],
            debit_count=row["terminal_debit_count"],
            credits=row["terminal_credits"],
            credit_count=row["terminal_credit_count"],
        ),
        differences=row["differences"],
    )


def uploaded_of(row: Row) -> Uploaded:
    """What a terminal said that it has."""
    return Uploaded(
        place=place_of(row),
        amount=_amount_of(row),
        is_credit=row["is_credit"],
        finding=ResponseCode(row["finding"]),
    )


def columns_of_stations(stations: Sequence[Station]) -> tuple[list[object], ...]:
    """For `write_stations`."""
    return (
        [s.terminal for s in stations],
        [s.pairing for s in stations],
        [s.key for s in stations],
        [s.key_before for s in stations],
        [s.key_at for s in stations],
        [s.key_before_at for s in stations],
        [s.batch for s in stations],
    )


def columns_of_entries(entries: Sequence[Entry]) -> tuple[list[object], ...]:
    """For `write_entries`."""
    return (
        *_columns_of_places([e.place for e in entries]),
        [e.kind.value for e in entries],
        [e.state.value for e in entries],
        [e.code.value for e in entries],
        [e.amount.minor for e in entries],
        [e.amount.currency.code for e in entries],
        [e.asked for e in entries],
        [e.payment for e in entries],
        [e.refunded for e in entries],
        [e.at for e in entries],
        [e.turned_at for e in entries],
    )


def columns_of_closed_batches(batches: Sequence[ClosedBatch]) -> tuple[list[object], ...]:
    """For `add_closed_batches`."""
    return (
        [b.terminal for b in batches],
        [b.number for b in batches],
        [b.currency.code for b in batches],
        [b.closed_at for b in batches],
        *_columns_of_totals([b.book for b in batches]),
        *_columns_of_totals([b.terminal_totals for b in batches]),
        [b.differences for b in batches],
    )


def columns_of_uploaded(uploaded: Sequence[Uploaded]) -> tuple[list[object], ...]:
    """For `write_uploaded`."""
    return (
        *_columns_of_places([u.place for u in uploaded]),
        [u.amount.minor for u in uploaded],
        [u.amount.currency.code for u in uploaded],
        [u.is_credit for u in uploaded],
        [u.finding.value for u in uploaded],
    )


def _columns_of_places(places: Sequence[Place]) -> tuple[list[object], ...]:
    return [p.terminal for p in places], [p.batch for p in places], [p.stan for p in places]


def _columns_of_totals(totals: Sequence[Totals]) -> tuple[list[object], ...]:
    return (
        [t.debits for t in totals],
        [t.debit_count for t in totals],
        [t.credits for t in totals],
        [t.credit_count for t in totals],
    )


def _amount_of(row: Row) -> Money:
    return Money(row["amount"], Currency.of(row["currency"]))
