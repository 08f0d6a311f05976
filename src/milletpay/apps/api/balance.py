"""What we owe a merchant, and every movement of it."""

from typing import Annotated, Final, Literal, Self

import msgspec

from milletpay.apps.api.backing import Api
from milletpay.apps.api.entries import show_entry
from milletpay.apps.api.requests import SECRET
from milletpay.apps.api.wallet_shapes import EntryShape
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Route
from milletpay.apps.http.shapes import ListOf, ListQuery, Output, list_of
from milletpay.merchants import MerchantId, find_entries, find_owed
from milletpay.money import Currency

CURRENCY: Final = Currency.CNY


class MerchantBalance(Output, frozen=True, kw_only=True):
    """What we owe a merchant, in minor units."""

    object: Literal["balance"] = "balance"
    livemode: bool
    pending: Annotated[int, msgspec.Meta(description="Not settled yet.")]
    available: Annotated[int, msgspec.Meta(description="Settled, and not paid out yet.")]
    currency: str

    @classmethod
    def example(cls) -> Self:
        """A day's business."""
        return cls(livemode=False, pending=1_245_00, available=0, currency="CNY")


class BalanceApi:
    """The handlers."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def balance(self, request: Request) -> MerchantBalance:
        """What we owe."""
        principal = request.principal
        async with self._api.database.connection() as connection:
            owed = await find_owed(
                connection,
                merchant=MerchantId(principal.owner),
                mode=principal.mode,
                currency=CURRENCY,
            )
        return MerchantBalance(
            livemode=principal.mode.name == "LIVE",
            pending=owed.pending.minor,
            available=owed.available.minor,
            currency=CURRENCY.code,
        )

    async def entries(self, request: Request, *, query: ListQuery) -> ListOf[EntryShape]:
        """What moved of what is not settled yet, the newest first."""
        principal = request.principal
        async with self._api.database.connection() as connection:
            found = await find_entries(
                connection,
                merchant=MerchantId(principal.owner),
                mode=principal.mode,
                currency=CURRENCY,
                before=query.after,
                most=query.limit + 1,
            )
        return list_of(
            found,
            query=query,
            place=lambda entry: entry.place,
            show=lambda entry: show_entry(entry, currency=CURRENCY),
        )


def balance_routes(api: Api) -> tuple[Route, ...]:
    """The calls of the chapter Balance."""
    handlers = BalanceApi(api)
    return (
        Route(
            method="GET",
            path="/v1/balance",
            handler=handlers.balance,
            summary="What we owe you",
            answers={200: MerchantBalance},
            who=SECRET,
            scope="balance:read",
            tag="Balance",
        ),
        Route(
            method="GET",
            path="/v1/balance_entries",
            handler=handlers.entries,
            summary="Every movement of it",
            answers={200: ListOf[EntryShape]},
            who=SECRET,
            scope="balance:read",
            query=ListQuery,
            tag="Balance",
        ),
    )
