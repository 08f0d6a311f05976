"""The customer's cards, top-ups, withdrawals and sends."""

from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from milletpay.apps.api.backing import Api
from milletpay.apps.api.requests import money_of
from milletpay.apps.api.wallet_bodies import NewCard, NewSend, NewTopUp, NewWithdrawal
from milletpay.apps.api.wallet_declines import SENTENCES, DeclinedSend, DeclinedTopUp, DeclinedWithdrawal
from milletpay.apps.api.wallet_requests import (
    CUSTOMER,
    check_pin,
    check_pin_once,
    owner_of,
    refuse_secret,
    refuse_wallet,
    show_card,
    show_send,
    show_top_up,
    show_withdrawal,
)
from milletpay.apps.api.wallet_shapes import CardShape, SendShape, TopUpShape, WithdrawalShape
from milletpay.apps.http.answers import Answer
from milletpay.apps.http.once import kept_answer, submit_once
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request, read_id
from milletpay.apps.http.routes import Route
from milletpay.apps.http.shapes import ListOf, ListQuery, Output, list_of
from milletpay.customers import CUSTOMER_ID, CustomerId, NotAPhone, find_by_phone, read_phone
from milletpay.identity import SecretRefusal, SecretRefused
from milletpay.plumbing.ids import ID_END, IdForm, NotAnId
from milletpay.rails import NotACardNumber, NotBound, read_card_number
from milletpay.wallets import (
    CARD_ID,
    SEND_ID,
    TOP_UP_ID,
    WITHDRAWAL_ID,
    Card,
    CardId,
    RemoveCard,
    Send,
    SendId,
    SendMoney,
    StartTopUp,
    StartWithdrawal,
    TopUp,
    TopUpId,
    WalletRefusal,
    WalletRefused,
    Withdrawal,
    WithdrawalId,
    cards_of,
    find_send,
    find_top_up,
    find_withdrawal,
    sends_of,
    top_ups_of,
    withdrawals_of,
)

TAG: Final = "Wallet: money"
CARDS_MAX: Final = 100


class MoneyApi:
    """The handlers."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def cards(self, request: Request) -> ListOf[CardShape]:
        """The cards that are bound."""
        async with self._api.database.connection() as connection:
            found = await cards_of(connection, customer=CustomerId(request.principal.owner))
        return ListOf(data=[show_card(card) for card in found[:CARDS_MAX]], has_more=False)

    async def bind(self, request: Request, *, body: NewCard) -> Answer:
        """Bind a card that the bank knows as the customer's."""
        try:
            number = read_card_number(body.number)
        except NotACardNumber as error:
            raise Refuse(EdgeRefusal.INVALID_FIELD, f"number: {error}.", param="number") from error
        if (again := await kept_answer(self._api.database, request=request)) is not None:
            return again  # whatever the bank says of the card by now
        customer, now = await owner_of(self._api, request), self._api.clock.now_ns()
        command = await self._api.binder.ask(
            id=CardId(request.id),
            customer=customer,
            number=number,
            holder=body.holder or "",
            phone=body.phone or "",
            now=now,
        )
        if isinstance(command, SecretRefused):
            raise refuse_secret(command, param="number", now=now)
        if command is None:
            raise Refuse(EdgeRefusal.INVALID_FIELD, "No bank of ours has this card.", param="number")
        if isinstance(command, NotBound):
            if command.reason is None:
                raise Refuse(EdgeRefusal.UNAVAILABLE, "The bank gives no answer. Try again in a moment.")
            raise Refuse(EdgeRefusal.INVALID_FIELD, f"The bank says no: {command.reason}.", param="number")
        return await submit_once(self._api.desk, command, request=request, show=_made_card)

    async def remove(self, request: Request, *, card: CardId) -> Answer:
        """Let a card go."""
        command = RemoveCard(id=card, customer=CustomerId(request.principal.owner))
        return await submit_once(self._api.desk, command, request=request, show=_changed_card)

    async def top_up(self, request: Request, *, body: NewTopUp) -> Answer:
        """Have the bank draw money; it is in the wallet when the bank has."""
        command = StartTopUp(
            id=TopUpId(request.id),
            mode=request.principal.mode,
            customer=CustomerId(request.principal.owner),
            card=read_id(CARD_ID, body.card, param="card"),
            amount=money_of(body.amount, body.currency),
            reference=body.reference or "",
        )
        show = partial(_made_top_up, request_id=request.request_id)
        return await submit_once(self._api.desk, command, request=request, show=show)

    async def withdraw(self, request: Request, *, body: NewWithdrawal) -> Answer:
        """Have the bank pay money out; it leaves the balance at once."""
        card = read_id(CARD_ID, body.card, param="card")
        amount = money_of(body.amount, body.currency)
        if (again := await check_pin_once(self._api, request, body.pin)) is not None:
            return again
        command = StartWithdrawal(
            id=WithdrawalId(request.id),
            mode=request.principal.mode,
            customer=CustomerId(request.principal.owner),
            card=card,
            amount=amount,
            reference=body.reference or "",
        )
        show = partial(_made_withdrawal, request_id=request.request_id)
        return await submit_once(self._api.desk, command, request=request, show=show)

    async def send(self, request: Request, *, body: NewSend) -> Answer:
        """Give money to another customer, at once."""
        amount = money_of(body.amount, body.currency)
        if (again := await kept_answer(self._api.database, request=request)) is not None:
            return again
        recipient = await self._recipient(request, body.recipient)
        await check_pin(self._api, request, body.pin)
        command = SendMoney(
            id=SendId(request.id),
            mode=request.principal.mode,
            customer=CustomerId(request.principal.owner),
            recipient=recipient,
            amount=amount,
            note=body.note or "",
            reference=body.reference or "",
        )
        show = partial(_made_send, request_id=request.request_id)
        return await submit_once(self._api.desk, command, request=request, show=show)

    async def find_top_up(self, request: Request, *, top_up: TopUpId) -> TopUpShape:
        """How far a top-up is."""
        async with self._api.database.connection() as connection:
            found = await find_top_up(connection, id=top_up)
        return show_top_up(_own(found, request, "top-up", TOP_UP_ID.write(top_up)))

    async def find_withdrawal(self, request: Request, *, withdrawal: WithdrawalId) -> WithdrawalShape:
        """How far a withdrawal is."""
        async with self._api.database.connection() as connection:
            found = await find_withdrawal(connection, id=withdrawal)
        return show_withdrawal(_own(found, request, "withdrawal", WITHDRAWAL_ID.write(withdrawal)))

    async def find_send(self, request: Request, *, send: SendId) -> SendShape:
        """A send, seen by either side."""
        async with self._api.database.connection() as connection:
            found = await find_send(connection, id=send)
        if found is not None and found.recipient == request.principal.owner and found.decline is None:
            return show_send(found)
        return show_send(_own(found, request, "send", SEND_ID.write(send)))

    async def top_ups(self, request: Request, *, query: ListQuery) -> ListOf[TopUpShape]:
        """The customer's top-ups."""
        found = await self._listed(top_ups_of, request, query)
        return list_of(found, query=query, place=lambda one: one.id, show=show_top_up)

    async def withdrawals(self, request: Request, *, query: ListQuery) -> ListOf[WithdrawalShape]:
        """The customer's withdrawals."""
        found = await self._listed(withdrawals_of, request, query)
        return list_of(found, query=query, place=lambda one: one.id, show=show_withdrawal)

    async def sends(self, request: Request, *, query: ListQuery) -> ListOf[SendShape]:
        """What the customer sent and was sent."""
        found = await self._listed(sends_of, request, query)
        return list_of(found, query=query, place=lambda one: one.id, show=show_send)

    async def _listed(self, read: Callable[..., Any], request: Request, query: ListQuery) -> Sequence[Any]:
        before = ID_END if query.after is None else query.after
        async with self._api.database.connection() as connection:
            found: Sequence[Any] = await read(
                connection,
                customer=CustomerId(request.principal.owner),
                before=before,
                most=query.limit + 1,
            )
        return found

    async def _recipient(self, request: Request, text: str) -> CustomerId:
        """Who is meant, by a customer's id or a phone number."""
        try:
            return CUSTOMER_ID.read(text)
        except NotAnId:
            pass
        try:
            phone = read_phone(text)
        except NotAPhone as error:
            raise Refuse(EdgeRefusal.INVALID_FIELD, f"recipient: {error}.", param="recipient") from error
        async with self._api.database.connection() as connection:
            found = await find_by_phone(connection, mode=request.principal.mode, phone=phone)
        if found is None:
            detail = "Nobody has a wallet with this number."
            raise Refuse(WalletRefusal.RECIPIENT_NOT_FOUND, detail, param="recipient")
        return found.id


def _own(found: Any, request: Request, kind: str, id: str) -> Any:  # noqa: ANN401 - a customer's object
    if found is None or found.customer != request.principal.owner:
        raise Refuse(EdgeRefusal.NOT_FOUND, f"You have no {kind} {id}.")
    return found


def _made_card(card: Card | WalletRefused) -> Answer:
    if isinstance(card, WalletRefused):
        raise refuse_wallet(card, CARD_ID)
    return Answer(status=HTTPStatus.CREATED, content=show_card(card))


def _changed_card(card: Card | WalletRefused) -> Answer:
    if isinstance(card, WalletRefused):
        raise refuse_wallet(card, CARD_ID)
    return Answer(status=HTTPStatus.OK, content=show_card(card))


def _made_top_up(top_up: TopUp | WalletRefused, *, request_id: str) -> Answer:
    if isinstance(top_up, WalletRefused):
        raise refuse_wallet(top_up, TOP_UP_ID)
    shown = show_top_up(top_up)
    if top_up.decline is None:
        return Answer(status=HTTPStatus.CREATED, content=shown)
    declined = DeclinedTopUp(
        detail=SENTENCES[top_up.decline],
        request_id=request_id,
        decline_code=top_up.decline,
        top_up=shown,
    )
    return Answer(status=HTTPStatus.PAYMENT_REQUIRED, content=declined)


def _made_withdrawal(withdrawal: Withdrawal | WalletRefused, *, request_id: str) -> Answer:
    if isinstance(withdrawal, WalletRefused):
        raise refuse_wallet(withdrawal, WITHDRAWAL_ID)
    shown = show_withdrawal(withdrawal)
    if withdrawal.decline is None:
        return Answer(status=HTTPStatus.CREATED, content=shown)
    declined = DeclinedWithdrawal(
        detail=SENTENCES[withdrawal.decline],
        request_id=request_id,
        decline_code=withdrawal.decline,
        withdrawal=shown,
    )
    return Answer(status=HTTPStatus.PAYMENT_REQUIRED, content=declined)


def _made_send(send: Send | WalletRefused, *, request_id: str) -> Answer:
    if isinstance(send, WalletRefused):
        raise refuse_wallet(send, SEND_ID)
    shown = show_send(send)
    if send.decline is None:
        return Answer(status=HTTPStatus.CREATED, content=shown)
    declined = DeclinedSend(
        detail=SENTENCES[send.decline], request_id=request_id, decline_code=send.decline, send=shown
    )
    return Answer(status=HTTPStatus.PAYMENT_REQUIRED, content=declined)


def money_routes(api: Api) -> tuple[Route, ...]:
    """The calls of the chapter."""
    handlers = MoneyApi(api)
    return (
        *_card_routes(handlers),
        *_kind(
            "topups",
            ("top_up", TOP_UP_ID),
            (handlers.top_up, handlers.top_ups, handlers.find_top_up),
            ("Top up", "List top-ups", "Find a top-up"),
            (NewTopUp, TopUpShape, DeclinedTopUp),
        ),
        *_kind(
            "withdrawals",
            ("withdrawal", WITHDRAWAL_ID),
            (handlers.withdraw, handlers.withdrawals, handlers.find_withdrawal),
            ("Withdraw", "List withdrawals", "Find a withdrawal"),
            (NewWithdrawal, WithdrawalShape, DeclinedWithdrawal),
        ),
        *_kind(
            "sends",
            ("send", SEND_ID),
            (handlers.send, handlers.sends, handlers.find_send),
            ("Send money", "List sends", "Find a send"),
            (NewSend, SendShape, DeclinedSend),
        ),
    )


def _card_routes(handlers: MoneyApi) -> tuple[Route, ...]:
    return (
        Route(
            method="GET",
            path="/v1/wallet/cards",
            handler=handlers.cards,
            summary="List cards",
            answers={200: ListOf[CardShape]},
            who=CUSTOMER,
            tag=TAG,
        ),
        Route(
            method="POST",
            path="/v1/wallet/cards",
            handler=handlers.bind,
            summary="Bind a card",
            answers={201: CardShape},
            who=CUSTOMER,
            body=NewCard,
            idempotent=True,
            refuses=(SecretRefusal.LOCKED, WalletRefusal.CUSTOMER_NOT_FOUND),
            tag=TAG,
        ),
        Route(
            method="POST",
            path="/v1/wallet/cards/{card}/remove",
            handler=handlers.remove,
            summary="Remove a card",
            answers={200: CardShape},
            who=CUSTOMER,
            ids={"card": CARD_ID},
            idempotent=True,
            refuses=(WalletRefusal.CARD_NOT_FOUND,),
            tag=TAG,
        ),
    )


def _kind(
    name: str,
    parameter: "tuple[str, IdForm[Any]]",
    handlers: tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]],
    summaries: tuple[str, str, str],
    shapes: tuple[type[Any], type[Output], type[Output]],
) -> tuple[Route, ...]:
    """Make, list and find movements of one kind."""
    make, listed, find = handlers
    body, shape, declined = shapes
    path = f"/v1/wallet/{name}"
    return (
        Route(
            method="POST",
            path=path,
            handler=make,
            summary=summaries[0],
            answers={201: shape, 402: declined},
            who=CUSTOMER,
            body=body,
            idempotent=True,
            refuses=(WalletRefusal, SecretRefusal) if "pin" in body.__annotations__ else (WalletRefusal,),
            tag=TAG,
        ),
        Route(
            method="GET",
            path=path,
            handler=listed,
            summary=summaries[1],
            answers={200: ListOf[shape]},  # type: ignore[valid-type]  # a class given as a value
            who=CUSTOMER,
            query=ListQuery,
            tag=TAG,
        ),
        Route(
            method="GET",
            path=f"{path}/{{{parameter[0]}}}",
            handler=find,
            summary=summaries[2],
            answers={200: shape},
            who=CUSTOMER,
            ids=dict([parameter]),
            tag=TAG,
        ),
    )
