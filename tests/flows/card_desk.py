"""A desk of everything with a bank that errs as told, its worker and its mailbox, and a clock to be moved."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from milletpay.bootstrap import business_proofs, make_parts
from milletpay.customers import CustomerId
from milletpay.funding import (
    DRAW_ID,
    ONLY_BALANCE,
    Draw,
    GiveBack,
    Order,
    Source,
    SourceKind,
    draws_of,
    give_backs_of,
)
from milletpay.ledger.chart import AccountKind, Mode, account_id, ledger_of
from milletpay.ledger.reading import find_accounts
from milletpay.ledger.store import Book
from milletpay.ledger.trade import Part, Trade
from milletpay.limits import Measure, Span, used_in
from milletpay.merchants import MerchantId
from milletpay.money import Money
from milletpay.payments import (
    Agreement,
    AgreementId,
    AgreementStatus,
    Attempt,
    CancelPayment,
    CaptureMethod,
    CreatePayment,
    ExpirePayment,
    Payment,
    PaymentId,
    PayPayment,
    ProposeAgreement,
    Refund,
    Refunded,
    RefundId,
    RefundPayment,
    Request,
    ReversePayment,
    SignAgreement,
    attempts_of,
    card_ears,
    card_jobs,
    find_payment,
    find_refund,
)
from milletpay.plumbing.clock import MILLISECOND, SECOND, ManualClock, SystemClock
from milletpay.plumbing.database import Database
from milletpay.plumbing.dates import day_of
from milletpay.plumbing.desk import Desk, DeskRow
from milletpay.plumbing.ids import IdSource
from milletpay.plumbing.worker import Worker
from milletpay.rails import Banks, BoundCard, Direction, Fault, Mailbox, NextOrders, SimulatedBank
from milletpay.rails import Order as BankOrder
from milletpay.treasury import OpenBank, cash_job, cash_schedule
from milletpay.wallets import BindCard, Card, StartTopUp, TopUpId, bank_ears, bank_jobs, find_card
from tests.flows.bank_contract import CNY, binding, card, simulated_bank
from tests.flows.business import prove_business
from tests.flows.trade_desk import new_customer, new_merchant
from tests.flows.wallet_desk import BANK, LINK, card_of

SHOP = MerchantId(1)
MING, HONG = CustomerId(11), CustomerId(12)


def from_card(customer: CustomerId) -> Order:
    """From the customer's card and nothing else."""
    return (Source(SourceKind.CARD, card_of(customer)),)


def first_balance(customer: CustomerId) -> Order:
    return ONLY_BALANCE + from_card(customer)


@dataclass(frozen=True)
class CardDesk:
    """Everything that runs, and short ways to say what happens. Amounts are minor units."""

    desk: Desk[object, Trade, Any]
    database: Database
    clock: ManualClock
    bank: SimulatedBank
    worker: Worker
    mailbox: Mailbox
    ids: "count[int]"

    async def ask(self, command: object) -> Any:
        return await self.desk.submit(command)

    async def open(self, *customers: CustomerId, balance: int = 0) -> None:
        """A shop, and customers with a card each, and a balance that came from it."""
        await self.ask(new_merchant(SHOP))
        for customer in customers:
            await self.ask(new_customer(customer))
            bound = await self.bank.bind(binding(card(customer)))
            assert isinstance(bound, BoundCard)
            answer = await self.ask(
                BindCard(
                    id=card_of(customer),
                    customer=customer,
                    bank=BANK,
                    token=bound.token,
                    masked=bound.masked,
                )
            )
            assert isinstance(answer, Card), answer
            if balance:
                top_up = StartTopUp(
                    id=TopUpId(next(self.ids)),
                    mode=Mode.LIVE,
                    customer=customer,
                    card=card_of(customer),
                    amount=Money(balance, CNY),
                )
                await self.ask(top_up)
                await self.work()

    async def agree(self, customer: CustomerId, sources: Order, *, notice_days: int = 0) -> AgreementId:
        """An agreement of the shop that the customer has signed, to be paid from these sources."""
        agreement = Agreement(
            id=AgreementId(next(self.ids)),
            merchant=SHOP,
            mode=Mode.LIVE,
            customer=None,
            status=AgreementStatus.PENDING_SIGNATURE,
            currency=CNY,
            charge_limit=100_00,
            day_limit=1_000_00,
            month_limit=2_000_00,
            day_charges=100,
            notice_days=notice_days,
            request=self.request(),
            description="",
        )
        await self.ask(ProposeAgreement(agreement=agreement))
        await self.ask(
            SignAgreement(agreement=agreement.id, customer=customer, mode=Mode.LIVE, sources=sources)
        )
        return agreement.id

    def request(self) -> Request:
        return Request(key_hash=0, body_hash=1, reference=f"number {next(self.ids)}")

    async def make(
        self,
        amount: int,
        *,
        agreement: AgreementId | None = None,
        seconds: int = 0,
        capture_method: CaptureMethod = CaptureMethod.AUTOMATIC,
    ) -> PaymentId:
        """A payment, to be paid within so many seconds."""
        id = PaymentId(next(self.ids))
        await self.ask(
            CreatePayment(
                id=id,
                merchant=SHOP,
                mode=Mode.LIVE,
                amount=Money(amount, CNY),
                request=self.request(),
                capture_method=capture_method,
                agreement=agreement,
                expires_at=self.clock.now_ns() + seconds * SECOND if seconds else 0,
            )
        )
        return id

    async def pay(self, payment: PaymentId, customer: CustomerId, sources: Order) -> Any:
        return await self.ask(PayPayment(payment=payment, customer=customer, mode=Mode.LIVE, sources=sources))

    async def cancel(self, payment: PaymentId) -> Any:
        return await self.ask(CancelPayment(payment=payment, merchant=SHOP, mode=Mode.LIVE))

    async def reverse(self, payment: PaymentId) -> Any:
        return await self.ask(ReversePayment(payment=payment, merchant=SHOP, mode=Mode.LIVE))

    async def expire(self, payment: PaymentId) -> Any:
        return await self.ask(ExpirePayment(payment=payment))

    async def refund(self, payment: PaymentId, amount: int) -> Any:
        answer = await self.ask(
            RefundPayment(
                id=RefundId(next(self.ids)),
                payment=payment,
                merchant=SHOP,
                mode=Mode.LIVE,
                amount=amount,
                request=self.request(),
            )
        )
        return answer.refund.id if isinstance(answer, Refunded) else answer

    async def err(self, fault: Fault, *, into: Direction = Direction.COLLECT, orders: int = 1) -> None:
        """Let the bank err with its next orders."""
        await self.bank.inject(fault, into=into, orders=NextOrders(orders))

    async def arrive(self, draw: Draw) -> None:
        """What the bank has never heard of reaches it after all."""
        async with self.database.connection() as connection:
            bound = await find_card(connection, id=draw.card)
        assert bound is not None
        order = BankOrder(reference=DRAW_ID.write(draw.id), token=bound.token, amount=draw.amount)
        await self.bank.collect(order)

    async def work(self) -> None:
        """Do every job that is due, and take in what the bank tells."""
        self.clock.advance(duration_ns=MILLISECOND)  # past the book, which went on while the clock stood
        while await self.worker.do_one():
            pass
        await self.mailbox.empty()

    async def pass_time(self, *, seconds: int) -> None:
        """Let time pass, then work."""
        self.clock.advance(duration_ns=seconds * SECOND)
        await self.worker.keep_house()
        await self.work()

    async def payment(self, id: PaymentId) -> Payment:
        async with self.database.connection() as connection:
            found = await find_payment(connection, id=id)
        assert found is not None
        return found

    async def attempts(self, id: PaymentId) -> list[Attempt]:
        async with self.database.connection() as connection:
            found = await find_payment(connection, id=id)
            assert found is not None
            return list(await attempts_of(connection, payment=found))

    async def draws(self, id: PaymentId) -> list[Draw]:
        async with self.database.connection() as connection:
            return list(await draws_of(connection, payment=id))

    async def give_backs(self, id: PaymentId) -> list[GiveBack]:
        async with self.database.connection() as connection:
            return list(await give_backs_of(connection, payment=id))

    async def found_refund(self, id: RefundId) -> Refund:
        async with self.database.connection() as connection:
            found = await find_refund(connection, id=id)
        assert found is not None
        return found

    async def on_card(self, customer: CustomerId) -> int:
        """What was drawn from a customer's card and is not back on it."""
        bound = await self.bank.bind(binding(card(customer)))
        assert isinstance(bound, BoundCard)
        return 100_000_000 - await self.bank.balance(bound.token)

    async def balance(self, kind: AccountKind, owner: int = 0) -> int:
        """What an account is worth, on the side on which its kind grows."""
        id = account_id(kind, ledger=ledger_of(kind.pool, currency=CNY, mode=Mode.LIVE), owner=owner)
        async with self.database.connection() as connection:
            accounts = await find_accounts(connection, ids=[id])
        if id not in accounts:
            return 0
        net = accounts[id].credits_posted - accounts[id].debits_posted
        return net if kind.normal_side.value == "credit" else -net

    async def books(self, *customers: CustomerId) -> dict[str, int]:
        """Every account that is not empty, in words."""
        named = {
            "clearing": (AccountKind.CLEARING, LINK.clearing),
            "safe": (AccountKind.BANK_SAFE, LINK.safe),
            "pending": (AccountKind.MER_PEND, SHOP),
            "fees": (AccountKind.FEE_ACCRUED, 0),
            "on its way": (AccountKind.REFUND_TRANSIT, 0),
            **{f"customer {owner}": (AccountKind.CUST, int(owner)) for owner in customers},
        }
        found = {name: await self.balance(*place) for name, place in named.items()}
        return {name: amount for name, amount in found.items() if amount}

    async def counted(self, subject: int) -> int:
        """What counts today towards limits."""
        async with self.database.connection() as connection:
            used = await used_in(
                connection,
                subject=subject,
                measure=Measure.PAYMENTS,
                currency=CNY,
                day=day_of(self.clock.now_ns()),
            )
        return used[Span.DAY].amount

    async def events(self, about: int) -> list[str]:
        async with self.database.connection() as connection:
            rows = await connection.fetch(
                "SELECT kind, sequence FROM plumbing.outbox WHERE object = $1 ORDER BY position", about
            )
        assert [row["sequence"] for row in rows] == list(range(1, len(rows) + 1))
        return [row["kind"] for row in rows]


@asynccontextmanager
async def open_cards(
    database: Database, *, clock: ManualClock | None = None, desk_id: int = 1
) -> AsyncIterator[CardDesk]:
    """Every part of the house, and all that stands outside."""
    clock = clock or ManualClock()
    book = Book(clock=clock, accounting_date=day_of)
    parts: list[Part] = make_parts(book, secret=None)
    desk: Desk[object, Trade, Any] = Desk(
        database=database,
        business=Trade(book=book, parts=parts),
        proof=DeskRow(desk_id=desk_id, clock=SystemClock()),
        clock=SystemClock(),
    )
    bank = simulated_bank(database, clock=clock)
    banks = Banks([bank])
    ids = IdSource(clock=clock, entropy=lambda size: bytes([desk_id]) * size)
    async with desk:
        await desk.submit(OpenBank(link=LINK))
        yield CardDesk(
            desk=desk,
            database=database,
            clock=clock,
            bank=bank,
            worker=Worker(
                database=database,
                kinds=[
                    *bank_jobs(banks=banks, submit=desk.submit),
                    *card_jobs(banks=banks, submit=desk.submit),
                    cash_job(banks=banks, currencies=[CNY], submit=desk.submit),
                ],
                schedules=[cash_schedule(starts=day_of(clock.now_ns()))],
                clock=clock,
                entropy=bytes,
                new_id=ids.next,
            ),
            mailbox=Mailbox(
                banks=banks,
                hear=bank_ears(submit=desk.submit) | card_ears(submit=desk.submit),
                clock=clock,
            ),
            ids=count(desk_id * 10_000),
        )
        await prove_business(database, proofs=business_proofs())
