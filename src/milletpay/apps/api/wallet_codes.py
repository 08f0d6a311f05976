"""Payment codes in the wallet: phones that show them, how much goes without asking, and what is asked."""

import asyncio
import base64
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final

from milletpay.apps.api.backing import Api
from milletpay.apps.api.code_bodies import (
    AliasesShape,
    AliasQuery,
    CodeLimitsShape,
    CodePaymentList,
    CodePaymentShape,
    CodePhoneShape,
    EnrollPhone,
    SetCodeLimits,
)
from milletpay.apps.api.requests import nothing, refuse
from milletpay.apps.api.wallet_requests import CURRENCY, CUSTOMER, check_pin, check_pin_once, owner_of
from milletpay.apps.http.answers import Answer
from milletpay.apps.http.once import submit_once
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request, read_id
from milletpay.apps.http.routes import Route
from milletpay.apps.http.streams import EventStream, ServerEvent
from milletpay.checkout import PRESENTED_NS
from milletpay.codes import EPOCH_SECONDS, LANES, PREFIX, STEP_SECONDS, epoch_at
from milletpay.customers import (
    DEVICE_ID,
    Customer,
    CustomerId,
    DeviceId,
    DeviceKind,
    DeviceRefusal,
    DeviceRefused,
    RegisterDevice,
    find_device,
)
from milletpay.identity import SecretRefusal
from milletpay.ledger.chart import Mode
from milletpay.merchants import MERCHANT_ID
from milletpay.payments import (
    PAYMENT_ID,
    CodeRefusal,
    CodeRefused,
    CodeRule,
    DeclinePayment,
    EnrollPresenter,
    Payment,
    PaymentId,
    PaymentStatus,
    Presenter,
    Refusal,
    Refused,
    RuleCodes,
    find_code_rule,
    find_presenter,
    payments_presented,
    rule_in_force,
    versions_presented,
)
from milletpay.plumbing.dates import day_of, rfc3339

TAG: Final = "Wallet: payment codes"

AT_A_STRETCH: Final = 100
"""Epochs whose aliases are made before others have their turn: about three milliseconds."""


class WalletCodesApi:
    """The handlers."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def enroll(self, request: Request, *, body: EnrollPhone) -> Answer:
        """Let a phone show codes. Its key is answered once and kept nowhere: a lost answer is asked anew."""
        if (body.name is None) is (body.device is None):
            detail = "Give the name of a new phone, or the device that it is already: one of them."
            raise Refuse(EdgeRefusal.INVALID_FIELD, detail, param="name")
        await check_pin(self._api, request, body.pin)
        customer, mode = CustomerId(request.principal.owner), request.principal.mode
        if body.device is not None:
            device = read_id(DEVICE_ID, body.device, param="device")
        else:
            device = await self._register(request, name=body.name or "")
        command = EnrollPresenter(device=device, customer=customer, mode=mode)
        enrolled: Presenter | CodeRefused = await self._api.desk.submit(command)
        if isinstance(enrolled, CodeRefused):
            raise Refuse(enrolled.refusal, enrolled.detail)
        key = self._api.code_keys.phone_key(enrolled.device, version=enrolled.version)
        shown = CodePhoneShape(
            id=DEVICE_ID.write(enrolled.device),
            created_at=rfc3339(enrolled.enrolled_at),
            livemode=enrolled.mode is Mode.LIVE,
            version=enrolled.version,
            key=base64.b64encode(key).decode(),
            prefix=PREFIX,
            step_seconds=STEP_SECONDS,
            epoch_seconds=EPOCH_SECONDS,
            lanes=LANES,
        )
        return Answer(status=HTTPStatus.CREATED, content=shown)

    async def _register(self, request: Request, *, name: str) -> DeviceId:
        command = RegisterDevice(
            id=DeviceId(request.id),
            customer=CustomerId(request.principal.owner),
            mode=request.principal.mode,
            kind=DeviceKind.PHONE,
            name=name,
        )
        device = await self._api.desk.submit(command)
        if isinstance(device, DeviceRefused):
            raise Refuse(device.refusal, device.detail)
        return DeviceId(request.id)

    async def aliases(self, request: Request, *, phone: DeviceId, query: AliasQuery) -> AliasesShape:
        """What a phone puts into its codes in the epochs to come."""
        presenter = await self._presenter(request, phone)
        first = epoch_at(self._api.clock.now_ns()) if query.from_epoch is None else query.from_epoch
        packed = bytearray()
        for begin in range(first, first + query.epochs, AT_A_STRETCH):
            some = min(AT_A_STRETCH, first + query.epochs - begin)
            packed += self._api.code_keys.packed_aliases(presenter.number, first_epoch=begin, epochs=some)
            await asyncio.sleep(0)
        return AliasesShape(
            device=DEVICE_ID.write(phone),
            version=presenter.version,
            first_epoch=first,
            epochs=query.epochs,
            aliases=base64.b64encode(packed).decode(),
        )

    async def _presenter(self, request: Request, device: DeviceId) -> Presenter:
        async with self._api.database.connection() as connection:
            presenter = await find_presenter(connection, device=device)
            found = None if presenter is None else await find_device(connection, id=device)
        if (
            presenter is None
            or found is None
            or not found.is_active
            or (presenter.customer, presenter.mode) != (request.principal.owner, request.principal.mode)
        ):
            raise nothing("phone that shows codes with the id", DEVICE_ID.write(device))
        return presenter

    async def limits(self, request: Request) -> CodeLimitsShape:
        """How much goes without asking."""
        customer = await owner_of(self._api, request)
        async with self._api.database.connection() as connection:
            rule = await find_code_rule(connection, customer=customer.id)
        return self._limits(customer, rule)

    async def set_limits(self, request: Request, *, body: SetCodeLimits) -> Answer:
        """Set how much goes without asking, with the PIN."""
        if (again := await check_pin_once(self._api, request, body.pin)) is not None:
            return again
        customer = await owner_of(self._api, request)
        rule = CodeRule(customer=customer.id, each=body.each, per_day=body.per_day)

        def show(rule: CodeRule) -> Answer:
            return Answer(status=HTTPStatus.OK, content=self._limits(customer, rule))

        return await submit_once(self._api.desk, RuleCodes(rule=rule), request=request, show=show)

    def _limits(self, customer: Customer, rule: CodeRule | None) -> CodeLimitsShape:
        day = day_of(self._api.clock.now_ns())
        holds = rule_in_force(rule, customer=customer, currency=CURRENCY, day=day)
        return CodeLimitsShape(each=holds.each, per_day=holds.per_day, currency=CURRENCY.code)

    async def payments(self, request: Request) -> CodePaymentList:
        """What the customer's codes have paid, and what the customer is asked now."""
        return await self._presented(request)

    async def decline(self, request: Request, *, payment: PaymentId) -> Answer:
        """Say no; the till is told at once. To say yes is `/v1/wallet/pay`."""
        command = DeclinePayment(
            payment=payment, customer=CustomerId(request.principal.owner), mode=request.principal.mode
        )

        def show(came_to: Payment | Refused) -> Answer:
            if isinstance(came_to, Refused):
                raise refuse(came_to)
            return Answer(status=HTTPStatus.OK, content=_show(came_to))

        answer = await submit_once(self._api.desk, command, request=request, show=show)
        self._api.presented.nudge()
        return answer

    async def events(self, request: Request) -> EventStream:
        """Tell what becomes of codes, now and when that changes; after `Last-Event-ID` what is new."""
        return EventStream(self._follow(request, seen=request.last_version))

    async def _follow(self, request: Request, *, seen: int | None) -> AsyncIterator[ServerEvent]:
        customer = CustomerId(request.principal.owner)
        async with self._api.database.connection() as connection:
            found = await versions_presented(connection, watched=[customer], since=self._since())
        version = found.get(customer, 0)
        while True:
            if version != seen:
                yield ServerEvent(kind="payments", data=await self._presented(request), id=str(version))
                seen = version
            version = await self._api.presented.changed(customer, after=version)

    async def _presented(self, request: Request) -> CodePaymentList:
        customer = CustomerId(request.principal.owner)
        async with self._api.database.connection() as connection:
            found = await payments_presented(connection, customer=customer, since=self._since())
        return CodePaymentList(data=[_show(payment) for payment in found])

    def _since(self) -> int:
        return self._api.clock.now_ns() - PRESENTED_NS


def _show(payment: Payment) -> CodePaymentShape:
    waits = payment.status is PaymentStatus.PROCESSING
    return CodePaymentShape(
        id=PAYMENT_ID.write(payment.id),
        created_at=rfc3339(payment.created_at),
        livemode=payment.mode is Mode.LIVE,
        status=payment.status,
        decline_code=payment.decline,
        amount=payment.amount.minor,
        currency=payment.amount.currency.code,
        merchant=MERCHANT_ID.write(payment.merchant),
        description=payment.description or None,
        answer_by=rfc3339(payment.due_at) if waits else None,
    )


def wallet_code_routes(api: Api) -> tuple[Route, ...]:
    """The calls of the chapter."""
    handlers = WalletCodesApi(api)
    return (*_phones(handlers), *_limits(handlers), *_asking(handlers))


def _phones(handlers: WalletCodesApi) -> tuple[Route, ...]:
    return (
        Route(
            method="POST",
            path="/v1/wallet/payment_codes/phones",
            handler=handlers.enroll,
            summary="Let a phone show codes",
            description="The key is answered once and kept nowhere. When an answer is lost, name the `device`"
            " and ask again: it gets another key. Retire a phone with `/v1/wallet/devices`: its codes are"
            " worth nothing from that moment.",
            answers={201: CodePhoneShape},
            who=CUSTOMER,
            body=EnrollPhone,
            refuses=(SecretRefusal, DeviceRefusal.ID_TAKEN, DeviceRefusal.TOO_MANY, CodeRefusal),
            tag=TAG,
        ),
        Route(
            method="GET",
            path="/v1/wallet/payment_codes/phones/{phone}/aliases",
            handler=handlers.aliases,
            summary="Aliases ahead",
            description="A week of them is 32 kB. Ask for more while there is a network.",
            answers={200: AliasesShape},
            who=CUSTOMER,
            ids={"phone": DEVICE_ID},
            query=AliasQuery,
            tag=TAG,
        ),
    )


def _limits(handlers: WalletCodesApi) -> tuple[Route, ...]:
    return (
        Route(
            method="GET",
            path="/v1/wallet/payment_codes/limits",
            handler=handlers.limits,
            summary="How much goes without asking you",
            answers={200: CodeLimitsShape},
            who=CUSTOMER,
            tag=TAG,
        ),
        Route(
            method="POST",
            path="/v1/wallet/payment_codes/limits",
            handler=handlers.set_limits,
            summary="Set how much goes without asking you",
            answers={200: CodeLimitsShape},
            who=CUSTOMER,
            body=SetCodeLimits,
            idempotent=True,
            refuses=(SecretRefusal,),
            tag=TAG,
        ),
    )


def _asking(handlers: WalletCodesApi) -> tuple[Route, ...]:
    return (
        Route(
            method="GET",
            path="/v1/wallet/payment_codes/payments",
            handler=handlers.payments,
            summary="What your codes were shown for",
            description="In the last ten minutes. Those `processing` ask you: `/v1/wallet/pay` is yes.",
            answers={200: CodePaymentList},
            who=CUSTOMER,
            tag=TAG,
        ),
        Route(
            method="POST",
            path="/v1/wallet/payment_codes/payments/{payment}/decline",
            handler=handlers.decline,
            summary="Say no",
            answers={200: CodePaymentShape},
            who=CUSTOMER,
            ids={"payment": PAYMENT_ID},
            idempotent=True,
            refuses=(Refusal.PAYMENT_NOT_FOUND, Refusal.WRONG_STATE),
            tag=TAG,
        ),
        Route(
            method="GET",
            path="/v1/wallet/payment_codes/events",
            handler=handlers.events,
            summary="Be told what becomes of your codes",
            description="Server-sent events `payments`, each with the whole list; `Last-Event-ID` goes on.",
            answers={200: EventStream},
            who=CUSTOMER,
            tag=TAG,
        ),
    )
