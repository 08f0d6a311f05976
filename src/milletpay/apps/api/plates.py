"""The API's code plates: made, shown, drawn and revoked by a merchant; and a payment's code, drawn."""

from http import HTTPStatus
from typing import Annotated, Final, Literal, Self

import msgspec

from milletpay.apps.api.backing import Api
from milletpay.apps.api.requests import SECRET, nothing, owns, store_id_of
from milletpay.apps.http.answers import Answer
from milletpay.apps.http.once import submit_once
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Route
from milletpay.apps.http.shapes import Input, ListOf, ListQuery, Output, list_of
from milletpay.checkout import PlateSession, find_plate_session, payment_payload, plate_payload
from milletpay.codes import Link, LinkKind, png, svg
from milletpay.ledger.chart import Mode
from milletpay.merchants import (
    MERCHANT_ID,
    PLATE_ID,
    STORE_ID,
    TERMINAL_ID,
    MakePlate,
    MerchantId,
    Plate,
    PlateId,
    PlateRefusal,
    PlateRefused,
    RevokePlate,
    TerminalId,
    find_merchant,
    find_store,
    plates_of,
)
from milletpay.payments import PAYMENT_ID, PaymentId, find_payment
from milletpay.plumbing.dates import rfc3339
from milletpay.plumbing.ids import ID_END, NotAnId
from milletpay.terminals import find_terminal

TAG: Final = "Code plates"
SVG: Final = b"image/svg+xml"
PNG: Final = b"image/png"


class NewPlate(Input, frozen=True, kw_only=True):
    """Where it will stand."""

    store: Annotated[str, msgspec.Meta(description="A store of yours.")]
    terminal: Annotated[
        str | None, msgspec.Meta(description="The till that it stands at, in that store.")
    ] = None

    @classmethod
    def example(cls) -> Self:
        """For a whole store."""
        return cls(store="sto_01kdz9m4h0000g40r40m30e20e")


class PlateShape(Output, frozen=True, kw_only=True):
    """A code plate: whoever scans it types the amount."""

    id: str
    object: Literal["plate"] = "plate"
    created_at: str
    livemode: bool
    merchant: str
    store: str
    terminal: str | None
    serial: int
    status: Literal["active", "revoked"]
    revoked_at: str | None
    url: str

    @classmethod
    def example(cls) -> Self:
        """The first of a merchant."""
        return cls(
            id="plt_01kdz9m4h0000g40r40m30e20f",
            created_at="2026-12-01T02:03:04.005Z",
            livemode=False,
            merchant="mer_01kdz9m4h0000g40r40m30e20a",
            store="sto_01kdz9m4h0000g40r40m30e20e",
            terminal=None,
            serial=1,
            status="active",
            revoked_at=None,
            url="http://127.0.0.1:8420/p/AZt_TUGAAAggYAYG4MOASf0Lq3mVtq8Qzx1K",
        )


class CodeShape(Output, frozen=True, kw_only=True):
    """What a code holds: our link, and the same in EMVCo's form."""

    object: Literal["code"] = "code"
    payload: str
    emv: Annotated[
        str | None, msgspec.Meta(description="Null for an amount of more digits than that form has.")
    ]

    @classmethod
    def example(cls) -> Self:
        """The beginning of one."""
        return cls(
            payload="http://127.0.0.1:8420/p/AZt_TUGAAAggYAYG4MOASf0Lq3mVtq8Qzx1K",
            emv="000201010211268600320a...",
        )


class PlatesApi:
    """The handlers."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def make(self, request: Request, *, body: NewPlate) -> Answer:
        """Make a plate."""
        store = store_id_of(body.store)
        terminal = None if body.terminal is None else _terminal_id(body.terminal)
        if terminal is not None:
            async with self._api.database.connection() as connection:
                found = await find_terminal(connection, id=terminal)
            if found is None or (found.store, found.mode) != (store, request.principal.mode):
                detail = "There is no such terminal in this store."
                raise Refuse(EdgeRefusal.INVALID_FIELD, detail, param="terminal")
        command = MakePlate(
            id=PlateId(request.id),
            merchant=MerchantId(request.principal.owner),
            mode=request.principal.mode,
            store=store,
            terminal=terminal,
        )

        def show(plate: Plate | PlateRefused) -> Answer:
            return Answer(status=HTTPStatus.CREATED, content=self._shape(_made(plate)))

        return await submit_once(self._api.desk, command, request=request, show=show)

    async def list(self, request: Request, *, query: ListQuery) -> ListOf[PlateShape]:
        """A merchant's plates, the newest first."""
        async with self._api.database.connection() as connection:
            found = await plates_of(
                connection,
                merchant=MerchantId(request.principal.owner),
                mode=request.principal.mode,
                most=query.limit + 1,
                before=ID_END if query.after is None else query.after,
            )
        return list_of(found, query=query, place=lambda plate: plate.id, show=self._shape)

    async def find(self, request: Request, *, plate: PlateId) -> PlateShape:
        """A plate."""
        return self._shape((await self._session(request, plate)).plate)

    async def revoke(self, request: Request, *, plate: PlateId) -> Answer:
        """Take a plate out of use."""
        command = RevokePlate(
            id=plate, merchant=MerchantId(request.principal.owner), mode=request.principal.mode
        )

        def show(revoked: Plate | PlateRefused) -> Answer:
            return Answer(status=HTTPStatus.OK, content=self._shape(_made(revoked)))

        return await submit_once(self._api.desk, command, request=request, show=show)

    async def code(self, request: Request, *, plate: PlateId) -> CodeShape:
        """What stands on a plate."""
        session = await self._session(request, plate)
        return CodeShape(payload=self._api.links.plate(plate), emv=plate_payload(session))

    async def code_svg(self, request: Request, *, plate: PlateId) -> Answer:
        """The picture of a plate, as SVG."""
        session = await self._session(request, plate)
        drawn = svg(self._api.links.plate(plate), title=session.store.names.en)
        return _picture(drawn.encode(), SVG)

    async def code_png(self, request: Request, *, plate: PlateId) -> Answer:
        """The picture of a plate, as PNG."""
        await self._session(request, plate)
        return _picture(png(self._api.links.plate(plate)), PNG)

    async def payment_code(self, request: Request, *, payment: PaymentId) -> CodeShape:
        """What the code of a payment holds."""
        async with self._api.database.connection() as connection:
            found = await find_payment(connection, id=payment)
            if found is None or not owns(request, found):
                raise nothing("payment", PAYMENT_ID.write(payment))
            merchant = await find_merchant(connection, id=found.merchant)
            store = None if found.store is None else await find_store(connection, id=found.store)
        assert merchant is not None, "a payment has its merchant"
        links = self._api.links
        emv = payment_payload(found, merchant=merchant, store=store, links=links)
        return CodeShape(payload=links.payment(payment), emv=emv)

    async def _session(self, request: Request, plate: PlateId) -> PlateSession:
        links = self._api.links
        token = links.token(Link(kind=LinkKind.PLATE, object=plate))
        async with self._api.database.connection() as connection:
            session = await find_plate_session(connection, token=token, links=links)
        mine = request.principal.owner, request.principal.mode
        if session is None or (session.plate.merchant, session.plate.mode) != mine:
            raise nothing("plate", PLATE_ID.write(plate))
        return session

    def _shape(self, plate: Plate) -> PlateShape:
        return PlateShape(
            id=PLATE_ID.write(plate.id),
            created_at=rfc3339(plate.created_at),
            livemode=plate.mode is Mode.LIVE,
            merchant=MERCHANT_ID.write(plate.merchant),
            store=STORE_ID.write(plate.store),
            terminal=None if plate.terminal is None else TERMINAL_ID.write(plate.terminal),
            serial=plate.serial,
            status="active" if plate.is_active else "revoked",
            revoked_at=rfc3339(plate.revoked_at) if plate.revoked_at else None,
            url=self._api.links.plate(plate.id),
        )


def _made(plate: Plate | PlateRefused) -> Plate:
    if isinstance(plate, PlateRefused):
        param = "store" if plate.refusal is PlateRefusal.STORE_NOT_FOUND else None
        raise Refuse(plate.refusal, plate.detail, param=param)
    return plate


def _terminal_id(text: str) -> TerminalId:
    try:
        return TERMINAL_ID.read(text)
    except NotAnId as error:
        raise Refuse(EdgeRefusal.INVALID_FIELD, f"{error}.", param="terminal") from error


def _picture(content: bytes, media: bytes) -> Answer:
    return Answer(status=HTTPStatus.OK, content=content, media=media)


def plate_routes(api: Api) -> tuple[Route, ...]:
    """The calls of the chapter, and what the code of a payment holds."""
    handlers = PlatesApi(api)
    payment_code = Route(
        method="GET",
        path="/v1/payments/{payment}/qr",
        handler=handlers.payment_code,
        summary="What the code of a payment holds",
        answers={200: CodeShape},
        who=SECRET,
        scope="payments:read",
        ids={"payment": PAYMENT_ID},
        tag="Payments",
    )
    return (*_changing(handlers), *_reading(handlers), payment_code)


def _changing(handlers: PlatesApi) -> tuple[Route, ...]:
    return (
        Route(
            method="POST",
            path="/v1/plates",
            handler=handlers.make,
            summary="Make a plate",
            description="A printed code of a store or till: whoever scans it types the amount.",
            answers={201: PlateShape},
            who=SECRET,
            scope="terminals:write",
            body=NewPlate,
            idempotent=True,
            refuses=(PlateRefusal.STORE_NOT_FOUND, PlateRefusal.MERCHANT_NOT_ACTIVE, PlateRefusal.TOO_MANY),
            tag=TAG,
        ),
        Route(
            method="POST",
            path="/v1/plates/{plate}/revoke",
            handler=handlers.revoke,
            summary="Revoke a plate",
            description="For ever: nothing can be paid to it any more, at once.",
            answers={200: PlateShape},
            who=SECRET,
            scope="terminals:write",
            ids={"plate": PLATE_ID},
            idempotent=True,
            refuses=(PlateRefusal.NOT_FOUND,),
            tag=TAG,
        ),
    )


def _reading(handlers: PlatesApi) -> tuple[Route, ...]:
    rows = (
        ("/v1/plates/{plate}", handlers.find, "Find a plate", PlateShape),
        ("/v1/plates/{plate}/qr", handlers.code, "What stands on a plate", CodeShape),
        ("/v1/plates/{plate}/qr.svg", handlers.code_svg, "Draw a plate's code as SVG", bytes),
        ("/v1/plates/{plate}/qr.png", handlers.code_png, "Draw a plate's code as PNG", bytes),
    )
    return (
        Route(
            method="GET",
            path="/v1/plates",
            handler=handlers.list,
            summary="List plates",
            answers={200: ListOf[PlateShape]},
            who=SECRET,
            scope="terminals:read",
            query=ListQuery,
            tag=TAG,
        ),
        *(
            Route(
                method="GET",
                path=path,
                handler=handler,
                summary=summary,
                answers={200: shape},
                who=SECRET,
                scope="terminals:read",
                ids={"plate": PLATE_ID},
                tag=TAG,
            )
            for path, handler, summary, shape in rows
        ),
    )
