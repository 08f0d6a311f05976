"""A customer's devices: taken by a code, bounded, retired."""

from typing import Annotated
from urllib.parse import quote

import msgspec

from milletpay.apps.http.answers import Answer
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request, read_id
from milletpay.apps.http.routes import Media, Route
from milletpay.apps.web.backing import Backing
from milletpay.apps.web.cashier import Confirm
from milletpay.apps.web.forms import Form, Text
from milletpay.apps.web.pages import Pages
from milletpay.apps.web.people import CUSTOMER, People
from milletpay.apps.web.pin import NotTaken, Pin, Said, check_pin, pin_hint, refused_query, words_of
from milletpay.codes import LinkKind
from milletpay.customers import (
    CATEGORIES_MAX,
    DEVICE_ID,
    HOURS,
    Allowance,
    AllowDevice,
    Customer,
    Device,
    DeviceId,
    DeviceKind,
    RegisterDevice,
    RetireDevice,
    devices_in_use,
)
from milletpay.identity import Pairing, PairingId, SecretRefused
from milletpay.merchants import categories_in_use
from milletpay.money import Currency, Money, NotAnAmount, parse_money

DEVICES = "/wallet/devices"
CURRENCY = Currency.CNY
Hour = Annotated[int, msgspec.Meta(ge=0, le=HOURS)]
Category = Annotated[int, msgspec.Meta(ge=0, le=9999)]


class Take(Form, frozen=True, kw_only=True):
    """A device by the code that it shows."""

    code: Annotated[str, msgspec.Meta(max_length=40)]
    pin: Pin


class WhichDevice(Form, frozen=True, kw_only=True):
    """One of the customer's."""

    device: Text


class Allow(WhichDevice, frozen=True, kw_only=True):
    """What may be bought on it; nothing where a bound is not wanted."""

    each: Text = ""
    day: Text = ""
    categories: Annotated[list[Category], msgspec.Meta(max_length=CATEGORIES_MAX)] = msgspec.field(
        default_factory=list
    )
    from_hour: Hour = 0
    to_hour: Hour = HOURS
    pin: Pin


class DevicePages:
    """Their handlers."""

    def __init__(self, backing: Backing, pages: Pages, people: People) -> None:
        self._backing = backing
        self._pages = pages
        self._people = people

    def routes(self) -> tuple[Route, ...]:
        """Their rows."""
        return (*self._listing(), *self._pairing())

    def _listing(self) -> tuple[Route, ...]:
        return (
            Route(
                method="GET",
                path=DEVICES,
                handler=self.show,
                query=Said,
                who=CUSTOMER,
                summary="The customer's devices",
                answers={200: bytes},
            ),
            Route(
                method="POST",
                path=f"{DEVICES}/retire",
                handler=self.retire,
                body=WhichDevice,
                media=Media.FORM,
                who=CUSTOMER,
                summary="Take a device out of use",
                answers={303: bytes},
            ),
            Route(
                method="POST",
                path=f"{DEVICES}/allow",
                handler=self.allow,
                body=Allow,
                media=Media.FORM,
                who=CUSTOMER,
                summary="Say what may be bought on a device",
                answers={303: bytes},
            ),
        )

    def _pairing(self) -> tuple[Route, ...]:
        return (
            Route(
                method="POST",
                path=f"{DEVICES}/take",
                handler=self.take,
                body=Take,
                media=Media.FORM,
                who=CUSTOMER,
                summary="Take the device that shows a code",
                answers={303: bytes},
            ),
            Route(
                method="GET",
                path="/pair/{token}",
                handler=self.ask,
                query=Said,
                who=CUSTOMER,
                summary="A device to be taken: what its code opens",
                answers={200: bytes},
            ),
            Route(
                method="POST",
                path="/pair/{token}",
                handler=self.take_scanned,
                body=Confirm,
                media=Media.FORM,
                who=CUSTOMER,
                summary="Take it, with the PIN",
                answers={303: bytes},
            ),
        )

    async def show(self, request: Request, *, query: Said) -> Answer:
        """Which there are, and what may be bought on each."""
        person = await self._people.owner(request)
        async with self._backing.database.connection() as connection:
            devices = await devices_in_use(connection, customer=person.id)
            categories = await categories_in_use(connection, mode=person.mode)
        return self._pages.show(
            request,
            "devices.html",
            devices=devices,
            # Those that were allowed over the API stay in the form, whether shops here have them or not.
            categories={one.id: sorted(one.allowance.categories.union(categories)) for one in devices},
            device_id=DEVICE_ID.write,
            kinds=DeviceKind,
            said=words_of(self._pages, request, query),
            good=query.said.startswith("device_"),
            pin_hint=pin_hint(self._backing, self._pages, request, person),
        )

    async def take(self, request: Request, *, body: Take) -> Answer:
        """Make the device that shows the code one of the customer's."""
        self._pages.check(request, body)
        person = await self._people.owner(request)
        checked = await check_pin(self._backing, customer=person, pin=body.pin)
        if isinstance(checked, NotTaken):
            return self._pages.go(f"{DEVICES}?{checked.query}")
        read = await self._backing.pairings.read_code(
            body.code, customer=person.id, now=self._backing.clock.now_ns()
        )
        if isinstance(read, SecretRefused):
            return self._pages.go(f"{DEVICES}?{refused_query(read, what='screen')}")
        return await self._register(read, person)

    async def ask(self, request: Request, *, token: str, query: Said) -> Answer:
        """What is to be taken."""
        pairing, person = await self._found(request, token), await self._people.owner(request)
        said = words_of(self._pages, request, query)
        return self._pages.show(
            request,
            "pair.html",
            pairing=pairing,
            person=person,
            said=said,
            pin_hint=pin_hint(self._backing, self._pages, request, person),
        )

    async def take_scanned(self, request: Request, *, token: str, body: Confirm) -> Answer:
        """Make it one of the customer's."""
        self._pages.check(request, body)
        pairing, person = await self._found(request, token), await self._people.owner(request)
        checked = await check_pin(self._backing, customer=person, pin=body.pin)
        if isinstance(checked, NotTaken):
            return self._pages.go(f"/pair/{quote(token)}?{checked.query}")
        return await self._register(pairing, person)

    async def retire(self, request: Request, *, body: WhichDevice) -> Answer:
        """Take it out of use; again changes nothing."""
        self._pages.check(request, body)
        person = await self._people.owner(request)
        id = read_id(DEVICE_ID, body.device, param="device")
        await self._backing.desk.submit(RetireDevice(id=id, customer=person.id))
        return self._pages.go(f"{DEVICES}?said=device_retired")

    async def allow(self, request: Request, *, body: Allow) -> Answer:
        """Say what may be bought on it."""
        self._pages.check(request, body)
        person = await self._people.owner(request)
        id = read_id(DEVICE_ID, body.device, param="device")
        try:
            allowance = Allowance(
                each=_bound(body.each),
                day=_bound(body.day),
                categories=frozenset(body.categories),
                from_hour=body.from_hour % HOURS,
                to_hour=body.to_hour,
            )
        except NotAnAmount:
            return self._pages.go(f"{DEVICES}?said=amount_wrong")
        checked = await check_pin(self._backing, customer=person, pin=body.pin)
        if isinstance(checked, NotTaken):
            return self._pages.go(f"{DEVICES}?{checked.query}")
        await self._backing.desk.submit(AllowDevice(id=id, customer=person.id, allowance=allowance))
        return self._pages.go(f"{DEVICES}?said=device_allowed")

    async def _found(self, request: Request, token: str) -> Pairing:
        id = self._backing.links.read_token(token, kind=LinkKind.PAIRING)
        found = None
        if id is not None:
            now = self._backing.clock.now_ns()
            found = await self._backing.pairings.find(id=PairingId(id), now=now)
        if found is None:
            raise Refuse(EdgeRefusal.NOT_FOUND, f"No device shows a code at {request.path[:200]} any more.")
        return found

    async def _register(self, pairing: Pairing, person: Customer) -> Answer:
        came_to = await self._backing.desk.submit(
            RegisterDevice(
                id=DeviceId(pairing.id),
                customer=person.id,
                mode=person.mode,
                kind=DeviceKind(pairing.kind),
                name=pairing.name,
            )
        )
        word = "device_taken" if isinstance(came_to, Device) else "not_done"
        return self._pages.go(f"{DEVICES}?said={word}")


def _bound(typed: str) -> Money | None:
    """A bound that was typed; none where nothing was."""
    if not typed.strip():
        return None
    amount = parse_money(typed, currency=CURRENCY)
    return amount if amount.minor > 0 else None
