"""The cashier: one payment, to be paid here or by a code, and what became of it."""

from collections.abc import AsyncIterator
from typing import Literal, Self
from urllib.parse import quote

from markupsafe import Markup

from milletpay.apps.http.answers import Answer
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Media, Route
from milletpay.apps.http.shapes import Output
from milletpay.apps.http.streams import EventStream, ServerEvent
from milletpay.apps.web.backing import Backing
from milletpay.apps.web.forms import Form
from milletpay.apps.web.pages import Pages
from milletpay.apps.web.people import People
from milletpay.apps.web.pin import NotTaken, Pin, Said, check_pin, pin_hint, words_of
from milletpay.apps.web.sources import Sources, choices_to_pay, read_choice
from milletpay.checkout import Session, Standing, find_session, way_back
from milletpay.codes import svg
from milletpay.money import Money
from milletpay.payments import PAYMENT_ID, Decline, PayPayment, Refusal, Refused
from milletpay.wallets import find_balance


class Confirm(Form, frozen=True, kw_only=True):
    """The payer's word."""

    pin: Pin
    source: Sources = ""
    """From what to pay; nothing for the balance."""


class Stood(Output, frozen=True, kw_only=True):
    """How a payment stands, told to a page that shows it."""

    object: Literal["checkout_session"] = "checkout_session"
    standing: Standing

    @classmethod
    def example(cls) -> Self:
        """One that was paid."""
        return cls(standing=Standing.PAID)


class CashierPages:
    """Its handlers."""

    def __init__(self, backing: Backing, pages: Pages, people: People) -> None:
        self._backing = backing
        self._pages = pages
        self._people = people

    def routes(self) -> tuple[Route, ...]:
        """Its rows."""
        return (
            Route(
                method="GET",
                path="/c/{token}",
                handler=self.till,
                summary="The cashier page of a payment: what its link and its code open",
                answers={200: bytes},
            ),
            Route(
                method="GET",
                path="/c/{token}/events",
                handler=self.events,
                summary="How the payment stands, as it changes",
                answers={200: EventStream},
            ),
            Route(
                method="GET",
                path="/c/{token}/confirm",
                handler=self.ask,
                query=Said,
                summary="The page on which the payer confirms",
                answers={200: bytes, 303: bytes},
            ),
            Route(
                method="POST",
                path="/c/{token}/confirm",
                handler=self.pay,
                body=Confirm,
                media=Media.FORM,
                summary="Pay, with the PIN",
                answers={303: bytes},
            ),
        )

    async def till(self, request: Request, *, token: str) -> Answer:
        """The payment as it stands."""
        session, person = await self._session(token, request), await self._people.guest(request)
        payment = session.payment
        symbol = ""
        if session.standing is Standing.OPEN:
            title = self._pages.catalog.say("cashier.code", self._pages.look(request).language)
            symbol = svg(self._backing.links.payment(payment.id), title=title)
        return self._pages.show(
            request,
            "cashier.html",
            session=session,
            may_pay=session.merchant.is_active,
            person=person,
            mine=person is not None and payment.customer == person.id,
            anothers=person is not None and payment.customer not in {None, person.id},
            # Drawn by segno from a link of ours, with the title escaped.
            symbol=Markup(symbol),  # noqa: S704 - drawn by us, no text in it
            refunded=Money(payment.refunded, payment.amount.currency),
            payment_id=PAYMENT_ID.write(payment.id),
            back_to_shop=way_back(session, keys=self._backing.returns),
        )

    async def events(self, request: Request, *, token: str) -> EventStream:
        """Tell how it stands, now and whenever that changes."""
        return EventStream(self._follow(await self._session(token, request)))

    async def ask(self, request: Request, *, token: str, query: Said) -> Answer:
        """Ask the payer to confirm; whoever is not signed in does that first."""
        session, person = await self._session(token, request), await self._people.guest(request)
        if session.standing is not Standing.OPEN or not session.merchant.is_active:
            return self._pages.go(_till(session))
        if person is None:
            return self._pages.to_sign_in(request)
        async with self._backing.database.connection() as connection:
            balance = await find_balance(
                connection, customer=person.id, mode=person.mode, currency=session.payment.amount.currency
            )
            choices = await choices_to_pay(
                connection, person=person, payment=session.payment, balance=balance
            )
        short = session.payment.amount.minor - balance.available.minor
        said = words_of(self._pages, request, query)
        about_pin = query.said.startswith("pin_")
        return self._pages.show(
            request,
            "confirm.html",
            session=session,
            person=person,
            balance=balance,
            choices=choices,
            lacks=Money(short, session.payment.amount.currency) if short > 0 else None,
            said="" if about_pin else said,
            pin_said=said if about_pin else "",
            pin_hint=pin_hint(self._backing, self._pages, request, person),
            cashier=_till(session),
        )

    async def pay(self, request: Request, *, token: str, body: Confirm) -> Answer:
        """Pay it, once, however often this is sent; where it goes on to shows what became of it."""
        self._pages.check(request, body)
        session, person = await self._session(token, request), await self._people.guest(request)
        if session.standing is not Standing.OPEN or not session.merchant.is_active:
            return self._pages.go(_till(session))
        if person is None:
            return self._pages.to_sign_in(request)
        checked = await check_pin(self._backing, customer=person, pin=body.pin)
        if isinstance(checked, NotTaken):
            return self._pages.go(f"{_till(session)}/confirm?{checked.query}")
        command = PayPayment(
            payment=session.payment.id,
            customer=person.id,
            mode=person.mode,
            sources=read_choice(body.source),
        )
        answer = await self._backing.desk.submit(command)
        if isinstance(answer, Decline):
            return self._pages.go(f"{_till(session)}/confirm?said={answer.value}")
        if isinstance(answer, Refused) and answer.refusal is Refusal.PAYMENT_NOT_FOUND:
            # A wallet of the other mode: for it there is no such payment.
            return self._pages.go(f"{_till(session)}/confirm?said=not_done")
        self._backing.watch.nudge()
        return self._pages.go(_till(session))

    async def _session(self, token: str, request: Request) -> Session:
        async with self._backing.database.connection() as connection:
            session = await find_session(
                connection, token=token, links=self._backing.links, now=self._backing.clock.now_ns()
            )
        if session is None:
            raise Refuse(EdgeRefusal.NOT_FOUND, f"There is no payment at {request.path[:200]}.")
        return session

    async def _follow(self, session: Session) -> AsyncIterator[ServerEvent]:
        while True:
            payment = session.payment
            stood = Stood(standing=session.standing)
            yield ServerEvent(kind="payment", data=stood, id=str(payment.events))
            if session.standing.is_final:
                return
            await self._backing.watch.changed(payment.id, after=payment.events)
            async with self._backing.database.connection() as connection:
                found = await find_session(
                    connection,
                    token=session.token,
                    links=self._backing.links,
                    now=self._backing.clock.now_ns(),
                )
            assert found is not None, "a payment stays"
            session = found


def _till(session: Session) -> str:
    return f"/c/{quote(session.token)}"
