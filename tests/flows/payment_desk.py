"""A desk that serves payments, with a bank of the test's own that fills wallets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from milletpay.codes import CodeKeys
from milletpay.customers import CustomerId, Customers, Devices
from milletpay.funding import Funding
from milletpay.ledger import Transfer
from milletpay.ledger.chart import AccountKind, Mode, TransferCode, account_id, ledger_of, new_account
from milletpay.ledger.store import SQL, Book
from milletpay.ledger.trade import Part, Trade
from milletpay.limits import Limits
from milletpay.merchants import MerchantId, Merchants, Plates
from milletpay.money import Money
from milletpay.payments import (
    Agreement,
    AgreementId,
    AgreementStatus,
    CaptureMethod,
    CreatePayment,
    PaymentId,
    Payments,
    Presenters,
    ProposeAgreement,
    RefundId,
    RefundPayment,
    Request,
    SignAgreement,
)
from milletpay.plumbing.clock import ManualClock, SystemClock
from milletpay.plumbing.database import Connection, Database
from milletpay.plumbing.dates import day_of
from milletpay.plumbing.desk import Desk, DeskRow
from milletpay.plumbing.ids import IdSource, system_entropy
from milletpay.treasury import Treasury
from milletpay.wallets import Wallets, WithdrawalFee
from tests.flows.business import OF_PAYMENTS, prove_business
from tests.flows.trade_desk import CNY, new_customer, new_merchant

BANK = 1
CODE_KEYS = CodeKeys(b"c" * 32)
CLIENT = ledger_of(AccountKind.CUST.pool, currency=CNY, mode=Mode.LIVE)


@dataclass(frozen=True)
class Fill:
    """So much into a customer's balance."""

    customer: CustomerId
    amount: int


class Bank:
    """Fills wallets from a clearing account."""

    commands: tuple[type, ...] = (Fill,)

    def __init__(self, *, book: Book) -> None:
        self._book = book

    def begin(self) -> None:
        """Nothing is wanted."""

    def forget(self) -> None:
        """Nothing is remembered."""

    def want(self, command: Fill, /) -> None:
        clearing = account_id(AccountKind.CLEARING, ledger=CLIENT, owner=BANK)
        self._book.want(clearing, account_id(AccountKind.CUST, ledger=CLIENT, owner=command.customer))

    async def load(self, connection: Connection, /) -> None:
        """Nothing of its own."""

    def decide(self, command: Fill, /) -> None:
        clearing = new_account(AccountKind.CLEARING, ledger=CLIENT, owner=BANK)
        if self._book.machine.account(clearing.id) is None:
            self._book.open_accounts([clearing])
        topped_up = Transfer(
            id=self._book.new_id(),
            debit_account_id=clearing.id,
            credit_account_id=account_id(AccountKind.CUST, ledger=CLIENT, owner=command.customer),
            amount=command.amount,
            ledger=CLIENT,
            code=TransferCode.TOP_UP.code,
        )
        assert self._book.post([topped_up]) == ["created"]

    async def save(self, connection: Connection, /) -> None:
        """Nothing of its own."""


@dataclass
class PaymentDesk:
    """A running desk, and how to write its commands in a word."""

    desk: Desk[object, Trade, Any]
    database: Database
    clock: ManualClock
    ids: IdSource = field(default_factory=lambda: IdSource(clock=SystemClock(), entropy=system_entropy))

    async def ask(self, command: object) -> Any:
        return await self.desk.submit(command)

    async def balance(self, kind: AccountKind, owner: int = 0) -> int:
        """What an account of client money is worth."""
        id = account_id(kind, ledger=CLIENT, owner=owner)
        async with self.database.connection() as connection:
            row = await connection.fetchrow(SQL["accounts_now"], [id])
        return 0 if row is None else row["credits_posted"] - row["debits_posted"]

    async def open_shop(
        self, merchant: MerchantId, customer: CustomerId, *, balance: int, notice_days: int = 0
    ) -> AgreementId:
        """A merchant, and a customer with a balance who has signed an agreement with it."""
        await self.ask(new_merchant(merchant))
        await self.ask(new_customer(customer))
        await self.ask(Fill(customer, balance))
        agreement = Agreement(
            id=AgreementId(self.ids.next()),
            merchant=merchant,
            mode=Mode.LIVE,
            customer=None,
            status=AgreementStatus.PENDING_SIGNATURE,
            currency=CNY,
            charge_limit=100_00,
            day_limit=1_000_00,
            month_limit=2_000_00,
            day_charges=10_000,
            notice_days=notice_days,
            request=self.request("agreement"),
            description="",
        )
        await self.ask(ProposeAgreement(agreement=agreement))
        await self.ask(SignAgreement(agreement=agreement.id, customer=customer, mode=Mode.LIVE))
        return agreement.id

    def request(self, reference: str, *, key: int = 0, body: int = 1) -> Request:
        return Request(key_hash=key, body_hash=body, reference=reference)

    def payment(
        self,
        merchant: MerchantId,
        amount: int,
        *,
        agreement: AgreementId | None = None,
        request: Request | None = None,
        capture_method: CaptureMethod = CaptureMethod.AUTOMATIC,
        expires_at: int = 0,
    ) -> CreatePayment:
        id = PaymentId(self.ids.next())
        return CreatePayment(
            id=id,
            merchant=merchant,
            mode=Mode.LIVE,
            amount=Money(amount, CNY),
            request=request or self.request(f"order {id}"),
            capture_method=capture_method,
            agreement=agreement,
            expires_at=expires_at,
        )

    def refund(
        self, payment: PaymentId, merchant: MerchantId, amount: int, *, request: Request | None = None
    ) -> RefundPayment:
        id = RefundId(self.ids.next())
        return RefundPayment(
            id=id,
            payment=payment,
            merchant=merchant,
            mode=Mode.LIVE,
            amount=amount,
            request=request or self.request(f"refund {id}"),
        )


@asynccontextmanager
async def open_payments(
    database: Database, *, clock: ManualClock | None = None, desk_id: int = 1
) -> AsyncIterator[PaymentDesk]:
    """A desk of payments and all below; in the end what payments say is proved."""
    clock = clock or ManualClock()
    book = Book(clock=clock, accounting_date=day_of)
    limits, customers, merchants = Limits(book=book), Customers(book=book), Merchants(book=book)
    treasury = Treasury(book=book)
    wallets = Wallets(
        book=book, customers=customers, limits=limits, treasury=treasury, withdrawal_fee=WithdrawalFee()
    )
    plates, devices = Plates(book=book, merchants=merchants), Devices(book=book)
    presenters = Presenters(book=book, devices=devices, customers=customers, limits=limits, keys=CODE_KEYS)
    funding = Funding(book=book, customers=customers, wallets=wallets, treasury=treasury)
    payments = Payments(
        book=book,
        limits=limits,
        customers=customers,
        devices=devices,
        merchants=merchants,
        plates=plates,
        presenters=presenters,
        funding=funding,
    )
    above: list[Part] = [Bank(book=book), payments, funding, wallets, treasury, presenters, plates]
    parts: list[Part] = [*above, merchants, devices, customers, limits]
    desk: Desk[object, Trade, Any] = Desk(
        database=database,
        business=Trade(book=book, parts=parts),
        proof=DeskRow(desk_id=desk_id, clock=SystemClock()),
        clock=SystemClock(),
    )
    async with desk:
        yield PaymentDesk(desk, database, clock)
    await prove_business(database, proofs=OF_PAYMENTS)
