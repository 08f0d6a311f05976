"""The customer's own wallet: what there is, what moved, and how much may."""

from typing import Final

from milletpay.apps.api.backing import Api
from milletpay.apps.api.entries import show_entry
from milletpay.apps.api.wallet_requests import CURRENCY, CUSTOMER, owner_of
from milletpay.apps.api.wallet_shapes import BalanceShape, CustomerShape, EntryShape, LimitList, LimitShape
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Route
from milletpay.apps.http.shapes import ListOf, ListQuery, list_of
from milletpay.customers import CUSTOMER_ID, CustomerId
from milletpay.identity import has_pin
from milletpay.ledger.chart import Mode
from milletpay.limits import Measure, limits_on, used_in
from milletpay.limits.model import Used
from milletpay.plumbing.dates import day_of, rfc3339
from milletpay.wallets import entries_of, find_balance

TAG: Final = "Wallet"


class WalletApi:
    """The handlers."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def me(self, request: Request) -> CustomerShape:
        """Who asks, and what he has."""
        customer = await owner_of(self._api, request)
        async with self._api.database.connection() as connection:
            balance = await find_balance(
                connection, customer=customer.id, mode=customer.mode, currency=CURRENCY
            )
            pin = await has_pin(connection, customer=customer.id)
        return CustomerShape(
            id=CUSTOMER_ID.write(customer.id),
            created_at=rfc3339(customer.created_at),
            livemode=customer.mode is Mode.LIVE,
            name=customer.name,
            phone=customer.phone,
            status=customer.status.name.lower(),  # type: ignore[arg-type]  # its name
            verification=customer.verification.name.lower(),  # type: ignore[arg-type]  # its name
            has_pin=pin,
            balance=BalanceShape(
                available=balance.available.minor,
                held=balance.held.minor,
                owed=balance.owed.minor,
                currency=CURRENCY.code,
            ),
        )

    async def entries(self, request: Request, *, query: ListQuery) -> ListOf[EntryShape]:
        """All that moved, the newest first."""
        async with self._api.database.connection() as connection:
            found = await entries_of(
                connection,
                customer=CustomerId(request.principal.owner),
                mode=request.principal.mode,
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

    async def limits(self, request: Request) -> LimitList:
        """How much may move, and what of it has."""
        customer = await owner_of(self._api, request)
        today = day_of(self._api.clock.now_ns())
        shown = []
        async with self._api.database.connection() as connection:
            for measure in Measure:
                of_person = measure in {Measure.STATIC_FROM_BALANCE, Measure.STATIC_FROM_CARDS}
                subject = customer.person if of_person else customer.id
                used = await used_in(
                    connection, subject=subject, measure=measure, currency=CURRENCY, day=today
                )
                shown += [
                    LimitShape(
                        measure=measure.name.lower(),  # type: ignore[arg-type]  # its name
                        span=limit.span.value,
                        amount=None if limit.amount is None else limit.amount.minor,
                        used=used.get(limit.span, Used()).amount,
                        count=limit.count,
                        used_count=used.get(limit.span, Used()).count,
                        currency=CURRENCY.code,
                    )
                    for limit in limits_on(
                        today, measure=measure, verification=customer.verification, currency=CURRENCY
                    )
                ]
        return LimitList(data=shown)


def wallet_routes(api: Api) -> tuple[Route, ...]:
    """The calls of the chapter that only read."""
    handlers = WalletApi(api)
    return (
        Route(
            method="GET",
            path="/v1/wallet/me",
            handler=handlers.me,
            summary="Who you are, and your balance",
            answers={200: CustomerShape},
            who=CUSTOMER,
            tag=TAG,
        ),
        Route(
            method="GET",
            path="/v1/wallet/entries",
            handler=handlers.entries,
            summary="Every movement of it",
            answers={200: ListOf[EntryShape]},
            who=CUSTOMER,
            query=ListQuery,
            tag=TAG,
        ),
        Route(
            method="GET",
            path="/v1/wallet/limits",
            handler=handlers.limits,
            summary="How much may move",
            answers={200: LimitList},
            who=CUSTOMER,
            tag=TAG,
        ),
    )
