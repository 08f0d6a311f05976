"""The API's stores and terminals: registered by a merchant, paired by whoever has the code."""

from http import HTTPStatus
from typing import Final

from milletpay.apps.api.backing import Api
from milletpay.apps.api.requests import SECRET, TILL, nothing, store_id_of
from milletpay.apps.api.terminal_shapes import (
    NewStore,
    NewTerminal,
    PairedShape,
    PairingCode,
    PairingShape,
    StoreShape,
    TerminalShape,
    show_store,
    show_terminal,
)
from milletpay.apps.api.wallet_requests import refuse_secret
from milletpay.apps.http.answers import Answer
from milletpay.apps.http.once import submit_once
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Route
from milletpay.apps.http.shapes import ListOf, ListQuery, list_of
from milletpay.identity import (
    KeyId,
    Knowledge,
    SecretRefusal,
    SecretRefused,
    begin_attempt,
    draw_terminal_key,
    forget_attempts,
)
from milletpay.ledger.chart import Mode
from milletpay.merchants import (
    TERMINAL_ID,
    AddStore,
    City,
    MerchantId,
    MerchantRefusal,
    MerchantRefused,
    Names,
    Store,
    StoreId,
    TerminalId,
    find_store,
    stores_of,
)
from milletpay.plumbing.dates import rfc3339
from milletpay.plumbing.ids import ID_END
from milletpay.terminals import (
    OfferPairing,
    PairTerminal,
    RegisterTerminal,
    RetireTerminal,
    Terminal,
    TerminalKind,
    TerminalRefusal,
    TerminalRefused,
    draw_code,
    find_terminal,
    read_code,
    terminals_of,
)

TAG: Final = "Stores and terminals"


class TerminalsApi:
    """The handlers."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def add_store(self, request: Request, *, body: NewStore) -> Answer:
        """Make a store."""
        mode = request.principal.mode
        command = AddStore(
            id=StoreId(request.id),
            merchant=MerchantId(request.principal.owner),
            names=Names(en=body.name, zh=body.name_zh or body.name),
            city=_city(body),
        )

        def show(store: Store | MerchantRefused) -> Answer:
            if isinstance(store, MerchantRefused):
                raise Refuse(store.refusal, f"{store.detail[:1].upper()}{store.detail[1:]}.")
            return Answer(status=HTTPStatus.CREATED, content=show_store(store, mode=mode))

        return await submit_once(self._api.desk, command, request=request, show=show)

    async def stores(self, request: Request, *, query: ListQuery) -> ListOf[StoreShape]:
        """A merchant's stores, the newest first."""
        merchant, mode = MerchantId(request.principal.owner), request.principal.mode
        async with self._api.database.connection() as connection:
            found = await stores_of(
                connection,
                merchant=merchant,
                most=query.limit + 1,
                before=ID_END if query.after is None else query.after,
            )
        return list_of(
            found, query=query, place=lambda store: store.id, show=lambda store: show_store(store, mode=mode)
        )

    async def register(self, request: Request, *, body: NewTerminal) -> Answer:
        """Register a terminal."""
        command = RegisterTerminal(
            id=TerminalId(request.id),
            merchant=MerchantId(request.principal.owner),
            mode=request.principal.mode,
            store=store_id_of(body.store),
            kind=TerminalKind[body.kind.upper()],
            name=body.name,
            refund_max=body.refund_max,
        )
        return await submit_once(self._api.desk, command, request=request, show=_show_registered)

    async def terminals(self, request: Request, *, query: ListQuery) -> ListOf[TerminalShape]:
        """A merchant's terminals, the newest first."""
        async with self._api.database.connection() as connection:
            found = await terminals_of(
                connection,
                merchant=MerchantId(request.principal.owner),
                mode=request.principal.mode,
                most=query.limit + 1,
                before=ID_END if query.after is None else query.after,
            )
        return list_of(found, query=query, place=lambda terminal: terminal.id, show=show_terminal)

    async def find(self, request: Request, *, terminal: TerminalId) -> TerminalShape:
        """A terminal."""
        async with self._api.database.connection() as connection:
            found = await find_terminal(connection, id=terminal)
        mine = request.principal.owner, request.principal.mode
        if found is None or (found.merchant, found.mode) != mine:
            raise nothing("terminal", TERMINAL_ID.write(terminal))
        return show_terminal(found)

    async def this(self, request: Request) -> TerminalShape:
        """The terminal that asks."""
        place = request.principal.place
        assert place is not None, "only terminals ask so"
        async with self._api.database.connection() as connection:
            found = await find_terminal(connection, id=TerminalId(place.terminal))
        assert found is not None, "a key has its terminal"
        return show_terminal(found)

    async def retire(self, request: Request, *, terminal: TerminalId) -> Answer:
        """Take a terminal out of use."""
        command = RetireTerminal(
            id=terminal, merchant=MerchantId(request.principal.owner), mode=request.principal.mode
        )
        return await submit_once(self._api.desk, command, request=request, show=_show)

    async def offer(self, request: Request, *, terminal: TerminalId) -> PairingShape:
        """Draw a code that pairs a terminal; the one before it is void."""
        code = draw_code(self._api.entropy)
        offered = await self._api.desk.submit(
            OfferPairing(
                id=terminal,
                merchant=MerchantId(request.principal.owner),
                mode=request.principal.mode,
                mac=self._api.terminal_secrets.code_mac(code),
            )
        )
        if isinstance(offered, TerminalRefused):
            raise refuse_terminal(offered)
        return PairingShape(
            terminal=TERMINAL_ID.write(offered.id), code=code, expires_at=rfc3339(offered.pairing_until)
        )

    async def pair(self, request: Request, *, body: PairingCode) -> PairedShape:
        """Give a device the credential of the terminal that waits for this code."""
        api, now = self._api, self._api.clock.now_ns()
        subject = api.terminal_secrets.address(request.client)
        tried = await begin_attempt(api.database, knowledge=Knowledge.PAIRING, subject=subject, now=now)
        if isinstance(tried, SecretRefused):
            raise refuse_secret(tried, param="code", now=now)
        code = read_code(body.code)
        keys = [draw_terminal_key(id=KeyId(api.ids.next()), mode=mode, entropy=api.entropy) for mode in Mode]
        if code is None:
            raise Refuse(
                TerminalRefusal.PAIRING_REFUSED, "A code has eight letters and digits.", param="code"
            )
        paired = await api.desk.submit(PairTerminal(mac=api.terminal_secrets.code_mac(code), keys=keys))
        if isinstance(paired, TerminalRefused):
            raise refuse_terminal(paired)
        async with api.database.transaction() as connection:
            await forget_attempts(connection, knowledge=Knowledge.PAIRING, subject=subject)
            store = await find_store(connection, id=paired.store)
        assert store is not None, "a terminal stands in a store"
        secrets, times = api.terminal_secrets, paired.pairings
        key = next(key for key in keys if key.mode is paired.mode)
        is_pos = paired.kind is TerminalKind.POS
        return PairedShape(
            key=key.secret.reveal(),
            seal_key=secrets.seal_key(paired.id, pairings=times).hex(),
            master_key=secrets.master_key(paired.id, pairings=times).hex() if is_pos else None,
            pairing=times,
            terminal=show_terminal(paired),
            store=show_store(store, mode=paired.mode),
        )


def _city(body: NewStore) -> City | None:
    """The city that is named; None for the merchant's own."""
    if body.country is None and body.city is None and body.city_zh is None:
        return None
    if body.country is None or body.city is None:
        raise Refuse(EdgeRefusal.INVALID_FIELD, "Name the country and the city, or neither.", param="city")
    return City(country=body.country, names=Names(en=body.city, zh=body.city_zh or body.city))


def refuse_terminal(refused: TerminalRefused) -> Refuse:
    """Make the refusal of the edge from the domain's."""
    return Refuse(refused.refusal, refused.detail, param=PARAMS.get(refused.refusal))


PARAMS: Final = {TerminalRefusal.STORE_NOT_FOUND: "store", TerminalRefusal.PAIRING_REFUSED: "code"}
"""Which field a refusal is about."""


def _show(terminal: Terminal | TerminalRefused) -> Answer:
    if isinstance(terminal, TerminalRefused):
        raise refuse_terminal(terminal)
    return Answer(status=HTTPStatus.OK, content=show_terminal(terminal))


def _show_registered(terminal: Terminal | TerminalRefused) -> Answer:
    if isinstance(terminal, TerminalRefused):
        raise refuse_terminal(terminal)
    return Answer(status=HTTPStatus.CREATED, content=show_terminal(terminal))


def terminal_routes(api: Api) -> tuple[Route, ...]:
    """The calls of the chapter."""
    handlers = TerminalsApi(api)
    return (*_stores(handlers), *_registry(handlers), *_pairing(handlers))


def _stores(handlers: TerminalsApi) -> tuple[Route, ...]:
    return (
        Route(
            method="POST",
            path="/v1/stores",
            handler=handlers.add_store,
            summary="Make a store",
            answers={201: StoreShape},
            who=SECRET,
            scope="terminals:write",
            body=NewStore,
            idempotent=True,
            refuses=(MerchantRefusal.WRONG_STATUS,),
            tag=TAG,
        ),
        Route(
            method="GET",
            path="/v1/stores",
            handler=handlers.stores,
            summary="List stores",
            answers={200: ListOf[StoreShape]},
            who=SECRET,
            scope="terminals:read",
            query=ListQuery,
            tag=TAG,
        ),
    )


def _registry(handlers: TerminalsApi) -> tuple[Route, ...]:
    return (
        Route(
            method="POST",
            path="/v1/terminals",
            handler=handlers.register,
            summary="Register a terminal",
            answers={201: TerminalShape},
            who=SECRET,
            scope="terminals:write",
            body=NewTerminal,
            idempotent=True,
            refuses=(TerminalRefusal.STORE_NOT_FOUND, TerminalRefusal.NUMBERS_USED_UP),
            tag=TAG,
        ),
        Route(
            method="GET",
            path="/v1/terminals",
            handler=handlers.terminals,
            summary="List terminals",
            answers={200: ListOf[TerminalShape]},
            who=SECRET,
            scope="terminals:read",
            query=ListQuery,
            tag=TAG,
        ),
        Route(
            method="GET",
            path="/v1/terminals/{terminal}",
            handler=handlers.find,
            summary="Find a terminal",
            answers={200: TerminalShape},
            who=SECRET,
            scope="terminals:read",
            ids={"terminal": TERMINAL_ID},
            tag=TAG,
        ),
        Route(
            method="POST",
            path="/v1/terminals/{terminal}/retire",
            handler=handlers.retire,
            summary="Retire a terminal",
            description="For ever; its key is good no longer, at once.",
            answers={200: TerminalShape},
            who=SECRET,
            scope="terminals:write",
            ids={"terminal": TERMINAL_ID},
            idempotent=True,
            refuses=(TerminalRefusal.TERMINAL_NOT_FOUND,),
            tag=TAG,
        ),
    )


def _pairing(handlers: TerminalsApi) -> tuple[Route, ...]:
    return (
        Route(
            method="POST",
            path="/v1/terminals/{terminal}/pairing",
            handler=handlers.offer,
            summary="Let a code pair a terminal",
            description="Good once, for ten minutes. Pairing again rotates the key of the terminal.",
            answers={201: PairingShape},
            who=SECRET,
            scope="terminals:write",
            ids={"terminal": TERMINAL_ID},
            refuses=(
                TerminalRefusal.TERMINAL_NOT_FOUND,
                TerminalRefusal.RETIRED,
                TerminalRefusal.PAIRING_REFUSED,
            ),
            tag=TAG,
        ),
        Route(
            method="POST",
            path="/v1/terminals/pair",
            handler=handlers.pair,
            summary="Pair with a code",
            description="The answer has the terminal's secrets and comes once. Lost, it takes another code.",
            answers={201: PairedShape},
            body=PairingCode,
            refuses=(SecretRefusal.LOCKED, TerminalRefusal.PAIRING_REFUSED),
            tag=TAG,
        ),
        Route(
            method="GET",
            path="/v1/terminals/this",
            handler=handlers.this,
            summary="Find the terminal that asks",
            answers={200: TerminalShape},
            who=TILL,
            tag=TAG,
        ),
    )
