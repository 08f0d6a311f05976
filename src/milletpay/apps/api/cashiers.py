"""The API's cashiers: who may sign in at a merchant's tills."""

from http import HTTPStatus
from typing import Final

from milletpay.apps.api.backing import Api
from milletpay.apps.api.counter_shapes import CashierShape, NewCashier, show_cashier
from milletpay.apps.api.counters import refuse_counter
from milletpay.apps.api.requests import SECRET, store_id_of
from milletpay.apps.api.sign_in import PIN_WORDS
from milletpay.apps.http.answers import Answer
from milletpay.apps.http.once import submit_once
from milletpay.apps.http.refusals import Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Route
from milletpay.apps.http.shapes import ListOf, ListQuery, list_of
from milletpay.identity import PinRefusal
from milletpay.merchants import MerchantId
from milletpay.plumbing.ids import ID_END
from milletpay.terminals import (
    CASHIER_ID,
    AddCashier,
    Cashier,
    CashierId,
    CounterRefusal,
    CounterRefused,
    RetireCashier,
    cashiers_of,
)

TAG: Final = "Counters"


class CashiersApi:
    """The handlers for merchants."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def add(self, request: Request, *, body: NewCashier) -> Answer:
        """Add a cashier with a PIN."""
        id, now = CashierId(request.id), self._api.clock.now_ns()
        refusal = await self._api.cashier_pins.set(body.pin, customer=id, now=now)
        if refusal is not None:
            raise Refuse(refusal, PIN_WORDS[refusal], param="pin")
        command = AddCashier(
            id=id,
            merchant=MerchantId(request.principal.owner),
            mode=request.principal.mode,
            store=store_id_of(body.store),
            number=body.number,
            name=body.name,
        )
        return await submit_once(self._api.desk, command, request=request, show=_show_added)

    async def list(self, request: Request, *, query: ListQuery) -> ListOf[CashierShape]:
        """A merchant's cashiers, the newest first."""
        merchant, mode = MerchantId(request.principal.owner), request.principal.mode
        async with self._api.database.connection() as connection:
            found = await cashiers_of(connection, merchant=merchant, mode=mode)
        before = ID_END if query.after is None else query.after
        rest = [cashier for cashier in found if cashier.id < before]
        return list_of(rest, query=query, place=lambda cashier: cashier.id, show=show_cashier)

    async def retire(self, request: Request, *, cashier: CashierId) -> Answer:
        """Let a cashier sign in no longer."""
        merchant, mode = MerchantId(request.principal.owner), request.principal.mode
        command = RetireCashier(id=cashier, merchant=merchant, mode=mode)
        return await submit_once(self._api.desk, command, request=request, show=_show_cashier)


def _show_cashier(cashier: Cashier | CounterRefused) -> Answer:
    if isinstance(cashier, CounterRefused):
        raise refuse_counter(cashier)
    return Answer(status=HTTPStatus.OK, content=show_cashier(cashier))


def _show_added(cashier: Cashier | CounterRefused) -> Answer:
    if isinstance(cashier, CounterRefused):
        raise refuse_counter(cashier)
    return Answer(status=HTTPStatus.CREATED, content=show_cashier(cashier))


def cashier_routes(api: Api) -> tuple[Route, ...]:
    """The calls about them."""
    handlers = CashiersApi(api)
    return (
        Route(
            method="POST",
            path="/v1/cashiers",
            handler=handlers.add,
            summary="Add a cashier",
            answers={201: CashierShape},
            who=SECRET,
            scope="terminals:write",
            body=NewCashier,
            idempotent=True,
            refuses=(PinRefusal, CounterRefusal.STORE_NOT_FOUND, CounterRefusal.CASHIER_NUMBER_TAKEN),
            tag=TAG,
        ),
        Route(
            method="GET",
            path="/v1/cashiers",
            handler=handlers.list,
            summary="List cashiers",
            answers={200: ListOf[CashierShape]},
            who=SECRET,
            scope="terminals:read",
            query=ListQuery,
            tag=TAG,
        ),
        Route(
            method="POST",
            path="/v1/cashiers/{cashier}/retire",
            handler=handlers.retire,
            summary="Retire a cashier",
            answers={200: CashierShape},
            who=SECRET,
            scope="terminals:write",
            ids={"cashier": CASHIER_ID},
            idempotent=True,
            refuses=(CounterRefusal.CASHIER_NOT_FOUND,),
            tag=TAG,
        ),
    )
