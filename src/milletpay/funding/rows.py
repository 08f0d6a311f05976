"""Draws and give-backs as rows of their tables, both ways."""

from collections.abc import Iterable, Sequence
from typing import Any

from milletpay.customers import CustomerId
from milletpay.funding.model import Draw, DrawId, DrawStatus, GiveBack, GiveBackId, GiveBackStatus
from milletpay.ledger.chart import Mode
from milletpay.money import Currency, Money
from milletpay.plumbing.database import Row
from milletpay.rails import BankKey, RefusalReason
from milletpay.wallets import CardId


def columns(rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    """Rows as columns, for array parameters."""
    return [list(column) for column in zip(*rows, strict=True)]


def row_of_draw(draw: Draw) -> Sequence[Any]:
    """In the order of the statement `write_draws`."""
    return (
        draw.id,
        draw.payment,
        draw.attempt,
        draw.customer,
        draw.card,
        draw.bank.mode is Mode.LIVE,
        draw.bank.code,
        draw.amount.currency.number,
        draw.amount.minor,
        draw.status,
        draw.reason,
        draw.bank_reference,
        draw.given_back,
        draw.created_at,
        draw.sent_at,
        draw.let_go_at,
        draw.decided_at,
        draw.taken_back,
        draw.claimed,
        draw.shortfall,
        draw.taken_back_at,
    )


def draw_of(row: Row) -> Draw:
    """The draw of a row."""
    return Draw(
        id=DrawId(row["id"]),
        payment=row["payment"],
        attempt=row["attempt"],
        customer=CustomerId(row["customer"]),
        card=CardId(row["card"]),
        bank=_bank_of(row),
        amount=_amount_of(row),
        status=DrawStatus(row["status"]),
        reason=_reason_of(row),
        bank_reference=row["bank_reference"],
        given_back=row["given_back"],
        created_at=row["created_at"],
        sent_at=row["sent_at"],
        let_go_at=row["let_go_at"],
        decided_at=row["decided_at"],
        taken_back=row["taken_back"],
        claimed=row["claimed"],
        shortfall=row["shortfall"],
        taken_back_at=row["taken_back_at"],
    )


def row_of_give_back(back: GiveBack) -> Sequence[Any]:
    """In the order of the statement `write_give_backs`."""
    return (
        back.id,
        back.draw,
        back.payment,
        back.refund,
        back.customer,
        back.card,
        back.bank.mode is Mode.LIVE,
        back.bank.code,
        back.amount.currency.number,
        back.amount.minor,
        back.status,
        back.reason,
        back.bank_reference,
        back.created_at,
        back.sent_at,
        back.decided_at,
    )


def give_back_of(row: Row) -> GiveBack:
    """The give-back of a row."""
    return GiveBack(
        id=GiveBackId(row["id"]),
        draw=DrawId(row["draw"]),
        payment=row["payment"],
        refund=row["refund"],
        customer=CustomerId(row["customer"]),
        card=CardId(row["card"]),
        bank=_bank_of(row),
        amount=_amount_of(row),
        status=GiveBackStatus(row["status"]),
        reason=_reason_of(row),
        bank_reference=row["bank_reference"],
        created_at=row["created_at"],
        sent_at=row["sent_at"],
        decided_at=row["decided_at"],
    )


def _amount_of(row: Row) -> Money:
    return Money(row["amount"], Currency.numbered(row["currency"]))


def _bank_of(row: Row) -> BankKey:
    return BankKey(Mode.LIVE if row["live"] else Mode.TEST, row["bank"])


def _reason_of(row: Row) -> RefusalReason | None:
    return None if row["reason"] is None else RefusalReason(row["reason"])
