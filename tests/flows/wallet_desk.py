"""Wallets at work: a desk, a simulated bank, a worker that asks it, a mailbox, and a clock to be moved."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from milletpay.customers import CustomerId, Customers
from milletpay.ledger.chart import AccountKind, Mode, account_id, ledger_of
from milletpay.ledger.reading import find_accounts
from milletpay.ledger.store import Book
from milletpay.ledger.trade import Part, Trade
from milletpay.limits import Limits, Measure, Span, used_in
from milletpay.plumbing.clock import MILLISECOND, ManualClock, SystemClock
from milletpay.plumbing.database import Database
from milletpay.plumbing.dates import day_of
from milletpay.plumbing.desk import Desk, DeskRow
from milletpay.plumbing.ids import IdSource
from milletpay.plumbing.worker import Worker
from milletpay.rails import BankKey, Banks, BoundCard, Mailbox, Order, SimulatedBank
from milletpay.treasury import BankLink, OpenBank, Treasury, cash_job, cash_schedule
from milletpay.wallets import (
    TOP_UP_ID,
    WITHDRAWAL_ID,
    BindCard,
    Card,
    CardId,
    ReceiptReturns,
    Receipts,
    SendId,
    SendMoney,
    StartTopUp,
    StartWithdrawal,
    TopUp,
    TopUpId,
    Wallets,
    Withdrawal,
    WithdrawalFee,
    WithdrawalId,
    bank_ears,
    bank_jobs,
    find_card,
    find_top_up,
    find_withdrawal,
    receipt_ears,
    return_ears,
    return_jobs,
)
from tests.flows.bank_contract import CNY, binding, card, simulated_bank, yuan
from tests.flows.business import OF_WALLETS, prove_business
from tests.flows.trade_desk import new_customer

BANK = BankKey(Mode.LIVE, "icbc")
LINK = BankLink(bank=BANK, currency=CNY, clearing=901, safe=902, own=903)

FEE = WithdrawalFee(basis_points=10, minimum=10)


@dataclass(frozen=True)
class WalletDesk:
    """Everything that runs, and short ways to say what happens. Amounts are in yuan."""

    desk: Desk[object, Trade, Any]
    database: Database
    clock: ManualClock
    bank: SimulatedBank
    worker: Worker
    mailbox: Mailbox
    ids: "count[int]"

    async def ask(self, command: object) -> Any:
        return await self.desk.submit(command)

    async def customer(self, number: int, *, balance: int = 0) -> CustomerId:
        """A customer with a card, `card_of`, and money that came from it."""
        id = CustomerId(number)
        await self.ask(new_customer(number))
        bound = await self.bank.bind(binding(card(number)))
        assert isinstance(bound, BoundCard)
        answer = await self.ask(
            BindCard(id=card_of(id), customer=id, bank=BANK, token=bound.token, masked=bound.masked)
        )
        assert isinstance(answer, Card), answer
        if balance:
            await self.top_up(id, balance)
            await self.work()
        return id

    async def top_up(self, customer: CustomerId, amount: int, *, reference: str = "") -> TopUp:
        answer = await self.ask(
            StartTopUp(
                id=TopUpId(next(self.ids)),
                mode=Mode.LIVE,
                customer=customer,
                card=card_of(customer),
                amount=yuan(amount),
                reference=reference,
            )
        )
        assert isinstance(answer, TopUp), answer
        return answer

    async def withdraw(self, customer: CustomerId, amount: int, *, reference: str = "") -> Withdrawal:
        answer = await self.ask(
            StartWithdrawal(
                id=WithdrawalId(next(self.ids)),
                mode=Mode.LIVE,
                customer=customer,
                card=card_of(customer),
                amount=yuan(amount),
                reference=reference,
            )
        )
        assert isinstance(answer, Withdrawal), answer
        return answer

    async def send(self, sender: CustomerId, recipient: CustomerId, amount: int, **more: Any) -> Any:
        return await self.ask(
            SendMoney(
                id=SendId(next(self.ids)),
                mode=Mode.LIVE,
                customer=sender,
                recipient=recipient,
                amount=yuan(amount),
                **more,
            )
        )

    async def work(self) -> None:
        """Do every job that is due, and take in what banks tell."""
        self.clock.advance(duration_ns=MILLISECOND)  # past the book, which went on while the clock stood
        while await self.worker.do_one():
            pass
        await self.mailbox.empty()

    async def pass_time(self, *, seconds: int) -> None:
        """Let time pass, then work."""
        self.clock.advance(duration_ns=seconds * 10**9)
        await self.worker.keep_house()
        await self.work()

    async def top_up_now(self, top_up: TopUp) -> TopUp:
        async with self.database.connection() as connection:
            found = await find_top_up(connection, id=top_up.id)
        assert found is not None
        return found

    async def withdrawal_now(self, withdrawal: Withdrawal) -> Withdrawal:
        async with self.database.connection() as connection:
            found = await find_withdrawal(connection, id=withdrawal.id)
        assert found is not None
        return found

    async def order(self, it: TopUp | Withdrawal) -> Order:
        """The order that the bank was given for it."""
        name = TOP_UP_ID.write(it.id) if isinstance(it, TopUp) else WITHDRAWAL_ID.write(it.id)
        async with self.database.connection() as connection:
            card = await find_card(connection, id=it.card)
        assert card is not None
        return Order(reference=name, token=card.token, amount=it.amount)

    async def balances(self, *owners: CustomerId) -> dict[str, int]:
        """In yuan, on the side on which it grows, every account that is not empty; `cust` of these owners."""
        kinds: dict[int, tuple[AccountKind, str]] = {}
        for kind in AccountKind:
            if kind.pool.base >= 10_000:
                continue
            owned = {"CUST": owners, "CUST_HOLD": owners, "CUST_RECV": owners}.get(kind.name)
            bank = {"BANK_SAFE": LINK.safe, "CLEARING": LINK.clearing, "BANK_OWN": LINK.own}.get(kind.name)
            for owner in owned if owned is not None else [bank or 0]:
                try:
                    id = account_id(
                        kind, ledger=ledger_of(kind.pool, currency=CNY, mode=Mode.LIVE), owner=owner
                    )
                except ValueError:
                    continue
                kinds[id] = kind, f"{kind.name.lower()} {owner}" if owned is not None else kind.name.lower()
        async with self.database.connection() as connection:
            accounts = await find_accounts(connection, ids=list(kinds))
        found = {}
        for id, account in accounts.items():
            kind, name = kinds[id]
            net = account.credits_posted - account.debits_posted
            minor = net if kind.normal_side.value == "credit" else -net
            if minor:
                assert minor % 100 == 0 or kind is AccountKind.FEE_ACCRUED or "cust" in name, (name, minor)
                found[name] = minor // 100 if minor % 100 == 0 else minor
        return dict(sorted(found.items()))

    async def counted(self, customer: CustomerId, measure: Measure) -> int:
        """What counts today, in yuan."""
        async with self.database.connection() as connection:
            used = await used_in(
                connection,
                subject=customer,
                measure=measure,
                currency=CNY,
                day=day_of(self.clock.now_ns()),
            )
        return used[Span.DAY].amount // 100

    async def events(self, about: int) -> list[str]:
        async with self.database.connection() as connection:
            rows = await connection.fetch(
                "SELECT kind, sequence FROM plumbing.outbox WHERE object = $1 ORDER BY position", about
            )
        assert [row["sequence"] for row in rows] == list(range(1, len(rows) + 1))
        return [row["kind"] for row in rows]


def card_of(customer: CustomerId) -> CardId:
    return CardId(customer + 500)


@asynccontextmanager
async def open_wallets(
    database: Database, *, clock: ManualClock | None = None, desk_id: int = 1, patience_ns: int = 0
) -> AsyncIterator[WalletDesk]:
    """The parts below payments, and all that wallets need from outside; in the end their words are proved."""
    clock = clock or ManualClock()
    book = Book(clock=clock, accounting_date=day_of)
    limits, customers, treasury = Limits(book=book), Customers(book=book), Treasury(book=book)
    wallets = Wallets(book=book, customers=customers, limits=limits, treasury=treasury, withdrawal_fee=FEE)
    receipts = Receipts(book=book, customers=customers, limits=limits, treasury=treasury)
    returns = ReceiptReturns(book=book, receipts=receipts, treasury=treasury)
    parts: list[Part] = [wallets, returns, receipts, treasury, customers, limits]
    desk: Desk[object, Trade, Any] = Desk(
        database=database,
        business=Trade(book=book, parts=parts),
        proof=DeskRow(desk_id=desk_id, clock=SystemClock()),
        clock=SystemClock(),
    )
    bank = simulated_bank(database, clock=clock, patience_ns=patience_ns)
    banks = Banks([bank])
    ids = IdSource(clock=clock, entropy=lambda size: bytes([desk_id]) * size)
    hear = {
        **bank_ears(submit=desk.submit),
        **return_ears(submit=desk.submit),
        **receipt_ears(submit=desk.submit, new_id=ids.next),
    }
    async with desk:
        await desk.submit(OpenBank(link=LINK))
        yield WalletDesk(
            desk=desk,
            database=database,
            clock=clock,
            bank=bank,
            worker=Worker(
                database=database,
                kinds=[
                    *bank_jobs(banks=banks, submit=desk.submit),
                    *return_jobs(banks=banks, submit=desk.submit),
                    cash_job(banks=banks, currencies=[CNY], submit=desk.submit),
                ],
                schedules=[cash_schedule(starts=day_of(clock.now_ns()))],
                clock=clock,
                entropy=bytes,
                new_id=ids.next,
            ),
            mailbox=Mailbox(banks=banks, hear=hear, clock=clock),
            ids=count(desk_id * 10_000),
        )
    await prove_business(database, proofs=OF_WALLETS)
