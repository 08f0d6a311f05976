"""A desk that serves merchants, customers and limits over one book, with a clock that the test moves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from milletpay.customers import CreateCustomer, CustomerId, Customers, Devices, Phone, Verification
from milletpay.fees import Contract, ContractId, FeeOnRefund
from milletpay.ledger.chart import Mode
from milletpay.ledger.store import Book
from milletpay.ledger.trade import Part, Trade
from milletpay.limits import Limits
from milletpay.merchants import CreateMerchant, MerchantId, Merchants, Names
from milletpay.money import Currency, Money
from milletpay.plumbing.clock import ManualClock, SystemClock
from milletpay.plumbing.database import Database
from milletpay.plumbing.dates import Day, day_of
from milletpay.plumbing.desk import Desk, DeskRow
from tests.flows.counting import Counting, Giving

CNY = Currency.CNY
FIRST_DAY = Day(2026_01_01)
"""The day of a `ManualClock` that was not moved."""


@dataclass(frozen=True)
class TradeDesk:
    """A running desk and its parts."""

    desk: Desk[object, Trade, Any]
    clock: ManualClock
    book: Book
    limits: Limits
    customers: Customers
    merchants: Merchants

    async def ask(self, command: object) -> Any:
        return await self.desk.submit(command)


@asynccontextmanager
async def open_trade(
    database: Database, *, clock: ManualClock | None = None, desk_id: int = 1
) -> AsyncIterator[TradeDesk]:
    """A desk over the parts below payments."""
    clock = clock or ManualClock()
    book = Book(clock=clock, accounting_date=day_of)
    limits, customers, merchants = Limits(book=book), Customers(book=book), Merchants(book=book)
    above: list[Part] = [Giving(book=book), Counting(book=book, limits=limits)]
    parts: list[Part] = [*above, merchants, Devices(book=book), customers, limits]
    desk: Desk[object, Trade, Any] = Desk(
        database=database,
        business=Trade(book=book, parts=parts),
        proof=DeskRow(desk_id=desk_id, clock=SystemClock()),
        clock=SystemClock(),
    )
    async with desk:
        yield TradeDesk(desk, clock, book, limits, customers, merchants)


def contract_for(merchant: int, *, number: int = 1, effective_from: Day = FIRST_DAY) -> Contract:
    return Contract(
        id=ContractId(merchant * 1000 + number),
        merchant=merchant,
        effective_from=effective_from,
        basis_points=38,
        minimum=Money(1, CNY),
        cap=None,
        on_refund=FeeOnRefund.GIVEN_BACK,
    )


def new_merchant(number: int, *, mode: Mode = Mode.LIVE) -> CreateMerchant:
    return CreateMerchant(
        id=MerchantId(number),
        mode=mode,
        names=Names(en=f"Shop {number}", zh=f"商店{number}"),
        category=5816,
        contract=contract_for(number),
    )


def new_customer(number: int, *, mode: Mode = Mode.LIVE, phone: str = "") -> CreateCustomer:
    return CreateCustomer(
        id=CustomerId(number),
        mode=mode,
        phone=Phone(phone or f"+86138{number:08d}"),
        name=f"客户{number}",
        verification=Verification.FULL,
        currency=CNY,
    )
