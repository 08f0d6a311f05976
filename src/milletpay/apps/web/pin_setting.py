"""Setting the PIN: by whoever knows the old one, or has the phone in hand."""

from typing import Annotated

import msgspec

from milletpay.apps.http.answers import Answer
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Media, Route
from milletpay.apps.web.backing import Backing
from milletpay.apps.web.forms import Form
from milletpay.apps.web.pages import Pages
from milletpay.apps.web.people import CUSTOMER, People
from milletpay.apps.web.pin import NotTaken, Pin, Said, check_pin, refused_query, words_of
from milletpay.customers import Customer
from milletpay.identity import PhoneShown, PinRefusal, SecretRefused, has_pin, pin_refusal

PATH = "/wallet/pin"

Code = Annotated[str, msgspec.Meta(max_length=20)]


class AskForCode(Form, frozen=True, kw_only=True):
    """A code is to be sent to the customer's own phone."""


class GivePin(Form, frozen=True, kw_only=True):
    """A new PIN, twice, and what shows whose it is: the old one, or a code."""

    pin: Pin
    again: Pin
    current: Pin = ""
    code: Code = ""
    shown: Code = ""
    """The code as a demo shows it, for when the page has to be shown again."""


class PinPages:
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
                path=PATH,
                handler=self.ask,
                query=Said,
                who=CUSTOMER,
                summary="Ask for a new PIN",
                answers={200: bytes},
            ),
            Route(
                method="POST",
                path=f"{PATH}/code",
                handler=self.send_code,
                body=AskForCode,
                media=Media.FORM,
                who=CUSTOMER,
                summary="Send a code to the phone, in the place of the old PIN",
                answers={200: bytes, 303: bytes},
            ),
            Route(
                method="POST",
                path=PATH,
                handler=self.set,
                body=GivePin,
                media=Media.FORM,
                who=CUSTOMER,
                summary="Set it",
                answers={200: bytes, 303: bytes},
            ),
        )

    async def ask(self, request: Request, *, query: Said) -> Answer:
        """The form; who has no PIN yet gets a code first."""
        person = await self._people.owner(request)
        async with self._backing.database.connection() as connection:
            known = await has_pin(connection, customer=person.id)
        said = words_of(self._pages, request, query)
        if known and query.said.startswith("pin_"):
            return self._show(request, person, step="current", owner_said=said)
        return self._show(request, person, step="current" if known else "phone", said=said)

    async def send_code(self, request: Request, *, body: AskForCode) -> Answer:
        """Make a code."""
        self._pages.check(request, body)
        person = await self._people.owner(request)
        made = await self._backing.one_time_codes.make(
            person.phone, mode=person.mode, now=self._backing.clock.now_ns()
        )
        if isinstance(made, SecretRefused):
            return self._pages.go(f"{PATH}?{refused_query(made, what='codes')}")
        shown = made.code.reveal() if self._backing.is_demo else ""
        return self._show(request, person, step="code", shown=shown)

    async def set(self, request: Request, *, body: GivePin) -> Answer:
        """Set it, when all of it is right."""
        self._pages.check(request, body)
        person = await self._people.owner(request)
        step = "code" if body.code else "current"
        shown = body.shown if self._backing.is_demo else ""
        wrong = wrong_pin(body.pin, body.again)
        if wrong:
            said = self._pages.said(request, wrong)
            return self._show(request, person, step=step, shown=shown, pin_said=said)
        now = self._backing.clock.now_ns()
        if body.code:
            showed = await self._backing.one_time_codes.check(
                body.code, phone=person.phone, mode=person.mode, now=now
            )
            if not isinstance(showed, PhoneShown):
                said = self._pages.said(request, "code_wrong")
                return self._show(request, person, step=step, shown=shown, owner_said=said)
        else:
            checked = await check_pin(self._backing, customer=person, pin=body.current)
            if isinstance(checked, NotTaken):
                return self._pages.go(f"{PATH}?{checked.query}")
        refusal = await self._backing.pins.set(body.pin, customer=person.id, now=now)
        assert refusal is None, "it was looked at"
        return self._pages.go("/wallet?said=pin_set")

    def _show(
        self,
        request: Request,
        person: Customer,
        *,
        step: str,
        shown: str = "",
        said: str = "",
        owner_said: str = "",
        pin_said: str = "",
    ) -> Answer:
        return self._pages.show(
            request,
            "pin.html",
            person=person,
            step=step,
            shown=shown,
            said=said,
            owner_said=owner_said,
            pin_said=pin_said,
        )


def wrong_pin(pin: str, again: str, /) -> str:
    """The word for why this cannot be a new PIN, given twice; empty when it can."""
    refusal = pin_refusal(pin)
    if refusal is PinRefusal.TOO_EASY:
        return "pin_too_easy"
    if refusal is not None:
        return "pin_not_six_digits"
    return "" if pin == again else "pins_differ"
