"""The payment code: the page that shows it, how a browser becomes a phone that does, and what it is told."""

import asyncio
import base64
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated, Final, Literal, Self
from urllib.parse import parse_qsl

import msgspec

from milletpay.apps.http.answers import Answer
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request, read_id
from milletpay.apps.http.routes import Media, Route
from milletpay.apps.http.shapes import Input, Output
from milletpay.apps.http.streams import EventStream, ServerEvent
from milletpay.apps.web.asked import ASKED
from milletpay.apps.web.backing import Backing
from milletpay.apps.web.forms import Form
from milletpay.apps.web.pages import Pages
from milletpay.apps.web.people import CUSTOMER, People
from milletpay.apps.web.pin import NotTaken, Pin, Said, check_pin, pin_hint, words_of
from milletpay.apps.web.telling import versions_of_requests, versions_told
from milletpay.checkout import PRESENTED_NS
from milletpay.codes import epoch_at
from milletpay.customers import (
    CUSTOMER_ID,
    DEVICE_ID,
    Customer,
    CustomerId,
    DeviceId,
    DeviceKind,
    DeviceRefused,
    RegisterDevice,
    find_device,
)
from milletpay.identity import has_pin
from milletpay.merchants import find_merchant
from milletpay.money import Language, format_money
from milletpay.payments import (
    PAYMENT_ID,
    EnrollPresenter,
    Payment,
    PaymentStatus,
    Presenter,
    find_payment,
    find_presenter,
    payments_presented,
)

CODE: Final = "/wallet/code"
EPOCHS_AHEAD: Final = 2016
"""A week of them: as long as a phone shows codes without a network."""

AT_A_STRETCH: Final = 96
"""Epochs whose aliases are made before others have their turn: about three milliseconds."""

FILES: Final = (
    "millet.css",
    "pages.css",
    "favicon.svg",
    "millet.js",
    "code.js",
    "asked.js",
    "kept_page.js",
    "payment_code.js",
    "phone_store.js",
)
"""What the page is made of, and opens with when there is no network."""

PLATFORMS: Final = ("iPhone", "iPad", "Android", "HarmonyOS", "Windows", "Macintosh", "Linux")
"""What a browser may say that it runs on, which is what a phone is called at first."""


class Enroll(Form, frozen=True, kw_only=True):
    """Let this browser show codes."""

    pin: Pin
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


class Enrolled(Output, frozen=True, kw_only=True):
    """A phone with its key, which is told this once; or what to say when it is none."""

    object: Literal["enrolled"] = "enrolled"
    said: str = ""
    device: str = ""
    key: str = ""

    @classmethod
    def example(cls) -> Self:
        """One whose PIN was wrong."""
        return cls(said="That is not the PIN. Try again.")


class Which(Input, frozen=True, kw_only=True):
    """A phone."""

    phone: str


class Aliases(Output, frozen=True, kw_only=True):
    """What a phone puts into its codes in the time to come."""

    object: Literal["aliases"] = "aliases"
    first_epoch: int
    aliases: str

    @classmethod
    def example(cls) -> Self:
        """Of one epoch."""
        return cls(first_epoch=5_987_000, aliases="AAAAAQAAAAIAAAADAAAABA==")


class Shown(Output, frozen=True, kw_only=True):
    """A payment that a code was shown for, in words."""

    id: str
    status: PaymentStatus
    amount: str
    merchant: str
    ask: str
    """Where the customer is asked; empty when there is no question."""

    @classmethod
    def example(cls) -> Self:
        """One that was paid."""
        id = "pay_01kdz9m4h0000g40r40m30e209"
        return cls(id=id, status=PaymentStatus.SUCCEEDED, amount="¥12.00", merchant="Millet Shop", ask="")


class AllShown(Output, frozen=True, kw_only=True):
    """Those of the last ten minutes, the newest first."""

    object: Literal["list"] = "list"
    data: list[Shown]
    requests: str
    """Another text when the customer's televisions ask for something else."""

    @classmethod
    def example(cls) -> Self:
        """One of them."""
        return cls(data=[Shown.example()], requests="0")


class SaidOfCode(Said, frozen=True, kw_only=True):
    """What the page was sent back with, and for what a code has just paid."""

    paid: str = ""


class CodePages:
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
                path=CODE,
                handler=self.show,
                query=SaidOfCode,
                who=CUSTOMER,
                summary="The payment code that a till scans",
                answers={200: bytes},
            ),
            Route(
                method="GET",
                path=f"{CODE}/worker.js",
                handler=self.worker,
                who=CUSTOMER,
                summary="What opens the page without a network",
                answers={200: bytes},
            ),
            Route(
                method="POST",
                path=f"{CODE}/phones",
                handler=self.enroll,
                body=Enroll,
                media=Media.FORM,
                who=CUSTOMER,
                summary="Let this browser show codes, with the PIN",
                answers={200: Enrolled},
            ),
            Route(
                method="GET",
                path=f"{CODE}/aliases",
                handler=self.aliases,
                query=Which,
                who=CUSTOMER,
                summary="Aliases ahead",
                answers={200: Aliases},
            ),
            Route(
                method="GET",
                path=f"{CODE}/events",
                handler=self.events,
                who=CUSTOMER,
                summary="What becomes of codes, as it happens",
                answers={200: EventStream},
            ),
        )

    async def show(self, request: Request, *, query: SaidOfCode) -> Answer:
        """The page; what it shows is made in the browser."""
        person = await self._people.owner(request)
        async with self._backing.database.connection() as connection:
            pin = await has_pin(connection, customer=person.id)
        paid = await self._paid(query.paid, person) if query.paid else None
        agent = request.headers.get(b"user-agent", b"").decode("latin-1")
        return self._pages.show(
            request,
            "code.html",
            customer=CUSTOMER_ID.write(person.id),
            name=next((name for name in PLATFORMS if name in agent), "Web"),
            has_pin=pin,
            pin_hint=pin_hint(self._backing, self._pages, request, person),
            paid=paid,
            said=words_of(self._pages, request, query),
        )

    async def worker(self, request: Request) -> Answer:  # noqa: ARG002 - the same for everybody
        """The script that a phone keeps beside the page; another one as soon as any file is another."""
        return self._pages.static.worker(page=CODE, name="millet-code-", files=FILES)

    async def enroll(self, request: Request, *, body: Enroll) -> Answer:
        """Register the browser as a phone and give it a key; a lost answer is asked for as another phone."""
        self._pages.check(request, body)
        person = await self._people.owner(request)
        checked = await check_pin(self._backing, customer=person, pin=body.pin)
        if isinstance(checked, NotTaken):
            word = msgspec.convert(dict(parse_qsl(checked.query)), Said, strict=False)
            said = words_of(self._pages, request, word)
            return Answer(status=HTTPStatus.OK, content=Enrolled(said=said))
        command = RegisterDevice(
            id=DeviceId(request.id),
            customer=person.id,
            mode=person.mode,
            kind=DeviceKind.PHONE,
            name=body.name.strip() or "Phone",
        )
        device = await self._backing.desk.submit(command)
        if isinstance(device, DeviceRefused):
            return self._not_enrolled(request, f"phone_{device.refusal.value}")
        enrolled = await self._backing.desk.submit(
            EnrollPresenter(device=device.id, customer=person.id, mode=person.mode)
        )
        if not isinstance(enrolled, Presenter):
            return self._not_enrolled(request, "not_done")
        key = self._backing.code_keys.phone_key(enrolled.device, version=enrolled.version)
        shown = Enrolled(device=DEVICE_ID.write(enrolled.device), key=base64.b64encode(key).decode())
        return Answer(status=HTTPStatus.OK, content=shown)

    def _not_enrolled(self, request: Request, word: str) -> Answer:
        said = self._pages.said(request, word) or self._pages.said(request, "not_done")
        return Answer(status=HTTPStatus.OK, content=Enrolled(said=said))

    async def aliases(self, request: Request, *, query: Which) -> Aliases:
        """What the phone puts into its codes for a week; not found when it was taken out of use."""
        id = read_id(DEVICE_ID, query.phone, param="phone")
        async with self._backing.database.connection() as connection:
            presenter = await find_presenter(connection, device=id)
            device = None if presenter is None else await find_device(connection, id=id)
        mine = (request.principal.owner, request.principal.mode)
        if (
            presenter is None
            or device is None
            or not device.is_active
            or (presenter.customer, presenter.mode) != mine
        ):
            raise Refuse(EdgeRefusal.NOT_FOUND, "This phone shows no codes any more.")
        first = epoch_at(self._backing.clock.now_ns())
        packed = bytearray()
        for begin in range(first, first + EPOCHS_AHEAD, AT_A_STRETCH):
            packed += self._backing.code_keys.packed_aliases(
                presenter.number, first_epoch=begin, epochs=AT_A_STRETCH
            )
            await asyncio.sleep(0)
        return Aliases(first_epoch=first, aliases=base64.b64encode(packed).decode())

    async def events(self, request: Request) -> EventStream:
        """Tell what becomes of codes, now and when that changes."""
        language = self._pages.look(request).language
        return EventStream(self._follow(CustomerId(request.principal.owner), language))

    async def _follow(self, customer: CustomerId, language: Language) -> AsyncIterator[ServerEvent]:
        now = self._backing.clock.now_ns()
        async with self._backing.database.connection() as connection:
            found = await versions_told(connection, watched=[customer], now=now)
        version = found[customer]
        while True:
            yield ServerEvent(kind="codes", data=await self._presented(customer, language), id=str(version))
            version = await self._backing.told.changed(customer, after=version)

    async def _presented(self, customer: CustomerId, language: Language) -> AllShown:
        now = self._backing.clock.now_ns()
        async with self._backing.database.connection() as connection:
            found = await payments_presented(connection, customer=customer, since=now - PRESENTED_NS)
            requests = await versions_of_requests(connection, customers=[customer], now=now)
            merchants = {id: await find_merchant(connection, id=id) for id in {one.merchant for one in found}}
        shown = []
        for payment in found:
            merchant = merchants[payment.merchant]
            assert merchant is not None, "a payment has its merchant"
            names = merchant.names
            shown.append(
                Shown(
                    id=PAYMENT_ID.write(payment.id),
                    status=payment.status,
                    amount=format_money(payment.amount, language=language),
                    merchant=names.zh if language is Language.ZH else names.en,
                    ask=f"{ASKED}/{PAYMENT_ID.write(payment.id)}" if payment.asks(customer) else "",
                )
            )
        return AllShown(data=shown, requests=str(requests.get(customer, 0)))

    async def _paid(self, written: str, person: Customer) -> dict[str, object] | None:
        """For what was paid just now, to be said on the page."""
        payment: Payment | None
        async with self._backing.database.connection() as connection:
            payment = await find_payment(connection, id=read_id(PAYMENT_ID, written, param="paid"))
            if payment is None or payment.customer != person.id or not payment.captured:
                return None
            merchant = await find_merchant(connection, id=payment.merchant)
        assert merchant is not None, "a payment has its merchant"
        return {"id": written, "names": merchant.names, "amount": payment.amount}
