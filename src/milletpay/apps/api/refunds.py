"""The API's refunds."""

from dataclasses import dataclass
from typing import Any

from milletpay.apps.api.payment_bodies import NewRefund
from milletpay.apps.api.requests import (
    SELLING,
    answer_made,
    made_by,
    nothing,
    owns,
    payment_id_of,
    refuse,
    see_reference,
    store_of,
    terminal_of,
)
from milletpay.apps.http.answers import Answer
from milletpay.apps.http.refusals import Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Route
from milletpay.merchants import MerchantId
from milletpay.payments import (
    REFUND_ID,
    RefundId,
    RefundPayment,
    RefundShape,
    Refusal,
    Refused,
    Shown,
    find_payment,
    find_refund,
)
from milletpay.plumbing.database import Database
from milletpay.plumbing.desk import Desk
from milletpay.terminals import CounterRefusal, CounterRefused, RefundAtTill


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundsApi:
    """The handlers."""

    desk: "Desk[Any, Any, Any]"
    database: Database
    shown: Shown

    async def create(self, request: Request, *, body: NewRefund) -> Answer:
        """Give back a part of a payment."""
        see_reference(request, body.reference)
        command = RefundPayment(
            id=RefundId(request.id),
            payment=payment_id_of(body.payment),
            merchant=MerchantId(request.principal.owner),
            mode=request.principal.mode,
            store=store_of(request),
            terminal=terminal_of(request),
            amount=body.amount,
            request=made_by(request, body.reference),
            reason=body.reason or "",
        )
        terminal = terminal_of(request)
        made = await self.desk.submit(
            command if terminal is None else RefundAtTill(refund=command, terminal=terminal)
        )
        if isinstance(made, CounterRefused):
            raise Refuse(made.refusal, made.detail)
        if isinstance(made, Refused):
            raise refuse(made)
        return answer_made(made.refund, show=self.shown.refund, is_new=made.is_new, request=request)

    async def find(self, request: Request, *, refund: RefundId) -> RefundShape:
        """A refund."""
        async with self.database.connection() as connection:
            found = await find_refund(connection, id=refund)
            asking = (request.principal.owner, request.principal.mode)
            # Another merchant's costs as little as one that is not there: nobody learns of it by the time.
            if found is None or (found.merchant, found.mode) != asking:
                raise nothing("refund", REFUND_ID.write(refund))
            paid = await find_payment(connection, id=found.payment)
        if paid is None or not owns(request, paid):
            raise nothing("refund", REFUND_ID.write(refund))
        return self.shown.refund(found)


def refund_routes(api: RefundsApi) -> tuple[Route, ...]:
    """The calls of the chapter Refunds."""
    return (
        Route(
            method="POST",
            path="/v1/refunds",
            handler=api.create,
            summary="Refund a payment",
            answers={201: RefundShape, 200: RefundShape},
            who=SELLING,
            scope="refunds:write",
            body=NewRefund,
            idempotent=True,
            refuses=(
                Refusal.KEY_REUSED,
                Refusal.REFERENCE_USED,
                Refusal.PAYMENT_NOT_FOUND,
                Refusal.WRONG_STATE,
                Refusal.EXCEEDS_REFUNDABLE,
                Refusal.MERCHANT_LACKS_FUNDS,
                CounterRefusal.NO_SHIFT,
                CounterRefusal.EXCEEDS_TILL_LIMIT,
            ),
            tag="Refunds",
        ),
        Route(
            method="GET",
            path="/v1/refunds/{refund}",
            handler=api.find,
            summary="Find a refund",
            answers={200: RefundShape},
            who=SELLING,
            scope="refunds:read",
            ids={"refund": REFUND_ID},
            tag="Refunds",
        ),
    )
