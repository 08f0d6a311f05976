"""The API's agreements."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from milletpay.apps.api.payment_bodies import NewAgreement, NewAnnouncement
from milletpay.apps.api.requests import SECRET, answer_made, made_by, money_of, nothing, owns, refuse
from milletpay.apps.http.answers import Answer
from milletpay.apps.http.once import submit_once
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Route
from milletpay.merchants import MerchantId
from milletpay.payments import (
    AGREEMENT_ID,
    Agreed,
    Agreement,
    AgreementId,
    AgreementShape,
    AgreementStatus,
    AnnounceCharge,
    Announcement,
    AnnouncementId,
    AnnouncementShape,
    CancelAgreement,
    ProposeAgreement,
    Refusal,
    Refused,
    Shown,
    find_agreement,
)
from milletpay.plumbing.database import Database
from milletpay.plumbing.dates import NotADay, parse_day
from milletpay.plumbing.desk import Desk

PROPOSING: Final = (
    Refusal.KEY_REUSED,
    Refusal.REFERENCE_USED,
    Refusal.MERCHANT_NOT_ACTIVE,
    Refusal.NO_CONTRACT,
)
"""Why an agreement may not be proposed."""

ANNOUNCING: Final = (
    Refusal.AGREEMENT_NOT_FOUND,
    Refusal.WRONG_STATE,
    Refusal.NOTICE_TOO_SHORT,
    Refusal.NOTICE_TOO_LONG,
    Refusal.EXCEEDS_CHARGE_LIMIT,
    Refusal.TOO_MANY_ANNOUNCED,
)
"""Why a charge may not be announced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementsApi:
    """The handlers."""

    desk: "Desk[Any, Any, Any]"
    database: Database
    shown: Shown

    async def propose(self, request: Request, *, body: NewAgreement) -> Answer:
        """Ask a customer for permission to charge."""
        agreement = Agreement(
            id=AgreementId(request.id),
            merchant=MerchantId(request.principal.owner),
            mode=request.principal.mode,
            customer=None,
            status=AgreementStatus.PENDING_SIGNATURE,
            currency=money_of(body.charge_limit, body.currency).currency,
            charge_limit=body.charge_limit,
            day_limit=body.day_limit,
            month_limit=body.month_limit,
            day_charges=body.day_charges,
            notice_days=body.notice_days,
            request=made_by(request, body.reference),
            description=body.description or "",
        )
        agreed = await self.desk.submit(ProposeAgreement(agreement=agreement))
        if isinstance(agreed, Refused):
            raise refuse(agreed)
        return answer_made(agreed.agreement, show=self.shown.agreement, is_new=agreed.is_new, request=request)

    async def find(self, request: Request, *, agreement: AgreementId) -> AgreementShape:
        """An agreement as it stands."""
        async with self.database.connection() as connection:
            found = await find_agreement(connection, id=agreement)
        if found is None or not owns(request, found):
            raise nothing("agreement", AGREEMENT_ID.write(agreement))
        return self.shown.agreement(found)

    async def announce(self, request: Request, *, agreement: AgreementId, body: NewAnnouncement) -> Answer:
        """Tell the customer of a charge to come."""
        try:
            charge_on = parse_day(body.charge_on)
        except NotADay as error:
            raise Refuse(EdgeRefusal.INVALID_FIELD, f"{error}.", param="charge_on") from error
        command = AnnounceCharge(
            id=AnnouncementId(request.id),
            agreement=agreement,
            merchant=MerchantId(request.principal.owner),
            mode=request.principal.mode,
            amount=body.amount,
            charge_on=charge_on,
        )
        return await submit_once(self.desk, command, request=request, show=self._show_announcement)

    async def cancel(self, request: Request, *, agreement: AgreementId) -> Answer:
        """End an agreement."""
        command = CancelAgreement(
            agreement=agreement,
            mode=request.principal.mode,
            merchant=MerchantId(request.principal.owner),
        )
        return await submit_once(self.desk, command, request=request, show=self._show_agreement)

    def _show_announcement(self, announced: Announcement | Refused) -> Answer:
        if isinstance(announced, Refused):
            raise refuse(announced)
        return Answer(status=HTTPStatus.CREATED, content=self.shown.announcement(announced))

    def _show_agreement(self, agreed: Agreed | Refused) -> Answer:
        if isinstance(agreed, Refused):
            raise refuse(agreed)
        return Answer(status=HTTPStatus.OK, content=self.shown.agreement(agreed.agreement))


def agreement_routes(api: AgreementsApi) -> tuple[Route, ...]:
    """The calls of the chapter Agreements."""
    return (
        Route(
            method="POST",
            path="/v1/agreements",
            handler=api.propose,
            summary="Propose an agreement",
            answers={201: AgreementShape, 200: AgreementShape},
            who=SECRET,
            scope="agreements:write",
            body=NewAgreement,
            idempotent=True,
            refuses=PROPOSING,
            tag="Agreements",
        ),
        Route(
            method="GET",
            path="/v1/agreements/{agreement}",
            handler=api.find,
            summary="Find an agreement",
            answers={200: AgreementShape},
            who=SECRET,
            scope="agreements:read",
            ids={"agreement": AGREEMENT_ID},
            tag="Agreements",
        ),
        Route(
            method="POST",
            path="/v1/agreements/{agreement}/announcements",
            handler=api.announce,
            summary="Announce a charge",
            description="Where an agreement has `notice_days`, each charge is announced so long before. It is"
            " good for one charge, for 31 days from its day on.",
            answers={201: AnnouncementShape},
            who=SECRET,
            scope="agreements:write",
            ids={"agreement": AGREEMENT_ID},
            body=NewAnnouncement,
            idempotent=True,
            refuses=ANNOUNCING,
            tag="Agreements",
        ),
        Route(
            method="POST",
            path="/v1/agreements/{agreement}/cancel",
            handler=api.cancel,
            summary="Cancel an agreement",
            answers={200: AgreementShape},
            who=SECRET,
            scope="agreements:write",
            ids={"agreement": AGREEMENT_ID},
            idempotent=True,
            refuses=(Refusal.AGREEMENT_NOT_FOUND,),
            tag="Agreements",
        ),
    )
