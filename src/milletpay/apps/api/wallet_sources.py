"""From what a customer pays: the balance and cards, in an order of the customer's own."""

from http import HTTPStatus
from typing import Final, Literal, Self

from milletpay.apps.api.backing import Api
from milletpay.apps.api.wallet_bodies import SourceTexts
from milletpay.apps.api.wallet_requests import CUSTOMER
from milletpay.apps.http.answers import Answer
from milletpay.apps.http.once import submit_once
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Route
from milletpay.apps.http.shapes import Input, Output
from milletpay.customers import CustomerId
from milletpay.funding import ChooseSources, Chosen, FundingRefusal, FundingRefused, Order, Source, order_of

TAG: Final = "Wallet: paying"


class ChosenSources(Input, frozen=True, kw_only=True):
    """From what to pay, the first first. One of them pays the whole of a payment: the first that can."""

    sources: SourceTexts

    @classmethod
    def example(cls) -> Self:
        """The card before the balance."""
        return cls(sources=["crd_01kdz9m4h0000g40r40m30e20d", "balance"])


class SourcesShape(Output, frozen=True, kw_only=True):
    """From what you pay, the first first."""

    object: Literal["sources"] = "sources"
    sources: list[str]

    @classmethod
    def example(cls) -> Self:
        """The balance, then a card."""
        return cls(sources=["balance", "crd_01kdz9m4h0000g40r40m30e20d"])


class WalletSourcesApi:
    """The handlers."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def find(self, request: Request) -> SourcesShape:
        """From what you pay when you name no source: the first that can pays the whole."""
        async with self._api.database.connection() as connection:
            order = await order_of(connection, customer=CustomerId(request.principal.owner))
        return SourcesShape(sources=[str(source) for source in order])

    async def choose(self, request: Request, *, body: ChosenSources) -> Answer:
        """Choose from what to pay, and in which order. What an agreement pays from stays as it was signed."""
        command = ChooseSources(
            customer=CustomerId(request.principal.owner),
            mode=request.principal.mode,
            order=read_sources(body.sources, param="sources"),
        )
        return await submit_once(self._api.desk, command, request=request, show=_show)


def read_sources(texts: list[str], *, param: str) -> Order:
    """Sources as the customer names them."""
    try:
        return tuple(map(Source.read, texts))
    except ValueError as error:
        raise Refuse(EdgeRefusal.INVALID_FIELD, "This is no source to pay from.", param=param) from error


async def sources_for(api: Api, request: Request, source: str | None) -> Order:
    """The one source that the customer names, or all in the order that the customer has chosen."""
    if source is not None:
        return read_sources([source], param="source")
    async with api.database.connection() as connection:
        return await order_of(connection, customer=CustomerId(request.principal.owner))


def wallet_source_routes(api: Api) -> tuple[Route, ...]:
    """The calls of the chapter."""
    handlers = WalletSourcesApi(api)
    return (
        Route(
            method="GET",
            path="/v1/wallet/sources",
            handler=handlers.find,
            summary="From what you pay",
            answers={200: SourcesShape},
            who=CUSTOMER,
            tag=TAG,
        ),
        Route(
            method="POST",
            path="/v1/wallet/sources",
            handler=handlers.choose,
            summary="Choose from what to pay",
            answers={200: SourcesShape},
            who=CUSTOMER,
            body=ChosenSources,
            idempotent=True,
            refuses=(FundingRefusal.CARD_NOT_FOUND, FundingRefusal.NAMED_TWICE),
            tag=TAG,
        ),
    )


def _show(came_to: Chosen | FundingRefused) -> Answer:
    if isinstance(came_to, FundingRefused):
        detail = came_to.detail[:1].upper() + came_to.detail[1:] + "."
        raise Refuse(came_to.refusal, detail, param="sources")
    shape = SourcesShape(sources=[str(source) for source in came_to.order])
    return Answer(status=HTTPStatus.OK, content=shape)
