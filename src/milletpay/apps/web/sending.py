"""Sending money to another customer: to whom and how much, then the name, and the PIN."""

from urllib.parse import quote, urlencode

from milletpay.apps.http.answers import Answer
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Media, Route
from milletpay.apps.web.backing import Backing
from milletpay.apps.web.bank_card import AskAmount, Typed, read_amount
from milletpay.apps.web.forms import Form, Key
from milletpay.apps.web.pages import Pages
from milletpay.apps.web.people import CUSTOMER, People
from milletpay.apps.web.pin import NotTaken, Pin, check_pin, pin_hint, words_of
from milletpay.apps.web.wallet import CURRENCY
from milletpay.customers import Customer, NotAPhone, find_by_phone, read_phone
from milletpay.wallets import Send, SendId, SendMoney, find_balance


class ToSend(AskAmount, frozen=True, kw_only=True):
    """To whom, how much, with which words."""

    to: Typed = ""
    note: Typed = ""


class GiveSend(Form, frozen=True, kw_only=True):
    """The same, with the sender's word."""

    to: Typed
    amount: Typed
    note: Typed = ""
    order: Key
    pin: Pin


class SendingPages:
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
                path="/wallet/send",
                handler=self.ask,
                query=ToSend,
                who=CUSTOMER,
                summary="Ask to whom and how much to send",
                answers={200: bytes},
            ),
            Route(
                method="GET",
                path="/wallet/send/confirm",
                handler=self.ask_again,
                query=ToSend,
                who=CUSTOMER,
                summary="Show to whom it goes, and ask for the PIN",
                answers={200: bytes, 303: bytes},
            ),
            Route(
                method="POST",
                path="/wallet/send/confirm",
                handler=self.send,
                body=GiveSend,
                media=Media.FORM,
                who=CUSTOMER,
                summary="Send it",
                answers={303: bytes},
            ),
        )

    async def ask(self, request: Request, *, query: ToSend) -> Answer:
        """The first step."""
        person = await self._people.owner(request)
        async with self._backing.database.connection() as connection:
            balance = await find_balance(connection, customer=person.id, mode=person.mode, currency=CURRENCY)
        said, about_amount = words_of(self._pages, request, query), query.said == "amount_wrong"
        return self._pages.show(
            request,
            "send.html",
            given=query,
            balance=balance,
            to_said="" if about_amount else said,
            amount_said=said if about_amount else "",
        )

    async def ask_again(self, request: Request, *, query: ToSend) -> Answer:
        """The second step, which shows whose the number is."""
        person = await self._people.owner(request)
        recipient, amount = await self._recipient(query.to, person), read_amount(query.amount)
        if isinstance(recipient, str) or amount is None:
            said = recipient if isinstance(recipient, str) else "amount_wrong"
            return self._pages.go(f"/wallet/send?{_fields(query)}&said={said}")
        said = words_of(self._pages, request, query)
        about_pin = query.said.startswith("pin_")
        return self._pages.show(
            request,
            "send_confirm.html",
            given=query,
            recipient=recipient,
            amount=amount,
            order=self._pages.new_key(),
            said="" if about_pin else said,
            pin_said=said if about_pin else "",
            pin_hint=pin_hint(self._backing, self._pages, request, person),
        )

    async def send(self, request: Request, *, body: GiveSend) -> Answer:
        """Send it, once, however often this is sent."""
        self._pages.check(request, body)
        person = await self._people.owner(request)
        recipient, amount = await self._recipient(body.to, person), read_amount(body.amount)
        again = f"/wallet/send/confirm?{_fields(body)}"
        if isinstance(recipient, str) or amount is None:
            return self._pages.go(again)
        checked = await check_pin(self._backing, customer=person, pin=body.pin)
        if isinstance(checked, NotTaken):
            return self._pages.go(f"{again}&{checked.query}")
        answer = await self._backing.desk.submit(
            SendMoney(
                id=SendId(self._backing.ids.next()),
                mode=person.mode,
                customer=person.id,
                recipient=recipient.id,
                amount=amount,
                note=body.note,
                reference=body.order,
            )
        )
        if not isinstance(answer, Send):
            return self._pages.go(f"{again}&said=not_done")
        if answer.decline is not None:
            return self._pages.go(f"{again}&said={answer.decline.value}")
        return self._pages.go("/wallet?said=money_sent")

    async def _recipient(self, typed: str, person: Customer) -> Customer | str:
        """Whose number it is, or the word for what is wrong with it."""
        try:
            number = read_phone(typed)
        except NotAPhone:
            return "phone_wrong"
        async with self._backing.database.connection() as connection:
            found = await find_by_phone(connection, mode=person.mode, phone=number)
        if found is None:
            return "recipient_not_found"
        return "same_customer" if found.id == person.id else found


def _fields(given: ToSend | GiveSend) -> str:
    return urlencode({"to": given.to, "amount": given.amount, "note": given.note}, quote_via=quote)
