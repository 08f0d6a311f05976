"""The reads of funding."""

from collections.abc import Sequence
from typing import Final

from milletpay.customers import CustomerId
from milletpay.funding.model import ONLY_BALANCE, Draw, GiveBack, Order, Source, SourceKind, read_order
from milletpay.funding.rows import draw_of, give_back_of
from milletpay.plumbing.database import Connection
from milletpay.plumbing.statements import load_statements
from milletpay.wallets import cards_of

SQL: Final = load_statements("milletpay.funding")


async def order_of(connection: Connection, *, customer: CustomerId) -> Order:
    """From what a customer wants to pay, the first first; cards that were removed are left out.

    Who has chosen nothing pays from the balance, then from the card that was bound first.
    """
    cards = [card.id for card in await cards_of(connection, customer=customer)]
    chosen = await connection.fetchval(SQL["preference"], customer)
    if chosen is None:
        return ONLY_BALANCE + tuple(Source(SourceKind.CARD, card) for card in cards[-1:])
    still_there = (source for source in read_order(chosen) if source.card is None or source.card in cards)
    return tuple(still_there) or ONLY_BALANCE


async def draws_of(connection: Connection, *, payment: int) -> Sequence[Draw]:
    """What a payment drew from cards, the oldest first."""
    draws = [draw_of(row) for row in await connection.fetch(SQL["draws"], [], [payment])]
    return sorted(draws, key=lambda draw: draw.id)


async def give_backs_of(connection: Connection, *, payment: int) -> Sequence[GiveBack]:
    """What of a payment went back to cards, the oldest first."""
    return [give_back_of(row) for row in await connection.fetch(SQL["give_backs_of"], payment)]
