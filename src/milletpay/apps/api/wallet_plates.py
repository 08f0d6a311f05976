"""A customer pays at a code plate, with the amount typed."""

from http import HTTPStatus

from milletpay.apps.api.backing import Api
from milletpay.apps.api.payment_bodies import SENTENCES
from milletpay.apps.api.requests import money_of, refuse
from milletpay.apps.api.wallet_bodies import Pay
from milletpay.apps.api.wallet_declines import DeclinedPay
from milletpay.apps.api.wallet_shapes import PaidShape
from milletpay.apps.api.wallet_sources import sources_for
from milletpay.apps.http.answers import Answer
from milletpay.apps.http.once import submit_once
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.checkout import find_plate_session, pay_at
from milletpay.codes import Link
from milletpay.customers import CustomerId
from milletpay.payments import PAYMENT_ID, Made, PaymentId, Refused


async def pay_at_plate(api: Api, request: Request, *, body: Pay, link: Link) -> Answer:
    """Make a payment at the plate and pay it; the PIN was taken before."""
    assert body.amount is not None
    amount = money_of(body.amount, body.currency)
    async with api.database.connection() as connection:
        session = await find_plate_session(connection, token=api.links.token(link), links=api.links)
    if session is None:
        raise Refuse(EdgeRefusal.NOT_FOUND, "There is no such code plate.", param="payload")
    command = pay_at(
        session,
        id=PaymentId(request.id),
        customer=CustomerId(request.principal.owner),
        mode=request.principal.mode,
        amount=amount,
        sources=await sources_for(api, request, body.source),
        once=f"{request.asked.key if request.asked is not None else request.id:032x}",
    )

    def show(came_to: Made | Refused) -> Answer:
        if isinstance(came_to, Refused):
            raise refuse(came_to)
        payment = came_to.payment
        if payment.decline is None:
            return Answer(status=HTTPStatus.OK, content=PaidShape.of(payment))
        declined = DeclinedPay(
            detail=SENTENCES[payment.decline],
            request_id=request.request_id,
            decline_code=payment.decline,
            payment=PAYMENT_ID.write(payment.id),
        )
        return Answer(status=HTTPStatus.PAYMENT_REQUIRED, content=declined)

    return await submit_once(api.desk, command, request=request, show=show)
