"""Routes for the tests of the kernel: a shop's counter that counts what it was made to do."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum, auto
from http import HTTPStatus
from typing import Literal, NewType

from milletpay.apps.api.documents import document_table
from milletpay.apps.http.answers import Answer
from milletpay.apps.http.asgi import Headers
from milletpay.apps.http.kernel import Kernel
from milletpay.apps.http.openapi import About
from milletpay.apps.http.problems import EDGE, EXCEPTIONS, ProblemKind, Problems
from milletpay.apps.http.refusals import EdgeRefusal, refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Media, Route, Surface, Table
from milletpay.apps.http.shapes import (
    CurrencyCode,
    Input,
    ListOf,
    ListQuery,
    Metadata,
    Minor,
    Output,
    list_of,
)
from milletpay.apps.http.streams import EventStream, ServerEvent
from milletpay.apps.http.who import Principal, Rate, bearer_token, not_valid
from milletpay.ledger.chart import Mode
from milletpay.plumbing.clock import Clock
from milletpay.plumbing.desk import Busy, Defect, TooLate, Unknown
from milletpay.plumbing.ids import IdForm, IdSource, Prefix, system_entropy

SaleId = NewType("SaleId", int)
SALE_ID = IdForm(Prefix.PAYMENT, SaleId)

SECRET, PUBLISHABLE = "secret_key", "publishable_key"
VERSION = "2026-12-01"


class Refusal(StrEnum):
    SOLD_OUT = auto()


@dataclass(frozen=True, kw_only=True)
class Refused:
    refusal: Refusal
    detail: str


SOLD_OUT = ProblemKind(
    status=HTTPStatus.CONFLICT, code="sold_out", title="Sold out", advice="Come again tomorrow."
)

SHOP_PROBLEMS = Problems({EdgeRefusal: EDGE, Refusal: {Refusal.SOLD_OUT: SOLD_OUT}}, exceptions=EXCEPTIONS)
ABOUT = About(
    title="A shop",
    version=VERSION,
    description="For `tests`.",
    credentials={SECRET: "A server's key.", PUBLISHABLE: "A page's key."},
)


@dataclass(frozen=True, kw_only=True)
class Holder:
    credential: int
    kind: str = SECRET
    owner: int = 7
    mode: Mode = Mode.TEST
    scopes: frozenset[str] | None = None
    rate: Rate | None = None
    place: None = None


KEYS = {
    "sk_test_a": Holder(credential=1),
    "sk_test_b": Holder(credential=2, owner=8),
    "pk_test_a": Holder(credential=3, kind=PUBLISHABLE),
    "rk_test_none": Holder(credential=4, scopes=frozenset()),
    "rk_test_sales": Holder(credential=5, scopes=frozenset({"sales:write"})),
    "sk_test_slow": Holder(credential=6, rate=Rate(per_second=1, at_once=2)),
}


def who(headers: Headers) -> Principal:
    token = bearer_token(headers)
    if token not in KEYS:
        raise not_valid("There is no such key.")
    return KEYS[token]


class Buyer(Input, frozen=True, kw_only=True):
    agreement: str


class NewSale(Input, frozen=True, kw_only=True):
    """Something is sold."""

    amount: Minor
    currency: CurrencyCode
    reference: str
    buyer: Buyer | None = None
    metadata: Metadata | None = None

    @classmethod
    def example(cls) -> "NewSale":
        return cls(amount=1250, currency="CNY", reference="order-1")


class Sale(Output, frozen=True, kw_only=True):
    """What was sold."""

    object: Literal["sale"] = "sale"
    id: str
    amount: int
    reference: str

    @classmethod
    def example(cls) -> "Sale":
        return cls(id="pay_01kdz9m4h0000g40r40m30e209", amount=1250, reference="order-1")


class Trouble(Input, frozen=True, kw_only=True):
    """Which trouble is wanted."""

    kind: str
    times: int = 1


TROUBLES = {
    "busy": Busy("10,000 wait"),
    "late": TooLate("too late"),
    "defect": Defect("the secret is 42"),
    "unknown": Unknown("the secret is 42"),
    "bug": RuntimeError("the secret is 42"),
    "sold-out": refuse(Refused(refusal=Refusal.SOLD_OUT, detail="No apples are left."), param="amount"),
}


@dataclass
class Shop:
    """The handlers, and what they were made to do."""

    calls: list[str] = field(default_factory=list)
    streams_ended: int = 0

    async def sell(self, request: Request, *, body: NewSale) -> Sale:
        self.calls.append(body.reference)
        return Sale(id=SALE_ID.write(SaleId(request.id)), amount=body.amount, reference=body.reference)

    async def find(self, _request: Request, *, sale: SaleId) -> Sale:
        return Sale(id=SALE_ID.write(sale), amount=1, reference="found")

    async def end(self, _request: Request, *, sale: SaleId) -> Sale:
        return Sale(id=SALE_ID.write(sale), amount=1, reference="ended")

    async def show_all(self, _request: Request, *, query: ListQuery) -> ListOf[Sale]:
        after = query.after if query.after is not None else 10**30
        rows = [number for number in range(250, 0, -1) if number < after]
        return list_of(
            rows[: query.limit + 1],
            query=query,
            place=lambda row: row,
            show=lambda row: Sale(id=SALE_ID.write(SaleId(row)), amount=row, reference=""),
        )

    async def make_trouble(self, _request: Request, *, query: Trouble) -> Sale:
        raise TROUBLES[query.kind]

    async def take_form(self, _request: Request, *, body: Trouble) -> Answer:
        return Answer(status=303, content=b"", headers=((b"location", f"/{body.times}".encode()),))

    async def watch(self, request: Request, *, query: Trouble) -> EventStream:
        return EventStream(self._events(request, query), heartbeat_seconds=0.05)

    async def _events(self, request: Request, query: Trouble) -> AsyncIterator[ServerEvent]:
        try:
            first = int(request.last_event_id or 0) + 1
            for number in range(first, query.times + 1):
                yield ServerEvent(
                    kind="sale", id=str(number), data=Sale(id="pay_1", amount=number, reference="\n")
                )
            if query.kind == "endless":
                await asyncio.Event().wait()
            if query.kind in TROUBLES:
                raise TROUBLES[query.kind]
        finally:
            self.streams_ended += 1


def routes(shop: Shop) -> tuple[Route, ...]:
    anyone_with_a_key = frozenset({SECRET, PUBLISHABLE})
    sale = {"sale": SALE_ID}
    return (
        Route(
            method="POST",
            path="/v1/sales",
            handler=shop.sell,
            summary="Sell something",
            answers={201: Sale},
            who=frozenset({SECRET}),
            scope="sales:write",
            body=NewSale,
            idempotent=True,
            refuses=(Refusal,),
            tag="Sales",
        ),
        Route(
            method="GET",
            path="/v1/sales",
            handler=shop.show_all,
            summary="List what was sold",
            answers={200: ListOf[Sale]},
            who=anyone_with_a_key,
            query=ListQuery,
            tag="Sales",
        ),
        Route(
            method="GET",
            path="/v1/sales/{sale}",
            handler=shop.find,
            summary="Find a sale",
            answers={200: Sale},
            who=anyone_with_a_key,
            ids=sale,
            tag="Sales",
        ),
        Route(
            method="POST",
            path="/v1/sales/{sale}/end",
            handler=shop.end,
            summary="End a sale",
            answers={200: Sale},
            who=anyone_with_a_key,
            ids=sale,
            tag="Sales",
        ),
        Route(
            method="GET",
            path="/v1/trouble",
            handler=shop.make_trouble,
            summary="Ask for trouble",
            answers={200: Sale},
            query=Trouble,
        ),
    )


def pages(shop: Shop) -> tuple[Route, ...]:
    return (
        Route(
            method="POST",
            path="/form",
            handler=shop.take_form,
            summary="Take a form",
            answers={303: bytes},
            body=Trouble,
            media=Media.FORM,
        ),
        Route(
            method="GET",
            path="/watch",
            handler=shop.watch,
            summary="Watch",
            answers={200: EventStream},
            query=Trouble,
        ),
    )


def make_shop(shop: Shop, *, clock: Clock) -> Kernel:
    api = Surface(
        prefix="/v1",
        headers=((b"cache-control", b"no-store"),),
        authenticate=who,
        versions=(VERSION,),
    )
    plain = Surface(prefix="/", headers=(), authenticate=who, ignores_queries=True)
    tables = [Table(surface=api, routes=routes(shop)), Table(surface=plain, routes=pages(shop))]
    documents = document_table(tables, problems=SHOP_PROBLEMS, about=ABOUT)
    return Kernel(
        tables=[*tables, documents],
        problems=SHOP_PROBLEMS,
        ids=IdSource(clock=clock, entropy=system_entropy),
        clock=clock,
        answers_key=b"kept",
    )
