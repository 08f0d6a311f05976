"""Code plates: what a printed code opens, where the payer types the amount; and the plate to print."""

from http import HTTPStatus
from urllib.parse import quote, urlencode

from markupsafe import Markup

from milletpay.apps.http.answers import Answer
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Media, Route
from milletpay.apps.web.backing import Backing
from milletpay.apps.web.bank_card import AskAmount, Typed, read_amount
from milletpay.apps.web.forms import Form, Key
from milletpay.apps.web.pages import Pages
from milletpay.apps.web.people import People
from milletpay.apps.web.pin import NotTaken, Pin, check_pin, pin_hint, words_of
from milletpay.apps.web.sources import Sources, choices_in_order, read_choice
from milletpay.checkout import PlateSession, find_plate_session, pay_at
from milletpay.codes import svg
from milletpay.money import Currency
from milletpay.payments import PaymentId, Refusal, Refused
from milletpay.wallets import find_balance

CURRENCY = Currency.CNY


class GivePlate(Form, frozen=True, kw_only=True):
    """What is paid, and the payer's word."""

    amount: Typed
    order: Key
    pin: Pin
    source: Sources = ""
    """From what to pay; nothing for the balance."""


class PlatePages:
    """Their handlers."""

    def __init__(self, backing: Backing, pages: Pages, people: People) -> None:
        self._backing = backing
        self._pages = pages
        self._people = people

    def routes(self) -> tuple[Route, ...]:
        """Their rows."""
        return (
            Route(
                method="GET",
                path="/p/{token}",
                handler=self.ask,
                query=AskAmount,
                summary="Pay at a code plate: what its code opens",
                answers={200: bytes},
            ),
            Route(
                method="POST",
                path="/p/{token}",
                handler=self.pay,
                body=GivePlate,
                media=Media.FORM,
                summary="Pay the amount that was typed, with the PIN",
                answers={303: bytes},
            ),
            Route(
                method="GET",
                path="/p/{token}/print",
                handler=self.show,
                summary="The plate, to print",
                answers={200: bytes},
            ),
        )

    async def ask(self, request: Request, *, token: str, query: AskAmount) -> Answer:
        """Whom it pays and where, and the form for the amount."""
        session, person = await self._session(token), await self._people.guest(request)
        if session is None:
            return self._altered(request)
        balance, choices = None, []
        if person is not None:
            async with self._backing.database.connection() as connection:
                balance = await find_balance(
                    connection, customer=person.id, mode=person.mode, currency=CURRENCY
                )
                choices = await choices_in_order(connection, person=person)
        said = words_of(self._pages, request, query)
        about_pin = query.said.startswith("pin_")
        about_amount = query.said == "amount_wrong"
        return self._pages.show(
            request,
            "plate.html",
            session=session,
            person=person,
            balance=balance,
            choices=choices,
            order=self._pages.new_key(),
            amount_given=query.amount,
            here=quote(request.path, safe=""),
            said="" if about_pin or about_amount else said,
            amount_said=said if about_amount else "",
            pin_said=said if about_pin else "",
            pin_hint=pin_hint(self._backing, self._pages, request, person) if person else "",
        )

    async def pay(self, request: Request, *, token: str, body: GivePlate) -> Answer:
        """Pay it, once, however often this is sent; where it goes on to shows what became of it."""
        self._pages.check(request, body)
        session, person = await self._session(token), await self._people.guest(request)
        if session is None:
            return self._altered(request)
        here = quote(request.path)
        if not session.is_open:
            return self._pages.go(f"{here}?said=plate_revoked")
        if person is None:
            return self._pages.go(here)
        amount = read_amount(body.amount)
        if amount is None:
            return self._pages.go(f"{here}?{urlencode({'said': 'amount_wrong', 'amount': body.amount})}")
        checked = await check_pin(self._backing, customer=person, pin=body.pin)
        if isinstance(checked, NotTaken):
            return self._pages.go(f"{here}?{checked.query}&{urlencode({'amount': body.amount})}")
        command = pay_at(
            session,
            id=PaymentId(self._backing.ids.next()),
            customer=person.id,
            mode=person.mode,
            amount=amount,
            once=body.order,
            sources=read_choice(body.source),
        )
        answer = await self._backing.desk.submit(command)
        if isinstance(answer, Refused):
            word = "plate_revoked" if answer.refusal is Refusal.PLATE_REVOKED else "not_done"
            return self._pages.go(f"{here}?said={word}")
        payment = answer.payment
        if payment.decline is not None:
            query = urlencode({"said": payment.decline.value, "amount": amount.decimal})
            return self._pages.go(f"{here}?{query}")
        link = self._backing.links.payment(payment.id)
        return self._pages.go(link.removeprefix(self._backing.links.base_url))

    async def show(self, request: Request, *, token: str) -> Answer:
        """The plate as it is printed and put up."""
        session = await self._session(token)
        if session is None:
            return self._altered(request)
        link = self._backing.links.plate(session.plate.id)
        symbol = svg(link, title=self._pages.catalog.say("plate.code", self._pages.look(request).language))
        # Drawn by segno from a link of ours, with the title escaped.
        drawn = Markup(symbol)  # noqa: S704 - drawn by us, no text in it
        return self._pages.show(request, "plate_print.html", session=session, symbol=drawn)

    def _altered(self, request: Request) -> Answer:
        """Say that we did not make this code: it was changed, cut off, or pasted over ours."""
        return self._pages.show(request, "plate_altered.html", status=HTTPStatus.NOT_FOUND)

    async def _session(self, token: str) -> PlateSession | None:
        async with self._backing.database.connection() as connection:
            return await find_plate_session(connection, token=token, links=self._backing.links)
