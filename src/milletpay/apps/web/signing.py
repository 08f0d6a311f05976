"""Signing an agreement: what a merchant may charge without asking, and the customer's word for it."""

from urllib.parse import quote

from milletpay.apps.http.answers import Answer
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Media, Route
from milletpay.apps.web.backing import Backing
from milletpay.apps.web.cashier import Confirm
from milletpay.apps.web.pages import Pages
from milletpay.apps.web.people import People
from milletpay.apps.web.pin import NotTaken, Said, check_pin, pin_hint, words_of
from milletpay.apps.web.sources import choices_to_sign, read_choice
from milletpay.codes import LinkKind
from milletpay.merchants import find_merchant
from milletpay.money import Money
from milletpay.payments import (
    Agreement,
    AgreementId,
    AgreementStatus,
    Refusal,
    Refused,
    SignAgreement,
    find_agreement,
)

MERCHANT_MAY_NOT = {Refusal.MERCHANT_NOT_ACTIVE, Refusal.NO_CONTRACT}


class SigningPages:
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
                path="/sign/{token}",
                handler=self.ask,
                query=Said,
                summary="An agreement to be signed: what its link opens",
                answers={200: bytes},
            ),
            Route(
                method="POST",
                path="/sign/{token}",
                handler=self.sign,
                body=Confirm,
                media=Media.FORM,
                summary="Sign it, with the PIN",
                answers={303: bytes},
            ),
        )

    async def ask(self, request: Request, *, token: str, query: Said) -> Answer:
        """What is to be signed, or what became of it."""
        agreement, person = await self._agreement(token, request), await self._people.guest(request)
        async with self._backing.database.connection() as connection:
            merchant = await find_merchant(connection, id=agreement.merchant)
            choices = [] if person is None else await choices_to_sign(connection, person=person)
        assert merchant is not None, "an agreement has its merchant"
        said = words_of(self._pages, request, query)
        about_pin = query.said.startswith("pin_")
        return self._pages.show(
            request,
            "sign.html",
            agreement=agreement,
            merchant=merchant,
            person=person,
            choices=choices,
            here=quote(request.path, safe=""),
            limits={
                "charge": Money(agreement.charge_limit, agreement.currency),
                "day": Money(agreement.day_limit, agreement.currency),
                "month": Money(agreement.month_limit, agreement.currency),
            },
            mine=person is not None and agreement.customer == person.id,
            said="" if about_pin else said,
            pin_said=said if about_pin else "",
            pin_hint=pin_hint(self._backing, self._pages, request, person) if person else "",
        )

    async def sign(self, request: Request, *, token: str, body: Confirm) -> Answer:
        """Sign it, once, however often this is sent."""
        self._pages.check(request, body)
        agreement, person = await self._agreement(token, request), await self._people.guest(request)
        if person is None:
            return self._pages.go(f"/wallet/sign-in?next={quote(request.path, safe='')}")
        if agreement.status is AgreementStatus.PENDING_SIGNATURE:
            checked = await check_pin(self._backing, customer=person, pin=body.pin)
            if isinstance(checked, NotTaken):
                return self._pages.go(f"{quote(request.path)}?{checked.query}")
            answer = await self._backing.desk.submit(
                SignAgreement(
                    agreement=agreement.id,
                    customer=person.id,
                    mode=person.mode,
                    sources=read_choice(body.source),
                )
            )
            if isinstance(answer, Refused):
                return self._pages.go(f"{quote(request.path)}?said={_word_for(answer)}")
        return self._pages.go(quote(request.path))

    async def _agreement(self, token: str, request: Request) -> Agreement:
        id = self._backing.links.read_token(token, kind=LinkKind.AGREEMENT)
        agreement = None
        if id is not None:
            async with self._backing.database.connection() as connection:
                agreement = await find_agreement(connection, id=AgreementId(id))
        if agreement is None:
            raise Refuse(EdgeRefusal.NOT_FOUND, f"There is no agreement at {request.path[:200]}.")
        return agreement


def _word_for(refused: Refused) -> str:
    return "merchant_not_active" if refused.refusal in MERCHANT_MAY_NOT else "not_done"
