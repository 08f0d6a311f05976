"""Money from a card into the wallet, and out of it to a card: asked for, and followed until the bank says."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Literal, Self
from urllib.parse import quote, urlencode

import msgspec

from milletpay.apps.http.answers import Answer
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request, read_id
from milletpay.apps.http.routes import Media, Route
from milletpay.apps.http.shapes import Output
from milletpay.apps.http.streams import EventStream, ServerEvent
from milletpay.apps.web.backing import Backing
from milletpay.apps.web.forms import Form, Key, Text
from milletpay.apps.web.look import local_path
from milletpay.apps.web.pages import Pages
from milletpay.apps.web.people import CUSTOMER, People
from milletpay.apps.web.pin import NotTaken, Pin, Said, check_pin, pin_hint, words_of
from milletpay.apps.web.wallet import CURRENCY
from milletpay.customers import Customer
from milletpay.money import Money, NotAnAmount, parse_money
from milletpay.plumbing.clock import MILLISECOND
from milletpay.wallets import (
    CARD_ID,
    TOP_UP_ID,
    WITHDRAWAL_ID,
    Card,
    StartTopUp,
    StartWithdrawal,
    TopUp,
    TopUpId,
    Withdrawal,
    WithdrawalId,
    cards_of,
    find_balance,
    find_top_up,
    find_withdrawal,
)

LOOK_NS = 300 * MILLISECOND

Typed = Annotated[str, msgspec.Meta(max_length=40)]


class AskAmount(Said, frozen=True, kw_only=True):
    """What the form is to begin with."""

    amount: Typed = ""
    next: str = "/wallet"


class Onward(Said, frozen=True, kw_only=True):
    """Where to go when it has arrived."""

    next: str = "/wallet"


class GiveTopUp(Form, frozen=True, kw_only=True):
    """A top-up."""

    amount: Typed
    card: Text
    order: Key
    next: str = "/wallet"


class GiveWithdrawal(Form, frozen=True, kw_only=True):
    """A withdrawal."""

    amount: Typed
    card: Text
    order: Key
    pin: Pin


class Moved(Output, frozen=True, kw_only=True):
    """How far money is on its way between a bank and a wallet."""

    object: Literal["movement"] = "movement"
    status: str

    @classmethod
    def example(cls) -> Self:
        """One that arrived."""
        return cls(status="succeeded")


class BankCardPages:
    """Their handlers."""

    def __init__(self, backing: Backing, pages: Pages, people: People) -> None:
        self._backing = backing
        self._pages = pages
        self._people = people

    def routes(self) -> tuple[Route, ...]:
        """Their rows."""
        rows = (
            ("GET", "/wallet/top-up", self.ask_top_up, AskAmount, None, "Ask how much to top up"),
            ("POST", "/wallet/top-up", self.top_up, None, GiveTopUp, "Top up"),
            ("GET", "/wallet/top-ups/{movement}", self.follow, Onward, None, "How far a top-up is"),
            ("GET", "/wallet/top-ups/{movement}/events", self.events, None, None, "The same, as it changes"),
            ("GET", "/wallet/withdraw", self.ask_withdrawal, AskAmount, None, "Ask how much to withdraw"),
            ("POST", "/wallet/withdraw", self.withdraw, None, GiveWithdrawal, "Withdraw, with the PIN"),
            ("GET", "/wallet/withdrawals/{movement}", self.follow, Onward, None, "How far a withdrawal is"),
            (
                "GET",
                "/wallet/withdrawals/{movement}/events",
                self.events,
                None,
                None,
                "The same, as it changes",
            ),
        )
        return tuple(
            Route(
                method=method,
                path=path,
                handler=handler,
                query=query,
                body=body,
                media=Media.FORM,
                who=CUSTOMER,
                summary=summary,
                answers={200: EventStream} if path.endswith("events") else {200: bytes, 303: bytes},
            )
            for method, path, handler, query, body, summary in rows
        )

    async def ask_top_up(self, request: Request, *, query: AskAmount) -> Answer:
        """Ask how much, and from which card."""
        person = await self._people.owner(request)
        return self._pages.show(
            request,
            "top_up.html",
            cards=await self._cards(person),
            amount_given=query.amount,
            next=local_path(query.next),
            here=_ask_again("/wallet/top-up", amount=query.amount, next=local_path(query.next)),
            order=self._pages.new_key(),
            said=words_of(self._pages, request, query),
        )

    async def top_up(self, request: Request, *, body: GiveTopUp) -> Answer:
        """Begin it, once, however often this is sent."""
        self._pages.check(request, body)
        person = await self._people.owner(request)
        again = urlencode({"amount": body.amount, "next": local_path(body.next)}, quote_via=quote)
        amount = read_amount(body.amount)
        if amount is None:
            return self._pages.go(f"/wallet/top-up?{again}&said=amount_wrong")
        answer = await self._backing.desk.submit(
            StartTopUp(
                id=TopUpId(self._backing.ids.next()),
                mode=person.mode,
                customer=person.id,
                card=read_id(CARD_ID, body.card, param="card"),
                amount=amount,
                reference=body.order,
            )
        )
        if not isinstance(answer, TopUp):
            return self._pages.go(f"/wallet/top-up?{again}&said=not_done")
        if answer.decline is not None:
            return self._pages.go(f"/wallet/top-up?{again}&said={answer.decline.value}")
        onward = quote(local_path(body.next), safe="")
        return self._pages.go(f"/wallet/top-ups/{TOP_UP_ID.write(answer.id)}?next={onward}")

    async def ask_withdrawal(self, request: Request, *, query: AskAmount) -> Answer:
        """Ask how much, to which card, and for the PIN."""
        person = await self._people.owner(request)
        async with self._backing.database.connection() as connection:
            balance = await find_balance(connection, customer=person.id, mode=person.mode, currency=CURRENCY)
        said = words_of(self._pages, request, query)
        about_pin = query.said.startswith("pin_")
        return self._pages.show(
            request,
            "withdraw.html",
            cards=await self._cards(person),
            balance=balance,
            amount_given=query.amount,
            order=self._pages.new_key(),
            said="" if about_pin else said,
            pin_said=said if about_pin else "",
            pin_hint=pin_hint(self._backing, self._pages, request, person),
        )

    async def withdraw(self, request: Request, *, body: GiveWithdrawal) -> Answer:
        """Begin it, once, however often this is sent."""
        self._pages.check(request, body)
        person = await self._people.owner(request)
        again = urlencode({"amount": body.amount}, quote_via=quote)
        amount = read_amount(body.amount)
        if amount is None:
            return self._pages.go(f"/wallet/withdraw?{again}&said=amount_wrong")
        checked = await check_pin(self._backing, customer=person, pin=body.pin)
        if isinstance(checked, NotTaken):
            return self._pages.go(f"/wallet/withdraw?{again}&{checked.query}")
        answer = await self._backing.desk.submit(
            StartWithdrawal(
                id=WithdrawalId(self._backing.ids.next()),
                mode=person.mode,
                customer=person.id,
                card=read_id(CARD_ID, body.card, param="card"),
                amount=amount,
                reference=body.order,
            )
        )
        if not isinstance(answer, Withdrawal):
            return self._pages.go(f"/wallet/withdraw?{again}&said=not_done")
        if answer.decline is not None:
            return self._pages.go(f"/wallet/withdraw?{again}&said={answer.decline.value}")
        return self._pages.go(f"/wallet/withdrawals/{WITHDRAWAL_ID.write(answer.id)}")

    async def follow(self, request: Request, *, movement: str, query: Onward) -> Answer:
        """How far it is; a top-up that has arrived leads on to what it was for."""
        person = await self._people.owner(request)
        found = await self._movement(request, movement, person)
        onward = local_path(query.next)
        if found.status.value == "succeeded" and onward != "/wallet":
            return self._pages.go(onward)
        return self._pages.show(
            request,
            "movement.html",
            movement=found,
            is_top_up=isinstance(found, TopUp),
            is_decided=found.is_decided,
            why=self._pages.said(request, found.decline.value) if found.decline else "",
            next=onward,
        )

    async def events(self, request: Request, *, movement: str) -> EventStream:
        """Tell how far it is until the bank has said."""
        person = await self._people.owner(request)
        return EventStream(self._until_decided(request, movement, person))

    async def _until_decided(
        self, request: Request, movement: str, person: Customer
    ) -> AsyncIterator[ServerEvent]:
        told = ""
        while True:
            found = await self._movement(request, movement, person)
            if found.status.value != told:
                told = found.status.value
                yield ServerEvent(kind="movement", data=Moved(status=told))
            if found.is_decided:
                return
            await self._backing.clock.sleep(duration_ns=LOOK_NS)

    async def _movement(self, request: Request, movement: str, person: Customer) -> TopUp | Withdrawal:
        found: TopUp | Withdrawal | None
        async with self._backing.database.connection() as connection:
            if "/top-ups/" in request.path:
                found = await find_top_up(connection, id=read_id(TOP_UP_ID, movement, param="movement"))
            else:
                id = read_id(WITHDRAWAL_ID, movement, param="movement")
                found = await find_withdrawal(connection, id=id)
        if found is None or found.customer != person.id:
            raise Refuse(EdgeRefusal.NOT_FOUND, f"There is nothing at {request.path[:200]}.")
        return found

    async def _cards(self, person: Customer) -> Sequence[tuple[str, Card]]:
        async with self._backing.database.connection() as connection:
            cards = await cards_of(connection, customer=person.id)
        return [(CARD_ID.write(card.id), card) for card in cards]


def _ask_again(path: str, **fields: str) -> str:
    """This page as it is asked for, as a field of another page's address."""
    return quote(f"{path}?{urlencode(fields, quote_via=quote)}", safe="")


def read_amount(typed: str) -> Money | None:
    """What somebody typed as an amount to move, or None when it is none."""
    try:
        amount = parse_money(typed, currency=CURRENCY)
    except NotAnAmount:
        return None
    return amount if amount.is_positive and amount.currency is CURRENCY else None
