"""What is asked when a code was shown for more than goes without asking: yes with the PIN, or no."""

from typing import Final

from milletpay.apps.http.answers import Answer
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Media, Route
from milletpay.apps.web.backing import Backing
from milletpay.apps.web.cashier import Confirm
from milletpay.apps.web.forms import Form
from milletpay.apps.web.pages import Pages
from milletpay.apps.web.people import CUSTOMER, People
from milletpay.apps.web.pin import NotTaken, Said, check_pin, pin_hint, words_of
from milletpay.apps.web.sources import choices_to_pay, read_choice
from milletpay.checkout import standing_of
from milletpay.codes import Link, LinkKind
from milletpay.customers import Customer
from milletpay.merchants import find_merchant, find_store
from milletpay.money import Money
from milletpay.payments import (
    PAYMENT_ID,
    Decline,
    DeclinePayment,
    Payment,
    PaymentId,
    PayPayment,
    Refused,
    find_payment,
)
from milletpay.plumbing.clock import SECOND
from milletpay.wallets import find_balance

ASKED: Final = "/wallet/asked"


class AskedPages:
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
                path=f"{ASKED}/{{payment}}",
                handler=self.ask,
                query=Said,
                ids={"payment": PAYMENT_ID},
                who=CUSTOMER,
                summary="A payment that a code was shown for: yes or no",
                answers={200: bytes},
            ),
            Route(
                method="POST",
                path=f"{ASKED}/{{payment}}",
                handler=self.pay,
                body=Confirm,
                media=Media.FORM,
                ids={"payment": PAYMENT_ID},
                who=CUSTOMER,
                summary="Yes, with the PIN",
                answers={303: bytes},
            ),
            Route(
                method="POST",
                path=f"{ASKED}/{{payment}}/decline",
                handler=self.decline,
                body=Form,
                media=Media.FORM,
                ids={"payment": PAYMENT_ID},
                who=CUSTOMER,
                summary="No",
                answers={303: bytes},
            ),
        )

    async def ask(self, request: Request, *, payment: PaymentId, query: Said) -> Answer:
        """The question, or what became of it."""
        person = await self._people.owner(request)
        asked = await self._asked(request, payment, person)
        async with self._backing.database.connection() as connection:
            merchant = await find_merchant(connection, id=asked.merchant)
            store = None if asked.store is None else await find_store(connection, id=asked.store)
            balance = await find_balance(
                connection, customer=person.id, mode=person.mode, currency=asked.amount.currency
            )
            choices = await choices_to_pay(connection, person=person, payment=asked, balance=balance)
        short = asked.amount.minor - balance.available.minor
        said = words_of(self._pages, request, query)
        about_pin = query.said.startswith("pin_")
        left = -((self._backing.clock.now_ns() - asked.due_at) // SECOND)
        return self._pages.show(
            request,
            "asked.html",
            payment=asked,
            standing=standing_of(asked, now=self._backing.clock.now_ns()),
            events=f"/c/{self._token(payment)}/events",
            merchant=merchant,
            store=store,
            balance=balance,
            choices=choices,
            lacks=Money(short, asked.amount.currency) if short > 0 else None,
            is_asked=asked.asks(person.id) and left > 0,
            seconds_left=left,
            said="" if about_pin else said,
            pin_said=said if about_pin else "",
            pin_hint=pin_hint(self._backing, self._pages, request, person),
        )

    async def pay(self, request: Request, *, payment: PaymentId, body: Confirm) -> Answer:
        """Pay it, once, however often this is sent."""
        self._pages.check(request, body)
        person, here = await self._people.owner(request), f"{ASKED}/{PAYMENT_ID.write(payment)}"
        asked = await self._asked(request, payment, person)
        if asked.asks(person.id):
            checked = await check_pin(self._backing, customer=person, pin=body.pin)
            if isinstance(checked, NotTaken):
                return self._pages.go(f"{here}?{checked.query}")
            answer = await self._backing.desk.submit(
                PayPayment(
                    payment=payment,
                    customer=person.id,
                    mode=person.mode,
                    sources=read_choice(body.source),
                )
            )
            self._tell()
            if isinstance(answer, Decline):
                return self._pages.go(f"{here}?said={answer.value}")
            if isinstance(answer, Refused):
                return self._pages.go(here)
            asked = await self._asked(request, payment, person)
        if not asked.captured:
            return self._pages.go(here)
        return self._pages.go(f"/wallet/code?paid={PAYMENT_ID.write(payment)}")

    async def decline(self, request: Request, *, payment: PaymentId, body: Form) -> Answer:
        """Say no; the till is told at once."""
        self._pages.check(request, body)
        person = await self._people.owner(request)
        await self._backing.desk.submit(DeclinePayment(payment=payment, customer=person.id, mode=person.mode))
        self._tell()
        return self._pages.go(f"{ASKED}/{PAYMENT_ID.write(payment)}")

    def _tell(self) -> None:
        self._backing.watch.nudge()
        self._backing.presented.nudge()
        self._backing.told.nudge()

    def _token(self, payment: PaymentId) -> str:
        return self._backing.links.token(Link(kind=LinkKind.PAYMENT, object=payment))

    async def _asked(self, request: Request, id: PaymentId, person: Customer) -> Payment:
        async with self._backing.database.connection() as connection:
            payment = await find_payment(connection, id=id)
        if payment is None or payment.presented is None or payment.customer != person.id:
            raise Refuse(EdgeRefusal.NOT_FOUND, f"You are asked nothing at {request.path[:200]}.")
        return payment
