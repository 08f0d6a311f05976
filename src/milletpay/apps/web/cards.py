"""The bank cards of a wallet: which there are, another one, and one less."""

from typing import Annotated

import msgspec

from milletpay.apps.http.answers import Answer
from milletpay.apps.http.request import Request, read_id
from milletpay.apps.http.routes import Media, Route
from milletpay.apps.web.backing import Backing
from milletpay.apps.web.forms import Form, Text
from milletpay.apps.web.look import local_path
from milletpay.apps.web.pages import Pages, in_fours, moment, phone
from milletpay.apps.web.people import CUSTOMER, People
from milletpay.apps.web.pin import Said, words_of
from milletpay.bootstrap import DEMO_CARDS
from milletpay.identity import SecretRefused
from milletpay.rails import NotACardNumber, NotBound, RefusalReason, numbered_from, read_card_number
from milletpay.wallets import CARD_ID, Card, CardId, RemoveCard, cards_of

PATH = "/wallet/cards"

EXPLAINED = {"unknown", RefusalReason.CARD_CLOSED, RefusalReason.NAME_DIFFERS}
"""Why a bank does not let us use a card, where there are words for it."""

Typed = Annotated[str, msgspec.Meta(max_length=40)]
Name = Annotated[str, msgspec.Meta(max_length=60)]


class Onward(Said, frozen=True, kw_only=True):
    """Where to go when a card is bound."""

    next: str = "/wallet"


class GiveCard(Form, frozen=True, kw_only=True):
    """A card, and what its bank knows of whoever has it."""

    number: Typed
    holder: Name = ""
    phone: Typed = ""
    next: str = "/wallet"


class DropCard(Form, frozen=True, kw_only=True):
    """Which card is to go."""

    card: Text


class CardPages:
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
                query=Onward,
                who=CUSTOMER,
                summary="The cards, and the form for another one",
                answers={200: bytes},
            ),
            Route(
                method="POST",
                path=PATH,
                handler=self.bind,
                body=GiveCard,
                media=Media.FORM,
                who=CUSTOMER,
                summary="Bind a card, if its bank agrees",
                answers={200: bytes, 303: bytes},
            ),
            Route(
                method="POST",
                path=f"{PATH}/remove",
                handler=self.remove,
                body=DropCard,
                media=Media.FORM,
                who=CUSTOMER,
                summary="Let a card go",
                answers={303: bytes},
            ),
        )

    async def ask(self, request: Request, *, query: Onward) -> Answer:
        """Those that are bound, and the form."""
        said = words_of(self._pages, request, query)
        return await self._show(request, onward=query.next, said=said, good=query.said != "not_done")

    async def bind(self, request: Request, *, body: GiveCard) -> Answer:
        """Ask the bank, then bind it. A card that is bound is bound by the same again."""
        self._pages.check(request, body)
        person = await self._people.owner(request)
        onward = local_path(body.next)
        try:
            number = read_card_number(body.number)
        except NotACardNumber:
            return await self._show(request, onward=onward, given=body, wrong="card_wrong")
        command = await self._backing.binder.ask(
            id=CardId(self._backing.ids.next()),
            customer=person,
            number=number,
            holder=body.holder.strip(),
            phone=body.phone.strip(),
            now=self._backing.clock.now_ns(),
        )
        if isinstance(command, SecretRefused):
            until = moment(command.until)
            return await self._show(request, onward=onward, given=body, wrong="card_locked", until=until)
        if command is None:
            return await self._show(request, onward=onward, given=body, wrong="card_of_no_bank")
        if isinstance(command, NotBound):
            reason = command.reason or "unknown"
            wrong = f"card_{reason}" if reason in EXPLAINED else "card_not_allowed"
            return await self._show(request, onward=onward, given=body, wrong=wrong)
        card = await self._backing.desk.submit(command)
        if not isinstance(card, Card):
            return await self._show(request, onward=onward, given=body, wrong="not_done")
        return self._pages.go(f"{PATH}?said=bound" if onward == "/wallet" else onward)

    async def remove(self, request: Request, *, body: DropCard) -> Answer:
        """Let it go; again changes nothing."""
        self._pages.check(request, body)
        person = await self._people.owner(request)
        id = read_id(CARD_ID, body.card, param="card")
        answer = await self._backing.desk.submit(RemoveCard(id=id, customer=person.id))
        return self._pages.go(f"{PATH}?said={'removed' if isinstance(answer, Card) else 'not_done'}")

    async def _show(
        self,
        request: Request,
        *,
        onward: str,
        said: str = "",
        good: bool = True,
        given: GiveCard | None = None,
        wrong: str = "",
        until: str = "",
    ) -> Answer:
        """Show the page; what was typed is in no address, which a browser would keep."""
        person = await self._people.owner(request)
        async with self._backing.database.connection() as connection:
            cards = await cards_of(connection, customer=person.id)
        return self._pages.show(
            request,
            "cards.html",
            cards=[(CARD_ID.write(card.id), card) for card in cards],
            next=local_path(onward),
            number_given="" if given is None else given.number,
            number_said=self._pages.said(request, wrong, time=until),
            holder_given=person.name if given is None else given.holder,
            phone_given=phone(person.phone) if given is None else given.phone,
            said=said,
            good=good,
            sample=self._sample() if self._backing.is_demo else "",
        )

    def _sample(self) -> str:
        """A number that the bank of the demo has not given out yet, as it stands on a card."""
        chance = int.from_bytes(self._backing.entropy(8)) % 10**9
        digits = numbered_from(f"{DEMO_CARDS}{chance:09d}").digits
        return in_fours(digits)
