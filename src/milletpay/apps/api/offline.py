"""The API's sales without a network: what a merchant allows, and what its tills bring afterwards."""

import hmac
from http import HTTPStatus
from typing import Annotated, Final, Literal, Self

import msgspec

from milletpay.apps.api.backing import Api
from milletpay.apps.api.payment_bodies import PaymentCode
from milletpay.apps.api.requests import SECRET, TILL, money_of
from milletpay.apps.http.answers import Answer
from milletpay.apps.http.once import submit_once
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Route
from milletpay.apps.http.shapes import CurrencyCode, Input, Minor, Output
from milletpay.merchants import MerchantId, StoreId, TerminalId
from milletpay.money import AMOUNT_MAX
from milletpay.payments import PAYMENT_ID, CreatePayment, PaymentId
from milletpay.payments import Request as PaymentRequest
from milletpay.plumbing.answers import hash_of_body
from milletpay.plumbing.dates import NotATimestamp, parse_rfc3339, rfc3339
from milletpay.terminals import (
    OfflineFault,
    OfflinePolicy,
    OfflineReason,
    OfflineRefused,
    OfflineSale,
    Sealed,
    SetOfflinePolicy,
    TakeOffline,
    find_offline_policy,
    missing_numbers,
)

TAG: Final = "Counters"
RECORDS_MAX: Final = 100
MISSING_SHOWN: Final = 100
Number = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
Bound = Annotated[int, msgspec.Meta(ge=0, le=AMOUNT_MAX)]


class NewPolicy(Input, frozen=True, kw_only=True):
    """What your tills may take without a network, at your own risk. From now on, until you say otherwise."""

    each: Annotated[Bound, msgspec.Meta(description="Of one sale, in fen; 0 allows nothing.")]
    total: Annotated[Bound, msgspec.Meta(description="Of a terminal within 24 hours, in fen.")]
    count: Annotated[int, msgspec.Meta(ge=0, le=10_000, description="Sales of a terminal within 24 hours.")]

    @classmethod
    def example(cls) -> Self:
        """Small ones, a few."""
        return cls(each=5000, total=50000, count=20)


class PolicyShape(Output, frozen=True, kw_only=True):
    """What is allowed from a moment on."""

    object: Literal["offline_policy"] = "offline_policy"
    effective_at: Annotated[str | None, msgspec.Meta(description="Null while you have not said anything.")]
    each: int
    total: int
    count: int

    @classmethod
    def example(cls) -> Self:
        """Small ones, a few."""
        return cls(effective_at="2026-12-01T02:03:04.005Z", each=5000, total=50000, count=20)


class OfflineRecord(Input, frozen=True, kw_only=True):
    """One sale as the till has sealed it."""

    payment_code: PaymentCode
    amount: Minor
    currency: CurrencyCode
    taken_at: Annotated[str, msgspec.Meta(max_length=40, description="RFC 3339, by the till's clock.")]
    pairing: Annotated[Number, msgspec.Meta(description="As the answer to the pairing says.")]
    sequence: Annotated[Number, msgspec.Meta(description="From 1 since that pairing, without a gap.")]
    seal: Annotated[
        str,
        msgspec.Meta(
            max_length=64,
            description="HMAC-SHA256 under the seal key, in hex, of code, amount, currency, time, pairing and"
            " sequence, as they are here, with line feeds between them.",
        ),
    ]

    @classmethod
    def example(cls) -> Self:
        """The first one."""
        return cls(
            payment_code="720123456789012345",
            amount=1250,
            currency="CNY",
            taken_at="2026-12-01T02:03:04.005Z",
            pairing=1,
            sequence=1,
            seal="00" * 32,
        )


class Upload(Input, frozen=True, kw_only=True):
    """What was taken without a network, in order."""

    records: Annotated[list[OfflineRecord], msgspec.Meta(min_length=1, max_length=RECORDS_MAX)]

    @classmethod
    def example(cls) -> Self:
        """One."""
        return cls(records=[OfflineRecord.example()])


class OfflineResult(Output, frozen=True, kw_only=True):
    """What became of one record: accepted or declined once, or refused, which leaves nothing behind."""

    pairing: int
    sequence: int
    outcome: Literal["accepted", "declined", "refused"]
    reason: Annotated[OfflineReason | None, msgspec.Meta(description="Why it was declined.")]
    fault: Annotated[OfflineFault | None, msgspec.Meta(description="Why it was refused.")]
    payment: str | None
    after_gap: bool
    risk: Literal["merchant"] = "merchant"

    @classmethod
    def example(cls) -> Self:
        """One that was accepted."""
        return cls(
            pairing=1,
            sequence=1,
            outcome="accepted",
            reason=None,
            fault=None,
            payment="pay_01kdz9m4h0000g40r40m30e209",
            after_gap=False,
        )


class MissingNumber(Output, frozen=True, kw_only=True):
    """A sale that later ones tell of and that has not come."""

    pairing: int
    sequence: int

    @classmethod
    def example(cls) -> Self:
        """The second one."""
        return cls(pairing=1, sequence=2)


class Uploaded(Output, frozen=True, kw_only=True):
    """The results, in the order of the records, and what is missing."""

    object: Literal["offline_upload"] = "offline_upload"
    results: list[OfflineResult]
    missing: list[MissingNumber]

    @classmethod
    def example(cls) -> Self:
        """One of one."""
        return cls(results=[OfflineResult.example()], missing=[])


class OfflineApi:
    """The handlers."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def allow(self, request: Request, *, body: NewPolicy) -> Answer:
        """Set what is allowed from now on."""
        command = SetOfflinePolicy(
            merchant=MerchantId(request.principal.owner),
            mode=request.principal.mode,
            each=body.each,
            total=body.total,
            count=body.count,
        )
        return await submit_once(self._api.desk, command, request=request, show=_show_policy)

    async def allowed(self, request: Request) -> PolicyShape:
        """Tell a till what it may take alone, so that it knows when nobody can be asked."""
        async with self._api.database.connection() as connection:
            policy = await find_offline_policy(
                connection,
                merchant=MerchantId(request.principal.owner),
                mode=request.principal.mode,
            )
        if policy is None:
            return PolicyShape(effective_at=None, each=0, total=0, count=0)
        return _policy_shape(policy)

    async def upload(self, request: Request, *, body: Upload) -> Uploaded:
        """Decide each record, once; sent again, each is answered as before."""
        place = request.principal.place
        assert place is not None, "only terminals ask so"
        terminal = TerminalId(place.terminal)
        results = [await self._take(request, record) for record in body.records]
        async with self._api.database.connection() as connection:
            missing = await missing_numbers(connection, terminal=terminal, most=MISSING_SHOWN)
        shown = [MissingNumber(pairing=pairing, sequence=sequence) for pairing, sequence in missing]
        return Uploaded(results=results, missing=shown)

    async def _take(self, request: Request, record: OfflineRecord) -> OfflineResult:
        place = request.principal.place
        assert place is not None
        terminal = TerminalId(place.terminal)
        sealed = Sealed(
            payment_code=record.payment_code,
            amount=record.amount,
            currency=record.currency,
            taken_at=record.taken_at,
            pairing=record.pairing,
            sequence=record.sequence,
        )
        key = self._api.terminal_secrets.seal_key(terminal, pairings=record.pairing)
        if not hmac.compare_digest(sealed.seal(key).encode(), record.seal.encode()):
            return _refused(record, OfflineFault.SEAL_WRONG)
        taken_at = _moment(record.taken_at)
        reference = f"{place.references}offline-{record.pairing}-{record.sequence}"
        came = await self._api.desk.submit(
            TakeOffline(
                sealed=sealed,
                taken_at=taken_at,
                payment=CreatePayment(
                    id=PaymentId(self._api.ids.next()),
                    merchant=MerchantId(request.principal.owner),
                    mode=request.principal.mode,
                    amount=money_of(record.amount, record.currency),
                    request=PaymentRequest(
                        key_hash=0, body_hash=hash_of_body(sealed.text()), reference=reference
                    ),
                    payment_code=record.payment_code,
                    scanned_at=taken_at,
                    store=StoreId(place.store),
                    terminal=terminal,
                ),
            )
        )
        return _refused(record, came.fault) if isinstance(came, OfflineRefused) else _result(came)


def _moment(text: str) -> int:
    try:
        return parse_rfc3339(text)
    except NotATimestamp as error:
        raise Refuse(EdgeRefusal.INVALID_FIELD, f"{error}.", param="taken_at") from error


def _show_policy(policy: OfflinePolicy) -> Answer:
    return Answer(status=HTTPStatus.CREATED, content=_policy_shape(policy))


def _policy_shape(policy: OfflinePolicy) -> PolicyShape:
    return PolicyShape(
        effective_at=rfc3339(policy.effective_at), each=policy.each, total=policy.total, count=policy.count
    )


def _result(sale: OfflineSale) -> OfflineResult:
    return OfflineResult(
        pairing=sale.pairing,
        sequence=sale.sequence,
        outcome="accepted" if sale.reason is None else "declined",
        reason=sale.reason,
        fault=None,
        payment=None if sale.payment is None else PAYMENT_ID.write(sale.payment),
        after_gap=sale.after_gap,
    )


def _refused(record: OfflineRecord, fault: OfflineFault) -> OfflineResult:
    return OfflineResult(
        pairing=record.pairing,
        sequence=record.sequence,
        outcome="refused",
        reason=None,
        fault=fault,
        payment=None,
        after_gap=False,
    )


def offline_routes(api: Api) -> tuple[Route, ...]:
    """The calls about it."""
    handlers = OfflineApi(api)
    return (
        Route(
            method="POST",
            path="/v1/offline_policies",
            handler=handlers.allow,
            summary="Allow sales without a network",
            description="Whatever of them is declined afterwards is your loss. Nothing is allowed at first.",
            answers={201: PolicyShape},
            who=SECRET,
            scope="terminals:write",
            body=NewPolicy,
            idempotent=True,
            tag=TAG,
        ),
        Route(
            method="GET",
            path="/v1/terminals/this/offline_policy",
            handler=handlers.allowed,
            summary="What the till may take without a network",
            description="As it stands now; what a till was told last holds while it can ask nobody.",
            answers={200: PolicyShape},
            who=TILL,
            tag=TAG,
        ),
        Route(
            method="POST",
            path="/v1/terminals/offline_payments",
            handler=handlers.upload,
            summary="Bring what was sold without a network",
            description="Within 24 hours. Send it again when no answer came: each sale is decided once.",
            answers={200: Uploaded},
            who=TILL,
            body=Upload,
            tag=TAG,
        ),
    )
