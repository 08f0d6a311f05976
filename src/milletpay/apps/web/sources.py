"""From what somebody pays: what can be chosen on a page, and the page on which the order is chosen."""

from dataclasses import dataclass
from typing import Annotated

import msgspec

from milletpay.apps.http.answers import Answer
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Media, Route
from milletpay.apps.web.backing import Backing
from milletpay.apps.web.forms import Form
from milletpay.apps.web.pages import Pages
from milletpay.apps.web.people import CUSTOMER, People
from milletpay.apps.web.pin import Said, words_of
from milletpay.customers import Customer
from milletpay.funding import (
    BALANCE,
    ONLY_BALANCE,
    ChooseSources,
    Chosen,
    Demand,
    Manner,
    Order,
    Source,
    SourceKind,
    order_of,
    plan,
    read_order,
    write_order,
)
from milletpay.payments import CaptureMethod, Payment
from milletpay.plumbing.database import Connection
from milletpay.wallets import Balance, Card, cards_of

PATH = "/wallet/sources"

Sources = Annotated[str, msgspec.Meta(max_length=800)]
"""An order as one word of a form: `balance` and ids of cards, with spaces between."""


class ChooseFirst(Form, frozen=True, kw_only=True):
    """Which source is tried first."""

    source: Sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One row of a form: an order of sources, and the card that it begins with, if it does."""

    value: str
    card: Card | None
    is_chosen: bool


def read_choice(text: str) -> Order:
    """The order that a form gives; the balance where it gives none."""
    try:
        return read_order(text) or ONLY_BALANCE
    except ValueError as error:
        raise Refuse(EdgeRefusal.INVALID_FIELD, "This is no source to pay from.", param="source") from error


async def choices_to_pay(
    connection: Connection, *, person: Customer, payment: Payment, balance: Balance
) -> list[Choice]:
    """What can pay a payment by itself, in the customer's order; the first that can is chosen already."""
    cards = {card.id: card for card in await cards_of(connection, customer=person.id)}
    order = await order_of(connection, customer=person.id)
    rest = (Source(SourceKind.CARD, id) for id in cards)
    demand = Demand(
        amount=payment.amount,
        manner=Manner.CONFIRMED,
        is_held=payment.capture_method is CaptureMethod.MANUAL,
    )
    usable = frozenset(cards)
    can_pay = [
        source
        for source in dict.fromkeys((*order, BALANCE, *rest))
        if plan((source,), demand=demand, balance=balance.available.minor, usable=usable).source is not None
    ]
    return [
        Choice(
            value=str(source), card=None if source.card is None else cards[source.card], is_chosen=place == 0
        )
        for place, source in enumerate(can_pay)
    ]


async def choices_in_order(connection: Connection, *, person: Customer) -> list[Choice]:
    """Each source by itself, in the customer's order; the first is chosen already."""
    cards = {card.id: card for card in await cards_of(connection, customer=person.id)}
    order = await order_of(connection, customer=person.id)
    sources = dict.fromkeys((*order, BALANCE, *(Source(SourceKind.CARD, id) for id in cards)))
    return [
        Choice(
            value=str(source), card=None if source.card is None else cards[source.card], is_chosen=place == 0
        )
        for place, source in enumerate(sources)
    ]


async def choices_to_sign(connection: Connection, *, person: Customer) -> list[Choice]:
    """From what charges may be paid: the balance, or a card when the balance does not cover a charge."""
    cards = await cards_of(connection, customer=person.id)
    with_card = [
        Choice(value=write_order((BALANCE, Source(SourceKind.CARD, card.id))), card=card, is_chosen=False)
        for card in cards
    ]
    return [Choice(value=write_order(ONLY_BALANCE), card=None, is_chosen=True), *with_card]


class SourcePages:
    """The page on which a customer chooses what is tried first."""

    def __init__(self, backing: Backing, pages: Pages, people: People) -> None:
        self._backing = backing
        self._pages = pages
        self._people = people

    def routes(self) -> tuple[Route, ...]:
        """Its rows."""
        return (
            Route(
                method="GET",
                path=PATH,
                handler=self.ask,
                query=Said,
                who=CUSTOMER,
                summary="From what the wallet pays first",
                answers={200: bytes},
            ),
            Route(
                method="POST",
                path=PATH,
                handler=self.choose,
                body=ChooseFirst,
                media=Media.FORM,
                who=CUSTOMER,
                summary="Choose what is tried first",
                answers={303: bytes},
            ),
        )

    async def ask(self, request: Request, *, query: Said) -> Answer:
        """What there is to pay from."""
        person = await self._people.owner(request)
        async with self._backing.database.connection() as connection:
            choices = await choices_in_order(connection, person=person)
        said = words_of(self._pages, request, query)
        return self._pages.show(
            request, "sources.html", choices=choices, said=said, good=query.said == "kept"
        )

    async def choose(self, request: Request, *, body: ChooseFirst) -> Answer:
        """Put it first; the others keep their order after it."""
        self._pages.check(request, body)
        person = await self._people.owner(request)
        first = read_choice(body.source)
        async with self._backing.database.connection() as connection:
            order = await order_of(connection, customer=person.id)
        command = ChooseSources(
            customer=person.id, mode=person.mode, order=tuple(dict.fromkeys((*first, *order, BALANCE)))
        )
        answer = await self._backing.desk.submit(command)
        return self._pages.go(f"{PATH}?said={'kept' if isinstance(answer, Chosen) else 'not_done'}")
