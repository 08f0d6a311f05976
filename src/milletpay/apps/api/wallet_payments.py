"""What a customer pays and signs: payments that await a payer, and agreements."""

from http import HTTPStatus
from typing import Final

from milletpay.apps.api.backing import Api
from milletpay.apps.api.payment_bodies import SENTENCES
from milletpay.apps.api.requests import payment_id_of, refuse
from milletpay.apps.api.wallet_bodies import Pay, Signature
from milletpay.apps.api.wallet_declines import DeclinedPay
from milletpay.apps.api.wallet_plates import pay_at_plate
from milletpay.apps.api.wallet_requests import CUSTOMER, check_pin_once
from milletpay.apps.api.wallet_scans import wallet_scan_routes
from milletpay.apps.api.wallet_shapes import PaidShape
from milletpay.apps.api.wallet_sources import read_sources, sources_for, wallet_source_routes
from milletpay.apps.http.answers import Answer
from milletpay.apps.http.once import submit_once
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Route
from milletpay.apps.http.shapes import ListOf, ListQuery, list_of
from milletpay.codes import Link, LinkKind, NotOurLink
from milletpay.customers import CustomerId
from milletpay.funding import ONLY_BALANCE
from milletpay.identity import SecretRefusal
from milletpay.payments import (
    AGREEMENT_ID,
    PAYMENT_ID,
    Agreed,
    AgreementId,
    AgreementShape,
    CancelAgreement,
    Decline,
    Made,
    PaymentId,
    PayPayment,
    Refusal,
    Refused,
    SignAgreement,
    agreements_of,
)
from milletpay.plumbing.ids import ID_END

TAG: Final = "Wallet: paying"

PAYING: Final = (
    SecretRefusal,
    Refusal.REFERENCE_USED,
    Refusal.PAYMENT_NOT_FOUND,
    Refusal.PLATE_NOT_FOUND,
    Refusal.PLATE_REVOKED,
    Refusal.MERCHANT_NOT_ACTIVE,
    Refusal.NO_CONTRACT,
    Refusal.WRONG_STATE,
    Refusal.EXPIRED,
)
SIGNING: Final = (
    SecretRefusal,
    Refusal.AGREEMENT_NOT_FOUND,
    Refusal.SOURCE_NOT_FOUND,
    Refusal.MERCHANT_NOT_ACTIVE,
    Refusal.NO_CONTRACT,
    Refusal.WRONG_STATE,
)


class WalletPaymentsApi:
    """The handlers."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def pay(self, request: Request, *, body: Pay) -> Answer:
        """Pay what awaits a payer, with the PIN. A decline leaves it as it was: it may be tried again."""
        link = self._link(body)
        if (again := await check_pin_once(self._api, request, body.pin)) is not None:
            return again
        if link.kind is LinkKind.PLATE:
            return await pay_at_plate(self._api, request, body=body, link=link)
        payment = PaymentId(link.object)
        command = PayPayment(
            payment=payment,
            customer=CustomerId(request.principal.owner),
            mode=request.principal.mode,
            sources=await sources_for(self._api, request, body.source),
        )

        def show(came_to: Made | Decline | Refused) -> Answer:
            if isinstance(came_to, Refused):
                raise refuse(came_to)
            if isinstance(came_to, Made):
                return Answer(status=HTTPStatus.OK, content=PaidShape.of(came_to.payment))
            declined = DeclinedPay(
                detail=SENTENCES[came_to],
                request_id=request.request_id,
                decline_code=came_to,
                payment=PAYMENT_ID.write(payment),
            )
            return Answer(status=HTTPStatus.PAYMENT_REQUIRED, content=declined)

        return await submit_once(self._api.desk, command, request=request, show=show)

    async def agreements(self, request: Request, *, query: ListQuery) -> ListOf[AgreementShape]:
        """Who may charge without asking, the newest first."""
        async with self._api.database.connection() as connection:
            found = await agreements_of(
                connection,
                customer=CustomerId(request.principal.owner),
                most=query.limit + 1,
                before=ID_END if query.after is None else query.after,
            )
        return list_of(
            found, query=query, place=lambda agreement: agreement.id, show=self._api.shown.agreement
        )

    async def sign(self, request: Request, *, agreement: AgreementId, body: Signature) -> Answer:
        """Let a merchant charge without asking each time, with the PIN.

        An id is no secret: only whoever was given the link has its token.
        """
        if self._signed_by(body.token) != agreement:
            detail = "This is not the `sign_url` of this agreement, nor the last part of it."
            raise Refuse(EdgeRefusal.INVALID_FIELD, detail, param="token")
        if (again := await check_pin_once(self._api, request, body.pin)) is not None:
            return again
        command = SignAgreement(
            agreement=agreement,
            customer=CustomerId(request.principal.owner),
            mode=request.principal.mode,
            sources=ONLY_BALANCE if body.sources is None else read_sources(body.sources, param="sources"),
        )
        return await submit_once(self._api.desk, command, request=request, show=self._show)

    async def cancel(self, request: Request, *, agreement: AgreementId) -> Answer:
        """End it."""
        command = CancelAgreement(
            agreement=agreement,
            mode=request.principal.mode,
            customer=CustomerId(request.principal.owner),
        )
        return await submit_once(self._api.desk, command, request=request, show=self._show)

    def _show(self, agreed: Agreed | Refused) -> Answer:
        if isinstance(agreed, Refused):
            raise refuse(agreed)
        return Answer(status=HTTPStatus.OK, content=self._api.shown.agreement(agreed.agreement))

    def _signed_by(self, text: str) -> int | None:
        """The agreement that a token or link is of; None where it is of none."""
        links = self._api.links
        if "/" not in text:
            return links.read_token(text, kind=LinkKind.AGREEMENT)
        try:
            link = links.read(text)
        except NotOurLink:
            return None
        return link.object if link.kind is LinkKind.AGREEMENT else None

    def _link(self, body: Pay) -> Link:
        """What is meant: a payment, or a code plate with an amount."""
        if (body.payment is None) is (body.payload is None):
            detail = "Name the payment or what was scanned: one of them."
            raise Refuse(EdgeRefusal.INVALID_FIELD, detail, param="payment")
        if body.payment is not None:
            link = Link(kind=LinkKind.PAYMENT, object=payment_id_of(body.payment))
        else:
            assert body.payload is not None
            try:
                link = self._api.links.read(body.payload)
            except NotOurLink as error:
                raise Refuse(EdgeRefusal.INVALID_FIELD, str(error), param="payload") from error
        if link.kind not in {LinkKind.PAYMENT, LinkKind.PLATE}:
            raise Refuse(EdgeRefusal.INVALID_FIELD, "This is nothing to pay.", param="payload")
        if link.kind is LinkKind.PAYMENT and body.amount is not None:
            detail = "The amount is the payment's own; only at a code plate the payer types it."
            raise Refuse(EdgeRefusal.INVALID_FIELD, detail, param="amount")
        if link.kind is LinkKind.PLATE and body.amount is None:
            detail = "At a code plate the payer types the amount."
            raise Refuse(EdgeRefusal.INVALID_FIELD, detail, param="amount")
        return link


def wallet_payment_routes(api: Api) -> tuple[Route, ...]:
    """The calls of the chapter."""
    handlers = WalletPaymentsApi(api)
    return (
        *wallet_source_routes(api),
        *wallet_scan_routes(api, tag=TAG),
        Route(
            method="POST",
            path="/v1/wallet/pay",
            handler=handlers.pay,
            summary="Pay",
            answers={200: PaidShape, 402: DeclinedPay},
            who=CUSTOMER,
            body=Pay,
            idempotent=True,
            refuses=PAYING,
            tag=TAG,
        ),
        Route(
            method="GET",
            path="/v1/wallet/agreements",
            handler=handlers.agreements,
            summary="List your agreements",
            answers={200: ListOf[AgreementShape]},
            who=CUSTOMER,
            query=ListQuery,
            tag=TAG,
        ),
        Route(
            method="POST",
            path="/v1/wallet/agreements/{agreement}/sign",
            handler=handlers.sign,
            summary="Sign an agreement",
            answers={200: AgreementShape},
            who=CUSTOMER,
            ids={"agreement": AGREEMENT_ID},
            body=Signature,
            idempotent=True,
            refuses=SIGNING,
            tag=TAG,
        ),
        Route(
            method="POST",
            path="/v1/wallet/agreements/{agreement}/cancel",
            handler=handlers.cancel,
            summary="End an agreement",
            answers={200: AgreementShape},
            who=CUSTOMER,
            ids={"agreement": AGREEMENT_ID},
            idempotent=True,
            refuses=(Refusal.AGREEMENT_NOT_FOUND,),
            tag=TAG,
        ),
    )
