"""Following a payment: its status as it changes, and the key of the word that its payer brings back."""

from collections.abc import AsyncIterator
from typing import Annotated, Final, Literal, Self

import msgspec

from milletpay.apps.api.backing import Api
from milletpay.apps.api.requests import SECRET, nothing, owns
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Route
from milletpay.apps.http.shapes import Input, Output
from milletpay.apps.http.streams import EventStream, ServerEvent
from milletpay.checkout import standing_of
from milletpay.codes import LinkKind
from milletpay.merchants import MerchantId
from milletpay.payments import PAYMENT_ID, Payment, PaymentId, PaymentStatus, find_payment

PUBLISHABLE: Final = "publishable_key"


class StatusQuery(Input, frozen=True, kw_only=True):
    """What shows that a page may follow the payment."""

    token: Annotated[
        Annotated[str, msgspec.Meta(max_length=100)] | None,
        msgspec.Meta(description="The last part of its `checkout_url`; needed with a publishable key."),
    ] = None

    @classmethod
    def example(cls) -> Self:
        """From a server, which needs none."""
        return cls()


class PaymentStatusShape(Output, frozen=True, kw_only=True):
    """How a payment stands: the data of each event of the stream."""

    object: Literal["payment_status"] = "payment_status"
    payment: str
    status: PaymentStatus
    amount: int
    amount_captured: int
    amount_refunded: int
    currency: str

    @classmethod
    def example(cls) -> Self:
        """One that was paid."""
        return cls(
            payment="pay_01kdz9m4h0000g40r40m30e209",
            status=PaymentStatus.SUCCEEDED,
            amount=1250,
            amount_captured=1250,
            amount_refunded=0,
            currency="CNY",
        )


class ReturnKeyShape(Output, frozen=True, kw_only=True):
    """The key of a merchant's ways back."""

    object: Literal["return_key"] = "return_key"
    algorithm: Literal["HMAC-SHA256"] = "HMAC-SHA256"
    key: Annotated[str, msgspec.Meta(description="32 bytes in hexadecimal digits. Keep it in your server.")]

    @classmethod
    def example(cls) -> Self:
        """As it looks."""
        return cls(key="5f" * 32)


class WatchingApi:
    """The handlers."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def return_key(self, request: Request) -> ReturnKeyShape:
        """The merchant's own; it stays the same."""
        return ReturnKeyShape(key=self._api.returns.of(MerchantId(request.principal.owner)).hex())

    async def events(self, request: Request, *, payment: PaymentId, query: StatusQuery) -> EventStream:
        """Tell how a payment stands, now and whenever that changes, until nothing can."""
        found = await self._find(payment)
        if found is None or not owns(request, found) or not self._may_follow(request, payment, query):
            raise nothing("payment", PAYMENT_ID.write(payment))
        return EventStream(self._follow(found, after=request.last_version or 0))

    def _may_follow(self, request: Request, payment: PaymentId, query: StatusQuery) -> bool:
        """A server may; a page, whose key everybody can read, shows that it was given the payment's link."""
        if request.principal.kind != PUBLISHABLE:
            return True
        return self._api.links.read_token(query.token or "", kind=LinkKind.PAYMENT) == payment

    async def _follow(self, payment: Payment, *, after: int) -> AsyncIterator[ServerEvent]:
        while True:
            if payment.events > after:
                after = payment.events
                yield ServerEvent(kind="payment", data=_status_of(payment), id=str(after))
            if standing_of(payment, now=self._api.clock.now_ns()).is_final:
                return
            await self._api.watch.changed(payment.id, after=after)
            found = await self._find(payment.id)
            assert found is not None, "a payment stays"
            payment = found

    async def _find(self, payment: PaymentId) -> Payment | None:
        async with self._api.database.connection() as connection:
            return await find_payment(connection, id=payment)


def watching_routes(api: Api) -> tuple[Route, ...]:
    """The calls for whoever waits for a payer."""
    handlers = WatchingApi(api)
    return (
        Route(
            method="GET",
            path="/v1/payments/{payment}/events",
            handler=handlers.events,
            summary="Follow a payment",
            description="Server-sent events, each a `payment_status`, as the payment changes. Send the last"
            " `id` as `Last-Event-ID` to go on after a break. A page may call it with a publishable key"
            " and `token`.",
            answers={200: EventStream},
            who=SECRET | {PUBLISHABLE},
            scope="payments:read",
            ids={"payment": PAYMENT_ID},
            query=StatusQuery,
            tag="Payments",
        ),
        Route(
            method="GET",
            path="/v1/return_key",
            handler=handlers.return_key,
            summary="Find your return key",
            description="By it your server checks the word that payers bring back to `return_url`.",
            answers={200: ReturnKeyShape},
            who=frozenset({"secret_key"}),
            tag="Payments",
        ),
    )


def _status_of(payment: Payment) -> PaymentStatusShape:
    return PaymentStatusShape(
        payment=PAYMENT_ID.write(payment.id),
        status=payment.status,
        amount=payment.amount.minor,
        amount_captured=payment.captured,
        amount_refunded=payment.refunded,
        currency=payment.amount.currency.code,
    )
