"""A customer's devices: which there are, what may be bought on them, and what they ask for."""

from collections.abc import AsyncIterator
from typing import Final

from milletpay.apps.api.backing import Api
from milletpay.apps.api.device_bodies import AskedShape, DeviceShape, SetAllowance, TakeDevice
from milletpay.apps.api.device_requests import show_device
from milletpay.apps.api.wallet_requests import CUSTOMER, check_pin_once, refuse_secret
from milletpay.apps.http.answers import Answer
from milletpay.apps.http.once import submit_once
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Route
from milletpay.apps.http.shapes import ListOf, ListQuery, list_of
from milletpay.apps.http.streams import EventStream, ServerEvent
from milletpay.codes import LinkKind, NotOurLink
from milletpay.customers import (
    DEVICE_ID,
    HOURS,
    Allowance,
    AllowDevice,
    CustomerId,
    Device,
    DeviceId,
    DeviceKind,
    DeviceRefusal,
    DeviceRefused,
    RegisterDevice,
    RetireDevice,
    devices_in_use,
    devices_of,
)
from milletpay.identity import Pairing, PairingId, SecretRefusal, SecretRefused
from milletpay.merchants import MERCHANT_ID
from milletpay.money import Currency, Money, UnknownCurrency
from milletpay.payments import PAYMENT_ID, payments_asked
from milletpay.plumbing.dates import rfc3339
from milletpay.plumbing.ids import ID_END

TAG: Final = "Wallet: devices"


class WalletDevicesApi:
    """The handlers."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def list(self, request: Request, *, query: ListQuery) -> ListOf[DeviceShape]:
        """The customer's devices, the newest first."""
        async with self._api.database.connection() as connection:
            found = await devices_of(
                connection,
                customer=CustomerId(request.principal.owner),
                most=query.limit + 1,
                before=ID_END if query.after is None else query.after,
            )
        return list_of(found, query=query, place=lambda device: device.id, show=show_device)

    async def take(self, request: Request, *, body: TakeDevice) -> Answer:
        """Make the device that shows a code one of the customer's."""
        if (body.code is None) is (body.payload is None):
            detail = "Give the code or what was scanned: one of them."
            raise Refuse(EdgeRefusal.INVALID_FIELD, detail, param="code")
        if (again := await check_pin_once(self._api, request, body.pin)) is not None:
            return again
        pairing = await self._pairing(request, body)
        command = RegisterDevice(
            id=DeviceId(pairing.id),
            customer=CustomerId(request.principal.owner),
            mode=request.principal.mode,
            kind=DeviceKind(pairing.kind),
            name=pairing.name,
        )
        return await submit_once(self._api.desk, command, request=request, show=_show)

    async def retire(self, request: Request, *, device: DeviceId) -> Answer:
        """Take it out of use; what it shows and asks is taken no longer, from now on."""
        command = RetireDevice(id=device, customer=CustomerId(request.principal.owner))
        return await submit_once(self._api.desk, command, request=request, show=_show)

    async def allow(self, request: Request, *, device: DeviceId, body: SetAllowance) -> Answer:
        """Say what may be bought on it, with the PIN: children have the phone in hand too."""
        allowance = _allowance(body)
        if (again := await check_pin_once(self._api, request, body.pin)) is not None:
            return again
        command = AllowDevice(id=device, customer=CustomerId(request.principal.owner), allowance=allowance)
        return await submit_once(self._api.desk, command, request=request, show=_show)

    async def asked(self, request: Request) -> ListOf[AskedShape]:
        """What the customer's devices want to buy now: pay it with `/v1/wallet/pay`, or let it be."""
        return await self._asked(CustomerId(request.principal.owner))

    async def events(self, request: Request) -> EventStream:
        """Tell what the devices want to buy, now and when that changes."""
        customer = CustomerId(request.principal.owner)
        return EventStream(self._follow(customer, seen=request.last_version))

    async def _follow(self, customer: CustomerId, *, seen: int | None) -> AsyncIterator[ServerEvent]:
        version, told = -1 if seen is None else seen, None
        while True:
            version = await self._api.told.changed(customer, after=version)
            asked = await self._asked(customer)
            if asked != told:
                yield ServerEvent(kind="requests", data=asked, id=str(version))
                told = asked

    async def _asked(self, customer: CustomerId) -> ListOf[AskedShape]:
        now = self._api.clock.now_ns()
        async with self._api.database.connection() as connection:
            devices = await devices_in_use(connection, customer=customer)
            active = [device.id for device in devices]
            found = await payments_asked(connection, devices=active, now=now) if active else []
        shown = [
            AskedShape(
                payment=PAYMENT_ID.write(payment.id),
                created_at=rfc3339(payment.created_at),
                device=DEVICE_ID.write(payment.device),
                merchant=MERCHANT_ID.write(payment.merchant),
                amount=payment.amount.minor,
                currency=payment.amount.currency.code,
                description=payment.description or None,
                expires_at=rfc3339(payment.expires_at) if payment.expires_at else None,
                checkout_url=self._api.links.payment(payment.id),
            )
            for payment in found
            if payment.device is not None
        ]
        return ListOf(data=shown, has_more=False)

    async def _pairing(self, request: Request, body: TakeDevice) -> Pairing:
        """The device that is meant."""
        api, now = self._api, self._api.clock.now_ns()
        principal = request.principal
        if body.code is not None:
            read = await api.pairings.read_code(body.code, customer=principal.owner, now=now)
            if isinstance(read, SecretRefused):
                raise refuse_secret(read, param="code", now=now)
            return read
        assert body.payload is not None
        try:
            link = api.links.read(body.payload)
        except NotOurLink as error:
            raise Refuse(EdgeRefusal.INVALID_FIELD, str(error), param="payload") from error
        found = None
        if link.kind is LinkKind.PAIRING:
            found = await api.pairings.find(id=PairingId(link.object), now=now)
        if found is None:
            detail = "No device shows this code any more: have it show a new one."
            raise Refuse(SecretRefusal.WRONG, detail, param="payload")
        return found


def _allowance(body: SetAllowance) -> Allowance:
    try:
        currency = Currency.of(body.currency)
    except UnknownCurrency as error:
        raise Refuse(EdgeRefusal.INVALID_FIELD, f"{error}.", param="currency") from error
    if body.from_hour in {HOURS, body.to_hour}:
        detail = "from_hour and to_hour bound a part of the day: 8 and 20, or 0 and 24 for all of it."
        raise Refuse(EdgeRefusal.INVALID_FIELD, detail, param="from_hour")
    return Allowance(
        each=None if body.each is None else Money(body.each, currency),
        day=None if body.day is None else Money(body.day, currency),
        categories=frozenset(body.categories),
        from_hour=body.from_hour,
        to_hour=body.to_hour,
    )


def _show(came_to: Device | DeviceRefused) -> Answer:
    if isinstance(came_to, DeviceRefused):
        raise Refuse(came_to.refusal, came_to.detail)
    return Answer(status=200, content=show_device(came_to))


def wallet_device_routes(api: Api) -> tuple[Route, ...]:
    """The calls of the chapter."""
    handlers = WalletDevicesApi(api)
    return (*_registering(handlers), *_deciding(handlers))


def _registering(handlers: WalletDevicesApi) -> tuple[Route, ...]:
    return (
        Route(
            method="GET",
            path="/v1/wallet/devices",
            handler=handlers.list,
            summary="List your devices",
            answers={200: ListOf[DeviceShape]},
            who=CUSTOMER,
            query=ListQuery,
            tag=TAG,
        ),
        Route(
            method="POST",
            path="/v1/wallet/devices",
            handler=handlers.take,
            summary="Take a device for yours",
            answers={200: DeviceShape},
            who=CUSTOMER,
            body=TakeDevice,
            idempotent=True,
            refuses=(SecretRefusal, DeviceRefusal.ID_TAKEN, DeviceRefusal.TOO_MANY),
            tag=TAG,
        ),
        Route(
            method="POST",
            path="/v1/wallet/devices/{device}/retire",
            handler=handlers.retire,
            summary="Retire a device",
            answers={200: DeviceShape},
            who=CUSTOMER,
            ids={"device": DEVICE_ID},
            idempotent=True,
            refuses=(DeviceRefusal.NOT_FOUND,),
            tag=TAG,
        ),
    )


def _deciding(handlers: WalletDevicesApi) -> tuple[Route, ...]:
    return (
        Route(
            method="POST",
            path="/v1/wallet/devices/{device}/allowance",
            handler=handlers.allow,
            summary="Say what may be bought on a device",
            answers={200: DeviceShape},
            who=CUSTOMER,
            ids={"device": DEVICE_ID},
            body=SetAllowance,
            idempotent=True,
            refuses=(SecretRefusal, DeviceRefusal.NOT_FOUND, DeviceRefusal.RETIRED),
            tag=TAG,
        ),
        Route(
            method="GET",
            path="/v1/wallet/device_requests",
            handler=handlers.asked,
            summary="What your devices want to buy",
            answers={200: ListOf[AskedShape]},
            who=CUSTOMER,
            tag=TAG,
        ),
        Route(
            method="GET",
            path="/v1/wallet/device_requests/events",
            handler=handlers.events,
            summary="Be told what your devices want to buy",
            description="Server-sent events `requests`, each with the whole list; `Last-Event-ID` goes on.",
            answers={200: EventStream},
            who=CUSTOMER,
            tag=TAG,
        ),
    )
