"""Signing in to the wallet: a phone number, and the code that was sent to it."""

from typing import Annotated
from urllib.parse import quote, urlencode

import msgspec

from milletpay.apps.http.answers import Answer
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Media, Route
from milletpay.apps.web.backing import Backing
from milletpay.apps.web.forms import Form, PhoneProofs
from milletpay.apps.web.look import local_path
from milletpay.apps.web.pages import SIGN_IN, Pages
from milletpay.apps.web.people import CUSTOMER, People
from milletpay.apps.web.pin import Pin, Said, refused_query, words_of
from milletpay.apps.web.pin_setting import wrong_pin
from milletpay.codes import key_for
from milletpay.customers import (
    CreateCustomer,
    Customer,
    CustomerId,
    NotAPhone,
    Phone,
    Verification,
    find_by_phone,
    read_phone,
)
from milletpay.identity import CredentialKind, PhoneShown, SecretRefused, SessionId, end_session, open_session
from milletpay.money import Currency
from milletpay.plumbing.clock import SECOND

CURRENCY = Currency.CNY
SIGNED_IN_SECONDS = 90 * 24 * 3600

Short = Annotated[str, msgspec.Meta(max_length=64)]


class SignIn(Said, frozen=True, kw_only=True):
    """Where somebody wants to go, and who they may be."""

    phone: Short = ""
    next: str = "/wallet"


class GivePhone(Form, frozen=True, kw_only=True):
    """Whose phone a code is to be sent to."""

    phone: Short
    next: str = "/wallet"


class GiveCode(Form, frozen=True, kw_only=True):
    """The code that was sent."""

    phone: Short
    code: Short
    next: str = "/wallet"
    shown: Short = ""
    """The code as a demo shows it, for when the page has to be shown again."""


class Join(Form, frozen=True, kw_only=True):
    """Who somebody new is."""

    phone: Short
    proof: Annotated[str, msgspec.Meta(max_length=100)]
    name: Annotated[str, msgspec.Meta(max_length=40)]
    pin: Pin
    again: Pin
    next: str = "/wallet"


class Leave(Form, frozen=True, kw_only=True):
    """Where to go after signing out."""

    next: str = "/"


class SignInPages:
    """Their handlers."""

    def __init__(self, backing: Backing, pages: Pages, people: People) -> None:
        self._backing = backing
        self._pages = pages
        self._people = people
        self._proofs = PhoneProofs(key=key_for("phones shown", secret=backing.form_key))

    def routes(self) -> tuple[Route, ...]:
        """Their rows."""
        return (
            Route(
                method="GET",
                path=SIGN_IN,
                handler=self.ask_phone,
                query=SignIn,
                summary="Ask for a phone number",
                answers={200: bytes, 303: bytes},
            ),
            Route(
                method="POST",
                path=SIGN_IN,
                handler=self.send_code,
                body=GivePhone,
                media=Media.FORM,
                summary="Send a code to it, and ask for that",
                answers={200: bytes, 303: bytes},
            ),
            Route(
                method="POST",
                path=f"{SIGN_IN}/code",
                handler=self.enter,
                body=GiveCode,
                media=Media.FORM,
                summary="Sign in with the code",
                answers={200: bytes, 303: bytes},
            ),
            Route(
                method="POST",
                path=f"{SIGN_IN}/join",
                handler=self.join,
                body=Join,
                media=Media.FORM,
                summary="Open a wallet for somebody new",
                answers={200: bytes, 303: bytes},
            ),
            Route(
                method="POST",
                path="/wallet/sign-out",
                handler=self.leave,
                body=Leave,
                media=Media.FORM,
                who=CUSTOMER,
                summary="Sign out",
                answers={303: bytes},
            ),
        )

    async def ask_phone(self, request: Request, *, query: SignIn) -> Answer:
        """The first step; whoever is signed in is through."""
        if await self._people.guest(request) is not None:
            return self._pages.go(local_path(query.next))
        said = words_of(self._pages, request, query)
        return self._pages.show(
            request,
            "sign_in.html",
            phone_given=query.phone,
            next=local_path(query.next),
            said=said,
            people=self._backing.town.read().people,
        )

    async def send_code(self, request: Request, *, body: GivePhone) -> Answer:
        """Make a code. Whether anybody has this number plays no part."""
        self._pages.check(request, body)
        try:
            number = read_phone(body.phone)
        except NotAPhone:
            return self._back(body, "said=phone_wrong")
        made = await self._backing.one_time_codes.make(
            number, mode=self._backing.mode, now=self._backing.clock.now_ns()
        )
        if isinstance(made, SecretRefused):
            return self._back(body, refused_query(made, what="codes"))
        shown = made.code.reveal() if self._backing.is_demo else ""
        return self._ask_code(request, number=number, next_path=body.next, shown=shown)

    async def enter(self, request: Request, *, body: GiveCode) -> Answer:
        """Open a session for whoever has the phone in hand."""
        self._pages.check(request, body)
        try:
            number = read_phone(body.phone)
        except NotAPhone:
            return self._back(body, "said=phone_wrong")
        checked = await self._backing.one_time_codes.check(
            body.code, phone=number, mode=self._backing.mode, now=self._backing.clock.now_ns()
        )
        if not isinstance(checked, PhoneShown):
            said = self._pages.said(request, "code_wrong")
            shown = body.shown if self._backing.is_demo else ""
            return self._ask_code(request, number=number, next_path=body.next, shown=shown, said=said)
        async with self._backing.database.connection() as connection:
            customer = await find_by_phone(connection, mode=self._backing.mode, phone=number)
        if customer is None:
            return self._ask_name(request, number=number, next_path=body.next)
        return await self._open(request, customer, next_path=body.next)

    async def join(self, request: Request, *, body: Join) -> Answer:
        """Open a wallet, once for a phone: whoever was there before is let in to what there is."""
        self._pages.check(request, body)
        backing, now = self._backing, self._backing.clock.now_ns()
        visitor = self._pages.look(request).visitor
        if not self._proofs.holds(body.proof, phone=body.phone, visitor=visitor, now=now):
            return self._back(body, "said=code_wrong")
        number, name = read_phone(body.phone), body.name.strip()
        wrong_name = "" if name and name.isprintable() else "name_wrong"
        wrong = wrong_pin(body.pin, body.again)
        if wrong_name or wrong:
            return self._ask_name(
                request, number=number, next_path=body.next, name=name, name_said=wrong_name, pin_said=wrong
            )
        answer = await backing.desk.submit(
            CreateCustomer(
                id=CustomerId(backing.ids.next()),
                mode=backing.mode,
                phone=number,
                name=name,
                verification=Verification.PHONE,
                currency=CURRENCY,
            )
        )
        if isinstance(answer, Customer):
            assert await backing.pins.set(body.pin, customer=answer.id, now=now) is None, "it was looked at"
            return await self._open(request, answer, next_path=body.next)
        async with backing.database.connection() as connection:
            customer = await find_by_phone(connection, mode=backing.mode, phone=number)
        assert customer is not None, "the number was taken"
        return await self._open(request, customer, next_path=body.next)

    async def leave(self, request: Request, *, body: Leave) -> Answer:
        """End the session."""
        self._pages.check(request, body)
        principal = request.principal
        async with self._backing.database.transaction() as connection:
            await end_session(
                connection,
                id=SessionId(principal.credential),
                owner=principal.owner,
                now=self._backing.clock.now_ns(),
            )
        cookies = self._pages.cookies
        return self._pages.go(local_path(body.next), cookies.keep(cookies.session, "", seconds=0))

    def _ask_name(
        self,
        request: Request,
        *,
        number: Phone,
        next_path: str,
        name: str = "",
        name_said: str = "",
        pin_said: str = "",
    ) -> Answer:
        visitor, now = self._pages.look(request).visitor, self._backing.clock.now_ns()
        return self._pages.show(
            request,
            "join.html",
            phone_given=number,
            proof=self._proofs.of(number, visitor=visitor, now=now),
            next=local_path(next_path),
            name_given=name,
            name_said=self._pages.said(request, name_said),
            pin_said=self._pages.said(request, pin_said),
        )

    def _ask_code(
        self, request: Request, *, number: Phone, next_path: str, shown: str, said: str = ""
    ) -> Answer:
        return self._pages.show(
            request,
            "sign_in_code.html",
            phone_given=number,
            next=local_path(next_path),
            shown=shown,
            said=said,
        )

    async def _open(self, request: Request, customer: Customer, *, next_path: str) -> Answer:
        device = request.headers.get(b"user-agent", b"").decode("latin-1")
        async with self._backing.database.transaction() as connection:
            opened = await open_session(
                connection,
                id=SessionId(self._backing.ids.next()),
                kind=CredentialKind.CUSTOMER_SESSION,
                owner=customer.id,
                mode=customer.mode,
                device=device,
                now=self._backing.clock.now_ns(),
                entropy=self._backing.entropy,
                lifetime_ns=SIGNED_IN_SECONDS * SECOND,
            )
        cookies = self._pages.cookies
        kept = cookies.keep(cookies.session, opened.token.reveal(), seconds=SIGNED_IN_SECONDS)
        return self._pages.go(local_path(next_path), kept)

    def _back(self, body: GivePhone | GiveCode | Join, query: str) -> Answer:
        fields = urlencode({"phone": body.phone[:20], "next": local_path(body.next)}, quote_via=quote)
        return self._pages.go(f"{SIGN_IN}?{fields}&{query}")
