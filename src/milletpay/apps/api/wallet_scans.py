"""What was scanned, before it is paid: whom it pays, where, and how much."""

from typing import Annotated, Literal, Self

import msgspec

from milletpay.apps.api.backing import Api
from milletpay.apps.api.requests import nothing
from milletpay.apps.api.wallet_requests import CUSTOMER
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Route
from milletpay.apps.http.shapes import Input, Output
from milletpay.checkout import PlateSession, Session, Standing, find_plate_session, find_session
from milletpay.codes import LinkKind, NotOurLink
from milletpay.ledger.chart import Mode
from milletpay.merchants import MERCHANT_ID, PLATE_ID, STORE_ID, Merchant, Store
from milletpay.payments import PAYMENT_ID


class Scan(Input, frozen=True, kw_only=True):
    """What a camera has read, or what was pasted."""

    payload: Annotated[str, msgspec.Meta(max_length=5000)]

    @classmethod
    def example(cls) -> Self:
        """A code plate of the demo."""
        return cls(payload="http://127.0.0.1:8420/p/AaIFL74B2W2uaL9zlLsGuX6RNXc0zDMQUCiB")


class ScanShape(Output, frozen=True, kw_only=True):
    """What a code of ours is about: show whom it pays and where before you ask for the PIN."""

    object: Literal["scan"] = "scan"
    kind: Literal["payment", "plate", "agreement", "pairing"]
    url: Annotated[str, msgspec.Meta(description="The page that it opens in a browser.")]
    id: Annotated[str | None, msgspec.Meta(description="Of the payment or plate.")] = None
    livemode: bool | None = None
    is_open: Annotated[
        bool | None, msgspec.Meta(description="Whether it can be paid now, by whoever is the first.")
    ] = None
    merchant: str | None = None
    merchant_name: str | None = None
    merchant_name_zh: str | None = None
    store: str | None = None
    store_name: str | None = None
    store_name_zh: str | None = None
    amount: Annotated[int | None, msgspec.Meta(description="Null at a plate: the payer types it.")] = None
    currency: str | None = None
    description: str | None = None

    @classmethod
    def example(cls) -> Self:
        """A code plate."""
        return cls(
            kind="plate",
            url=Scan.example().payload,
            id="plt_01kdz9m4h0000g40r40m30e20g",
            livemode=False,
            is_open=True,
            merchant="mer_01kdz9m4h0000g40r40m30e20a",
            merchant_name="Millet Shop",
            merchant_name_zh="小米粒商城",
            store="sto_01kdz9m4h0000g40r40m30e20e",
            store_name="Peace Street",
            store_name_zh="和平街店",
        )


class WalletScansApi:
    """The handler."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def scan(self, request: Request, *, body: Scan) -> ScanShape:
        """Say what it is; nothing is paid, held or opened by it."""
        links = self._api.links
        try:
            link = links.read(body.payload)
        except NotOurLink as error:
            raise Refuse(EdgeRefusal.INVALID_FIELD, str(error), param="payload") from error
        token, url = links.token(link), links.write(link)
        if link.kind is LinkKind.AGREEMENT:
            return ScanShape(kind="agreement", url=url)
        if link.kind is LinkKind.PAIRING:
            return ScanShape(kind="pairing", url=url)
        async with self._api.database.connection() as connection:
            if link.kind is LinkKind.PLATE:
                plate = await find_plate_session(connection, token=token, links=links)
                if plate is None or plate.plate.mode is not request.principal.mode:
                    raise nothing("code plate with the code", token)
                return _plate(plate, url=url)
            now = self._api.clock.now_ns()
            session = await find_session(connection, token=token, links=links, now=now)
            if session is None or session.payment.mode is not request.principal.mode:
                raise nothing("payment with the code", token)
        return _payment(session, url=url)


def _plate(found: PlateSession, *, url: str) -> ScanShape:
    shape = ScanShape(
        kind="plate",
        url=url,
        id=PLATE_ID.write(found.plate.id),
        livemode=found.plate.mode is Mode.LIVE,
        is_open=found.is_open,
    )
    return _named(shape, found.merchant, found.store)


def _payment(found: Session, *, url: str) -> ScanShape:
    payment = found.payment
    shape = ScanShape(
        kind="payment",
        url=url,
        id=PAYMENT_ID.write(payment.id),
        livemode=payment.mode is Mode.LIVE,
        is_open=found.standing is Standing.OPEN,
        amount=payment.amount.minor,
        currency=payment.amount.currency.code,
        description=payment.description or None,
    )
    return _named(shape, found.merchant, found.store)


def _named(shape: ScanShape, merchant: Merchant, store: Store | None) -> ScanShape:
    """With whom it pays, and where."""
    return msgspec.structs.replace(
        shape,
        merchant=MERCHANT_ID.write(merchant.id),
        merchant_name=merchant.names.en,
        merchant_name_zh=merchant.names.zh,
        store=None if store is None else STORE_ID.write(store.id),
        store_name=None if store is None else store.names.en,
        store_name_zh=None if store is None else store.names.zh,
    )


def wallet_scan_routes(api: Api, *, tag: str) -> tuple[Route, ...]:
    """The call."""
    return (
        Route(
            method="POST",
            path="/v1/wallet/scan",
            handler=WalletScansApi(api).scan,
            summary="Say what was scanned",
            description="Whom a payment or a code plate pays, and in which store. Show it before you ask for"
            " the PIN: a sticker may cover the shop's own plate. `/v1/wallet/pay` takes the same payload.",
            answers={200: ScanShape},
            who=CUSTOMER,
            body=Scan,
            tag=tag,
        ),
    )
