"""The API's payments and reversals."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import msgspec

from milletpay.apps.api.payment_bodies import (
    SENTENCES,
    Capture,
    Declined,
    NewPayment,
    NewReversal,
    Payer,
    PaymentQuery,
    Reversal,
)
from milletpay.apps.api.requests import (
    SECRET,
    SELLING,
    made_by,
    money_of,
    nothing,
    owns,
    payment_id_of,
    refuse,
    see_reference,
    store_id_of,
    store_of,
    terminal_of,
)
from milletpay.apps.http.answers import PROBLEM, Answer
from milletpay.apps.http.once import REPLAYED, submit_once
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import REQUEST_ID, Request, RequestId
from milletpay.apps.http.routes import Route
from milletpay.apps.http.shapes import ListOf, list_of
from milletpay.merchants import MerchantId, StoreId
from milletpay.payments import (
    AGREEMENT_ID,
    PAYMENT_ID,
    AgreementId,
    CancelPayment,
    CapturePayment,
    CreatePayment,
    Made,
    Marked,
    Payment,
    PaymentId,
    PaymentShape,
    Refusal,
    Refused,
    ReversePayment,
    Shown,
    attempts_of,
    find_payment,
    payments_of,
)
from milletpay.plumbing.database import Database
from milletpay.plumbing.dates import NotATimestamp, parse_rfc3339
from milletpay.plumbing.desk import Desk
from milletpay.plumbing.ids import ID_END, NotAnId


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentsApi:
    """The handlers."""

    desk: "Desk[Any, Any, Any]"
    database: Database
    shown: Shown

    async def create(self, request: Request, *, body: NewPayment) -> Answer:
        """Make a payment; with a payer it is paid at once."""
        see_reference(request, body.reference)
        payer = _payer(body.payer)
        if request.principal.place is not None and payer.agreement is not None:
            detail = "A terminal charges nobody under an agreement."
            raise Refuse(EdgeRefusal.INVALID_FIELD, detail, param="payer.agreement")
        command = CreatePayment(
            id=PaymentId(request.id),
            merchant=MerchantId(request.principal.owner),
            mode=request.principal.mode,
            amount=money_of(body.amount, body.currency),
            request=made_by(request, body.reference),
            capture_method=body.capture_method,
            agreement=payer.agreement,
            payment_code=payer.payment_code,
            store=_place_of_sale(request, body.store),
            terminal=terminal_of(request),
            expires_at=_moment(body.expires_at),
            description=body.description or "",
            return_url=body.return_url or "",
            metadata=msgspec.json.encode(body.metadata).decode() if body.metadata else "",
        )
        made = await self.desk.submit(command)
        if isinstance(made, Refused):
            raise refuse(made)
        return self._made(made, request)

    def _made(self, made: Made, request: Request) -> Answer:
        payment = made.payment.as_made()
        again = not made.is_new
        # Under its key a request is answered as it was; under a new key the reference finds what it made.
        key = payment.request.key_hash
        is_replay = again and key != 0 and request.key_hash == key
        headers = REPLAYED if is_replay else ()
        if payment.decline is not None:
            problem = Declined(
                detail=SENTENCES[payment.decline],
                request_id=REQUEST_ID.write(RequestId(payment.id)),
                decline_code=payment.decline,
                payment=self.shown.payment(payment),
            )
            return Answer(status=402, content=problem, media=PROBLEM, headers=headers)
        status = HTTPStatus.OK if again and not is_replay else HTTPStatus.CREATED
        shown = payment if is_replay or not again else made.payment
        return Answer(status=status, content=self.shown.payment(shown), headers=headers)

    async def find(self, request: Request, *, payment: PaymentId) -> PaymentShape:
        """The truth about a payment."""
        async with self.database.connection() as connection:
            found = await find_payment(connection, id=payment)
            if found is None or not owns(request, found):
                raise nothing("payment", PAYMENT_ID.write(payment))
            attempts = await attempts_of(connection, payment=found)
        return self.shown.payment_with_attempts(found, attempts=attempts)

    async def list(self, request: Request, *, query: "PaymentQuery") -> ListOf[PaymentShape]:
        """A merchant's payments, the newest first."""
        async with self.database.connection() as connection:
            found = await payments_of(
                connection,
                merchant=MerchantId(request.principal.owner),
                mode=request.principal.mode,
                most=query.limit + 1,
                before=ID_END if query.after is None else query.after,
                reference=query.reference,
                store=store_of(request),
            )
        return list_of(found, query=query, place=lambda payment: payment.id, show=self.shown.payment)

    async def capture(self, request: Request, *, payment: PaymentId, body: Capture) -> Answer:
        """Take what was authorized."""
        command = CapturePayment(
            payment=payment,
            merchant=MerchantId(request.principal.owner),
            mode=request.principal.mode,
            amount=body.amount,
            final=body.final,
        )
        return await submit_once(self.desk, command, request=request, show=self._show_payment)

    async def cancel(self, request: Request, *, payment: PaymentId) -> Answer:
        """End a payment that is not captured."""
        command = CancelPayment(
            payment=payment,
            merchant=MerchantId(request.principal.owner),
            mode=request.principal.mode,
        )
        return await submit_once(self.desk, command, request=request, show=self._show_payment)

    async def reverse(self, request: Request, *, body: NewReversal) -> Answer:
        """Undo a payment whose outcome is not known."""
        if (body.payment is None) is (body.reference is None):
            raise Refuse(
                EdgeRefusal.INVALID_FIELD, "Name the payment or its reference: one of them.", param="payment"
            )
        if body.reference is not None:
            see_reference(request, body.reference)
        command = ReversePayment(
            merchant=MerchantId(request.principal.owner),
            mode=request.principal.mode,
            store=store_of(request),
            terminal=terminal_of(request),
            payment=None if body.payment is None else payment_id_of(body.payment),
            reference=body.reference or "",
        )
        return await submit_once(self.desk, command, request=request, show=self._show_reversal)

    def _show_payment(self, payment: Payment | Refused) -> Answer:
        if isinstance(payment, Refused):
            raise refuse(payment)
        return Answer(status=HTTPStatus.OK, content=self.shown.payment(payment))

    def _show_reversal(self, came_to: Payment | Marked | Refused) -> Answer:
        if isinstance(came_to, Refused):
            raise refuse(came_to)
        if isinstance(came_to, Marked):
            reversal = Reversal(status="marked", reference=came_to.reference, payment=None)
        else:
            reversal = Reversal(
                status="reversed",
                reference=came_to.request.reference,
                payment=self.shown.payment(came_to),
            )
        return Answer(status=HTTPStatus.OK, content=reversal)


def _place_of_sale(request: Request, named: str | None) -> StoreId | None:
    """The store that is named, or the one where the terminal stands."""
    store = None if named is None else store_id_of(named)
    own = store_of(request)
    if own is None or store in {None, own}:
        return store or own
    raise Refuse(EdgeRefusal.INVALID_FIELD, "The terminal stands in another store.", param="store")


def _moment(text: str | None) -> int:
    """The time that is named; that it is to come is seen at the desk, for a request may come again later."""
    try:
        return 0 if text is None else parse_rfc3339(text)
    except NotATimestamp as error:
        raise Refuse(EdgeRefusal.INVALID_FIELD, f"{error}.", param="expires_at") from error


@dataclass(frozen=True, slots=True)
class _Named:
    """Who pays: by agreement, or by code, or nobody yet."""

    agreement: AgreementId | None = None
    payment_code: str = field(default="", repr=False)


def _payer(payer: Payer | None) -> _Named:
    if payer is None:
        return _Named()
    if (payer.agreement is None) is (payer.payment_code is None):
        detail = "Name the agreement or the payment code: one of them."
        raise Refuse(EdgeRefusal.INVALID_FIELD, detail, param="payer")
    if payer.agreement is not None:
        return _Named(agreement=_agreement_id(payer.agreement))
    return _Named(payment_code=payer.payment_code or "")


def _agreement_id(text: str) -> AgreementId:
    try:
        return AGREEMENT_ID.read(text)
    except NotAnId as error:
        raise Refuse(EdgeRefusal.INVALID_FIELD, f"{error}.", param="payer.agreement") from error


def payment_routes(api: PaymentsApi) -> tuple[Route, ...]:
    """The calls of the chapter Payments."""
    return (*_making(api), *_ending(api))


def _making(api: PaymentsApi) -> tuple[Route, ...]:
    """Those that make payments and show them."""
    return (
        Route(
            method="POST",
            path="/v1/payments",
            handler=api.create,
            summary="Make a payment",
            description="With `payer` it is paid at once, or is `processing` while a customer who showed a"
            " code is asked on the phone; without, show the customer `checkout_url` or `qr`.",
            answers={201: PaymentShape, 200: PaymentShape, 402: Declined},
            who=SELLING,
            scope="payments:write",
            body=NewPayment,
            idempotent=True,
            refuses=(
                Refusal.KEY_REUSED,
                Refusal.REFERENCE_USED,
                Refusal.STORE_NOT_FOUND,
                Refusal.AGREEMENT_NOT_FOUND,
                Refusal.EXPIRES_IN_THE_PAST,
                Refusal.MERCHANT_NOT_ACTIVE,
                Refusal.NO_CONTRACT,
            ),
            tag="Payments",
        ),
        Route(
            method="GET",
            path="/v1/payments",
            handler=api.list,
            summary="List payments",
            answers={200: ListOf[PaymentShape]},
            who=SELLING,
            scope="payments:read",
            query=PaymentQuery,
            tag="Payments",
        ),
        Route(
            method="GET",
            path="/v1/payments/{payment}",
            handler=api.find,
            summary="Find a payment",
            answers={200: PaymentShape},
            who=SELLING,
            scope="payments:read",
            ids={"payment": PAYMENT_ID},
            tag="Payments",
        ),
    )


def _ending(api: PaymentsApi) -> tuple[Route, ...]:
    """Those that take what is authorized, or undo it."""
    return (
        Route(
            method="POST",
            path="/v1/payments/{payment}/capture",
            handler=api.capture,
            summary="Capture a payment",
            answers={200: PaymentShape},
            who=SECRET,
            scope="payments:write",
            ids={"payment": PAYMENT_ID},
            body=Capture,
            idempotent=True,
            refuses=(
                Refusal.PAYMENT_NOT_FOUND,
                Refusal.WRONG_STATE,
                Refusal.EXPIRED,
                Refusal.EXCEEDS_AUTHORIZED,
            ),
            tag="Payments",
        ),
        Route(
            method="POST",
            path="/v1/payments/{payment}/cancel",
            handler=api.cancel,
            summary="Cancel a payment",
            answers={200: PaymentShape},
            who=SECRET,
            scope="payments:write",
            ids={"payment": PAYMENT_ID},
            idempotent=True,
            refuses=(Refusal.PAYMENT_NOT_FOUND, Refusal.WRONG_STATE),
            tag="Payments",
        ),
        Route(
            method="POST",
            path="/v1/reversals",
            handler=api.reverse,
            summary="Reverse a payment",
            description="When you do not know how a payment ended. Within seven days, any number of times."
            " A till reverses only what it made itself.",
            answers={200: Reversal},
            who=SELLING,
            scope="payments:write",
            body=NewReversal,
            idempotent=True,
            refuses=(
                Refusal.PAYMENT_NOT_FOUND,
                Refusal.TOO_LATE_TO_REVERSE,
                Refusal.MERCHANT_LACKS_FUNDS,
            ),
            tag="Payments",
        ),
    )
